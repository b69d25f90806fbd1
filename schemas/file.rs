//! Files: bytes with checksums, a media type and a part to play on an object.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checksum::{Sha256, Sha512};
use crate::ids::{FileId, ImageId};

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

/// How large a page of an image file is, as it is shown (orientation applied).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageSides {
    /// Pixels down.
    pub height: u32,
    /// Pixels across.
    pub width: u32,
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
    /// The pages after the first, of an image of several pages; the first has the height and width of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageSides>,
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

/// One image of a file: a page, or all there is to see.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The file.
    pub file: &'a StoredFile,
    /// Which of its pages, from 1.
    pub number: u32,
    /// Its width and height in pixels, where they are known.
    pub sides: Option<(u32, u32)>,
}

impl StoredFile {
    /// Whether it is an image with known sides, which a viewer can show.
    #[must_use]
    pub fn is_image(&self) -> bool {
        self.media_type.starts_with("image/") && self.width.is_some() && self.height.is_some()
    }

    /// The page of that number, from 1. Every file has a first.
    #[must_use]
    pub fn page(&self, number: u32) -> Option<Page<'_>> {
        let sides = match number {
            0 => return None,
            1 => self.width.zip(self.height),
            later => self.pages.get(later as usize - 2).map(|page| Some((page.width, page.height)))?,
        };
        Some(Page { file: self, number, sides })
    }

    /// All its pages in order.
    pub fn all_pages(&self) -> impl Iterator<Item = Page<'_>> {
        let first = Page { file: self, number: 1, sides: self.width.zip(self.height) };
        let later = (2u32..).zip(&self.pages);
        let later = later.map(|(number, page)| Page { file: self, number, sides: Some((page.width, page.height)) });
        std::iter::once(first).chain(later)
    }
}

impl Page<'_> {
    /// Its place among the pages, from 0.
    #[must_use]
    pub const fn place(&self) -> u32 {
        self.number.saturating_sub(1)
    }

    /// Its name in addresses.
    #[must_use]
    pub fn id(&self) -> ImageId {
        ImageId::of(self.file.file, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ObjectId;

    fn file(pages: Vec<PageSides>) -> StoredFile {
        let sha256 = Sha256::of(b"");
        StoredFile {
            bytes: 0,
            duration_ms: None,
            file: FileId::derived(ObjectId::derived("t", "o"), &sha256),
            height: Some(3),
            media_type: "image/tiff".to_owned(),
            name: "roll.tif".to_owned(),
            order: 1,
            pages,
            path: "roll.tif".to_owned(),
            role: FileRole::Master,
            sha256,
            sha512: Sha512::of(b""),
            width: Some(4),
        }
    }

    fn named(file: &StoredFile, number: u32) -> Option<(String, Option<(u32, u32)>)> {
        file.page(number).map(|page| (page.id().to_string(), page.sides))
    }

    #[test]
    fn a_page_is_named_by_its_file_and_the_first_by_the_file_alone() {
        let file = file(vec![PageSides { height: 5, width: 6 }]);
        let id = file.file;
        let pages = [(id.to_string(), Some((4, 3))), (format!("{id}.2"), Some((6, 5)))];
        assert_eq!(named(&file, 1).as_ref(), Some(&pages[0]));
        assert_eq!(named(&file, 2).as_ref(), Some(&pages[1]));
        assert_eq!([0, 3, u32::MAX].map(|number| named(&file, number)), [const { None }; 3]);
        let all: Vec<_> = file.all_pages().map(|page| (page.id().to_string(), page.sides)).collect();
        assert_eq!(all, pages);
    }

    #[test]
    fn a_file_of_one_page_is_written_as_before_there_were_pages() {
        let text = serde_json::to_string(&file(vec![])).unwrap();
        assert!(!text.contains("pages"), "{text}");
        assert_eq!(serde_json::from_str::<StoredFile>(&text).unwrap(), file(vec![]));
    }
}
