//! The views of an object: a canvas for each image or recording, or for several that show the same in different states.

use std::collections::{BTreeMap, HashMap, HashSet};

use fonds_schemas::arrangement::Alternative;
use fonds_schemas::{FileId, FileRole, Object, StoredFile};
use serde_json::Number;

use crate::iiif::image;
use crate::iiif::image::geometry::{self, LIMITS, Sides};
use crate::iiif::image::info::ImageService;
use crate::iiif::image::resolve::largest;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::types::{Annotation, AnnotationPage, Body, Canvas, Choice, Image, Pair, Recording};
use crate::iiif::presentation::{beside, composed};

/// Pixels that the longer side of a thumbnail has at least, if the image has them.
const THUMBNAIL_SIDE: u32 = 200;
/// Sides of the empty canvas of an object without images, which must have some.
const EMPTY_CANVAS_SIDE: u32 = 1000;

/// The views of an object in their order.
pub struct Views<'a> {
    all: Vec<View<'a>>,
    /// The view in which a file is shown.
    places: HashMap<FileId, usize>,
    /// Images that are seen before a film plays, each with its film.
    posters: BTreeMap<FileId, FileId>,
    /// Images of details, each with the image that it is seen on.
    wholes: BTreeMap<FileId, FileId>,
    setting: Setting<'a>,
}

/// A view: the file that gives it its name and sides, and all that show it.
struct View<'a> {
    file: &'a StoredFile,
    shown: Vec<(&'a StoredFile, LanguageMap)>,
}

impl<'a> Views<'a> {
    /// The views of an object: those of its files that can be shown. Files of a choice are one view, in
    /// the place of the first of them that can be shown.
    #[must_use]
    pub fn of(object: &'a Object, setting: Setting<'a>) -> Self {
        let posters = beside::posters(object, setting);
        let wholes = composed::wholes(object, &shown(object, setting));
        let is_part = |file: FileId| posters.contains_key(&file) || wholes.contains_key(&file);
        let is_view = |file: &&StoredFile| is_painted(file, setting) && !is_part(file.file);
        let painted = || object.files.iter().filter(is_view);
        let files: HashMap<FileId, &StoredFile> = painted().map(|file| (file.file, file)).collect();
        let mut choices: HashMap<FileId, View<'a>> = HashMap::new();
        let mut others: BTreeMap<FileId, FileId> = BTreeMap::new();
        for choice in &object.arrangement.choices {
            let shown = choice.files.iter().filter_map(|Alternative { file, label }| {
                files.get(file).map(|stored| (*stored, LanguageMap::labels(label)))
            });
            let shown: Vec<_> = shown.collect();
            if let Some((file, _)) = shown.first() {
                others.extend(shown.iter().skip(1).map(|(other, _)| (other.file, file.file)));
                choices.insert(file.file, View { file, shown });
            }
        }
        let mut places = HashMap::with_capacity(files.len());
        let mut all = Vec::with_capacity(files.len());
        for file in painted().filter(|file| !others.contains_key(&file.file)) {
            places.insert(file.file, all.len());
            let alone = || View { file, shown: vec![(file, LanguageMap::default())] };
            all.push(choices.remove(&file.file).unwrap_or_else(alone));
        }
        for (other, first) in others {
            if let Some(place) = places.get(&first).copied() {
                places.insert(other, place);
            }
        }
        // A range that names a detail leads to the whole.
        for (detail, whole) in &wholes {
            if let Some(place) = places.get(whole).copied() {
                places.insert(*detail, place);
            }
        }
        Self { all, places, posters, wholes, setting }
    }

    /// The name of the canvas on which a file is shown, if it is.
    #[must_use]
    pub fn canvas_of(&self, file: FileId, base: &str) -> Option<String> {
        let view = self.all.get(*self.places.get(&file)?)?;
        Some(canvas_id(base, view.file.file))
    }

