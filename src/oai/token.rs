//! Resumption tokens: the whole state of a list, signed, so that the server keeps none.
//!
//! A token carries the place of the last record sent, not an offset: an offset silently skips records that moved
//! (OAI-PMH 2.0 §3.5). It survives restarts and works on every node that has the key. `from` is not in it: every later
//! record has a later place. It holds nothing secret and is short and of lower-case hexadecimal digits, because widely
//! used harvesters have cut long tokens and stumbled over punctuation. So a set stands there with its key, not its setSpec.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use fonds_projections::feed::{Position, SetKey};
use fonds_schemas::ObjectId;
use fonds_schemas::checksum::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};

use super::PREFIX_BYTES_MAX;
use crate::clock;

/// The shape of tokens that this release writes.
const VERSION: u8 = 2;
/// Bytes of the signature: forging one takes 2^128 tries.
const SIGNATURE_BYTES: usize = 16;
/// Bytes of a count: a list of 2^48 records is longer than any.
const COUNT_BYTES: usize = 6;
/// Bytes of an object's id.
const OBJECT_BYTES: usize = 10;
/// Bytes of a set's key.
const SET_BYTES: usize = 16;
/// Characters of a token: version, list, what there is, place, cursor, size, until, object, set, prefix, signature.
const TOKEN_CHARS_MAX: usize =
    2 * (3 + 8 + 2 * COUNT_BYTES + 8 + OBJECT_BYTES + SET_BYTES + PREFIX_BYTES_MAX + SIGNATURE_BYTES);
/// Says that an object follows.
const WITH_OBJECT: u8 = 1;
/// Says that a set follows.
const WITH_SET: u8 = 2;
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

/// The lists of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Identifiers,
    Records,
}

/// The lists that come in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    Records(List),
    Sets,
}

impl Listing {
    const fn code(self) -> u8 {
        match self {
            Self::Records(List::Identifiers) => b'i',
            Self::Records(List::Records) => b'r',
            Self::Sets => b's',
        }
    }
}

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) listing: Listing,
    /// Empty in a list of sets.
    pub(super) prefix: String,
    /// The set whose records are listed; in a list of sets the last one sent.
    pub(super) set: Option<SetKey>,
    /// The last second that is asked for, since 1970.
    pub(super) until: Option<i64>,
    /// The place of the last record sent.
    pub(super) after: Position,
    /// How many records were sent.
    pub(super) cursor: u64,
    /// How many records the list had when it began.
    pub(super) size: u64,
}

impl Token {
    /// The written form. `None` never happens with prefixes of the visible list, which a test bounds.
    pub(super) fn write(&self, key: &Key) -> Option<String> {
        let Self { listing, prefix, set, until, after, cursor, size } = self;
        let with = after.object.map_or(0, |_| WITH_OBJECT) | set.map_or(0, |_| WITH_SET);
        let mut bytes = vec![VERSION, listing.code(), with];
        bytes.extend_from_slice(&after.seq.to_be_bytes());
        for count in [cursor, size] {
            bytes.extend_from_slice(&count.to_be_bytes()[8 - COUNT_BYTES..]);
        }
        bytes.extend_from_slice(&until.unwrap_or(i64::MAX).to_be_bytes());
        bytes.extend_from_slice(after.object.as_ref().map_or(&[][..], |object| object.as_bytes()));
        bytes.extend_from_slice(set.as_ref().map_or(&[][..], |set| set.as_bytes()));
        bytes.extend_from_slice(prefix.as_bytes());
        let signature = key.mac(&bytes)?.finalize().into_bytes();
        bytes.extend_from_slice(&signature[..SIGNATURE_BYTES]);
        Some(hex(&bytes)).filter(|token| token.len() <= TOKEN_CHARS_MAX)
    }

