//! Comma-separated values (RFC 4180), also with `;` or tabs, read so that a wrong row does not take the rest with it.
//!
//! A quotation mark that is never closed makes an ordinary reader swallow everything up to the next one. Here such a
//! row is refused and reading goes on with the next line that has as many fields as the header.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::limits::{COLUMNS_MAX, ROW_BYTES_MAX};
use super::lines::{self, Line};
use super::problem::{Place, Problem, escape};
use super::row::{Read, Row};

/// Lines that one record may have: a long note has dozens.
const RECORD_LINES_MAX: usize = 1_000;

/// Splits one record into fields, a line at a time.
struct Record {
    delimiter: u8,
    state: State,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    /// The field in which something follows the closing quotation mark.
    stray: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    QuoteInQuoted,
}

impl Record {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::Start, fields: Vec::new(), field: Vec::new(), stray: None }
    }

    /// Takes the next line; says whether the record ends with it.
    fn line(&mut self, line: &[u8]) -> bool {
        if self.state == State::Quoted {
            self.field.push(b'\n');
        }
        for byte in line {
            match (self.state, *byte) {
                (State::Quoted, b'"') => self.state = State::QuoteInQuoted,
                (State::QuoteInQuoted, b'"') => {
                    self.field.push(b'"');
                    self.state = State::Quoted;
                }
                (State::Start, b'"') => self.state = State::Quoted,
                (State::Quoted, other) => self.field.push(other),
                (State::Start | State::Plain | State::QuoteInQuoted, byte) if byte == self.delimiter => {
                    self.fields.push(std::mem::take(&mut self.field));
                    self.state = State::Start;
                }
                (State::QuoteInQuoted, b' ') => {}
                (State::QuoteInQuoted, other) => {
                    self.stray.get_or_insert(self.fields.len());
                    self.field.push(other);
                    self.state = State::Plain;
                }
                (State::Start | State::Plain, other) => {
                    self.field.push(other);
                    self.state = State::Plain;
                }
            }
        }
        if self.state == State::Quoted {
            return false;
        }
        self.fields.push(std::mem::take(&mut self.field));
        self.state = State::Start;
        true
    }
}

