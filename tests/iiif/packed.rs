//! An image whose tiles are made: which bytes come from the pack, and that the rest looks as if it came from the master.

use std::sync::OnceLock;

use ::image::{DynamicImage, GenericImageView, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use fonds::iiif::image::geometry::{self, LIMITS, Pyramid, Sides, TileSide};
use fonds::iiif::image::native;
use fonds::iiif::image::request::{Request, Version};
use fonds::iiif::image::resolve::resolve;

use super::made::{Server, body, header, square_colour};
use crate::support::tiff;

/// Odd in every way: 2500 × 1733, smooth, so that scaled pixels can be foretold.
fn slope() -> &'static RgbImage {
    static SLOPE: OnceLock<RgbImage> = OnceLock::new();
    let part = |n: u32, of: u32| u8::try_from(n * 255 / of).unwrap();
    SLOPE.get_or_init(|| RgbImage::from_fn(2500, 1733, |x, y| Rgb([part(x, 2500), part(y, 1733), part(x + y, 4233)])))
}

const SIDES: Sides = Sides::new(2500, 1733);

fn server() -> Server {
    Server::of(&DynamicImage::ImageRgb8(slope().clone()), ImageFormat::Png).packed()
}

/// The same of a master that is cut into tiles of that side.
fn server_of_tiles(side: u32) -> Server {
    let server = Server::new(tiff::in_tiles(slope(), side), "image/tiff", (2500, 1733)).packed();
    assert_eq!(server.pack.as_ref().unwrap().index.pyramid(), Pyramid::new(SIDES, TileSide::new(side).unwrap()));
    server
}

fn is_native(server: &Server, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let request = Request::parse(server.version, parts[0], parts[1], parts[2], parts[3]).unwrap();
    let index = &server.pack.as_ref().unwrap().index;
    let plan = resolve(server.version, &request, index.sides(), LIMITS).unwrap();
    native::find(&plan, index).is_some()
}

/// As far from what the slope is there as JPEG and scaling may bring it.
fn check_slope(image: &DynamicImage, region: [u32; 4], path: &str) {
    let (width, height) = image.dimensions();
    for (x, y) in [(0, 0), (width - 1, 0), (width / 2, height / 2), (0, height - 1), (width - 1, height - 1)] {
        let along = |at: u32, of: u32, from: u32, side: u32| from + (2 * at + 1) * side / (2 * of);
        let there = (along(x, width, region[0], region[2]), along(y, height, region[1], region[3]));
        let wanted = slope().get_pixel(there.0.min(2499), there.1.min(1732)).0;
        let found = image.get_pixel(x, y).0;
        let far = wanted.iter().zip(found).any(|(wanted, found)| wanted.abs_diff(found) > 6);
        assert!(!far, "{path} at {x},{y}: {found:?} instead of {wanted:?}");
    }
}

async fn check_tiles(server: &Server, tiles: usize) {
    let pyramid = server.pack.as_ref().unwrap().index.pyramid();
    let tile_pixels = pyramid.tile.pixels();
    let mut asked = 0;
    for scale in pyramid.scale_factors() {
        let (across, down) = pyramid.tiles(scale);
        for (column, row) in (0..across).flat_map(|column| (0..down).map(move |row| (column, row))) {
            // As OpenSeadragon asks.
            let (x, y) = (column * tile_pixels * scale, row * tile_pixels * scale);
            let (width, height) = ((tile_pixels * scale).min(2500 - x), (tile_pixels * scale).min(1733 - y));
            let size = Sides::new(width.div_ceil(scale), height.div_ceil(scale));
            let path = format!("{x},{y},{width},{height}/{},{}/0/default.jpg", size.width, size.height);
            assert!(is_native(server, &path), "{path}");
            let tile = server.pixels(&path).await;
            assert_eq!(tile.dimensions(), (size.width, size.height), "{path}");
            check_slope(&tile, [x, y, width, height], &path);
            asked += 1;
        }
    }
    assert_eq!((asked, server.times_fetched()), (tiles, 0));
}

