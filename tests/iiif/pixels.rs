//! Pixels: what comes back is what was asked of an image whose every pixel is known.

use ::image::codecs::png::PngEncoder;
use ::image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage,
};
use ::image::{GenericImageView, Rgba, RgbaImage};

use super::made::{Server, body, square_colour, squares, squares_png};
use crate::support::real;

/// Red, green / blue, white: which way up it is can be told from any corner.
fn corners() -> RgbImage {
    RgbImage::from_fn(40, 20, |x, y| match (x < 20, y < 10) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    })
}

/// The colours of the four corners as letters: top left, top right, bottom left, bottom right.
fn letters(image: &DynamicImage) -> String {
    let (right, bottom) = (image.width() - 1, image.height() - 1);
    let letter = |(x, y)| match image.get_pixel(x, y).0 {
        [r, g, b, _] if r > 200 && g > 200 && b > 200 => 'w',
        [r, ..] if r > 200 => 'r',
        [_, g, ..] if g > 200 => 'g',
        [_, _, b, _] if b > 200 => 'b',
        _ => '?',
    };
    [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(letter).iter().collect()
}

#[tokio::test]
async fn a_region_is_exactly_its_pixels() {
    let server = Server::of_squares();
    for (column, row) in [(0, 0), (9, 0), (0, 9), (9, 9), (4, 7)] {
        let path = format!("{},{},100,100/max/0/default.png", column * 100, row * 100);
        let image = server.pixels(&path).await.into_rgb8();
        assert_eq!(image.dimensions(), (100, 100));
        assert!(image.pixels().all(|pixel| pixel.0 == square_colour(column, row)), "square {column},{row}");
    }
    assert_eq!(server.pixels("full/max/0/default.png").await.into_rgb8(), squares());
}

#[tokio::test]
async fn a_scaled_image_has_its_squares_where_they_belong() {
    let server = Server::of_squares();
    for path in ["full/500,/0/default.jpg", "full/!500,700/0/default.jpg", "full/pct:50/0/color.png"] {
        let image = server.pixels(path).await.into_rgb8();
        assert_eq!(image.dimensions(), (500, 500), "{path}");
        for (column, row) in (0..10).flat_map(|column| (0..10).map(move |row| (column, row))) {
            let found = image.get_pixel(column * 50 + 25, row * 50 + 25).0;
            let far = found.iter().zip(square_colour(column, row)).any(|(a, b)| a.abs_diff(b) > 5);
            assert!(!far, "{path}: square {column},{row} is {found:?}");
        }
    }
}

#[tokio::test]
async fn a_size_that_bends_the_shape_is_given() {
    let image = Server::of_squares().pixels("100,200,300,400/77,31/0/default.png").await;
    assert_eq!(image.dimensions(), (77, 31));
}

#[tokio::test]
async fn images_are_mirrored_first_and_then_turned_clockwise() {
    let server = Server::of(&DynamicImage::ImageRgb8(corners()), ImageFormat::Png);
    for (rotation, sides, seen) in [
        ("0", (40, 20), "rgbw"),
        ("90", (20, 40), "brwg"),
        ("180", (40, 20), "wbgr"),
        ("270", (20, 40), "gwrb"),
        ("360", (40, 20), "rgbw"),
        ("!0", (40, 20), "grwb"),
        ("!90", (20, 40), "wgbr"),
        ("!180", (40, 20), "bwrg"),
    ] {
        let image = server.pixels(&format!("full/max/{rotation}/default.png")).await;
        assert_eq!((image.dimensions(), letters(&image).as_str()), (sides, seen), "{rotation}");
    }
}

#[tokio::test]
async fn a_scaled_image_is_turned_after_it_is_scaled() {
    let image = Server::of_squares().pixels("0,0,1000,500/200,/90/default.jpg").await;
    assert_eq!(image.dimensions(), (100, 200));
}

/// The number of components in the frame header of a JPEG (ITU T.81 §B.2.2).
fn components(jpeg: &[u8]) -> u8 {
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0] || pair == [0xFF, 0xC2]).unwrap();
    jpeg[frame + 9]
}

#[tokio::test]
async fn gray_is_one_component_and_colour_is_three_with_a_jfif_header() {
    let server = Server::of_squares();
    let gray = body(server.get("full/100,/0/gray.jpg").await).await;
    let colour = body(server.get("full/100,/0/default.jpg").await).await;
    assert_eq!((components(&gray), components(&colour)), (1, 3));
    assert_eq!((&gray[6..10], &colour[6..10]), (&b"JFIF"[..], &b"JFIF"[..]));
}

#[tokio::test]
async fn a_gray_image_stays_gray_when_colour_is_asked() {
    let gray = GrayImage::from_fn(30, 30, |x, _| Luma([u8::try_from(x * 8).unwrap()]));
    let server = Server::of(&DynamicImage::ImageLuma8(gray.clone()), ImageFormat::Png);
    assert_eq!(components(&body(server.get("full/max/0/color.jpg").await).await), 1);
    assert_eq!(server.pixels("full/max/0/default.png").await.into_luma8(), gray);
}

