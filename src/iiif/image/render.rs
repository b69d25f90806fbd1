//! From pixels and a plan to the pixels of an answer: crop, resize, turn, colour, in the order of the specification
//! (Image API 3.0 §4.6).

use std::io;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use fonds_workers::pack::Index;
use fonds_workers::pack::geometry::level;
use fonds_workers::picture::{self, Channels, Pixels, Sides};
use image::{DynamicImage, GrayImage, RgbImage};

use crate::derivatives::Pack;
use crate::iiif::error::Error;
use crate::iiif::image::native::{Cover, cover};
use crate::iiif::image::request::{Quality, Rotation, Turn};
use crate::iiif::image::resolve::{Plan, Rect};
use crate::iiif::image::turn::{Turned, by_degrees};

/// Moves on whenever equal pixels and plans would give other bytes: it is part of every `ETag`.
pub const VERSION: &[u8] = b"libjpeg-turbo q85 4:2:0, small q90 4:4:4, png fast, webp 80, catmull-rom; 6";
/// Pixels of tiles that are decoded for one answer: four times the largest answer would be too much at once.
const COVER_PIXELS_MAX: u64 = 100_000_000;
/// Where black and white part.
const BITONAL_THRESHOLD: u8 = 128;

/// What the pixels of an answer are made of.
pub enum From<'a> {
    /// All pixels of the master.
    Master(&'a Pixels),
    /// Its pack.
    Pack(&'a Pack),
}

/// The pixels that a plan asks for. It was resolved against the sides of this image.
pub fn render(from: &From<'_>, plan: &Plan) -> Result<Turned, Error> {
    let scaled = match from {
        From::Master(master) => sized(master, (0, 0), 1, plan)?,
        From::Pack(pack) => of_pack(pack, plan)?,
    };
    let turned = turn(scaled, plan.rotation)?;
    colour(turned, plan.quality)
}

fn failed(what: impl std::fmt::Display) -> Error {
    Error::Render(what.to_string())
}

/// Decodes what is needed of a pack and makes the region of it.
fn of_pack(pack: &Pack, plan: &Plan) -> Result<Pixels, Error> {
    let index = &pack.index;
    let is_whole = plan.region.sides == index.sides();
    if is_whole && let Some((sides, entry)) = index.whole_of_at_least(plan.size) {
        let pixels = decoded(&pack.read_now(entry).map_err(failed)?, sides)?;
        return if sides == plan.size { Ok(pixels) } else { resize(&pixels, whole_of(sides, index), plan.size) };
    }
    let cover = cover(plan, index, COVER_PIXELS_MAX).ok_or_else(|| failed("no level is small enough"))?;
    let tiles = tiles(pack, &cover)?;
    sized(&tiles, cover.corner, cover.scale, plan)
}

/// The tiles of a cover, side by side.
fn tiles(pack: &Pack, cover: &Cover) -> Result<Pixels, Error> {
    let channels = pack.index.channels();
    let count = channels.count();
    let row_bytes = cover.sides.width as usize * count;
    let mut data = vec![0; row_bytes * cover.sides.height as usize];
    let mut top = 0;
    for row in cover.rows.0..cover.rows.1 {
        let (mut left, mut height) = (0, 0);
        for column in cover.columns.0..cover.columns.1 {
            let entry = pack.index.tile(cover.scale, column, row).ok_or_else(|| failed("a tile is missing"))?;
            let bytes = pack.read_now(entry).map_err(failed)?;
            let place = data.get_mut(top * row_bytes + left..).unwrap_or_default();
            let sides = picture::encode::read_jpeg_into(&bytes, channels, place, row_bytes).map_err(failed)?;
            left += sides.width as usize * count;
            height = sides.height as usize;
        }
        if left != row_bytes {
            return Err(failed("the tiles are not as wide as their level"));
        }
        top += height;
    }
    Ok(Pixels { sides: cover.sides, channels, data })
}

fn decoded(bytes: &[u8], sides: Sides) -> Result<Pixels, Error> {
    let pixels = picture::encode::read_jpeg(bytes).map_err(failed)?;
    if pixels.sides == sides { Ok(pixels) } else { Err(failed(io::Error::from(io::ErrorKind::InvalidData))) }
}

/// The region of a plan at its size, out of pixels of a level whose first is at `corner` of that level.
fn sized(level: &Pixels, corner: (u32, u32), scale: u32, plan: &Plan) -> Result<Pixels, Error> {
    let region = plan.region;
    if scale == 1 && plan.size == region.sides {
        return crop(level, Rect { x: region.x - corner.0, y: region.y - corner.1, sides: region.sides });
    }
    let along = |from: u32, side: u32, corner: u32, there: u32| {
        let begin = (f64::from(from) / f64::from(scale) - f64::from(corner)).clamp(0.0, f64::from(there) - 1.0);
        // At an odd edge the last pixel of a level stands for less than two.
        (begin, (f64::from(side) / f64::from(scale)).min(f64::from(there) - begin))
    };
    let (x, width) = along(region.x, region.sides.width, corner.0, level.sides.width);
    let (y, height) = along(region.y, region.sides.height, corner.1, level.sides.height);
    resize(level, (x, y, width, height), plan.size)
}

/// All of an image that is kept whole. The last row and column of a level stand for less than those before.
fn whole_of(kept: Sides, index: &Index) -> (f64, f64, f64, f64) {
    let image = index.sides();
    let scale = index.scales().find(|scale| level(image, *scale) == kept);
    let (width, height) = scale.map_or((f64::from(kept.width), f64::from(kept.height)), |scale| {
        (f64::from(image.width) / f64::from(scale), f64::from(image.height) / f64::from(scale))
    });
    (0.0, 0.0, width, height)
}

fn crop(from: &Pixels, region: Rect) -> Result<Pixels, Error> {
    let (width, count) = (from.sides.width as usize, from.channels.count());
    let row_bytes = region.sides.width as usize * count;
    let mut data = Vec::with_capacity(row_bytes * region.sides.height as usize);
    let rows = from.data.chunks_exact(width * count).skip(region.y as usize).take(region.sides.height as usize);
    for row in rows {
        let left = region.x as usize * count;
        data.extend_from_slice(row.get(left..left + row_bytes).ok_or_else(|| failed("the region leaves the image"))?);
    }
    Ok(Pixels { sides: region.sides, channels: from.channels, data })
}

/// A part of an image (left, top, width, height) at another size.
fn resize(from: &Pixels, part: (f64, f64, f64, f64), size: Sides) -> Result<Pixels, Error> {
    let kind = match from.channels {
        Channels::Gray => PixelType::U8,
        Channels::Rgb => PixelType::U8x3,
    };
    let source = ImageRef::new(from.sides.width, from.sides.height, &from.data, kind).map_err(failed)?;
    let mut target = Image::new(size.width, size.height, kind);
    let (left, top, width, height) = part;
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).crop(left, top, width, height);
    Resizer::new().resize(&source, &mut target, &options).map_err(failed)?;
    Ok(Pixels { sides: size, channels: from.channels, data: target.into_vec() })
}

