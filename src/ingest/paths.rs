//! Names of files in tables, and the order of names. A name never leads out of the folder of the input.

use std::cmp::Ordering;
use std::io;
use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use super::problem::escape;

/// Why a name gives no file.
#[derive(Debug, thiserror::Error)]
pub enum BadPath {
    /// It starts at the root.
    #[error("{0:?} is an absolute path; files are named from the folder of the input")]
    Absolute(String),
    /// It goes up.
    #[error("{0:?} leads out of the folder of the input")]
    Outside(String),
    /// It holds what no name holds.
    #[error("{0:?} is no name of a file")]
    NoName(String),
    /// Nothing there.
    #[error("there is no file {0:?}")]
    Missing(String),
    /// A link, there or on the way.
    #[error("{0:?} is a symbolic link, which is not followed")]
    Link(String),
    /// A folder, a pipe, a device.
    #[error("{0:?} is not a plain file")]
    NotAFile(String),
    /// It cannot be looked at.
    #[error("could not look at {name:?}")]
    Io {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The file that `name` names inside `base`. Every part of the way is looked at: none may be a link, and the last
/// must be a plain file.
pub fn resolve(base: &Path, name: &str) -> Result<PathBuf, BadPath> {
    let shown = || escape(name);
    if name.is_empty() || name.contains('\0') {
        return Err(BadPath::NoName(shown()));
    }
    let drive = name.as_bytes().get(1) == Some(&b':') && name.contains('\\');
    if name.starts_with(['/', '\\']) || drive {
        return Err(BadPath::Absolute(shown()));
    }
    // A table made on Windows separates with backslashes; a file whose own name has one is found first.
    let parts = |name: &str| parts(name, &shown());
    let steps = parts(name)?;
    match walk(base, &steps, &shown()) {
        Err(BadPath::Missing(_)) if name.contains('\\') => walk(base, &parts(&name.replace('\\', "/"))?, &shown()),
        other => other,
    }
}

fn parts(name: &str, shown: &str) -> Result<Vec<String>, BadPath> {
    let mut steps = Vec::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => steps.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => return Err(BadPath::Outside(shown.to_owned())),
            Component::RootDir | Component::Prefix(_) => return Err(BadPath::Absolute(shown.to_owned())),
        }
    }
    if steps.is_empty() { Err(BadPath::NoName(shown.to_owned())) } else { Ok(steps) }
}

fn walk(base: &Path, steps: &[String], shown: &str) -> Result<PathBuf, BadPath> {
    let mut path = base.to_owned();
    let mut kind = None;
    for step in steps {
        let (next, found) = step_into(&path, step, shown)?;
        if found.is_symlink() {
            return Err(BadPath::Link(shown.to_owned()));
        }
        path = next;
        kind = Some(found);
    }
    if kind.is_some_and(|kind| kind.is_file()) { Ok(path) } else { Err(BadPath::NotAFile(shown.to_owned())) }
}

/// One part of the way. Some systems write `é` as two characters and some as one: the other spelling is tried too.
fn step_into(folder: &Path, step: &str, shown: &str) -> Result<(PathBuf, std::fs::FileType), BadPath> {
    let spellings = [step.to_owned(), step.nfc().collect(), step.nfd().collect()];
    for spelling in spellings {
        let path = folder.join(spelling);
        match std::fs::symlink_metadata(&path) {
            Ok(about) => return Ok((path, about.file_type())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(source) => return Err(BadPath::Io { name: shown.to_owned(), source }),
        }
    }
    Err(BadPath::Missing(shown.to_owned()))
}

/// Orders names as people do: numbers by their value, `f9` before `f48`; of equals the shorter first.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(one), Some(other)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        if one.is_ascii_digit() && other.is_ascii_digit() {
            let (digits_left, digits_right) = (digits(left), digits(right));
            let (value, than) = (digits_left.trim_start_matches('0'), digits_right.trim_start_matches('0'));
            let order = value.len().cmp(&than.len()).then_with(|| value.cmp(than));
            if order != Ordering::Equal {
                return order;
            }
            left = &left[digits_left.len()..];
            right = &right[digits_right.len()..];
        } else if one == other {
            left = &left[one.len_utf8()..];
            right = &right[other.len_utf8()..];
        } else {
            return one.cmp(&other);
        }
    }
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("images")).unwrap();
        std::fs::write(folder.path().join("images/a.jpg"), "x").unwrap();
        std::fs::write(folder.path().join("images/e\u{301}.jpg"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("/etc", folder.path().join("way")).unwrap();
        folder
    }

    fn check(name: &str, wrong: &str) {
        let message = resolve(folder().path(), name).unwrap_err().to_string();
        assert!(message.contains(wrong), "{name:?}: {message}");
    }

    #[test]
    fn a_file_inside_is_found() {
        let folder = folder();
        assert_eq!(resolve(folder.path(), "./images/a.jpg").unwrap(), folder.path().join("images/a.jpg"));
        assert!(resolve(folder.path(), "images\\a.jpg").is_ok());
    }
    #[test]
    fn an_accent_may_be_written_either_way() {
        assert!(resolve(folder().path(), "images/é.jpg").is_ok());
    }
    #[test]
    fn a_way_out_is_refused() {
        check("../../etc/passwd", "leads out");
        check("images/../../x", "leads out");
        check("..\\..\\etc\\passwd", "leads out");
    }
    #[test]
    fn an_absolute_path_is_refused() {
        check("/etc/passwd", "absolute");
        check("C:\\secret.txt", "absolute");
    }
    #[test]
    fn a_link_is_refused_at_the_end_and_on_the_way() {
        check("link", "symbolic link");
        check("way/hostname", "symbolic link");
    }
    #[test]
    fn what_is_no_file_is_refused() {
        check("images", "not a plain file");
        check("images/b.jpg", "there is no file");
        check("a\0b", "no name");
    }
    #[test]
    fn numbers_in_names_count_by_value() {
        let mut names = ["f10", "f9", "f009", "a", "f9b"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a", "f009", "f9", "f9b", "f10"]);
    }
}
