//! An object as a manifest: what is said of it, and a canvas for each image.
//!
//! Pure: the same object, the same wholes and the same addresses give the same bytes, which the `ETag` relies on.

use fonds_schemas::{Addresses, FileRole, Object, ObjectId, StoredFile};

use crate::config::Limits;
use crate::iiif::image;
use crate::iiif::image::geometry::{self, LIMITS, Sides};
use crate::iiif::image::info::ImageService;
use crate::iiif::image::resolve::largest;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::types::{
    Agent, Annotation, AnnotationPage, Canvas, Image, Link, Manifest, Pair, Reference,
};
use crate::iiif::presentation::{CONTEXT, rights};

/// Pixels that the longer side of a thumbnail has at least, if the image has them.
const THUMBNAIL_SIDE: u32 = 200;
/// Sides of the empty canvas of an object without images, which must have some.
const EMPTY_CANVAS_SIDE: u32 = 1000;

/// Where the document is published, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The public addresses.
    pub addresses: &'a Addresses,
    /// The name of the institution.
    pub institution: &'a str,
    /// What is too large to be shown.
    pub limits: &'a Limits,
}

impl Setting<'_> {
    /// The address of the collection of an object's parts.
    #[must_use]
    pub fn collection(&self, object: ObjectId) -> String {
        format!("{}/iiif/presentation/3/collection/{object}", self.addresses.base())
    }

    /// The institution.
    #[must_use]
    pub fn provider(&self) -> Vec<Agent> {
        let label = LanguageMap::plain(self.institution);
        let homepage = page_link(self.addresses.base().to_owned(), label.clone());
        vec![Agent { id: self.addresses.base().to_owned(), kind: "Agent", label, homepage: vec![homepage] }]
    }
}

/// The manifest of an object; `wholes` are the objects that it is part of and that the asker may see.
#[must_use]
pub fn manifest(object: &Object, wholes: &[Object], setting: Setting<'_>) -> Manifest {
    let page = setting.addresses.page(object.id);
    let label = label(object);
    Manifest {
        context: CONTEXT,
        id: setting.addresses.manifest(object.id),
        kind: "Manifest",
        metadata: metadata(object, &label),
        summary: LanguageMap::values(object.values("description")),
        required_statement: required_statement(object),
        rights: rights_of(object),
        provider: setting.provider(),
        thumbnail: thumbnail(object, setting),
        homepage: vec![page_link(page.clone(), label.clone())],
        see_also: vec![
            data_link(format!("{page}.json"), "Description as JSON", "application/json"),
            data_link(format!("{page}.ttl"), "Description as Turtle", "text/turtle"),
        ],
        rendering: object
            .files
            .iter()
            .filter(|file| !is_painted(file, setting))
            .map(|file| download(file, setting))
            .collect(),
        part_of: wholes.iter().map(|whole| as_part_of(whole, setting)).collect(),
        service: vec![],
        items: canvases(object, setting),
        label,
    }
}

/// The first title of each language, else whatever names the object.
#[must_use]
pub fn label(object: &Object) -> LanguageMap {
    let titles = LanguageMap::first_of_each(object.values("title"));
    if titles.is_empty() { LanguageMap::plain(object.title()) } else { titles }
}

/// The page of something, for people.
#[must_use]
pub fn page_link(id: String, label: LanguageMap) -> Link {
    Link { id, kind: "Text", label, format: "text/html".to_owned() }
}

/// A small image of the object, at a size that is stored; nothing if it has no image.
#[must_use]
pub fn thumbnail(object: &Object, setting: Setting<'_>) -> Vec<Image> {
    let first = object.files.iter().find(|file| is_painted(file, setting));
    let small = first.and_then(|file| {
        let service = service(file, setting)?;
        let sizes = geometry::sizes(Sides::new(service.width, service.height), LIMITS);
        let enough = sizes.iter().find(|size| size.width.max(size.height) >= THUMBNAIL_SIDE);
        let size = *enough.or(sizes.last())?;
        Some(image_of(service, size, &format!("{},{}", size.width, size.height)))
    });
    small.into_iter().collect()
}

fn metadata(object: &Object, label: &LanguageMap) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (property, asserted) in object.by_property() {
        let shown_above = match property.as_str() {
            "title" => asserted.len() == label.count(),
            "description" => true,
            _ => false,
        };
        if !shown_above {
            let value = LanguageMap::values(asserted.iter().map(|asserted| &asserted.statement));
            pairs.push(Pair { label: LanguageMap::english(property.label()), value });
        }
    }
    if let Some(source) = &object.source
        && !object.values("identifier").any(|statement| statement.text == source.identifier)
    {
        let value = LanguageMap::plain(source.identifier.clone());
        pairs.push(Pair { label: LanguageMap::english("Identifier at the source"), value });
    }
    pairs
}

