//! Masters that are cut into tiles of JPEG already: which of them go into the pack as they are.

use std::io::Cursor;
use std::slice::from_ref;
use std::sync::OnceLock;

use fonds_schemas::Sha256;
use moxcms::ColorProfile;

use super::super::geometry::Pyramid;
use super::super::{Index, Written, write};
use crate::picture::encode::{Chroma, jpeg_of, read_jpeg};
use crate::picture::{self, Channels, Pixels, Sides};

/// The tags that are changed here: orientation, photometric interpretation, where the tiles are and how long, the tables
/// that they share, and a profile.
const ORIENTATION: u16 = 274;
const PHOTOMETRIC: u16 = 262;
const OFFSETS: u16 = 324;
const LENGTHS: u16 = 325;
const TABLES: u16 = 347;
const PROFILE: u16 = 34_675;

/// A directory: entries by tag (type and values, little-endian) and its tiles.
#[derive(Clone)]
struct Directory {
    entries: Vec<(u16, u16, Vec<u8>)>,
    tiles: Vec<Vec<u8>>,
}

impl Directory {
    /// An image in tiles, those at the edges filled up, whose tables are apart, as libtiff writes them.
    fn of(image: &Pixels, tile: u32) -> Self {
        let Sides { width, height } = image.sides;
        let (across, down) = (width.div_ceil(tile), height.div_ceil(tile));
        let places = (0..down).flat_map(|row| (0..across).map(move |column| (column, row)));
        let whole: Vec<Vec<u8>> = places.map(|(column, row)| cut(image, tile, (column, row))).collect();
        let count = u16::try_from(image.channels.count()).unwrap();
        let photometric = if image.channels == Channels::Rgb { 6 } else { 1 };
        let entries = vec![
            (256, 4, longs(&[width])),
            (257, 4, longs(&[height])),
            (258, 3, shorts(&vec![8; count.into()])),
            (259, 3, shorts(&[7])),
            (PHOTOMETRIC, 3, shorts(&[photometric])),
            (277, 3, shorts(&[count])),
            (322, 4, longs(&[tile])),
            (323, 4, longs(&[tile])),
            (TABLES, 7, parted(&whole[0]).0),
        ];
        Self { entries, tiles: whole.iter().map(|tile| parted(tile).1).collect() }
    }

    fn with(mut self, tag: u16, kind: u16, values: Vec<u8>) -> Self {
        self.entries.retain(|(found, ..)| *found != tag);
        self.entries.push((tag, kind, values));
        self
    }

    fn without(mut self, tag: u16) -> Self {
        self.entries.retain(|(found, ..)| *found != tag);
        self
    }

    /// A smaller copy of the page before it.
    fn copy(self) -> Self {
        self.with(254, 4, longs(&[1]))
    }
}

fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn longs(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn cut(image: &Pixels, tile: u32, (column, row): (u32, u32)) -> Vec<u8> {
    let count = image.channels.count();
    let pixel = |x: u32, y: u32| {
        let (x, y) = (x.min(image.sides.width - 1), y.min(image.sides.height - 1));
        let at = (y * image.sides.width + x) as usize * count;
        &image.data[at..at + count]
    };
    let mut samples = Vec::new();
    for y in row * tile..(row + 1) * tile {
        (column * tile..(column + 1) * tile).for_each(|x| samples.extend_from_slice(pixel(x, y)));
    }
    jpeg_of(&samples, Sides::new(tile, tile), image.channels, Chroma::Half).unwrap()
}

/// The tables of a JPEG as a file without image, and the rest of it, without a word about its colours.
fn parted(jpeg: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut tables, mut rest) = (jpeg[..2].to_vec(), jpeg[..2].to_vec());
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let behind = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        match jpeg[at + 1] {
            0xDB | 0xC4 => tables.extend_from_slice(&jpeg[at..behind]),
            0xE0 => {}
            _ => rest.extend_from_slice(&jpeg[at..behind]),
        }
        at = behind;
    }
    tables.extend(b"\xFF\xD9");
    rest.extend_from_slice(&jpeg[at..]);
    (tables, rest)
}

/// What follows the header of the scan.
fn encoded(jpeg: &[u8]) -> &[u8] {
    let scan = jpeg.windows(2).position(|two| two == b"\xFF\xDA").unwrap();
    &jpeg[scan + 2 + usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]))..]
}

