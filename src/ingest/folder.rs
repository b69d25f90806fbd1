//! A folder of files without a table: a file in it is an object, a folder with files in it is an object of pages.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::limits::{FILES_MAX, FOLDER_DEPTH_MAX};
use super::paths::natural;
use super::problem::{Place, Problem, escape};
use super::row::{Read, Row};

/// The columns of the rows that a folder gives; `profiles/folder.toml` maps them.
pub const COLUMNS: &[&str] = &["namespace", "identifier", "title", "files"];

/// Names, in lower case and without extension, of what describes a folder instead of being in it.
const ABOUT: &[&str] =
    &["readme", "index", "labels", "license", "licence", "manifest", "metadata", "thumbs", "desktop"];

/// Endings, in lower case, of checksum lists.
const CHECKSUMS: &[&str] = &["md5", "sha1", "sha256", "sha512"];

struct Walk<'a> {
    root: &'a Path,
    file: Arc<str>,
    namespace: String,
    rows: Vec<Read>,
    files: usize,
}

/// The rows that a folder gives, in natural order of the names.
#[must_use]
pub fn read(root: &Path, namespace: &str) -> Vec<Read> {
    let file: Arc<str> = root.file_name().map_or_else(|| "folder".into(), |name| name.to_string_lossy().into());
    let mut walk = Walk { root, file, namespace: namespace.to_owned(), rows: Vec::new(), files: 0 };
    walk.folder("", 0);
    walk.rows
}

/// The row that a single file gives.
#[must_use]
pub fn single(name: &str, namespace: &str) -> Vec<Read> {
    let (file, namespace) = (name.into(), namespace.to_owned());
    let mut walk = Walk { root: Path::new(""), file, namespace, rows: Vec::new(), files: 0 };
    walk.object(name, name, vec![name.to_owned()]);
    walk.rows
}

impl Walk<'_> {
    fn place(&self, path: &str) -> Place {
        let shown = if path.is_empty() { self.file.to_string() } else { format!("{}/{path}", self.file) };
        Place::file(&shown)
    }

    fn note(&mut self, path: &str, why: &str) {
        let place = self.place(path);
        self.rows.push(Read::Problem(Problem::note(place, why)));
    }

    fn refuse(&mut self, path: &str, why: impl Into<String>) {
        let place = self.place(path);
        self.rows.push(Read::Problem(Problem::refused(place, why)));
    }

    fn folder(&mut self, path: &str, depth: usize) {
        if depth > FOLDER_DEPTH_MAX {
            self.refuse(path, format!("it lies more than {FOLDER_DEPTH_MAX} folders deep"));
            return;
        }
        let entries = match std::fs::read_dir(self.root.join(path)).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => {
                self.refuse(path, format!("this folder cannot be read: {error}"));
                return;
            }
        };
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else {
                let name = escape(&entry.file_name().to_string_lossy());
                self.refuse(path, format!("the name {name:?} in it is not UTF-8"));
                continue;
            };
            let inside = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let kind = entry.file_type();
            match kind {
                Ok(_) if name.starts_with('.') => self.note(&inside, "a hidden file is left aside"),
                Ok(kind) if kind.is_dir() => folders.push(inside),
                Ok(kind) if kind.is_file() && is_about(&name) => {
                    self.note(&inside, "it tells about the folder and is left aside");
                }
                Ok(kind) if kind.is_file() => files.push(inside),
                Ok(kind) if kind.is_symlink() => self.refuse(&inside, "a symbolic link is not followed"),
                Ok(_) => self.refuse(&inside, "it is not a plain file"),
                Err(error) => self.refuse(&inside, format!("it cannot be looked at: {error}")),
            }
        }
        self.found(path, files);
        folders.sort_by(|a, b| natural(a, b));
        for folder in folders {
            self.folder(&folder, depth + 1);
        }
    }

    fn found(&mut self, path: &str, mut files: Vec<String>) {
        files.sort_by(|a, b| natural(a, b));
        self.files += files.len();
        if self.files > FILES_MAX {
            self.refuse(path, format!("more than {FILES_MAX} files: what lies here is not taken in"));
            return;
        }
        if path.is_empty() {
            for file in files {
                self.object(&file.clone(), &file.clone(), vec![file]);
            }
        } else if !files.is_empty() {
            self.object(path, path, files);
        }
    }

    fn object(&mut self, identifier: &str, path: &str, files: Vec<String>) {
        let name = path.rsplit('/').next().unwrap_or(path);
        // A folder keeps its whole name: `vol. 2` has no extension.
        let is_folder = files.first().is_none_or(|file| file != path);
        let stem = if is_folder { name } else { name.rsplit_once('.').map_or(name, |(stem, _)| stem) };
        let title: String = stem.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut cells = Map::new();
        cells.insert("namespace".to_owned(), Value::String(self.namespace.clone()));
        cells.insert("identifier".to_owned(), Value::String(identifier.to_owned()));
        cells.insert("title".to_owned(), Value::String(title));
        cells.insert("files".to_owned(), Value::Array(files.into_iter().map(Value::String).collect()));
        let place = self.place(path);
        self.rows.push(Read::Row(Row { place, cells }));
    }
}

fn is_about(name: &str) -> bool {
    let name = name.to_lowercase();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    ABOUT.contains(&stem) || CHECKSUMS.contains(&ending)
}
