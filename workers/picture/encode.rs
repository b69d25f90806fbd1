//! From pixels to the bytes of a file.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::colour::Samples;
use super::{BadPicture, Channels, Pixels, Sides, jpeg as reading};

/// JPEG quality. 75 shows in gradients of sky; 95 doubles the bytes.
pub const JPEG_QUALITY: u8 = 85;

/// Why pixels do not become a file.
#[derive(Debug, thiserror::Error)]
pub enum BadEncoding {
    /// A side is longer than the format can say.
    #[error("{0} pixels are more than this format can hold")]
    Sides(Sides),
    /// The encoder gave up.
    #[error("the encoder failed: {0}")]
    Encoder(String),
}

/// A baseline JPEG: JFIF, so that every program knows its colours; 4:2:0, as photographs bear well.
pub fn jpeg(pixels: &Pixels) -> Result<Vec<u8>, BadEncoding> {
    jpeg_of(&pixels.data, pixels.sides, pixels.channels)
}

/// The same of samples that lie elsewhere.
pub fn jpeg_of(samples: &[u8], sides: Sides, channels: Channels) -> Result<Vec<u8>, BadEncoding> {
    let (Ok(width), Ok(height)) = (u16::try_from(sides.width), u16::try_from(sides.height)) else {
        return Err(BadEncoding::Sides(sides));
    };
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    let kind = match channels {
        Channels::Gray => ColorType::Luma,
        Channels::Rgb => {
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
            ColorType::Rgb
        }
    };
    encoder.encode(samples, width, height, kind).map_err(|error| BadEncoding::Encoder(error.to_string()))?;
    Ok(bytes)
}

/// Reads a JPEG of our own making back.
pub fn read_jpeg(bytes: &[u8]) -> Result<Pixels, BadPicture> {
    let header = reading::header(bytes)?;
    let channels = match header.samples {
        Samples::Gray => Channels::Gray,
        Samples::Rgb => Channels::Rgb,
        Samples::GrayAlpha | Samples::Rgba | Samples::Cmyk => {
            return Err(BadPicture::damaged("it has other colours than were written"));
        }
    };
    Ok(Pixels { sides: header.sides, channels, data: reading::samples(bytes, &header)? })
}
