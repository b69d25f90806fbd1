//! Pictures of every kind that is decoded, made here: a picture is known by its corners.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};

use super::*;

const WIDTH: u32 = 40;
const HEIGHT: u32 = 24;

/// Red, green / blue, white.
fn corners() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| match (x < WIDTH / 2, y < HEIGHT / 2) {
        (true, true) => image::Rgb([255, 0, 0]),
        (false, true) => image::Rgb([0, 255, 0]),
        (true, false) => image::Rgb([0, 0, 255]),
        (false, false) => image::Rgb([255, 255, 255]),
    })
}

fn read(bytes: Vec<u8>, media_type: &str, sides: (u32, u32), page: u32) -> Result<Pixels, BadPicture> {
    let mut rows = open(Cursor::new(bytes), media_type, Sides::new(sides.0, sides.1), page)?;
    read_whole(&mut *rows)
}

/// The four corners as letters: top left, top right, bottom left, bottom right.
fn letters(pixels: &Pixels) -> String {
    let Sides { width, height } = pixels.sides;
    let count = pixels.channels.count();
    let letter = |(x, y): (u32, u32)| {
        let at = (y * width + x) as usize * count;
        match &pixels.data[at..at + count] {
            [gray] if *gray > 200 => 'W',
            [gray] if *gray < 50 => 'K',
            [r, g, b] if *r > 200 && *g > 200 && *b > 200 => 'w',
            [r, g, b] if *r > 200 && *g < 80 && *b < 80 => 'r',
            [r, g, b] if *g > 200 && *r < 80 && *b < 80 => 'g',
            [r, g, b] if *b > 200 && *r < 80 && *g < 80 => 'b',
            _ => '?',
        }
    };
    [(1, 1), (width - 2, 1), (1, height - 2), (width - 2, height - 2)].map(letter).iter().collect()
}

fn check(bytes: Vec<u8>, media_type: &str, seen: &str) {
    let pixels = read(bytes, media_type, (WIDTH, HEIGHT), 0).unwrap();
    assert_eq!(letters(&pixels), seen, "{media_type}");
}

