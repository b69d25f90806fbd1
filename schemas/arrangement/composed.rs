//! Photographs of details, each at its place on the photograph of the whole.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BadArrangement, Choice, Label, at_most, check_label};
use crate::annotation::Xywh;
use crate::file::StoredFile;
use crate::files::Files;
use crate::ids::FileId;

/// Images with details on them: more than a codex has illuminated pages.
pub const COMPOSED_MAX: usize = 2_000;
/// Details of one image: a large altarpiece, panel by panel.
pub const DETAILS_MAX: usize = 200;

/// An image, and images of its details, which are seen on it and are no views by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Composition {
    /// The details, each over those before it.
    pub details: Vec<Detail>,
    /// The image that they are seen on.
    pub file: FileId,
}

/// A detail at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// Which file shows it.
    pub file: FileId,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<Label>,
    /// Its place, in pixels of the image that it is seen on.
    pub region: Xywh,
}

/// Checks that each file is an image, in one place only, and that each place is on its image.
pub(super) fn check(composed: &[Composition], choices: &[Choice], files: &Files) -> Result<(), BadArrangement> {
    at_most("compositions", composed.len(), COMPOSED_MAX)?;
    // What is seen in several states is one view already.
    let mut taken: BTreeSet<FileId> =
        choices.iter().flat_map(|choice| &choice.files).map(|alternative| alternative.file).collect();
    for composition in composed {
        at_most("details of an image", composition.details.len(), DETAILS_MAX)?;
        if composition.details.is_empty() {
            return Err(BadArrangement::NoDetail);
        }
        let whole = image(composition.file, files, &mut taken)?;
        for detail in &composition.details {
            image(detail.file, files, &mut taken)?;
            check_label("composed", &detail.label)?;
            if !lies_on(detail.region, whole) {
                return Err(BadArrangement::Region { file: detail.file, on: composition.file });
            }
        }
    }
    Ok(())
}

fn image<'a>(file: FileId, files: &'a Files, taken: &mut BTreeSet<FileId>) -> Result<&'a StoredFile, BadArrangement> {
    let place = "composed";
    let stored = files.get(file).ok_or(BadArrangement::NoSuchFile { place, file })?;
    if !stored.is_image() {
        return Err(BadArrangement::NoImage { file });
    }
    if taken.insert(file) { Ok(stored) } else { Err(BadArrangement::Twice { place, file }) }
}

fn lies_on(region: Xywh, whole: &StoredFile) -> bool {
    let fits = |begin: u32, length: u32, side: Option<u32>| {
        let end = u64::from(begin) + u64::from(length);
        length > 0 && side.is_some_and(|side| end <= u64::from(side))
    };
    fits(region.x, region.width, whole.width) && fits(region.y, region.height, whole.height)
}
