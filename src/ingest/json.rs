//! JSON: an object a line, or an array of objects, or objects one after another over several lines.

use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::Value;

use super::limits::{COLUMNS_MAX, JSON_DEPTH_MAX, ROW_BYTES_MAX};
use super::lines::{self, Line};
use super::problem::{Place, Problem};
use super::row::{Read, Row};

/// How objects follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One a line: a wrong line costs nothing but itself.
    Lines,
    /// In an array, or over several lines: told apart by counting brackets.
    Stream,
}

/// A table of JSON objects.
pub struct Json {
    reader: Box<dyn BufRead + Send>,
    file: Arc<str>,
    layout: Layout,
    line: u64,
    row: u64,
    ended: bool,
}

/// A piece of the file that should be an object.
enum Piece {
    Bytes(Vec<u8>),
    TooLong,
    Cut,
}

impl Json {
    /// Opens a table.
    #[must_use]
    pub fn open(reader: Box<dyn BufRead + Send>, file: Arc<str>, sample: &[u8]) -> Self {
        let sample = sample.trim_ascii_start();
        let first = sample.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let one_a_line = sample.first() != Some(&b'[') && serde_json::from_slice::<Value>(first).is_ok();
        // A first line that is wrong is wrong in both layouts; one that begins an object and does not end it is not.
        let begins = first.trim_ascii_end().ends_with(b"{") || first.trim_ascii_end().ends_with(b",");
        let layout =
            if one_a_line || (sample.first() != Some(&b'[') && !begins) { Layout::Lines } else { Layout::Stream };
        Self { reader, file, layout, line: 0, row: 0, ended: false }
    }

