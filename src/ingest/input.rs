//! What a path is: a table, a table with a folder of files, or a folder of files.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::bag::{self, Bags};
use super::csv::Csv;
use super::encoding;
use super::folder;
use super::json::Json;
use super::limits::SAMPLE_ROWS;
use super::problem::{Place, Problem};
use super::row::{Read, Rows};
use super::{xlsx, xml};

/// Names that tables have in folders, without extension, the likeliest first.
const TABLE_NAMES: &[&str] = &["labels", "records", "metadata", "objects", "index", "table"];

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What people call it: the name of the file or folder.
    pub name: String,
    /// The folder from which files are named.
    pub base: PathBuf,
    /// What gives the rows.
    pub shape: Shape,
}

/// What gives the rows of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A table.
    Table(PathBuf, Format),
    /// The files of a folder.
    Folder,
    /// One file, which is one object.
    Single(String),
    /// Files of records in formats that say what they mean.
    Records(xml::Files),
    /// `BagIt` bags without a table or records of their own.
    Bags(Bags),
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With commas, semicolons or tabs.
    Csv,
    /// As JSON.
    Json,
    /// As a spreadsheet.
    Xlsx,
}

/// An input that is being read.
pub struct Opened {
    /// The columns, as far as the header or the first rows tell.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Rows,
    /// What was seen before the first row.
    pub warnings: Vec<Problem>,
    /// Bytes of the table; 0 where progress is counted in rows.
    pub bytes: u64,
    /// Bytes of it that were read.
    pub bytes_read: Arc<AtomicU64>,
}

/// The format that a name says, `.gz` aside.
fn format_of(name: &str) -> Option<Format> {
    let name = name.to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" | "tsv" | "tab" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::Json),
        "xlsx" | "xlsm" => Some(Format::Xlsx),
        _ => None,
    }
}

fn stem_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Looks at what the path is; `table` is the name of the table that a profile expects in a folder, and `told` what is
/// said about XML.
pub fn look(path: &Path, table: Option<&str>, told: xml::Told) -> Result<Input, Problem> {
    let given = path.display().to_string();
    let refused = |why: String| Problem::refused(Place::file(&given), why);
    // The path itself is the user's own word: a link there is followed, as everywhere.
    let path = path.canonicalize().map_err(|error| refused(format!("it cannot be read: {error}")))?;
    let about = path.metadata().map_err(|error| refused(format!("it cannot be read: {error}")))?;
    let name = path.file_name().map_or_else(|| "folder".to_owned(), |name| name.to_string_lossy().into_owned());
    if about.is_file() {
        let base = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let shape = match format_of(&name) {
            Some(format) => Shape::Table(path, format),
            None if path.to_str().is_none() => return Err(refused("its name is not UTF-8".to_owned())),
            None => match xml::Files::of_file(&path, told)? {
                Some(files) => Shape::Records(files),
                None => Shape::Single(name.clone()),
            },
        };
        return Ok(Input { name, base, shape });
    }
    if !about.is_dir() {
        return Err(refused("it is neither a file nor a folder".to_owned()));
    }
    if let Some(bags) = Bags::of(&path) {
        if bags.is_one()
            && let Some(input) = bag::described(&path, &name, table, told)
        {
            return Ok(input);
        }
        return Ok(Input { name, base: path, shape: Shape::Bags(bags) });
    }
    let shape = match table_in(&path, table).map_err(refused)? {
        Some((table, format)) => Shape::Table(table, format),
        None => match xml::Files::of_folder(&path, told)? {
            Some(files) => Shape::Records(files),
            None => Shape::Folder,
        },
    };
    Ok(Input { name, base: path, shape })
}

/// The table in a folder, if there is one.
fn table_in(folder: &Path, wanted: Option<&str>) -> Result<Option<(PathBuf, Format)>, String> {
    let unreadable = |error: std::io::Error| format!("the folder cannot be read: {error}");
    let mut tables = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Neither hidden files nor links: `.~lock.labels.csv` is no table.
        let plain = entry.file_type().is_ok_and(|kind| kind.is_file()) && !name.starts_with('.');
        let Some(format) = format_of(&name).filter(|_| plain) else { continue };
        // A lone JSON file in a folder of images is seldom a table, unless it is called like one.
        let is_json = name.to_lowercase().ends_with(".json");
        if Some(name.as_str()) == wanted || !is_json || TABLE_NAMES.contains(&stem_of(&name.to_lowercase())) {
            tables.push((name, format));
        }
    }
    tables.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(wanted) = wanted {
        let found = tables.into_iter().find(|(name, _)| name == wanted);
        return match found {
            Some((name, format)) => Ok(Some((folder.join(name), format))),
            None => Err(format!("the profile expects a table {wanted:?} in this folder, and there is none")),
        };
    }
    let called = |tables: &[(String, Format)]| {
        TABLE_NAMES.iter().find_map(|known| {
            let mut those = tables.iter().filter(|(name, _)| stem_of(&name.to_lowercase()) == *known);
            let first = those.next()?;
            those.next().is_none().then(|| first.clone())
        })
    };
    match tables.as_slice() {
        [] => Ok(None),
        [(name, format)] => Ok(Some((folder.join(name), *format))),
        several => {
            if let Some((name, format)) = called(several) {
                return Ok(Some((folder.join(name), format)));
            }
            let names: Vec<_> = several.iter().map(|(name, _)| name.as_str()).collect();
            Err(format!("it holds several tables ({}): name one of them instead", names.join(", ")))
        }
    }
}

