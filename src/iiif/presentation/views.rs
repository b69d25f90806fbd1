//! The views of an object: a canvas for each image, page of an image or recording, or for several images that show the
//! same in different states.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use fonds_schemas::arrangement::Alternative;
use fonds_schemas::{FileId, FileRole, ImageId, Object, Page, StoredFile};
use serde_json::Number;

use crate::derivatives::{Failures, Master};
use crate::iiif::image;
use crate::iiif::image::geometry::{self, LIMITS, Sides};
use crate::iiif::image::info::ImageService;
use crate::iiif::image::resolve::largest;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::types::{Annotation, AnnotationPage, Body, Canvas, Choice, Image, Pair, Recording};
use crate::iiif::presentation::{beside, composed};

/// Pixels that the longer side of a thumbnail has at least, if the image has them.
const THUMBNAIL_SIDE: u32 = 400;
/// Sides of the empty canvas of an object without images, which must have some.
const EMPTY_CANVAS_SIDE: u32 = 1000;

/// The views of an object in their order.
pub struct Views<'a> {
    all: Vec<View<'a>>,
    /// The views in which a file is shown: that of its first page, and those of the others.
    places: HashMap<FileId, (usize, Range<usize>)>,
    /// Images that are seen before a film plays, each with its film.
    posters: BTreeMap<FileId, FileId>,
    /// Images of details, each with the image that it is seen on.
    wholes: BTreeMap<FileId, FileId>,
    setting: Setting<'a>,
}

/// A view: the page that gives it its name and sides, and all that show it.
struct View<'a> {
    page: Page<'a>,
    shown: Vec<(Page<'a>, LanguageMap)>,
}

impl<'a> Views<'a> {
    /// The views of an object: those of its files that can be shown. Files of a choice are one view, in
    /// the place of the first of them that can be shown. Of a file of several pages, a choice means the first; the others
    /// are views of their own.
    #[must_use]
    pub fn of(object: &'a Object, setting: Setting<'a>) -> Self {
        let posters = beside::posters(object, setting);
        let wholes = composed::wholes(object, &shown(object, setting));
        let is_part = |file: FileId| posters.contains_key(&file) || wholes.contains_key(&file);
        let is_view = |file: &&StoredFile| is_painted(file, setting) && !is_part(file.file);
        let painted = || object.files.iter().filter(is_view);
        let files: HashMap<FileId, Page<'a>> = painted().filter_map(|file| Some((file.file, file.page(1)?))).collect();
        let mut choices: HashMap<FileId, View<'a>> = HashMap::new();
        let mut others: BTreeMap<FileId, FileId> = BTreeMap::new();
        for choice in &object.arrangement.choices {
            let shown = choice.files.iter().filter_map(|Alternative { file, label }| {
                files.get(file).map(|page| (*page, LanguageMap::labels(label)))
            });
            let shown: Vec<_> = shown.collect();
            if let Some((page, _)) = shown.first().cloned() {
                others.extend(shown.iter().skip(1).map(|(other, _)| (other.file.file, page.file.file)));
                choices.insert(page.file.file, View { page, shown });
            }
        }
        let mut places = HashMap::with_capacity(files.len());
        let mut all = Vec::with_capacity(files.len());
        for file in painted() {
            let first = all.len();
            for page in file.all_pages().filter(|page| page.number == 1 || image::sides(*page, setting.limits).is_ok())
            {
                let alone = || View { page, shown: vec![(page, LanguageMap::default())] };
                match page.number {
                    1 if others.contains_key(&file.file) => {}
                    1 => all.push(choices.remove(&file.file).unwrap_or_else(alone)),
                    _ => all.push(alone()),
                }
            }
            let later = if others.contains_key(&file.file) { first } else { first + 1 };
            places.insert(file.file, (first, later..all.len()));
        }
        for (other, first) in others {
            let place = places.get(&first).map(|(place, _)| *place);
            if let Some((place, (of_other, _))) = place.zip(places.get_mut(&other)) {
                *of_other = place;
            }
        }
        // A range that names a detail leads to the whole.
        for (detail, whole) in &wholes {
            if let Some((place, _)) = places.get(whole) {
                let place = *place;
                places.insert(*detail, (place, place..place));
            }
        }
        Self { all, places, posters, wholes, setting }
    }

