//! Which tiles of a page are JPEG and may be shown as they are, and where: at full resolution, and in the smaller copies
//! that the file has of the page.

use tiff::decoder::{Decoder, IfdDecoder};
use tiff::tags::{CompressionMethod, IfdPointer, PhotometricInterpretation, PlanarConfiguration, Tag};

use super::super::{Channels, Sides, Source, baseline};
use super::chunk::JpegChunks;

/// Directories that are looked at for smaller copies, each way: the largest picture there can be has twenty levels.
const COPIES_MAX: usize = 32;
/// Entries of a directory: more than there are tags. `BigTIFF` may claim as many as the file has room for.
const ENTRIES_MAX: u64 = 1 << 16;
/// Tiles that are tried, along the diagonal: where none of them is ready, none is.
const TRIED: u32 = 4;
/// Bytes of a tile beside three for each pixel: the tables that it may bring.
const HEADER_BYTES_MAX: u64 = 4096;

/// The tiles of a page that are ready.
pub(super) struct Ready {
    page: Sides,
    side: u32,
    channels: Channels,
    /// Smaller copies: the scale factor, and where their tiles are.
    copies: Vec<(u32, JpegChunks)>,
}

impl Ready {
    /// Looks at the directory of the page on which the reader stands, whose tiles are these, and at those of its copies.
    /// Where one cannot be read, its tiles are not ready: that is no reason not to decode the page.
    pub(super) fn find(decoder: &mut Decoder<impl Source>, tiles: &JpegChunks) -> Option<Self> {
        let page = Tiled::read(&mut decoder.image_ifd())?;
        let (first, next) = {
            let mut directory = decoder.image_ifd();
            let inner = directory.find_tag(Tag::SubIfd).ok().flatten();
            (inner.and_then(|value| value.into_ifd_vec().ok()).unwrap_or_default(), directory.directory().next())
        };
        let mut ready = Self { page: page.sides, side: page.side, channels: page.channels()?, copies: Vec::new() };
        if !(0..TRIED).any(|place| ready.tile(decoder.inner(), tiles, 1, (place, place)).is_some()) {
            return None;
        }
        for place in first.into_iter().take(COPIES_MAX) {
            ready.take_copy(decoder, &page, place);
        }
        let mut next = next;
        for _ in 0..COPIES_MAX {
            // A directory that is no copy is another page, and what follows is its.
            let Some((true, behind)) = next.and_then(|place| ready.take_copy(decoder, &page, place)) else { break };
            next = behind;
        }
        Some(ready)
    }

    /// Takes the tiles of a directory if they are those of a level that is not there yet. Tells whether it belongs to the
    /// page, and which directory follows it.
    fn take_copy(
        &mut self,
        decoder: &mut Decoder<impl Source>,
        page: &Tiled,
        place: IfdPointer,
    ) -> Option<(bool, Option<IfdPointer>)> {
        let directory = if is_short(decoder, place)? { decoder.read_directory(place).ok()? } else { return None };
        let next = directory.next();
        let mut tags = decoder.read_directory_tags(&directory);
        let kind = tags.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().unwrap_or_default();
        // A mask of the page (bit 2) is neither.
        let (is_copy, is_mask) = (kind & 1 != 0, kind & 4 != 0);
        let level = Tiled::read(&mut tags).filter(|copy| !is_mask && copy.is_like(page));
        let scale = level.as_ref().and_then(|copy| scale(page.sides, copy.sides, self.side));
        if let Some(scale) = scale
            && self.copies.iter().all(|(known, _)| *known != scale)
            && has_all_tiles(&tags, at(page.sides, scale), self.side)
            && let Ok(chunks) = JpegChunks::new(&mut tags, false)
        {
            self.copies.push((scale, chunks));
        }
        Some((is_copy || is_mask || scale.is_some(), next))
    }

    /// Pixels of a side of every tile.
    pub(super) const fn side(&self) -> u32 {
        self.side
    }

