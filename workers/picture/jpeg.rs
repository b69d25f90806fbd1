//! JPEG (ITU-T T.81), decoded at once: baseline takes three bytes a pixel, progressive nine while it is put together.

use image::metadata::Orientation;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::colour::{Colour, Samples};
use super::whole::{Whole, believed};
use super::{BadPicture, Rows, Sides, Source, all, fits};

/// Passes of a progressive picture; each goes through all of it. An honest one has some ten.
const SCANS_MAX: usize = 64;

/// Decodes a JPEG file.
pub(super) fn open<'a>(source: impl Source + 'a, recorded: Sides) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    let bytes = all(source)?;
    let header = header(&bytes)?;
    let asked = header.exif.as_deref().and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    let orientation = believed(asked, header.sides, recorded)?;
    // Progressive: two bytes for each coefficient beside the pixels.
    let held = if header.progressive { 3 * header.samples.count() } else { header.samples.count() };
    fits("the picture", header.sides, held as u64)?;
    let samples = samples(&bytes, &header)?;
    let colour = Colour::new(header.samples, header.profile.as_deref());
    Ok(Box::new(Whole::new(header.sides, samples, orientation, colour)))
}

/// What is known before anything is decoded.
pub(super) struct Header {
    pub(super) sides: Sides,
    pub(super) samples: Samples,
    /// What its components are taken for.
    pub(super) written: ColorSpace,
    progressive: bool,
    exif: Option<Vec<u8>>,
    profile: Option<Vec<u8>>,
}

/// Reads the header.
pub(super) fn header(bytes: &[u8]) -> Result<Header, BadPicture> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder.decode_headers().map_err(BadPicture::damaged)?;
    let info = decoder.info().ok_or_else(|| BadPicture::damaged("it has no header"))?;
    let written = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let samples = match (info.components, written) {
        (1, _) => Samples::Gray,
        (3, _) => Samples::Rgb,
        (4, ColorSpace::CMYK | ColorSpace::YCCK) => Samples::Cmyk,
        (count, _) => return Err(BadPicture::Unsupported(format!("a JPEG of {count} components"))),
    };
    let (progressive, exif) = (is_progressive(bytes), decoder.exif().cloned());
    let sides = Sides::new(info.width.into(), info.height.into());
    Ok(Header { sides, samples, written, progressive, exif, profile: decoder.icc_profile() })
}

/// Decodes the samples, row by row.
pub(super) fn samples(bytes: &[u8], header: &Header) -> Result<Vec<u8>, BadPicture> {
    let wanted = match header.samples {
        Samples::Gray | Samples::GrayAlpha => ColorSpace::Luma,
        Samples::Rgb | Samples::Rgba => ColorSpace::RGB,
        // As they were written: the profile knows better what inks look like than a formula.
        Samples::Cmyk => header.written,
    };
    let mut samples = decode(bytes, wanted)?;
    let expected = header.sides.area().saturating_mul(header.samples.count() as u64);
    if samples.len() as u64 != expected {
        return Err(BadPicture::damaged("it has fewer pixels than it says"));
    }
    if header.samples == Samples::Cmyk {
        to_inks(&mut samples, header.written);
    }
    Ok(samples)
}

/// Decodes into that space of colours.
pub(super) fn decode(bytes: &[u8], wanted: ColorSpace) -> Result<Vec<u8>, BadPicture> {
    let options = options().jpeg_set_out_colorspace(wanted);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().map_err(BadPicture::damaged)
}

fn options() -> DecoderOptions {
    // 65,535 is what the format can say; the area was compared with what was recorded.
    DecoderOptions::default().set_max_width(65_535).set_max_height(65_535).jpeg_set_max_scans(SCANS_MAX)
}

/// Programs that write JPEG with four inks write how much paper is seen, not how much ink there is; some turn the three
/// coloured ones into a brightness and two differences first.
fn to_inks(samples: &mut [u8], written: ColorSpace) {
    for pixel in samples.chunks_exact_mut(4) {
        if written == ColorSpace::YCCK {
            let [y, cb, cr] = [pixel[0], pixel[1], pixel[2]].map(i32::from);
            let (cb, cr) = (cb - 128, cr - 128);
            // The matrix of JFIF in 16 bits.
            let turned =
                [y + ((91_881 * cr) >> 16), y - ((22_554 * cb + 46_802 * cr) >> 16), y + ((116_130 * cb) >> 16)];
            for (sample, turned) in pixel.iter_mut().zip(turned) {
                *sample = u8::try_from(turned.clamp(0, 255)).unwrap_or(u8::MAX);
            }
        }
        for sample in pixel {
            *sample = 255 - *sample;
        }
    }
}

/// Whether the first frame is a progressive one (SOF2): those are held as coefficients until the last pass.
fn is_progressive(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xFF, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xC0 | 0xC1 => return false,
            0xFF => at += 1,
            0xC3..=0xCF | 0xDB..=0xFE => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            // SOF2; or a marker without a segment, behind which somebody hides one.
            _ => return true,
        }
    }
    // A header that is not understood is taken for the one that needs more.
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_behind_a_marker_without_segment_is_not_believed() {
        let comment = [0xFF, 0xD8, 0xFF, 0xFE, 0, 2, 0xFF, 0xC0, 0, 17];
        assert!(!is_progressive(&comment));
        let mut nothing = comment;
        nothing[3] = 0x01;
        assert!(is_progressive(&nothing));
    }
}
