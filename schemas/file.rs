//! Files: bytes with checksums, a media type and a part to play on an object.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checksum::{Sha256, Sha512};
use crate::ids::FileId;

/// The part that a file plays on its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// The deposited original, kept for ever.
    Master,
    /// A copy made for use.
    Access,
    /// Text of what the object says.
    Transcript,
    /// A three-dimensional model.
    ThreeD,
    /// Reflectance transformation imaging.
    Rti,
    /// Anything else that came with it.
    Attachment,
}

impl FileRole {
    /// The written form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Access => "access",
            Self::Transcript => "transcript",
            Self::ThreeD => "three_d",
            Self::Rti => "rti",
            Self::Attachment => "attachment",
        }
    }
}

/// A file as the ledger knows it: what it is, and where in the object's storage its bytes lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredFile {
    /// How many bytes.
    pub bytes: u64,
    /// How long it plays, in milliseconds, of sound and film.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Its name in addresses.
    pub file: FileId,
    /// Height in pixels, of an image or a film as it is shown (orientation applied).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// IANA media type, found by looking at the bytes.
    pub media_type: String,
    /// The name that it came with; it may hold anything but `/` and NUL.
    pub name: String,
    /// Its place among the files of the object: pages in order.
    pub order: u32,
    /// The path of the bytes in the storage root, relative to it (OCFL content path).
    pub path: String,
    /// The part it plays.
    pub role: FileRole,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
    /// SHA-512 of the bytes.
    pub sha512: Sha512,
    /// Width in pixels, of an image or a film as it is shown (orientation applied).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
}

impl StoredFile {
    /// Whether it is an image with known sides, which a viewer can show.
    #[must_use]
    pub fn is_image(&self) -> bool {
        self.media_type.starts_with("image/") && self.width.is_some() && self.height.is_some()
    }
}