    fn piece(&mut self) -> io::Result<Option<(u64, Piece)>> {
        match self.layout {
            Layout::Stream => self.bracketed(),
            Layout::Lines => loop {
                let Some(line) = lines::next(&mut *self.reader, b'\n', ROW_BYTES_MAX)? else { return Ok(None) };
                self.line += 1;
                match line {
                    Line::TooLong => return Ok(Some((self.line, Piece::TooLong))),
                    Line::Bytes(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                    Line::Bytes(bytes) => return Ok(Some((self.line, Piece::Bytes(bytes)))),
                }
            },
        }
    }

    /// The next value between brackets.
    fn bracketed(&mut self) -> io::Result<Option<(u64, Piece)>> {
        let mut piece = Vec::new();
        let (mut depth, mut in_text, mut escaped, mut too_long) = (0usize, false, false, false);
        let mut start = None;
        self.line = self.line.max(1);
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(start.map(|line| (line, Piece::Cut)));
            }
            let mut read = 0;
            let mut done = false;
            for byte in buffer {
                read += 1;
                self.line += u64::from(*byte == b'\n');
                if start.is_none() {
                    // Between values: brackets of the array around them, commas and blanks.
                    if matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']') {
                        continue;
                    }
                    start = Some(self.line);
                }
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if in_text => escaped = true,
                    b'"' => in_text = !in_text,
                    b'{' | b'[' if !in_text => depth += 1,
                    b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
                    _ => {}
                }
                too_long |= piece.len() >= ROW_BYTES_MAX;
                if !too_long {
                    piece.push(*byte);
                }
                done = depth == 0 && !in_text && matches!(byte, b'}' | b']' | b',' | b'\n');
                if done {
                    break;
                }
            }
            self.reader.consume(read);
            if done {
                let piece = if too_long { Piece::TooLong } else { Piece::Bytes(piece) };
                return Ok(start.map(|line| (line, piece)));
            }
        }
    }

    fn read(&mut self, line: u64, piece: Piece) -> Read {
        self.row += 1;
        let place = Place::row(&self.file, self.row, line);
        let refused = |why: String| Read::Problem(Problem::refused(place.clone(), why));
        let bytes = match piece {
            Piece::Bytes(bytes) => bytes,
            Piece::TooLong => return refused(format!("it is longer than {ROW_BYTES_MAX} bytes")),
            Piece::Cut => return refused("the file ends in the middle of it".to_owned()),
        };
        if std::str::from_utf8(&bytes).is_err() {
            return refused("it is not UTF-8".to_owned());
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(cells)) if cells.len() > COLUMNS_MAX => {
                refused(format!("it has {} names, at most {COLUMNS_MAX} are read", cells.len()))
            }
            Ok(value) if !is_shallow(&value, JSON_DEPTH_MAX) => {
                refused(format!("it is nested more than {JSON_DEPTH_MAX} deep"))
            }
            Ok(Value::Object(mut cells)) => {
                cells.retain(|_, value| !value.is_null());
                Read::Row(Row { place, cells })
            }
            Ok(_) => refused("it is not a JSON object".to_owned()),
            Err(error) => refused(format!("it is not JSON: {error}")),
        }
    }
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(members) => levels > 0 && members.iter().all(|member| is_shallow(member, levels - 1)),
        Value::Object(members) => levels > 0 && members.values().all(|member| is_shallow(member, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

impl Iterator for Json {
    type Item = Read;
    fn next(&mut self) -> Option<Read> {
        if self.ended {
            return None;
        }
        match self.piece() {
            Ok(None) => None,
            Ok(Some((line, piece))) => Some(self.read(line, piece)),
            Err(error) => {
                self.ended = true;
                let place = Place::row(&self.file, self.row + 1, self.line + 1);
                Some(Read::Broken(Problem::refused(place, format!("the file cannot be read any further: {error}"))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let reader = Box::new(io::BufReader::with_capacity(3, io::Cursor::new(text.as_bytes().to_vec())));
        let json = Json::open(reader, "t.json".into(), text.as_bytes());
        json.map(|read| match read {
            Read::Object(mapped) => panic!("{mapped:?}"),
            Read::Row(row) => Value::Object(row.cells).to_string(),
            Read::Problem(problem) | Read::Broken(problem) => problem.to_string(),
        })
        .collect()
    }

    #[test]
    fn a_wrong_line_costs_one_row() {
        let rows = read("{\"a\":1}\n{\"a\":\n\n{\"a\":3}\n");
        assert_eq!((rows[0].as_str(), rows[2].as_str()), ("{\"a\":1}", "{\"a\":3}"));
        assert!(rows[1].starts_with("refused: t.json, row 2 (line 2): it is not JSON"), "{rows:?}");
    }
    #[test]
    fn an_array_is_read_piece_by_piece() {
        assert_eq!(read("[\n {\"a\": \"]}\\\"\"},\n {\"a\": [2]} ]"), ["{\"a\":\"]}\\\"\"}", "{\"a\":[2]}"]);
    }
    #[test]
    fn objects_over_several_lines_are_read() {
        assert_eq!(read("{\n \"a\": 1\n}\n{\n \"a\": 2\n}"), ["{\"a\":1}", "{\"a\":2}"]);
    }
    #[test]
    fn a_file_cut_in_the_middle_says_so() {
        let rows = read("[{\"a\":1},\n{\"a\":");
        assert_eq!(rows[1], "refused: t.json, row 2 (line 2): the file ends in the middle of it");
    }
    #[test]
    fn what_is_no_object_is_refused() {
        assert_eq!(
            read("[{\"a\":1}, 5,\n{\"a\":2}]")[1],
            "refused: t.json, row 2 (line 1): it is not JSON: trailing characters at line 1 column 2"
        );
    }
    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
        assert_eq!(read(&deep), ["refused: t.json, row 1 (line 1): it is nested more than 32 deep"]);
        let abyss = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(read(&abyss)[0].contains("not JSON"), "the parser's own limit holds");
    }
    #[test]
    fn a_null_says_nothing() {
        assert_eq!(read("{\"a\":null,\"b\":1}"), ["{\"b\":1}"]);
    }
}
