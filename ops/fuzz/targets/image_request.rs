//! Image requests: whatever is planned lies within the image and the limits, the canonical form is a request that comes to
//! the same plan, and the tiles that would be read for it are tiles of the pack.
//!
//! The input: a byte that chooses version, limits and the side of tiles, the sides, then the path.
#![no_main]

#[expect(dead_code, reason = "the server uses all of it")]
mod iiif;

use fonds_workers::pack::{HEADER_BYTES, Index};
use iiif::image::geometry::{LIMITS, Limits, Pyramid, Sides, TileSide};
use iiif::image::native::{cover, find};
use iiif::image::request::{Request, Version};
use iiif::image::resolve::{Plan, resolve};
use libfuzzer_sys::{Corpus, fuzz_target};

/// Pixels of an image that is taken in, as the settings have it.
const PIXELS_MAX: u64 = 4_000_000_000;
/// Pixels of tiles that are decoded for one answer, as `render` has it.
const COVER_PIXELS_MAX: u64 = 100_000_000;
/// Entries of a pack that is made up here; more take longer and show nothing else.
const ENTRIES_MAX: u64 = 4096;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(([choice, sides @ ..], path)) = data.split_first_chunk::<9>() else { return Corpus::Reject };
    let Ok(path) = std::str::from_utf8(path) else { return Corpus::Reject };
    let number = |at: usize| u32::from_be_bytes([sides[at], sides[at + 1], sides[at + 2], sides[at + 3]]);
    let image = Sides::new(number(0), number(4));
    if image.area() == 0 || image.area() > PIXELS_MAX {
        return Corpus::Reject;
    }
    let version = if choice & 1 == 0 { Version::Three } else { Version::Two };
    let limits = if choice & 2 == 0 { LIMITS } else { Limits { side: 1000, area: 250_000 } };
    let Some(request) = parse(version, path) else { return Corpus::Keep };
    let Ok(plan) = resolve(version, &request, image, limits) else { return Corpus::Keep };
    within(&plan, &request, image, limits);
    let again = parse(version, &plan.canonical).unwrap_or_else(|| panic!("{} cannot be read", plan.canonical));
    let again = resolve(version, &again, image, limits);
    assert_eq!(again.expect("the canonical form can be answered"), plan, "{path}");
    let tile = TileSide::ALL[usize::from(choice >> 2 & 3)];
    if let Some(index) = index_of(Pyramid::new(image, tile)) {
        read_from(&plan, &index);
    }
    Corpus::Keep
});

fn parse(version: Version, path: &str) -> Option<Request> {
    let mut parts = path.splitn(4, '/');
    let (region, size, rotation) = (parts.next()?, parts.next()?, parts.next()?);
    Request::parse(version, region, size, rotation, parts.next()?).ok()
}

fn within(plan: &Plan, request: &Request, image: Sides, limits: Limits) {
    let (region, size) = (plan.region, plan.size);
    assert!(region.sides.area() > 0 && size.area() > 0, "{plan:?} has no pixels");
    let right = u64::from(region.x) + u64::from(region.sides.width);
    let bottom = u64::from(region.y) + u64::from(region.sides.height);
    assert!(right <= image.width.into() && bottom <= image.height.into(), "{plan:?} leaves {image}");
    assert!(limits.allow(size), "{plan:?} is over {limits:?}");
    if !request.upscaled {
        assert!(size.width <= region.sides.width && size.height <= region.sides.height, "{plan:?} is scaled up");
    }
}

fn read_from(plan: &Plan, index: &Index) {
    if let Some(entry) = find(plan, index) {
        assert_eq!(entry.length, 1, "an entry of this pack");
    }
    let Some(cover) = cover(plan, index, COVER_PIXELS_MAX) else { panic!("{plan:?}: no level is small enough") };
    let (across, down) = index.pyramid().tiles(cover.scale);
    assert!(cover.columns.0 < cover.columns.1 && cover.columns.1 <= across, "{plan:?} {cover:?}");
    assert!(cover.rows.0 < cover.rows.1 && cover.rows.1 <= down, "{plan:?} {cover:?}");
    // What is cut out of a level of full size lies in its tiles.
    if cover.scale == 1 && plan.size == plan.region.sides {
        let (left, top) = (plan.region.x - cover.corner.0, plan.region.y - cover.corner.1);
        assert!(left + plan.size.width <= cover.sides.width && top + plan.size.height <= cover.sides.height);
    }
}

/// The index of a pack of an image that is cut so, each entry of which is one byte long.
fn index_of(pyramid: Pyramid) -> Option<Index> {
    let (image, count) = (pyramid.image, pyramid.entries());
    if count > ENTRIES_MAX {
        return None;
    }
    let mut bytes = b"fondspk\x01".to_vec();
    bytes.extend([image.width, image.height].iter().flat_map(|side| side.to_be_bytes()));
    bytes.extend(u16::try_from(pyramid.tile.pixels()).ok()?.to_be_bytes());
    bytes.extend([3, 85]);
    bytes.extend(u32::try_from(count).ok()?.to_be_bytes());
    bytes.extend(fonds_workers::pack::PIPELINE.to_be_bytes());
    bytes.resize(HEADER_BYTES, 0);
    let end = HEADER_BYTES as u64 + count * 12;
    for place in 0..count {
        bytes.extend((end + place).to_be_bytes());
        bytes.extend(1u32.to_be_bytes());
    }
    // Sides that no pack has are refused.
    Index::read(&bytes, end + count).ok()
}
