//! Whether a bag is complete and valid (RFC 8493, section 3).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use unicode_normalization::UnicodeNormalization as _;

use super::lists::{self, Listed};
use super::tags::{self, Declared};
use crate::ingest::limits::{BAG_PROBLEMS_MAX, FILES_MAX, FOLDER_DEPTH_MAX};
use crate::ingest::paths::{self, natural};
use crate::ingest::problem::{Place, Problem, Severity, chain, escape};

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 18;
/// The algorithms of manifests. Each file is read once for all of them.
const ALGORITHMS: &[&str] = &["sha512", "sha384", "sha256", "sha224", "sha1", "md5"];
/// What systems leave in folders.
const OF_SYSTEMS: &[&str] = &["thumbs.db", "desktop.ini", ".ds_store"];

/// What came of checking a bag.
#[derive(Debug, Default)]
pub struct Checked {
    /// What is wrong or odd.
    pub problems: Vec<Problem>,
    /// The payload, in natural order of the paths; those of systems and hidden ones are left aside.
    pub payload: Vec<String>,
    /// Files beside the manifests.
    pub tags: Vec<String>,
    /// The elements of `bag-info.txt`.
    pub info: Vec<(String, String)>,
}

impl Checked {
    /// Whether nothing of the bag is taken in.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Refused)
    }
}

struct Check<'a> {
    folder: &'a Path,
    name: &'a str,
    checked: Checked,
}

/// Checks a bag; `name` is for messages.
pub fn check(folder: &Path, name: &str) -> Checked {
    let mut check = Check { folder, name, checked: Checked::default() };
    if let Some(declared) = check.declared() {
        check.all(declared);
    }
    let mut checked = check.checked;
    let more = checked.problems.len().saturating_sub(BAG_PROBLEMS_MAX);
    if more > 0 {
        // Those that refuse the bag come first.
        checked.problems.sort_by_key(|problem| problem.severity != Severity::Refused);
        checked.problems.truncate(BAG_PROBLEMS_MAX);
        checked
            .problems
            .push(Problem::note(Place::file(name), format!("{more} more problems of this bag are not listed")));
    }
    checked
}

