//! Files of records: which files of a folder they are, and in which formats.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use fonds_schemas::Sha256;

use super::crosswalk::Crosswalk;
use super::harvested::{OAI, is_oai};
use super::parse::{Parser, Token};
use super::records::Records;
use super::source::Source;
use crate::ingest::limits::{FILES_MAX, XML_LOOKED_AT_MAX};
use crate::ingest::paths::natural;
use crate::ingest::problem::{Place, Problem, chain};
use crate::ingest::row::{Read, Rows};

/// Endings of XML files, `.gz` aside.
const ENDINGS: &[&str] = &["xml", "rdf", "edm", "lido", "mods", "ead", "mets"];

/// Elements of an answer of OAI-PMH that are saved alone, also without their namespace.
const PIECES: &[&str] = &["OAI-PMH", "ListRecords", "GetRecord", "record", "records"];

/// Files of records.
#[derive(Debug, Clone)]
pub struct Files {
    paths: Vec<PathBuf>,
    is_folder: bool,
    crosswalks: Arc<[Crosswalk]>,
    /// Formats that were seen, in the order of the list.
    formats: Vec<usize>,
    /// Bytes of all of them.
    pub bytes: u64,
    /// What lies beside them and is left aside.
    pub left_aside: Vec<Problem>,
}

impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        self.paths == other.paths
    }
}

impl Eq for Files {}

/// What is said about XML before it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Nothing: its first record tells the format.
    Nothing,
    /// That it is files like others: a profile maps them.
    Files,
    /// The crosswalk for the records that it names; other formats are not read.
    Crosswalk(Box<Crosswalk>),
}

/// What the beginning of a file is.
enum Beginning {
    /// Records of a format, or an answer of a repository that has none.
    Records(Option<usize>),
    /// Something else.
    Other,
}

impl Files {
    /// The file, if it holds records.
    pub fn of_file(path: &Path, told: Told) -> Result<Option<Self>, Problem> {
        if told == Told::Files || !is_xml(path) {
            return Ok(None);
        }
        let crosswalks = crosswalks(path, told)?;
        let Beginning::Records(format) = beginning(path, &crosswalks) else { return Ok(None) };
        let bytes = path.metadata().map_or(0, |about| about.len());
        let formats = format.into_iter().collect();
        let paths = vec![path.to_owned()];
        Ok(Some(Self { paths, is_folder: false, crosswalks, formats, bytes, left_aside: Vec::new() }))
    }

    /// The files that lie directly in a folder, if all of them are XML and one of them holds records. Folders in it are
    /// what records may name.
    pub fn of_folder(folder: &Path, told: Told) -> Result<Option<Self>, Problem> {
        if told == Told::Files {
            return Ok(None);
        }
        let Ok(entries) = std::fs::read_dir(folder) else { return Ok(None) };
        let mut paths = Vec::new();
        for entry in entries.flatten() {
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && !hidden {
                paths.push(entry.path());
            }
            if paths.len() > FILES_MAX || (is_file && !hidden && !is_xml(&entry.path())) {
                return Ok(None);
            }
        }
        paths.sort_by(|a, b| natural(&name_of(a), &name_of(b)));
        let crosswalks = crosswalks(folder, told)?;
        let (mut formats, mut kept, mut left_aside, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for path in paths {
            match beginning(&path, &crosswalks) {
                Beginning::Records(format) => {
                    formats.extend(format);
                    bytes += path.metadata().map_or(0, |about| about.len());
                    kept.push(path);
                }
                Beginning::Other => {
                    let why = "it holds no records of a format that is read, and is left aside";
                    left_aside.push(Problem::note(Place::file(&name_of(&path)), why));
                }
            }
        }
        if kept.is_empty() {
            return Ok(None);
        }
        formats.sort_unstable();
        formats.dedup();
        Ok(Some(Self { paths: kept, is_folder: true, crosswalks, formats, bytes, left_aside }))
    }

    /// Whether it is one file.
    #[must_use]
    pub fn is_one(&self) -> bool {
        !self.is_folder
    }

    fn used(&self) -> impl Iterator<Item = &Crosswalk> {
        self.formats.iter().filter_map(|number| self.crosswalks.get(*number))
    }

    /// The names of the formats.
    #[must_use]
    pub fn profile(&self) -> String {
        let names: Vec<&str> = self.used().map(|crosswalk| crosswalk.name.as_str()).collect();
        if names.is_empty() { "oai-pmh".to_owned() } else { names.join("+") }
    }

    /// The digest of their crosswalks.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        // A volume is described in any of the other formats.
        let any = self.used().any(|crosswalk| crosswalk.volume.is_some());
        let used: Vec<&Crosswalk> = if any { self.crosswalks.iter().collect() } else { self.used().collect() };
        let digests: Vec<String> = used.iter().map(|crosswalk| crosswalk.sha256.to_string()).collect();
        match used.as_slice() {
            [crosswalk] => crosswalk.sha256,
            _ => Sha256::of(digests.join("\n").as_bytes()),
        }
    }