    /// The canvases. A manifest has at least one, also where there is nothing to show.
    #[must_use]
    pub fn canvases(&self, object: &Object, base: &str) -> Vec<Canvas> {
        let canvas = |(number, view): (u32, &View<'a>)| canvas(view, number, base, self.setting);
        let mut canvases: Vec<Canvas> = (1u32..).zip(&self.all).filter_map(canvas).collect();
        composed::put(&mut canvases, object, &self.wholes, base, self.setting);
        beside::put(&mut canvases, object, &self.posters, self, base, self.setting);
        if canvases.is_empty() { vec![empty_canvas(base)] } else { canvases }
    }
}

/// The images of an object that are shown, where it has any that are put together.
fn shown(object: &Object, setting: Setting<'_>) -> HashSet<FileId> {
    if object.arrangement.composed.is_empty() {
        return HashSet::new();
    }
    object.files.iter().filter(|file| is_image(file, setting)).map(|file| file.file).collect()
}

/// The name of the canvas of a file.
pub(super) fn canvas_id(base: &str, file: FileId) -> String {
    format!("{base}/canvas/{file}")
}

/// The canvas of a file by itself.
pub(super) fn alone(file: &StoredFile, base: &str, setting: Setting<'_>) -> Option<Canvas> {
    canvas(&View { file, shown: vec![(file, LanguageMap::default())] }, 1, base, setting)
}

fn canvas(view: &View<'_>, number: u32, base: &str, setting: Setting<'_>) -> Option<Canvas> {
    let file = view.file;
    let id = canvas_id(base, file.file);
    let mut states: Vec<Body> = view.shown.iter().filter_map(|(file, label)| body(file, label, setting)).collect();
    let body = match states.len() {
        0 | 1 => states.pop()?,
        _ => Body::Choice(Choice { kind: "Choice", items: states }),
    };
    let annotation = Annotation {
        id: format!("{base}/annotation/{}", file.file),
        kind: "Annotation",
        motivation: "painting",
        body,
        target: id.clone(),
    };
    let page =
        AnnotationPage { id: format!("{base}/page/{}", file.file), kind: "AnnotationPage", items: vec![annotation] };
    let sides = sides(file);
    Some(Canvas {
        id,
        kind: "Canvas",
        label: canvas_label(file, number),
        height: sides.map(|sides| sides.height),
        width: sides.map(|sides| sides.width),
        duration: recorded(file).map(|(_, duration)| duration),
        metadata: vec![],
        items: vec![page],
        placeholder_canvas: None,
        annotations: vec![],
    })
}

/// What of a file is painted.
pub(super) fn body(file: &StoredFile, label: &LanguageMap, setting: Setting<'_>) -> Option<Body> {
    let label = label.clone();
    if let Some((kind, duration)) = recorded(file) {
        let id = content(file, setting);
        let (height, width, format) = (file.height, file.width, file.media_type.clone());
        return Some(Body::Recording(Recording { id, kind, label, format, height, width, duration }));
    }
    let image = image_of(service(file, setting)?, largest(sides(file)?, LIMITS), "max");
    Some(Body::Image(Image { label, ..image }))
}

/// What kind of recording a file is, and its seconds, if it is one that can be shown: a film needs sides as well.
fn recorded(file: &StoredFile) -> Option<(&'static str, Number)> {
    let kind = match file.media_type.split('/').next() {
        Some("audio") => "Sound",
        Some("video") if sides(file).is_some() => "Video",
        Some(_) | None => return None,
    };
    #[expect(clippy::cast_precision_loss, reason = "a length of 2^52 milliseconds is not believed")]
    let seconds = file.duration_ms? as f64 / 1000.0;
    Some((kind, Number::from_f64(seconds)?))
}

/// The address of a file's bytes.
#[must_use]
pub fn content(file: &StoredFile, setting: Setting<'_>) -> String {
    format!("{}/api/v1/files/{}/content", setting.addresses.base(), file.file)
}

/// A small image of the view that the object begins with, at a size that is stored; nothing if it has no image.
#[must_use]
pub fn thumbnail(object: &Object, setting: Setting<'_>) -> Vec<Image> {
    let painted = |file: &&StoredFile| is_image(file, setting);
    let start = object.arrangement.start.and_then(|start| object.file(start)).filter(painted);
    let first = start.or_else(|| object.files.iter().find(painted));
    let small = first.and_then(|file| {
        let service = service(file, setting)?;
        let sizes = geometry::sizes(Sides::new(service.width, service.height), LIMITS);
        let enough = sizes.iter().find(|size| size.width.max(size.height) >= THUMBNAIL_SIDE);
        let size = *enough.or(sizes.last())?;
        Some(image_of(service, size, &format!("{},{}", size.width, size.height)))
    });
    small.into_iter().collect()
}

/// Whether the file is a view of the object, and no attachment: an image that its service will show, or a recording of
/// known length.
#[must_use]
pub fn is_painted(file: &StoredFile, setting: Setting<'_>) -> bool {
    is_image(file, setting) || is_recording(file)
}

/// Whether the file is a view of the object that plays.
#[must_use]
pub fn is_recording(file: &StoredFile) -> bool {
    is_view(file) && recorded(file).is_some()
}

/// Whether the file is a view of the object that its image service will show.
#[must_use]
pub fn is_image(file: &StoredFile, setting: Setting<'_>) -> bool {
    is_view(file) && image::sides(file, setting.limits).is_ok()
}

fn is_view(file: &StoredFile) -> bool {
    match file.role {
        FileRole::Master | FileRole::Access => true,
        FileRole::Transcript | FileRole::ThreeD | FileRole::Rti | FileRole::Attachment => false,
    }
}

/// The name of the file without its ending, as whoever scanned the page called it; without one, the number of the view.
fn canvas_label(file: &StoredFile, number: u32) -> LanguageMap {
    let stem = match file.name.rsplit_once('.') {
        Some((stem, _ending)) if !stem.is_empty() => stem,
        Some(_) | None => &file.name,
    };
    let readable: String = stem.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let readable = readable.trim();
    if readable.is_empty() { LanguageMap::plain(number.to_string()) } else { LanguageMap::plain(readable) }
}

/// A manifest has at least one canvas, also where there is nothing to show (cookbook recipe 0283).
pub(super) fn empty_canvas(base: &str) -> Canvas {
    let missing = Pair {
        label: LanguageMap::english("Description"),
        value: LanguageMap::english("No image of this object is published here"),
    };
    Canvas {
        id: format!("{base}/canvas/none"),
        kind: "Canvas",
        label: LanguageMap::english("No image"),
        height: Some(EMPTY_CANVAS_SIDE),
        width: Some(EMPTY_CANVAS_SIDE),
        duration: None,
        metadata: vec![missing],
        items: vec![],
        placeholder_canvas: None,
        annotations: vec![],
    }
}

fn service(file: &StoredFile, setting: Setting<'_>) -> Option<ImageService> {
    Some(ImageService::new(setting.addresses.image(file.file), sides(file)?))
}

fn sides(file: &StoredFile) -> Option<Sides> {
    Some(Sides::new(file.width?, file.height?))
}

fn image_of(service: ImageService, size: Sides, asked: &str) -> Image {
    let id = format!("{}/full/{asked}/0/default.jpg", service.id);
    let (height, width) = (size.height, size.width);
    let label = LanguageMap::default();
    Image { id, kind: "Image", label, format: "image/jpeg", height, width, service: vec![service] }
}
