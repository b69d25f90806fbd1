//! The files of an object, in their order, so that its versions share them.
//!
//! An object gets a version with every event, and a volume of a newspaper has ten thousand files. They stand in runs: a
//! version copies the run that its event changes, and points at the others. So a version costs a few kilobytes,
//! however many files there are, and what two versions differ in is found without comparing what they share.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::file::StoredFile;
use crate::ids::FileId;

/// Entries of one run: copying it costs about as much as copying the list of the runs of ten thousand files.
const RUN_MAX: usize = 128;

/// The files of an object by their place, and those of one place by their id; each file once.
#[derive(Debug, Clone, Default)]
pub struct Files {
    in_order: Runs<Arc<StoredFile>>,
    /// The place of each file.
    places: Runs<(FileId, u32)>,
}

impl Files {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.in_order.0.iter().map(|run| run.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.in_order.0.is_empty()
    }

    /// In how many runs they stand: about what another version of them costs to keep.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.in_order.0.len()
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self) -> Option<&StoredFile> {
        self.iter().next()
    }

    /// All of them, in the order of the object.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { runs: self.in_order.0.iter(), run: [].iter() }
    }

    /// The file of that name.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&StoredFile> {
        let (_, order) = self.places.get(&file)?;
        self.in_order.get(&(*order, file)).map(Arc::as_ref)
    }

    /// Puts a file in its place; one of the same name goes.
    pub fn insert(&mut self, file: StoredFile) {
        let (id, order) = (file.file, file.order);
        match self.places.insert((id, order)) {
            Some((_, before)) if before != order => drop(self.in_order.remove(&(before, id))),
            Some(_) | None => {}
        }
        self.in_order.insert(Arc::new(file));
    }

    /// Takes a file off.
    pub fn remove(&mut self, file: FileId) -> Option<Arc<StoredFile>> {
        let (_, order) = self.places.remove(&file)?;
        self.in_order.remove(&(order, file))
    }

    /// Those that `other` does not have, or not just so. What two versions of an object share is not looked at.
    pub fn not_in<'a>(&'a self, other: Option<&'a Self>) -> impl Iterator<Item = &'a StoredFile> {
        let theirs = other.into_iter().flat_map(|other| &other.in_order.0);
        let shared: HashSet<_> = theirs.map(Arc::as_ptr).collect();
        let runs = self.in_order.0.iter().filter(move |run| !shared.contains(&Arc::as_ptr(run)));
        let files = runs.flat_map(|run| run.iter()).map(Arc::as_ref);
        files.filter(move |file| other.and_then(|other| other.get(file.file)) != Some(*file))
    }
}

impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        // Runs that are shared are equal without being read; equal files may still stand in other runs.
        let same_runs = || self.in_order.0 == other.in_order.0;
        self.len() == other.len() && (same_runs() || self.iter().eq(other))
    }
}

impl Eq for Files {}

impl FromIterator<StoredFile> for Files {
    fn from_iter<I: IntoIterator<Item = StoredFile>>(files: I) -> Self {
        let mut all = Self::default();
        files.into_iter().for_each(|file| all.insert(file));
        all
    }
}

impl<'a> IntoIterator for &'a Files {
    type Item = &'a StoredFile;
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl Serialize for Files {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

/// The files of an object, one after the other.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    runs: std::slice::Iter<'a, Arc<Vec<Arc<StoredFile>>>>,
    run: std::slice::Iter<'a, Arc<StoredFile>>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a StoredFile;
    fn next(&mut self) -> Option<&'a StoredFile> {
        loop {
            if let Some(file) = self.run.next() {
                return Some(file);
            }
            self.run = self.runs.next()?.iter();
        }
    }
}

/// What stands in an order.
trait Ordered {
    type Key: Ord;
    fn key(&self) -> Self::Key;
}

impl Ordered for Arc<StoredFile> {
    type Key = (u32, FileId);
    fn key(&self) -> (u32, FileId) {
        (self.order, self.file)
    }
}

impl Ordered for (FileId, u32) {
    type Key = FileId;
    fn key(&self) -> FileId {
        self.0
    }
}

