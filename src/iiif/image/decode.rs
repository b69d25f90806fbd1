//! From the bytes of a master to pixels as people see them: upright, 8 bits, sRGB or gray, without transparency.
//!
//! The bytes are not trusted: sides are checked before anything is allocated, and the decoders run under limits.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Rgb, RgbImage, Rgba};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use tracing::debug;

use crate::iiif::image::geometry::Sides;

/// The media types that are decoded.
pub const MEDIA_TYPES: &[&str] = &["image/jpeg", "image/png", "image/tiff", "image/webp", "image/gif"];

/// Bytes that a decoder may take for a pixel: four channels of 16 bits.
const BYTES_PER_PIXEL_MAX: u64 = 8;
/// Bytes that a decoder may take beside the pixels: tables, strips, a profile.
const BYTES_BESIDE_MAX: u64 = 64 << 20;
/// Samples that are turned into sRGB at once.
const PROFILE_CHUNK: usize = 3 << 16;

/// Why bytes are not the image that they claim to be.
#[derive(Debug, thiserror::Error)]
pub enum BadImage {
    /// Not a media type that is decoded.
    #[error("{0} is not decoded")]
    Type(String),
    /// The decoder gave up.
    #[error("it is damaged, or of a kind that is not supported")]
    Damaged(#[source] image::ImageError),
    /// The sides are not those that were recorded when the file came in.
    #[error("it has {found} pixels, {recorded} were recorded")]
    OtherSides {
        /// What the bytes say.
        found: Sides,
        /// What the ledger says.
        recorded: Sides,
    },
}

/// How many channels pixels have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// One: shades of gray.
    Gray,
    /// Three: red, green, blue.
    Rgb,
}

impl Channels {
    /// How many.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }
}

/// Pixels, 8 bits a channel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// How large.
    pub sides: Sides,
    /// What a pixel is.
    pub channels: Channels,
    /// The samples.
    pub data: Vec<u8>,
}

/// Decodes a master whose sides were recorded; refuses one that has others, before it takes memory for them.
pub fn decode(bytes: &[u8], media_type: &str, recorded: Sides) -> Result<Pixels, BadImage> {
    let format = ImageFormat::from_mime_type(media_type).filter(|_| MEDIA_TYPES.contains(&media_type));
    let format = format.ok_or_else(|| BadImage::Type(media_type.to_owned()))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(recorded.area() * BYTES_PER_PIXEL_MAX + BYTES_BESIDE_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(BadImage::Damaged)?;
    let (width, height) = decoder.dimensions();
    let found = Sides::new(width, height);
    let turned = Sides::new(height, width);
    // A damaged orientation or profile is no reason to show nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let orientation = match orientation {
        turning if swaps_sides(turning) && turned == recorded => turning,
        keeping if !swaps_sides(keeping) && found == recorded => keeping,
        // Recorded as it lies: whoever recorded it did not believe in the orientation.
        _ if found == recorded => Orientation::NoTransforms,
        _ => return Err(BadImage::OtherSides { found, recorded }),
    };
    let profile = decoder.icc_profile().ok().flatten();
    let mut image = DynamicImage::from_decoder(decoder).map_err(BadImage::Damaged)?;
    image.apply_orientation(orientation);
    let mut pixels = flatten(image);
    if let Some(profile) = profile {
        into_srgb(&mut pixels, &profile);
    }
    Ok(pixels)
}

fn swaps_sides(orientation: Orientation) -> bool {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            true
        }
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
    }
}

/// 8 bits, gray or RGB; what is transparent lies on white, as on paper.
fn flatten(image: DynamicImage) -> Pixels {
    let sides = Sides::new(image.width(), image.height());
    let color = image.color();
    match (color.has_alpha(), color.has_color()) {
        (false, false) => Pixels { sides, channels: Channels::Gray, data: image.into_luma8().into_raw() },
        (false, true) => Pixels { sides, channels: Channels::Rgb, data: image.into_rgb8().into_raw() },
        (true, false) => {
            let source = image.into_luma_alpha8();
            let data = source.pixels().map(|pixel| over_white(pixel.0[0], pixel.0[1])).collect();
            Pixels { sides, channels: Channels::Gray, data }
        }
        (true, true) => {
            let source = image.into_rgba8();
            let mut flat = RgbImage::new(sides.width, sides.height);
            for (to, Rgba([red, green, blue, alpha])) in flat.pixels_mut().zip(source.pixels()) {
                *to = Rgb([over_white(*red, *alpha), over_white(*green, *alpha), over_white(*blue, *alpha)]);
            }
            Pixels { sides, channels: Channels::Rgb, data: flat.into_raw() }
        }
    }
}

fn over_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u16::from(sample), u16::from(alpha));
    let mixed = (sample * alpha + 255 * (255 - alpha) + 127) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

/// Turns colours of an RGB profile into sRGB. Others (a CMYK profile on pixels that the decoder made RGB) are left.
fn into_srgb(pixels: &mut Pixels, profile: &[u8]) {
    if pixels.channels != Channels::Rgb {
        return;
    }
    let profile = match ColorProfile::new_from_slice(profile) {
        Ok(profile) if profile.color_space == DataColorSpace::Rgb => profile,
        Ok(_) => return,
        Err(error) => {
            debug!(?error, "a colour profile is damaged: its image is shown as sRGB");
            return;
        }
    };
    let options = TransformOptions::default();
    let transform = profile.create_transform_8bit(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, options);
    let Ok(transform) = transform else {
        debug!("a colour profile cannot be turned into sRGB: its image is shown as sRGB");
        return;
    };
    let mut turned = vec![0u8; PROFILE_CHUNK];
    for chunk in pixels.data.chunks_mut(PROFILE_CHUNK) {
        let turned = &mut turned[..chunk.len()];
        if transform.transform(chunk, turned).is_ok() {
            chunk.copy_from_slice(turned);
        }
    }
}