#[tokio::test]
async fn what_is_held_is_found_however_it_is_asked_for_and_nothing_else_is() {
    // 1000 × 1000 pixels in tiles of 512: the level of half the size is one tile.
    let mut server = Server::of_squares().packed();
    for (version, most) in [(Version::Two, "full"), (Version::Three, "max")] {
        server.version = version;
        for path in [
            "full/500,/0/default.jpg",
            "full/,500/0/color.jpg",
            "full/!500,500/0/default.jpg",
            "full/pct:50/360/default.jpg",
            "square/500,500/0/default.jpg",
            "0,0,512,512/512,512/0/default.jpg",
            "0,0,512,512/512,/0.0/default.jpg",
            "0,0,512,512/,512/0/default.jpg",
            &format!("0,0,512,512/{most}/0/default.jpg"),
            "pct:0,0,51.2,51.2/512,/0/default.jpg",
            "512,512,600,600/488,/0/default.jpg",
        ] {
            assert!(is_native(&server, path), "{path} in {version:?}");
        }
        for path in [
            "full/500,/180/default.jpg",
            "full/500,/!0/default.jpg",
            "full/500,/0/gray.jpg",
            "full/500,/0/bitonal.jpg",
            "full/500,/0/default.png",
            "full/499,/0/default.jpg",
            "full/500,499/0/default.jpg",
            "1,0,512,512/512,/0/default.jpg",
            "0,0,511,512/511,/0/default.jpg",
            "0,0,512,512/511,512/0/default.jpg",
        ] {
            assert!(!is_native(&server, path), "{path} in {version:?}");
        }
    }
}

#[tokio::test]
async fn every_tile_of_every_level_is_a_range_of_the_pack() {
    check_tiles(&server(), 20 + 6 + 2 + 1).await;
}

#[tokio::test]
async fn tiles_of_the_masters_own_side_are_ranges_of_the_pack() {
    check_tiles(&server_of_tiles(128), 280 + 70 + 20 + 6 + 2 + 1).await;
    check_tiles(&server_of_tiles(256), 70 + 20 + 6 + 2 + 1).await;
    check_tiles(&server_of_tiles(1024), 6 + 2 + 1).await;
}

#[tokio::test]
async fn every_size_that_is_named_is_given_whatever_the_tiles_are() {
    for side in [128, 256, 512, 1024] {
        let server = server_of_tiles(side);
        let pyramid = server.pack.as_ref().unwrap().index.pyramid();
        // A manifest names those of the usual tiles, info.json those of its own.
        let named = geometry::sizes(SIDES, LIMITS).into_iter().chain(geometry::levels(pyramid, LIMITS));
        for Sides { width, height } in named {
            let path = format!("full/{width},{height}/0/default.jpg");
            assert_eq!(is_native(&server, &path), width <= 1500, "{path} of tiles of {side}");
            let image = server.pixels(&path).await;
            assert_eq!(image.dimensions(), (width, height));
            check_slope(&image, [0, 0, 2500, 1733], &path);
        }
        assert_eq!(server.times_fetched(), 0);
    }
}

#[tokio::test]
async fn small_levels_and_thumbnails_are_ranges_of_the_pack() {
    let server = server();
    for size in Pyramid::usual(SIDES).wholes() {
        let path = format!("full/{},{}/0/default.jpg", size.width, size.height);
        assert!(is_native(&server, &path), "{path}");
        let image = server.pixels(&path).await;
        assert_eq!(image.dimensions(), (size.width, size.height));
        check_slope(&image, [0, 0, 2500, 1733], &path);
    }
    for path in ["full/!400,400/0/default.jpg", "full/,217/0/color.jpg", "full/1250,/0/default.jpg"] {
        assert!(is_native(&server, path), "{path}");
    }
}

