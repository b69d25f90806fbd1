//! From what is asked and how large the image is to what must be done: which pixels, how large, which way up.
//!
//! Pure. Image API 3.0 and 2.1.1 §4.1, §4.2, §4.7 and implementation notes §4.

use fonds_workers::pack::geometry::{confine, free_side};

use crate::iiif::error::Error;
use crate::iiif::image::geometry::{Limits, Sides};
use crate::iiif::image::request::{Format, Quality, Region, Request, Rotation, Size, Turn, Version};
use crate::iiif::image::turn::around;

/// The longest side of a WebP (RFC 9649 §2.7.1).
const WEBP_SIDE_MAX: u32 = 16_383;

/// A part of an image, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Pixels from the left.
    pub x: u32,
    /// Pixels from the top.
    pub y: u32,
    /// How large; never 0, never over the edge.
    pub sides: Sides,
}

/// What must be done to answer a request. Two requests with equal plans have equal answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Which pixels.
    pub region: Rect,
    /// How large they become, before they are turned.
    pub size: Sides,
    /// Which way up.
    pub rotation: Rotation,
    /// Which colours.
    pub quality: Quality,
    /// How written.
    pub format: Format,
    /// The canonical form of the request: `full/max/0/default.jpg`.
    pub canonical: String,
}

/// Resolves a request against an image of these sides.
pub fn resolve(version: Version, request: &Request, image: Sides, limits: Limits) -> Result<Plan, Error> {
    let region = resolve_region(request.region, image)?;
    let size = if request.upscaled {
        resolve_upscaled(request.size, region.sides, limits)?
    } else {
        resolve_size(request.size, region.sides, limits)?
    };
    let (rotation, quality, format) = (request.rotation, request.quality, request.format);
    check_answer(turned(size, rotation), format, limits)?;
    let canonical = [
        canonical_region(region, image),
        canonical_size(version, size, region.sides, limits),
        canonical_rotation(rotation),
        canonical_quality(quality, format),
    ];
    let canonical = canonical.join("/");
    Ok(Plan { region, size, rotation, quality, format, canonical })
}

/// How large an image is once it is turned.
fn turned(size: Sides, rotation: Rotation) -> Sides {
    match rotation.turn {
        Turn::None | Turn::Half => size,
        Turn::Quarter | Turn::ThreeQuarters => Sides::new(size.height, size.width),
        Turn::Degrees(degrees) => around(size, degrees),
    }
}

/// Whether an image of these sides can be sent in that format: told before anything is decoded for it.
fn check_answer(sides: Sides, format: Format, limits: Limits) -> Result<(), Error> {
    if !limits.allow(sides) {
        let why = "turned by this angle, the image is over the limits in info.json";
        return Err(Error::Impossible { part: "rotation", why });
    }
    if format == Format::Webp && sides.width.max(sides.height) > WEBP_SIDE_MAX {
        return Err(Error::Impossible { part: "format", why: "a side is longer than a WebP can be" });
    }
    Ok(())
}

/// What `max` gives for a region of these sides: all of it, or as much as the limits allow.
#[must_use]
pub fn largest(region: Sides, limits: Limits) -> Sides {
    if limits.allow(region) { region } else { up_to(region, limits) }
}

/// The largest image of this shape that the limits allow, larger than the shape or not: what `^max` gives.
fn up_to(shape: Sides, limits: Limits) -> Sides {
    let longest = u64::from(shape.width.max(shape.height));
    let grown =
        |side: u32| u32::try_from(u64::from(side) * u64::from(limits.side) / longest).unwrap_or(u32::MAX).max(1);
    let by_side = Sides::new(grown(shape.width), grown(shape.height));
    if by_side.area() <= limits.area {
        return by_side;
    }
    // Both sides are rounded down, so that their product stays below the limit.
    let ratio = f64::from(shape.width) / f64::from(shape.height);
    let (mut width, mut height) = (floor_sqrt(limits.area, ratio), floor_sqrt(limits.area, 1.0 / ratio));
    while u64::from(width) * u64::from(height) > limits.area {
        if width > height { width -= 1 } else { height -= 1 }
    }
    Sides::new(width.clamp(1, by_side.width), height.clamp(1, by_side.height))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an area below 2^52 and a ratio of two sides; the caller corrects what rounding adds"
)]
fn floor_sqrt(area: u64, ratio: f64) -> u32 {
    (area as f64 * ratio).sqrt().floor() as u32
}

fn resolve_region(region: Region, image: Sides) -> Result<Rect, Error> {
    let impossible = |why| Err(Error::Impossible { part: "region", why });
    let [x, y, width, height] = match region {
        Region::Full => [0, 0, image.width, image.height],
        Region::Square => {
            let side = image.width.min(image.height);
            [(image.width - side) / 2, (image.height - side) / 2, side, side]
        }
        Region::Pixels(numbers) => numbers,
        Region::Percent([x, y, width, height]) => [
            per_cent(x, image.width),
            per_cent(y, image.height),
            per_cent(width, image.width),
            per_cent(height, image.height),
        ],
    };
    if width == 0 || height == 0 {
        return impossible("it has no pixels");
    }
    if x >= image.width || y >= image.height {
        return impossible("it lies outside the image");
    }
    // What hangs over the edge is cut.
    Ok(Rect { x, y, sides: Sides::new(width.min(image.width - x), height.min(image.height - y)) })
}

