//! The files of a bag that are about it: `bagit.txt`, `bag-info.txt`, and in which encoding they are.

use std::io::Read as _;
use std::path::Path;

use encoding_rs::{Encoding, UTF_8};

use crate::ingest::limits::{BAG_INFO_MAX, BAG_TAG_BYTES_MAX};
use crate::ingest::problem::escape;

/// The versions that are read (RFC 8493 is 1.0).
const VERSIONS: &[&str] = &["0.93", "0.94", "0.95", "0.96", "0.97", "1.0"];
/// The elements that the specification names (section 2.2.2), in its spelling: others write them otherwise.
const ELEMENTS: &[&str] = &[
    "Source-Organization",
    "Organization-Address",
    "Contact-Name",
    "Contact-Phone",
    "Contact-Email",
    "External-Description",
    "Bagging-Date",
    "External-Identifier",
    "Bag-Size",
    "Payload-Oxum",
    "Bag-Group-Identifier",
    "Bag-Count",
    "Internal-Sender-Identifier",
    "Internal-Sender-Description",
    "BagIt-Profile-Identifier",
];

/// What `bagit.txt` declares.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// Whether it is RFC 8493 itself, which is stricter than its drafts.
    pub is_final: bool,
    /// The encoding of the other tag files.
    pub encoding: &'static Encoding,
}

/// Reads a tag file whole; they are small.
pub fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    let about = std::fs::symlink_metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err("it is not a plain file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(BAG_TAG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > BAG_TAG_BYTES_MAX {
        return Err(format!("it has more than {BAG_TAG_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

/// Reads a tag file in the encoding of the bag.
pub fn text(path: &Path, encoding: &'static Encoding) -> Result<String, String> {
    let bytes = bytes(path)?;
    let (text, _, lost) = encoding.decode(&bytes);
    if lost {
        Err(format!("it holds bytes that are no {}, which {} declares", encoding.name(), super::DECLARATION))
    } else {
        Ok(text.into_owned())
    }
}

/// Reads `bagit.txt`: exactly two lines (section 2.1.1).
pub fn declared(bytes: &[u8]) -> Result<Declared, (u64, String)> {
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err((1, "it begins with a byte-order mark, which BagIt forbids".to_owned()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_not_utf8| (1, "it is not UTF-8".to_owned()))?;
    let lines: Vec<&str> = text.lines().collect();
    let value = |number: usize, name: &str| {
        let line = lines.get(number).copied().unwrap_or_default();
        let found = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        let wrong = || (number as u64 + 1, format!("the line must be \"{name}: …\" and is {:?}", escape(line)));
        found.map(str::trim_end).ok_or_else(wrong)
    };
    let version = value(0, "BagIt-Version")?;
    if !VERSIONS.contains(&version) {
        let why = format!("the version {:?} is none that is read: {}", escape(version), VERSIONS.join(", "));
        return Err((1, why));
    }
    let name = value(1, "Tag-File-Character-Encoding")?;
    let encoding = Encoding::for_label_no_replacement(name.as_bytes());
    let encoding = encoding.ok_or_else(|| (2, format!("the encoding {:?} is not known", escape(name))))?;
    if lines.len() > 2 && lines[2..].iter().any(|line| !line.trim().is_empty()) {
        return Err((3, "it has more than two lines".to_owned()));
    }
    // UTF-16 is declared without saying which end comes first: the mark in the file does.
    Ok(Declared {
        is_final: version == "1.0",
        encoding: if name.eq_ignore_ascii_case("utf-8") { UTF_8 } else { encoding },
    })
}

/// Reads `bag-info.txt`: elements and their values, of which a line that begins with a blank is more (section 2.2.2).
pub fn info(text: &str) -> Result<Vec<(String, String)>, (u64, String)> {
    let mut elements: Vec<(String, String)> = Vec::new();
    for (number, line) in (1u64..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            let Some((_, value)) = elements.last_mut() else {
                return Err((number, "the first line goes on from none".to_owned()));
            };
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| (number, format!("{:?} has no colon", escape(line))))?;
        let name = name.trim();
        let known = ELEMENTS.iter().find(|known| known.eq_ignore_ascii_case(name)).copied();
        elements.push((known.unwrap_or(name).to_owned(), value.trim().to_owned()));
        if elements.len() > BAG_INFO_MAX {
            return Err((number, format!("it has more than {BAG_INFO_MAX} elements")));
        }
    }
    Ok(elements)
}
