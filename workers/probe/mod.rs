//! What a file is: media type and sides, from its bytes, and what is wrong with it.
//!
//! Nothing is decoded and memory does not grow with the file, so that a hostile one costs no more than reading it
//! once. What to do about a problem is the caller's decision.

pub(crate) mod directories;
mod gif;
mod jp2;
mod jpeg;
mod media;
mod model;
mod mpeg;
mod ogg;
mod png;
mod sniff;
mod tiff;
mod webp;

use std::io::{self, BufRead, Read as _, Seek, SeekFrom};
use std::ops::Range;

use fonds_schemas::PageSides;

pub use self::sniff::sniff;
pub use self::tiff::PAGES_MAX;

/// Bytes from the beginning that decide the media type: enough for an XML prologue and a comment before `<svg`.
const HEAD_BYTES: u64 = 8 << 10;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Its media type; `application/octet-stream` where nothing is recognised.
    pub media_type: &'static str,
    /// Pixels across as shown, that is, after the orientation that the file asks for. Images and films only.
    pub width: Option<u32>,
    /// Pixels down as shown. Images and films only.
    pub height: Option<u32>,
    /// How long it plays, in milliseconds. Sound and films only, where the structure tells.
    pub duration_ms: Option<u64>,
    /// The pages after the first, whose sides are `width` and `height`. Images of several pages only.
    pub pages: Vec<PageSides>,
    /// What is wrong with it.
    pub problem: Option<Problem>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not a single byte.
    #[error("it is empty")]
    Empty,
    /// It ends before it is complete.
    #[error("it is cut short: {what}")]
    Truncated {
        /// What is missing.
        what: &'static str,
    },
    /// It claims more pixels than are decoded here.
    #[error("it claims {width} × {height} pixels, more than the {limit} that are allowed")]
    TooManyPixels {
        /// Pixels across that it claims.
        width: u32,
        /// Pixels down that it claims.
        height: u32,
        /// Pixels allowed.
        limit: u64,
    },
    /// It has more pages than are shown of one file.
    #[error("it has more than the {limit} pages that are allowed")]
    TooManyPages {
        /// Pages allowed.
        limit: usize,
    },
    /// It begins like an image but its header makes no sense.
    #[error("its header cannot be read: {why}")]
    Unreadable {
        /// What is wrong.
        why: String,
    },
}

/// What the structure of an image says.
#[derive(Debug, Default)]
struct Image {
    width: u32,
    height: u32,
    /// The EXIF orientation, 1 to 8; 0 where there is none.
    orientation: u16,
    /// Sides of the pages after the first, as shown.
    pages: Vec<(u32, u32)>,
    problem: Option<Problem>,
}

/// Says what a file is. `bytes` is its length, `pixels_max` what an image may claim.
pub fn probe(reader: &mut (impl BufRead + Seek), bytes: u64, pixels_max: u64) -> io::Result<Probed> {
    let mut head = Vec::new();
    reader.seek(SeekFrom::Start(0))?;
    reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    let media_type = sniff(&head);
    let mut probed =
        Probed { media_type, width: None, height: None, duration_ms: None, pages: Vec::new(), problem: None };
    if bytes == 0 {
        probed.problem = Some(Problem::Empty);
        return Ok(probed);
    }
    if probed.media_type == "application/octet-stream" && model::is_binary_stl(&head, bytes) {
        probed.media_type = "model/stl";
    }
    if probed.media_type.starts_with("audio/") || probed.media_type.starts_with("video/") {
        listen(reader, bytes, &mut probed)?;
        return Ok(probed);
    }
    let image = match probed.media_type {
        "image/jpeg" => jpeg::read(reader, bytes),
        "image/png" => png::read(reader, bytes),
        "image/gif" => gif::read(reader, bytes),
        "image/webp" => webp::read(reader, bytes),
        "image/tiff" => tiff::read(reader, bytes),
        "image/jp2" => jp2::read(reader, bytes),
        "image/j2c" => jp2::read_codestream(reader, bytes),
        _ => return Ok(probed),
    };
    let image = match image {
        Ok(image) => image,
        // The structure points beyond the end.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Image {
            problem: Some(Problem::Truncated { what: "it ends in the middle of its structure" }),
            ..Image::default()
        },
        Err(error) => return Err(error),
    };
    let (mut width, mut height) = (image.width, image.height);
    if image.orientation >= 5 {
        (width, height) = (height, width);
    }
    probed.problem = image.problem;
    if width > 0 && height > 0 {
        (probed.width, probed.height) = (Some(width), Some(height));
        let mut all = [(width, height)].into_iter().chain(image.pages.iter().copied());
        if let Some((width, height)) = all.find(|(width, height)| u64::from(*width) * u64::from(*height) > pixels_max) {
            probed.problem = Some(Problem::TooManyPixels { width, height, limit: pixels_max });
        }
        probed.pages = image.pages.into_iter().map(|(width, height)| PageSides { height, width }).collect();
    } else if probed.problem.is_none() {
        probed.problem = Some(unreadable("it has no width or no height"));
    }
    Ok(probed)
}

/// Says how long a recording is. One that is broken is not worse than one whose kind is not read: nothing is said of it.
fn listen(reader: &mut (impl BufRead + Seek), bytes: u64, probed: &mut Probed) -> io::Result<()> {
    let recording = match probed.media_type {
        "audio/wav" => media::wav(reader, bytes),
        "audio/flac" => media::flac(reader),
        "audio/mpeg" => mpeg::length(reader, bytes),
        "audio/ogg" => ogg::length(reader, bytes),
        "audio/mp4" | "video/mp4" | "video/quicktime" => media::mp4(reader, bytes),
        _ => return Ok(()),
    };
    let recording = match recording {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => media::Recording::default(),
        other => other?,
    };
    probed.duration_ms = recording.duration_ms;
    // What has sides in a file of sound is the picture on its sleeve.
    if probed.media_type.starts_with("video/") {
        (probed.width, probed.height) = recording.sides.unzip();
    }
    // The same container holds both; without anything to see it is sound.
    if probed.media_type == "video/mp4" && recording.duration_ms.is_some() && recording.sides.is_none() {
        probed.media_type = "audio/mp4";
    }
    Ok(())
}

fn truncated(what: &'static str) -> Problem {
    Problem::Truncated { what }
}

fn unreadable(why: &str) -> Problem {
    Problem::Unreadable { why: why.to_owned() }
}

fn take<const N: usize>(reader: &mut (impl BufRead + ?Sized)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of a part of the file, as far as it goes.
fn part(reader: &mut (impl BufRead + Seek), place: Range<u64>) -> io::Result<Vec<u8>> {
    reader.seek(SeekFrom::Start(place.start))?;
    let mut bytes = Vec::new();
    reader.by_ref().take(place.end.saturating_sub(place.start)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Goes forward; cheap where the buffer already holds the bytes.
fn skip(reader: &mut (impl BufRead + Seek), count: u64) -> io::Result<()> {
    // A file has no more than i64::MAX bytes, so a larger step is beyond its end.
    let count = i64::try_from(count).map_err(|_too_far| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    reader.seek_relative(count)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_sound;