impl Check<'_> {
    fn place(&self, file: &str, line: Option<u64>) -> Place {
        Place { line, ..Place::file(&format!("{}/{file}", self.name)) }
    }

    fn refuse(&mut self, file: &str, line: Option<u64>, why: impl Into<String>) {
        let place = self.place(file, line);
        self.checked.problems.push(Problem::refused(place, why));
    }

    fn warn(&mut self, file: &str, line: Option<u64>, why: impl Into<String>) {
        let place = self.place(file, line);
        self.checked.problems.push(Problem::warning(place, why));
    }

    fn declared(&mut self) -> Option<Declared> {
        let name = super::DECLARATION;
        match tags::bytes(&self.folder.join(name))
            .map_err(|why| (None, why))
            .and_then(|bytes| tags::declared(&bytes).map_err(|(line, why)| (Some(line), why)))
        {
            Ok(declared) => Some(declared),
            Err((line, why)) => {
                self.refuse(name, line, why);
                None
            }
        }
    }

    fn all(&mut self, declared: Declared) {
        let Some((files, payload)) = self.files() else { return };
        self.info(&files, declared);
        let manifests = self.manifests(&files, "manifest-", declared);
        if !files.iter().any(|file| algorithm(file, "manifest-").is_some()) {
            self.refuse("", None, "it has no manifest-ALGORITHM.txt");
        }
        let known = !manifests.is_empty();
        self.fetched(&files, &payload, declared);
        for (file, listed) in &manifests {
            let names: BTreeSet<&str> = listed.iter().map(|one| one.path.as_str()).collect();
            for one in listed.iter().filter(|one| !one.path.starts_with("data/")) {
                self.refuse(file, Some(one.line), format!("{:?} does not lie in data/", escape(&one.path)));
            }
            // Before 1.0 several manifests may share the payload; each file must be in one of them.
            if declared.is_final || manifests.len() == 1 {
                for missing in payload.iter().filter(|path| !is_listed(path, &names)) {
                    self.refuse(missing, None, format!("{file} does not list it"));
                }
            }
        }
        if known && !declared.is_final && manifests.len() > 1 {
            let names: BTreeSet<&str> = manifests.values().flatten().map(|one| one.path.as_str()).collect();
            for missing in payload.iter().filter(|path| !is_listed(path, &names)) {
                self.refuse(missing, None, "no manifest lists it");
            }
        }
        let tags = self.manifests(&files, "tagmanifest-", declared);
        self.digests(&manifests);
        self.digests(&tags);
        self.oxum(&payload);
        self.checked.tags = files;
        self.payload(payload);
    }

    /// Every file of the bag, and those of its payload.
    fn files(&mut self) -> Option<(Vec<String>, BTreeSet<String>)> {
        let mut files = Vec::new();
        let mut folders = vec![(String::new(), 0usize)];
        while let Some((folder, depth)) = folders.pop() {
            let entries =
                std::fs::read_dir(self.folder.join(&folder)).and_then(Iterator::collect::<io::Result<Vec<_>>>);
            let entries = match entries {
                Ok(entries) => entries,
                Err(error) => {
                    self.refuse(&folder, None, format!("this folder cannot be read: {error}"));
                    return None;
                }
            };
            for entry in entries {
                let Ok(name) = entry.file_name().into_string() else {
                    let name = escape(&entry.file_name().to_string_lossy());
                    self.refuse(&folder, None, format!("the name {name:?} in it is not UTF-8"));
                    continue;
                };
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && depth >= FOLDER_DEPTH_MAX => {
                        self.refuse(&path, None, format!("it lies more than {FOLDER_DEPTH_MAX} folders deep"));
                    }
                    Ok(kind) if kind.is_dir() => folders.push((path, depth + 1)),
                    Ok(kind) if kind.is_file() => files.push(path),
                    Ok(_) => self.refuse(&path, None, "it is not a plain file: a link is not followed"),
                    Err(error) => self.refuse(&path, None, format!("it cannot be looked at: {error}")),
                }
            }
            if files.len() > FILES_MAX {
                self.refuse("", None, format!("it has more than {FILES_MAX} files"));
                return None;
            }
        }
        if !self.folder.join("data").is_dir() {
            self.refuse("data", None, "a bag has its payload in this folder, and there is none");
            return None;
        }
        let payload = files.iter().filter(|path| path.starts_with("data/")).cloned().collect();
        files.retain(|path| !path.starts_with("data/"));
        files.sort();
        Some((files, payload))
    }

    fn info(&mut self, files: &[String], declared: Declared) {
        let Some(name) =
            ["bag-info.txt", "package-info.txt"].into_iter().find(|name| files.iter().any(|file| file == name))
        else {
            return;
        };
        let read = tags::text(&self.folder.join(name), declared.encoding).map_err(|why| (None, why));
        match read.and_then(|text| tags::info(&text).map_err(|(line, why)| (Some(line), why))) {
            Ok(info) => self.checked.info = info,
            Err((line, why)) => self.refuse(name, line, why),
        }
    }

    /// The manifests of a kind whose algorithm is known, by their names.
    fn manifests(&mut self, files: &[String], kind: &str, declared: Declared) -> BTreeMap<String, Vec<Listed>> {
        let mut manifests = BTreeMap::new();
        let mut unknown = Vec::new();
        for file in files {
            let Some(algorithm) = algorithm(file, kind) else { continue };
            if !ALGORITHMS.contains(&algorithm.as_str()) {
                unknown.push((file.clone(), algorithm));
                continue;
            }
            let read = tags::text(&self.folder.join(file), declared.encoding).map_err(|why| (None, why));
            match read.and_then(|text| lists::manifest(&text).map_err(|(line, why)| (Some(line), why))) {
                Ok(listed) => {
                    self.doubles(file, &listed, declared);
                    manifests.insert(file.clone(), listed);
                }
                Err((line, why)) => self.refuse(file, line, why),
            }
        }
        for (file, algorithm) in unknown {
            let why = format!("{:?} is no algorithm that is checked: {}", escape(&algorithm), ALGORITHMS.join(", "));
            if manifests.is_empty() { self.refuse(&file, None, why) } else { self.warn(&file, None, why) }
        }
        manifests
    }

    /// Files that a manifest lists twice, and what is odd about its lines.
    fn doubles(&mut self, file: &str, listed: &[Listed], declared: Declared) {
        let (mut exact, mut alike): (HashMap<&str, &Listed>, HashMap<String, &str>) = (HashMap::new(), HashMap::new());
        for one in listed {
            if let Some(oddity) = one.oddity {
                self.warn(file, Some(one.line), oddity);
            }
            let shown = escape(&one.path);
            if let Some(first) = exact.insert(&one.path, one) {
                let why = format!("{shown:?} is listed twice, on line {} as well", first.line);
                // RFC 8493 forbids what its drafts let pass.
                if first.digest != one.digest || declared.is_final {
                    self.refuse(file, Some(one.line), why);
                } else {
                    self.warn(file, Some(one.line), why);
                }
                continue;
            }
            let folded: String = one.path.nfc().collect::<String>().to_lowercase();
            if let Some(other) = alike.insert(folded, &one.path) {
                let why = format!("{shown:?} and {:?} are one file to some systems", escape(other));
                self.warn(file, Some(one.line), why);
            }
        }
    }

    /// What `fetch.txt` names must be here already.
    fn fetched(&mut self, files: &[String], payload: &BTreeSet<String>, declared: Declared) {
        let name = "fetch.txt";
        if !files.iter().any(|file| file == name) {
            return;
        }
        let read = tags::text(&self.folder.join(name), declared.encoding).map_err(|why| (None, why));
        match read.and_then(|text| lists::fetch(&text).map_err(|(line, why)| (Some(line), why))) {
            Ok(wanted) => {
                for (line, path) in wanted.into_iter().filter(|(_, path)| !payload.contains(path)) {
                    let why = format!("{:?} is still to be fetched: nothing is, complete the bag first", escape(&path));
                    self.refuse(name, Some(line), why);
                }
            }
            Err((line, why)) => self.refuse(name, line, why),
        }
    }

    /// Compares every file that manifests list, once for all of them.
    fn digests(&mut self, manifests: &BTreeMap<String, Vec<Listed>>) {
        let mut wanted: BTreeMap<&str, Vec<(&String, &Listed)>> = BTreeMap::new();
        for (file, listed) in manifests {
            for one in listed {
                wanted.entry(&one.path).or_default().push((file, one));
            }
        }
        for (path, lists) in wanted {
            let found = match paths::resolve(self.folder, path) {
                Ok(found) => found,
                Err(bad) => {
                    let (file, one) = lists[0];
                    self.refuse(file, Some(one.line), chain(&bad));
                    continue;
                }
            };
            let algorithms: BTreeSet<String> = lists
                .iter()
                .filter_map(|(file, _)| algorithm(file, "manifest-").or_else(|| algorithm(file, "tagmanifest-")))
                .collect();
            match digests(&found, &algorithms) {
                Ok(digests) => {
                    for (file, one) in lists {
                        let name = algorithm(file, "manifest-")
                            .or_else(|| algorithm(file, "tagmanifest-"))
                            .unwrap_or_default();
                        let own = digests.get(&name).map_or("", String::as_str);
                        if own != one.digest {
                            let why = format!(
                                "its {name} is {own}, and {file} says {} on line {}",
                                escape(&one.digest),
                                one.line
                            );
                            self.refuse(path, None, why);
                        }
                    }
                }
                Err(error) => self.refuse(path, None, format!("it cannot be read: {error}")),
            }
        }
    }

    /// The number of bytes and files that `bag-info.txt` promises.
    fn oxum(&mut self, payload: &BTreeSet<String>) {
        let said = self.checked.info.iter().find(|(name, _)| name == "Payload-Oxum").map(|(_, value)| value.clone());
        let Some(said) = said.filter(|said| !said.is_empty()) else { return };
        let bytes: u64 =
            payload.iter().filter_map(|path| self.folder.join(path).metadata().ok()).map(|about| about.len()).sum();
        let found = format!("{bytes}.{}", payload.len());
        if said != found {
            let why = format!("Payload-Oxum is {:?}, and the payload has {found} (bytes.files)", escape(&said));
            self.refuse("bag-info.txt", None, why);
        }
    }

    fn payload(&mut self, payload: BTreeSet<String>) {
        for path in payload {
            let name = path.rsplit('/').next().unwrap_or(&path).to_lowercase();
            if OF_SYSTEMS.contains(&name.as_str()) || name.starts_with("._") {
                self.warn(&path, None, "it is a file that a system left there; it is left aside");
            } else if path.split('/').any(|part| part.starts_with('.')) {
                let place = self.place(&path, None);
                self.checked.problems.push(Problem::note(place, "a hidden file is left aside"));
            } else {
                self.checked.payload.push(path);
            }
        }
        self.checked.payload.sort_by(|a, b| natural(a, b));
    }
}

