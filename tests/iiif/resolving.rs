//! Requests against an image of 12000 × 9000 pixels: which pixels, which size, which canonical form, or which refusal.

use fonds::iiif::error::Error;
use fonds::iiif::image::geometry::{LIMITS, Limits, Sides};
use fonds::iiif::image::request::{Request, Version};
use fonds::iiif::image::resolve::{Plan, largest, resolve};
use proptest::prelude::*;

const IMAGE: Sides = Sides::new(12_000, 9000);

/// As much as is needed to see the limits at work only where a test is about them.
const WIDE: Limits = Limits { side: 65_535, area: 1 << 40 };

const VERSIONS: [Version; 2] = [Version::Two, Version::Three];

fn plan_in(version: Version, path: &str, image: Sides, limits: Limits) -> Result<Plan, Error> {
    let parts: Vec<&str> = path.split('/').collect();
    let request = Request::parse(version, parts[0], parts[1], parts[2], parts[3])?;
    resolve(version, &request, image, limits)
}

fn plan_within(path: &str, image: Sides, limits: Limits) -> Result<Plan, Error> {
    plan_in(Version::Three, path, image, limits)
}

/// Region, size and canonical form of `REGION/SIZE/0/default.jpg`.
fn check(region_size: &str, region: [u32; 4], size: [u32; 2], canonical: &str) {
    let plan = plan_within(&format!("{region_size}/0/default.jpg"), IMAGE, WIDE).unwrap();
    let found = [plan.region.x, plan.region.y, plan.region.sides.width, plan.region.sides.height];
    assert_eq!((found, [plan.size.width, plan.size.height]), (region, size), "{region_size}");
    assert_eq!(plan.canonical, format!("{canonical}/0/default.jpg"), "{region_size}");
}

/// Refused in both versions.
fn check_refused(path: &str, status: u16) {
    for version in VERSIONS {
        let refused = plan_in(version, path, IMAGE, WIDE).unwrap_err();
        assert_eq!(refused.status().as_u16(), status, "{path} in {version:?}: {refused}");
    }
}

#[test]
fn edge_tiles_are_exact() {
    check("11776,0,224,512/224,512", [11_776, 0, 224, 512], [224, 512], "11776,0,224,512/max");
    check("11776,8704,224,296/224,296", [11_776, 8704, 224, 296], [224, 296], "11776,8704,224,296/max");
    check("0,8192,8192,808/512,51", [0, 8192, 8192, 808], [512, 51], "0,8192,8192,808/512,51");
}

#[test]
fn a_size_one_pixel_off_a_level_is_given_as_asked() {
    check("full/750,563", [0, 0, 12_000, 9000], [750, 563], "full/750,563");
    check("full/750,562", [0, 0, 12_000, 9000], [750, 562], "full/750,562");
}

#[test]
fn what_hangs_over_the_edge_is_cut() {
    check("11990,8990,100,100/max", [11_990, 8990, 10, 10], [10, 10], "11990,8990,10,10/max");
    check("0,0,99999999999,99999999999/100,", [0, 0, 12_000, 9000], [100, 75], "full/100,75");
}

#[test]
fn percentages_and_squares_become_pixels() {
    check("pct:0,0,50,50/100,", [0, 0, 6000, 4500], [100, 75], "0,0,6000,4500/100,75");
    check("square/100,", [1500, 0, 9000, 9000], [100, 100], "1500,0,9000,9000/100,100");
    check("pct:0,0,100,100/max", [0, 0, 12_000, 9000], [12_000, 9000], "full/max");
    check("full/pct:50", [0, 0, 12_000, 9000], [6000, 4500], "full/6000,4500");
    check("full/pct:100", [0, 0, 12_000, 9000], [12_000, 9000], "full/max");
}

#[test]
fn within_a_box_the_image_is_as_large_as_it_can_be_and_never_larger_than_it_is() {
    check("full/!400,400", [0, 0, 12_000, 9000], [400, 300], "full/400,300");
    check("full/!4000,300", [0, 0, 12_000, 9000], [400, 300], "full/400,300");
    check("0,0,100,100/!400,400", [0, 0, 100, 100], [100, 100], "0,0,100,100/max");
    check("full/!20000,20000", [0, 0, 12_000, 9000], [12_000, 9000], "full/max");
    check("0,0,12000,10/!100,100", [0, 0, 12_000, 10], [100, 1], "0,0,12000,10/100,1");
}

#[test]
fn the_free_side_is_that_of_the_level() {
    check("full/750,", [0, 0, 12_000, 9000], [750, 563], "full/750,563");
    check("full/375,", [0, 0, 12_000, 9000], [375, 282], "full/375,282");
    check("full/,563", [0, 0, 12_000, 9000], [750, 563], "full/750,563");
    check("8192,8192,3808,808/238,", [8192, 8192, 3808, 808], [238, 51], "8192,8192,3808,808/238,51");
    check("full/200,", [0, 0, 12_000, 9000], [200, 150], "full/200,150");
}