fn resolve_size(size: Size, region: Sides, limits: Limits) -> Result<Sides, Error> {
    let impossible = |why| Err(Error::Impossible { part: "size", why });
    let sides = match size {
        Size::Max => return Ok(largest(region, limits)),
        Size::Confined(width, height) => {
            if width == 0 || height == 0 {
                return impossible("it has no pixels");
            }
            let within = largest(region, limits);
            let space = Sides::new(width.min(within.width), height.min(within.height));
            return Ok(confine(region, space));
        }
        Size::Width(width) => Sides::new(width, free_side(width, region.width, region.height)),
        Size::Height(height) => Sides::new(free_side(height, region.height, region.width), height),
        Size::Percent(number) => Sides::new(per_cent(number, region.width), per_cent(number, region.height)),
        Size::Exact(width, height) => Sides::new(width, height),
    };
    if sides.width == 0 || sides.height == 0 {
        return impossible("it has no pixels");
    }
    let over = matches!(size, Size::Percent(number) if number > 100.0);
    if over || sides.width > region.width || sides.height > region.height {
        return impossible("it is larger than the region, which takes a ^");
    }
    if !limits.allow(sides) {
        return impossible("it is over the limits in info.json");
    }
    Ok(sides)
}

/// A size that may be larger than the region (§4.2, `^`).
fn resolve_upscaled(size: Size, region: Sides, limits: Limits) -> Result<Sides, Error> {
    let impossible = |why| Err(Error::Impossible { part: "size", why });
    let across = |height: u32| free_side(height, region.height, region.width);
    let down = |width: u32| free_side(width, region.width, region.height);
    let sides = match size {
        Size::Max => return Ok(up_to(region, limits)),
        Size::Confined(width, height) => {
            if width == 0 || height == 0 {
                return impossible("it has no pixels");
            }
            let most = up_to(region, limits);
            let (width, height) = (width.min(most.width), height.min(most.height));
            let by_width = u64::from(width) * u64::from(region.height) <= u64::from(height) * u64::from(region.width);
            let sides = if by_width { Sides::new(width, down(width)) } else { Sides::new(across(height), height) };
            return Ok(Sides::new(sides.width.clamp(1, width), sides.height.clamp(1, height)));
        }
        Size::Width(width) => Sides::new(width, down(width)),
        Size::Height(height) => Sides::new(across(height), height),
        Size::Percent(number) => Sides::new(per_cent(number, region.width), per_cent(number, region.height)),
        Size::Exact(width, height) => Sides::new(width, height),
    };
    if sides.width == 0 || sides.height == 0 {
        return impossible("it has no pixels");
    }
    if !limits.allow(sides) {
        return impossible("it is over the limits in info.json");
    }
    Ok(sides)
}

/// That many per cent of a side, rounded to the nearest pixel.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative; too much saturates")]
fn per_cent(number: f64, side: u32) -> u32 {
    (number * f64::from(side) / 100.0).round() as u32
}

fn canonical_region(region: Rect, image: Sides) -> String {
    if region.sides == image {
        return "full".to_owned();
    }
    format!("{},{},{},{}", region.x, region.y, region.sides.width, region.sides.height)
}

/// A size of a region as the canonical form of a request writes it; asked for, it is answered with just these sides.
#[must_use]
pub fn canonical_size(version: Version, size: Sides, region: Sides, limits: Limits) -> String {
    let exact = format!("{},{}", size.width, size.height);
    match version {
        Version::Three if size == largest(region, limits) => "max".to_owned(),
        Version::Three if size.width <= region.width && size.height <= region.height => exact,
        Version::Three if size == up_to(region, limits) => "^max".to_owned(),
        Version::Three => format!("^{exact}"),
        // §4.7: what is not as large as it can be is told by its width, where the shape is kept.
        Version::Two if size == region => "full".to_owned(),
        Version::Two if free_side(size.width, region.width, region.height) == size.height => format!("{},", size.width),
        Version::Two => exact,
    }
}

fn canonical_rotation(rotation: Rotation) -> String {
    let mirror = if rotation.mirrored { "!" } else { "" };
    match rotation.turn {
        Turn::None => format!("{mirror}0"),
        Turn::Quarter => format!("{mirror}90"),
        Turn::Half => format!("{mirror}180"),
        Turn::ThreeQuarters => format!("{mirror}270"),
        // As short as it can be: without zeros at the end, with one before the full stop.
        Turn::Degrees(degrees) => format!("{mirror}{degrees}"),
    }
}

fn canonical_quality(quality: Quality, format: Format) -> String {
    let quality = match quality {
        Quality::Default => "default",
        Quality::Gray => "gray",
        Quality::Bitonal => "bitonal",
    };
    format!("{quality}.{}", format.as_str())
}
