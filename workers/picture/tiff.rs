//! TIFF 6.0 and `BigTIFF`, a row of strips or tiles at a time.
//!
//! What is compressed as JPEG is decoded here and not by the reader of the container: only so are its colours known.

mod chunk;
mod page;
mod palette;
mod ready;

use image::metadata::Orientation;
use tiff::ColorType;
use tiff::decoder::{ChunkType, Decoder, Limits};
use tiff::tags::{CompressionMethod, PlanarConfiguration, Tag};

use self::palette::Palette;
use self::ready::Ready;
use super::colour::{Colour, Samples};
use super::whole::{Lying, believed, upright};
use super::{BAND_BYTES_MAX, BadPicture, ReadyTiles, Rows, Sides, Source};

/// Bytes of the values of one tag: the offsets of a million tiles, a profile.
const TAG_BYTES_MAX: usize = 16 << 20;

/// Opens a page of a TIFF file, counted from 0 as the probe counts them.
pub(super) fn open<'a>(source: impl Source + 'a, recorded: Sides, page: u32) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(BAND_BYTES_MAX).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    limits.ifd_value_size = TAG_BYTES_MAX;
    let page = page::page(source, page)?;
    let has_palette = page.has_palette;
    let mut decoder = Decoder::new(page).map_err(BadPicture::damaged)?.with_limits(limits);
    let palette = has_palette.then(|| palette::read(&mut decoder)).transpose()?;
    rows(Chunks::new(decoder, palette)?, recorded)
}

fn rows<'a, S: Source + 'a>(chunks: Chunks<S>, recorded: Sides) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    let asked = chunks.orientation;
    let orientation = believed(asked, chunks.sides, recorded)?;
    let colour = Colour::new(chunks.layout.samples, chunks.profile.as_deref());
    upright(chunks, colour, orientation)
}

/// How the samples of a picture are written.
struct Layout {
    samples: Samples,
    /// Samples of a pixel in the file.
    written: usize,
    bits: u8,
    /// The colours that palette indices stand for.
    palette: Option<Palette>,
}

impl Layout {
    fn of(decoder: &mut Decoder<impl Source>, palette: Option<Palette>) -> Result<Self, BadPicture> {
        let color = decoder.colortype().map_err(BadPicture::damaged)?;
        let format = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).map_err(BadPicture::damaged)?;
        if format.unwrap_or_default().iter().any(|format| *format != 1 && *format != 4) {
            return Err(BadPicture::Unsupported("a TIFF of negative or fractional samples".to_owned()));
        }
        let (samples, bits) = match color {
            ColorType::Gray(bits) if palette.is_some() => (Samples::Rgb, bits),
            ColorType::Gray(bits) => (Samples::Gray, bits),
            ColorType::GrayA(bits) => (Samples::GrayAlpha, bits),
            ColorType::RGB(bits) | ColorType::YCbCr(bits) => (Samples::Rgb, bits),
            ColorType::RGBA(bits) => (Samples::Rgba, bits),
            ColorType::CMYK(bits) => (Samples::Cmyk, bits),
            // Gray with something beside it; the first is the gray.
            ColorType::Multiband { bit_depth, .. } => (Samples::Gray, bit_depth),
            other @ (ColorType::CMYKA(_) | ColorType::Lab(_)) => {
                return Err(BadPicture::Unsupported(format!("a TIFF of the colours {other:?}")));
            }
            other => return Err(BadPicture::Unsupported(format!("a TIFF of the colours {other:?}"))),
        };
        if !matches!((color, bits), (_, 8 | 16) | (ColorType::Gray(_), 1 | 2 | 4)) {
            return Err(BadPicture::Unsupported(format!("a TIFF of {bits} bits a sample")));
        }
        Ok(Self { samples, written: color.num_samples().into(), bits, palette })
    }
}

/// The strips or tiles of a page.
struct Chunks<S: Source> {
    decoder: Decoder<S>,
    sides: Sides,
    layout: Layout,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
    /// Sides of a strip or tile.
    chunk: Sides,
    across: u32,
    planes: u32,
    jpeg: Option<chunk::JpegChunks>,
    /// Tiles that may be shown as they are.
    ready: Option<Ready>,
    /// The rows that were decoded and not handed out yet, and where the first of them is.
    band: Vec<u8>,
    handed_out: usize,
    next_band: u32,
}

