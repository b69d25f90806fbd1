//! The lists of a bag: manifests, and what is to be fetched.

use crate::ingest::limits::FILES_MAX;
use crate::ingest::problem::escape;

/// A line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The line.
    pub line: u64,
    /// The digest, in lower case.
    pub digest: String,
    /// The file, from the folder of the bag.
    pub path: String,
    /// What is odd about how it is written.
    pub oddity: Option<&'static str>,
}

/// Reads a manifest: a digest, blanks, a path (section 2.1.3).
pub fn manifest(text: &str) -> Result<Vec<Listed>, (u64, String)> {
    let mut all = Vec::new();
    for (line, written) in (1u64..).zip(text.lines()) {
        if written.trim().is_empty() {
            continue;
        }
        let wrong = || (line, format!("{:?} is no digest with a path behind it", escape(written)));
        let (digest, rest) = written.split_once([' ', '\t']).ok_or_else(wrong)?;
        let is_digest = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = rest.trim_start_matches([' ', '\t']);
        let (name, starred) = name.strip_prefix('*').map_or((name, false), |name| (name, true));
        if !is_digest || name.is_empty() {
            return Err(wrong());
        }
        let (name, dotted) = name.strip_prefix("./").map_or((name, false), |name| (name, true));
        let oddity = match (starred, dotted) {
            (true, _) => Some("its path has an asterisk before it, as md5sum writes: it is left out"),
            (false, true) => Some("its path begins with ./, which is left out"),
            (false, false) => None,
        };
        let path = inside(&decoded(name)).map_err(|why| (line, why))?;
        all.push(Listed { line, digest: digest.to_ascii_lowercase(), path, oddity });
        if all.len() > FILES_MAX {
            return Err((line, format!("it lists more than {FILES_MAX} files")));
        }
    }
    Ok(all)
}

/// Reads `fetch.txt`: an address, a length, a path (section 2.2.3). The paths are what counts: nothing is fetched.
pub fn fetch(text: &str) -> Result<Vec<(u64, String)>, (u64, String)> {
    let mut all = Vec::new();
    for (line, written) in (1u64..).zip(text.lines()) {
        if written.trim().is_empty() {
            continue;
        }
        let wrong = || (line, format!("{:?} is no address with a length and a path behind it", escape(written)));
        let (_, rest) = written.split_once([' ', '\t']).ok_or_else(wrong)?;
        let (length, path) = rest.trim_start().split_once([' ', '\t']).ok_or_else(wrong)?;
        let is_length = length == "-" || (!length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()));
        let path = path.trim_start();
        if !is_length || path.is_empty() {
            return Err(wrong());
        }
        let path = inside(&decoded(path.strip_prefix("./").unwrap_or(path))).map_err(|why| (line, why))?;
        if !path.starts_with("data/") {
            return Err((line, format!("{:?} is to be fetched and does not lie in data/", escape(&path))));
        }
        all.push((line, path));
        if all.len() > FILES_MAX {
            return Err((line, format!("it lists more than {FILES_MAX} files")));
        }
    }
    Ok(all)
}

/// A path with its line ends and percent signs as characters; nothing else is encoded in a manifest.
fn decoded(path: &str) -> String {
    let path = path.replace("%0A", "\n").replace("%0a", "\n").replace("%0D", "\r").replace("%0d", "\r");
    path.replace("%25", "%")
}

/// A path that stays in the bag, whatever the system that reads it (section 5.1).
fn inside(path: &str) -> Result<String, String> {
    let shown = || escape(path);
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if path.starts_with(['/', '\\']) || drive {
        return Err(format!("{:?} is an absolute path", shown()));
    }
    if path.starts_with(['~', '%', '$']) && path.contains(['/', '\\']) {
        return Err(format!("{:?} begins with what a shell puts a folder of its own for", shown()));
    }
    if path.split(['/', '\\']).any(|part| part == "..") {
        return Err(format!("{:?} leads out of the bag", shown()));
    }
    if path.contains('\0') {
        return Err(format!("{:?} is no name of a file", shown()));
    }
    Ok(path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(path: &str, why: &str) {
        let (line, found) = manifest(&format!("00 data/a\nff  {path}\n")).unwrap_err();
        assert!(line == 2 && found.contains(why), "{found}");
    }

    #[test]
    fn lines_are_read_as_tools_write_them() {
        let all = manifest("AB  data/a b.txt\n\ncd\t*data/50%25.txt\nef ./data/x%0Ay\n").unwrap();
        let read: Vec<_> = all.iter().map(|one| (one.line, one.digest.as_str(), one.path.as_str())).collect();
        assert_eq!(read, [(1, "ab", "data/a b.txt"), (3, "cd", "data/50%.txt"), (4, "ef", "data/x\ny")]);
        assert!(all[0].oddity.is_none() && all[1].oddity.is_some() && all[2].oddity.is_some());
    }
    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        check_refused("/etc/passwd", "absolute");
        check_refused("C:\\secret", "absolute");
        check_refused("data/../../x", "leads out");
        check_refused("data\\..\\..\\x", "leads out");
        check_refused("~root/x", "shell");
        check_refused("%HOMEDRIVE%\\x", "shell");
    }
    #[test]
    fn a_line_that_is_none_is_refused() {
        assert_eq!(manifest("data/a").unwrap_err().0, 1);
        assert_eq!(manifest("xyz data/a").unwrap_err().0, 1);
        assert_eq!(fetch("http://example.org/a many data/a").unwrap_err().0, 1);
        assert_eq!(fetch("http://example.org/a - bagit.txt").unwrap_err().0, 1);
    }
    #[test]
    fn what_is_to_be_fetched_is_named() {
        assert_eq!(fetch("http://example.org/a%20b - data/a b\n").unwrap(), [(1, "data/a b".to_owned())]);
    }
}