    /// A tile of a level as a file of its own; `page` are the tiles at full resolution.
    pub(super) fn tile(
        &self,
        source: &mut impl Source,
        page: &JpegChunks,
        scale: u32,
        (column, row): (u32, u32),
    ) -> Option<Vec<u8>> {
        let chunks = match scale {
            1 => page,
            _ => self.copies.iter().find(|(known, _)| *known == scale).map(|(_, chunks)| chunks)?,
        };
        let level = at(self.page, scale);
        // Tiles at the edge are filled up: they are larger than what they show.
        if column >= level.width / self.side || row >= level.height / self.side {
            return None;
        }
        let index = row.checked_mul(level.width.div_ceil(self.side))?.checked_add(column)?;
        let sides = Sides::new(self.side, self.side);
        let bytes = chunks.raw(source, index, sides.area() * 3 + HEADER_BYTES_MAX).ok()?;
        baseline::rebuilt(chunks.tables(), &bytes, sides, self.channels)
    }
}

/// Whether a directory has no more entries than there can be.
fn is_short(decoder: &mut Decoder<impl Source>, place: IfdPointer) -> Option<bool> {
    decoder.goto_offset_u64(2).ok()?;
    let is_big = decoder.read_short().ok()? == 43;
    decoder.goto_offset_u64(place.0).ok()?;
    Some(!is_big || decoder.read_long8().ok()? <= ENTRIES_MAX)
}

/// Whether a directory tells of as many tiles as the level has, so that reading where they are takes no more than it must.
fn has_all_tiles(tags: &IfdDecoder<'_>, level: Sides, side: u32) -> bool {
    let tiles = u64::from(level.width.div_ceil(side)) * u64::from(level.height.div_ceil(side));
    [Tag::TileOffsets, Tag::TileByteCounts]
        .into_iter()
        .all(|tag| tags.find_entry(tag).is_some_and(|it| it.count() == tiles))
}

/// The scale factor at which a page has exactly the sides of a copy, if the copy has a tile that is no edge.
fn scale(page: Sides, copy: Sides, side: u32) -> Option<u32> {
    let mut factors = std::iter::successors(Some(2u32), |scale| scale.checked_mul(2));
    let found = factors.find(|scale| at(page, *scale).width <= copy.width)?;
    (at(page, found) == copy && copy.width >= side && copy.height >= side).then_some(found)
}

fn at(page: Sides, scale: u32) -> Sides {
    Sides::new(page.width.div_ceil(scale), page.height.div_ceil(scale))
}

/// What a directory of square JPEG tiles says, as far as it must be alike in a page and its copies.
struct Tiled {
    sides: Sides,
    side: u32,
    photometric: u16,
    samples: u16,
}

impl Tiled {
    fn read(tags: &mut IfdDecoder<'_>) -> Option<Self> {
        let mut number = |tag| tags.find_tag_unsigned::<u32>(tag).ok().flatten();
        let short = |value: Option<u32>| value.and_then(|value| u16::try_from(value).ok());
        let sides = Sides::new(number(Tag::ImageWidth)?, number(Tag::ImageLength)?);
        let side = number(Tag::TileWidth).filter(|side| *side > 0)?;
        let photometric = short(number(Tag::PhotometricInterpretation))?;
        let samples = short(number(Tag::SamplesPerPixel)).unwrap_or(1);
        let is_square = number(Tag::TileLength) == Some(side);
        let is_jpeg = short(number(Tag::Compression)) == Some(CompressionMethod::ModernJPEG.to_u16());
        let is_chunky =
            short(number(Tag::PlanarConfiguration)).is_none_or(|it| it == PlanarConfiguration::Chunky.to_u16());
        (is_square && is_jpeg && is_chunky && sides.area() > 0).then_some(Self { sides, side, photometric, samples })
    }

    /// What its pixels are, where they are shown as JPEG has them. RGB without differences is not: few programs expect it.
    fn channels(&self) -> Option<Channels> {
        if self.photometric == PhotometricInterpretation::YCbCr.to_u16() && self.samples == 3 {
            return Some(Channels::Rgb);
        }
        let is_gray = self.photometric == PhotometricInterpretation::BlackIsZero.to_u16() && self.samples == 1;
        is_gray.then_some(Channels::Gray)
    }

    fn is_like(&self, page: &Self) -> bool {
        (self.side, self.photometric, self.samples) == (page.side, page.photometric, page.samples)
    }
}
