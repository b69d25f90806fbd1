//! MPEG audio: how long it plays, by what its encoder wrote into the first frame (Xing, Info, VBRI), else by its size where
//! all frames that are looked at are of one bit rate (ISO/IEC 11172-3, 13818-3; tags: id3.org).

use std::io::{self, BufRead, Seek};

use super::media::{Recording, milliseconds};
use super::part;

/// Tags at the beginning that are passed over: one is usual.
const TAGS_MAX: u32 = 8;
/// Bytes after the tags in which the first frame is looked for, as some programs pad with zeros, and in which all frames
/// must agree before a bit rate is believed.
const SEARCH_BYTES: u64 = 64 << 10;
/// Places in the file at which a frame must agree too, evenly apart.
const PLACES: u64 = 8;
/// Bytes at such a place: three of the largest frames, 2,881 bytes at 160 kbit/s and 8 kHz (version 2.5, layer II).
const PLACE_BYTES: u64 = 9 << 10;

/// How long a file of MPEG audio plays.
pub(super) fn length(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Recording> {
    let sound = between_tags(reader, bytes)?;
    let head = part(reader, sound.start..sound.end.min(sound.start.saturating_add(SEARCH_BYTES)))?;
    let Some((place, first)) = first_frame(&head, sound.end - sound.start) else { return Ok(Recording::default()) };
    let rest = &head[place..];
    let bytes = sound.end - sound.start - place as u64;
    if let Some(told) = told(rest, &first) {
        // So many frames do not fit: whoever wrote that was wrong.
        let fits = u64::from(told.frames).saturating_mul(first.smallest_bytes()) <= bytes;
        let samples = (u64::from(told.frames) * first.samples).saturating_sub(u64::from(told.unheard));
        let duration_ms = if fits { milliseconds(samples, first.rate) } else { None };
        return Ok(Recording { duration_ms, sides: None });
    }
    let start = sound.start + place as u64;
    let duration_ms = if agrees(rest, &first) && agrees_everywhere(reader, start, bytes, &first)? {
        milliseconds(bytes.saturating_mul(8), first.bits_each_second)
    } else {
        None
    };
    Ok(Recording { duration_ms, sides: None })
}

/// The part of the file that is no tag: `ID3v2` before it, `ID3v1` after it.
fn between_tags(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<std::ops::Range<u64>> {
    let (mut start, mut end) = (0u64, bytes);
    for _ in 0..TAGS_MAX {
        let head = part(reader, start..start.saturating_add(10))?;
        let &[b'I', b'D', b'3', _, _, flags, a, b, c, d] = head.as_slice() else { break };
        let size = [a, b, c, d].iter().fold(0u64, |size, byte| size << 7 | u64::from(byte & 0x7F));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        start = start.saturating_add(10 + size + footer).min(end);
    }
    if end - start >= 128 && part(reader, end - 128..end - 125)? == b"TAG" {
        end -= 128;
    }
    Ok(start..end)
}

/// The first frame and its place: one that another of its kind follows, or the end of the sound does.
fn first_frame(head: &[u8], bytes: u64) -> Option<(usize, Frame)> {
    (0..head.len()).find_map(|place| {
        let frame = Frame::of(&head[place..])?;
        let next = place + frame.bytes;
        let follows = match head.get(next..) {
            Some(after) if after.len() >= 4 => Frame::of(after).is_some_and(|after| after.is_like(&frame)),
            Some(_) | None => next as u64 == bytes,
        };
        follows.then_some((place, frame))
    })
}

/// What an encoder wrote into the first frame, which itself is silent.
struct Told {
    /// Frames after it.
    frames: u32,
    /// Samples that it added before and after the sound.
    unheard: u32,
}

fn told(bytes: &[u8], frame: &Frame) -> Option<Told> {
    let number = |place: usize| bytes.get(place..place + 4)?.try_into().ok().map(u32::from_be_bytes);
    let place = 4 + frame.side_bytes;
    if matches!(bytes.get(place..place + 4), Some(b"Xing" | b"Info")) {
        let flags = number(place + 4)?;
        if flags & 1 == 0 {
            return None;
        }
        // Frames, bytes, a table of places, a quality: what there is of them stands before the encoder's own words.
        let sizes = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let known: usize = sizes.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, size)| size).sum();
        let encoder = place + 8 + known;
        let knows_unheard = matches!(bytes.get(encoder..encoder + 4), Some(b"LAME" | b"Lavf" | b"Lavc"));
        let added = if knows_unheard { number(encoder + 20)? & 0xFF_FFFF } else { 0 };
        return Some(Told { frames: number(place + 8)?, unheard: (added >> 12) + (added & 0xFFF) });
    }
    let is_fraunhofer = bytes.get(36..40) == Some(b"VBRI");
    if is_fraunhofer { Some(Told { frames: number(36 + 14)?, unheard: 0 }) } else { None }
}

