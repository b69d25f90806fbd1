//! Files as they come, and files that were made to deceive.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};

use super::*;

const PIXELS_MAX: u64 = 1_000_000;

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(60, 40).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn probed(bytes: &[u8]) -> Probed {
    probe(&mut Cursor::new(bytes), bytes.len() as u64, PIXELS_MAX).unwrap()
}

fn check_type(bytes: &[u8], media_type: &str) {
    assert_eq!(probed(bytes).media_type, media_type);
}

fn check_image(bytes: &[u8], media_type: &str, sides: (u32, u32)) {
    let found = probed(bytes);
    assert_eq!((found.media_type, found.width, found.height), (media_type, Some(sides.0), Some(sides.1)));
    assert_eq!(found.problem, None);
}

/// Every beginning of the file is either not recognised or said to be incomplete, and none panics.
fn check_cuts(whole: &[u8], media_type: &str) {
    for end in 0..whole.len() {
        let found = probed(&whole[..end]);
        assert!(found.problem.is_some() || found.media_type != media_type, "{end} bytes of {media_type}: {found:?}");
    }
}

fn jpeg_turned(orientation: u8) -> Vec<u8> {
    let plain = picture(ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    exif[25] = orientation;
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, u8::try_from(exif.len() + 2).unwrap()];
    bytes.extend(exif);
    bytes.extend(&plain[2..]);
    bytes
}

#[test]
fn five_kinds_of_image_tell_their_sides() {
    check_image(&picture(ImageFormat::Jpeg), "image/jpeg", (60, 40));
    check_image(&picture(ImageFormat::Png), "image/png", (60, 40));
    check_image(&picture(ImageFormat::Gif), "image/gif", (60, 40));
    check_image(&picture(ImageFormat::WebP), "image/webp", (60, 40));
    check_image(&picture(ImageFormat::Tiff), "image/tiff", (60, 40));
}

#[test]
fn jpeg_2000_tells_its_sides() {
    let mut jp2 = b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x1Ejp2h\0\0\0\x16ihdr".to_vec();
    jp2.extend([0, 0, 0, 40, 0, 0, 0, 60, 0, 3, 7, 7, 0, 0]);
    jp2.extend(b"\0\0\0\x0Ajp2c\xFF\xD9");
    check_image(&jp2, "image/jp2", (60, 40));
    check_cuts(&jp2, "image/jp2");
    let mut j2c = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0];
    j2c.extend([0, 0, 0, 60, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xD9]);
    check_image(&j2c, "image/j2c", (60, 40));
}

#[test]
fn an_image_cut_short_is_seen() {
    check_cuts(&picture(ImageFormat::Jpeg), "image/jpeg");
    check_cuts(&jpeg_turned(6), "image/jpeg");
    check_cuts(&picture(ImageFormat::Png), "image/png");
    check_cuts(&picture(ImageFormat::Gif), "image/gif");
    check_cuts(&picture(ImageFormat::WebP), "image/webp");
    check_cuts(&picture(ImageFormat::Tiff), "image/tiff");
}

#[test]
fn an_image_that_lies_on_its_side_is_shown_upright() {
    check_image(&jpeg_turned(1), "image/jpeg", (60, 40));
    check_image(&jpeg_turned(6), "image/jpeg", (40, 60));
    check_image(&jpeg_turned(9), "image/jpeg", (60, 40));
}

#[test]
fn what_follows_the_end_of_a_jpeg_does_not_matter() {
    let mut bytes = picture(ImageFormat::Jpeg);
    bytes.extend(b"a preview of the next one");
    check_image(&bytes, "image/jpeg", (60, 40));
}

#[test]
fn an_image_that_claims_too_much_is_seen() {
    let mut bytes = picture(ImageFormat::Png);
    bytes[16..24].copy_from_slice(&[0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0]);
    let problem = probed(&bytes).problem;
    assert_eq!(problem, Some(Problem::TooManyPixels { width: 100_000, height: 100_000, limit: PIXELS_MAX }));
}

#[test]
fn an_empty_file_is_seen() {
    assert_eq!(probed(b"").problem, Some(Problem::Empty));
}

#[test]
fn a_damaged_header_is_seen() {
    let mut png = picture(ImageFormat::Png);
    png[12..16].copy_from_slice(b"IHDX");
    assert!(matches!(probed(&png).problem, Some(Problem::Unreadable { .. })));
    let mut circle = b"II*\0\x08\0\0\0\0\0\x08\0\0\0".to_vec();
    circle.extend([0; 8]);
    assert!(matches!(probed(&circle).problem, Some(Problem::Unreadable { .. })));
}

fn check_unreadable(bytes: &[u8], why: &str) {
    assert_eq!(probed(bytes).problem, Some(unreadable(why)));
}

