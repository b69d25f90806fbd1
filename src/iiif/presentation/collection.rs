//! Collections: the parts of an object, and everything that has an image. They name manifests and never embed them.

use fonds_schemas::checksum::hex;
use fonds_schemas::{Level, Object};

use crate::iiif::presentation::arranged;
use crate::iiif::presentation::describe::{
    homepages, label, metadata, nav_date, page_link, required_statement, rights_of, see_also,
};
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::manifest::{Setting, as_part_of};
use crate::iiif::presentation::place;
use crate::iiif::presentation::types::{Collection, Context, Reference};
use crate::iiif::presentation::views::thumbnail;

/// A page of a list: where it begins, and where the next one does, if there is one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// The place that was asked for; `None` is the beginning.
    pub after: Option<&'a str>,
    /// The place of the next page.
    pub next: Option<&'a str>,
}

/// The collection of an object's parts, or a page of it; `parts` and `wholes` are those that the asker may see.
#[must_use]
pub fn of_object(
    object: &Object,
    wholes: &[Object],
    parts: &[Object],
    place: Place<'_>,
    setting: Setting<'_>,
) -> Collection {
    let label = label(object);
    let about = Collection {
        metadata: metadata(object, &label),
        summary: LanguageMap::values(object.values("description")),
        required_statement: required_statement(object),
        rights: rights_of(object),
        behavior: arranged::of_parts(object),
        homepage: homepages(object, setting.addresses.page(object.id), &label),
        see_also: see_also(object, setting),
        part_of: wholes.iter().map(|whole| as_part_of(whole, setting)).collect(),
        label,
        ..empty(setting)
    };
    paged(about, &setting.collection(object.id), parts, place, "More parts", setting)
}

/// A page of the collection of everything that has an image.
#[must_use]
pub fn top(objects: &[Object], place: Place<'_>, setting: Setting<'_>) -> Collection {
    let base = setting.addresses.base();
    let label = LanguageMap::plain(&setting.archive.name);
    let homepage = vec![page_link(base.to_owned(), label.clone())];
    let about = Collection { label, homepage, ..empty(setting) };
    let address = format!("{base}/iiif/presentation/3/collection/top");
    paged(about, &address, objects, place, "More objects", setting)
}

fn empty(setting: Setting<'_>) -> Collection {
    Collection {
        context: Context::of(false),
        id: String::new(),
        kind: "Collection",
        label: LanguageMap::default(),
        metadata: Vec::new(),
        summary: LanguageMap::default(),
        required_statement: None,
        rights: None,
        behavior: Vec::new(),
        provider: setting.provider(),
        homepage: Vec::new(),
        see_also: Vec::new(),
        part_of: Vec::new(),
        items: Vec::new(),
    }
}

/// The collection with the members of a page.
///
/// Presentation 3 has no pages of collections, so the rest is a collection inside this one, which viewers load when
/// somebody opens it. Nothing is left out in silence.
fn paged(
    about: Collection,
    address: &str,
    members: &[Object],
    place: Place<'_>,
    more: &str,
    setting: Setting<'_>,
) -> Collection {
    let after = |place: &str| format!("{address}?after={}", encode(place));
    let mut items: Vec<Reference> = members.iter().map(|object| reference(object, setting)).collect();
    let context = Context::of(items.iter().any(|item| item.nav_place.is_some()));
    if let Some(next) = place.next {
        let label = LanguageMap::english(more);
        let (id, kind) = (after(next), "Collection");
        items.push(Reference { id, kind, label, thumbnail: vec![], nav_date: None, nav_place: None });
    }
    Collection { context, id: place.after.map_or_else(|| address.to_owned(), after), items, ..about }
}

fn reference(object: &Object, setting: Setting<'_>) -> Reference {
    let holds_others = match object.level {
        Level::Fonds | Level::Series | Level::File | Level::Project => true,
        Level::Work | Level::Instance | Level::Item => false,
    };
    let thumbnail = thumbnail(object, setting);
    // A file of letters that was itself photographed is opened as pictures; without any it leads to its letters.
    let (id, kind) = if holds_others && thumbnail.is_empty() {
        (setting.collection(object.id), "Collection")
    } else {
        (setting.addresses.manifest(object.id), "Manifest")
    };
    let nav_place = place::of(object, &setting.base(object.id, None));
    Reference { id, kind, label: label(object), thumbnail, nav_date: nav_date(object), nav_place }
}

/// Percent-encodes all but unreserved characters (RFC 3986 §2.3).
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
    encoded
}