fn required_statement(object: &Object) -> Option<Pair> {
    let sources = ["credit_line", "rights_holder", "holding_institution"];
    let values = sources.iter().map(|property| LanguageMap::values(object.values(property)));
    let value = values.into_iter().find(|value| !value.is_empty())?;
    Some(Pair { label: LanguageMap::english("Attribution"), value })
}

/// The one address that the specification allows: the first statement that is one, else nothing.
fn rights_of(object: &Object) -> Option<String> {
    object.values("rights").find_map(|statement| {
        let authority = statement.authority.as_deref().and_then(rights::uri);
        authority.or_else(|| rights::uri(&statement.text))
    })
}

/// Whether the file is a view of the object: an image that its image service will show, and no attachment.
#[must_use]
pub fn is_painted(file: &StoredFile, setting: Setting<'_>) -> bool {
    let is_view = match file.role {
        FileRole::Master | FileRole::Access => true,
        FileRole::Transcript | FileRole::ThreeD | FileRole::Rti | FileRole::Attachment => false,
    };
    is_view && image::sides(file, setting.limits).is_ok()
}

fn canvases(object: &Object, setting: Setting<'_>) -> Vec<Canvas> {
    let base = format!("{}/iiif/presentation/3/{}", setting.addresses.base(), object.id);
    let painted = object.files.iter().filter(|file| is_painted(file, setting));
    let canvases: Vec<Canvas> = (1u32..).zip(painted).filter_map(|(n, file)| canvas(file, n, &base, setting)).collect();
    if canvases.is_empty() { vec![empty_canvas(&base)] } else { canvases }
}

fn canvas(file: &StoredFile, number: u32, base: &str, setting: Setting<'_>) -> Option<Canvas> {
    let service = service(file, setting)?;
    let sides = Sides::new(service.width, service.height);
    let id = format!("{base}/canvas/{}", file.file);
    let annotation = Annotation {
        id: format!("{base}/annotation/{}", file.file),
        kind: "Annotation",
        motivation: "painting",
        body: image_of(service, largest(sides, LIMITS), "max"),
        target: id.clone(),
    };
    let page =
        AnnotationPage { id: format!("{base}/page/{}", file.file), kind: "AnnotationPage", items: vec![annotation] };
    let (height, width) = (sides.height, sides.width);
    Some(Canvas {
        id,
        kind: "Canvas",
        label: canvas_label(file, number),
        height,
        width,
        metadata: vec![],
        items: vec![page],
        annotations: vec![],
    })
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
fn empty_canvas(base: &str) -> Canvas {
    let missing = Pair {
        label: LanguageMap::english("Description"),
        value: LanguageMap::english("No image of this object is published here"),
    };
    Canvas {
        id: format!("{base}/canvas/none"),
        kind: "Canvas",
        label: LanguageMap::english("No image"),
        height: EMPTY_CANVAS_SIDE,
        width: EMPTY_CANVAS_SIDE,
        metadata: vec![missing],
        items: vec![],
        annotations: vec![],
    }
}

fn service(file: &StoredFile, setting: Setting<'_>) -> Option<ImageService> {
    let sides = Sides::new(file.width?, file.height?);
    Some(ImageService::new(setting.addresses.image(file.file), sides))
}

fn image_of(service: ImageService, size: Sides, asked: &str) -> Image {
    let id = format!("{}/full/{asked}/0/default.jpg", service.id);
    let (height, width) = (size.height, size.width);
    Image { id, kind: "Image", format: "image/jpeg", height, width, service: vec![service] }
}

fn data_link(id: String, label: &str, format: &str) -> Link {
    Link { id, kind: "Dataset", label: LanguageMap::english(label), format: format.to_owned() }
}

fn download(file: &StoredFile, setting: Setting<'_>) -> Link {
    let kind = match file.media_type.split('/').next().unwrap_or_default() {
        "image" => "Image",
        "audio" => "Sound",
        "video" => "Video",
        "model" => "Model",
        "text" => "Text",
        _ if file.media_type == "application/pdf" => "Text",
        _ => "Dataset",
    };
    let id = format!("{}/api/v1/files/{}/content", setting.addresses.base(), file.file);
    Link { id, kind, label: LanguageMap::plain(file.name.clone()), format: file.media_type.clone() }
}

fn as_part_of(whole: &Object, setting: Setting<'_>) -> Reference {
    Reference { id: setting.collection(whole.id), kind: "Collection", label: label(whole), thumbnail: vec![] }
}
