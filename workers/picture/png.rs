//! PNG (ISO/IEC 15948), row by row; an interlaced one has its rows only at the end and is decoded at once.

use std::io::BufReader;

use image::metadata::Orientation;
use png::{ColorType, Decoder, Limits, Reader, Transformations};

use super::colour::{Colour, Samples};
use super::whole::{Lying, Whole, believed, upright};
use super::{BadPicture, Rows, Sides, Source, fits};

/// Bytes that the decoder may take beside a row: tables, texts, a profile.
const BESIDE_BYTES_MAX: usize = 64 << 20;

/// Opens a PNG file.
pub(super) fn open<'a>(mut source: impl Source + 'a, recorded: Sides) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    source.rewind().map_err(BadPicture::Read)?;
    let mut decoder = Decoder::new_with_limits(BufReader::new(source), Limits { bytes: BESIDE_BYTES_MAX });
    // Palettes become colours, less than 8 bits become 8, and so do 16.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(BadPicture::damaged)?;
    let info = reader.info();
    let sides = Sides::new(info.width, info.height);
    let asked = info.exif_metadata.as_deref().and_then(Orientation::from_exif_chunk);
    let orientation = believed(asked.unwrap_or(Orientation::NoTransforms), sides, recorded)?;
    let samples = match reader.output_color_type().0 {
        ColorType::Grayscale => Samples::Gray,
        ColorType::GrayscaleAlpha => Samples::GrayAlpha,
        ColorType::Rgb => Samples::Rgb,
        ColorType::Rgba => Samples::Rgba,
        ColorType::Indexed => return Err(BadPicture::Unsupported("a palette that is not there".to_owned())),
    };
    let colour = Colour::new(samples, reader.info().icc_profile.as_deref());
    if reader.info().interlaced {
        let mut data = vec![0; fits("the picture, which is interlaced", sides, samples.count() as u64)?];
        reader.next_frame(&mut data).map_err(BadPicture::damaged)?;
        reader.finish().map_err(BadPicture::damaged)?;
        return Ok(Box::new(Whole::new(sides, data, orientation, colour)));
    }
    upright(
        Scanlines { reader, left: sides.height, sides, row_bytes: sides.width as usize * samples.count() },
        colour,
        orientation,
    )
}

struct Scanlines<S: Source> {
    reader: Reader<BufReader<S>>,
    left: u32,
    sides: Sides,
    row_bytes: usize,
}

impl<S: Source> Lying for Scanlines<S> {
    fn sides(&self) -> Sides {
        self.sides
    }

    fn row(&mut self, into: &mut Vec<u8>) -> Result<(), BadPicture> {
        let row = self.reader.next_row().map_err(BadPicture::damaged)?;
        let row = row.ok_or_else(|| BadPicture::damaged("it has fewer rows than it says"))?;
        let row = row.data().get(..self.row_bytes).ok_or_else(|| BadPicture::damaged("a row is too short"))?;
        into.extend_from_slice(row);
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            // Only the checksums behind the last row tell whether what was read is what was written.
            self.reader.finish().map_err(BadPicture::damaged)?;
        }
        Ok(())
    }
}
