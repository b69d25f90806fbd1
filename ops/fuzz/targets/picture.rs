//! Pictures: a file that was looked at by the probe is decoded as the archive would decode it, and cut into tiles. What
//! comes out is as large as what was recorded, within the memory and time that `run` allows.
#![no_main]

mod contained;

use std::io::Cursor;

use fonds_schemas::Sha256;
use fonds_workers::pack::{self, HEADER_BYTES, Index};
use fonds_workers::picture::{self, MEDIA_TYPES, Sides};
use fonds_workers::probe::probe;
use libfuzzer_sys::{Corpus, fuzz_target};

/// Pixels of a picture that is tried: more only take longer.
const PIXELS_MAX: u64 = 1 << 20;
/// Later pages that are tried: more only take longer.
const PAGES_TRIED: usize = 4;
/// Pixels of a picture that is cut into tiles as well.
const PACKED_PIXELS_MAX: u64 = 1 << 16;

fuzz_target!(
    init: contained::begin(),
    |data: &[u8]| -> Corpus {
        let Ok(probed) = probe(&mut Cursor::new(data), data.len() as u64, PIXELS_MAX) else { return Corpus::Reject };
        let (Some(width), Some(height)) = (probed.width, probed.height) else { return Corpus::Reject };
        let sides = Sides::new(width, height);
        if !MEDIA_TYPES.contains(&probed.media_type) || sides.area() > PIXELS_MAX {
            return Corpus::Reject;
        }
        contained::run(|| {
            decode(data, probed.media_type, sides, 0);
            let later = (1..).zip(&probed.pages).map(|(place, page)| (place, Sides::new(page.width, page.height)));
            for (place, sides) in later.filter(|(_, sides)| sides.area() <= PIXELS_MAX).take(PAGES_TRIED) {
                decode(data, probed.media_type, sides, place);
            }
        });
        Corpus::Keep
    }
);

fn decode(data: &[u8], media_type: &str, sides: Sides, page: u32) {
    let Ok(mut rows) = picture::open(Cursor::new(data), media_type, sides, page) else { return };
    assert_eq!(rows.sides(), sides, "{media_type}");
    let channels = rows.channels();
    if let Ok(pixels) = picture::read_whole(&mut *rows) {
        assert_eq!((pixels.sides, pixels.channels), (sides, channels), "{media_type}");
        assert_eq!(pixels.data.len() as u64, sides.area() * channels.count() as u64, "{media_type}");
    }
    drop(rows);
    if sides.area() > PACKED_PIXELS_MAX {
        return;
    }
    let Ok(mut rows) = picture::open(Cursor::new(data), media_type, sides, page) else { return };
    let (master, mut pack) = (Sha256::of(data), Cursor::new(Vec::new()));
    if pack::write(&mut *rows, &master, &mut pack).is_ok() {
        let pack = pack.into_inner();
        let bytes = Index::bytes(&pack[..HEADER_BYTES]).expect("the header of a pack that was written");
        let index = Index::read(&pack[..bytes], pack.len() as u64).expect("the index of a pack that was written");
        assert_eq!((index.sides(), index.channels(), index.master()), (sides, channels, &master));
        let pyramid = index.pyramid();
        for scale in pyramid.scale_factors() {
            let (across, down) = pyramid.tiles(scale);
            for (column, row) in (0..down).flat_map(|row| (0..across).map(move |column| (column, row))) {
                let tile = index.tile(scale, column, row).expect("every tile of a level is there");
                let end = usize::try_from(tile.offset).expect("an offset in memory") + tile.length as usize;
                let tile = picture::encode::read_jpeg(&pack[end - tile.length as usize..end]);
                let tile = tile.expect("a tile that was written or taken as it was");
                assert_eq!((tile.sides, tile.channels), (pyramid.tile_sides(scale, column, row), channels));
            }
        }
    }
}
