//! Names of things: short, opaque, safe in an address, a file name and a shell.
//!
//! An id is 80 bits written as sixteen characters of Crockford's base 32 in lower case (no i, l, o, u, so that it can
//! be read aloud). Ids that follow from something (a row of a table, the bytes of a file) are derived by a hash, so
//! that taking the same thing in twice finds the same id; the others are made from random bytes that are handed in.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Characters of an id, in order of their value.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Bytes in an id: 2^80 names make an accidental double among ten million less likely than 1 in 10^10.
const ID_BYTES: usize = 10;
/// Characters in an id.
const ID_CHARS: usize = 16;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    /// Not sixteen characters long.
    #[error("an id has 16 characters, this has {0}")]
    Length(usize),
    /// A character outside the alphabet.
    #[error("an id has no character {0:?}")]
    Character(char),
    /// What stands behind the full stop is not how a page is called.
    #[error("a later page is called by its number from 2, not {0:?}")]
    Page(String),
}

fn write_base32(bytes: [u8; ID_BYTES], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let value = bytes.iter().fold(0u128, |value, byte| (value << 8) | u128::from(*byte));
    let mut text = [0u8; ID_CHARS];
    for (place, slot) in text.iter_mut().enumerate() {
        let shift = 5 * (ID_CHARS - 1 - place);
        *slot = ALPHABET[usize::try_from((value >> shift) & 31).unwrap_or(0)];
    }
    f.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

fn read_base32(text: &str) -> Result<[u8; ID_BYTES], BadId> {
    let length = text.chars().count();
    if length != ID_CHARS {
        return Err(BadId::Length(length));
    }
    let mut value = 0u128;
    for character in text.chars() {
        let digit = ALPHABET.iter().position(|known| char::from(*known) == character);
        let digit = digit.ok_or(BadId::Character(character))?;
        value = (value << 5) | digit as u128;
    }
    let mut bytes = [0u8; ID_BYTES];
    bytes.copy_from_slice(&value.to_be_bytes()[16 - ID_BYTES..]);
    Ok(bytes)
}

/// Hashes parts so that no two different lists of parts meet: each is preceded by its length.
fn derive(domain: &str, parts: &[&[u8]]) -> [u8; ID_BYTES] {
    let mut hash = Sha256::new();
    hash.update(domain.as_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0u8; ID_BYTES];
    bytes.copy_from_slice(&hash.finalize()[..ID_BYTES]);
    bytes
}

macro_rules! short_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; ID_BYTES]);

        impl $name {
            /// An id made from random bytes that the caller brings.
            #[must_use]
            pub const fn from_random(bytes: [u8; ID_BYTES]) -> Self {
                Self(bytes)
            }

            /// The bytes, for where the written form is too long.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; ID_BYTES] {
                &self.0
            }

            /// Reads the written form: sixteen characters of the alphabet.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                read_base32(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_base32(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": "^[0-9a-hjkmnp-tv-z]{16}$" })
            }
        }
    };
}

short_id!(
    /// Anything described: a work, a file of letters, a photograph.
    ObjectId
);
short_id!(
    /// Bytes on an object.
    FileId
);
short_id!(
    /// A person, an organisation, a piece of software or a model. Opaque: the name is in an erasable body.
    AgentId
);
short_id!(
    /// The events of one act: an import, a bulk edit, a model run.
    BatchId
);
short_id!(
    /// A token for the API; not its secret.
    TokenId
);
short_id!(
    /// What somebody says of an image.
    AnnotationId
);
short_id!(
    /// What is harvested from a repository: one of its formats, all of it or one set.
    HarvestId
);

impl ObjectId {
    /// The id of what `identifier` names in `namespace` (a museum's own numbering, say): always the same one.
    #[must_use]
    pub fn derived(namespace: &str, identifier: &str) -> Self {
        Self(derive("fonds-object-v1", &[namespace.as_bytes(), identifier.as_bytes()]))
    }
}

