//! The OCFL inventory of an object, its place in the root and the names inside it. No IO.
//!
//! OCFL 1.1 §3.5; the layout is extension 0003 with its defaults: a person finds an object by its id,
//! and validators know it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use fonds_schemas::{ObjectId, Sha256, Sha512};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::VersionNote;

/// The declaration of an object (OCFL 1.1 §3.3).
pub(super) const OBJECT_DECLARATION: &str = "0=ocfl_object_1.1";
/// What the declaration holds.
pub(super) const OBJECT_DECLARATION_TEXT: &str = "ocfl_object_1.1\n";
/// The inventory's file name.
pub(super) const INVENTORY: &str = "inventory.json";
/// The sidecar's file name.
pub(super) const SIDECAR: &str = "inventory.json.sha512";
/// Bytes of a name inside an object. File systems allow 255; the rest is room for the suffix of a double and for
/// the object store's own temporary names.
const NAME_BYTES_MAX: usize = 200;
/// Bytes of an extension that survives when a long name is cut.
const EXTENSION_BYTES_MAX: usize = 16;

type Manifest<D> = BTreeMap<D, Vec<String>>;

/// An inventory as fonds writes it. Other tools' inventories may hold more; a root with such objects is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Inventory {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    digest_algorithm: String,
    head: String,
    manifest: Manifest<Sha512>,
    fixity: Fixity,
    versions: BTreeMap<String, Version>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixity {
    sha256: Manifest<Sha256>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    created: String,
    message: String,
    state: Manifest<Sha512>,
    user: User,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: String,
    address: String,
}

/// A file that the next version adds.
pub(super) struct Addition {
    /// Which of the incoming files.
    pub index: usize,
    /// Its logical path.
    pub name: String,
}

impl Inventory {
    /// The inventory of an object that has no version yet.
    pub fn empty(object: ObjectId) -> Self {
        Self {
            id: ocfl_id(object),
            kind: "https://ocfl.io/1.1/spec/#inventory".to_owned(),
            digest_algorithm: "sha512".to_owned(),
            head: "v0".to_owned(),
            manifest: Manifest::new(),
            fixity: Fixity::default(),
            versions: BTreeMap::new(),
        }
    }

    /// Reads an inventory and checks that it is this object's and of our kind.
    pub fn read(bytes: &[u8], object: ObjectId) -> Result<Self, String> {
        let found: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let wanted = Self::empty(object);
        if found.id != wanted.id {
            return Err(format!("it is of {}, not of {}", found.id, wanted.id));
        }
        if found.kind != wanted.kind || found.digest_algorithm != wanted.digest_algorithm {
            return Err(format!("it is {} with {}", found.kind, found.digest_algorithm));
        }
        let head = found.head_number().filter(|head| *head > 0 && found.versions.contains_key(&format!("v{head}")));
        if head.is_none() {
            return Err(format!("its head is {:?}", found.head));
        }
        Ok(found)
    }

    /// The bytes to write.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }

    /// The number of the newest version; 0 where there is none.
    pub fn head_number(&self) -> Option<u64> {
        version_number(&self.head)
    }

    /// The number of the version after the newest.
    pub fn next_number(&self) -> u64 {
        self.head_number().unwrap_or(0) + 1
    }

    /// Where the object keeps these bytes, relative to the object.
    pub fn content_path(&self, sha512: &Sha512) -> Option<&str> {
        self.manifest.get(sha512).and_then(|paths| paths.first()).map(String::as_str)
    }

    /// Which of the files bring new bytes, and the safe and unique names that those get.
    pub fn additions<'a>(&self, files: impl Iterator<Item = (&'a str, Sha512)>) -> Vec<Addition> {
        let newest = self.versions.get(&self.head);
        let names = newest.into_iter().flat_map(|version| version.state.values().flatten());
        let mut taken: Taken = names.map(|name| (folded(name), 1)).collect();
        let mut seen = BTreeSet::new();
        let mut additions = Vec::new();
        for (index, (name, sha512)) in files.enumerate() {
            if self.manifest.contains_key(&sha512) || !seen.insert(sha512) {
                continue;
            }
            let name = unique_name(&safe_name(name), &mut taken);
            additions.push(Addition { index, name });
        }
        additions
    }

    /// The inventory after a version that adds these files: logical path, SHA-512, SHA-256.
    pub fn with_version(mut self, added: &[(String, Sha512, Sha256)], note: &VersionNote) -> Self {
        let mut state = self.versions.get(&self.head).map(|version| version.state.clone()).unwrap_or_default();
        let next = format!("v{}", self.next_number());
        for (name, sha512, sha256) in added {
            let path = format!("{next}/content/{name}");
            self.manifest.entry(*sha512).or_default().push(path.clone());
            self.fixity.sha256.entry(*sha256).or_default().push(path);
            state.entry(*sha512).or_default().push(name.clone());
        }
        // The validator warns of a version without message (W007).
        let message = if note.message.trim().is_empty() { "files added" } else { note.message.trim() };
        let user = User { name: note.agent.to_string(), address: format!("urn:fonds:agent:{}", note.agent) };
        let version = Version { created: note.created.to_string(), message: message.to_owned(), state, user };
        self.versions.insert(next.clone(), version);
        self.head = next;
        self
    }
}