#[tokio::test]
async fn bitonal_is_black_and_white_and_nothing_between() {
    let image = Server::of_squares().pixels("full/333,/0/bitonal.png").await.into_luma8();
    assert!(image.pixels().all(|pixel| matches!(pixel.0[0], 0 | 255)));
    assert!(image.pixels().any(|pixel| pixel.0[0] == 0) && image.pixels().any(|pixel| pixel.0[0] == 255));
}

#[tokio::test]
async fn every_format_of_masters_is_decoded() {
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Jpeg] {
        let server = Server::of(&DynamicImage::ImageRgb8(corners()), format);
        assert_eq!(letters(&server.pixels("full/max/0/default.png").await), "rgbw", "{format:?}");
    }
}

#[tokio::test]
async fn the_orientation_of_a_photograph_is_applied() {
    // An Exif block of one entry: Orientation 6, which is shown turned clockwise by 90 degrees.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    encoder.add_exif_metadata(exif).unwrap();
    encoder.encode(corners().as_raw(), 40, 20, jpeg_encoder::ColorType::Rgb).unwrap();
    let image = Server::new(bytes, "image/jpeg", (20, 40)).pixels("full/max/0/default.png").await;
    assert_eq!((image.dimensions(), letters(&image).as_str()), ((20, 40), "brwg"));
}

#[tokio::test]
async fn sixteen_bits_become_eight() {
    let deep = ImageBuffer::from_fn(10, 10, |_, _| Rgb([0xFFFFu16, 0x8080, 0x0000]));
    let server = Server::of(&DynamicImage::ImageRgb16(deep), ImageFormat::Png);
    assert_eq!(server.pixels("full/max/0/default.png").await.into_rgb8().get_pixel(5, 5).0, [255, 128, 0]);
}

#[tokio::test]
async fn what_is_transparent_lies_on_white() {
    let clear = RgbaImage::from_fn(10, 10, |x, _| if x < 5 { Rgba([9, 9, 9, 0]) } else { Rgba([0, 0, 0, 128]) });
    let server = Server::of(&DynamicImage::ImageRgba8(clear), ImageFormat::Png);
    let image = server.pixels("full/max/0/default.png").await.into_rgb8();
    assert_eq!((image.get_pixel(0, 0).0, image.get_pixel(9, 0).0), ([255; 3], [127; 3]));
}

#[tokio::test]
async fn colours_of_another_profile_become_srgb() {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(moxcms::ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    let flat = RgbImage::from_pixel(8, 8, Rgb([150, 120, 100]));
    encoder.write_image(flat.as_raw(), 8, 8, ExtendedColorType::Rgb8).unwrap();
    let image = Server::new(bytes, "image/png", (8, 8)).pixels("full/max/0/default.png").await.into_rgb8();
    // By the matrix of CSS Color 4 §10.9, worked out outside fonds.
    let far = image.get_pixel(4, 4).0.iter().zip([156u8, 119, 97]).any(|(a, b)| a.abs_diff(b) > 1);
    assert!(!far, "{:?}", image.get_pixel(4, 4));
}

#[tokio::test]
async fn a_jpeg_of_four_inks_is_shown() {
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    // No ink at all on the left, cyan on the right.
    let inks: Vec<u8> = (0..16 * 16).flat_map(|n| if n % 16 < 8 { [0, 0, 0, 0] } else { [255, 0, 0, 0] }).collect();
    encoder.encode(&inks, 16, 16, jpeg_encoder::ColorType::Cmyk).unwrap();
    let image = Server::new(bytes, "image/jpeg", (16, 16)).pixels("full/max/0/default.png").await.into_rgb8();
    let (paper, cyan) = (image.get_pixel(1, 8).0, image.get_pixel(14, 8).0);
    assert!(paper.iter().all(|sample| *sample > 240), "paper is {paper:?}");
    assert!(cyan[0] < 60 && cyan[2] > 150, "cyan is {cyan:?}");
}

#[tokio::test]
async fn damaged_images_are_told_of_and_do_no_harm() {
    let whole = squares_png();
    for bytes in [whole[..whole.len() / 2].to_vec(), Vec::new(), b"not an image at all".to_vec(), whole[8..].to_vec()] {
        let length = bytes.len();
        let response = Server::new(bytes, "image/png", (1000, 1000)).get("full/max/0/default.jpg").await;
        assert_eq!(response.status(), 422, "{length} bytes");
    }
}

#[tokio::test]
async fn an_image_that_is_larger_than_it_was_recorded_is_not_decoded() {
    let bytes = squares_png();
    let response = Server::new(bytes, "image/png", (10, 10)).get("full/max/0/default.jpg").await;
    assert_eq!(response.status(), 422);
    let text = String::from_utf8(body(response).await.to_vec()).unwrap();
    assert!(text.contains("1000 × 1000") && text.contains("10 × 10"), "{text}");
}

#[tokio::test]
async fn real_photographs_are_shown() {
    let Some(folder) = real("objects-artic/images") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().take(3) {
        let sides = ::image::image_dimensions(path).unwrap();
        let server = Server::new(std::fs::read(path).unwrap(), "image/jpeg", sides);
        let image = server.pixels("full/!300,300/0/default.jpg").await;
        assert_eq!(image.width().max(image.height()), 300, "{}", path.display());
    }
}
