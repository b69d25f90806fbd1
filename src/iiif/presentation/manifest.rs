//! An object as a manifest: what is said of it, and a canvas for each image.
//!
//! Pure: the same object, the same wholes and the same setting give the same bytes, which the `ETag` relies on.

use fonds_schemas::{Addresses, FileRole, Object, ObjectId, StoredFile};

use crate::config::{ArchiveSettings, Limits};
use crate::derivatives::Failures;
use crate::iiif::presentation::arranged;
use crate::iiif::presentation::describe::{
    homepages, label, metadata, nav_date, page_link, required_statement, rights_of, see_also,
};
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::place;
use crate::iiif::presentation::types::{About, Agent, Context, Link, Logo, Manifest, Reference};
use crate::iiif::presentation::views::{Views, content, is_decodable, is_painted, thumbnail};

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
    /// What cannot be decoded, and why, where that is told.
    pub failures: Option<&'a Failures>,
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
    let manifest = drawn(object, &base, setting.addresses.page(object.id), setting);
    Manifest { about: About { see_also, part_of, ..manifest.about }, ..manifest }
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
    drawn(object, &base, page, setting)
}

fn drawn(object: &Object, base: &str, page: String, setting: Setting<'_>) -> Manifest {
    let label = label(object);
    let nav_place = place::of(object, base);
    let views = Views::of(object, setting);
    let others = object.files.iter().filter(|file| !is_painted(file, setting) || !is_decodable(file, setting));
    Manifest {
        context: Context::of(nav_place.is_some()),
        kind: "Manifest",
        about: About {
            metadata: metadata(object, &label),
            summary: LanguageMap::values(object.values("description")),
            required_statement: required_statement(object),
            rights: rights_of(object),
            provider: setting.provider(),
            thumbnail: thumbnail(object, setting),
            viewing_direction: arranged::direction(object),
            behavior: arranged::of_views(object),
            nav_date: nav_date(object),
            nav_place,
            homepage: homepages(object, page, &label),
            see_also: Vec::new(),
            rendering: others.map(|file| download(file, setting)).collect(),
            part_of: Vec::new(),
        },
        service: Vec::new(),
        start: arranged::start(object, &views, base),
        structures: arranged::structures(object, &views, base),
        items: views.canvases(object, base),
        id: format!("{base}/manifest"),
        label,
    }
}

/// Whether the file is a three-dimensional model, by its bytes or by its role: of some kinds the bytes do not tell. What
/// lies beside a model, such as pictures of its surface, tells that it is something else.
fn is_model(file: &StoredFile) -> bool {
    let untold = ["application/octet-stream", "application/json", "application/xml", "text/plain"];
    let by_role = file.role == FileRole::ThreeD && untold.contains(&file.media_type.as_str());
    file.media_type.starts_with("model/") || by_role
}

fn download(file: &StoredFile, setting: Setting<'_>) -> Link {
    let kind = match file.media_type.split('/').next().unwrap_or_default() {
        _ if is_model(file) => "Model",
        "image" => "Image",
        "audio" => "Sound",
        "video" => "Video",
        "text" => "Text",
        _ if file.media_type == "application/pdf" => "Text",
        _ => "Dataset",
    };
    let id = content(file, setting);
    Link { id, kind, label: LanguageMap::plain(file.name.clone()), format: file.media_type.clone(), profile: None }
}

/// A whole, as its part names it.
pub(super) fn as_part_of(whole: &Object, setting: Setting<'_>) -> Reference {
    let (id, label) = (setting.collection(whole.id), label(whole));
    Reference { id, kind: "Collection", label, thumbnail: vec![], nav_date: None, nav_place: None }
}
