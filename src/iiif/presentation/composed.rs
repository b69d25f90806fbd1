//! Images of details at their places on the image of the whole (cookbook recipe 0036).

use std::collections::{BTreeMap, HashMap, HashSet};

use fonds_schemas::arrangement::Detail;
use fonds_schemas::{FileId, Object, StoredFile};

use crate::iiif::presentation::annotation::place_on;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::types::{Annotation, Canvas};
use crate::iiif::presentation::views::{body, canvas_id};

/// The images on which details are seen, by the detail; what is not shown has none, and is none.
#[must_use]
pub(super) fn wholes(object: &Object, shown: &HashSet<FileId>) -> BTreeMap<FileId, FileId> {
    let composed = object.arrangement.composed.iter().filter(|composition| shown.contains(&composition.file));
    let details =
        composed.flat_map(|composition| composition.details.iter().map(|detail| (detail.file, composition.file)));
    details.filter(|(detail, _)| shown.contains(detail)).collect()
}

/// Puts details on the canvases of their wholes, each after those before it, which it covers.
pub(super) fn put(
    canvases: &mut [Canvas],
    object: &Object,
    wholes: &BTreeMap<FileId, FileId>,
    base: &str,
    setting: Setting<'_>,
) {
    if wholes.is_empty() {
        return;
    }
    let mut places: HashMap<String, usize> = HashMap::with_capacity(canvases.len());
    for (place, canvas) in canvases.iter().enumerate() {
        places.insert(canvas.id.clone(), place);
    }
    for composition in &object.arrangement.composed {
        let id = canvas_id(base, composition.file);
        let Some(canvas) = places.get(&id).and_then(|place| canvases.get_mut(*place)) else { continue };
        let Some(page) = canvas.items.first_mut() else { continue };
        let details = composition.details.iter().filter(|detail| wholes.contains_key(&detail.file));
        page.items
            .extend(details.filter_map(|detail| annotation(detail, object.file(detail.file)?, &id, base, setting)));
    }
}

fn annotation(
    detail: &Detail,
    file: &StoredFile,
    canvas: &str,
    base: &str,
    setting: Setting<'_>,
) -> Option<Annotation> {
    Some(Annotation {
        id: format!("{base}/annotation/{}", detail.file),
        kind: "Annotation",
        motivation: "painting",
        body: body(file.page(1)?, &LanguageMap::labels(&detail.label), setting)?,
        target: place_on(canvas, Some(detail.region)),
    })
}
