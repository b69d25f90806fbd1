//! Making a pack: rows come in from the top, and every level is halved, cut and encoded as they pass. Tiles that the master
//! holds ready are taken as they are: a JPEG that is decoded and encoded again is a worse one.
//!
//! Memory is one row of tiles for each level, and the small levels whole.

use std::io::{self, Seek, SeekFrom, Write};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use fonds_schemas::Sha256;
use sha2::Digest as _;

use super::geometry::{Pyramid, TileSide};
use super::read::ENTRIES_MAX;
use super::ready::{is_sound, shows};
use super::{ENTRY_BYTES, HEADER_BYTES, MAGIC, PIPELINE};
use crate::picture::encode::{BadEncoding, Chroma, JPEG_QUALITY, jpeg, jpeg_of, tile as tile_of};
use crate::picture::{BadPicture, Channels, Pixels, Rows, Sides};

/// Bytes that the rows of tiles of all levels may take: twice that of the largest. Wider pictures are kept, not packed.
const BANDS_BYTES_MAX: u64 = 512 << 20;

/// Why there is no pack of a picture.
#[derive(Debug, thiserror::Error)]
pub enum Unpackable {
    /// It cannot be decoded.
    #[error(transparent)]
    Picture(#[from] BadPicture),
    /// A tile cannot be encoded.
    #[error(transparent)]
    Encoding(#[from] BadEncoding),
    /// It is too wide.
    #[error("it is {0} pixels, too wide to be cut into tiles")]
    TooWide(Sides),
    /// It could not be written.
    #[error("the pack could not be written")]
    Write(#[from] io::Error),
    /// Pixels could not be made smaller: our own fault.
    #[error("the picture could not be made smaller: {0}")]
    Resize(String),
}

/// How a pack came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Its tiles, at all levels.
    pub tiles: u64,
    /// How many of them are as the master held them.
    pub taken: u64,
}

/// Writes the pack of a picture whose master has that digest. What was in `to` before must be nothing.
pub fn write(rows: &mut dyn Rows, master: &Sha256, to: &mut (impl Write + Seek)) -> Result<Written, Unpackable> {
    let (pyramid, channels) = (pyramid(rows), rows.channels());
    let (sides, tile) = (pyramid.image, pyramid.tile.pixels());
    let band = u64::from(sides.width) * u64::from(tile.min(sides.height)) * channels.count() as u64;
    if band * 2 > BANDS_BYTES_MAX {
        return Err(Unpackable::TooWide(sides));
    }
    let mut writer = Writer::new(pyramid, channels, to)?;
    let row_bytes = sides.width as usize * channels.count();
    let (mut done, mut buffer) = (0, Vec::new());
    while done < sides.height {
        buffer.clear();
        done += rows.read(tile.min(sides.height - done), &mut buffer)?;
        for row in buffer.chunks_exact(row_bytes) {
            writer.push(0, row, rows)?;
        }
    }
    writer.wholes()?;
    writer.finish(master)
}

/// Tiles as large as those that the master holds ready, if a pack may have such; else of the usual side.
fn pyramid(rows: &mut dyn Rows) -> Pyramid {
    let sides = rows.sides();
    let ready = rows.ready().and_then(|ready| TileSide::new(ready.side()));
    let as_ready = ready.map(|tile| Pyramid::new(sides, tile)).filter(|pyramid| pyramid.entries() <= ENTRIES_MAX);
    as_ready.unwrap_or(Pyramid::usual(sides))
}

/// A level as its rows arrive.
struct Level {
    scale: u32,
    sides: Sides,
    /// The sides of the image at this scale, not rounded up: the last row and column stand for less than a pixel.
    stands_for: (f64, f64),
    /// Rows that are not tiles yet.
    band: Vec<u8>,
    /// How many rows have come.
    rows: u32,
    /// The upper row of a pair whose lower one has not come.
    upper: Option<Vec<u8>>,
    /// All of it, where it is small enough to be kept or to make thumbnails of.
    kept: Option<Vec<u8>>,
}

struct Writer<'a, W> {
    pyramid: Pyramid,
    channels: Channels,
    levels: Vec<Level>,
    wholes: Vec<Sides>,
    /// Where each level's entries begin.
    firsts: Vec<usize>,
    index: Vec<(u64, u32)>,
    digest: sha2::Sha256,
    at: u64,
    written: Written,
    to: &'a mut W,
}

impl<'a, W: Write + Seek> Writer<'a, W> {
    fn new(pyramid: Pyramid, channels: Channels, to: &'a mut W) -> Result<Self, Unpackable> {
        let (sides, wholes) = (pyramid.image, pyramid.wholes());
        let largest_kept = wholes.iter().map(|size| size.width.max(size.height)).max().unwrap_or_default();
        let (mut levels, mut firsts, mut entries) = (Vec::new(), Vec::new(), 0usize);
        for scale in pyramid.scale_factors() {
            let level = pyramid.level(scale);
            let (across, down) = pyramid.tiles(scale);
            firsts.push(entries);
            entries += across as usize * down as usize;
            let kept = (level.width.max(level.height) <= largest_kept.max(pyramid.tile.pixels())).then(Vec::new);
            let stands_for = (f64::from(sides.width) / f64::from(scale), f64::from(sides.height) / f64::from(scale));
            levels.push(Level { scale, sides: level, stands_for, band: Vec::new(), rows: 0, upper: None, kept });
        }
        let written = Written { tiles: entries as u64, taken: 0 };
        entries += wholes.len();
        let at = (HEADER_BYTES + entries * ENTRY_BYTES) as u64;
        to.seek(SeekFrom::Start(at))?;
        let digest = sha2::Sha256::new();
        Ok(Self { pyramid, channels, levels, wholes, firsts, index: vec![(0, 0); entries], digest, at, written, to })
    }