    /// Starts to read; `named` is whose numbering the identifiers are, whatever the records say, and `namespace` where
    /// they do not say.
    #[must_use]
    pub fn open(&self, namespace: &str, named: Option<String>, bytes_read: &Arc<AtomicU64>) -> Rows {
        let crosswalks: Arc<[Crosswalk]> = if named.is_some() {
            self.crosswalks.iter().cloned().map(Crosswalk::without_namespace).collect()
        } else {
            Arc::clone(&self.crosswalks)
        };
        let namespace = named.unwrap_or_else(|| namespace.to_owned());
        let bytes_read = Arc::clone(bytes_read);
        let files =
            self.paths.clone().into_iter().map(move |path| records(&path, &crosswalks, &namespace, &bytes_read));
        Box::new(files.flatten())
    }
}

fn records(path: &Path, crosswalks: &Arc<[Crosswalk]>, namespace: &str, bytes_read: &Arc<AtomicU64>) -> Rows {
    let file: Arc<str> = name_of(path).into();
    let (source, warning) = match open(path, Arc::clone(bytes_read)) {
        Ok(opened) => opened,
        Err(why) => {
            let problem = Problem::refused(Place::file(&file), why);
            return Box::new(std::iter::once(Read::Problem(problem)));
        }
    };
    let warning = warning.map(|why| Read::Problem(Problem::warning(Place::file(&file), why)));
    let records = Records::new(Parser::new(source), Arc::clone(crosswalks), file, namespace.to_owned());
    Box::new(warning.into_iter().chain(records))
}

fn open(path: &Path, bytes_read: Arc<AtomicU64>) -> Result<(Source, Option<String>), String> {
    Source::open(path, bytes_read).map_err(|error| format!("it cannot be read: {}", chain(&error)))?
}

fn crosswalks(path: &Path, told: Told) -> Result<Arc<[Crosswalk]>, Problem> {
    if let Told::Crosswalk(crosswalk) = told {
        return Ok(Arc::from([*crosswalk]));
    }
    let wrong = |error: crate::ingest::profile::BadProfile| {
        Problem::refused(Place::file(&name_of(path)), format!("a shipped crosswalk is wrong: {}", chain(&error)))
    };
    Ok(Crosswalk::shipped().map_err(wrong)?.into())
}

/// What a file begins with. One that cannot be read to its first record may be one all the same: its reader says why.
fn beginning(path: &Path, crosswalks: &[Crosswalk]) -> Beginning {
    let Ok((source, _)) = open(path, Arc::default()) else { return Beginning::Records(None) };
    let mut parser = Parser::new(source);
    let mut looked = 0;
    let mut is_answer = false;
    let mut is_collection = false;
    let mut is_piece = false;
    loop {
        let (name, depth) = match parser.next() {
            Ok(Some(Token::Start { name, .. })) => (name, parser.depth()),
            Ok(Some(Token::End | Token::Text(_))) => continue,
            // Nothing but declarations was read: an XML bomb is no file to keep unseen.
            Err(_) if looked == 0 || is_answer || is_collection => return Beginning::Records(None),
            Ok(None) | Err(_) => break,
        };
        let is = |crosswalk: &Crosswalk| crosswalk.records.iter().any(|test| test.is(&name.namespace, &name.local));
        if let Some(number) = crosswalks.iter().position(is) {
            return Beginning::Records(Some(number));
        }
        is_answer |= depth == 1 && &*name.namespace == OAI;
        is_piece |= depth == 1 && PIECES.iter().any(|local| is_oai(&name, local));
        is_collection |= depth == 1 && crosswalks.iter().any(|crosswalk| crosswalk.has_namespace(&name.namespace));
        looked += 1;
        // A root of another kind does not hold records, whatever it holds.
        if (!is_answer && !is_collection && !is_piece) || looked >= XML_LOOKED_AT_MAX {
            break;
        }
    }
    if is_answer { Beginning::Records(None) } else { Beginning::Other }
}

fn is_xml(path: &Path) -> bool {
    let name = name_of(path).to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