#[test]
fn a_flat_image_keeps_its_shape() {
    let plan = plan_within("full/2,/0/default.jpg", Sides::new(3, 10_000), WIDE).unwrap();
    assert_eq!(plan.size, Sides::new(2, 6667));
}

#[test]
fn regions_without_pixels_are_refused() {
    for path in [
        "12000,0,10,10/max/0/default.jpg",
        "0,9000,10,10/max/0/default.jpg",
        "0,0,0,10/max/0/default.jpg",
        "0,0,10,0/max/0/default.jpg",
        "pct:100,0,10,10/max/0/default.jpg",
        "pct:0,0,0,10/max/0/default.jpg",
        "99999999999999999999,0,1,1/max/0/default.jpg",
    ] {
        check_refused(path, 400);
    }
}

#[test]
fn sizes_without_pixels_or_beyond_the_region_are_refused() {
    for size in [
        "pct:0.001",
        "pct:0",
        "0,",
        ",0",
        "0,0",
        "!0,10",
        "!10,0",
        "12001,",
        ",9001",
        "12000,9001",
        "pct:101",
        "pct:100.001",
    ] {
        check_refused(&format!("full/{size}/0/default.jpg"), 400);
    }
    check_refused("0,0,100,100/400,400/0/default.jpg", 400);
}

#[test]
fn scaling_up_gives_what_is_asked_up_to_the_limits() {
    check("0,0,100,100/^400,400", [0, 0, 100, 100], [400, 400], "0,0,100,100/^400,400");
    check("0,0,100,50/^!400,300", [0, 0, 100, 50], [400, 200], "0,0,100,50/^400,200");
    check("0,0,100,50/^300,", [0, 0, 100, 50], [300, 150], "0,0,100,50/^300,150");
    check("0,0,100,50/^,100", [0, 0, 100, 50], [200, 100], "0,0,100,50/^200,100");
    check("0,0,100,50/^pct:250", [0, 0, 100, 50], [250, 125], "0,0,100,50/^250,125");
    check("full/^400,", [0, 0, 12_000, 9000], [400, 300], "full/400,300");
    let most = plan_within("0,0,100,100/^max/0/default.jpg", IMAGE, LIMITS).unwrap();
    assert_eq!((most.size, most.canonical.as_str()), (Sides::new(8192, 8192), "0,0,100,100/^max/0/default.jpg"));
    assert_eq!(plan_within("0,0,100,100/^9000,/0/default.jpg", IMAGE, LIMITS).unwrap_err().status(), 400);
    assert_eq!(plan_within("0,0,100,100/^0,/0/default.jpg", IMAGE, LIMITS).unwrap_err().status(), 400);
}

#[test]
fn version_2_writes_its_canonical_form_by_the_width() {
    let canonical = |path: &str| plan_in(Version::Two, path, IMAGE, WIDE).unwrap().canonical;
    assert_eq!(canonical("full/full/0/default.jpg"), "full/full/0/default.jpg");
    assert_eq!(canonical("full/max/0/color.jpg"), "full/full/0/default.jpg");
    assert_eq!(canonical("full/!400,400/0/default.jpg"), "full/400,/0/default.jpg");
    assert_eq!(canonical("0,0,1024,1024/512,512/0/default.jpg"), "0,0,1024,1024/512,/0/default.jpg");
    assert_eq!(canonical("0,0,1024,1024/512,100/!90/gray.png"), "0,0,1024,1024/512,100/!90/gray.png");
}

#[test]
fn the_canonical_form_has_one_spelling_of_everything() {
    let image = Sides::new(1000, 1000);
    let canonical = |path| plan_within(path, image, WIDE).unwrap().canonical;
    assert_eq!(canonical("square/1000,/360/color.png"), "full/max/0/default.png");
    assert_eq!(canonical("pct:0,0,10,10/50,50/!90.0/gray.jpg"), "0,0,100,100/50,50/!90/gray.jpg");
    assert_eq!(canonical("full/!500,500/270.00/bitonal.png"), "full/500,500/270/bitonal.png");
}

