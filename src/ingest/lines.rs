//! Lines of at most so many bytes, with their numbers; a longer one is skipped and reported, not kept.

use std::io::{self, BufRead};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Its bytes, without what ends it.
    Bytes(Vec<u8>),
    /// It was longer than what is read.
    TooLong,
}

/// Reads the next line, which ends with `end`; `None` at the end of the file.
pub fn next(reader: &mut dyn BufRead, end: u8, bytes_max: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut any = false;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        any = true;
        let ends = buffer.iter().position(|byte| *byte == end);
        let taken = ends.unwrap_or(buffer.len());
        if line.len() + taken > bytes_max {
            too_long = true;
            line = Vec::new();
        } else if !too_long {
            line.extend_from_slice(&buffer[..taken]);
        }
        let consumed = taken + usize::from(ends.is_some());
        reader.consume(consumed);
        if ends.is_some() {
            break;
        }
    }
    if !any {
        return Ok(None);
    }
    if too_long {
        return Ok(Some(Line::TooLong));
    }
    if end == b'\n' && line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(Line::Bytes(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_skipped_whole() {
        let mut reader = io::BufReader::with_capacity(4, "short\nmuch too long\r\nlast".as_bytes());
        let mut lines = Vec::new();
        while let Some(line) = next(&mut reader, b'\n', 6).unwrap() {
            lines.push(line);
        }
        assert_eq!(lines, [Line::Bytes(b"short".to_vec()), Line::TooLong, Line::Bytes(b"last".to_vec())]);
    }
}
