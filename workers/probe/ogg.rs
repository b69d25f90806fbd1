//! Ogg: what is in it, by its first pages, and how long Vorbis and Opus play, by the last one (RFC 3533, RFC 7845, Vorbis I).
//!
//! Three places are read and no more: the beginning, the pages up to the first with sound, and the end.

use std::io::{self, BufRead, Seek};

use super::media::{Recording, milliseconds};
use super::part;

/// Bytes of a page before its table of segments.
const HEAD_BYTES: usize = 27;
/// Bytes of the largest page: its head, 255 segments, and 255 bytes in each.
const PAGE_BYTES_MAX: u64 = 27 + 255 + 255 * 255;
/// Pages looked at before the first with sound: comments with a large picture take a hundred.
const PAGES_MAX: u32 = 1_000;
/// Beginnings of pages that are tried at the end: sound may hold the four letters, but not often.
const CANDIDATES_MAX: usize = 100;
/// Seconds in the first page with sound. More than a page holds: the stream was cut out of one that ran before.
const FIRST_SECONDS_MAX: u64 = 60;
/// Samples a second that Opus counts in, whatever it was made from (RFC 7845 §4).
const OPUS_RATE: u64 = 48_000;
/// What a page says that ends no packet.
const NO_GRANULE: u64 = u64::MAX;

/// What an Ogg file holds, by the streams that begin in its head: a film, sound, or something else.
pub(super) fn kind(head: &[u8]) -> &'static str {
    let (mut rest, mut kind) = (head, "application/ogg");
    while let Some(page) = Page::of(rest).filter(Page::begins_stream) {
        let content = page.content(rest);
        if content.starts_with(b"\x80theora") {
            return "video/ogg";
        }
        let sounds: [&[u8]; 4] = [b"\x01vorbis", b"OpusHead", b"\x7FFLAC", b"Speex   "];
        if sounds.iter().any(|sound| content.starts_with(sound)) {
            kind = "audio/ogg";
        }
        rest = rest.get(page.bytes..).unwrap_or_default();
    }
    kind
}

/// How long the one stream of sound in a file plays.
pub(super) fn length(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Recording> {
    let first = part(reader, 0..PAGE_BYTES_MAX.min(bytes))?;
    let Some(page) = Page::of(&first) else { return Ok(Recording::default()) };
    let Some((rate, skipped)) = rate(page.content(&first)) else { return Ok(Recording::default()) };
    let Some(begins) = first_granule(reader, page.serial)? else { return Ok(Recording::default()) };
    if begins > rate.saturating_mul(FIRST_SECONDS_MAX) {
        return Ok(Recording::default());
    }
    let tail = part(reader, bytes.saturating_sub(PAGE_BYTES_MAX)..bytes)?;
    let last = last_granule(&tail, page.serial).unwrap_or_default();
    Ok(Recording { duration_ms: milliseconds(last.saturating_sub(skipped), rate), sides: None })
}

/// Samples a second, and samples at the beginning that are not heard, by the header that a stream begins with.
fn rate(content: &[u8]) -> Option<(u64, u64)> {
    let number = |place: usize| content.get(place..place + 4)?.try_into().ok().map(u32::from_le_bytes);
    if content.starts_with(b"OpusHead") {
        let skipped = content.get(10..12)?.try_into().ok().map(u16::from_le_bytes)?;
        return Some((OPUS_RATE, u64::from(skipped)));
    }
    if content.starts_with(b"\x01vorbis") && number(7)? == 0 {
        return Some((u64::from(number(12)?), 0));
    }
    None
}

/// The place that the first page of sound ends at; `None` where there is none, or another stream is in between.
fn first_granule(reader: &mut (impl BufRead + Seek), serial: u32) -> io::Result<Option<u64>> {
    let mut place = 0u64;
    for _ in 0..PAGES_MAX {
        let head = part(reader, place..place + HEAD_BYTES as u64 + 255)?;
        let Some(page) = Page::of(&head).filter(|page| page.serial == serial) else { return Ok(None) };
        // Pages of headers end at nothing.
        if page.granule != 0 && page.granule != NO_GRANULE {
            return Ok(Some(page.granule));
        }
        place += page.bytes as u64;
    }
    Ok(None)
}

/// The place that the last whole page ends at, if it is of that stream: after it may come nothing but a piece of one.
fn last_granule(tail: &[u8], serial: u32) -> Option<u64> {
    let places = (0..tail.len().saturating_sub(HEAD_BYTES)).rev().filter(|place| tail[*place..].starts_with(b"OggS"));
    for place in places.take(CANDIDATES_MAX) {
        let Some(page) = Page::of(&tail[place..]) else { continue };
        let Some(whole) = tail.get(place..place + page.bytes) else { continue };
        if checksum(whole) != page.checksum {
            continue;
        }
        if page.serial != serial {
            // Another stream follows: what both are together, its last page does not tell.
            return None;
        }
        if page.granule != NO_GRANULE {
            return Some(page.granule);
        }
    }
    None
}

/// What the head of a page says.
struct Page {
    flags: u8,
    granule: u64,
    serial: u32,
    checksum: u32,
    /// Bytes of head and segments table.
    before: usize,
    /// Bytes of all of it.
    bytes: usize,
}

impl Page {
    /// The page that begins here; its content may be cut.
    fn of(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..HEAD_BYTES)?;
        if !head.starts_with(b"OggS\0") {
            return None;
        }
        let before = HEAD_BYTES + usize::from(head[26]);
        let content: usize = bytes.get(HEAD_BYTES..before)?.iter().map(|segment| usize::from(*segment)).sum();
        Some(Self {
            flags: head[5],
            granule: u64::from_le_bytes(head[6..14].try_into().ok()?),
            serial: u32::from_le_bytes(head[14..18].try_into().ok()?),
            checksum: u32::from_le_bytes(head[22..26].try_into().ok()?),
            before,
            bytes: before + content,
        })
    }

    fn begins_stream(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Its content, as far as it is there.
    fn content<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.before..self.bytes.min(bytes.len())).unwrap_or_default()
    }
}

/// CRC-32 of a page with its own place empty: polynomial 04C11DB7, nothing turned round (RFC 3533 §6).
pub(super) fn checksum(page: &[u8]) -> u32 {
    (0usize..).zip(page).fold(0u32, |crc, (place, byte)| {
        let byte = if (22..26).contains(&place) { 0 } else { *byte };
        (crc << 8) ^ CRC[usize::from(crc.to_be_bytes()[0] ^ byte)]
    })
}

const CRC: [u32; 256] = {
    let mut table = [0u32; 256];
    let (mut number, mut place) = (0u32, 0usize);
    while place < 256 {
        let (mut crc, mut bit) = (number << 24, 0);
        while bit < 8 {
            crc = if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ 0x04C1_1DB7 };
            bit += 1;
        }
        table[place] = crc;
        number += 1;
        place += 1;
    }
    table
};
