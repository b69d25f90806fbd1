//! Looking at the files that rows name, before anything of them is kept.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use fonds_schemas::{FileId, FileRole, ObjectId, Sha256};
use fonds_workers::probe::probe;
use sha2::Digest as _;

use super::paths;
use super::plan::PlannedFile;
use super::problem::{Problem, chain};
use crate::config::Limits;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 18;

/// The files of an object that a row names.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of which object.
    pub object: ObjectId,
    /// The files, in their order.
    pub files: Vec<PlannedFile>,
    /// Files that the object has already.
    pub there: HashSet<FileId>,
}

/// A file that is worth keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it lies.
    pub path: PathBuf,
    /// The name it came with.
    pub name: String,
    /// The part it plays.
    pub role: FileRole,
    /// Its place among the object's files, from 1.
    pub order: u32,
    /// How many bytes.
    pub bytes: u64,
}

/// What came of looking.
#[derive(Debug, Default)]
pub struct Looked {
    /// Files to store.
    pub found: Vec<Found>,
    /// Files that the object has already.
    pub unchanged: u64,
    /// What was wrong with the others.
    pub problems: Vec<Problem>,
}

/// Looks at the files of an object. Blocks: it reads.
#[must_use]
pub fn look(base: &Path, wanted: &Wanted, limits: &Limits) -> Looked {
    let mut looked = Looked::default();
    // The same bytes twice on one object are one file.
    let mut known = wanted.there.clone();
    for (order, file) in (1u32..).zip(&wanted.files) {
        match one(base, wanted.object, file, order, limits, &mut known) {
            Ok(Some(found)) => looked.found.push(found),
            Ok(None) => looked.unchanged += 1,
            Err(why) => looked.problems.push(Problem::refused(file.place.clone(), why)),
        }
    }
    looked
}

fn one(
    base: &Path,
    object: ObjectId,
    file: &PlannedFile,
    order: u32,
    limits: &Limits,
    known: &mut HashSet<FileId>,
) -> Result<Option<Found>, String> {
    let path = paths::resolve(base, &file.path).map_err(|bad| chain(&bad))?;
    let shown = super::problem::escape(&file.path);
    let unreadable = |error: io::Error| format!("{shown:?} could not be read: {error}");
    let opened = File::open(&path).map_err(unreadable)?;
    let bytes = opened.metadata().map_err(unreadable)?.len();
    if bytes == 0 {
        return Err(format!("{shown:?} is empty"));
    }
    if bytes > limits.file_bytes {
        let max = limits.file_bytes;
        return Err(format!("{shown:?} has {bytes} bytes, at most {max} are taken in (limits.file_bytes)"));
    }
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, opened);
    let probed = probe(&mut reader, bytes, limits.image_pixels).map_err(unreadable)?;
    if let Some(problem) = probed.problem {
        return Err(format!("{shown:?}: {problem}"));
    }
    if !known.is_empty() {
        reader.rewind().map_err(unreadable)?;
        let id = FileId::derived(object, &digest(&mut reader).map_err(unreadable)?);
        if known.contains(&id) {
            return Ok(None);
        }
    }
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(format!("{shown:?} has a name that is not UTF-8"));
    };
    Ok(Some(Found { name: name.to_owned(), path, role: file.role, order, bytes }))
}

fn digest(reader: &mut BufReader<File>) -> io::Result<Sha256> {
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0u8; BUFFER_BYTES];
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            return Ok(Sha256::from_digest(hash.finalize().into()));
        }
        hash.update(&buffer[..read]);
    }
}
