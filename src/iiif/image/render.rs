//! From pixels and a plan to the bytes of an answer: crop, resize, turn, colour, encode, in the order of the
//! specification (Image API 3.0 §4.6).

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::iiif::error::Error;
use crate::iiif::image::decode::{Channels, Pixels};
use crate::iiif::image::geometry::Sides;
use crate::iiif::image::request::{Format, Quality, Rotation, Turn};
use crate::iiif::image::resolve::{Plan, Rect};

/// Moves on whenever equal pixels and plans would give other bytes: it is part of every `ETag`.
pub const VERSION: &[u8] = b"jpeg-encoder 0.7 q85 4:2:0, png fast, lanczos3; 1";
/// JPEG quality. 75 shows in gradients of sky; 95 doubles the bytes.
const JPEG_QUALITY: u8 = 85;
/// Where black and white part.
const BITONAL_THRESHOLD: u8 = 128;

/// Renders the plan. The plan was resolved against the sides of these pixels.
pub fn render(master: &Pixels, plan: &Plan) -> Result<Vec<u8>, Error> {
    let scaled = if plan.size == plan.region.sides {
        crop(master, plan.region)?
    } else {
        resize(master, plan.region, plan.size)?
    };
    let turned = turn(scaled, plan.rotation)?;
    let coloured = colour(turned, plan.quality)?;
    match plan.format {
        Format::Jpg => jpeg(&coloured),
        Format::Png => png(&coloured),
    }
}

fn failed(what: impl std::fmt::Display) -> Error {
    Error::Render(what.to_string())
}

fn crop(master: &Pixels, region: Rect) -> Result<Pixels, Error> {
    let (width, count) = (master.sides.width as usize, master.channels.count());
    let row_bytes = region.sides.width as usize * count;
    let mut data = Vec::with_capacity(row_bytes * region.sides.height as usize);
    let rows = master.data.chunks_exact(width * count).skip(region.y as usize).take(region.sides.height as usize);
    for row in rows {
        let from = region.x as usize * count;
        data.extend_from_slice(row.get(from..from + row_bytes).ok_or_else(|| failed("the region leaves the image"))?);
    }
    Ok(Pixels { sides: region.sides, channels: master.channels, data })
}

fn resize(master: &Pixels, region: Rect, size: Sides) -> Result<Pixels, Error> {
    let kind = match master.channels {
        Channels::Gray => PixelType::U8,
        Channels::Rgb => PixelType::U8x3,
    };
    let source = ImageRef::new(master.sides.width, master.sides.height, &master.data, kind).map_err(failed)?;
    let mut target = Image::new(size.width, size.height, kind);
    let corner = (f64::from(region.x), f64::from(region.y));
    let sides = (f64::from(region.sides.width), f64::from(region.sides.height));
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(corner.0, corner.1, sides.0, sides.1);
    Resizer::new().resize(&source, &mut target, &options).map_err(failed)?;
    Ok(Pixels { sides: size, channels: master.channels, data: target.into_vec() })
}

fn turn(pixels: Pixels, rotation: Rotation) -> Result<Pixels, Error> {
    if !rotation.mirrored && rotation.turn == Turn::None {
        return Ok(pixels);
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
    };
    Ok(from_image(image))
}

fn colour(pixels: Pixels, quality: Quality) -> Result<Pixels, Error> {
    let gray = match (quality, pixels.channels) {
        (Quality::Default, _) => return Ok(pixels),
        (Quality::Gray | Quality::Bitonal, Channels::Gray) => pixels,
        (Quality::Gray | Quality::Bitonal, Channels::Rgb) => {
            from_image(DynamicImage::ImageLuma8(to_image(pixels)?.into_luma8()))
        }
    };
    if quality == Quality::Gray {
        return Ok(gray);
    }
    let threshold = |sample: &u8| if *sample < BITONAL_THRESHOLD { 0 } else { u8::MAX };
    Ok(Pixels { data: gray.data.iter().map(threshold).collect(), ..gray })
}

fn to_image(pixels: Pixels) -> Result<DynamicImage, Error> {
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

fn jpeg(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let (width, height) = (u16::try_from(pixels.sides.width), u16::try_from(pixels.sides.height));
    let (Ok(width), Ok(height)) = (width, height) else { return Err(failed("a side is longer than a JPEG can be")) };
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    let kind = match pixels.channels {
        Channels::Gray => ColorType::Luma,
        Channels::Rgb => {
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
            ColorType::Rgb
        }
    };
    encoder.encode(&pixels.data, width, height, kind).map_err(failed)?;
    Ok(bytes)
}

fn png(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let kind = match pixels.channels {
        Channels::Gray => ExtendedColorType::L8,
        Channels::Rgb => ExtendedColorType::Rgb8,
    };
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, PngFilter::Adaptive);
    encoder.write_image(&pixels.data, pixels.sides.width, pixels.sides.height, kind).map_err(failed)?;
    Ok(bytes)
}