impl HarvestId {
    /// The id of what a repository has in a format and a set: asking it again goes on with the same harvest.
    #[must_use]
    pub fn derived(base_url: &str, prefix: &str, set: Option<&str>) -> Self {
        Self(derive("fonds-harvest-v1", &[base_url.as_bytes(), prefix.as_bytes(), set.unwrap_or_default().as_bytes()]))
    }
}

impl FileId {
    /// The id of these bytes on this object: storing them there twice finds the same id.
    #[must_use]
    pub fn derived(object: ObjectId, sha256: &crate::checksum::Sha256) -> Self {
        Self(derive("fonds-file-v1", &[&object.0, sha256.as_bytes()]))
    }
}

impl AgentId {
    /// The id of an agent that the system itself names (`software`, `fonds 0.1.0`): always the same one.
    #[must_use]
    pub fn derived(kind: &str, name: &str) -> Self {
        Self(derive("fonds-agent-v1", &[kind.as_bytes(), name.as_bytes()]))
    }
}

/// One image: a file, or a later page of a file that has several (`FILE.2`).
///
/// The first page is called as its file is, so that an image has one name, and a file of one page the name that it always had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId {
    file: FileId,
    page: u32,
}

impl ImageId {
    /// That page of a file, from 1.
    pub(crate) const fn of(file: FileId, page: u32) -> Self {
        Self { file, page }
    }

    /// The file.
    #[must_use]
    pub const fn file(self) -> FileId {
        self.file
    }

    /// Which of its pages, from 1.
    #[must_use]
    pub const fn page(self) -> u32 {
        self.page
    }

    /// Reads the written form: the name of a file; and for later pages a full stop and a number from 2, without zeros
    /// before it.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let Some((file, page)) = text.split_once('.') else { return Ok(FileId::parse(text)?.into()) };
        let number = page.parse().ok().filter(|number: &u32| *number > 1 && number.to_string() == page);
        let number = number.ok_or_else(|| BadId::Page(page.chars().take(ID_CHARS).collect()))?;
        Ok(Self::of(FileId::parse(file)?, number))
    }
}

impl From<FileId> for ImageId {
    fn from(file: FileId) -> Self {
        Self::of(file, 1)
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.page == 1 { self.file.fmt(f) } else { write!(f, "{}.{}", self.file, self.page) }
    }
}

/// The name of one event: a UUID of version 7, made by whoever asks for the event, so that asking twice is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub uuid::Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl FromStr for EventId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        uuid::Uuid::parse_str(text).map(Self)
    }
}

impl JsonSchema for EventId {
    fn schema_name() -> Cow<'static, str> {
        "EventId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes: [u8; ID_BYTES]) {
            let id = ObjectId::from_random(bytes);
            prop_assert_eq!(ObjectId::parse(&id.to_string()), Ok(id));
        }
    }

    #[test]
    fn the_same_row_has_the_same_id() {
        assert_eq!(ObjectId::derived("tate", "A00001"), ObjectId::derived("tate", "A00001"));
        assert_ne!(ObjectId::derived("tate", "A00001"), ObjectId::derived("tat", "eA00001"));
    }

    #[test]
    fn an_image_has_one_name() {
        let file = FileId::from_random([1; ID_BYTES]);
        for name in [file.to_string(), format!("{file}.2"), format!("{file}.10000")] {
            assert_eq!(ImageId::parse(&name).unwrap().to_string(), name);
        }
        assert_eq!(ImageId::parse(&file.to_string()), Ok(file.into()));
        for page in ["", "0", "1", "02", "+2", "2.3", " 2", "99999999999"] {
            assert_eq!(ImageId::parse(&format!("{file}.{page}")), Err(BadId::Page(page.to_owned())));
        }
        assert_eq!(ImageId::parse("x.2"), Err(BadId::Length(1)));
    }

    #[test]
    fn a_capital_is_refused() {
        assert_eq!(ObjectId::parse("A000000000000000"), Err(BadId::Character('A')));
    }

    #[test]
    fn a_short_one_is_refused() {
        assert_eq!(ObjectId::parse("abc"), Err(BadId::Length(3)));
    }
}