/// Whether the frames at the beginning, and all of a short file, are of one bit rate, each where the one before it ends.
fn agrees(bytes: &[u8], first: &Frame) -> bool {
    let mut place = 0usize;
    while let Some(rest) = bytes.get(place..).filter(|rest| rest.len() >= 4) {
        match Frame::of(rest) {
            Some(frame) if frame.is_like(first) && frame.bits_each_second == first.bits_each_second => {
                place += frame.bytes;
            }
            Some(_) | None => return false,
        }
    }
    true
}

/// Whether frames of that bit rate are found further on as well.
fn agrees_everywhere(reader: &mut (impl BufRead + Seek), start: u64, bytes: u64, first: &Frame) -> io::Result<bool> {
    if bytes <= SEARCH_BYTES {
        return Ok(true);
    }
    for number in 1..PLACES {
        let from = start + bytes / PLACES * number;
        let found = part(reader, from..from + PLACE_BYTES)?;
        let like = |bytes: &[u8]| {
            Frame::of(bytes).filter(|frame| frame.is_like(first) && frame.bits_each_second == first.bits_each_second)
        };
        let two = |place: usize| {
            let frame = like(&found[place..])?;
            like(found.get(place + frame.bytes..)?)
        };
        if !(0..found.len()).any(|place| two(place).is_some()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the head of a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    /// Version and layer, as they are written.
    kind: u8,
    /// Samples a second.
    rate: u64,
    bits_each_second: u64,
    /// Samples in it.
    samples: u64,
    bytes: usize,
    /// Bytes between its head and what an encoder tells there, of layer III.
    side_bytes: usize,
}

/// Kilobits a second by their index: layers I, II and III of version 1, then I, and II and III, of the later ones.
const KILOBITS: [[u16; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

impl Frame {
    /// The frame that begins here, if its head makes sense. A free bit rate does not say where the next one begins.
    fn of(bytes: &[u8]) -> Option<Self> {
        let &[0xFF, kind, rates, mode] = bytes.get(..4)? else { return None };
        let (version, layer) = ((kind >> 3) & 3, (kind >> 1) & 3);
        if kind < 0xE0 || version == 1 || layer == 0 {
            return None;
        }
        let first = version == 3;
        let row = match (first, layer) {
            (true, 3) => 0,
            (true, 2) => 1,
            (true, _) => 2,
            (false, 3) => 3,
            (false, _) => 4,
        };
        let index = usize::from(rates >> 4).checked_sub(1)?;
        let bits_each_second = u64::from(*KILOBITS[row].get(index)?) * 1000;
        let rate = *[44_100u64, 48_000, 32_000].get(usize::from((rates >> 2) & 3))?;
        let rate = match version {
            3 => rate,
            2 => rate / 2,
            _ => rate / 4,
        };
        let padding = u64::from((rates >> 1) & 1);
        let samples = match (layer, first) {
            (3, _) => 384,
            (1, false) => 576,
            (_, _) => 1152,
        };
        // Layer I is made of slots of four bytes.
        let slot = if layer == 3 { 4 } else { 1 };
        let bytes = (samples / 8 * bits_each_second / rate / slot + padding) * slot;
        let mono = mode >> 6 == 3;
        let side_bytes = match (first, mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let bytes = usize::try_from(bytes).ok()?;
        Some(Self { kind: kind & 0x1E, rate, bits_each_second, samples, bytes, side_bytes })
    }

    /// Whether both are of one stream: only bit rate and padding may differ.
    fn is_like(&self, other: &Self) -> bool {
        (self.kind, self.rate) == (other.kind, other.rate)
    }

    /// Bytes that a frame of this kind has at least: at 8 or 32 kilobits a second.
    fn smallest_bytes(&self) -> u64 {
        let slowest = if self.kind >> 3 == 3 || (self.kind >> 1) & 3 == 3 { 32_000 } else { 8_000 };
        self.samples / 8 * slowest / self.rate
    }
}
