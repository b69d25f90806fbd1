//! Sound and film: how long they are and how large, from the structure alone. What cannot be read is not said: such a
//! file is kept like any other, and only not shown as something that plays.

use std::io::{self, BufRead, Seek, SeekFrom};
use std::ops::Range;

use super::{skip, take};

/// Boxes of a file that are looked at: a film for streaming has some thousand.
const BOXES_MAX: u32 = 20_000;
/// Chunks of a RIFF file that are looked at before its sound.
const CHUNKS_MAX: u32 = 1_000;
/// The largest length that is believed: a hundred years.
const DURATION_MS_MAX: u128 = 100 * 366 * 86_400_000;

/// What the structure of a recording says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Recording {
    /// How long it is.
    pub(super) duration_ms: Option<u64>,
    /// Pixels across and down, as shown, of the first track that has any.
    pub(super) sides: Option<(u32, u32)>,
}

/// `count` of `each_second` as milliseconds, rounded to the nearest; `None` where either makes no sense.
pub(super) fn milliseconds(count: u64, each_second: u64) -> Option<u64> {
    if count == 0 || each_second == 0 {
        return None;
    }
    let (count, each_second) = (u128::from(count), u128::from(each_second));
    let duration = (count * 1000 + each_second / 2) / each_second;
    if (1..=DURATION_MS_MAX).contains(&duration) { u64::try_from(duration).ok() } else { None }
}

/// RIFF WAVE: the bytes of its sound, at the bytes a second that its format says.
pub(super) fn wav(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Recording> {
    reader.seek(SeekFrom::Start(12))?;
    let mut each_second = 0u64;
    for _ in 0..CHUNKS_MAX {
        let name = take::<4>(reader)?;
        let size = u64::from(u32::from_le_bytes(take(reader)?));
        match &name {
            b"fmt " if size >= 16 => {
                let format = take::<16>(reader)?;
                each_second = u64::from(u32::from_le_bytes([format[8], format[9], format[10], format[11]]));
                skip(reader, size - 16 + size % 2)?;
            }
            b"data" => {
                // Who records without end writes no size, or the largest.
                let left = bytes.saturating_sub(reader.stream_position()?);
                let size = if size == 0 { left } else { size.min(left) };
                return Ok(Recording { duration_ms: milliseconds(size, each_second), sides: None });
            }
            _ => skip(reader, size + size % 2)?,
        }
    }
    Ok(Recording::default())
}

/// FLAC: STREAMINFO, the first block of metadata, says rate and samples.
pub(super) fn flac(reader: &mut (impl BufRead + Seek)) -> io::Result<Recording> {
    reader.seek(SeekFrom::Start(4))?;
    let header = take::<4>(reader)?;
    let info = take::<18>(reader)?;
    if header[0] & 0x7f != 0 {
        return Ok(Recording::default());
    }
    let packed = info[10..18].iter().fold(0u64, |packed, byte| packed << 8 | u64::from(*byte));
    // 20 bits of rate, 3 of channels, 5 of bits a sample, 36 of samples.
    Ok(Recording { duration_ms: milliseconds(packed & 0xf_ffff_ffff, packed >> 44), sides: None })
}

/// ISO base media (MP4, M4A, QuickTime): the movie's own duration, and the sides of its first visible track.
pub(super) fn mp4(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Recording> {
    let mut found = Recording::default();
    let mut left = BOXES_MAX;
    let Some(mut movie) = find(reader, *b"moov", 0..bytes, &mut left)? else { return Ok(found) };
    while let Some((name, content)) = first_box(reader, &movie, &mut left)? {
        movie.start = content.end;
        if name == *b"mvhd" {
            found.duration_ms = movie_header(reader)?;
        } else if name == *b"trak" && found.sides.is_none() && find(reader, *b"tkhd", content, &mut left)?.is_some() {
            found.sides = track_header(reader)?;
        }
    }
    Ok(found)
}

/// The content of the first box of that name in a part of the file; the reader then stands at its beginning.
fn find(
    reader: &mut (impl BufRead + Seek),
    wanted: [u8; 4],
    mut part: Range<u64>,
    left: &mut u32,
) -> io::Result<Option<Range<u64>>> {
    while let Some((name, content)) = first_box(reader, &part, left)? {
        if name == wanted {
            return Ok(Some(content));
        }
        part.start = content.end;
    }
    Ok(None)
}

/// The box at the beginning of a part of the file: its name and where its content lies, at which the reader then stands.
/// `None` at the end, where the box is longer than what it lies in, and when enough boxes were looked at.
fn first_box(
    reader: &mut (impl BufRead + Seek),
    part: &Range<u64>,
    left: &mut u32,
) -> io::Result<Option<([u8; 4], Range<u64>)>> {
    if part.end.saturating_sub(part.start) < 8 || *left == 0 {
        return Ok(None);
    }
    *left -= 1;
    reader.seek(SeekFrom::Start(part.start))?;
    let size = u64::from(u32::from_be_bytes(take(reader)?));
    let name = take::<4>(reader)?;
    let (head, size) = match size {
        0 => (8, part.end - part.start),
        1 => (16, u64::from_be_bytes(take(reader)?)),
        size => (8, size),
    };
    let end = part.start.checked_add(size).filter(|end| size >= head && *end <= part.end);
    Ok(end.map(|end| (name, part.start + head..end)))
}

fn movie_header(reader: &mut impl BufRead) -> io::Result<Option<u64>> {
    let version = take::<4>(reader)?[0];
    let (each_second, duration) = if version == 1 {
        take::<16>(reader)?;
        (u32::from_be_bytes(take(reader)?), u64::from_be_bytes(take(reader)?))
    } else {
        take::<8>(reader)?;
        let (each_second, duration) = (u32::from_be_bytes(take(reader)?), u32::from_be_bytes(take(reader)?));
        // All bits set: the length is not known.
        (each_second, if duration == u32::MAX { 0 } else { u64::from(duration) })
    };
    Ok(milliseconds(if duration == u64::MAX { 0 } else { duration }, u64::from(each_second)))
}

fn track_header(reader: &mut impl BufRead) -> io::Result<Option<(u32, u32)>> {
    let version = take::<4>(reader)?[0];
    if version == 1 {
        take::<32>(reader)?;
    } else {
        take::<20>(reader)?;
    }
    take::<16>(reader)?;
    let matrix = take::<36>(reader)?;
    // Sides are fixed-point numbers, 16 bits before the point.
    let (width, height) = (u32::from_be_bytes(take(reader)?) >> 16, u32::from_be_bytes(take(reader)?) >> 16);
    if width == 0 || height == 0 {
        return Ok(None);
    }
    // A quarter turn, as telephones record: what lies across is written as if it stood.
    let turned = matrix[0..4] == [0; 4] && matrix[16..20] == [0; 4] && matrix[4..8] != [0; 4];
    Ok(Some(if turned { (height, width) } else { (width, height) }))
}