/// The OCFL id of an object: a URI, which the validator asks for (W005).
pub(super) fn ocfl_id(object: ObjectId) -> String {
    format!("urn:fonds:{object}")
}

/// Where an object lies, relative to the root: three tuples of three digits of the SHA-256 of its id, and the id
/// itself, with what is neither letter nor digit in percent-encoding (extension 0003 with its defaults).
pub(super) fn object_root(object: ObjectId) -> String {
    let digest = Sha256::of(ocfl_id(object).as_bytes()).to_string();
    format!("{}/{}/{}/urn%3afonds%3a{object}", &digest[..3], &digest[3..6], &digest[6..9])
}

/// The text of a sidecar.
pub(super) fn sidecar(inventory: &[u8]) -> String {
    format!("{} {INVENTORY}\n", Sha512::of(inventory))
}

/// The number in `v12`; `None` for `v012`, `v` and everything else.
pub(super) fn version_number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('v')?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// A name that every file system and object store takes: the last part of a path, without control characters,
/// invisible marks of direction and what shells, S3 or Windows treat specially. Scripts are kept.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim_matches(['.', ' ']).is_empty()).unwrap_or_default();
    let kept = last.nfc().filter(|character| !is_invisible(*character)).map(|character| match character {
        '{' | '}' | '^' | '%' | '`' | '[' | ']' | '"' | '\'' | '<' | '>' | '~' | '#' | '|' | '*' | '?' | ':' | '&' => {
            '_'
        }
        character if character.is_whitespace() => ' ',
        character => character,
    });
    let kept: String = kept.collect();
    let kept = kept.trim_matches(['.', ' ']);
    if kept.is_empty() { "file".to_owned() } else { cut(kept, NAME_BYTES_MAX) }
}

fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// Cuts a name between two characters, keeping a short extension.
fn cut(name: &str, bytes_max: usize) -> String {
    if name.len() <= bytes_max {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    let mut end = bytes_max.saturating_sub(extension.len()).min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", stem[..end].trim_end())
}

/// The stem, and the extension with its dot when it is short enough to be one.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= EXTENSION_BYTES_MAX => name.split_at(dot),
        Some(_) | None => (name, ""),
    }
}

/// Names that differ only in case or composition are one name on many a disk that the root may be copied to.
fn folded(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}

/// Names that are taken, each with the number up to which others of that name were numbered: ten thousand pages may all
/// be called `page.jpg`.
type Taken = BTreeMap<String, u64>;

fn unique_name(name: &str, taken: &mut Taken) -> String {
    let wanted = folded(name);
    let Some(numbered) = taken.get(&wanted).copied() else {
        taken.insert(wanted, 1);
        return name.to_owned();
    };
    let (stem, extension) = split_extension(name);
    let mut number = numbered + 1;
    loop {
        let suffix = format!("-{number}");
        let stem = cut(stem, NAME_BYTES_MAX - suffix.len() - extension.len());
        let candidate = format!("{stem}{suffix}{extension}");
        if let Entry::Vacant(free) = taken.entry(folded(&candidate)) {
            free.insert(1);
            taken.insert(wanted, number);
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_name(given: &str, kept: &str) {
        assert_eq!(safe_name(given), kept);
    }

    #[test]
    fn a_name_loses_its_folders() {
        check_name("../../etc/passwd", "passwd");
        check_name("C:\\scans\\a.tif", "a.tif");
        check_name("pages/0001.jpg", "0001.jpg");
    }

    #[test]
    fn a_name_that_is_no_name_becomes_one() {
        check_name("", "file");
        check_name("..", "file");
        check_name("a/.", "a");
        check_name("\u{202E}", "file");
    }

    #[test]
    fn scripts_are_kept_and_marks_are_not() {
        check_name("달항아리\n1.jpg", "달항아리1.jpg");
        check_name("𛅰𛅱 🙂.png", "𛅰𛅱 🙂.png");
        check_name("\u{202E}gpj.exe", "gpj.exe");
        check_name("a#1", "a_1");
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe_name(&format!("{}.tiff", "é".repeat(300)));
        assert!(name.len() <= NAME_BYTES_MAX && name.ends_with("é.tiff"), "{name}");
    }

    #[test]
    fn names_that_differ_in_case_only_do_not_meet() {
        let mut taken = Taken::new();
        let names = ["A.jpg", "a.jpg", "a.JPG"].map(|name| unique_name(name, &mut taken));
        assert_eq!(names, ["A.jpg", "a-2.jpg", "a-3.JPG"]);
    }

    #[test]
    fn a_padded_version_is_no_version() {
        assert_eq!((version_number("v12"), version_number("v012"), version_number("v+1")), (Some(12), None, None));
    }
}