/// A file of these directories, one after the other; those of `inner` hang on the first.
fn file(chain: &[Directory], inner: &[Directory]) -> Vec<u8> {
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    let inner: Vec<u32> = inner.iter().map(|directory| append(&mut bytes, directory, 0)).collect();
    let mut next = 0;
    for (place, directory) in chain.iter().enumerate().rev() {
        let hung = directory.clone().with(330, 4, longs(&inner));
        let directory = if place == 0 && !inner.is_empty() { &hung } else { directory };
        next = append(&mut bytes, directory, next);
    }
    bytes[4..8].copy_from_slice(&next.to_le_bytes());
    bytes
}

fn append(bytes: &mut Vec<u8>, directory: &Directory, next: u32) -> u32 {
    let place = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
    let (mut offsets, mut lengths, mut entries) = (Vec::new(), Vec::new(), directory.entries.clone());
    for tile in &directory.tiles {
        offsets.push(place(bytes));
        lengths.push(place(tile));
        bytes.extend_from_slice(tile);
    }
    for (tag, values) in [(OFFSETS, offsets), (LENGTHS, lengths)] {
        if entries.iter().all(|(found, ..)| *found != tag) {
            entries.push((tag, 4, longs(&values)));
        }
    }
    entries.sort_by_key(|entry| entry.0);
    let mut table = shorts(&[u16::try_from(entries.len()).unwrap()]);
    for (tag, kind, values) in entries {
        let width = if kind == 3 { 2 } else { 4 };
        let count = if kind == 7 { values.len() } else { values.len() / width };
        table.extend(shorts(&[tag, kind]));
        table.extend(longs(&[u32::try_from(count).unwrap()]));
        if values.len() <= 4 {
            table.extend(values.iter().copied().chain([0; 4]).take(4));
        } else {
            table.extend(longs(&[place(bytes)]));
            bytes.extend(values);
        }
    }
    let at = place(bytes);
    bytes.extend(table);
    bytes.extend(next.to_le_bytes());
    at
}

/// A picture in which no place is like another.
fn picture(width: u32, height: u32, channels: Channels) -> Pixels {
    let shade =
        |x: u32, y: u32, of: u32| u8::try_from((x * (of + 1) / 4 + y / (of + 1) + (x / 40 + y / 56) % 2 * 40) % 200);
    let count = u32::try_from(channels.count()).unwrap();
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let data = places.flat_map(|(x, y)| (0..count).map(move |of| shade(x, y, of).unwrap())).collect();
    Pixels { sides: Sides::new(width, height), channels, data }
}

/// The same at a half of its sides, rounded down.
fn half(image: &Pixels) -> Pixels {
    let (sides, count) = (Sides::new(image.sides.width / 2, image.sides.height / 2), image.channels.count());
    let at = |x: u32, y: u32, of: usize| u16::from(image.data[(y * image.sides.width + x) as usize * count + of]);
    let mean = |x: u32, y: u32, of: usize| {
        let four =
            [at(2 * x, 2 * y, of), at(2 * x + 1, 2 * y, of), at(2 * x, 2 * y + 1, of), at(2 * x + 1, 2 * y + 1, of)];
        u8::try_from(four.iter().sum::<u16>() / 4).unwrap()
    };
    let places = (0..sides.height).flat_map(|y| (0..sides.width).map(move |x| (x, y)));
    let data = places.flat_map(|(x, y)| (0..count).map(move |of| mean(x, y, of))).collect();
    Pixels { sides, channels: image.channels, data }
}

struct Made {
    bytes: Vec<u8>,
    index: Index,
    written: Written,
}

impl Made {
    fn tile(&self, scale: u32, column: u32, row: u32) -> &[u8] {
        let entry = self.index.tile(scale, column, row).unwrap();
        let begin = usize::try_from(entry.offset).unwrap();
        &self.bytes[begin..begin + entry.length as usize]
    }

    fn side(&self) -> u32 {
        self.index.pyramid().tile.pixels()
    }
}

fn try_pack(file: Vec<u8>, sides: Sides) -> Result<Made, String> {
    let mut rows = picture::open(Cursor::new(file), "image/tiff", sides, 0).map_err(|error| error.to_string())?;
    let mut bytes = Cursor::new(Vec::new());
    let written = write(&mut *rows, &Sha256::of(b"master"), &mut bytes).map_err(|error| error.to_string())?;
    let bytes = bytes.into_inner();
    let index = Index::read(&bytes, bytes.len() as u64).unwrap();
    let made = Made { bytes, index, written };
    // Whatever was taken: every tile can be read and has the sides that it must have.
    let pyramid = made.index.pyramid();
    for scale in pyramid.scale_factors() {
        let (across, down) = pyramid.tiles(scale);
        for (column, row) in (0..down).flat_map(|row| (0..across).map(move |column| (column, row))) {
            let tile = read_jpeg(made.tile(scale, column, row)).unwrap();
            assert_eq!(tile.sides, pyramid.tile_sides(scale, column, row), "{scale}, {column}, {row}");
            assert_eq!(tile.channels, made.index.channels());
        }
    }
    Ok(made)
}