/// Entries in their order, each key once, cut into runs of which none is empty.
#[derive(Debug, Clone)]
struct Runs<T>(Vec<Arc<Vec<T>>>);

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ordered + Clone> Runs<T> {
    /// The run in which the key stands or would stand.
    fn run_of(&self, key: &T::Key) -> usize {
        let before = self.0.partition_point(|run| run.last().is_some_and(|last| last.key() < *key));
        before.min(self.0.len().saturating_sub(1))
    }

    fn get(&self, key: &T::Key) -> Option<&T> {
        let run = self.0.get(self.run_of(key))?;
        run.get(place_in(run, key).ok()?)
    }

    /// Puts an entry in its place; returns the one of the same key that stood there.
    fn insert(&mut self, entry: T) -> Option<T> {
        let key = entry.key();
        let place = self.run_of(&key);
        let Some(run) = self.0.get_mut(place) else {
            self.0.push(Arc::new(vec![entry]));
            return None;
        };
        let run = Arc::make_mut(run);
        let at = match place_in(run, &key) {
            Ok(at) => return Some(std::mem::replace(&mut run[at], entry)),
            Err(at) => at,
        };
        run.insert(at, entry);
        if run.len() > RUN_MAX {
            // What comes in order fills its runs; what comes in between leaves them half full.
            let cut = if at == RUN_MAX { RUN_MAX } else { RUN_MAX / 2 };
            let rest = run.split_off(cut);
            self.0.insert(place + 1, Arc::new(rest));
        }
        None
    }

    fn remove(&mut self, key: &T::Key) -> Option<T> {
        let place = self.run_of(key);
        let run = self.0.get_mut(place)?;
        let at = place_in(run, key).ok()?;
        let run = Arc::make_mut(run);
        let gone = run.remove(at);
        if run.is_empty() {
            self.0.remove(place);
        }
        Some(gone)
    }
}

/// Where in a run the key stands, or else where it would stand.
fn place_in<T: Ordered>(run: &[T], key: &T::Key) -> Result<usize, usize> {
    run.binary_search_by(|entry| entry.key().cmp(key))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::checksum::{Sha256, Sha512};
    use crate::file::FileRole;
    use crate::ids::ObjectId;

    fn file(number: u32, order: u32) -> StoredFile {
        let sha256 = Sha256::of(&number.to_be_bytes());
        StoredFile {
            bytes: 4,
            duration_ms: None,
            file: FileId::derived(ObjectId::derived("t", "o"), &sha256),
            height: None,
            media_type: "text/plain".to_owned(),
            name: format!("{number}.txt"),
            order,
            pages: vec![],
            path: format!("o/{number}.txt"),
            role: FileRole::Master,
            sha256,
            sha512: Sha512::of(&number.to_be_bytes()),
            width: None,
        }
    }

    /// A number that looks like any other, always the same.
    fn scattered(step: u32) -> u32 {
        step.wrapping_mul(2_654_435_761) >> 8
    }

    #[test]
    fn files_come_go_and_move_as_in_a_plain_list() {
        let (mut files, mut plain) = (Files::default(), BTreeMap::new());
        for step in 0..4_000 {
            let (number, order) = (scattered(step) % 900, scattered(step + 7) % 300);
            let file = file(number, order);
            if scattered(step + 3).is_multiple_of(4) {
                assert_eq!(files.remove(file.file).as_deref(), plain.remove(&file.file).as_ref());
            } else {
                plain.insert(file.file, file.clone());
                files.insert(file);
            }
        }
        let mut sorted: Vec<&StoredFile> = plain.values().collect();
        sorted.sort_by_key(|file| (file.order, file.file));
        assert!(sorted.len() > 2 * RUN_MAX && files.iter().eq(sorted.iter().copied()));
        assert!(sorted.iter().all(|file| files.get(file.file) == Some(*file)));
        assert_eq!((files.len(), &plain.values().cloned().collect::<Files>()), (plain.len(), &files));
    }

    #[test]
    fn versions_differ_in_what_was_changed_and_share_the_rest() {
        let before: Files = (0..1_000).map(|number| file(number, number)).collect();
        let mut after = before.clone();
        after.insert(file(500, 3));
        after.insert(file(2_000, 2_000));
        after.remove(file(7, 7).file);
        let names =
            |files: &Files, other| -> Vec<String> { files.not_in(Some(other)).map(|f| f.name.clone()).collect() };
        assert_eq!(names(&after, &before), ["500.txt", "2000.txt"]);
        assert_eq!(names(&before, &after), ["7.txt", "500.txt"]);
        assert_eq!(after.not_in(None).count(), 1_000);
        let shared =
            after.in_order.0.iter().filter(|run| before.in_order.0.iter().any(|other| Arc::ptr_eq(run, other)));
        assert!(shared.count() >= 5, "of eight runs three were changed");
        assert_ne!(before, after);
    }

    #[test]
    fn what_comes_in_order_fills_its_runs() {
        let files: Files = (0..1_280).map(|number| file(number, number)).collect();
        assert_eq!(files.in_order.0.len(), 10);
    }
}