    /// Reads a token of that list that this archive signed.
    pub(super) fn read(text: &str, listing: Listing, key: &Key) -> Option<Self> {
        let bytes = unhex(text)?;
        let (body, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE_BYTES)?)?;
        key.mac(body)?.verify_truncated_left(signature).ok()?;
        let mut rest = body;
        let [version, code, with] = take(&mut rest)?;
        if [version, code] != [VERSION, listing.code()] {
            return None;
        }
        let seq = u64::from_be_bytes(take(&mut rest)?);
        let mut count = || {
            let mut wide = [0; 8];
            wide[8 - COUNT_BYTES..].copy_from_slice(&take::<COUNT_BYTES>(&mut rest)?);
            Some(u64::from_be_bytes(wide))
        };
        let (cursor, size) = (count()?, count()?);
        let until = Some(i64::from_be_bytes(take(&mut rest)?)).filter(|until| *until != i64::MAX);
        let object = if with & WITH_OBJECT == 0 { None } else { Some(ObjectId::from_random(take(&mut rest)?)) };
        let set = if with & WITH_SET == 0 { None } else { Some(SetKey::from_bytes(take(&mut rest)?)) };
        let prefix = std::str::from_utf8(rest).ok()?.to_owned();
        Some(Self { listing, prefix, set, until, after: Position { seq, object }, cursor, size })
    }
}

/// Takes that many bytes off the front.
fn take<const BYTES: usize>(rest: &mut &[u8]) -> Option<[u8; BYTES]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
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

    const RECORDS: Listing = Listing::Records(List::Records);

    /// The longest one.
    fn token() -> Token {
        let after = Position { seq: u64::MAX, object: Some(ObjectId::derived("a", "b")) };
        let (prefix, set) = ("x".repeat(PREFIX_BYTES_MAX), Some(SetKey::of("a:b")));
        Token { listing: RECORDS, prefix, set, until: Some(-1), after, cursor: 400, size: 1_000_000 }
    }

    #[test]
    fn a_token_is_read_back() {
        let key = Key::new([7; 32]);
        for (until, set, object) in [
            (None, None, None),
            (Some(0), None, token().after.object),
            (None, token().set, None),
            (Some(i64::MIN), token().set, token().after.object),
        ] {
            let token = Token { until, set, after: Position { object, ..token().after }, ..token() };
            assert_eq!(Token::read(&token.write(&key).unwrap(), RECORDS, &key), Some(token));
        }
    }

    #[test]
    fn the_longest_token_has_less_than_200_characters() {
        assert!(token().write(&Key::new([7; 32])).unwrap().len() < 200);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let key = Key::new([7; 32]);
        for other in [Listing::Records(List::Identifiers), Listing::Sets] {
            assert_eq!(Token::read(&token().write(&key).unwrap(), other, &key), None);
        }
    }

    #[test]
    fn a_token_of_an_older_release_is_refused() {
        let key = Key::new([7; 32]);
        let mut old = vec![1, b'r'];
        old.extend([0; 32]);
        old.extend(b"oai_dc");
        let signature = key.mac(&old).unwrap().finalize().into_bytes();
        old.extend(&signature[..SIGNATURE_BYTES]);
        assert_eq!(Token::read(&hex(&old), RECORDS, &key), None);
    }

    #[test]
    fn a_token_of_another_archive_is_refused() {
        let text = token().write(&Key::new([7; 32])).unwrap();
        assert_eq!(Token::read(&text, RECORDS, &Key::new([8; 32])), None);
    }

    #[test]
    fn every_changed_digit_is_refused() {
        let key = Key::new([7; 32]);
        let text = token().write(&key).unwrap();
        for at in 0..text.len() {
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(Token::read(&changed, RECORDS, &key), None, "{changed}");
        }
    }

    proptest! {
        #[test]
        fn junk_is_refused(text in ".{0,200}") {
            prop_assert_eq!(Token::read(&text, RECORDS, &Key::new([7; 32])), None);
        }
    }

    #[test]
    fn the_key_survives_a_restart_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let text = token().write(&Key::open(folder.path()).unwrap()).unwrap();
        assert_eq!(Token::read(&text, RECORDS, &Key::open(folder.path()).unwrap()), Some(token()));
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