fn packed(file: Vec<u8>, sides: Sides) -> Made {
    try_pack(file, sides).unwrap()
}

const SIDES: Sides = Sides::new(350, 300);

/// 350 × 300 pixels in tiles of 128: four whole ones, and one of the copy at a half.
fn page() -> Directory {
    static PAGE: OnceLock<Directory> = OnceLock::new();
    PAGE.get_or_init(|| Directory::of(&picture(350, 300, Channels::Rgb), 128)).clone()
}

fn copy() -> Directory {
    static COPY: OnceLock<Directory> = OnceLock::new();
    COPY.get_or_init(|| Directory::of(&half(&picture(350, 300, Channels::Rgb)), 128).copy()).clone()
}

fn check(file: Vec<u8>, sides: Sides, side: u32, taken: u64) {
    let made = packed(file, sides);
    assert_eq!((made.side(), made.written.taken), (side, taken));
}

#[test]
fn tiles_are_in_the_pack_as_they_are_in_the_master() {
    for channels in [Channels::Rgb, Channels::Gray] {
        let image = picture(350, 300, channels);
        let (page, copy) = (Directory::of(&image, 128), Directory::of(&half(&image), 128).copy());
        for file in [file(&[page.clone(), copy.clone()], &[]), file(from_ref(&page), from_ref(&copy))] {
            let made = packed(file, SIDES);
            assert_eq!((made.side(), made.index.channels()), (128, channels));
            assert_eq!(made.written, Written { tiles: 9 + 4 + 1, taken: 4 + 1 });
            let half = half(&image);
            for (directory, image, scale, row, column) in
                [(&page, &image, 1, 0, 0), (&page, &image, 1, 0, 1), (&page, &image, 1, 1, 1), (&copy, &half, 2, 0, 0)]
            {
                let (found, across) = (made.tile(scale, column, row), image.sides.width.div_ceil(128));
                assert_eq!(encoded(found), encoded(&directory.tiles[(row * across + column) as usize]));
                // Bit for bit what the source's tile shows.
                let wanted = read_jpeg(&cut(image, 128, (column, row))).unwrap();
                assert_eq!(read_jpeg(found).unwrap(), wanted);
            }
        }
    }
}

#[test]
fn packs_have_tiles_of_the_side_of_the_masters_own() {
    for (side, taken) in [(128, 4), (256, 1)] {
        check(file(&[Directory::of(&picture(350, 300, Channels::Rgb), side)], &[]), SIDES, side, taken);
    }
    // All of it is edge.
    check(file(&[Directory::of(&picture(350, 300, Channels::Rgb), 1024)], &[]), SIDES, 512, 0);
    // Sides that divide are whole tiles to the edge.
    let image = picture(512, 256, Channels::Gray);
    let file = |tile| file(&[Directory::of(&image, tile), Directory::of(&half(&image), tile).copy()], &[]);
    check(file(128), image.sides, 128, 8 + 2);
    // Too small, and not a power of two.
    check(file(64), image.sides, 512, 0);
    check(file(192), image.sides, 512, 0);
}

#[test]
fn what_is_seen_otherwise_than_it_lies_is_encoded_here() {
    let turned = page().with(ORIENTATION, 3, shorts(&[6]));
    check(file(from_ref(&turned), &[]), SIDES.turned(), 512, 0);
    // Whoever recorded it did not believe in the orientation: nothing is turned.
    check(file(&[turned], &[]), SIDES, 128, 4);
    let profile = |profile: ColorProfile| page().with(PROFILE, 7, profile.encode().unwrap());
    check(file(&[profile(ColorProfile::new_adobe_rgb())], &[]), SIDES, 512, 0);
    check(file(&[profile(ColorProfile::new_srgb())], &[]), SIDES, 128, 4);
    check(file(&[page().with(PHOTOMETRIC, 3, shorts(&[2]))], &[]), SIDES, 512, 0);
    let gray = Directory::of(&picture(350, 300, Channels::Gray), 128);
    check(file(&[gray.clone().with(PHOTOMETRIC, 3, shorts(&[0]))], &[]), SIDES, 512, 0);
    check(file(&[gray.with(PROFILE, 7, ColorProfile::new_gray_with_gamma(1.0).encode().unwrap())], &[]), SIDES, 512, 0);
}

