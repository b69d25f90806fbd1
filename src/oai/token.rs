//! Resumption tokens: the whole state of a list, signed, so that the server keeps none.
//!
//! A token carries the place of the last record sent, not an offset: an offset silently skips records that moved
//! (OAI-PMH 2.0 §3.5). It survives restarts and works on every node that has the key. `from` is not in it: every later
//! record has a later place. It holds nothing secret and is short and of lower-case hexadecimal digits, because widely
//! used harvesters have cut long tokens and stumbled over punctuation.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use fonds_schemas::checksum::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};

use super::PREFIX_BYTES_MAX;
use crate::clock;

/// The shape of tokens that this release writes.
const VERSION: u8 = 1;
/// Bytes of the signature: forging one takes 2^128 tries.
const SIGNATURE_BYTES: usize = 16;
/// Bytes before the prefix: version, list, place, cursor, size, until.
const FIXED_BYTES: usize = 2 + 4 * 8;
/// Characters of a token.
const TOKEN_CHARS_MAX: usize = 2 * (FIXED_BYTES + PREFIX_BYTES_MAX + SIGNATURE_BYTES);
/// Bytes of a key: as many as the digest of the signature has.
const KEY_BYTES: usize = 32;
/// The name of the key's file in the data directory.
const KEY_FILE: &str = "oai.key";

/// The key that signs tokens.
pub struct Key([u8; KEY_BYTES]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("could not read or make the key of resumption tokens at {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "the key of resumption tokens at {path} has {bytes} bytes instead of {KEY_BYTES}; remove it to get a new one"
    )]
    Length {
        /// Which.
        path: PathBuf,
        /// How many it has.
        bytes: usize,
    },
}

impl Key {
    /// A key of those bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The key of a data directory, made there at first use. Nodes that serve the same archive need the same file;
    /// without it, harvests that run while it is lost must be started again, and nothing else happens.
    pub fn open(data: &Path) -> Result<Self, KeyError> {
        let path = data.join(KEY_FILE);
        let failed = |source| KeyError::File { path: path.clone(), source };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => make(&path).map_err(failed)?,
            Err(source) => return Err(failed(source)),
        };
        let key = <[u8; KEY_BYTES]>::try_from(bytes);
        key.map(Self).map_err(|bytes| KeyError::Length { path, bytes: bytes.len() })
    }

    fn mac(&self, bytes: &[u8]) -> Option<Hmac<sha2::Sha256>> {
        // A key of any length is fine with HMAC, so this is always there.
        let mac = Hmac::<sha2::Sha256>::new_from_slice(&self.0).ok()?;
        Some(mac.chain_update(b"fonds-oai-token-v1\0").chain_update(bytes))
    }
}

/// Writes a new key under another name and links it: whoever reads the key's name finds all of it, and of two processes
/// that start at once both get the key of the first.
fn make(path: &Path) -> std::io::Result<Vec<u8>> {
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&clock::random::<KEY_BYTES>())?;
    file.sync_all()?;
    match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    std::fs::remove_file(&draft)?;
    std::fs::read(path)
}

/// The lists that come in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Identifiers,
    Records,
}

impl List {
    const fn code(self) -> u8 {
        match self {
            Self::Identifiers => b'i',
            Self::Records => b'r',
        }
    }
}

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) list: List,
    pub(super) prefix: String,
    /// The last second that is asked for, since 1970.
    pub(super) until: Option<i64>,
    /// The place of the last record sent.
    pub(super) after: u64,
    /// How many records were sent.
    pub(super) cursor: u64,
    /// How many records the list had when it began.
    pub(super) size: u64,
}

impl Token {
    /// The written form. `None` never happens with prefixes of the visible list, which a test bounds.
    pub(super) fn write(&self, key: &Key) -> Option<String> {
        let mut bytes = vec![VERSION, self.list.code()];
        for number in [self.after, self.cursor, self.size, self.until.unwrap_or(i64::MAX).cast_unsigned()] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(self.prefix.as_bytes());
        let signature = key.mac(&bytes)?.finalize().into_bytes();
        bytes.extend_from_slice(&signature[..SIGNATURE_BYTES]);
        Some(hex(&bytes)).filter(|token| token.len() <= TOKEN_CHARS_MAX)
    }

    /// Reads a token of that list that this archive signed.
    pub(super) fn read(text: &str, list: List, key: &Key) -> Option<Self> {
        let bytes = unhex(text)?;
        let (body, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE_BYTES)?)?;
        key.mac(body)?.verify_truncated_left(signature).ok()?;
        let (fixed, prefix) = body.split_at_checked(FIXED_BYTES)?;
        let number = |place: usize| {
            let at = 2 + 8 * place;
            fixed.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes)
        };
        let until = number(3)?.cast_signed();
        let token = Self {
            list,
            prefix: std::str::from_utf8(prefix).ok()?.to_owned(),
            until: Some(until).filter(|until| *until != i64::MAX),
            after: number(0)?,
            cursor: number(1)?,
            size: number(2)?,
        };
        Some(token).filter(|_| fixed[..2] == [VERSION, list.code()])
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() > TOKEN_CHARS_MAX || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.as_bytes().chunks_exact(2).map(|pair| Some((digit(pair[0])? << 4) | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> Token {
        let prefix = "x".repeat(PREFIX_BYTES_MAX);
        Token { list: List::Records, prefix, until: None, after: u64::MAX, cursor: 400, size: 1_000_000 }
    }

    #[test]
    fn a_token_is_read_back() {
        let key = Key::new([7; 32]);
        let text = token().write(&key).unwrap();
        assert_eq!(Token::read(&text, List::Records, &key), Some(token()));
    }

    #[test]
    fn the_longest_token_has_less_than_200_characters() {
        assert!(token().write(&Key::new([7; 32])).unwrap().len() < 200);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let key = Key::new([7; 32]);
        assert_eq!(Token::read(&token().write(&key).unwrap(), List::Identifiers, &key), None);
    }

    #[test]
    fn a_token_of_another_archive_is_refused() {
        let text = token().write(&Key::new([7; 32])).unwrap();
        assert_eq!(Token::read(&text, List::Records, &Key::new([8; 32])), None);
    }

    #[test]
    fn every_changed_digit_is_refused() {
        let key = Key::new([7; 32]);
        let text = token().write(&key).unwrap();
        for at in 0..text.len() {
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(Token::read(&changed, List::Records, &key), None, "{changed}");
        }
    }

    proptest! {
        #[test]
        fn junk_is_refused(text in ".{0,200}") {
            prop_assert_eq!(Token::read(&text, List::Records, &Key::new([7; 32])), None);
        }
    }

    #[test]
    fn the_key_survives_a_restart_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let text = token().write(&Key::open(folder.path()).unwrap()).unwrap();
        assert_eq!(Token::read(&text, List::Records, &Key::open(folder.path()).unwrap()), Some(token()));
        let mode = std::fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(KEY_FILE), "short").unwrap();
        assert!(matches!(Key::open(folder.path()), Err(KeyError::Length { bytes: 5, .. })));
    }
}
