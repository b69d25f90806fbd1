//! The directories of a TIFF file (TIFF 6.0 §2, `BigTIFF`), and which of them are pages.
//!
//! Whoever looks at a file and whoever decodes it ask here, so that both count the same pages. Only the entries of
//! directories are read, in the order of the chain; directories that hang from others (previews, EXIF) are not in it.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Cursor, Seek, SeekFrom};
use std::ops::Range;

use super::{Problem, take, truncated, unreadable};

/// Entries, strips and tiles that are read in one file. A forged file may have its directories overlap, so that a
/// megabyte describes billions; an honest one of 16 million tiles has more pixels than are ever shown.
const READS_MAX: u64 = 1 << 24;
/// Directories that are looked at in one file. Each is a jump, and a jump reads a buffer anew: a chain of empty ones
/// would make a megabyte take minutes.
const DIRECTORIES_MAX: usize = 65_536;

/// Byte order and width of offsets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    little: bool,
    big: bool,
}

/// One entry of a directory: where its values stand, how wide and how many.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Entry {
    pub(crate) width: u64,
    pub(crate) count: u64,
    pub(crate) at: u64,
    /// The first value, where it stands in the directory itself.
    first: Option<u64>,
}

/// What a directory says that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing in particular.
    Image,
    /// A page of several.
    Page,
    /// A smaller copy of another, or a mask.
    Beside,
}

/// A directory.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    /// Where it stands.
    pub(crate) at: u64,
    /// The next of the chain; 0 behind the last.
    pub(crate) next: u64,
    /// Pixels across as they lie in the file; 0 where nothing is said.
    pub(crate) width: u32,
    /// Pixels down as they lie in the file.
    pub(crate) height: u32,
    /// 1 to 8 as in EXIF; 0 where nothing is said.
    pub(crate) orientation: u16,
    /// How colours are written, and where that is said.
    pub(crate) photometric: Option<(u64, Entry)>,
    /// Where strips or tiles begin.
    pub(crate) offsets: Entry,
    /// How long they are.
    pub(crate) lengths: Entry,
    kind: Kind,
}

impl Directory {
    /// Whether it describes pixels that are in the file.
    fn has_pixels(&self) -> bool {
        self.width > 0 && self.height > 0 && self.offsets.count > 0
    }

    /// Width and height as they are seen.
    pub(crate) fn shown(&self) -> (u32, u32) {
        if self.orientation >= 5 { (self.height, self.width) } else { (self.width, self.height) }
    }
}

/// A way through the directories of a file, from the first to the last.
pub(crate) struct Walk {
    pub(crate) layout: Layout,
    next: u64,
    bytes: u64,
    seen: BTreeSet<u64>,
    reads: u64,
    /// The sides of the last page, or of the last of the smaller copies that follow it.
    level: Option<(u32, u32)>,
}

