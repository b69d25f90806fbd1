//! An object as a manifest: what is said of it, and a canvas for each image.
//!
//! Pure: the same object, the same wholes and the same setting give the same bytes, which the `ETag` relies on.

use fonds_schemas::{Addresses, FileRole, Object, ObjectId, StoredFile};

use crate::config::{ArchiveSettings, Limits};
use crate::iiif::image;
use crate::iiif::image::geometry::{self, LIMITS, Sides};
use crate::iiif::image::info::ImageService;
use crate::iiif::image::resolve::largest;
use crate::iiif::presentation::describe::{
    homepages, label, metadata, nav_date, page_link, required_statement, rights_of, see_also,
};
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::place;
use crate::iiif::presentation::types::{
    Agent, Annotation, AnnotationPage, Canvas, Context, Image, Link, Logo, Manifest, Pair, Reference,
};

/// Pixels that the longer side of a thumbnail has at least, if the image has them.
const THUMBNAIL_SIDE: u32 = 200;
/// Sides of the empty canvas of an object without images, which must have some.
const EMPTY_CANVAS_SIDE: u32 = 1000;
/// Media types of logos, by the ending of their names.
const LOGO_FORMATS: &[(&str, &str)] = &[
    (".png", "image/png"),
    (".jpg", "image/jpeg"),
    (".jpeg", "image/jpeg"),
    (".svg", "image/svg+xml"),
    (".webp", "image/webp"),
    (".gif", "image/gif"),
];

/// Where the document is published, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The public addresses.
    pub addresses: &'a Addresses,
    /// The institution.
    pub archive: &'a ArchiveSettings,
    /// What is too large to be shown.
    pub limits: &'a Limits,
}

impl Setting<'_> {
    /// The address of the collection of an object's parts.
    #[must_use]
    pub fn collection(&self, object: ObjectId) -> String {
        format!("{}/iiif/presentation/3/collection/{object}", self.addresses.base())
    }

    /// What the names of an object's manifest and its parts begin with; `at` is the event of a past state.
    #[must_use]
    pub fn base(&self, object: ObjectId, at: Option<u64>) -> String {
        let base = self.addresses.base();
        match at {
            Some(seq) => format!("{base}/iiif/presentation/3/{object}@{seq}"),
            None => format!("{base}/iiif/presentation/3/{object}"),
        }
    }

    /// The institution.
    #[must_use]
    pub fn provider(&self) -> Vec<Agent> {
        let label = LanguageMap::plain(&self.archive.name);
        let id = self.archive.homepage.clone().unwrap_or_else(|| self.addresses.base().to_owned());
        let homepage = vec![page_link(id.clone(), label.clone())];
        let logo = self.archive.logo.iter().map(|logo| Logo { id: logo.clone(), kind: "Image", format: format(logo) });
        vec![Agent { id, kind: "Agent", label, homepage, logo: logo.collect() }]
    }
}

fn format(logo: &str) -> Option<&'static str> {
    let name = logo.to_ascii_lowercase();
    LOGO_FORMATS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| *format)
}

/// The manifest of an object as it stands; `wholes` are the objects that it is part of and that the asker may see.
#[must_use]
pub fn manifest(object: &Object, wholes: &[Object], setting: Setting<'_>) -> Manifest {
    let base = setting.base(object.id, None);
    let part_of = wholes.iter().map(|whole| as_part_of(whole, setting)).collect();
    let see_also = see_also(object, setting);
    Manifest { part_of, see_also, ..drawn(object, base, setting.addresses.page(object.id), setting) }
}

/// The manifest of an object as it stood when its event at `object.seq` was the last.
///
/// It names nothing that speaks of today: neither wholes, which may be hidden or renamed, nor data, which are of today.
/// So it has the same bytes for as long as the settings (public address, name, homepage and logo of the institution,
/// pixels of the largest image) and this release's way of writing a manifest stay.
#[must_use]
pub fn manifest_then(object: &Object, setting: Setting<'_>) -> Manifest {
    let base = setting.base(object.id, Some(object.seq));
    let page = format!("{}@{}", setting.addresses.page(object.id), object.seq);
    drawn(object, base, page, setting)
}

fn drawn(object: &Object, base: String, page: String, setting: Setting<'_>) -> Manifest {
    let label = label(object);
    let nav_place = place::of(object, &base);
    Manifest {
        context: Context::of(nav_place.is_some()),
        kind: "Manifest",
        metadata: metadata(object, &label),
        summary: LanguageMap::values(object.values("description")),
        required_statement: required_statement(object),
        rights: rights_of(object),
        provider: setting.provider(),
        thumbnail: thumbnail(object, setting),
        nav_date: nav_date(object),
        nav_place,
        homepage: homepages(object, page, &label),
        see_also: Vec::new(),
        rendering: object
            .files
            .iter()
            .filter(|file| !is_painted(file, setting))
            .map(|file| download(file, setting))
            .collect(),
        part_of: Vec::new(),
        items: canvases(object, &base, setting),
        id: format!("{base}/manifest"),
        label,
    }
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

/// Whether the file is a view of the object: an image that its image service will show, and no attachment.
fn is_painted(file: &StoredFile, setting: Setting<'_>) -> bool {
    let is_view = match file.role {
        FileRole::Master | FileRole::Access => true,
        FileRole::Transcript | FileRole::ThreeD | FileRole::Rti | FileRole::Attachment => false,
    };
    is_view && image::sides(file, setting.limits).is_ok()
}

fn canvases(object: &Object, base: &str, setting: Setting<'_>) -> Vec<Canvas> {
    let painted = object.files.iter().filter(|file| is_painted(file, setting));
    let canvases: Vec<Canvas> = (1u32..).zip(painted).filter_map(|(n, file)| canvas(file, n, base, setting)).collect();
    if canvases.is_empty() { vec![empty_canvas(base)] } else { canvases }
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
    Link { id, kind, label: LanguageMap::plain(file.name.clone()), format: file.media_type.clone(), profile: None }
}

/// A whole, as its part names it.
pub(super) fn as_part_of(whole: &Object, setting: Setting<'_>) -> Reference {
    let (id, label) = (setting.collection(whole.id), label(whole));
    Reference { id, kind: "Collection", label, thumbnail: vec![], nav_date: None, nav_place: None }
}