#[tokio::test]
async fn what_the_pack_does_not_hold_is_made_of_its_tiles_and_never_of_the_master() {
    check_made_of_tiles(&server()).await;
    check_made_of_tiles(&server_of_tiles(256)).await;
    check_made_of_tiles(&server_of_tiles(1024)).await;
}

async fn check_made_of_tiles(server: &Server) {
    for (path, region) in [
        ("full/max/0/default.png", [0, 0, 2500, 1733]),
        ("full/999,/0/default.jpg", [0, 0, 2500, 1733]),
        ("full/390,/0/default.jpg", [0, 0, 2500, 1733]),
        ("511,511,2,2/max/0/default.png", [511, 511, 2, 2]),
        ("1,1,2499,1732/1249,/0/default.jpg", [1, 1, 2499, 1732]),
        ("2490,1730,10,3/max/0/default.png", [2490, 1730, 10, 3]),
        ("100,200,1500,1000/600,/0/default.jpg", [100, 200, 1500, 1000]),
        ("0,0,2500,4/2500,1/0/default.png", [0, 0, 2500, 4]),
        ("1000,1000,10,10/^100,/0/default.png", [1000, 1000, 10, 10]),
    ] {
        assert!(!is_native(server, path), "{path}");
        let image = server.pixels(path).await;
        check_slope(&image, region, path);
    }
    assert_eq!(server.times_fetched(), 0);
}

#[tokio::test]
async fn one_pixel_off_a_tile_is_given_as_asked() {
    let server = server();
    for (path, sides) in [
        ("0,0,512,512/511,511/0/default.jpg", (511, 511)),
        ("0,0,513,512/513,512/0/default.jpg", (513, 512)),
        ("1,0,512,512/512,512/0/default.jpg", (512, 512)),
        ("full/625,433/0/default.jpg", (625, 433)),
    ] {
        assert!(!is_native(&server, path), "{path}");
        assert_eq!(server.pixels(path).await.dimensions(), sides, "{path}");
    }
}