#[test]
fn a_chain_of_empty_directories_has_an_end() {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    for number in 1..=70_000u32 {
        tiff.extend([0, 0]);
        tiff.extend((8 + 6 * number).to_le_bytes());
    }
    check_unreadable(&tiff, "it has too many directories");
}

#[test]
fn a_chain_of_boxes_has_an_end() {
    let mut jp2 = b"\0\0\0\x0cjP  \r\n\x87\n".to_vec();
    jp2.extend(b"\0\0\0\x08free".repeat(30_000));
    check_unreadable(&jp2, "it has too many boxes");
    // As long as can be: its end is not that of the file, and not beyond the numbers.
    jp2.truncate(12);
    jp2.extend(b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_eq!(probed(&jp2).problem, Some(truncated("its last box is longer than what is left")));
}

/// A reader that knows how often somebody jumped: in a file each jump reads a buffer anew.
struct Jumps<'a>(Cursor<&'a [u8]>, u32);

impl io::Read for Jumps<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl BufRead for Jumps<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.0.consume(count);
    }
}

impl Seek for Jumps<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.1 += 1;
        self.0.seek(to)
    }
}

#[test]
fn a_directory_of_many_entries_takes_few_jumps() {
    // Each claims to be the width, and that it stands elsewhere.
    let mut tiff = b"II*\0\x08\0\0\0\x10\x27".to_vec();
    tiff.extend(b"\0\x01\x04\0\x02\0\0\0\x08\0\0\0".repeat(10_000));
    tiff.extend([0; 4]);
    let mut reader = Jumps(Cursor::new(&tiff), 0);
    probe(&mut reader, tiff.len() as u64, PIXELS_MAX).unwrap();
    assert!(reader.1 < 20, "{} jumps", reader.1);
}

#[test]
fn other_files_have_their_types() {
    check_type(b"%PDF-1.7\n", "application/pdf");
    check_type(b"<?xml version='1.0'?>\n<!-- a --><svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml");
    check_type(b"<?xml version='1.0'?><ead/>", "application/xml");
    check_type(b"[{\"a\": 1}]", "application/json");
    check_type("달항아리\n".as_bytes(), "text/plain");
    check_type(b"RIFF\0\0\0\0WAVEfmt ", "audio/wav");
    check_type(b"glTF\x02\0\0\0", "model/gltf-binary");
    check_type(b"\0\0\0\x18ftypavif", "image/avif");
    check_type(b"\x00\x01\x02\x03", "application/octet-stream");
    check_type(b"BMW is a car", "text/plain");
}

fn check_recording(bytes: &[u8], media_type: &str, duration_ms: Option<u64>, sides: Option<(u32, u32)>) {
    let found = probed(bytes);
    assert_eq!((found.media_type, found.duration_ms), (media_type, duration_ms));
    assert_eq!((found.width.zip(found.height), found.problem), (sides, None));
}

/// 8,000 bytes a second, after a chunk of an odd length that is not sound.
fn wav(size: u32, sound: usize) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend([8000u32.to_le_bytes(), 8000u32.to_le_bytes()].concat());
    bytes.extend(b"\x01\0\x08\0data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(vec![0; sound]);
    bytes
}

#[test]
fn a_wave_tells_how_long_it_is() {
    check_recording(&wav(12_000, 12_000), "audio/wav", Some(1500), None);
    // Recorded without end, or cut: what is there counts.
    check_recording(&wav(0, 4000), "audio/wav", Some(500), None);
    check_recording(&wav(u32::MAX, 4000), "audio/wav", Some(500), None);
    check_recording(&wav(12_000, 4000), "audio/wav", Some(500), None);
}

#[test]
fn a_flac_tells_how_long_it_is() {
    let mut bytes = b"fLaC\x80\0\0\x22\x10\0\x10\0\0\0\0\0\0\0".to_vec();
    let (rate, samples) = (44_100u64, 66_150u64);
    bytes.extend((rate << 44 | 1 << 41 | 15 << 36 | samples).to_be_bytes());
    bytes.extend([0; 16]);
    check_recording(&bytes, "audio/flac", Some(1500), None);
}

fn mp4_box(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [&size[..], &name, content].concat()
}

fn mvhd(version: u8, each_second: u32, duration: u64) -> Vec<u8> {
    let numbers = if version == 1 {
        [&[0; 16][..], &each_second.to_be_bytes(), &duration.to_be_bytes()].concat()
    } else {
        let duration = u32::try_from(duration).unwrap();
        [&[0; 8][..], &each_second.to_be_bytes(), &duration.to_be_bytes()].concat()
    };
    mp4_box(*b"mvhd", &[&[version, 0, 0, 0][..], &numbers, &[0; 80]].concat())
}