/// Whether a list names the file, in either spelling of its accents.
fn is_listed(path: &str, names: &BTreeSet<&str>) -> bool {
    names.contains(path)
        || names.contains(path.nfc().collect::<String>().as_str())
        || names.contains(path.nfd().collect::<String>().as_str())
}

/// The algorithm of a manifest of that kind.
fn algorithm(file: &str, kind: &str) -> Option<String> {
    file.strip_prefix(kind)?.strip_suffix(".txt").map(|name| name.to_ascii_lowercase().replace('-', ""))
}

/// The digests of a file, read once.
fn digests(path: &Path, algorithms: &BTreeSet<String>) -> io::Result<HashMap<String, String>> {
    let has = |name: &str| algorithms.contains(name);
    let mut md5 = has("md5").then(Md5::new);
    let mut sha1 = has("sha1").then(Sha1::new);
    let mut sha224 = has("sha224").then(Sha224::new);
    let mut sha256 = has("sha256").then(Sha256::new);
    let mut sha384 = has("sha384").then(Sha384::new);
    let mut sha512 = has("sha512").then(Sha512::new);
    let mut file = File::open(path)?;
    let mut buffer = vec![0u8; BUFFER_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        let bytes = &buffer[..read];
        if let Some(hash) = &mut md5 {
            hash.update(bytes);
        }
        if let Some(hash) = &mut sha1 {
            hash.update(bytes);
        }
        if let Some(hash) = &mut sha224 {
            hash.update(bytes);
        }
        if let Some(hash) = &mut sha256 {
            hash.update(bytes);
        }
        if let Some(hash) = &mut sha384 {
            hash.update(bytes);
        }
        if let Some(hash) = &mut sha512 {
            hash.update(bytes);
        }
    }
    let mut digests = HashMap::new();
    let mut keep = |name: &str, digest: Option<Vec<u8>>| {
        digests.extend(digest.map(|digest| (name.to_owned(), hex(&digest))));
    };
    keep("md5", md5.map(|hash| hash.finalize().to_vec()));
    keep("sha1", sha1.map(|hash| hash.finalize().to_vec()));
    keep("sha224", sha224.map(|hash| hash.finalize().to_vec()));
    keep("sha384", sha384.map(|hash| hash.finalize().to_vec()));
    keep("sha256", sha256.map(|hash| hash.finalize().to_vec()));
    keep("sha512", sha512.map(|hash| hash.finalize().to_vec()));
    Ok(digests)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
