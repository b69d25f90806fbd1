//! JPEG of our own making: written by the library that everybody's programs use, and read back by it.
//!
//! Masters of others are decoded in Rust (`super::jpeg`). Nothing is given to this library's reader but what was written here,
//! and tiles of masters whose headers were written here anew (`super::baseline`).

use std::ops::Range;

use turbojpeg::{Colorspace, Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

use super::strips::{self, STRIP};
use super::{BadPicture, Channels, Pixels, Sides};

/// JPEG quality. 75 shows in gradients of sky; 95 doubles the bytes.
pub const JPEG_QUALITY: u8 = 85;
/// The same of small images, which are made of each other: at 85, colours ring visibly beside an edge.
const SMALL_QUALITY: u8 = 90;
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
    let (mut compressor, image) = compressor(samples, sides, channels, chroma)?;
    compressor.compress_to_vec(image).map_err(BadEncoding::encoder)
}

/// The same in strips, so that rows of it can be read without the others ([`read_rows_into`]).
pub fn tile(samples: &[u8], sides: Sides, channels: Channels, chroma: Chroma) -> Result<Vec<u8>, BadEncoding> {
    let (mut compressor, image) = compressor(samples, sides, channels, chroma)?;
    let mut encoded = Vec::new();
    for strip in image.pixels[..image.pitch * image.height].chunks(image.pitch * STRIP as usize) {
        let strip = Image { pixels: strip, height: strip.len() / image.pitch, ..image };
        encoded.push(compressor.compress_to_owned(strip).map_err(BadEncoding::encoder)?);
    }
    // Too wide for the distance between restarts to be written down.
    strips::joined(&encoded, sides, channels).map_or_else(|| jpeg_of(samples, sides, channels, chroma), Ok)
}

/// What encodes, and what is encoded.
fn compressor(
    samples: &[u8],
    sides: Sides,
    channels: Channels,
    chroma: Chroma,
) -> Result<(Compressor, Image<&[u8]>), BadEncoding> {
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
    let quality = match chroma {
        Chroma::Half => JPEG_QUALITY,
        Chroma::Full => SMALL_QUALITY,
    };
    compressor.set_quality(quality.into()).map_err(BadEncoding::encoder)?;
    compressor.set_subsamp(subsampling).map_err(BadEncoding::encoder)?;
    Ok((compressor, Image { pixels: samples, width, pitch, height, format }))
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

/// Reads rows of a JPEG of these sides into their place among other pixels: `into` begins where the first sample of the
/// first row belongs, and has rows of `pitch` bytes. One of other sides or colours, or without room for it, is damaged.
pub fn read_rows_into(
    bytes: &[u8],
    sides: Sides,
    channels: Channels,
    rows: &Range<u32>,
    into: &mut [u8],
    pitch: usize,
) -> Result<(), BadPicture> {
    let row_bytes = sides.width as usize * channels.count();
    let room = into.len() >= pitch * rows.len().saturating_sub(1) + row_bytes;
    if rows.is_empty() || rows.end > sides.height || row_bytes > pitch || !room {
        return Err(BadPicture::damaged("it does not belong where it stands"));
    }
    let all = 0..sides.height;
    let cut = if *rows == all { None } else { strips::cut(bytes, sides, channels, rows) };
    let (bytes, shown) = cut.as_ref().map_or((bytes, &all), |(file, shown)| (file.as_slice(), shown));
    let (mut decompressor, its_sides, its_channels) = open_jpeg(bytes, ScalingFactor::ONE)?;
    if its_channels != channels || its_sides.width != sides.width || its_sides.height as usize != shown.len() {
        return Err(BadPicture::damaged("it does not belong where it stands"));
    }
    if rows == shown {
        return decompress(&mut decompressor, bytes, (its_sides, channels), into, pitch);
    }
    let mut data = vec![0; row_bytes * shown.len()];
    decompress(&mut decompressor, bytes, (its_sides, channels), &mut data, row_bytes)?;
    let wanted = data.chunks_exact(row_bytes).skip((rows.start - shown.start) as usize).take(rows.len());
    for (row, place) in wanted.zip(into.chunks_mut(pitch)) {
        place[..row_bytes].copy_from_slice(row);
    }
    Ok(())
}

fn read_at(bytes: &[u8], scale: ScalingFactor) -> Result<Pixels, BadPicture> {
    let (mut decompressor, sides, channels) = open_jpeg(bytes, scale)?;
    let pitch = sides.width as usize * channels.count();
    let mut data = vec![0; pitch * sides.height as usize];
    decompress(&mut decompressor, bytes, (sides, channels), &mut data, pitch)?;
    Ok(Pixels { sides, channels, data })
}

/// Looks at the header, and says what will come out.
fn open_jpeg(bytes: &[u8], scale: ScalingFactor) -> Result<(Decompressor, Sides, Channels), BadPicture> {
    let mut decompressor = Decompressor::new().map_err(BadPicture::damaged)?;
    let header = decompressor.read_header(bytes).map_err(BadPicture::damaged)?;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    if Sides::new(side(header.width), side(header.height)).area() > READ_PIXELS_MAX {
        return Err(BadPicture::damaged("it is larger than any that is in a pack"));
    }
    let channels = match header.colorspace {
        Colorspace::Gray => Channels::Gray,
        _ => Channels::Rgb,
    };
    decompressor.set_scaling_factor(scale).map_err(BadPicture::damaged)?;
    let sides = Sides::new(side(scale.scale(header.width)), side(scale.scale(header.height)));
    Ok((decompressor, sides, channels))
}

fn decompress(
    decompressor: &mut Decompressor,
    bytes: &[u8],
    (sides, channels): (Sides, Channels),
    pixels: &mut [u8],
    pitch: usize,
) -> Result<(), BadPicture> {
    let format = match channels {
        Channels::Gray => PixelFormat::GRAY,
        Channels::Rgb => PixelFormat::RGB,
    };
    let into = Image { pixels, width: sides.width as usize, pitch, height: sides.height as usize, format };
    decompressor.decompress(bytes, into).map_err(BadPicture::damaged)
}