impl Walk {
    /// Begins with the header of a file of that length; `None` where it has none.
    pub(crate) fn begin(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Option<Self>> {
        reader.seek(SeekFrom::Start(0))?;
        let little = match &take::<2>(reader)? {
            b"II" => true,
            b"MM" => false,
            _ => return Ok(None),
        };
        let mut layout = Layout { little, big: false };
        match layout.number(&take::<2>(reader)?) {
            42 => {}
            43 => {
                layout.big = true;
                reader.seek(SeekFrom::Current(4))?;
            }
            _ => return Ok(None),
        }
        let next = layout.offset(reader)?;
        Ok(Some(Self { layout, next, bytes, seen: BTreeSet::new(), reads: 0, level: None }))
    }

    /// The next directory; `None` behind the last.
    pub(crate) fn step(
        &mut self,
        reader: &mut (impl BufRead + Seek),
    ) -> io::Result<Result<Option<Directory>, Problem>> {
        if self.next == 0 {
            return Ok(Ok(None));
        }
        let problem = if !self.seen.insert(self.next) {
            unreadable("its directories go round in a circle")
        } else if self.seen.len() > DIRECTORIES_MAX {
            unreadable("it has too many directories")
        } else if self.next >= self.bytes {
            truncated("a directory lies beyond its end")
        } else {
            let read = self.read(reader)?;
            self.next = read.as_ref().map_or(0, |directory| directory.next);
            return Ok(read.map(Some));
        };
        self.next = 0;
        Ok(Err(problem))
    }

    /// Counts values that somebody is about to read; whether that is not too much for one file.
    pub(crate) fn may_read(&mut self, values: u64) -> bool {
        self.reads = self.reads.saturating_add(values);
        self.reads <= READS_MAX
    }

    /// Whether a directory, asked in the order of the chain, is a page: pixels that are neither a smaller copy of another
    /// page nor a mask.
    ///
    /// Not everybody who writes a pyramid says so. Directories of which each is half as wide and as high as the one
    /// before are one, unless they call themselves pages.
    pub(crate) fn is_page(&mut self, directory: &Directory) -> bool {
        let sides = (directory.width, directory.height);
        if directory.kind == Kind::Beside || !directory.has_pixels() {
            return false;
        }
        let half = |whole: u32, side: u32| side == whole / 2 || side == whole.div_ceil(2);
        let is_copy = directory.kind == Kind::Image
            && self.level.is_some_and(|level| level != sides && half(level.0, sides.0) && half(level.1, sides.1));
        self.level = Some(sides);
        !is_copy
    }

    /// Reads the directory that comes next.
    fn read(&mut self, reader: &mut (impl BufRead + Seek)) -> io::Result<Result<Directory, Problem>> {
        let (layout, at) = (self.layout, self.next);
        jump(reader, at)?;
        let count = if layout.big { layout.number(&take::<8>(reader)?) } else { layout.number(&take::<2>(reader)?) };
        if !self.may_read(count) {
            return Ok(Err(unreadable("its directories have too many entries")));
        }
        let (head, size) = if layout.big { (8, 20) } else { (2, 12) };
        let [mut width, mut height, mut orientation, mut kind, mut old_kind, mut photometric] = [None; 6];
        let (mut offsets, mut lengths) = (Entry::default(), Entry::default());
        // The entries are read in one go: a jump for each would read a buffer for each.
        for index in 0..count {
            let place = at.saturating_add(head).saturating_add(index.saturating_mul(size));
            let (tag, entry) = layout.entry(reader, place)?;
            if entry.end() > self.bytes {
                return Ok(Err(truncated("a value lies beyond its end")));
            }
            match tag {
                254 => kind = Some(entry),
                255 => old_kind = Some(entry),
                256 => width = Some(entry),
                257 => height = Some(entry),
                262 => photometric = Some(entry),
                274 => orientation = Some(entry),
                273 | 324 => offsets = entry,
                279 | 325 => lengths = entry,
                _ => {}
            }
        }
        let next = layout.offset(reader)?;
        let mut value = |entry: Option<Entry>| entry.map_or(Ok(0), |entry| layout.first(reader, entry));
        let pixels = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let (width, height) = (pixels(value(width)?), pixels(value(height)?));
        let orientation = u16::try_from(value(orientation)?).ok().filter(|value| *value <= 8).unwrap_or(0);
        let kind = match (kind, old_kind) {
            (Some(entry), _) => Kind::of(value(Some(entry))?),
            (None, Some(entry)) => Kind::of_old(value(Some(entry))?),
            (None, None) => Kind::Image,
        };
        let photometric = photometric.map(|entry| Ok::<_, io::Error>((value(Some(entry))?, entry))).transpose()?;
        Ok(Ok(Directory { at, next, width, height, orientation, photometric, offsets, lengths, kind }))
    }
}

impl Kind {
    /// By `NewSubfileType`: bit 0 a smaller copy, bit 1 a page of several, bit 2 a mask.
    fn of(said: u64) -> Self {
        match said {
            said if said & 0b101 != 0 => Self::Beside,
            said if said & 0b010 != 0 => Self::Page,
            _ => Self::Image,
        }
    }