fn turn(pixels: Pixels, rotation: Rotation) -> Result<Turned, Error> {
    if !rotation.mirrored && rotation.turn == Turn::None {
        return Ok(Turned::opaque(pixels));
    }
    let mut image = to_image(pixels)?;
    if rotation.mirrored {
        image = image.fliph();
    }
    let image = match rotation.turn {
        Turn::None => image,
        Turn::Quarter => image.rotate90(),
        Turn::Half => image.rotate180(),
        Turn::ThreeQuarters => image.rotate270(),
        Turn::Degrees(degrees) => return Ok(by_degrees(&from_image(image), degrees)),
    };
    Ok(Turned::opaque(from_image(image)))
}

fn colour(turned: Turned, quality: Quality) -> Result<Turned, Error> {
    let Turned { pixels, alpha } = turned;
    let gray = match (quality, pixels.channels) {
        (Quality::Default, _) => return Ok(Turned { pixels, alpha }),
        (Quality::Gray | Quality::Bitonal, Channels::Gray) => pixels,
        (Quality::Gray | Quality::Bitonal, Channels::Rgb) => {
            from_image(DynamicImage::ImageLuma8(to_image(pixels)?.into_luma8()))
        }
    };
    if quality == Quality::Gray {
        return Ok(Turned { pixels: gray, alpha });
    }
    let threshold = |sample: &u8| if *sample < BITONAL_THRESHOLD { 0 } else { u8::MAX };
    Ok(Turned { pixels: Pixels { data: gray.data.iter().map(threshold).collect(), ..gray }, alpha })
}

/// As the library of images holds them.
pub(super) fn to_image(pixels: Pixels) -> Result<DynamicImage, Error> {
    let Sides { width, height } = pixels.sides;
    let image = match pixels.channels {
        Channels::Gray => GrayImage::from_raw(width, height, pixels.data).map(DynamicImage::ImageLuma8),
        Channels::Rgb => RgbImage::from_raw(width, height, pixels.data).map(DynamicImage::ImageRgb8),
    };
    image.ok_or_else(|| failed("there are fewer samples than pixels"))
}

fn from_image(image: DynamicImage) -> Pixels {
    let sides = Sides::new(image.width(), image.height());
    if image.color().has_color() {
        Pixels { sides, channels: Channels::Rgb, data: image.into_rgb8().into_raw() }
    } else {
        Pixels { sides, channels: Channels::Gray, data: image.into_luma8().into_raw() }
    }
}
