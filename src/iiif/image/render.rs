//! From pixels and a plan to the pixels of an answer: crop, resize, turn, colour, in the order of the specification
//! (Image API 3.0 §4.6).

use std::sync::Arc;

use fonds_schemas::Sha256;
use fonds_workers::pack::geometry::level;
use fonds_workers::pack::{Entry, Index};
use fonds_workers::picture::encode::{read_jpeg, read_rows_into};
use fonds_workers::picture::{Channels, Pixels, Sides};
use image::{DynamicImage, GrayImage, RgbImage};
use moka::sync::Cache;

use crate::derivatives::Pack;
use crate::iiif::error::Error;
use crate::iiif::image::native::{Cover, cover};
use crate::iiif::image::request::{Quality, Rotation, Turn};
use crate::iiif::image::resolve::{Plan, Rect};
use crate::iiif::image::scratch::{self, resize};
use crate::iiif::image::turn::{Turned, by_degrees};

/// Moves on whenever equal pixels and plans would give other bytes: it is part of every `ETag`.
pub const VERSION: &[u8] = b"libjpeg-turbo q85 4:2:0, small q90 4:4:4, png fast, webp 80, catmull-rom; 6";
/// Pixels of tiles that are decoded for one answer: four times the largest answer would be too much at once.
const COVER_PIXELS_MAX: u64 = 100_000_000;
/// Where black and white part.
const BITONAL_THRESHOLD: u8 = 128;

/// Images that packs keep whole, decoded, by the digest of the pack and their sides: one picture is asked for at as many
/// sizes as there are widths of screens.
pub type Wholes = Cache<(Sha256, u32, u32), Arc<Pixels>>;

/// What the pixels of an answer are made of.
pub enum From<'a> {
    /// All pixels of the master.
    Master(&'a Pixels),
    /// Its pack, and what was decoded of packs already.
    Pack(&'a Pack, &'a Wholes),
}

/// The pixels that a plan asks for. It was resolved against the sides of this image.
pub fn render(from: &From<'_>, plan: &Plan) -> Result<Turned, Error> {
    let scaled = match from {
        From::Master(master) => sized(master, (0, 0), 1, plan)?,
        From::Pack(pack, wholes) => of_pack(pack, wholes, plan)?,
    };
    let turned = turn(scaled, plan.rotation)?;
    colour(turned, plan.quality)
}

fn failed(what: impl std::fmt::Display) -> Error {
    Error::Render(what.to_string())
}

/// Decodes what is needed of a pack and makes the region of it.
fn of_pack(pack: &Pack, wholes: &Wholes, plan: &Plan) -> Result<Pixels, Error> {
    let index = &pack.index;
    let is_whole = plan.region.sides == index.sides();
    if is_whole && let Some((sides, entry)) = index.whole_of_at_least(plan.size) {
        let key = (*index.digest(), sides.width, sides.height);
        let whole = wholes.try_get_with(key, || whole(pack, sides, entry).map(Arc::new))?;
        if sides == plan.size {
            return Ok(Pixels::clone(&whole));
        }
        return resize(&whole, whole_of(sides, index), plan.size);
    }
    let cover = cover(plan, index, COVER_PIXELS_MAX).ok_or_else(|| failed("no level is small enough"))?;
    let tiles = tiles(pack, &cover)?;
    let made = sized(&tiles, cover.corner, cover.scale, plan);
    scratch::keep(tiles);
    made
}

/// An image that is kept whole.
fn whole(pack: &Pack, sides: Sides, entry: Entry) -> Result<Pixels, Error> {
    let pixels = read_jpeg(&pack.read_now(entry).map_err(failed)?).map_err(failed)?;
    if pixels.sides == sides { Ok(pixels) } else { Err(failed("what is kept whole has other sides")) }
}

/// The rows of a cover, out of its tiles side by side.
fn tiles(pack: &Pack, cover: &Cover) -> Result<Pixels, Error> {
    let (pyramid, channels) = (pack.index.pyramid(), pack.index.channels());
    let (count, tile) = (channels.count(), pyramid.tile.pixels());
    let row_bytes = cover.sides.width as usize * count;
    let mut all = scratch::pixels(cover.sides, channels);
    let wanted = cover.corner.1..cover.corner.1 + cover.sides.height;
    for row in cover.rows.0..cover.rows.1 {
        for column in cover.columns.0..cover.columns.1 {
            let sides = pyramid.tile_sides(cover.scale, column, row);
            let rows = wanted.start.saturating_sub(row * tile)..(wanted.end - row * tile).min(sides.height);
            let top = row * tile + rows.start - wanted.start;
            let place = top as usize * row_bytes + (column * tile - cover.corner.0) as usize * count;
            let entry = pack.index.tile(cover.scale, column, row).ok_or_else(|| failed("a tile is missing"))?;
            let bytes = pack.read_now(entry).map_err(failed)?;
            let place = all.data.get_mut(place..).unwrap_or_default();
            read_rows_into(&bytes, sides, channels, &rows, place, row_bytes).map_err(failed)?;
        }
    }
    Ok(all)
}