fn trak(version: u8, width: u32, height: u32, turned: bool) -> Vec<u8> {
    let before = if version == 1 { 32 } else { 20 };
    let one = 0x0001_0000u32;
    let matrix = if turned { [0, one, 0, one, 0, 0, 0, 0, 1] } else { [one, 0, 0, 0, one, 0, 0, 0, 1] };
    let matrix: Vec<u8> = matrix.iter().flat_map(|number: &u32| number.to_be_bytes()).collect();
    let sides = [(width << 16).to_be_bytes(), (height << 16).to_be_bytes()].concat();
    let header = [&[version, 0, 0, 7][..], &vec![0; before], &[0; 16], &matrix, &sides].concat();
    mp4_box(*b"trak", &[mp4_box(*b"edts", &[0; 9]), mp4_box(*b"tkhd", &header)].concat())
}

/// A film whose index lies behind its content, as cameras write it.
fn mp4(brand: [u8; 4], inside: &[Vec<u8>]) -> Vec<u8> {
    let start = mp4_box(*b"ftyp", &[&brand[..], &[0; 4]].concat());
    let content = [&1u32.to_be_bytes()[..], b"mdat", &24u64.to_be_bytes(), &[0; 8]].concat();
    [start, content, mp4_box(*b"moov", &inside.concat())].concat()
}

#[test]
fn a_film_tells_how_long_and_how_large_it_is() {
    let sound = trak(0, 0, 0, false);
    let film = mp4(*b"isom", &[mvhd(0, 600, 343_220), sound.clone(), trak(0, 480, 360, false)]);
    check_recording(&film, "video/mp4", Some(572_033), Some((480, 360)));
    let film = mp4(*b"qt  ", &[mvhd(1, 1000, 1500), trak(1, 1920, 1080, true)]);
    check_recording(&film, "video/quicktime", Some(1500), Some((1080, 1920)));
    let film = mp4(*b"mp42", &[mvhd(0, 1000, 1_985_024), sound]);
    check_recording(&film, "audio/mp4", Some(1_985_024), None);
    let sleeve = trak(0, 600, 600, false);
    check_recording(&mp4(*b"M4A ", &[mvhd(0, 1000, 1500), sleeve]), "audio/mp4", Some(1500), None);
}

#[test]
fn a_film_that_makes_no_sense_is_kept_without_a_length() {
    check_recording(&mp4(*b"isom", &[mvhd(0, 0, 10)]), "video/mp4", None, None);
    check_recording(&mp4(*b"isom", &[mvhd(0, 600, u64::from(u32::MAX))]), "video/mp4", None, None);
    check_recording(&mp4(*b"isom", &[mvhd(1, 1, u64::MAX - 1)]), "video/mp4", None, None);
    let whole = mp4(*b"isom", &[mvhd(0, 600, 343_220), trak(0, 480, 360, false)]);
    for end in 0..whole.len() {
        assert_eq!(probed(&whole[..end]).duration_ms, None, "{end}");
    }
    for place in 12..whole.len() {
        let mut broken = whole.clone();
        broken[place] ^= 0xFF;
        probed(&broken);
    }
}

#[test]
fn models_are_known_where_the_bytes_leave_no_doubt() {
    check_type(b"glTF\x02\0\0\0\x0c\0\0\0", "model/gltf-binary");
    check_type(b"ply\nformat binary_little_endian 1.0\nelement vertex 8\n", "model/x-ply");
    check_type(b"ply\r\nformat ascii 1.0\r\n", "model/x-ply");
    check_type(b"# a triangle\nv 0 0 0\nv 1 0 0\nv 0 1.5e0 0 1\nf 1 2 3\n", "model/obj");
    check_type(b"solid cube\n facet normal 0 0 1\n  outer loop\n   vertex 0 0 0\n", "model/stl");
    let mut stl = vec![0x20; 80];
    stl.extend(2u32.to_le_bytes());
    stl.extend([0; 100]);
    check_type(&stl, "model/stl");
    // One byte more, no triangle, a word that is no line of an OBJ, corners of too few numbers.
    stl.push(0);
    check_type(&stl, "application/octet-stream");
    check_type(&[0; 84], "application/octet-stream");
    check_type(b"v 0 0 0\nv 1 0 0\nv 0 1 0\nvolume 3\n", "text/plain");
    check_type(b"v 1 2\nv 2 3\nv 3 4\n", "text/plain");
    check_type(b"solid ground for a text\n", "text/plain");
    check_type(b"plywood\n", "text/plain");
}

#[test]
fn captions_are_known_by_the_word_on_their_first_line() {
    for captions in ["WEBVTT", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello", "\u{FEFF}WEBVTT a title\r\n"] {
        check_type(captions.as_bytes(), "text/vtt");
    }
    for other in ["WEBVTTX\n", " WEBVTT\n", "webvtt\n"] {
        check_type(other.as_bytes(), "text/plain");
    }
}
