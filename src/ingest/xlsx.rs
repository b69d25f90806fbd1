//! Spreadsheets (`.xlsx`): the first sheet, its first row the header.
//!
//! The library reads the shared texts at once; what a spreadsheet says it unpacks to is therefore checked first.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use calamine::{DataRef, Reader as _, Xlsx};
use serde_json::{Map, Value};

use super::limits::{COLUMNS_MAX, ROWS_MAX, XLSX_BYTES_MAX, XLSX_UNPACKED_BYTES_MAX};
use super::problem::{Place, Problem};
use super::row::{Read, Row};

/// The columns of a spreadsheet and its rows.
pub struct Sheet {
    /// The names in its first row.
    pub columns: Vec<String>,
    /// The rows below.
    pub rows: Vec<Read>,
}

/// Reads the first sheet.
pub fn read(path: &Path, file: &Arc<str>) -> Result<Sheet, Problem> {
    let refused = |why: String| Problem::refused(Place::file(file), why);
    check_size(path).map_err(refused)?;
    let opened = File::open(path).map_err(|error| refused(error.to_string()))?;
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(opened))
        .map_err(|error: calamine::XlsxError| refused(format!("it is no spreadsheet that can be read: {error}")))?;
    let Some(name) = book.sheet_names().first().cloned() else {
        return Err(refused("it has no sheet".to_owned()));
    };
    let mut cells = book
        .worksheet_cells_reader(&name)
        .map_err(|error| refused(format!("its first sheet cannot be read: {error}")))?;
    let mut header: Vec<(u32, String)> = Vec::new();
    let mut header_row = None;
    let mut rows: Vec<Read> = Vec::new();
    let mut current: Option<(u32, Map<String, Value>)> = None;
    loop {
        let cell = match cells.next_cell() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            Err(error) => {
                rows.extend(current.take().map(|row| finish(file, header_row, row)));
                rows.push(Read::Broken(refused(format!("it cannot be read any further: {error}"))));
                break;
            }
        };
        let Some(value) = value(cell.get_value()) else { continue };
        let (row, column) = cell.get_position();
        if *header_row.get_or_insert(row) == row {
            header.push((column, value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned())));
            if header.len() > COLUMNS_MAX {
                return Err(refused(format!("it has more than {COLUMNS_MAX} columns")));
            }
            continue;
        }
        if current.as_ref().is_none_or(|(number, _)| *number != row) {
            rows.extend(current.take().map(|row| finish(file, header_row, row)));
            if rows.len() as u64 >= ROWS_MAX {
                return Err(refused(format!("it has more than {ROWS_MAX} rows")));
            }
        }
        let name = header.iter().find(|(place, _)| *place == column).map(|(_, name)| name.clone());
        let name = name.unwrap_or_else(|| format!("(column {})", column + 1));
        current.get_or_insert_with(|| (row, Map::new())).1.insert(name, value);
    }
    rows.extend(current.take().map(|row| finish(file, header_row, row)));
    let columns: Vec<String> = header.into_iter().map(|(_, name)| name).collect();
    if let Some(double) = columns.iter().enumerate().find(|(place, name)| columns[..*place].contains(name)) {
        return Err(refused(format!("two columns have the name {:?}", double.1)));
    }
    if columns.is_empty() { Err(refused("its first sheet is empty".to_owned())) } else { Ok(Sheet { columns, rows }) }
}

fn finish(file: &Arc<str>, header: Option<u32>, (row, cells): (u32, Map<String, Value>)) -> Read {
    let number = row.saturating_sub(header.unwrap_or(0));
    let place = Place::row(file, u64::from(number), u64::from(row) + 1);
    Read::Row(Row { place, cells })
}

/// What a cell says; `None` for an empty one. Dates become ISO 8601, whole numbers have no decimals.
fn value(cell: &DataRef<'_>) -> Option<Value> {
    let text = match cell {
        DataRef::Empty => return None,
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Int(number) => number.to_string(),
        // Every whole number up to 2^53 is written by Display without a decimal point.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            let midnight = (hour, minute, second) == (0, 0, 0);
            if midnight { date } else { format!("{date}T{hour:02}:{minute:02}:{second:02}") }
        }
        DataRef::Error(error) => error.to_string(),
    };
    (!text.trim().is_empty()).then_some(Value::String(text))
}

/// Refuses a spreadsheet that is too large or says that it unpacks to too much.
fn check_size(path: &Path) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let mut file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > XLSX_BYTES_MAX {
        return Err(format!("it has {bytes} bytes, at most {XLSX_BYTES_MAX} of a spreadsheet are read: use CSV"));
    }
    let mut all = Vec::new();
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut all)).map_err(unreadable)?;
    let unpacked = unpacked_bytes(&all).ok_or("it is no spreadsheet: the zip directory at its end is missing")?;
    if unpacked > XLSX_UNPACKED_BYTES_MAX {
        return Err(format!("it unpacks to {unpacked} bytes, at most {XLSX_UNPACKED_BYTES_MAX} are read: use CSV"));
    }
    Ok(())
}

/// The sum of the unpacked sizes in a zip file's directory (APPNOTE 4.3.12); `None` if there is no directory.
fn unpacked_bytes(zip: &[u8]) -> Option<u64> {
    const END: &[u8] = b"PK\x05\x06";
    const ENTRY: &[u8] = b"PK\x01\x02";
    let number = |at: usize, bytes: usize| {
        let raw = zip.get(at..at + bytes)?;
        Some(raw.iter().rev().fold(0u64, |value, byte| (value << 8) | u64::from(*byte)))
    };
    let end = zip.windows(END.len()).rposition(|window| window == END)?;
    let mut at = usize::try_from(number(end + 16, 4)?).ok()?;
    let mut sum = 0u64;
    while zip.get(at..at + 4) == Some(ENTRY) {
        sum = sum.saturating_add(number(at + 24, 4)?);
        let lengths = number(at + 28, 2)? + number(at + 30, 2)? + number(at + 32, 2)?;
        at += 46 + usize::try_from(lengths).ok()?;
    }
    Some(sum)
}
