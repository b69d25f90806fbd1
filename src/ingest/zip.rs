//! A zip of a folder, unpacked to be taken in like the folder.
//!
//! What a zip says of itself is not believed: bytes are counted as they come out, names are looked at part by part, and nothing
//! but plain files is written. An entry that is wrong is refused by itself; a bomb ends the unpacking.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::limits::{FILES_MAX, FOLDER_DEPTH_MAX, ZIP_RATIO_MAX, ZIP_SMALL_BYTES, ZIP_UNPACKED_BYTES_MAX};
use super::problem::{Place, Problem, escape};

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 17;
/// What macOS adds to the zips that it makes.
const OF_MACOS: &str = "__MACOSX";

/// A zip that lies unpacked, until this goes.
#[derive(Debug)]
pub struct Unpacked {
    /// The folder that it is a zip of.
    pub folder: PathBuf,
    /// What of it was not unpacked.
    pub problems: Vec<Problem>,
    place: PathBuf,
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // What stays is swept by the next one.
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// Whether the path is a zip by its name and its first bytes. Spreadsheets are zips of another name.
pub fn is_zip(path: &Path) -> bool {
    let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    let mut magic = [0u8; 4];
    named
        && path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && matches!(magic, [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6])
}

/// Unpacks a zip below `folder`; blocks. `file_bytes` is how large a file may be.
pub fn unpack(path: &Path, folder: &Path, file_bytes: u64) -> Result<Unpacked, Problem> {
    let name = path.file_stem().map_or_else(|| "zip".to_owned(), |name| name.to_string_lossy().into_owned());
    let file: String = path.file_name().map_or_else(|| name.clone(), |name| name.to_string_lossy().into_owned());
    let refused = |why: String| Problem::refused(Place::file(&file), why);
    let unwritten = |error: io::Error| refused(format!("it could not be unpacked: {error}"));
    let opened = File::open(path).map_err(|error| refused(format!("it cannot be read: {error}")))?;
    let packed = opened.metadata().map_err(|error| refused(format!("it cannot be read: {error}")))?.len();
    let archive =
        ZipArchive::new(io::BufReader::new(opened)).map_err(|error| refused(format!("it is no zip: {error}")))?;
    if archive.len() > FILES_MAX {
        return Err(refused(format!("it has {} entries, at most {FILES_MAX} are unpacked", archive.len())));
    }
    let place = place(folder).map_err(unwritten)?;
    let mut unpacked = Unpacked { folder: place.join(&name), problems: Vec::new(), place };
    fs::create_dir(&unpacked.folder).map_err(unwritten)?;
    let mut work = Work { file, into: unpacked.folder.clone(), packed, bytes: 0, file_bytes, problems: Vec::new() };
    work.all(archive)?;
    unpacked.problems = work.problems;
    if let Some(inner) = only_folder(&unpacked.folder) {
        unpacked.folder = inner;
    }
    Ok(unpacked)
}

/// A folder of its own; those of processes that are no more go.
fn place(folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.split('-').next().and_then(|id| rustix::process::Pid::from_raw(id.parse().ok()?));
        if process.is_some_and(|process| rustix::process::test_kill_process(process).is_err()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let mut number = 0u32;
    loop {
        let place = folder.join(format!("{}-{number}", std::process::id()));
        match fs::create_dir(&place) {
            Ok(()) => return Ok(place),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 10_000 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The one folder that a folder holds, beside nothing.
fn only_folder(folder: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.flatten();
    let first = entries.next()?;
    (entries.next().is_none() && first.file_type().is_ok_and(|kind| kind.is_dir())).then(|| first.path())
}

struct Work {
    file: String,
    into: PathBuf,
    packed: u64,
    /// Bytes that came out so far.
    bytes: u64,
    file_bytes: u64,
    problems: Vec<Problem>,
}

impl Work {
    fn place(&self, name: &str) -> Place {
        Place::file(&format!("{}/{}", self.file, escape(name)))
    }

    fn all(&mut self, mut archive: ZipArchive<io::BufReader<File>>) -> Result<(), Problem> {
        for number in 0..archive.len() {
            let known = archive.name_for_index(number).unwrap_or("?").to_owned();
            let entry = match archive.by_index(number) {
                Ok(entry) => entry,
                Err(error) => {
                    let name = known;
                    let why = format!("it cannot be unpacked: {error}");
                    self.problems.push(Problem::refused(self.place(&name), why));
                    continue;
                }
            };
            let name = entry.name().to_owned();
            let unix = entry.unix_mode().unwrap_or_default() & 0o170_000;
            let kind = match unix {
                _ if entry.is_symlink() => Err("a symbolic link is not unpacked"),
                0 | 0o100_000 | 0o040_000 => Ok(entry.is_dir()),
                _ => Err("it is not a plain file"),
            };
            let steps = kind.map_err(str::to_owned).and_then(|is_folder| Ok((is_folder, steps(&name)?)));
            match steps {
                Ok((_, steps)) if steps.first().is_some_and(|first| first == OF_MACOS) => {}
                // Folders are made with what lies in them: an empty one says nothing.
                Ok((true, _)) => {}
                Ok((false, steps)) => self.one(entry, &name, &steps)?,
                Err(why) => self.problems.push(Problem::refused(self.place(&name), why)),
            }
        }
        Ok(())
    }

    fn one(&mut self, mut entry: impl io::Read, name: &str, steps: &[String]) -> Result<(), Problem> {
        let path = steps.iter().fold(self.into.clone(), |path, step| path.join(step));
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create_new(&path));
        let mut file = match made {
            Ok(file) => file,
            Err(error) => {
                let why = match error.kind() {
                    io::ErrorKind::AlreadyExists => "the zip has another entry of that name".to_owned(),
                    _ => format!("it could not be written: {error}"),
                };
                self.problems.push(Problem::refused(self.place(name), why));
                return Ok(());
            }
        };
        let (mut buffer, mut bytes) = (vec![0u8; BUFFER_BYTES], 0u64);
        let why = loop {
            let read = match entry.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) => break format!("it cannot be unpacked: {error}"),
            };
            bytes += read as u64;
            self.bytes += read as u64;
            self.bounded()?;
            if bytes > self.file_bytes {
                break format!("it has more than {} bytes (limits.file_bytes)", self.file_bytes);
            }
            if let Err(error) = file.write_all(&buffer[..read]) {
                return Err(Problem::refused(self.place(name), format!("it could not be unpacked: {error}")));
            }
        };
        drop(file);
        let _ = fs::remove_file(&path);
        self.problems.push(Problem::refused(self.place(name), why));
        Ok(())
    }

    /// Ends the unpacking of what is larger than a zip of a folder is.
    fn bounded(&self) -> Result<(), Problem> {
        let refused = |why: String| Err(Problem::refused(Place::file(&self.file), why));
        if self.bytes > ZIP_UNPACKED_BYTES_MAX {
            return refused(format!("it has more than {ZIP_UNPACKED_BYTES_MAX} bytes when unpacked"));
        }
        if self.bytes > ZIP_SMALL_BYTES && self.bytes / ZIP_RATIO_MAX > self.packed {
            let why =
                format!("unpacked it is more than {ZIP_RATIO_MAX} times as large as packed: a zip bomb, not a folder");
            return refused(why);
        }
        Ok(())
    }
}

/// The parts of a name, none of which leads anywhere but down.
fn steps(name: &str) -> Result<Vec<String>, String> {
    // Some programs for Windows write backslashes.
    let parts: Vec<&str> = name.split(['/', '\\']).collect();
    let drive = parts.first().is_some_and(|first| first.len() == 2 && first.ends_with(':'));
    if name.starts_with(['/', '\\']) || drive {
        return Err("its name is an absolute path".to_owned());
    }
    let steps: Vec<String> = parts.into_iter().filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect();
    if steps.iter().any(|step| step == "..") {
        return Err("its name leads out of the zip".to_owned());
    }
    if steps.is_empty() || name.contains('\0') {
        return Err("its name is no name of a file".to_owned());
    }
    if steps.len() > FOLDER_DEPTH_MAX + 2 {
        return Err(format!("it lies more than {FOLDER_DEPTH_MAX} folders deep"));
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::write::{SimpleFileOptions, ZipWriter};

    /// A zip of entries with these names and bytes.
    fn zipped(entries: &[(&str, &[u8])], links: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = ZipWriter::new(File::create(folder.path().join("letters.zip")).unwrap());
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        for (name, target) in links {
            writer.add_symlink(*name, *target, SimpleFileOptions::default()).unwrap();
        }
        writer.finish().unwrap();
        folder
    }

    fn unpacked(folder: &tempfile::TempDir, file_bytes: u64) -> Result<Unpacked, Problem> {
        unpack(&folder.path().join("letters.zip"), &folder.path().join("unpacked"), file_bytes)
    }

    #[track_caller]
    fn check_refused(name: &str, why: &str) {
        let folder = zipped(&[("a.txt", b"a"), (name, b"b")], &[]);
        let unpacked = unpacked(&folder, 1 << 20).unwrap();
        let told: Vec<String> = unpacked.problems.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains(why), "{told:?}");
        // The rest is there, and nothing lies outside.
        assert!(unpacked.folder.join("a.txt").is_file() && !folder.path().join("evil").exists());
    }

    #[test]
    fn a_zip_of_a_folder_is_that_folder_while_it_is_needed() {
        let folder =
            zipped(&[("letters/a.txt", b"a"), ("letters/vol 1/b.txt", b"b"), ("__MACOSX/letters/._a.txt", b"x")], &[]);
        let unpacked = unpacked(&folder, 1 << 20).unwrap();
        assert_eq!(unpacked.folder.file_name().unwrap(), "letters");
        assert_eq!(fs::read(unpacked.folder.join("vol 1/b.txt")).unwrap(), b"b");
        assert!(unpacked.problems.is_empty());
        drop(unpacked);
        assert_eq!(fs::read_dir(folder.path().join("unpacked")).unwrap().count(), 0);
    }
    #[test]
    fn a_way_out_is_refused() {
        check_refused("../../evil", "leads out");
        check_refused("b\\..\\..\\evil", "leads out");
    }
    #[test]
    fn an_absolute_path_is_refused() {
        check_refused("/tmp/evil", "absolute");
        check_refused("C:\\evil", "absolute");
    }
    #[test]
    fn a_link_is_refused() {
        let folder = zipped(&[("a.txt", b"a")], &[("link", "/etc/passwd")]);
        let unpacked = unpacked(&folder, 1 << 20).unwrap();
        assert!(unpacked.problems[0].why.contains("symbolic link") && !unpacked.folder.join("link").exists());
    }
    #[test]
    fn a_file_that_is_too_large_is_refused_and_the_others_are_not() {
        let folder = zipped(&[("a.txt", b"aaaa"), ("b.txt", b"b")], &[]);
        let unpacked = unpacked(&folder, 3).unwrap();
        assert!(unpacked.problems[0].why.contains("more than 3 bytes"));
        assert!(!unpacked.folder.join("a.txt").exists() && unpacked.folder.join("b.txt").is_file());
    }
    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let zeros = vec![0u8; usize::try_from(ZIP_SMALL_BYTES).unwrap() + (1 << 20)];
        let folder = zipped(&[("zeros", &zeros)], &[]);
        let problem = unpacked(&folder, 1 << 40).unwrap_err();
        assert!(problem.why.contains("zip bomb"), "{problem}");
        assert_eq!(fs::read_dir(folder.path().join("unpacked")).unwrap().count(), 0);
    }
    #[test]
    fn what_is_no_zip_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letters.zip");
        fs::write(&path, b"PK\x03\x04 and nothing more").unwrap();
        assert!(is_zip(&path) && !is_zip(folder.path()));
        assert!(unpacked(&folder, 1).unwrap_err().why.contains("it is no zip"));
    }
}
