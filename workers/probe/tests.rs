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
