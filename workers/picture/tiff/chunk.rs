//! One strip or tile: from what it holds to its place among the samples of a band.

use std::io::{Read as _, SeekFrom};

use tiff::decoder::{DecodingResult, IfdDecoder};
use tiff::tags::{PhotometricInterpretation, Tag};

use super::super::colour::Samples;
use super::super::{BAND_BYTES_MAX, BadPicture, Source, jpeg};
use super::Layout;

/// Where in a band the samples of a strip or tile go.
pub(super) struct Place {
    /// Rows and pixels that are used: an edge tile has more.
    pub(super) rows: usize,
    pub(super) width: usize,
    /// Bytes of a row of the band.
    pub(super) row_bytes: usize,
    /// Bytes before the first pixel in each row.
    pub(super) left: usize,
    /// Which sample of each pixel, where they are stored apart.
    pub(super) plane: usize,
}

/// Puts decoded samples into their place: 8 bits each, palette resolved. `chunky` is how many samples of a pixel lie
/// side by side, `width` how many pixels a row of the strip or tile has.
pub(super) fn unpack(
    decoded: &DecodingResult,
    layout: &Layout,
    chunky: usize,
    width: usize,
    place: &Place,
    band: &mut [u8],
) -> Result<(), BadPicture> {
    let short = || BadPicture::damaged("a strip or tile has fewer samples than it says");
    let row_bits = width * chunky * usize::from(layout.bits);
    let stride = match decoded {
        DecodingResult::U8(_) => row_bits.div_ceil(8),
        DecodingResult::U16(_) => width * chunky,
        _ => return Err(BadPicture::Unsupported("a TIFF of such samples".to_owned())),
    };
    let count = layout.samples.count();
    let mut line = Vec::with_capacity(width * chunky);
    for row in 0..place.rows {
        line.clear();
        match decoded {
            DecodingResult::U8(samples) => {
                let packed = samples.get(row * stride..(row + 1) * stride).ok_or_else(short)?;
                expand(packed, layout, width * chunky, &mut line);
            }
            DecodingResult::U16(samples) => {
                let samples = samples.get(row * stride..(row + 1) * stride).ok_or_else(short)?;
                line.extend(samples.iter().map(|sample| to_8_bits(*sample)));
            }
            _ => {}
        }
        let begin = row * place.row_bytes + place.left;
        let into = &mut band[begin..begin + place.width * count];
        if let Some(palette) = &layout.palette {
            for (to, index) in into.chunks_exact_mut(3).zip(&line) {
                to.copy_from_slice(palette.get(usize::from(*index)).unwrap_or(&[0; 3]));
            }
        } else if chunky == 1 && layout.written > 1 {
            // Stored apart. What is beside the colours (a mask) has no place.
            if place.plane < count {
                into.iter_mut().skip(place.plane).step_by(count).zip(&line).for_each(|(to, sample)| *to = *sample);
            }
        } else if chunky == count {
            into.copy_from_slice(&line[..place.width * count]);
        } else {
            for (to, pixel) in into.chunks_exact_mut(count).zip(line.chunks_exact(chunky)) {
                to.copy_from_slice(&pixel[..count]);
            }
        }
    }
    Ok(())
}

/// One byte a sample. Less than 8 bits are spread over all 8, but for a palette, whose indices they are.
fn expand(packed: &[u8], layout: &Layout, samples: usize, line: &mut Vec<u8>) {
    let bits = layout.bits;
    if bits >= 8 {
        line.extend_from_slice(packed);
        return;
    }
    let most = (1u8 << bits) - 1;
    let factor = if layout.palette.is_some() { 1 } else { u8::MAX / most };
    let each = packed.iter().flat_map(|byte| (0..8 / bits).rev().map(move |place| (byte >> (place * bits)) & most));
    line.extend(each.take(samples).map(|sample| sample * factor));
}

