//! Packs that are written and read again, and bytes that only look like one.

use std::io::Cursor;

use fonds_schemas::Sha256;
use proptest::prelude::*;

use super::geometry::Pyramid;
use super::*;
use crate::picture::{self, Channels, Rows, Sides, encode};

mod ready;

/// A slope, row by row.
struct Slope {
    sides: Sides,
    channels: Channels,
    next: u32,
}

impl Rows for Slope {
    fn sides(&self) -> Sides {
        self.sides
    }
    fn channels(&self) -> Channels {
        self.channels
    }
    fn read(&mut self, most: u32, into: &mut Vec<u8>) -> Result<u32, picture::BadPicture> {
        let y = self.next;
        let shade = |x: u32| u8::try_from((x + y) * 255 / (self.sides.width + self.sides.height)).unwrap();
        into.extend((0..self.sides.width).flat_map(|x| vec![shade(x); self.channels.count()]));
        self.next += 1;
        assert!(most >= 1);
        Ok(1)
    }
}

fn packed(width: u32, height: u32, channels: Channels) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut rows = Slope { sides: Sides::new(width, height), channels, next: 0 };
    write(&mut rows, &Sha256::of(b"master"), &mut bytes).unwrap();
    bytes.into_inner()
}

fn index(bytes: &[u8]) -> Index {
    Index::read(bytes, bytes.len() as u64).unwrap()
}

fn sides_of(bytes: &[u8], entry: Entry) -> Sides {
    let begin = usize::try_from(entry.offset).unwrap();
    encode::read_jpeg(&bytes[begin..begin + entry.length as usize]).unwrap().sides
}

#[test]
fn every_tile_and_every_whole_has_the_sides_that_it_must_have() {
    for (width, height, channels) in
        [(1300, 777, Channels::Rgb), (512, 512, Channels::Gray), (1, 1, Channels::Rgb), (2049, 3, Channels::Gray)]
    {
        let bytes = packed(width, height, channels);
        let (index, image) = (index(&bytes), Sides::new(width, height));
        assert_eq!((index.sides(), index.channels()), (image, channels));
        let pyramid = Pyramid::usual(image);
        assert_eq!(index.pyramid(), pyramid);
        for scale in pyramid.scale_factors() {
            let level = pyramid.level(scale);
            let (across, down) = pyramid.tiles(scale);
            for (column, row) in (0..across).flat_map(|column| (0..down).map(move |row| (column, row))) {
                let found = sides_of(&bytes, index.tile(scale, column, row).unwrap());
                let wanted = Sides::new((level.width - column * 512).min(512), (level.height - row * 512).min(512));
                assert_eq!(found, wanted, "{image}, scale {scale}, {column},{row}");
            }
            assert_eq!(index.tile(scale, across, 0), None);
        }
        for whole in pyramid.wholes() {
            assert_eq!(sides_of(&bytes, index.whole(whole).unwrap()), whole);
        }
        assert_eq!(index.tile(3, 0, 0), None);
    }
}

#[test]
fn the_same_master_gives_the_same_pack() {
    assert_eq!(packed(700, 600, Channels::Rgb), packed(700, 600, Channels::Rgb));
    assert_ne!(index(&packed(700, 600, Channels::Rgb)).digest(), index(&packed(700, 601, Channels::Rgb)).digest());
}

#[test]
fn the_smallest_whole_that_is_large_enough_is_found() {
    let bytes = packed(3000, 2000, Channels::Gray);
    let of = |width, height| index(&bytes).whole_of_at_least(Sides::new(width, height)).map(|(sides, _)| sides.width);
    assert_eq!((of(100, 70), of(120, 80), of(300, 200), of(380, 250)), (Some(120), Some(120), Some(375), Some(400)));
    assert_eq!((of(1500, 1000), of(1501, 1000)), (Some(1500), None));
}

#[test]
fn a_pack_of_another_pipeline_is_not_read() {
    let mut bytes = packed(600, 600, Channels::Gray);
    bytes[24..28].copy_from_slice(&(PIPELINE + 1).to_be_bytes());
    assert_eq!(Index::read(&bytes, bytes.len() as u64), Err(BadPack::Pipeline(PIPELINE + 1)));
}

#[test]
fn a_pack_that_is_cut_short_is_not_read() {
    let bytes = packed(600, 600, Channels::Gray);
    for length in [0, 10, HEADER_BYTES, HEADER_BYTES + 20, bytes.len() - 1] {
        assert!(Index::read(&bytes[..length], length as u64).is_err(), "{length} bytes");
    }
}

#[test]
fn sides_that_would_fill_the_memory_are_refused_by_the_header() {
    let mut bytes = packed(600, 600, Channels::Gray);
    bytes[8..16].copy_from_slice(&[0xFF; 8]);
    assert_eq!(Index::bytes(&bytes), Err(BadPack::Wrong("sides")));
}

/// A pack that is made once.
fn one() -> &'static [u8] {
    static PACK: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    PACK.get_or_init(|| packed(600, 520, Channels::Gray))
}

proptest! {
    #[test]
    fn whatever_the_bytes_are_every_entry_lies_within_them(at in 0usize..HEADER_BYTES + 200, value: u8, noise: Vec<u8>) {
        let mut bytes = one().to_vec();
        bytes[at] = value;
        for bytes in [bytes, noise] {
            let Ok(index) = Index::read(&bytes, bytes.len() as u64) else { continue };
            for scale in index.scales().collect::<Vec<_>>() {
                for entry in (0..4).filter_map(|column| index.tile(scale, column, column / 2)) {
                    prop_assert!(entry.offset + u64::from(entry.length) <= bytes.len() as u64);
                }
            }
        }
    }
}