/// The delimiter of a table: the one of comma, semicolon and tab that its first record has most of, outside quotation
/// marks.
#[must_use]
pub fn delimiter(sample: &[u8]) -> u8 {
    let mut counts = [(b',', 0usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in sample {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            other if !quoted => counts.iter_mut().filter(|(known, _)| known == other).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    // Of equals the first is meant: `max_by_key` would give the last.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// A table of comma-separated values.
pub struct Csv {
    reader: Box<dyn BufRead + Send>,
    file: Arc<str>,
    delimiter: u8,
    line_end: u8,
    line: u64,
    row: u64,
    header: Vec<String>,
    ahead: VecDeque<(u64, Line)>,
    broken: bool,
}

impl Csv {
    /// Opens a table and reads its header.
    pub fn open(reader: Box<dyn BufRead + Send>, file: Arc<str>, sample: &[u8]) -> Result<Self, Problem> {
        // Files of old Macintoshes end lines with a carriage return alone.
        let line_end = if sample.contains(&b'\n') || !sample.contains(&b'\r') { b'\n' } else { b'\r' };
        let delimiter = delimiter(sample);
        let ahead = VecDeque::new();
        let header = Vec::new();
        let mut csv = Self { reader, file, delimiter, line_end, line: 0, row: 0, header, ahead, broken: false };
        let place = Place { line: Some(1), ..Place::file(&csv.file) };
        let refused = |why: String| Problem::refused(place.clone(), why);
        let record = csv.record().map_err(|error| refused(format!("it cannot be read: {error}")))?;
        let fields = match record {
            None => return Err(refused("it is empty: there is not even a header".to_owned())),
            Some(Err(problem)) => return Err(problem),
            Some(Ok((_, fields))) => fields,
        };
        csv.header = header_of(fields).map_err(refused)?;
        csv.row = 0;
        Ok(csv)
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.header
    }

    fn next_line(&mut self) -> io::Result<Option<(u64, Line)>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let line = lines::next(&mut *self.reader, self.line_end, ROW_BYTES_MAX)?;
        self.line += 1;
        Ok(line.map(|line| (self.line, line)))
    }

    /// The fields of the next record and the line on which it begins, or why it is refused.
    #[expect(clippy::type_complexity, reason = "the end, a wrong record and a record are three different things")]
    fn record(&mut self) -> io::Result<Option<Result<(u64, Vec<Vec<u8>>), Problem>>> {
        let (start, first) = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some((_, Line::Bytes(bytes))) if bytes.iter().all(u8::is_ascii_whitespace) => {}
                Some((line, Line::TooLong)) => {
                    self.row += 1;
                    let why = format!("it is longer than {ROW_BYTES_MAX} bytes");
                    return Ok(Some(Err(Problem::refused(Place::row(&self.file, self.row, line), why))));
                }
                Some((line, Line::Bytes(bytes))) => break (line, bytes),
            }
        };
        self.row += 1;
        let mut fields = Record::new(self.delimiter);
        let mut complete = fields.line(&first);
        let mut rest: Vec<(u64, Line)> = Vec::new();
        let mut bytes = first.len();
        while !complete && rest.len() < RECORD_LINES_MAX && bytes <= ROW_BYTES_MAX {
            let Some((number, line)) = self.next_line()? else { break };
            if let Line::Bytes(text) = &line {
                bytes += text.len();
                complete = fields.line(text);
            }
            let too_long = line == Line::TooLong;
            rest.push((number, line));
            if too_long {
                break;
            }
        }
        let wanted = if self.header.is_empty() { fields.fields.len() } else { self.header.len() };
        let why = self.wrong(&fields, complete, wanted);
        let Some((column, why)) = why else { return Ok(Some(Ok((start, fields.fields)))) };
        self.go_on_after(rest);
        let place = Place { column, ..Place::row(&self.file, self.row, start) };
        Ok(Some(Err(Problem::refused(place, why))))
    }

    /// What is wrong with a record, and in which column.
    fn wrong(&self, fields: &Record, complete: bool, wanted: usize) -> Option<(Option<String>, String)> {
        let name = |place: usize| self.header.get(place).cloned();
        if !complete {
            return Some((name(fields.fields.len()), "a quotation mark opens here that is never closed".to_owned()));
        }
        if let Some(place) = fields.stray {
            let why = "text follows a closing quotation mark; inside a quoted field it is written twice";
            return Some((name(place), why.to_owned()));
        }
        let found = fields.fields.len();
        // Spreadsheets write empty fields behind the last column.
        let blank_tail = found > wanted && fields.fields[wanted..].iter().all(Vec::is_empty);
        if found == wanted || blank_tail {
            return None;
        }
        Some((None, format!("it has {found} fields where the header has {wanted}")))
    }

    /// Puts back what a wrong record swallowed, from the first line on that is a record by itself.
    fn go_on_after(&mut self, rest: Vec<(u64, Line)>) {
        let delimiter = self.delimiter;
        let wanted = self.header.len();
        let whole = |line: &Line| match line {
            Line::TooLong => false,
            Line::Bytes(bytes) => {
                let mut fields = Record::new(delimiter);
                fields.line(bytes) && fields.stray.is_none() && fields.fields.len() == wanted && wanted > 1
            }
        };
        let good = rest.iter().position(|(_, line)| whole(line)).unwrap_or(rest.len());
        for line in rest.into_iter().skip(good).rev() {
            self.ahead.push_front(line);
        }
    }

    fn row(&self, line: u64, fields: Vec<Vec<u8>>) -> Read {
        let place = Place::row(&self.file, self.row, line);
        let mut cells = Map::new();
        for (column, field) in self.header.iter().zip(fields) {
            if field.is_empty() {
                continue;
            }
            match String::from_utf8(field) {
                Ok(text) => drop(cells.insert(column.clone(), Value::String(text))),
                Err(error) => {
                    let text = escape(&String::from_utf8_lossy(error.as_bytes()));
                    let why = format!("it is not UTF-8 as the rest of the file is: {text:?}");
                    return Read::Problem(Problem::refused(place.column(column), why));
                }
            }
        }
        Read::Row(Row { place, cells })
    }
}

fn header_of(fields: Vec<Vec<u8>>) -> Result<Vec<String>, String> {
    let mut header: Vec<String> = Vec::new();
    for (place, field) in (1..).zip(fields) {
        let name = String::from_utf8(field).map_err(|_bad| format!("the name of column {place} is not UTF-8"))?;
        let name = name.trim().to_owned();
        if !name.is_empty() && header.contains(&name) {
            return Err(format!("two columns have the name {:?}", escape(&name)));
        }
        header.push(if name.is_empty() { format!("(column {place})") } else { name });
    }
    // Blank columns at the end are what spreadsheets leave behind.
    while header.last().is_some_and(|name| name.starts_with("(column ")) {
        header.pop();
    }
    if header.len() > COLUMNS_MAX {
        return Err(format!("it has {} columns, at most {COLUMNS_MAX} are read", header.len()));
    }
    if header.is_empty() { Err("its first line names no column".to_owned()) } else { Ok(header) }
}

impl Iterator for Csv {
    type Item = Read;
    fn next(&mut self) -> Option<Read> {
        if self.broken {
            return None;
        }
        match self.record() {
            Ok(None) => None,
            Ok(Some(Ok((line, fields)))) => Some(self.row(line, fields)),
            Ok(Some(Err(problem))) => Some(Read::Problem(problem)),
            Err(error) => {
                self.broken = true;
                let place = Place::row(&self.file, self.row + 1, self.line + 1);
                Some(Read::Broken(Problem::refused(place, format!("the file cannot be read any further: {error}"))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a table; each row as its cells joined, each problem as its message.
    fn read(text: &[u8]) -> Vec<String> {
        let reader = Box::new(io::Cursor::new(text.to_vec()));
        let csv = Csv::open(reader, "t.csv".into(), text).unwrap();
        csv.map(|read| match read {
            Read::Object(mapped) => panic!("{mapped:?}"),
            Read::Row(row) => row.cells.values().map(|cell| cell.as_str().unwrap()).collect::<Vec<_>>().join("|"),
            Read::Problem(problem) | Read::Broken(problem) => problem.to_string(),
        })
        .collect()
    }

    #[test]
    fn the_delimiter_is_the_one_that_the_header_has() {
        assert_eq!(read(b"a;b\n1;2,5\n"), ["1|2,5"]);
        assert_eq!(read(b"a\tb\n1\t2\n"), ["1|2"]);
    }
    #[test]
    fn a_quoted_field_holds_anything() {
        assert_eq!(read(b"a,b\r\n\"x, \"\"y\"\"\nz\",2\r\n"), ["x, \"y\"\nz|2"]);
    }
    #[test]
    fn an_inch_sign_in_a_plain_field_is_no_quotation() {
        assert_eq!(read(b"a,b\n5\" nail,2\n"), ["5\" nail|2"]);
    }
    #[test]
    fn an_unclosed_quotation_costs_one_row() {
        let wrong = "refused: t.csv, row 1 (line 2), column b: a quotation mark opens here that is never closed";
        assert_eq!(read(b"a,b\n1,\"x\n2,y\n3,z\n"), [wrong, "2|y", "3|z"]);
    }
    #[test]
    fn an_unclosed_quotation_that_meets_another_costs_one_row() {
        let rows = read(b"a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n");
        assert!(rows[0].contains("row 1 (line 2), column b: text follows"), "{rows:?}");
        assert_eq!(rows[1..], ["2|y", "3|z", "4|w"]);
    }
    #[test]
    fn a_row_with_too_few_fields_is_refused_with_its_line() {
        let rows = read(b"a,b,c\n1,2,3\n\n4,5\n6,7,8\n");
        assert_eq!(rows[1], "refused: t.csv, row 2 (line 4): it has 2 fields where the header has 3");
        assert_eq!(rows[2], "6|7|8");
    }
    #[test]
    fn empty_fields_behind_the_last_column_are_no_mistake() {
        assert_eq!(read(b"a,b,,\n1,2,,\n"), ["1|2"]);
    }
    #[test]
    fn a_row_in_another_encoding_is_refused_alone() {
        let rows = read(b"a,b\n1,\xc3\xa9\n2,caf\xe9\n3,x\n");
        assert!(rows[1].starts_with("refused: t.csv, row 2 (line 3), column b: it is not UTF-8"), "{rows:?}");
        assert_eq!((rows[0].as_str(), rows[2].as_str()), ("1|é", "3|x"));
    }
    #[test]
    fn a_row_without_end_is_refused_without_filling_the_memory() {
        let text = [b"a,b\n1,".as_slice(), &vec![b'x'; ROW_BYTES_MAX + 10], b"\n2,y\n"].concat();
        let rows = read(&text);
        assert_eq!(rows, ["refused: t.csv, row 1 (line 2): it is longer than 1048576 bytes", "2|y"]);
    }
    #[test]
    fn two_columns_of_one_name_are_refused() {
        let problem = Csv::open(Box::new(io::Cursor::new(b"a,a\n")), "t.csv".into(), b"a,a\n").err().unwrap();
        assert!(problem.why.contains("two columns"), "{problem}");
    }
    #[test]
    fn lines_may_end_as_on_an_old_macintosh() {
        assert_eq!(read(b"a,b\r1,2\r3,4\r"), ["1|2", "3|4"]);
    }
}
