//! One page of a file, as if it were the first.
//!
//! The reader of the container begins with the first directory and walks. Of a page far behind that takes long, and a
//! directory on the way that it does not understand would stop it; it is told that the page comes first.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::super::{BadPicture, Source};
use crate::probe::directories::{Directory, find};

/// `PhotometricInterpretation` where samples are numbers of colours, and where they are shades of gray.
const PALETTE: u64 = 3;
const GRAY: u64 = 1;

/// A file in which some bytes read otherwise.
pub(super) struct Page<S> {
    source: S,
    /// Places and bytes, in order, none over another.
    instead: Vec<(u64, Vec<u8>)>,
    at: u64,
    /// Whether samples are numbers of colours. The reader of the container does not know palettes: it is told that the
    /// numbers are shades of gray.
    pub(super) has_palette: bool,
}

/// Finds a page, counted from 0.
pub(super) fn page<S: Source>(mut source: S, page: u32) -> Result<Page<S>, BadPicture> {
    let bytes = source.seek(SeekFrom::End(0)).map_err(BadPicture::Read)?;
    let found = find(&mut source, bytes, page).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => BadPicture::damaged("it ends in the middle of a directory"),
        _ => BadPicture::Read(error),
    })?;
    let (layout, Directory { at, photometric, .. }) =
        found.map_err(|pages| BadPicture::damaged(format!("it has {pages} pages")))?;
    let mut instead = vec![(0, layout.header(at))];
    let palette = photometric.filter(|(said, _)| *said == PALETTE);
    if let Some((_, entry)) = palette {
        let width = usize::try_from(entry.width).map_err(BadPicture::damaged)?;
        // Directories lie behind the header; one that lies in it is left as it is.
        if entry.at >= instead[0].1.len() as u64 {
            instead.push((entry.at, layout.written(GRAY, width)));
        }
    }
    source.rewind().map_err(BadPicture::Read)?;
    Ok(Page { source, instead, at: 0, has_palette: palette.is_some() })
}

impl<S: Source> Read for Page<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<S: Source> BufRead for Page<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let at = self.at;
        let bytes = self.source.fill_buf()?;
        let ends = |(place, instead): &&(u64, Vec<u8>)| at < place + instead.len() as u64;
        let Some((place, instead)) = self.instead.iter().find(ends) else { return Ok(bytes) };
        let distance = |from: u64, to: u64| usize::try_from(to - from).unwrap_or(usize::MAX);
        if at < *place {
            return Ok(&bytes[..bytes.len().min(distance(at, *place))]);
        }
        let rest = &instead[distance(*place, at)..];
        Ok(&rest[..rest.len().min(bytes.len())])
    }

    fn consume(&mut self, count: usize) {
        self.source.consume(count);
        self.at += count as u64;
    }
}

impl<S: Source> Seek for Page<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.source.seek(to)?;
        Ok(self.at)
    }
}