    /// The name of the canvas on which a file, or its first page, is shown, if it is.
    #[must_use]
    pub fn canvas_of(&self, file: FileId, base: &str) -> Option<String> {
        let (first, _) = self.places.get(&file)?;
        Some(canvas_id(base, self.all.get(*first)?.page.id()))
    }

    /// The names of the canvases on which the pages of a file are shown.
    pub fn canvases_of(&self, file: FileId, base: &str) -> impl Iterator<Item = String> {
        let places = self.places.get(&file).cloned().into_iter();
        let places = places.flat_map(|(first, later)| std::iter::once(first).chain(later));
        places.filter_map(move |place| Some(canvas_id(base, self.all.get(place)?.page.id())))
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

/// The name of the canvas of an image, or of a file.
pub(super) fn canvas_id(base: &str, of: impl Into<ImageId>) -> String {
    format!("{base}/canvas/{}", of.into())
}

/// The canvas of a page by itself.
pub(super) fn alone(page: Page<'_>, base: &str, setting: Setting<'_>) -> Option<Canvas> {
    canvas(&View { page, shown: vec![(page, LanguageMap::default())] }, 1, base, setting)
}

fn canvas(view: &View<'_>, number: u32, base: &str, setting: Setting<'_>) -> Option<Canvas> {
    let page = view.page;
    let (name, id) = (page.id(), canvas_id(base, page.id()));
    let mut states: Vec<Body> = view.shown.iter().filter_map(|(page, label)| body(*page, label, setting)).collect();
    let body = match states.len() {
        0 | 1 => states.pop(),
        _ => Some(Body::Choice(Choice { kind: "Choice", items: states })),
    };
    let painting = body.map(|body| AnnotationPage {
        id: format!("{base}/page/{name}"),
        kind: "AnnotationPage",
        items: vec![Annotation {
            id: format!("{base}/annotation/{name}"),
            kind: "Annotation",
            motivation: "painting",
            body,
            target: id.clone(),
        }],
    });
    // A view whose image cannot be decoded keeps its place, and says why it is empty (cookbook recipe 0283).
    let missing = if painting.is_none() { vec![missing(&unshown(failure(page, setting)?))] } else { vec![] };
    let sides = sides(page);
    Some(Canvas {
        id,
        kind: "Canvas",
        label: canvas_label(page, number),
        height: sides.map(|sides| sides.height),
        width: sides.map(|sides| sides.width),
        duration: recorded(page).map(|(_, duration)| duration),
        metadata: missing,
        items: painting.into_iter().collect(),
        placeholder_canvas: None,
        annotations: vec![],
    })
}

/// What of a page is painted.
pub(super) fn body(page: Page<'_>, label: &LanguageMap, setting: Setting<'_>) -> Option<Body> {
    let (file, label) = (page.file, label.clone());
    if let Some((kind, duration)) = recorded(page) {
        let id = content(file, setting);
        let (height, width, format) = (file.height, file.width, file.media_type.clone());
        return Some(Body::Recording(Recording { id, kind, label, format, height, width, duration }));
    }
    if failure(page, setting).is_some() {
        return None;
    }
    let image = image_of(service(page, setting)?, largest(sides(page)?, LIMITS), "max");
    Some(Body::Image(Image { label, ..image }))
}

/// What kind of recording a file is, and its seconds, if it is one that can be shown: a film needs sides as well.
fn recorded(page: Page<'_>) -> Option<(&'static str, Number)> {
    let file = page.file;
    let kind = match file.media_type.split('/').next() {
        Some("audio") => "Sound",
        Some("video") if sides(page).is_some() => "Video",
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
    let painted = |file: &&StoredFile| is_image(file, setting) && is_decodable(file, setting);
    let start = object.arrangement.start.and_then(|start| object.file(start)).filter(painted);
    let first = start.or_else(|| object.files.iter().find(painted));
    let small = first.and_then(|file| {
        let service = service(file.page(1)?, setting)?;
        let sizes = geometry::sizes(Sides::new(service.width, service.height), LIMITS);
        let enough = sizes.iter().find(|size| size.width.max(size.height) >= THUMBNAIL_SIDE);
        let size = *enough.or(sizes.last())?;
        Some(image_of(service, size, &format!("{},{}", size.width, size.height)))
    });
    small.into_iter().collect()
}

/// Why a page is not there to be seen, if it is known that it is not.
#[must_use]
pub fn failure<'a>(page: Page<'_>, setting: Setting<'a>) -> Option<&'a str> {
    setting.failures?.get(&Master::of(page)).map(String::as_str)
}

/// Whether nothing is known to be wrong with any page of a file.
#[must_use]
pub fn is_decodable(file: &StoredFile, setting: Setting<'_>) -> bool {
    // Of most archives, nothing at all.
    setting.failures.is_none_or(Failures::is_empty) || file.all_pages().all(|page| failure(page, setting).is_none())
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
    is_view(file) && file.page(1).is_some_and(|page| recorded(page).is_some())
}

/// Whether the file is a view of the object that its image service will show, the first page at least.
#[must_use]
pub fn is_image(file: &StoredFile, setting: Setting<'_>) -> bool {
    is_view(file) && file.page(1).is_some_and(|page| image::sides(page, setting.limits).is_ok())
}

fn is_view(file: &StoredFile) -> bool {
    match file.role {
        FileRole::Master | FileRole::Access => true,
        FileRole::Transcript | FileRole::ThreeD | FileRole::Rti | FileRole::Attachment => false,
    }
}

/// The name of the file without its ending, as whoever scanned the page called it, and its number among the pages of that
/// file where there are several; without a name, the number of the view.
fn canvas_label(page: Page<'_>, number: u32) -> LanguageMap {
    let file = page.file;
    let stem = match file.name.rsplit_once('.') {
        Some((stem, _ending)) if !stem.is_empty() => stem,
        Some(_) | None => &file.name,
    };
    let readable: String = stem.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let readable = readable.trim();
    match readable {
        "" => LanguageMap::plain(number.to_string()),
        name if file.pages.is_empty() => LanguageMap::plain(name),
        name => LanguageMap::plain(format!("{name} ({})", page.number)),
    }
}

/// A manifest has at least one canvas, also where there is nothing to show (cookbook recipe 0283).
pub(super) fn empty_canvas(base: &str) -> Canvas {
    let missing = missing("No image of this object is published here");
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

/// Why there is nothing to see on a canvas.
fn missing(why: &str) -> Pair {
    Pair { label: LanguageMap::english("Description"), value: LanguageMap::english(why) }
}

/// What is said where an image would be.
#[must_use]
pub fn unshown(why: &str) -> String {
    format!("This image is kept, but cannot be shown: {why}")
}

fn service(page: Page<'_>, setting: Setting<'_>) -> Option<ImageService> {
    Some(ImageService::new(setting.addresses.image(page.id()), sides(page)?))
}

fn sides(page: Page<'_>) -> Option<Sides> {
    page.sides.map(|(width, height)| Sides::new(width, height))
}

fn image_of(service: ImageService, size: Sides, asked: &str) -> Image {
    let id = format!("{}/full/{asked}/0/default.jpg", service.id);
    let (height, width) = (size.height, size.width);
    let label = LanguageMap::default();
    Image { id, kind: "Image", label, format: "image/jpeg", height, width, service: vec![service] }
}
