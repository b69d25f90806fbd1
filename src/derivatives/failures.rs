//! Why nothing comes of some masters: a note for each in one folder, so that who describes an object can tell at once
//! which of ten thousand images are not there to be seen.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use fonds_workers::pack::PIPELINE;

use super::packs::{Master, PacksError, failed_to, make_folder, remove};

/// Bytes of a note.
const NOTE_BYTES_MAX: u64 = 64 << 10;
/// How long what was read is taken for true: another process may be writing notes.
const TRUE_FOR: Duration = Duration::from_secs(1);

/// Why nothing comes of which masters.
pub type Failures = HashMap<Master, String>;

/// The folder of notes of this pipeline. What an earlier one could not do is tried again.
pub(super) struct Notes {
    folder: PathBuf,
    known: Mutex<Option<Known>>,
}

struct Known {
    failures: Arc<Failures>,
    asked: Instant,
    /// When the folder was last written to, as it was before it was read.
    written: Option<SystemTime>,
    /// Whether it was read twice since then. A system counts time in steps: what was written in the same step as the
    /// folder was read may not have been seen.
    is_settled: bool,
}

impl Notes {
    /// Opens the folder of notes inside that of packs and makes it where it is missing.
    pub(super) fn open(packs: &Path) -> Result<Self, PacksError> {
        let folder = packs.join("failed").join(PIPELINE.to_string());
        make_folder(&folder)?;
        Ok(Self { folder, known: Mutex::new(None) })
    }

    /// Why nothing comes of a master, if nothing does. Reads from the disk.
    pub(super) fn find(&self, master: Master) -> Result<Option<String>, PacksError> {
        let path = self.path(master);
        match File::open(&path) {
            Ok(file) => Ok(Some(read(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed_to("reading a note", &path)(error)),
        }
    }

    /// Writes down why nothing comes of a master.
    pub(super) fn add(&self, master: Master, why: &str) -> Result<(), PacksError> {
        let path = self.path(master);
        let failed = failed_to("writing a note", &path);
        make_folder(&self.folder)?;
        // No name of a master, so that nobody takes a draft for a note.
        let draft = self.folder.join(format!("{master}.draft"));
        let mut file = File::create(&draft).map_err(failed)?;
        file.write_all(why.as_bytes()).map_err(failed)?;
        fs::rename(&draft, &path).map_err(failed)?;
        self.forget_what_is_known();
        Ok(())
    }

    /// Takes a note away: there is a pack.
    pub(super) fn remove(&self, master: Master) {
        remove(&self.path(master));
        self.forget_what_is_known();
    }

    /// All notes as they were a second ago, or more lately. Reads from the disk where a note came or went since.
    pub(super) fn all(&self) -> Result<Arc<Failures>, PacksError> {
        let failed = failed_to("reading the folder of notes", &self.folder);
        if let Some(failures) = self.at_hand() {
            return Ok(failures);
        }
        let mut known = self.known();
        let asked = Instant::now();
        let written = fs::metadata(&self.folder).and_then(|folder| folder.modified()).ok();
        let is_unchanged = known.as_ref().is_some_and(|known| known.written == written);
        if let Some(known) = known.as_mut().filter(|known| is_unchanged && known.is_settled) {
            known.asked = asked;
            return Ok(Arc::clone(&known.failures));
        }
        let mut failures = Failures::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Some(master) = entry.file_name().to_str().and_then(Master::parse) else { continue };
            // It may be gone by now.
            if let Ok(file) = File::open(entry.path()) {
                failures.insert(master, read(file));
            }
        }
        let failures = Arc::new(failures);
        *known = Some(Known { failures: Arc::clone(&failures), asked, written, is_settled: is_unchanged });
        Ok(failures)
    }

    /// The same without looking at the disk, if it was looked at within a second.
    pub(super) fn at_hand(&self) -> Option<Arc<Failures>> {
        let known = self.known();
        known.as_ref().filter(|known| known.asked.elapsed() < TRUE_FOR).map(|known| Arc::clone(&known.failures))
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_what_is_known(&self) {
        *self.known() = None;
    }

    fn path(&self, master: Master) -> PathBuf {
        self.folder.join(master.to_string())
    }
}

fn read(file: File) -> String {
    let mut why = Vec::new();
    // What can be read of it is better than nothing.
    drop(file.take(NOTE_BYTES_MAX).read_to_end(&mut why));
    String::from_utf8_lossy(&why).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fonds_schemas::Sha256;

    #[test]
    fn notes_are_found_by_who_wrote_them_and_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, others) = (Notes::open(folder.path()).unwrap(), Notes::open(folder.path()).unwrap());
        let (first, second) =
            (Master { sha256: Sha256::of(b"a"), page: 1 }, Master { sha256: Sha256::of(b"a"), page: 2 });
        assert!(ours.all().unwrap().is_empty());
        ours.add(first, "it is a text").unwrap();
        ours.add(second, "it is cut short").unwrap();
        assert_eq!(others.find(second).unwrap().as_deref(), Some("it is cut short"));
        let all = Failures::from([(first, "it is a text".to_owned()), (second, "it is cut short".to_owned())]);
        assert_eq!((&*ours.all().unwrap(), &*others.all().unwrap()), (&all, &all));
        ours.remove(first);
        assert_eq!((ours.all().unwrap().len(), ours.find(first).unwrap()), (1, None));
    }
}