    /// Takes the next row of a level, and gives every second one, halved, to the next level.
    fn push(&mut self, number: usize, row: &[u8], source: &mut dyn Rows) -> Result<(), Unpackable> {
        let level = &mut self.levels[number];
        level.band.extend_from_slice(row);
        level.rows += 1;
        if let Some(kept) = &mut level.kept {
            kept.extend_from_slice(row);
        }
        let is_last = level.rows == level.sides.height;
        let smaller = if number + 1 == self.firsts.len() {
            None
        } else {
            match level.upper.take() {
                Some(upper) => Some(halved(&upper, row, self.channels)),
                // The last row of an odd number stands for a pair.
                None if is_last => Some(halved(row, row, self.channels)),
                None => {
                    level.upper = Some(row.to_vec());
                    None
                }
            }
        };
        if is_last || level.rows.is_multiple_of(self.pyramid.tile.pixels()) {
            self.cut(number, source)?;
        }
        match smaller {
            Some(row) => self.push(number + 1, &row, source),
            None => Ok(()),
        }
    }

    /// Cuts the rows that have come into tiles.
    fn cut(&mut self, number: usize, source: &mut dyn Rows) -> Result<(), Unpackable> {
        let level = &mut self.levels[number];
        let band = std::mem::take(&mut level.band);
        let (scale, width, rows) = (level.scale, level.sides.width, level.rows);
        let chroma = if level.kept.is_some() { Chroma::Full } else { Chroma::Half };
        let (tile, count) = (self.pyramid.tile.pixels(), self.channels.count());
        let row_bytes = width as usize * count;
        let (across, _) = self.pyramid.tiles(scale);
        let down = (rows - 1) / tile;
        let mut samples = Vec::new();
        for column in 0..across {
            let sides = self.pyramid.tile_sides(scale, column, down);
            let left = (column * tile) as usize * count;
            samples.clear();
            for row in band.chunks_exact(row_bytes) {
                samples.extend_from_slice(&row[left..left + sides.width as usize * count]);
            }
            let encoded = match self.ready(source, (scale, column, down), &samples, sides) {
                Some(ready) => ready,
                None => tile_of(&samples, sides, self.channels, chroma)?,
            };
            let entry = self.firsts[number] + (down * across + column) as usize;
            self.append(entry, &encoded)?;
        }
        let level = &mut self.levels[number];
        level.band = band;
        level.band.clear();
        Ok(())
    }

    /// The tile as the master holds it, if it holds exactly this one.
    fn ready(
        &mut self,
        source: &mut dyn Rows,
        (scale, column, row): (u32, u32, u32),
        samples: &[u8],
        sides: Sides,
    ) -> Option<Vec<u8>> {
        let tile = self.pyramid.tile.pixels();
        let ready = source.ready().filter(|ready| ready.side() == tile && sides == Sides::new(tile, tile))?;
        let found = ready.tile(scale, column, row).filter(|found| match scale {
            // The samples were decoded from it.
            1 => is_sound(found, sides, self.channels),
            _ => shows(found, samples, sides, self.channels),
        })?;
        self.written.taken += 1;
        Some(found)
    }