/// The region of a plan at its size, out of pixels of a level whose first is at `corner` of that level.
fn sized(level: &Pixels, corner: (u32, u32), scale: u32, plan: &Plan) -> Result<Pixels, Error> {
    let region = plan.region;
    if scale == 1 && plan.size == region.sides {
        return crop(level, Rect { x: region.x - corner.0, y: region.y - corner.1, sides: region.sides });
    }
    let along = |from: u32, side: u32, corner: u32, there: u32| {
        let begin = (f64::from(from) / f64::from(scale) - f64::from(corner)).clamp(0.0, f64::from(there) - 1.0);
        // At an odd edge the last pixel of a level stands for less than two.
        (begin, (f64::from(side) / f64::from(scale)).min(f64::from(there) - begin))
    };
    let (x, width) = along(region.x, region.sides.width, corner.0, level.sides.width);
    let (y, height) = along(region.y, region.sides.height, corner.1, level.sides.height);
    resize(level, (x, y, width, height), plan.size)
}

/// All of an image that is kept whole. The last row and column of a level stand for less than those before.
fn whole_of(kept: Sides, index: &Index) -> (f64, f64, f64, f64) {
    let image = index.sides();
    let scale = index.scales().find(|scale| level(image, *scale) == kept);
    let (width, height) = scale.map_or((f64::from(kept.width), f64::from(kept.height)), |scale| {
        (f64::from(image.width) / f64::from(scale), f64::from(image.height) / f64::from(scale))
    });
    (0.0, 0.0, width, height)
}

fn crop(from: &Pixels, region: Rect) -> Result<Pixels, Error> {
    let (width, count) = (from.sides.width as usize, from.channels.count());
    let row_bytes = region.sides.width as usize * count;
    let mut data = Vec::with_capacity(row_bytes * region.sides.height as usize);
    let rows = from.data.chunks_exact(width * count).skip(region.y as usize).take(region.sides.height as usize);
    for row in rows {
        let left = region.x as usize * count;
        data.extend_from_slice(row.get(left..left + row_bytes).ok_or_else(|| failed("the region leaves the image"))?);
    }
    Ok(Pixels { sides: region.sides, channels: from.channels, data })
}

fn turn(pixels: Pixels, rotation: Rotation) -> Result<Turned, Error> {
    if !rotation.mirrored && rotation.turn == Turn::None {
        return Ok(Turned::opaque(pixels));
    }
    let mut image = to_image(pixels)?;
    if rotation.mirrored {
        image = image.fliph();
    }
    let image = match rotation.turn {
        Turn::None => image,
        Turn::Quarter => image.rotate90(),
        Turn::Half => image.rotate180(),
        Turn::ThreeQuarters => image.rotate270(),
        Turn::Degrees(degrees) => return Ok(by_degrees(&from_image(image), degrees)),
    };
    Ok(Turned::opaque(from_image(image)))
}

fn colour(turned: Turned, quality: Quality) -> Result<Turned, Error> {
    let Turned { pixels, alpha } = turned;
    let gray = match (quality, pixels.channels) {
        (Quality::Default, _) => return Ok(Turned { pixels, alpha }),
        (Quality::Gray | Quality::Bitonal, Channels::Gray) => pixels,
        (Quality::Gray | Quality::Bitonal, Channels::Rgb) => {
            from_image(DynamicImage::ImageLuma8(to_image(pixels)?.into_luma8()))
        }
    };
    if quality == Quality::Gray {
        return Ok(Turned { pixels: gray, alpha });
    }
    let threshold = |sample: &u8| if *sample < BITONAL_THRESHOLD { 0 } else { u8::MAX };
    Ok(Turned { pixels: Pixels { data: gray.data.iter().map(threshold).collect(), ..gray }, alpha })
}

/// As the library of images holds them.
pub(super) fn to_image(pixels: Pixels) -> Result<DynamicImage, Error> {
    let Sides { width, height } = pixels.sides;
    let image = match pixels.channels {
        Channels::Gray => GrayImage::from_raw(width, height, pixels.data).map(DynamicImage::ImageLuma8),
        Channels::Rgb => RgbImage::from_raw(width, height, pixels.data).map(DynamicImage::ImageRgb8),
    };
    image.ok_or_else(|| failed("there are fewer samples than pixels"))
}

fn from_image(image: DynamicImage) -> Pixels {
    let sides = Sides::new(image.width(), image.height());
    if image.color().has_color() {
        Pixels { sides, channels: Channels::Rgb, data: image.into_rgb8().into_raw() }
    } else {
        Pixels { sides, channels: Channels::Gray, data: image.into_luma8().into_raw() }
    }
}