#[tokio::test]
async fn a_stored_answer_has_its_length_on_head_and_its_etag_holds() {
    let server = server();
    let path = "0,0,512,512/512,512/0/default.jpg";
    let head = server.ask(axum::http::Method::HEAD, path, &[]).await;
    let whole = server.get(path).await;
    let (length, etag) = (header(&head, "content-length"), header(&whole, "etag"));
    assert_eq!(header(&head, "etag"), etag);
    assert_eq!(body(whole).await.len().to_string(), length);
    let again = server.ask(axum::http::Method::GET, path, &[(axum::http::header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!(again.status(), 304);
    // Before the pack was made the same address had other bytes.
    let before = Server::of(&DynamicImage::ImageRgb8(slope().clone()), ImageFormat::Png);
    assert_ne!(header(&before.ask(axum::http::Method::HEAD, path, &[]).await, "etag"), etag);
}

#[tokio::test]
async fn gray_is_stored_as_one_component_and_given_for_gray() {
    let gray = GrayImage::from_fn(700, 600, |x, y| Luma([u8::try_from((x + y) / 6).unwrap()]));
    let server = Server::of(&DynamicImage::ImageLuma8(gray), ImageFormat::Png).packed();
    assert!(is_native(&server, "0,0,512,512/max/0/gray.jpg"));
    assert!(matches!(server.pixels("0,0,512,512/max/0/default.jpg").await, DynamicImage::ImageLuma8(_)));
}

#[tokio::test]
async fn squares_are_where_they_belong_in_version_2_too() {
    let mut server = Server::of_squares().packed();
    server.version = Version::Two;
    let image = server.pixels("full/500,/0/default.jpg").await.into_rgb8();
    for (column, row) in (0..10).flat_map(|column| (0..10).map(move |row| (column, row))) {
        let found = image.get_pixel(column * 50 + 25, row * 50 + 25).0;
        let far = found.iter().zip(square_colour(column, row)).any(|(a, b)| a.abs_diff(b) > 6);
        assert!(!far, "square {column},{row} is {found:?}");
    }
    assert_eq!(server.get("full/^max/0/default.jpg").await.status(), 400);
    assert_eq!(server.pixels("full/full/0/default.jpg").await.dimensions(), (1000, 1000));
}

#[tokio::test]
async fn every_declared_format_is_given() {
    let server = server();
    for (format, media_type) in
        [("webp", "image/webp"), ("tif", "image/tiff"), ("gif", "image/gif"), ("png", "image/png")]
    {
        let path = format!("0,0,1000,800/200,/0/default.{format}");
        assert_eq!(header(&server.get(&path).await, "content-type"), media_type);
        let image = server.pixels(&path).await;
        assert_eq!(image.dimensions(), (200, 160));
        // GIF has 256 colours.
        if format != "gif" {
            check_slope(&image, [0, 0, 1000, 800], &path);
        }
    }
    let response = server.get("full/500,/0/default.pdf").await;
    assert_eq!(header(&response, "content-type"), "application/pdf");
    let bytes = body(response).await;
    assert!(bytes.starts_with(b"%PDF-1.4") && bytes.ends_with(b"%%EOF\n"));
    // The table says where the first object is.
    let text = String::from_utf8_lossy(&bytes);
    let first = text.rsplit("0000000000 65535 f \n").next().unwrap()[..10].parse::<usize>().unwrap();
    assert_eq!(&bytes[first..first + 7], b"1 0 obj");
}

#[tokio::test]
async fn any_angle_makes_the_box_larger_and_its_corners_clear() {
    let server = server();
    let image = server.pixels("0,0,200,100/max/45/default.png").await;
    // (200 + 100) · cos 45°.
    assert_eq!(image.dimensions(), (212, 212));
    assert_eq!((image.get_pixel(0, 0).0[3], image.get_pixel(106, 106).0[3]), (0, 255));
    let paper = server.pixels("0,0,200,100/max/45/default.jpg").await;
    assert!(paper.get_pixel(0, 0).0[..3].iter().all(|sample| *sample < 10));
    let tall = server.pixels("0,0,2500,1733/200,/!30/default.webp").await;
    assert_eq!(tall.dimensions(), (243, 220));
    assert_eq!(tall.get_pixel(0, 0).0[3], 0);
}

#[tokio::test]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places in an image of 137 pixels")]
async fn an_image_is_mirrored_first_and_then_turned_clockwise() {
    let server = Server::of_squares().packed();
    // The middle of a square that was at x, y of 100 from the middle of an image of 100 pixels, after a turn by 30 degrees.
    let turned = |x: f64, y: f64| {
        let (sin, cos) = 30f64.to_radians().sin_cos();
        (68.0 + x * cos - y * sin, 68.0 + x * sin + y * cos)
    };
    for (turn, mirrored) in [("30", false), ("!30", true)] {
        let image = server.pixels(&format!("full/100,/{turn}/default.png")).await;
        assert_eq!(image.dimensions(), (137, 137));
        for (column, row) in [(0u32, 0u32), (9, 0), (0, 9), (9, 9), (2, 6)] {
            let across = f64::from(column) * 10.0 + 5.0 - 50.0;
            let (x, y) = turned(if mirrored { -across } else { across }, f64::from(row) * 10.0 + 5.0 - 50.0);
            let found = image.get_pixel(x.round() as u32, y.round() as u32).0;
            let far = found.iter().zip(square_colour(column, row)).any(|(a, b)| a.abs_diff(b) > 20);
            assert!(!far && found[3] == 255, "square {column},{row} by {turn} is {found:?}");
        }
    }
    let ink = server.pixels("full/100,/30/bitonal.png").await.into_rgba8();
    assert!(ink.pixels().all(|pixel| pixel.0[..3].iter().all(|sample| [0, 255].contains(sample))));
}