    /// By `SubfileType`, which older programs write.
    fn of_old(said: u64) -> Self {
        match said {
            2 => Self::Beside,
            3 => Self::Page,
            _ => Self::Image,
        }
    }
}

/// Finds the directory of a page, counted from 0; else how many pages there are. In a file of nothing but copies and masks,
/// the first of them is its page.
pub(crate) fn find(
    reader: &mut (impl BufRead + Seek),
    bytes: u64,
    page: u32,
) -> io::Result<Result<(Layout, Directory), u32>> {
    let (mut before, mut beside) = (0, None);
    let Some(mut walk) = Walk::begin(reader, bytes)? else { return Ok(Err(0)) };
    // Behind what cannot be read, nothing was recorded.
    while let Ok(Some(directory)) = walk.step(reader)? {
        if walk.is_page(&directory) {
            if before == page {
                return Ok(Ok((walk.layout, directory)));
            }
            before += 1;
        } else if beside.is_none() && directory.width > 0 {
            beside = Some(directory);
        }
    }
    match beside {
        Some(directory) if before == 0 && page == 0 => Ok(Ok((walk.layout, directory))),
        _ => Ok(Err(before)),
    }
}

/// The orientation in EXIF data, which is a TIFF file without image; 0 where there is none.
pub(super) fn orientation(exif: &[u8]) -> u16 {
    // Some leave out where the next directory is.
    let mut reader = Cursor::new([exif, &[0; 8]].concat());
    let Ok(Some(mut walk)) = Walk::begin(&mut reader, u64::MAX) else { return 0 };
    match walk.step(&mut reader) {
        Ok(Ok(Some(directory))) => directory.orientation,
        Ok(Ok(None) | Err(_)) | Err(_) => 0,
    }
}

/// Goes to a place; cheap where the buffer already holds it. Directories of small pages lie close together.
fn jump(reader: &mut (impl BufRead + Seek), to: u64) -> io::Result<()> {
    let here = reader.stream_position()?;
    let distance = i64::try_from(i128::from(to) - i128::from(here));
    // A file has no more than i64::MAX bytes, so a larger step is beyond its end.
    reader.seek_relative(distance.map_err(|_too_far| io::Error::from(io::ErrorKind::UnexpectedEof))?)
}

/// Bytes of a value of that type; those that are no whole numbers are only measured.
fn value_bytes(kind: u64) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

impl Entry {
    fn end(&self) -> u64 {
        if self.first.is_some() { 0 } else { self.at.saturating_add(self.width.saturating_mul(self.count)) }
    }
}

impl Layout {
    /// The bytes of the header in which the directory at that place is the first.
    pub(crate) fn header(self, first: u64) -> Vec<u8> {
        let magic: &[u8] = match (self.little, self.big) {
            (true, false) => b"II*\0",
            (false, false) => b"MM\0*",
            (true, true) => b"II+\0\x08\0\0\0",
            (false, true) => b"MM\0+\0\x08\0\0",
        };
        [magic, &self.written(first, if self.big { 8 } else { 4 })].concat()
    }

    /// A number in that many bytes, at most eight.
    pub(crate) fn written(self, number: u64, width: usize) -> Vec<u8> {
        if self.little { number.to_le_bytes()[..width].to_vec() } else { number.to_be_bytes()[8 - width..].to_vec() }
    }

    fn number(self, bytes: &[u8]) -> u64 {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }

    fn offset(self, reader: &mut impl BufRead) -> io::Result<u64> {
        self.value(reader, if self.big { 8 } else { 4 })
    }

    fn value(self, reader: &mut impl BufRead, width: u64) -> io::Result<u64> {
        Ok(match width {
            1 => self.number(&take::<1>(reader)?),
            2 => self.number(&take::<2>(reader)?),
            4 => self.number(&take::<4>(reader)?),
            _ => self.number(&take::<8>(reader)?),
        })
    }

    /// The entry that stands at that place, which is where the reader is, and its tag.
    fn entry(self, reader: &mut impl BufRead, place: u64) -> io::Result<(u64, Entry)> {
        let (tag, kind) = (self.value(reader, 2)?, self.value(reader, 2)?);
        let (width, count) = (value_bytes(kind), self.offset(reader)?);
        let (inline, before) = if self.big { (8, 12) } else { (4, 8) };
        let mut bytes = [0; 8];
        reader.read_exact(&mut bytes[..inline])?;
        if width.saturating_mul(count) > inline as u64 {
            let at = self.number(&bytes[..inline]);
            return Ok((tag, Entry { width, count, at, first: None }));
        }
        let first = usize::try_from(width).ok().and_then(|width| bytes[..inline].get(..width));
        Ok((
            tag,
            Entry { width, count, at: place.saturating_add(before), first: first.map(|first| self.number(first)) },
        ))
    }

    fn first(self, reader: &mut (impl BufRead + Seek), entry: Entry) -> io::Result<u64> {
        if let Some(first) = entry.first {
            return Ok(first);
        }
        jump(reader, entry.at)?;
        self.value(reader, entry.width)
    }

    /// Some of the values of an entry.
    pub(super) fn list(
        self,
        reader: &mut (impl BufRead + Seek),
        entry: Entry,
        range: Range<u64>,
    ) -> io::Result<Vec<u64>> {
        jump(reader, entry.at.saturating_add(range.start * entry.width))?;
        range.map(|_| self.value(reader, entry.width)).collect()
    }
}

#[cfg(test)]
mod tests;
