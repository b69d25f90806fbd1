//! SHA-256 and SHA-512 as values that cannot be of the wrong length.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// Why a text is not a checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChecksum {
    /// Not the number of digits that the algorithm has.
    #[error("this checksum has {wanted} hexadecimal digits, not {found}")]
    Length {
        /// What the algorithm has.
        wanted: usize,
        /// What was given.
        found: usize,
    },
    /// Not a lower-case hexadecimal digit.
    #[error("{0:?} is not a lower-case hexadecimal digit")]
    Digit(char),
}

/// Writes bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn read_hex<const N: usize>(text: &str) -> Result<[u8; N], BadChecksum> {
    let mut bytes = [0u8; N];
    let found = text.chars().count();
    if found != 2 * N {
        return Err(BadChecksum::Length { wanted: 2 * N, found });
    }
    for (place, character) in text.chars().enumerate() {
        let digit = match character {
            '0'..='9' => character as u8 - b'0',
            'a'..='f' => character as u8 - b'a' + 10,
            other => return Err(BadChecksum::Digit(other)),
        };
        bytes[place / 2] = (bytes[place / 2] << 4) | digit;
    }
    Ok(bytes)
}

macro_rules! checksum {
    ($(#[$doc:meta])* $name:ident, $algorithm:ty, $bytes:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The checksum of these bytes.
            #[must_use]
            pub fn of(bytes: &[u8]) -> Self {
                Self::from_digest(<$algorithm>::digest(bytes).into())
            }

            /// A finished digest.
            #[must_use]
            pub const fn from_digest(digest: [u8; $bytes]) -> Self {
                Self(digest)
            }

            /// Reads lower-case hexadecimal digits.
            pub fn parse(text: &str) -> Result<Self, BadChecksum> {
                read_hex(text).map(Self)
            }

            /// The digest itself.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
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
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

checksum!(
    /// A SHA-256 digest (FIPS 180-4), written as 64 lower-case hexadecimal digits.
    Sha256, sha2::Sha256, 32, "^[0-9a-f]{64}$"
);
checksum!(
    /// A SHA-512 digest (FIPS 180-4), written as 128 lower-case hexadecimal digits.
    Sha512, sha2::Sha512, 64, "^[0-9a-f]{128}$"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(text: &str, why: &BadChecksum) {
        assert_eq!(Sha256::parse(text).as_ref(), Err(why));
    }

    #[test]
    fn nothing_has_the_known_digest() {
        let known = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").to_string(), known);
        assert_eq!(Sha256::parse(known), Ok(Sha256::of(b"")));
    }

    #[test]
    fn upper_case_digits_are_refused() {
        check_refused(&"A".repeat(64), &BadChecksum::Digit('A'));
    }

    #[test]
    fn a_short_one_is_refused() {
        check_refused("ab", &BadChecksum::Length { wanted: 64, found: 2 });
    }
}
