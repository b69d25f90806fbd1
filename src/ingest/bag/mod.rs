//! `BagIt` bags (RFC 8493, and its drafts from 0.93 on): a folder whose manifests say what is in it.
//!
//! A bag is checked as a whole before anything of it is taken in: every file that a manifest names is there and has the digest
//! that is written there, and nothing lies in `data/` that no manifest names. What `fetch.txt` names is never fetched. Then a
//! bag is one object, described by `bag-info.txt` through `profiles/bag.toml`, or by a record that lies beside its manifests;
//! where its payload has a table or records of its own, those say what the objects are.

mod check;
mod lists;
mod tags;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fonds_schemas::FileRole;
use serde_json::{Map, Value};

use self::check::Checked;
use super::folder;
use super::input::{Input, Shape};
use super::limits::BAGS_MAX;
use super::paths::natural;
use super::plan::PlannedFile;
use super::problem::{Place, Problem};
use super::row::{Read, Row};
use super::xml;

/// The file that makes a folder a bag.
pub const DECLARATION: &str = "bagit.txt";
/// Bags that are one input: a folder that is one, or a folder of such folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bags {
    /// The folders, by their names in the folder of the input; an empty name is that folder itself.
    names: Vec<String>,
}

impl Bags {
    /// The bags of a folder; `None` where it holds anything else. What is no bag of several is refused by itself.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        if is_bag(folder) {
            return Some(Self { names: vec![String::new()] });
        }
        let (mut names, mut found) = (Vec::new(), false);
        for entry in std::fs::read_dir(folder).ok()?.flatten().take(BAGS_MAX + 1) {
            let name = entry.file_name().into_string().ok()?;
            if name.starts_with('.') {
                continue;
            }
            // A file beside them is something else than bags.
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                return None;
            }
            found |= is_bag(&entry.path());
            names.push(name);
        }
        names.sort_by(|a, b| natural(a, b));
        found.then_some(Self { names })
    }

    /// The one bag that the folder of the input is.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.names.iter().all(String::is_empty)
    }

    /// What they give: a row or record each, or why one is refused.
    #[must_use]
    pub fn read(&self, base: &Path, namespace: &str) -> Vec<Read> {
        let too_many = self.names.len() > BAGS_MAX;
        let refused = too_many.then(|| {
            let why = format!("more than {BAGS_MAX} bags; those after them are not taken in");
            Read::Problem(Problem::refused(Place::file(namespace), why))
        });
        let bags = self.names.iter().take(BAGS_MAX).flat_map(|name| bag(base, name, namespace));
        refused.into_iter().chain(bags).collect()
    }
}

/// Whether a folder is a bag, or was one: with payload and manifest and without `bagit.txt` it is no folder like others.
fn is_bag(folder: &Path) -> bool {
    let is_file = |name: &str| std::fs::symlink_metadata(folder.join(name)).is_ok_and(|about| about.is_file());
    let has_manifest =
        || ["md5", "sha1", "sha256", "sha512"].iter().any(|name| is_file(&format!("manifest-{name}.txt")));
    is_file(DECLARATION) || (folder.join("data").is_dir() && has_manifest())
}

/// The payload of a bag that describes itself, as an input of its own. A bag that is refused gives none: reading it says why.
#[must_use]
pub fn described(folder: &Path, name: &str, table: Option<&str>, told: xml::Told) -> Option<Input> {
    let input = super::input::look(&folder.join("data"), table, told).ok()?;
    match input.shape {
        Shape::Table(..) | Shape::Records(_) => {}
        Shape::Folder | Shape::Single(_) | Shape::Bags(_) => return None,
    }
    let checked = check::check(folder, name);
    (!checked.is_refused()).then(|| Input { name: name.to_owned(), ..input })
}

fn bag(base: &Path, name: &str, namespace: &str) -> Vec<Read> {
    let folder = if name.is_empty() { base.to_owned() } else { base.join(name) };
    let called = if name.is_empty() { namespace } else { name };
    if !is_bag(&folder) {
        let why = format!("it is no bag: it has no {DECLARATION}");
        return vec![Read::Problem(Problem::refused(Place::file(called), why))];
    }
    let checked = check::check(&folder, called);
    let is_refused = checked.is_refused();
    let mut reads: Vec<Read> = checked.problems.iter().cloned().map(Read::Problem).collect();
    if is_refused {
        return reads;
    }
    let inside = |path: &String| if name.is_empty() { path.clone() } else { format!("{name}/{path}") };
    let files: Vec<String> = checked.payload.iter().map(inside).collect();
    match record(&folder, &checked, namespace) {
        Some(Read::Object(mut mapped)) => {
            let place = mapped.planned.place.clone();
            let file = |path| PlannedFile { place: place.clone(), path, role: FileRole::Master, text_of: None };
            mapped.planned.files = files.into_iter().map(file).collect();
            reads.push(Read::Object(mapped));
        }
        Some(Read::Row(_) | Read::Problem(_) | Read::Broken(_)) | None => {
            reads.push(row(called, namespace, checked, files));
        }
    }
    reads
}

/// The one record that lies beside the manifests, if there is one.
fn record(folder: &Path, checked: &Checked, namespace: &str) -> Option<Read> {
    let is_xml = |path: &&PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
    let mut found = checked.tags.iter().map(|name| folder.join(name)).filter(|path| is_xml(&path)).filter_map(|path| {
        let files = xml::Files::of_file(&path, xml::Told::Nothing).ok().flatten()?;
        let mut records = files.open(namespace, None, &Arc::default());
        match (records.next(), records.next()) {
            (Some(record @ Read::Object(_)), None) => Some(record),
            (_, _) => None,
        }
    });
    let record = found.next()?;
    // Two of them: nobody knows which one is that of the bag.
    found.next().is_none().then_some(record)
}

fn row(called: &str, namespace: &str, checked: Checked, files: Vec<String>) -> Read {
    let mut cells = Map::new();
    let title: String = called.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    for (name, text) in [("namespace", namespace), ("identifier", called), ("title", &title)] {
        cells.insert(name.to_owned(), Value::String(text.to_owned()));
    }
    for (name, text) in checked.info {
        if folder::COLUMNS.contains(&name.as_str()) {
            continue;
        }
        match cells.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(values) => values.push(Value::String(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {}
        }
    }
    cells.insert("files".to_owned(), Value::Array(files.into_iter().map(Value::String).collect()));
    Read::Row(Row { place: Place::file(called), cells })
}
