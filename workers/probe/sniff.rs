//! The media type by the first bytes. Names lie; bytes less so.

use super::{model, ogg};

/// What stands at the beginning of a kind of file.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\xFF\xD8\xFF", "image/jpeg"),
    (b"\x89PNG\r\n\x1A\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0\x08\0", "image/tiff"),
    (b"MM\0+\0\x08", "image/tiff"),
    (b"\0\0\0\x0CjP  \r\n\x87\n", "image/jp2"),
    (b"\xFF\x4F\xFF\x51", "image/j2c"),
    (b"%PDF-", "application/pdf"),
    (b"glTF", "model/gltf-binary"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1F\x8B", "application/gzip"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "application/ogg"),
    (b"\x1A\x45\xDF\xA3", "video/webm"),
    (b"BM", "image/bmp"),
];

/// The media type of a file that begins with these bytes.
#[must_use]
pub fn sniff(head: &[u8]) -> &'static str {
    let magic = MAGIC.iter().find(|(magic, _)| head.starts_with(magic));
    match magic {
        // Two letters are not enough: the four reserved bytes of a bitmap are zero.
        Some((_, "image/bmp")) if head.get(6..10) != Some(&[0; 4]) => {}
        Some((_, "application/ogg")) => return ogg::kind(head),
        Some((_, "video/webm")) if !contains(head, b"webm") => return "video/x-matroska",
        Some((_, media_type)) => return media_type,
        None => {}
    }
    match (head.get(..4), head.get(8..12)) {
        (Some(b"RIFF"), Some(b"WEBP")) => return "image/webp",
        (Some(b"RIFF"), Some(b"WAVE")) => return "audio/wav",
        _ => {}
    }
    if head.get(4..8) == Some(b"ftyp") {
        return match head.get(8..12) {
            Some(b"avif" | b"avis") => "image/avif",
            Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1") => "image/heic",
            Some(b"M4A ") => "audio/mp4",
            Some(b"qt  ") => "video/quicktime",
            _ => "video/mp4",
        };
    }
    if model::is_ply(head) {
        // IANA has no name for it.
        return "model/x-ply";
    }
    // A frame of MPEG audio, layer III, without tag: eleven bits set, the layer, a valid bit and sampling rate.
    if let [0xFF, 0xFA | 0xFB | 0xF2 | 0xF3, rates, ..] = head
        && rates >> 4 != 15
        && (rates >> 2) & 3 != 3
    {
        return "audio/mpeg";
    }
    text(head).unwrap_or("application/octet-stream")
}

fn text(head: &[u8]) -> Option<&'static str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let strange = |character: char| character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{C}');
    if text.is_empty() || text.chars().any(strange) {
        return None;
    }
    let start = text.trim_start_matches('\u{FEFF}').trim_start();
    let svg = contains(start.as_bytes(), b"<svg");
    if start.starts_with("<svg") || (svg && (start.starts_with("<?xml") || start.starts_with("<!"))) {
        return Some("image/svg+xml");
    }
    if start.starts_with("<?xml") {
        return Some("application/xml");
    }
    if is_web_vtt(text) {
        return Some("text/vtt");
    }
    if let Some(model) = model::written(start) {
        return Some(model);
    }
    let mut characters = start.chars().filter(|character| !character.is_whitespace());
    let json = match (characters.next(), characters.next()) {
        (Some('{'), Some('"' | '}')) => true,
        (Some('['), Some(next)) => matches!(next, '{' | '[' | '"' | ']' | '-' | '0'..='9'),
        _ => false,
    };
    Some(if json { "application/json" } else { "text/plain" })
}

/// `WebVTT` §4.1: a byte order mark if there is one, the word, and then nothing, a blank or the end of the line.
fn is_web_vtt(text: &str) -> bool {
    let rest = text.strip_prefix('\u{FEFF}').unwrap_or(text).strip_prefix("WEBVTT");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

pub(super) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