#[test]
fn copies_of_other_sides_or_another_picture_are_made_here() {
    let odd = Directory::of(&picture(351, 301, Channels::Rgb), 128);
    check(file(&[odd, copy()], &[]), Sides::new(351, 301), 128, 4);
    let other = Pixels {
        data: picture(175, 150, Channels::Rgb).data.iter().rev().copied().collect(),
        ..half(&picture(350, 300, Channels::Rgb))
    };
    check(file(&[page(), Directory::of(&other, 128).copy()], &[]), SIDES, 128, 4);
    check(file(&[page(), Directory::of(&half(&picture(350, 300, Channels::Rgb)), 256).copy()], &[]), SIDES, 128, 4);
    check(file(&[page(), copy().with(PHOTOMETRIC, 3, shorts(&[2]))], &[]), SIDES, 128, 4);
    check(file(&[page(), copy().with(254, 4, longs(&[5]))], &[]), SIDES, 128, 4);
    // Another page stands between: what follows is its copy.
    let between = Directory::of(&picture(150, 150, Channels::Rgb), 128);
    check(file(&[page(), between, copy()], &[]), SIDES, 128, 4);
    // A half that does not call itself a copy is one all the same, if it shows the same.
    check(file(&[page(), copy().without(254)], &[]), SIDES, 128, 5);
}

#[test]
fn damaged_tiles_are_not_taken() {
    let mut page_1 = page();
    let half = page_1.tiles[1].len() / 2;
    page_1.tiles[1].truncate(half);
    match try_pack(file(&[page_1, copy()], &[]), SIDES) {
        Ok(made) => assert_eq!(made.written.taken, 3),
        Err(why) => assert!(why.contains("it is damaged"), "{why}"),
    }
    let mut damaged = copy();
    let half = damaged.tiles[0].len() / 2;
    damaged.tiles[0].truncate(half);
    check(file(&[page(), damaged.clone()], &[]), SIDES, 128, 4);
    damaged.tiles[0].extend(b"\xFF\xD9");
    check(file(&[page(), damaged], &[]), SIDES, 128, 4);
}

#[test]
fn missing_tables_are_a_reason_to_fail_or_to_encode() {
    let why = try_pack(file(&[page().without(TABLES)], &[]), SIDES).err().unwrap();
    assert!(why.contains("it is damaged"), "{why}");
    check(file(&[page(), copy().without(TABLES)], &[]), SIDES, 128, 4);
    check(file(&[page(), copy().with(TABLES, 7, vec![0xFF; 70_000])], &[]), SIDES, 128, 4);
}

#[test]
fn directories_that_lie_cost_nothing_but_their_copies() {
    for (tag, values) in [(OFFSETS, u32::MAX), (OFFSETS, 0), (LENGTHS, u32::MAX), (LENGTHS, 0), (LENGTHS, 60_000)] {
        check(file(&[page(), copy().with(tag, 4, longs(&[values; 4]))], &[]), SIDES, 128, 4);
    }
    check(file(&[page(), copy().with(OFFSETS, 4, vec![])], &[]), SIDES, 128, 4);
    // Copies that are not there, and the page as its own copy, a thousand times.
    for place in [0, 8, 1 << 30] {
        check(file(&[page().with(330, 4, longs(&[place; 1000])), copy()], &[]), SIDES, 128, 5);
    }
    let mut circle = file(&[page(), copy()], &[]);
    let first = circle[4..8].to_vec();
    let end = circle.len() - 4;
    circle[end..].copy_from_slice(&first);
    drop(try_pack(circle, SIDES));
}

#[test]
fn a_level_of_the_usual_tiles_is_kept_whole_whatever_the_tiles_are() {
    let made = packed(file(&[Directory::of(&picture(1030, 1100, Channels::Gray), 1024)], &[]), Sides::new(1030, 1100));
    assert_eq!((made.side(), made.written.taken), (1024, 1));
    let usual = Pyramid::usual(Sides::new(1030, 1100));
    for size in usual.scale_factors().into_iter().map(|scale| usual.level(scale)) {
        let entry = made.index.whole(size).unwrap();
        let begin = usize::try_from(entry.offset).unwrap();
        assert_eq!(read_jpeg(&made.bytes[begin..begin + entry.length as usize]).unwrap().sides, size);
    }
}