#[test]
fn an_angle_is_written_without_zeros_that_say_nothing() {
    for (version, size) in [(Version::Two, "full"), (Version::Three, "max")] {
        let canonical = |turn: &str| {
            let path = format!("full/{size}/{turn}/default.jpg");
            let canonical = plan_in(version, &path, Sides::new(10, 10), WIDE).unwrap().canonical;
            canonical.split('/').nth(2).unwrap().to_owned()
        };
        for (turn, written) in
            [("22.50", "22.5"), (".5", "0.5"), ("!045.0", "!45"), ("0.0", "0"), ("!360", "!0"), ("90.00", "90")]
        {
            assert_eq!(canonical(turn), written, "{turn} in {version:?}");
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is_decoded() {
    // The box around a turned image is over the limits; a side is longer than a WebP can be.
    for (path, image) in [
        ("full/8192,8192/45/default.jpg", Sides::new(9000, 9000)),
        ("full/60000,900/50/default.png", Sides::new(60_000, 900)),
        ("full/16384,100/0/default.webp", Sides::new(20_000, 200)),
        ("full/100,16384/90/default.webp", Sides::new(200, 20_000)),
        ("full/16000,4000/30/default.webp", Sides::new(20_000, 5000)),
    ] {
        for version in VERSIONS {
            let refused = plan_in(version, path, image, LIMITS).unwrap_err();
            assert_eq!(refused.status().as_u16(), 400, "{path} in {version:?}: {refused}");
        }
    }
    assert!(plan_within("full/16383,100/0/default.webp", Sides::new(20_000, 200), LIMITS).is_ok());
}

#[test]
fn a_limit_of_one_side_is_one_of_both() {
    let size = plan_within("full/max/0/default.jpg", Sides::new(3000, 70_000), LIMITS).unwrap().size;
    assert!(size.height <= LIMITS.side && LIMITS.allow(size), "{size}");
}

#[test]
fn max_and_boxes_stay_below_the_limits_and_other_sizes_are_refused() {
    let limits = Limits { side: 5000, area: 12_000_000 };
    for version in VERSIONS {
        let size = |path: &str| {
            let plan = plan_in(version, path, IMAGE, limits);
            plan.map(|plan| plan.size).map_err(|error| error.status().as_u16())
        };
        assert_eq!(size("full/max/0/default.jpg"), Ok(Sides::new(4000, 3000)));
        assert_eq!(size("full/!9000,9000/0/default.jpg"), Ok(Sides::new(4000, 3000)));
        for refused in ["6000,", "5000,3750", "12000,9000", "pct:100"] {
            assert_eq!(size(&format!("full/{refused}/0/default.jpg")), Err(400), "{refused} in {version:?}");
        }
        assert_eq!(size("0,0,3000,3000/max/0/default.jpg"), Ok(Sides::new(3000, 3000)));
    }
    assert_eq!(plan_within("full/max/0/default.jpg", IMAGE, limits).unwrap().canonical, "full/max/0/default.jpg");
}

#[test]
fn the_largest_size_of_any_shape_is_within_the_limits() {
    for (width, height) in [(1, 4_000_000_000), (4_000_000_000, 1), (70_000, 3), (99_991, 65_537), (8192, 8193)] {
        let size = largest(Sides::new(width, height), LIMITS);
        assert!(LIMITS.allow(size) && size.area() > 0, "{width} × {height} became {size}");
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_the_plan_stays_within_the_image_or_is_refused(
        region in "full|square|(pct:)?[0-9]{1,6}(\\.[0-9]{1,3})?(,[0-9.]{1,6}){3}|[0-z]{1,12}",
        rotation in "0|90|180|270|!?[0-9]{0,3}(\\.[0-9]{1,3})?|[0-z]{1,6}",
        is_two in any::<bool>(),
        size in "full|\\^?max|\\^?[0-9]{0,6},[0-9]{0,6}|![0-9]{1,6},[0-9]{1,6}|pct:[0-9]{1,3}(\\.[0-9])?|[0-z]{1,12}",
        width in 1u32..100_000,
        height in 1u32..100_000,
    ) {
        let (image, version) = (Sides::new(width, height), if is_two { Version::Two } else { Version::Three });
        let Ok(request) = Request::parse(version, &region, &size, &rotation, "default.jpg") else { return Ok(()) };
        let Ok(plan) = resolve(version, &request, image, LIMITS) else { return Ok(()) };
        let part = plan.region;
        prop_assert!(part.sides.area() > 0 && plan.size.area() > 0);
        prop_assert!(part.x + part.sides.width <= width && part.y + part.sides.height <= height);
        prop_assert!(request.upscaled || plan.size.width <= part.sides.width && plan.size.height <= part.sides.height);
        prop_assert!(LIMITS.allow(plan.size));
        // The canonical form asks for the same.
        let parts: Vec<&str> = plan.canonical.split('/').collect();
        let again = Request::parse(version, parts[0], parts[1], parts[2], parts[3]).unwrap();
        let again = resolve(version, &again, image, LIMITS).unwrap();
        prop_assert_eq!(again, plan);
    }
}
