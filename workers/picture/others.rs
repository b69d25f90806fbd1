//! What is decoded at once by a library of its own: JPEG 2000, WebP and the first picture of a GIF.

use std::io::Cursor;

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::colour::{Colour, Samples};
use super::whole::{Whole, believed};
use super::{BadPicture, Rows, Sides, Source, all, fits};

/// Bytes a pixel that decoding JPEG 2000 takes: its samples as 32-bit floats, the coefficients, and what comes out.
const JPEG_2000_BYTES: u64 = 8;
/// Bytes a pixel that the other decoders take: four channels, and the frame before.
const BYTES: u64 = 8;
/// Bytes that a decoder may take beside the pixels.
const BESIDE_BYTES_MAX: u64 = 64 << 20;

/// Decodes JPEG 2000 (ITU-T T.800), a JP2 file or a bare codestream.
pub(super) fn jpeg_2000<'a>(source: impl Source + 'a, recorded: Sides) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    let bytes = all(source)?;
    let image = hayro_jpeg2000::Image::new(&bytes, &DecodeSettings::default()).map_err(BadPicture::damaged)?;
    let sides = Sides::new(image.width(), image.height());
    let orientation = believed(Orientation::NoTransforms, sides, recorded)?;
    let alpha = image.has_alpha();
    let (count, profile) = match image.color_space() {
        ColorSpace::Icc { profile, num_channels } => (*num_channels, Some(profile.clone())),
        other => (other.num_channels(), None),
    };
    let samples = match (count, alpha) {
        (1, false) => Samples::Gray,
        (1, true) => Samples::GrayAlpha,
        (3, false) => Samples::Rgb,
        (3, true) => Samples::Rgba,
        (4, false) => Samples::Cmyk,
        (count, _) => return Err(BadPicture::Unsupported(format!("a JPEG 2000 of {count} colours"))),
    };
    fits("the picture", sides, JPEG_2000_BYTES * samples.count() as u64)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(BadPicture::damaged)?;
    let data = decoded.data_u8();
    if data.len() as u64 != sides.area() * samples.count() as u64 {
        return Err(BadPicture::damaged("it has other pixels than it says"));
    }
    Ok(Box::new(Whole::new(sides, data, orientation, Colour::new(samples, profile.as_deref()))))
}

/// Decodes WebP and GIF.
pub(super) fn open<'a>(
    source: impl Source + 'a,
    media_type: &str,
    recorded: Sides,
) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    let bytes = all(source)?;
    let format = ImageFormat::from_mime_type(media_type).ok_or_else(|| BadPicture::Type(media_type.to_owned()))?;
    let mut reader = ImageReader::with_format(Cursor::new(&bytes), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(fits("the picture", recorded, BYTES)? as u64 + BESIDE_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(BadPicture::damaged)?;
    let (width, height) = decoder.dimensions();
    let sides = Sides::new(width, height);
    // A damaged orientation or profile is no reason to show nothing.
    let asked = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let orientation = believed(asked, sides, recorded)?;
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(BadPicture::damaged)?;
    let (samples, data) = match (image.color().has_color(), image.color().has_alpha()) {
        (false, false) => (Samples::Gray, image.into_luma8().into_raw()),
        (false, true) => (Samples::GrayAlpha, image.into_luma_alpha8().into_raw()),
        (true, false) => (Samples::Rgb, image.into_rgb8().into_raw()),
        (true, true) => (Samples::Rgba, image.into_rgba8().into_raw()),
    };
    Ok(Box::new(Whole::new(sides, data, orientation, Colour::new(samples, profile.as_deref()))))
}