impl<S: Source> Chunks<S> {
    fn new(mut decoder: Decoder<S>, palette: Option<Palette>) -> Result<Self, BadPicture> {
        let (width, height) = decoder.dimensions().map_err(BadPicture::damaged)?;
        let sides = Sides::new(width, height);
        if sides.area() == 0 {
            return Err(BadPicture::damaged("it has no pixels"));
        }
        let layout = Layout::of(&mut decoder, palette)?;
        let find = |decoder: &mut Decoder<S>, tag| decoder.find_tag_unsigned::<u16>(tag).map_err(BadPicture::damaged);
        let orientation = find(&mut decoder, Tag::Orientation)?.and_then(|value| u8::try_from(value).ok());
        let orientation = orientation.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms);
        let planar = find(&mut decoder, Tag::PlanarConfiguration)? == Some(PlanarConfiguration::Planar.to_u16());
        let compression = find(&mut decoder, Tag::Compression)?;
        let profile = decoder.find_tag(Tag::IccProfile).ok().flatten().and_then(|value| value.into_u8_vec().ok());
        let (chunk_width, chunk_height) = decoder.chunk_dimensions();
        let strips = decoder.get_chunk_type() == ChunkType::Strip;
        // A strip that says it is higher than the picture is as high as the picture.
        let chunk =
            if strips { Sides::new(width, chunk_height.min(height)) } else { Sides::new(chunk_width, chunk_height) };
        if chunk.area() == 0 {
            return Err(BadPicture::damaged("its strips or tiles have no pixels"));
        }
        let across = width.div_ceil(chunk.width);
        let band = u64::from(width) * u64::from(chunk.height) * layout.samples.count() as u64 * 2;
        if band > BAND_BYTES_MAX * 2 {
            let what = "a row of its strips or tiles";
            return Err(BadPicture::TooLarge { what, bytes: band / 2, limit: BAND_BYTES_MAX });
        }
        let jpeg = (compression == Some(CompressionMethod::ModernJPEG.to_u16()))
            .then(|| chunk::JpegChunks::new(&mut decoder.image_ifd(), strips))
            .transpose()?;
        let ready = jpeg.as_ref().and_then(|tiles| Ready::find(&mut decoder, tiles));
        let planes = if planar { u32::try_from(layout.written).unwrap_or(1) } else { 1 };
        let (band, handed_out, next_band) = (Vec::new(), 0, 0);
        Ok(Self {
            decoder,
            sides,
            layout,
            orientation,
            profile,
            chunk,
            across,
            planes,
            jpeg,
            ready,
            band,
            handed_out,
            next_band,
        })
    }

    /// Decodes the next row of strips or tiles.
    fn fill(&mut self) -> Result<(), BadPicture> {
        let top = self.next_band.saturating_mul(self.chunk.height);
        if top >= self.sides.height {
            return Err(BadPicture::damaged("it has fewer rows than it says"));
        }
        let count = self.layout.samples.count();
        let rows = self.chunk.height.min(self.sides.height - top) as usize;
        let row_bytes = self.sides.width as usize * count;
        self.band.clear();
        self.band.resize(rows * row_bytes, 0);
        self.handed_out = 0;
        let down = self.sides.height.div_ceil(self.chunk.height);
        for column in 0..self.across {
            let left = column as usize * self.chunk.width as usize;
            let width = (self.chunk.width as usize).min(self.sides.width as usize - left);
            let first = self.next_band * self.across + column;
            for plane in 0..self.planes {
                let index = first + plane * down * self.across;
                let place = chunk::Place { rows, width, row_bytes, left: left * count, plane: plane as usize };
                self.place(index, &place)?;
            }
        }
        self.next_band += 1;
        Ok(())
    }

    /// Decodes one strip or tile into its place of the band.
    fn place(&mut self, index: u32, place: &chunk::Place) -> Result<(), BadPicture> {
        if let Some(jpeg) = &self.jpeg {
            let decoded = jpeg.decode(self.decoder.inner(), index, self.layout.samples)?;
            return decoded.copy(place, &mut self.band);
        }
        let (width, height) = self.decoder.chunk_data_dimensions(index);
        if (width as usize) < place.width || (height as usize) < place.rows {
            return Err(BadPicture::damaged("a strip or tile is smaller than its place"));
        }
        let decoded = self.decoder.read_chunk(index).map_err(BadPicture::damaged)?;
        let chunky = if self.planes == 1 { self.layout.written } else { 1 };
        chunk::unpack(&decoded, &self.layout, chunky, width as usize, place, &mut self.band)
    }
}

impl<S: Source> Lying for Chunks<S> {
    fn sides(&self) -> Sides {
        self.sides
    }

    fn row(&mut self, into: &mut Vec<u8>) -> Result<(), BadPicture> {
        if self.handed_out >= self.band.len() {
            self.fill()?;
        }
        let row_bytes = self.sides.width as usize * self.layout.samples.count();
        into.extend_from_slice(&self.band[self.handed_out..self.handed_out + row_bytes]);
        self.handed_out += row_bytes;
        Ok(())
    }

    fn ready(&mut self) -> Option<&mut dyn ReadyTiles> {
        if self.ready.is_some() { Some(self) } else { None }
    }
}

impl<S: Source> ReadyTiles for Chunks<S> {
    fn side(&self) -> u32 {
        self.ready.as_ref().map_or(0, Ready::side)
    }

    fn tile(&mut self, scale: u32, column: u32, row: u32) -> Option<Vec<u8>> {
        let (ready, page) = self.ready.as_ref().zip(self.jpeg.as_ref())?;
        ready.tile(self.decoder.inner(), page, scale, (column, row))
    }
}
