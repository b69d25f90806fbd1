//! From the pixels of an answer to the bytes of a file, one function a format.

use std::io::Cursor;

use fonds_workers::picture::encode::{Chroma, jpeg};
use fonds_workers::picture::{Channels, Pixels};
use image::codecs::gif::GifEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::tiff::TiffEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use crate::iiif::error::Error;
use crate::iiif::image::render::to_image;
use crate::iiif::image::request::Format;
use crate::iiif::image::turn::Turned;

/// Pixels of an answer whose colours are kept whole: less than a tile.
const SMALL_PIXELS: u64 = 250_000;
/// Quality of WebP: about what 85 is for JPEG.
const WEBP_QUALITY: f32 = 80.0;
/// How hard the encoder of GIF looks for 256 colours, from 1 (hardest) to 30.
const GIF_SPEED: i32 = 10;
/// The longest side of a page of PDF in its units (ISO 32000-1, annex C).
const PDF_SIDE_MAX: f64 = 14_400.0;

/// Writes an answer.
pub fn write(answer: Turned, format: Format) -> Result<Vec<u8>, Error> {
    match format {
        Format::Jpg => {
            let pixels = answer.on_black();
            let chroma = if pixels.sides.area() <= SMALL_PIXELS { Chroma::Full } else { Chroma::Half };
            jpeg(&pixels, chroma).map_err(failed)
        }
        Format::Png => png(answer),
        Format::Webp => webp(answer),
        Format::Tif => tif(&answer.on_black()),
        Format::Gif => gif(answer.on_black()),
        Format::Pdf => pdf(&answer.on_black()),
    }
}

fn failed(what: impl std::fmt::Display) -> Error {
    Error::Render(what.to_string())
}

fn png(answer: Turned) -> Result<Vec<u8>, Error> {
    let (sides, channels) = (answer.pixels.sides, answer.pixels.channels);
    let (samples, kind) = match (answer.alpha, channels) {
        (None, Channels::Gray) => (answer.pixels.data, ExtendedColorType::L8),
        (None, Channels::Rgb) => (answer.pixels.data, ExtendedColorType::Rgb8),
        (Some(alpha), Channels::Gray) => (with_alpha(&answer.pixels, &alpha), ExtendedColorType::La8),
        (Some(alpha), Channels::Rgb) => (with_alpha(&answer.pixels, &alpha), ExtendedColorType::Rgba8),
    };
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    encoder.write_image(&samples, sides.width, sides.height, kind).map_err(failed)?;
    Ok(bytes)
}

fn webp(answer: Turned) -> Result<Vec<u8>, Error> {
    let sides = answer.pixels.sides;
    let alpha = answer.alpha;
    let colours = to_image(answer.pixels)?.into_rgb8().into_raw();
    let written = match alpha {
        None => webp::Encoder::from_rgb(&colours, sides.width, sides.height).encode_simple(false, WEBP_QUALITY),
        Some(alpha) => {
            let pixels = Pixels { sides, channels: Channels::Rgb, data: colours };
            let samples = with_alpha(&pixels, &alpha);
            webp::Encoder::from_rgba(&samples, sides.width, sides.height).encode_simple(false, WEBP_QUALITY)
        }
    };
    written.map(|bytes| bytes.to_vec()).map_err(|error| failed(format!("{error:?}")))
}

fn with_alpha(pixels: &Pixels, alpha: &[u8]) -> Vec<u8> {
    let count = pixels.channels.count();
    let each = pixels.data.chunks_exact(count).zip(alpha);
    each.flat_map(|(pixel, alpha)| pixel.iter().chain(std::iter::once(alpha))).copied().collect()
}

fn tif(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let kind = match pixels.channels {
        Channels::Gray => ExtendedColorType::L8,
        Channels::Rgb => ExtendedColorType::Rgb8,
    };
    let mut bytes = Cursor::new(Vec::new());
    let written = TiffEncoder::new(&mut bytes).write_image(&pixels.data, pixels.sides.width, pixels.sides.height, kind);
    written.map_err(failed)?;
    Ok(bytes.into_inner())
}

fn gif(pixels: Pixels) -> Result<Vec<u8>, Error> {
    let image = to_image(pixels)?.into_rgb8();
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, GIF_SPEED);
    encoder.encode(image.as_raw(), image.width(), image.height(), ExtendedColorType::Rgb8).map_err(failed)?;
    drop(encoder);
    Ok(bytes)
}

/// One page that holds the image as a JPEG, a unit a pixel where that is not too large (ISO 32000-1 §7.5, §8.9.5).
fn pdf(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let (width, height) = (pixels.sides.width, pixels.sides.height);
    let picture = jpeg(pixels, Chroma::Full).map_err(failed)?;
    let scale = (PDF_SIDE_MAX / f64::from(width.max(height))).min(1.0);
    let (across, down) = (f64::from(width) * scale, f64::from(height) * scale);
    let colours = match pixels.channels {
        Channels::Gray => "DeviceGray",
        Channels::Rgb => "DeviceRGB",
    };
    let drawing = format!("q {across:.2} 0 0 {down:.2} 0 0 cm /I Do Q");
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across:.2} {down:.2}] /Contents 5 0 R \
         /Resources << /XObject << /I 4 0 R >> >> >>"
    );
    let image = format!(
        "<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /{colours} /BitsPerComponent 8 \
         /Filter /DCTDecode /Length {} >>\nstream\n",
        picture.len()
    );
    let contents = format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len());
    let objects: [&[&[u8]]; 5] = [
        &[b"<< /Type /Catalog /Pages 2 0 R >>"],
        &[b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
        &[page.as_bytes()],
        &[image.as_bytes(), &picture, b"\nendstream"],
        &[contents.as_bytes()],
    ];
    let mut bytes = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut places = Vec::new();
    for (number, parts) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend_from_slice(format!("{} 0 obj\n", number + 1).as_bytes());
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).as_bytes());
    for place in &places {
        bytes.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes());
    }
    let trailer = format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", places.len() + 1);
    bytes.extend_from_slice(trailer.as_bytes());
    Ok(bytes)
}
