//! Pictures: from the bytes of a master to rows of pixels as people see them.
//!
//! Upright, 8 bits, sRGB or gray, without transparency. Rows come in order and are not kept, so that memory does not
//! grow with the picture where its format allows that. The bytes are not trusted: sides are compared with those that were
//! recorded when the file came in before anything is allocated, and what a decoder may take has a limit.

mod baseline;
mod colour;
pub mod encode;
mod jpeg;
mod others;
mod png;
pub mod strips;
mod tiff;
mod whole;

use std::fmt;
use std::io::{BufRead, Seek};

use serde::Serialize;

/// The media types that are decoded.
pub const MEDIA_TYPES: &[&str] =
    &["image/jpeg", "image/png", "image/tiff", "image/jp2", "image/j2c", "image/webp", "image/gif"];
/// Bytes of pixels that may be held at once, where a picture cannot be read row by row. With it, the process stays
/// within a gibibyte and a half.
pub const WHOLE_BYTES_MAX: u64 = 1 << 30;
/// Bytes that a row of strips or tiles may take.
const BAND_BYTES_MAX: u64 = 256 << 20;
/// Bytes of a file that must be held whole to be decoded.
const FILE_BYTES_MAX: u64 = 2 << 30;

/// A width and a height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sides {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Sides {
    /// Width and height.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// How many pixels.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Turned on their side.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.width, self.height)
    }
}

/// How many channels pixels have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// One: shades of gray.
    Gray,
    /// Three: red, green, blue.
    Rgb,
}

impl Channels {
    /// How many.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }
}

/// Pixels, 8 bits a channel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// How large.
    pub sides: Sides,
    /// What a pixel is.
    pub channels: Channels,
    /// The samples.
    pub data: Vec<u8>,
}

/// Why bytes are not the picture that they claim to be, or not one that is decoded here.
#[derive(Debug, thiserror::Error)]
pub enum BadPicture {
    /// Not a media type that is decoded.
    #[error("{0} is not decoded")]
    Type(String),
    /// The decoder gave up.
    #[error("it is damaged, or of a kind that is not supported: {0}")]
    Damaged(String),
    /// A kind of picture that is written down somewhere and not decoded here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// The sides are not those that were recorded when the file came in.
    #[error("it has {found} pixels, {recorded} were recorded")]
    OtherSides {
        /// What the bytes say.
        found: Sides,
        /// What the ledger says.
        recorded: Sides,
    },
    /// It would take too much memory.
    #[error("{what} takes {bytes} bytes, at most {limit} are allowed")]
    TooLarge {
        /// What would be held at once.
        what: &'static str,
        /// How many it would take.
        bytes: u64,
        /// How many it may.
        limit: u64,
    },
    /// The bytes could not be read.
    #[error("its bytes could not be read")]
    Read(#[source] std::io::Error),
}

impl BadPicture {
    fn damaged(why: impl fmt::Display) -> Self {
        Self::Damaged(why.to_string())
    }
}

/// Rows of a picture, from the top, as people see them.
pub trait Rows {
    /// How large the picture is, upright.
    fn sides(&self) -> Sides;
    /// What a pixel is.
    fn channels(&self) -> Channels;
    /// Appends the next rows, at least one and at most `most`. Whoever has read as many as there are asks for no more.
    fn read(&mut self, most: u32, into: &mut Vec<u8>) -> Result<u32, BadPicture>;
    /// The tiles that the file holds ready, where its pixels are seen as they lie in it.
    fn ready(&mut self) -> Option<&mut dyn ReadyTiles> {
        None
    }
}

/// Square tiles of a picture that were encoded before it came here, as complete JPEGs: baseline, brightness and differences
/// of colour for [`Channels::Rgb`], one component for [`Channels::Gray`].
pub trait ReadyTiles {
    /// Pixels of a side of each.
    fn side(&self) -> u32;
    /// A tile of the level whose sides are those of the picture, divided by `scale` and rounded up; `None` where there is
    /// none that is whole and ready. What it shows is what the file says: whoever takes it looks.
    fn tile(&mut self, scale: u32, column: u32, row: u32) -> Option<Vec<u8>>;
}

/// What bytes are read from.
pub trait Source: BufRead + Seek {}
impl<T: BufRead + Seek> Source for T {}

/// Opens a picture whose upright sides were recorded; `page` is which of several in one TIFF file, from 0.
pub fn open<'a>(
    source: impl Source + 'a,
    media_type: &str,
    recorded: Sides,
    page: u32,
) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    let rows: Box<dyn Rows + 'a> = match media_type {
        "image/jpeg" => jpeg::open(source, recorded)?,
        "image/png" => png::open(source, recorded)?,
        "image/tiff" => tiff::open(source, recorded, page)?,
        "image/jp2" | "image/j2c" => others::jpeg_2000(source, recorded)?,
        "image/webp" | "image/gif" => others::open(source, media_type, recorded)?,
        other => return Err(BadPicture::Type(other.to_owned())),
    };
    if rows.sides() == recorded {
        return Ok(rows);
    }
    Err(BadPicture::OtherSides { found: rows.sides(), recorded })
}

/// Reads all of a picture that is small enough.
pub fn read_whole(rows: &mut dyn Rows) -> Result<Pixels, BadPicture> {
    let (sides, channels) = (rows.sides(), rows.channels());
    let bytes = fits("the picture", sides, channels.count() as u64)?;
    let mut data = Vec::with_capacity(bytes);
    let mut done = 0;
    while done < sides.height {
        done += rows.read(sides.height - done, &mut data)?;
    }
    Ok(Pixels { sides, channels, data })
}

/// How many bytes that many a pixel amount to, if they may be held at once.
fn fits(what: &'static str, sides: Sides, bytes_per_pixel: u64) -> Result<usize, BadPicture> {
    let bytes = sides.area().saturating_mul(bytes_per_pixel);
    match usize::try_from(bytes) {
        Ok(fitting) if bytes <= WHOLE_BYTES_MAX => Ok(fitting),
        _ => Err(BadPicture::TooLarge { what, bytes, limit: WHOLE_BYTES_MAX }),
    }
}

/// All bytes of a source.
fn all(mut source: impl Source) -> Result<Vec<u8>, BadPicture> {
    let bytes = source.seek(std::io::SeekFrom::End(0)).map_err(BadPicture::Read)?;
    if bytes > FILE_BYTES_MAX {
        return Err(BadPicture::TooLarge { what: "the file", bytes, limit: FILE_BYTES_MAX });
    }
    source.rewind().map_err(BadPicture::Read)?;
    let mut all = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    source.read_to_end(&mut all).map_err(BadPicture::Read)?;
    Ok(all)
}

#[cfg(test)]
mod tests;