fn to_8_bits(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

/// Where the strips or tiles of a page lie that are JPEG each, and the tables that they share.
pub(super) struct JpegChunks {
    offsets: Vec<u64>,
    lengths: Vec<u64>,
    /// Tag 347 without its end-of-image marker; empty where each has its own tables.
    tables: Vec<u8>,
    ycbcr: bool,
}

/// The samples of a strip or tile.
pub(super) struct Decoded {
    samples: Vec<u8>,
    width: usize,
    count: usize,
}

impl JpegChunks {
    /// Those of a directory.
    pub(super) fn new(directory: &mut IfdDecoder<'_>, strips: bool) -> Result<Self, BadPicture> {
        let (offsets, lengths) =
            if strips { (Tag::StripOffsets, Tag::StripByteCounts) } else { (Tag::TileOffsets, Tag::TileByteCounts) };
        let offsets = directory.get_tag_u64_vec(offsets).map_err(BadPicture::damaged)?;
        let lengths = directory.get_tag_u64_vec(lengths).map_err(BadPicture::damaged)?;
        let tables = directory.find_tag(Tag::JPEGTables).map_err(BadPicture::damaged)?;
        let tables = tables.map(|value| value.into_u8_vec().map_err(BadPicture::damaged)).transpose()?;
        let tables = tables.unwrap_or_default();
        let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(&tables).to_vec();
        let photometric = directory.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation).ok().flatten();
        let ycbcr = photometric == Some(PhotometricInterpretation::YCbCr.to_u16());
        Ok(Self { offsets, lengths, tables, ycbcr })
    }

    /// The tables that all share.
    pub(super) fn tables(&self) -> &[u8] {
        &self.tables
    }

    /// What a strip or tile holds, at most that many bytes.
    pub(super) fn raw(&self, source: &mut impl Source, index: u32, most: u64) -> Result<Vec<u8>, BadPicture> {
        let missing = || BadPicture::damaged("a strip or tile is not there");
        let index = index as usize;
        let (offset, length) = (self.offsets.get(index), self.lengths.get(index));
        let (offset, length) = offset.zip(length).ok_or_else(missing)?;
        if *length > most {
            return Err(BadPicture::TooLarge { what: "a strip or tile", bytes: *length, limit: most });
        }
        seek(source, *offset)?;
        // Not allocated by what the file says, but by what is there.
        let mut bytes = Vec::new();
        let read = source.take(*length).read_to_end(&mut bytes).map_err(BadPicture::Read)?;
        if read as u64 != *length || read < 2 {
            return Err(missing());
        }
        Ok(bytes)
    }

    /// A strip or tile as a JPEG file of its own: the shared tables, then what it holds without its first marker.
    fn bytes(&self, source: &mut impl Source, index: u32) -> Result<Vec<u8>, BadPicture> {
        let bytes = self.raw(source, index, BAND_BYTES_MAX)?;
        if self.tables.is_empty() {
            return Ok(bytes);
        }
        Ok([self.tables.as_slice(), bytes.get(2..).unwrap_or_default()].concat())
    }

    pub(super) fn decode(&self, source: &mut impl Source, index: u32, samples: Samples) -> Result<Decoded, BadPicture> {
        let bytes = self.bytes(source, index)?;
        let header = jpeg::header(&bytes)?;
        if header.sides.area().saturating_mul(4) > BAND_BYTES_MAX {
            return Err(BadPicture::damaged("a strip or tile is larger than its place"));
        }
        let decoded = match (samples, header.samples) {
            // What the container calls RGB was not turned into brightness and differences, whatever a JPEG of three
            // components usually is: asked for what it is taken for, the decoder turns nothing.
            (Samples::Rgb, Samples::Rgb) if !self.ycbcr => jpeg::decode(&bytes, header.written)?,
            (Samples::Rgb, Samples::Rgb) | (Samples::Gray, Samples::Gray) => jpeg::samples(&bytes, &header)?,
            (Samples::Cmyk, Samples::Cmyk) => {
                // Here inks are inks: undo what is right for files of JPEG alone.
                jpeg::samples(&bytes, &header)?.into_iter().map(|sample| 255 - sample).collect()
            }
            _ => return Err(BadPicture::damaged("a strip or tile has other colours than the file says")),
        };
        Ok(Decoded { samples: decoded, width: header.sides.width as usize, count: samples.count() })
    }
}

/// Goes to a place from where the source stands: what was read ahead is kept, and tiles often lie side by side.
fn seek(source: &mut impl Source, offset: u64) -> Result<(), BadPicture> {
    let at = source.stream_position().map_err(BadPicture::Read)?;
    let sought = match offset.checked_signed_diff(at) {
        Some(far) => source.seek_relative(far),
        None => source.seek(SeekFrom::Start(offset)).map(drop),
    };
    sought.map_err(BadPicture::Read)
}

impl Decoded {
    pub(super) fn copy(&self, place: &Place, band: &mut [u8]) -> Result<(), BadPicture> {
        let bytes = place.width * self.count;
        for row in 0..place.rows {
            let from = row * self.width * self.count;
            let samples = (place.width <= self.width).then(|| self.samples.get(from..from + bytes)).flatten();
            let samples = samples.ok_or_else(|| BadPicture::damaged("a strip or tile is smaller than its place"))?;
            let begin = row * place.row_bytes + place.left;
            band[begin..begin + bytes].copy_from_slice(samples);
        }
        Ok(())
    }
}
