//! From what is asked and how large the image is to what must be done: which pixels, how large, which way up.
//!
//! Pure. Image API 3.0 §4.1, §4.2, §4.7 and implementation notes §4.

use crate::iiif::error::Error;
use crate::iiif::image::geometry::{Limits, Sides};
use crate::iiif::image::request::{Format, Quality, Region, Request, Rotation, Size, Turn};

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
pub fn resolve(request: &Request, image: Sides, limits: Limits) -> Result<Plan, Error> {
    let region = resolve_region(request.region, image)?;
    let size = resolve_size(request.size, region.sides, limits)?;
    let (rotation, quality, format) = (request.rotation, request.quality, request.format);
    let canonical = canonical(region, size, image, limits, request);
    Ok(Plan { region, size, rotation, quality, format, canonical })
}

/// What `max` gives for a region of these sides: all of it, or as much as the limits allow.
#[must_use]
pub fn largest(region: Sides, limits: Limits) -> Sides {
    let confined = confine(region, Sides::new(limits.side, limits.side));
    if confined.area() <= limits.area {
        return confined;
    }
    // Both sides are rounded down, so that their product stays below the limit.
    let ratio = f64::from(region.width) / f64::from(region.height);
    let (mut width, mut height) = (floor_sqrt(limits.area, ratio), floor_sqrt(limits.area, 1.0 / ratio));
    while u64::from(width) * u64::from(height) > limits.area {
        if width > height { width -= 1 } else { height -= 1 }
    }
    Sides::new(width.clamp(1, confined.width), height.clamp(1, confined.height))
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
    if !sides.is_within(limits) {
        return impossible("it is over the limits in info.json");
    }
    Ok(sides)
}

/// That many per cent of a side, rounded to the nearest pixel.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative; too much saturates")]
fn per_cent(number: f64, side: u32) -> u32 {
    (number * f64::from(side) / 100.0).round() as u32
}

/// The largest sides of this shape within a space, never larger than the shape, never less than a pixel.
fn confine(shape: Sides, space: Sides) -> Sides {
    if shape.width <= space.width && shape.height <= space.height {
        return shape;
    }
    let by_width = u64::from(space.width) * u64::from(shape.height) <= u64::from(space.height) * u64::from(shape.width);
    if by_width {
        let height = free_side(space.width, shape.width, shape.height);
        Sides::new(space.width, height.clamp(1, space.height.max(1)))
    } else {
        let width = free_side(space.height, shape.height, shape.width);
        Sides::new(width.clamp(1, space.width.max(1)), space.height)
    }
}

/// The other side that keeps the shape, when the side `along` becomes `given`.
///
/// It is ours to round. Where `given` is a level of the pyramid, the other side is that level's too, so that a stored
/// level answers; elsewhere it is the nearest pixel.
fn free_side(given: u32, along: u32, across: u32) -> u32 {
    let exact = u64::from(across) * u64::from(given);
    let along_wide = u64::from(along);
    let mut scale = 1u32;
    while scale < along && along.div_ceil(scale) > given {
        scale = scale.saturating_mul(2);
    }
    if along.div_ceil(scale) == given {
        let level = across.div_ceil(scale);
        // A very flat image has levels that are far from its shape: there the shape decides.
        if (u64::from(level) * along_wide).abs_diff(exact) <= along_wide {
            return level;
        }
    }
    u32::try_from((2 * exact + along_wide) / (2 * along_wide)).unwrap_or(u32::MAX)
}

fn canonical(region: Rect, size: Sides, image: Sides, limits: Limits, request: &Request) -> String {
    let region_text = if region.sides == image {
        "full".to_owned()
    } else {
        format!("{},{},{},{}", region.x, region.y, region.sides.width, region.sides.height)
    };
    let size_text = if size == largest(region.sides, limits) {
        "max".to_owned()
    } else {
        format!("{},{}", size.width, size.height)
    };
    let mirror = if request.rotation.mirrored { "!" } else { "" };
    let turn = match request.rotation.turn {
        Turn::None => "0",
        Turn::Quarter => "90",
        Turn::Half => "180",
        Turn::ThreeQuarters => "270",
    };
    let quality = match request.quality {
        Quality::Default => "default",
        Quality::Gray => "gray",
        Quality::Bitonal => "bitonal",
    };
    let format = match request.format {
        Format::Jpg => "jpg",
        Format::Png => "png",
    };
    format!("{region_text}/{size_text}/{mirror}{turn}/{quality}.{format}")
}
