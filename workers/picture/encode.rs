//! JPEG of our own making: written by the library that everybody's programs use, and read back by it.
//!
//! Masters of others are decoded in Rust (`super::jpeg`). Nothing is given to this library's reader but what was written here,
//! and tiles of masters whose headers were written here anew (`super::baseline`).

use turbojpeg::{Colorspace, Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

use super::{BadPicture, Channels, Pixels, Sides};

/// JPEG quality. 75 shows in gradients of sky; 95 doubles the bytes.
pub const JPEG_QUALITY: u8 = 85;
/// Pixels of what is read back: a tile, or a small level. A pack has no more in one.
const READ_PIXELS_MAX: u64 = 4_000_000;

/// Why pixels do not become a file.
#[derive(Debug, thiserror::Error)]
pub enum BadEncoding {
    /// A side is longer than the format can say.
    #[error("{0} pixels are more than this format can hold")]
    Sides(Sides),
    /// There are fewer samples than pixels.
    #[error("there are fewer samples than pixels")]
    Samples,
    /// The encoder gave up.
    #[error("the encoder failed: {0}")]
    Encoder(String),
}

impl BadEncoding {
    fn encoder(why: impl std::fmt::Display) -> Self {
        Self::Encoder(why.to_string())
    }
}

/// How much of the colours is kept beside the brightness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chroma {
    /// Half of it each way (4:2:0), as photographs bear well.
    Half,
    /// All of it (4:4:4): small images, whose every pixel is looked at, and from which others are made.
    Full,
}

/// A baseline JPEG: JFIF, so that every program knows its colours.
pub fn jpeg(pixels: &Pixels, chroma: Chroma) -> Result<Vec<u8>, BadEncoding> {
    jpeg_of(&pixels.data, pixels.sides, pixels.channels, chroma)
}

/// The same of samples that lie elsewhere.
pub fn jpeg_of(samples: &[u8], sides: Sides, channels: Channels, chroma: Chroma) -> Result<Vec<u8>, BadEncoding> {
    if sides.width > u16::MAX.into() || sides.height > u16::MAX.into() || sides.area() == 0 {
        return Err(BadEncoding::Sides(sides));
    }
    let (width, height) = (sides.width as usize, sides.height as usize);
    let pitch = width * channels.count();
    if samples.len() < pitch * height {
        return Err(BadEncoding::Samples);
    }
    let (format, subsampling) = match (channels, chroma) {
        (Channels::Gray, _) => (PixelFormat::GRAY, Subsamp::Gray),
        (Channels::Rgb, Chroma::Half) => (PixelFormat::RGB, Subsamp::Sub2x2),
        (Channels::Rgb, Chroma::Full) => (PixelFormat::RGB, Subsamp::None),
    };
    let mut compressor = Compressor::new().map_err(BadEncoding::encoder)?;
    compressor.set_quality(JPEG_QUALITY.into()).map_err(BadEncoding::encoder)?;
    compressor.set_subsamp(subsampling).map_err(BadEncoding::encoder)?;
    compressor.compress_to_vec(Image { pixels: samples, width, pitch, height, format }).map_err(BadEncoding::encoder)
}

/// Reads a JPEG of a pack back.
pub fn read_jpeg(bytes: &[u8]) -> Result<Pixels, BadPicture> {
    read_at(bytes, ScalingFactor::ONE)
}

/// The same at an eighth of its sides, rounded up: all of its data is looked at, but only the means of blocks of 8 × 8
/// pixels are worked out.
pub fn read_jpeg_eighth(bytes: &[u8]) -> Result<Pixels, BadPicture> {
    read_at(bytes, ScalingFactor::ONE_EIGHTH)
}

fn read_at(bytes: &[u8], scale: ScalingFactor) -> Result<Pixels, BadPicture> {
    let mut decompressor = Decompressor::new().map_err(BadPicture::damaged)?;
    let header = decompressor.read_header(bytes).map_err(BadPicture::damaged)?;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    if Sides::new(side(header.width), side(header.height)).area() > READ_PIXELS_MAX {
        return Err(BadPicture::damaged("it is larger than any that is in a pack"));
    }
    let (channels, format) = match header.colorspace {
        Colorspace::Gray => (Channels::Gray, PixelFormat::GRAY),
        _ => (Channels::Rgb, PixelFormat::RGB),
    };
    decompressor.set_scaling_factor(scale).map_err(BadPicture::damaged)?;
    let (width, height) = (scale.scale(header.width), scale.scale(header.height));
    let pitch = width * channels.count();
    let mut data = vec![0; pitch * height];
    let into = Image { pixels: data.as_mut_slice(), width, pitch, height, format };
    decompressor.decompress(bytes, into).map_err(BadPicture::damaged)?;
    Ok(Pixels { sides: Sides::new(side(width), side(height)), channels, data })
}