    /// What is kept whole: levels as they are, thumbnails out of the smallest level that is larger.
    fn wholes(&mut self) -> Result<(), Unpackable> {
        let first = self.index.len() - self.wholes.len();
        for (place, size) in self.wholes.clone().into_iter().enumerate() {
            let levels = self.levels.iter().rev().filter(|level| level.kept.is_some());
            let enough = |level: &&Level| level.sides.width >= size.width && level.sides.height >= size.height;
            let Some(level) = levels.into_iter().find(enough) else {
                return Err(Unpackable::Resize(format!("no level holds {size}")));
            };
            let samples = level.kept.as_deref().unwrap_or_default();
            let encoded = if level.sides == size {
                jpeg_of(samples, size, self.channels, Chroma::Full)?
            } else {
                jpeg(&smaller(samples, level, size, self.channels)?, Chroma::Full)?
            };
            self.append(first + place, &encoded)?;
        }
        Ok(())
    }

    fn append(&mut self, entry: usize, bytes: &[u8]) -> Result<(), Unpackable> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.to.write_all(bytes)?;
        self.digest.update(bytes);
        self.index[entry] = (self.at, length);
        self.at += u64::from(length);
        Ok(())
    }

    fn finish(self, master: &Sha256) -> Result<Written, Unpackable> {
        let mut index = Vec::with_capacity(self.index.len() * ENTRY_BYTES);
        for (offset, length) in &self.index {
            index.extend_from_slice(&offset.to_be_bytes());
            index.extend_from_slice(&length.to_be_bytes());
        }
        let Pyramid { image: sides, tile } = self.pyramid;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&sides.width.to_be_bytes());
        header.extend_from_slice(&sides.height.to_be_bytes());
        header.extend_from_slice(&u16::try_from(tile.pixels()).unwrap_or_default().to_be_bytes());
        header.push(u8::try_from(self.channels.count()).unwrap_or_default());
        header.push(JPEG_QUALITY);
        header.extend_from_slice(&u32::try_from(self.index.len()).map_err(io::Error::other)?.to_be_bytes());
        header.extend_from_slice(&PIPELINE.to_be_bytes());
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(master.as_bytes());
        // Over everything: the header so far, the index, and the digest of the data.
        let parts = [header.as_slice(), &index, &self.digest.finalize()];
        let digest = Sha256::of(&parts.concat());
        header.extend_from_slice(digest.as_bytes());
        self.to.seek(SeekFrom::Start(0))?;
        self.to.write_all(&header)?;
        self.to.write_all(&index)?;
        self.to.flush()?;
        Ok(self.written)
    }
}

/// The mean of every four pixels; at an odd edge, of the two that there are.
fn halved(upper: &[u8], lower: &[u8], channels: Channels) -> Vec<u8> {
    match channels {
        Channels::Gray => halved_of::<1>(upper, lower),
        Channels::Rgb => halved_of::<3>(upper, lower),
    }
}

fn halved_of<const N: usize>(upper: &[u8], lower: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(upper.len().div_ceil(2 * N) * N);
    let (uppers, lowers) = (upper.chunks_exact(2 * N), lower.chunks_exact(2 * N));
    let (last_upper, last_lower) = (uppers.remainder(), lowers.remainder());
    for (upper, lower) in uppers.zip(lowers) {
        for at in 0..N {
            let sum = u16::from(upper[at]) + u16::from(upper[at + N]) + u16::from(lower[at]) + u16::from(lower[at + N]);
            row.push(u8::try_from((sum + 2) >> 2).unwrap_or(u8::MAX));
        }
    }
    row.extend(last_upper.iter().zip(last_lower).map(|(upper, lower)| upper.midpoint(*lower)));
    row
}

fn smaller(samples: &[u8], level: &Level, to: Sides, channels: Channels) -> Result<Pixels, Unpackable> {
    let from = level.sides;
    let failed = |error: &dyn std::fmt::Display| Unpackable::Resize(error.to_string());
    let kind = match channels {
        Channels::Gray => PixelType::U8,
        Channels::Rgb => PixelType::U8x3,
    };
    let source = ImageRef::new(from.width, from.height, samples, kind).map_err(|error| failed(&error))?;
    let mut target = Image::new(to.width, to.height, kind);
    let (width, height) = level.stands_for;
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).crop(0.0, 0.0, width, height);
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| failed(&error))?;
    Ok(Pixels { sides: to, channels, data: target.into_vec() })
}
