//! Reading a pack: what stands where. The bytes are not trusted: every number is compared with what the sides ask for.

use fonds_schemas::Sha256;

use super::geometry::{Pyramid, TileSide};
use super::{ENTRY_BYTES, HEADER_BYTES, MAGIC, PIPELINE};
use crate::picture::{Channels, Sides};

/// The longest side that a pack may have: the widest that is written, and a bound for the number of entries.
const SIDE_MAX: u32 = 1 << 20;
/// Tiles that a pack may have: a picture of some 30 gigapixels in the smallest tiles, of 500 in the usual ones.
pub(super) const ENTRIES_MAX: u64 = 1 << 21;

/// Why bytes are no pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPack {
    /// Not the magic number.
    #[error("it is no tile pack")]
    Magic,
    /// Of an earlier or later release.
    #[error("it was made by pipeline {0}, this is {PIPELINE}")]
    Pipeline(u32),
    /// Fewer bytes than the header and the index take.
    #[error("it is cut short")]
    Short,
    /// A number that cannot be.
    #[error("its {0} cannot be right")]
    Wrong(&'static str),
}

/// Where something of a pack lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Bytes from the beginning.
    pub offset: u64,
    /// How many.
    pub length: u32,
}

/// What a pack holds and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    pyramid: Pyramid,
    channels: Channels,
    master: Sha256,
    digest: Sha256,
    /// The levels and where their entries begin.
    levels: Vec<(u32, usize)>,
    wholes: Vec<Sides>,
    entries: Vec<Entry>,
}

impl Index {
    /// How many bytes at the beginning of a file the header and the index take, by the header alone.
    pub fn bytes(header: &[u8]) -> Result<usize, BadPack> {
        let (.., entries) = read_header(header)?;
        Ok(HEADER_BYTES + entries * ENTRY_BYTES)
    }

    /// Reads the header and the index of a file of `total` bytes.
    pub fn read(bytes: &[u8], total: u64) -> Result<Self, BadPack> {
        let (pyramid, channels, count) = read_header(bytes)?;
        let end = HEADER_BYTES + count * ENTRY_BYTES;
        let table = bytes.get(HEADER_BYTES..end).ok_or(BadPack::Short)?;
        let mut entries = Vec::with_capacity(count);
        for entry in table.chunks_exact(ENTRY_BYTES) {
            let offset = u64::from_be_bytes(array(&entry[..8])?);
            let length = u32::from_be_bytes(array(&entry[8..])?);
            let behind = offset.checked_add(u64::from(length)).ok_or(BadPack::Wrong("index"))?;
            if length == 0 || offset < end as u64 || behind > total {
                return Err(BadPack::Wrong("index"));
            }
            entries.push(Entry { offset, length });
        }
        let (mut levels, mut first) = (Vec::new(), 0);
        for scale in pyramid.scale_factors() {
            levels.push((scale, first));
            let (across, down) = pyramid.tiles(scale);
            first += across as usize * down as usize;
        }
        let digest = |at: usize| array(&bytes[at..at + 32]).map(Sha256::from_digest);
        let (master, digest) = (digest(32)?, digest(64)?);
        Ok(Self { pyramid, channels, master, digest, levels, wholes: pyramid.wholes(), entries })
    }

    /// How large the image is.
    #[must_use]
    pub const fn sides(&self) -> Sides {
        self.pyramid.image
    }

    /// Its levels and tiles.
    #[must_use]
    pub const fn pyramid(&self) -> Pyramid {
        self.pyramid
    }

    /// What its pixels are.
    #[must_use]
    pub const fn channels(&self) -> Channels {
        self.channels
    }

    /// The digest of the master that it was made of.
    #[must_use]
    pub const fn master(&self) -> &Sha256 {
        &self.master
    }

    /// The digest of everything in the pack: other bytes, another digest.
    #[must_use]
    pub const fn digest(&self) -> &Sha256 {
        &self.digest
    }

    /// The scale factors of its levels, ascending.
    pub fn scales(&self) -> impl Iterator<Item = u32> {
        self.levels.iter().map(|(scale, _)| *scale)
    }

    /// A tile of a level.
    #[must_use]
    pub fn tile(&self, scale: u32, column: u32, row: u32) -> Option<Entry> {
        let (_, first) = self.levels.iter().find(|(level, _)| *level == scale)?;
        let (across, down) = self.pyramid.tiles(scale);
        if column >= across || row >= down {
            return None;
        }
        self.entries.get(first + row as usize * across as usize + column as usize).copied()
    }

    /// The whole image at that size, if it is kept.
    #[must_use]
    pub fn whole(&self, size: Sides) -> Option<Entry> {
        if let Some(place) = self.wholes.iter().position(|whole| *whole == size) {
            return self.entries.get(self.entries.len() - self.wholes.len() + place).copied();
        }
        let (scale, _) = self.levels.last()?;
        if self.pyramid.level(*scale) == size { self.tile(*scale, 0, 0) } else { None }
    }

    /// The smallest size of the whole image that is kept and not smaller than that one.
    #[must_use]
    pub fn whole_of_at_least(&self, size: Sides) -> Option<(Sides, Entry)> {
        let last = self.levels.last().map(|(scale, _)| self.pyramid.level(*scale));
        let kept = self.wholes.iter().copied().chain(last);
        let enough = kept.filter(|kept| kept.width >= size.width && kept.height >= size.height);
        let smallest = enough.min_by_key(|kept| kept.area())?;
        self.whole(smallest).map(|entry| (smallest, entry))
    }
}

/// Levels and tiles, channels and the number of entries.
fn read_header(bytes: &[u8]) -> Result<(Pyramid, Channels, usize), BadPack> {
    let header = bytes.get(..HEADER_BYTES).ok_or(BadPack::Short)?;
    if &header[..8] != MAGIC {
        return Err(BadPack::Magic);
    }
    let number = |at: usize| array(&header[at..at + 4]).map(u32::from_be_bytes);
    let pipeline = number(24)?;
    if pipeline != PIPELINE {
        return Err(BadPack::Pipeline(pipeline));
    }
    let sides = Sides::new(number(8)?, number(12)?);
    if sides.area() == 0 || sides.width > SIDE_MAX || sides.height > SIDE_MAX {
        return Err(BadPack::Wrong("sides"));
    }
    let tile = TileSide::new(u16::from_be_bytes(array(&header[16..18])?).into()).ok_or(BadPack::Wrong("tile"))?;
    let pyramid = Pyramid::new(sides, tile);
    let channels = match header[18] {
        1 => Channels::Gray,
        3 => Channels::Rgb,
        _ => return Err(BadPack::Wrong("channels")),
    };
    let entries = pyramid.entries();
    if entries > ENTRIES_MAX || entries != u64::from(number(20)?) {
        return Err(BadPack::Wrong("number of entries"));
    }
    Ok((pyramid, channels, usize::try_from(entries).map_err(|_too_many| BadPack::Short)?))
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], BadPack> {
    bytes.try_into().map_err(|_other_length| BadPack::Short)
}