fn check_refused(bytes: Vec<u8>, media_type: &str, words: &str) {
    let refused = read(bytes, media_type, (WIDTH, HEIGHT), 0).unwrap_err().to_string();
    assert!(refused.contains(words), "{refused}");
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(corners()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A directory entry of a TIFF file: tag, type (3 short, 4 long, 7 bytes), values.
type Entry<'a> = (u16, u16, &'a [u8]);

fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn longs(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A little-endian TIFF file of one directory whose strips or tiles (`at` names the tags) are `chunks`.
fn tiff(entries: &[Entry<'_>], at: (u16, u16), chunks: &[Vec<u8>]) -> Vec<u8> {
    behind(b"II*\0\0\0\0\0".to_vec(), 4, entries, at, chunks).0
}

/// A file with one more directory, which the four bytes at `link` then lead to; and where to link the next.
fn behind(
    mut bytes: Vec<u8>,
    link: usize,
    entries: &[Entry<'_>],
    at: (u16, u16),
    chunks: &[Vec<u8>],
) -> (Vec<u8>, usize) {
    let mut offsets = Vec::new();
    for chunk in chunks {
        offsets.push(u32::try_from(bytes.len()).unwrap());
        bytes.extend_from_slice(chunk);
    }
    let lengths: Vec<u32> = chunks.iter().map(|chunk| u32::try_from(chunk.len()).unwrap()).collect();
    let (offsets, lengths) = (longs(&offsets), longs(&lengths));
    let mut entries = entries.to_vec();
    entries.push((at.0, 4, &offsets));
    entries.push((at.1, 4, &lengths));
    entries.sort_by_key(|entry| entry.0);
    let mut directory = shorts(&[u16::try_from(entries.len()).unwrap()]);
    for (tag, kind, values) in entries {
        let width = match kind {
            3 => 2,
            4 => 4,
            _ => 1,
        };
        directory.extend(shorts(&[tag, kind]));
        directory.extend(longs(&[u32::try_from(values.len() / width).unwrap()]));
        if values.len() <= 4 {
            let mut inline = values.to_vec();
            inline.resize(4, 0);
            directory.extend(inline);
        } else {
            directory.extend(longs(&[u32::try_from(bytes.len()).unwrap()]));
            bytes.extend_from_slice(values);
        }
    }
    directory.extend([0; 4]);
    let first = u32::try_from(bytes.len()).unwrap();
    bytes[link..link + 4].copy_from_slice(&first.to_le_bytes());
    bytes.extend(directory);
    let next = bytes.len() - 4;
    (bytes, next)
}

const STRIPS: (u16, u16) = (273, 279);
const TILES: (u16, u16) = (324, 325);

/// The entries that every such file has: sides, bits, compression, photometric interpretation, samples.
fn basic(bits: &[u8], compression: u16, photometric: u16, samples: u16) -> Vec<(u16, u16, Vec<u8>)> {
    vec![
        (256, 4, longs(&[WIDTH])),
        (257, 4, longs(&[HEIGHT])),
        (258, 3, bits.to_vec()),
        (259, 3, shorts(&[compression])),
        (262, 3, shorts(&[photometric])),
        (277, 3, shorts(&[samples])),
    ]
}

fn borrowed(entries: &[(u16, u16, Vec<u8>)]) -> Vec<Entry<'_>> {
    entries.iter().map(|(tag, kind, values)| (*tag, *kind, values.as_slice())).collect()
}

/// Rows of samples in strips of seven rows, the last one shorter.
fn strips(row_bytes: usize, samples: &[u8]) -> Vec<Vec<u8>> {
    samples.chunks(row_bytes * 7).map(<[u8]>::to_vec).collect()
}

fn stripped(mut entries: Vec<(u16, u16, Vec<u8>)>, row_bytes: usize, samples: &[u8]) -> Vec<u8> {
    entries.push((278, 3, shorts(&[7])));
    tiff(&borrowed(&entries), STRIPS, &strips(row_bytes, samples))
}

#[test]
fn formats_of_the_web_are_read() {
    for (format, media_type) in
        [(ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp"), (ImageFormat::Gif, "image/gif")]
    {
        check(encoded(format), media_type, "rgbw");
    }
    check(
        encode::jpeg_of(corners().as_raw(), Sides::new(WIDTH, HEIGHT), Channels::Rgb, encode::Chroma::Half).unwrap(),
        "image/jpeg",
        "rgbw",
    );
}

#[test]
fn tiff_in_strips_of_8_and_16_bits() {
    check(stripped(basic(&shorts(&[8, 8, 8]), 1, 2, 3), 120, corners().as_raw()), "image/tiff", "rgbw");
    let deep: Vec<u8> = corners().as_raw().iter().flat_map(|sample| [0x80, *sample]).collect();
    check(stripped(basic(&shorts(&[16, 16, 16]), 1, 2, 3), 240, &deep), "image/tiff", "rgbw");
}

#[test]
fn tiff_whose_colours_lie_apart() {
    let mut entries = basic(&shorts(&[8, 8, 8]), 1, 2, 3);
    entries.push((284, 3, shorts(&[2])));
    entries.push((278, 3, shorts(&[7])));
    let plane = |place: usize| corners().as_raw().iter().skip(place).step_by(3).copied().collect::<Vec<u8>>();
    let chunks: Vec<Vec<u8>> = (0..3).flat_map(|place| strips(WIDTH as usize, &plane(place))).collect();
    check(tiff(&borrowed(&entries), STRIPS, &chunks), "image/tiff", "rgbw");
}

#[test]
fn tiff_of_inks_and_of_palettes() {
    let inks: Vec<u8> = corners().pixels().flat_map(|p| [255 - p.0[0], 255 - p.0[1], 255 - p.0[2], 0]).collect();
    check(stripped(basic(&shorts(&[8; 4]), 1, 5, 4), 160, &inks), "image/tiff", "rgbw");
    let number = |pixel: &image::Rgb<u8>| match pixel.0 {
        [255, 0, 0] => 0,
        [0, 255, 0] => 1,
        [0, 0, 255] => 2,
        _ => 3u8,
    };
    let mut map = [0u16; 768];
    for (colour, number) in [(0, 0), (0, 3), (1, 1), (1, 3), (2, 2), (2, 3)] {
        map[colour * 256 + number] = 65_535;
    }
    let numbers: Vec<u8> = corners().pixels().map(number).collect();
    let mut entries = basic(&shorts(&[8]), 1, 3, 1);
    entries.push((320, 3, shorts(&map)));
    check(stripped(entries, 40, &numbers), "image/tiff", "rgbw");
}

#[test]
fn tiff_of_one_bit_black_or_white() {
    // Left half set.
    let row = [0xFF, 0xFF, 0xF0, 0, 0];
    let samples: Vec<u8> = row.iter().copied().cycle().take(5 * HEIGHT as usize).collect();
    check(stripped(basic(&shorts(&[1]), 1, 1, 1), 5, &samples), "image/tiff", "WKWK");
    check(stripped(basic(&shorts(&[1]), 1, 0, 1), 5, &samples), "image/tiff", "KWKW");
}

#[test]
fn tiff_of_a_fax() {
    // Group 4, all white: one bit a row that says "as the row before", then the end of the block.
    let mut bits = "1".repeat(HEIGHT as usize) + "000000000001000000000001";
    bits += "0000000";
    let chunk: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')))
        .collect();
    let mut entries = basic(&shorts(&[1]), 4, 0, 1);
    entries.push((278, 3, shorts(&[u16::try_from(HEIGHT).unwrap()])));
    check(tiff(&borrowed(&entries), STRIPS, &[chunk]), "image/tiff", "WWWW");
}

/// Tiles of 16 × 16 pixels, those at the edges filled up.
fn tiles() -> Vec<RgbImage> {
    let tile = |left: u32, top: u32| {
        RgbImage::from_fn(16, 16, |x, y| *corners().get_pixel((left + x).min(WIDTH - 1), (top + y).min(HEIGHT - 1)))
    };
    (0..2).flat_map(|row| (0..3).map(move |column| tile(column * 16, row * 16))).collect()
}

fn tiled(compression: u16, photometric: u16, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut entries = basic(&shorts(&[8, 8, 8]), compression, photometric, 3);
    entries.push((322, 3, shorts(&[16])));
    entries.push((323, 3, shorts(&[16])));
    tiff(&borrowed(&entries), TILES, chunks)
}

#[test]
fn tiff_in_tiles_as_they_are_and_as_jpeg() {
    let plain: Vec<Vec<u8>> = tiles().iter().map(|tile| tile.as_raw().clone()).collect();
    check(tiled(1, 2, &plain), "image/tiff", "rgbw");
    let jpeg = |tile: &RgbImage| {
        encode::jpeg_of(tile.as_raw(), Sides::new(16, 16), Channels::Rgb, encode::Chroma::Half).unwrap()
    };
    check(tiled(7, 6, &tiles().iter().map(jpeg).collect::<Vec<_>>()), "image/tiff", "rgbw");
}

#[test]
fn every_orientation_is_applied() {
    for (orientation, sides, seen) in [
        (1u16, (WIDTH, HEIGHT), "rgbw"),
        (2, (WIDTH, HEIGHT), "grwb"),
        (3, (WIDTH, HEIGHT), "wbgr"),
        (4, (WIDTH, HEIGHT), "bwrg"),
        (5, (HEIGHT, WIDTH), "rbgw"),
        (6, (HEIGHT, WIDTH), "brwg"),
        (7, (HEIGHT, WIDTH), "wgbr"),
        (8, (HEIGHT, WIDTH), "gwrb"),
    ] {
        let mut entries = basic(&shorts(&[8, 8, 8]), 1, 2, 3);
        entries.push((274, 3, shorts(&[orientation])));
        let pixels = read(stripped(entries, 120, corners().as_raw()), "image/tiff", sides, 0).unwrap();
        assert_eq!(letters(&pixels), seen, "{orientation}");
    }
}

/// Three pages and what stands between them: in colour, a smaller copy of it, turned, a mask, of a palette.
fn pages() -> Vec<u8> {
    let colours = basic(&shorts(&[8, 8, 8]), 1, 2, 3);
    let with = |entries: &[(u16, u16, Vec<u8>)], more: &[(u16, u16, Vec<u8>)]| [entries, more].concat();
    let whole = (278, 3, shorts(&[u16::try_from(HEIGHT).unwrap()]));
    let mut map = [0u16; 768];
    map[512 + 7] = 65_535;
    let (blue, white) = (vec![7; (WIDTH * HEIGHT) as usize], vec![255; (WIDTH * HEIGHT * 3) as usize]);
    let mut file = (b"II*\0\0\0\0\0".to_vec(), 4);
    for (entries, samples) in [
        (with(&colours, &[]), corners().into_raw()),
        (with(&colours, &[(254, 4, longs(&[1]))]), white.clone()),
        (with(&colours, &[(274, 3, shorts(&[6]))]), corners().into_raw()),
        (with(&colours, &[(254, 4, longs(&[4]))]), white),
        (with(&basic(&shorts(&[8]), 1, 3, 1), &[(320, 3, shorts(&map))]), blue),
    ] {
        file = behind(file.0, file.1, &borrowed(&with(&entries, std::slice::from_ref(&whole))), STRIPS, &[samples]);
    }
    file.0
}

#[test]
fn a_page_is_found_behind_others_and_read_as_it_is_seen() {
    for (page, sides, seen) in
        [(0, (WIDTH, HEIGHT), "rgbw"), (1, (HEIGHT, WIDTH), "brwg"), (2, (WIDTH, HEIGHT), "bbbb")]
    {
        let pixels = read(pages(), "image/tiff", sides, page).unwrap();
        assert_eq!(letters(&pixels), seen, "{page}");
    }
    let refused = read(pages(), "image/tiff", (WIDTH, HEIGHT), 3).unwrap_err().to_string();
    assert!(refused.contains("it has 3 pages"), "{refused}");
}

#[test]
fn a_page_does_not_suffer_from_one_that_is_damaged() {
    let mut file = pages();
    // The first page says that it is compressed by a method that nobody has heard of.
    let compression = file.windows(4).position(|entry| entry == [3, 1, 3, 0]).unwrap();
    file[compression + 8] = 99;
    assert!(read(file.clone(), "image/tiff", (WIDTH, HEIGHT), 0).is_err());
    assert_eq!(letters(&read(file, "image/tiff", (HEIGHT, WIDTH), 1).unwrap()), "brwg");
}

#[test]
fn a_page_that_is_not_there_is_told() {
    let file = stripped(basic(&shorts(&[8, 8, 8]), 1, 2, 3), 120, corners().as_raw());
    let refused = read(file, "image/tiff", (WIDTH, HEIGHT), 1).unwrap_err().to_string();
    assert!(refused.contains("it has 1 pages"), "{refused}");
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(format);
        let half = whole[..whole.len() / 2].to_vec();
        assert!(read(half, format.to_mime_type(), (WIDTH, HEIGHT), 0).is_err(), "{format:?}");
    }
    let mut file = stripped(basic(&shorts(&[8, 8, 8]), 1, 2, 3), 120, corners().as_raw());
    file.drain(100..200);
    assert!(read(file, "image/tiff", (WIDTH, HEIGHT), 0).is_err());
}

#[test]
fn other_sides_than_recorded_are_refused() {
    let refused = read(encoded(ImageFormat::Png), "image/png", (WIDTH + 1, HEIGHT), 0).unwrap_err();
    assert!(matches!(refused, BadPicture::OtherSides { .. }), "{refused}");
}

#[test]
fn a_row_of_tiles_that_would_fill_the_memory_is_refused() {
    // One strip of 60,000 × 60,000 pixels, of which nothing is there.
    let mut entries = basic(&shorts(&[8, 8, 8]), 1, 2, 3);
    entries[0].2 = longs(&[60_000]);
    entries[1].2 = longs(&[60_000]);
    entries.push((278, 4, longs(&[60_000])));
    let file = tiff(&borrowed(&entries), STRIPS, &[vec![0; 16]]);
    let refused = read(file, "image/tiff", (60_000, 60_000), 0).unwrap_err();
    assert!(matches!(refused, BadPicture::TooLarge { .. }), "{refused}");
}

#[test]
fn what_is_not_decoded_says_so() {
    check_refused(b"BM".to_vec(), "image/bmp", "image/bmp is not decoded");
    let mut entries = basic(&shorts(&[32]), 1, 1, 1);
    entries.push((339, 3, shorts(&[3])));
    check_refused(stripped(entries, 160, &[0; 160 * 24]), "image/tiff", "fractional");
}