impl Input {
    /// What the numbering of the input is called where no profile says it.
    #[must_use]
    pub fn namespace(&self) -> String {
        match &self.shape {
            Shape::Table(path, _) if self.name == file_name(path) => stem_of(&self.name).to_owned(),
            Shape::Records(files) if files.is_one() => stem_of(&self.name).to_owned(),
            Shape::Table(..) | Shape::Folder | Shape::Records(_) | Shape::Bags(_) => self.name.clone(),
            Shape::Single(_) => self.base.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        }
    }

    /// Starts to read.
    pub fn open(&self) -> Result<Opened, Problem> {
        let bytes_read = Arc::<AtomicU64>::default();
        let (columns, rows, warnings, bytes): (Vec<String>, Rows, Vec<Problem>, u64) = match &self.shape {
            Shape::Table(path, format) => table(path, *format, &bytes_read)?,
            Shape::Records(files) => {
                (Vec::new(), files.open(&self.namespace(), None, &bytes_read), files.left_aside.clone(), files.bytes)
            }
            Shape::Folder => made(folder::read(&self.base, &self.namespace())),
            Shape::Single(name) => made(folder::single(name, &self.namespace())),
            Shape::Bags(bags) => made(bags.read(&self.base, &self.namespace())),
        };
        let mut opened = Opened { columns, rows, warnings, bytes, bytes_read };
        opened.peek();
        Ok(opened)
    }
}

/// Rows that no table has: their columns are made here.
fn made(rows: Vec<Read>) -> Table {
    let columns = folder::COLUMNS.iter().map(|name| (*name).to_owned()).collect();
    (columns, Box::new(rows.into_iter()), Vec::new(), 0)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

type Table = (Vec<String>, Rows, Vec<Problem>, u64);

fn table(path: &Path, format: Format, bytes_read: &Arc<AtomicU64>) -> Result<Table, Problem> {
    let file: Arc<str> = file_name(path).into();
    let unreadable =
        |error: std::io::Error| Problem::refused(Place::file(&file), format!("it cannot be read: {error}"));
    let bytes = path.metadata().map_err(unreadable)?.len();
    let mut magic = [0u8; 4];
    let read = File::open(path).and_then(|mut file| file.read(&mut magic)).map_err(unreadable)?;
    // A spreadsheet under another name is still a spreadsheet.
    if format == Format::Xlsx || magic[..read] == *b"PK\x03\x04" {
        let sheet = xlsx::read(path, &file)?;
        return Ok((sheet.columns, Box::new(sheet.rows.into_iter()), Vec::new(), 0));
    }
    let sample = encoding::sample(path).map_err(unreadable)?;
    let mut warnings = Vec::new();
    if sample.guessed {
        let why = "it is not UTF-8 and is read as Windows-1252; look whether names with accents are right";
        warnings.push(Problem::warning(Place::file(&file), why));
    }
    let reader = encoding::open(path, sample.encoding, Arc::clone(bytes_read)).map_err(unreadable)?;
    if format == Format::Json {
        let json = Json::open(reader, file, &sample.bytes);
        return Ok((Vec::new(), Box::new(json), warnings, bytes));
    }
    let csv = Csv::open(reader, file, &sample.bytes)?;
    Ok((csv.columns().to_vec(), Box::new(csv), warnings, bytes))
}

impl Opened {
    /// Looks at the first rows for columns that no header names, and puts them back.
    fn peek(&mut self) {
        let first: Vec<Read> = self.rows.by_ref().take(SAMPLE_ROWS).collect();
        let mut known: std::collections::HashSet<String> = self.columns.iter().cloned().collect();
        for read in &first {
            if let Read::Row(row) = read {
                let new = row.cells.keys().filter(|name| known.insert((*name).clone()));
                self.columns.extend(new.cloned());
            }
        }
        let rest = std::mem::replace(&mut self.rows, Box::new(std::iter::empty()));
        self.rows = Box::new(first.into_iter().chain(rest));
    }
}
