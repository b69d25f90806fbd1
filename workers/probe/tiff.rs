//! TIFF 6.0 and `BigTIFF`: sides and orientation of the first image, and whether every strip and tile is there.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Image, take, truncated, unreadable};

/// Entries, strips and tiles that are read in one file. A forged file may have its directories overlap, so that a
/// megabyte describes billions; an honest one of 16 million tiles has more pixels than are ever shown.
const READS_MAX: u64 = 1 << 24;
/// Directories that are looked at in one file, as many as its decoder looks at. Each is a jump, and a jump reads a buffer
/// anew: a chain of empty ones would make a megabyte take minutes.
const DIRECTORIES_MAX: usize = 65_536;

/// Byte order and width of offsets.
#[derive(Clone, Copy)]
struct Layout {
    little: bool,
    big: bool,
}

/// One entry of a directory: where its values stand, how wide and how many.
#[derive(Clone, Copy, Default)]
struct Entry {
    width: u64,
    count: u64,
    at: u64,
}

/// Walks the directories.
pub(super) fn read(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Image> {
    let mut image = Image::default();
    let Some((layout, mut next)) = header(reader)? else {
        image.problem = Some(unreadable("it has no header of TIFF"));
        return Ok(image);
    };
    let mut seen = BTreeSet::new();
    let mut reads = 0;
    while next != 0 && image.problem.is_none() {
        if !seen.insert(next) {
            image.problem = Some(unreadable("its directories go round in a circle"));
        } else if seen.len() > DIRECTORIES_MAX {
            image.problem = Some(unreadable("it has too many directories"));
        } else if next >= bytes {
            image.problem = Some(truncated("a directory lies beyond its end"));
        } else {
            next = directory(reader, layout, (next, bytes), &mut reads, &mut image)?;
        }
    }
    Ok(image)
}

/// The orientation in EXIF data, which is a TIFF file without image; 0 where there is none.
pub(super) fn orientation(reader: &mut (impl BufRead + Seek)) -> u16 {
    let mut image = Image::default();
    let Ok(Some((layout, first))) = header(reader) else { return 0 };
    drop(directory(reader, layout, (first, u64::MAX), &mut 0, &mut image));
    image.orientation
}

fn header(reader: &mut (impl BufRead + Seek)) -> io::Result<Option<(Layout, u64)>> {
    reader.seek(SeekFrom::Start(0))?;
    let little = match &take::<2>(reader)? {
        b"II" => true,
        b"MM" => false,
        _ => return Ok(None),
    };
    let mut layout = Layout { little, big: false };
    match layout.short(reader)? {
        42 => {}
        43 => {
            layout.big = true;
            reader.seek(SeekFrom::Current(4))?;
        }
        _ => return Ok(None),
    }
    let first = layout.offset(reader)?;
    Ok(Some((layout, first)))
}

/// Reads one directory and returns where the next one is.
fn directory(
    reader: &mut (impl BufRead + Seek),
    layout: Layout,
    (at, bytes): (u64, u64),
    reads: &mut u64,
    image: &mut Image,
) -> io::Result<u64> {
    reader.seek(SeekFrom::Start(at))?;
    let count = if layout.big { layout.value(reader, 8)? } else { layout.short(reader)?.into() };
    let (mut offsets, mut lengths) = (Entry::default(), Entry::default());
    let (mut width, mut height, mut orientation) = (None, None, None);
    let (head, inline) = if layout.big { (8, 8) } else { (2, 4) };
    let size = if layout.big { 20 } else { 12 };
    *reads = reads.saturating_add(count);
    if *reads > READS_MAX {
        image.problem = Some(unreadable("its directories have too many entries"));
        return Ok(0);
    }
    // The entries are read in one go: a jump for each would read a buffer for each.
    for index in 0..count {
        let place = at.saturating_add(head).saturating_add(index.saturating_mul(size));
        let (tag, kind) = (layout.short(reader)?, layout.short(reader)?);
        let at = place.saturating_add(size - inline);
        let mut entry = Entry { width: value_bytes(kind), count: layout.offset(reader)?, at };
        let elsewhere = layout.offset(reader)?;
        if entry.width.saturating_mul(entry.count) > inline {
            entry.at = elsewhere;
            if entry.at.saturating_add(entry.width.saturating_mul(entry.count)) > bytes {
                image.problem = Some(truncated("a value lies beyond its end"));
                return Ok(0);
            }
        }
        match tag {
            256 => width = Some(entry),
            257 => height = Some(entry),
            274 => orientation = Some(entry),
            273 | 324 => offsets = entry,
            279 | 325 => lengths = entry,
            _ => {}
        }
    }
    if image.width == 0 {
        let mut value = |entry: Option<Entry>| entry.map_or(Ok(0), |entry| layout.first(reader, entry));
        let (width, height, orientation) = (value(width)?, value(height)?, value(orientation)?);
        image.width = u32::try_from(width).unwrap_or(u32::MAX);
        image.height = u32::try_from(height).unwrap_or(u32::MAX);
        image.orientation = u16::try_from(orientation).ok().filter(|value| *value <= 8).unwrap_or(0);
    }
    let pieces = offsets.count.min(lengths.count);
    *reads = reads.saturating_add(pieces);
    if *reads > READS_MAX {
        image.problem = Some(unreadable("it has too many strips or tiles"));
    } else if pieces_end(reader, layout, offsets, lengths, pieces)? > bytes {
        image.problem = Some(truncated("a strip or tile lies beyond its end"));
    }
    let after = at.saturating_add(head).saturating_add(count.saturating_mul(size));
    reader.seek(SeekFrom::Start(after))?;
    layout.offset(reader)
}

/// Where the last strip or tile ends.
fn pieces_end(
    reader: &mut (impl BufRead + Seek),
    layout: Layout,
    offsets: Entry,
    lengths: Entry,
    count: u64,
) -> io::Result<u64> {
    let mut end = 0u64;
    // A thousand at a time, so that the two lists, which may lie far apart, are read in few jumps.
    for from in (0..count).step_by(1000) {
        let to = count.min(from + 1000);
        let starts = layout.list(reader, offsets, from..to)?;
        let lengths = layout.list(reader, lengths, from..to)?;
        for (start, length) in starts.into_iter().zip(lengths) {
            end = end.max(start.saturating_add(length));
        }
    }
    Ok(end)
}

/// Bytes of a value of that type; those that are no whole numbers are only measured.
fn value_bytes(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

impl Layout {
    fn short(self, reader: &mut impl BufRead) -> io::Result<u16> {
        let bytes = take(reader)?;
        Ok(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn offset(self, reader: &mut impl BufRead) -> io::Result<u64> {
        self.value(reader, if self.big { 8 } else { 4 })
    }

    fn value(self, reader: &mut impl BufRead, width: u64) -> io::Result<u64> {
        Ok(match width {
            1 => take::<1>(reader)?[0].into(),
            2 => self.short(reader)?.into(),
            4 => {
                let bytes = take(reader)?;
                (if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).into()
            }
            _ => {
                let bytes = take(reader)?;
                if self.little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
            }
        })
    }

    fn first(self, reader: &mut (impl BufRead + Seek), entry: Entry) -> io::Result<u64> {
        reader.seek(SeekFrom::Start(entry.at))?;
        self.value(reader, entry.width)
    }

    fn list(
        self,
        reader: &mut (impl BufRead + Seek),
        entry: Entry,
        range: std::ops::Range<u64>,
    ) -> io::Result<Vec<u64>> {
        reader.seek(SeekFrom::Start(entry.at.saturating_add(range.start * entry.width)))?;
        range.map(|_| self.value(reader, entry.width)).collect()
    }
}
