//! Collections: the parts of an object, and everything that has an image. They name manifests and never embed them.

use fonds_schemas::checksum::hex;
use fonds_schemas::{Level, Object};

use crate::iiif::presentation::CONTEXT;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::manifest::{Setting, label, page_link, thumbnail};
use crate::iiif::presentation::types::{Collection, Reference};

/// The collection of an object's parts that the asker may see.
#[must_use]
pub fn of_object(object: &Object, parts: &[Object], setting: Setting<'_>) -> Collection {
    let label = label(object);
    Collection {
        context: CONTEXT,
        id: setting.collection(object.id),
        kind: "Collection",
        summary: LanguageMap::values(object.values("description")),
        provider: setting.provider(),
        homepage: vec![page_link(setting.addresses.page(object.id), label.clone())],
        items: parts.iter().map(|part| reference(part, setting)).collect(),
        label,
    }
}

/// A page of the collection of everything that has an image.
///
/// Presentation 3 has no pages of collections, so the rest is a collection inside this one, which viewers load when
/// somebody opens it.
#[must_use]
pub fn top(objects: &[Object], after: Option<&str>, next: Option<&str>, setting: Setting<'_>) -> Collection {
    let base = setting.addresses.base();
    let address = |after: Option<&str>| match after {
        Some(after) => format!("{base}/iiif/presentation/3/collection/top?after={}", encode(after)),
        None => format!("{base}/iiif/presentation/3/collection/top"),
    };
    let label = LanguageMap::plain(setting.institution);
    let mut items: Vec<Reference> = objects.iter().map(|object| reference(object, setting)).collect();
    if let Some(next) = next {
        let label = LanguageMap::english("More objects");
        items.push(Reference { id: address(Some(next)), kind: "Collection", label, thumbnail: vec![] });
    }
    Collection {
        context: CONTEXT,
        id: address(after),
        kind: "Collection",
        summary: LanguageMap::default(),
        provider: setting.provider(),
        homepage: vec![page_link(base.to_owned(), label.clone())],
        items,
        label,
    }
}

fn reference(object: &Object, setting: Setting<'_>) -> Reference {
    let holds_others = match object.level {
        Level::Fonds | Level::Series | Level::File | Level::Project => true,
        Level::Work | Level::Instance | Level::Item => false,
    };
    let thumbnail = thumbnail(object, setting);
    // A file of letters that was itself photographed is opened as pictures; without any it leads to its letters.
    if holds_others && thumbnail.is_empty() {
        return Reference { id: setting.collection(object.id), kind: "Collection", label: label(object), thumbnail };
    }
    let id = setting.addresses.manifest(object.id);
    Reference { id, kind: "Manifest", label: label(object), thumbnail }
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
