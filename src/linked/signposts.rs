//! Signposting (<https://signposting.org/FAIR/>): typed links by which a program finds name, licence, descriptions and files of an
//! object without reading its page. Level 1 is the header `Link`; level 2 a set of links as a document of its own (RFC 9264).

use std::fmt::Write as _;

use fonds_projections::feed::Setting;
use fonds_projections::graph::write::FORMATS;
use fonds_schemas::{Object, ObjectId, RelationKind};
use serde_json::{Map, Value, json};

use super::face::{Beside, FACES, named};
use super::schema_org;
use crate::formats;
use crate::formats::said::{Description, is_web};
use crate::iiif::presentation;

/// What comes behind the full stop in the address of a set of links.
pub const EXTENSION: &str = "linkset.json";
/// The media type of a set of links.
pub const MEDIA_TYPE: &str = "application/linkset+json";
/// Bytes of a header: proxies take four kilobytes of all headers together. What does not fit is in the set of links, which
/// the header names.
const HEADER_BYTES_MAX: usize = 3_000;
/// Files of an object that a set of links names.
const ITEMS_MAX: usize = 10_000;
/// Creators that are named.
const AUTHORS_MAX: usize = 5;

/// A typed link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    target: String,
    rel: &'static str,
    media_type: Option<String>,
    profile: Option<String>,
}

impl Link {
    /// A link to that address.
    #[must_use]
    pub fn new(rel: &'static str, target: impl Into<String>) -> Self {
        Self { target: target.into(), rel, media_type: None, profile: None }
    }

    /// Of that media type.
    #[must_use]
    pub fn of_type(self, media_type: impl Into<String>) -> Self {
        Self { media_type: Some(media_type.into()), ..self }
    }

    /// In that shape.
    #[must_use]
    pub fn in_profile(self, profile: impl Into<String>) -> Self {
        Self { profile: Some(profile.into()), ..self }
    }

    /// As a header has it (RFC 8288 §3).
    fn written(&self) -> String {
        let mut out = format!("<{}>;rel=\"{}\"", escaped(&self.target), self.rel);
        for (name, value) in [("type", &self.media_type), ("profile", &self.profile)] {
            if let Some(value) = value {
                // Neither a quotation mark nor what is not ASCII is in any of ours.
                let value: String = value.chars().filter(|c| (' '..='~').contains(c) && !"\"\\".contains(*c)).collect();
                let _infallible = write!(out, ";{name}=\"{value}\"");
            }
        }
        out
    }

    /// As a set of links has it (RFC 9264 §4.2).
    fn in_set(&self) -> Value {
        let mut link = Map::new();
        link.insert("href".to_owned(), self.target.as_str().into());
        link.extend(self.media_type.iter().map(|media_type| ("type".to_owned(), media_type.as_str().into())));
        link.extend(self.profile.iter().map(|profile| ("profile".to_owned(), json!([profile]))));
        link.into()
    }
}

/// An address as a header takes it: what is not a visible character of ASCII, and what would end it, as bytes in hexadecimal.
fn escaped(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'<' | b'>' | b'"' | b'\\' | 0..=b' ' | 0x7f.. => {
                // Writing into a string does not fail.
                let _infallible = write!(out, "%{byte:02X}");
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}

/// The links as one header, the first as many as there is room for.
#[must_use]
pub fn header(links: &[Link]) -> String {
    let mut out = String::new();
    for link in links {
        let link = link.written();
        if out.len() + link.len() + 2 <= HEADER_BYTES_MAX {
            if !out.is_empty() {
                out.push_str(", ");
            }
            out.push_str(&link);
        }
    }
    out
}

/// What there is to know of an object for its links.
#[derive(Debug, Clone, Copy)]
pub struct Signposts<'a> {
    /// The object.
    pub object: &'a Object,
    /// What it is part of, as far as the asker may see it.
    pub beside: &'a [Beside],
    /// The metadata formats of OAI-PMH in which it has a record.
    pub prefixes: &'a [String],
    /// The public addresses, and what is said of the archive.
    pub setting: &'a Setting<'a>,
}

impl Signposts<'_> {
    fn page(&self) -> String {
        self.setting.addresses.page(self.object.id)
    }

    /// The links of its page, what matters most first.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        let mut links = vec![
            Link::new("cite-as", self.setting.addresses.id(self.object.id)),
            Link::new("linkset", format!("{}.{EXTENSION}", self.page())).of_type(MEDIA_TYPE),
            Link::new("type", "https://schema.org/AboutPage"),
            Link::new("type", format!("https://schema.org/{}", schema_org::classes(self.object.level)[0])),
        ];
        let said = Description::of(self.object, self.setting);
        links.extend(said.license().map(|uri| Link::new("license", uri)));
        let authors = named(&said, "creator").into_iter().filter_map(|one| one.authority).filter(|uri| is_web(uri));
        links.extend(authors.take(AUTHORS_MAX).map(|uri| Link::new("author", uri)));
        let wholes = self.beside.iter().filter(|beside| beside.kind == RelationKind::PartOf);
        let wholes = wholes.map(|whole| self.setting.addresses.page(whole.object.id));
        links.extend(wholes.map(|page| Link::new("collection", page).of_type("text/html")));
        links.extend(self.descriptions());
        links.extend(self.items());
        links.extend(self.records());
        links
    }

    /// Its descriptions that are made for whoever asks.
    fn descriptions(&self) -> Vec<Link> {
        let page = self.page();
        let rdf = FORMATS.iter().map(|format| {
            Link::new("describedby", format!("{page}.{}", format.extension())).of_type(format.media_type())
        });
        let faces = FACES.iter().map(|face| {
            Link::new("describedby", format!("{page}.{}", face.extension()))
                .of_type("application/ld+json")
                .in_profile(face.profile())
        });
        let manifest = Link::new("describedby", self.setting.addresses.manifest(self.object.id))
            .of_type("application/ld+json")
            .in_profile(presentation::CONTEXT);
        faces.chain([manifest]).chain(rdf).collect()
    }

    /// Its records for harvesters.
    fn records(&self) -> impl Iterator<Item = Link> {
        self.prefixes.iter().map(|prefix| {
            let format = formats::ALL.iter().find(|format| format.prefix() == prefix);
            let link =
                Link::new("describedby", self.setting.addresses.record(self.object.id, prefix)).of_type("text/xml");
            format.map_or(link.clone(), |format| link.in_profile(format.conforms_to()))
        })
    }

    fn items(&self) -> impl Iterator<Item = Link> {
        self.object
            .files
            .iter()
            .take(ITEMS_MAX)
            .map(|file| Link::new("item", self.setting.addresses.content(file.file)).of_type(file.media_type.as_str()))
    }

    /// All of it as a document: the links of the page, and those that lead back to it.
    #[must_use]
    pub fn linkset(&self) -> Value {
        let of_page = set(&self.page(), &self.links());
        let license = self.setting.publishing.record_rights.as_deref();
        let descriptions = self.descriptions().into_iter().chain(self.records()).map(|link| {
            let mut back = vec![Link::new("describes", self.page()).of_type("text/html")];
            back.extend(license.map(|uri| Link::new("license", uri)));
            set(&link.target, &back)
        });
        let items =
            self.items().map(|link| set(&link.target, &[Link::new("collection", self.page()).of_type("text/html")]));
        let sets: Vec<Value> = [of_page].into_iter().chain(descriptions).chain(items).collect();
        json!({ "linkset": sets })
    }
}

/// The links of one resource.
fn set(anchor: &str, links: &[Link]) -> Value {
    let mut set = Map::new();
    set.insert("anchor".to_owned(), anchor.into());
    for link in links {
        let targets = set.entry(link.rel).or_insert_with(|| json!([]));
        if let Value::Array(targets) = targets {
            targets.push(link.in_set());
        }
    }
    set.into()
}

/// The links of a description of an object.
#[must_use]
pub fn of_description(object: ObjectId, profile: Option<&str>, setting: &Setting<'_>) -> String {
    let page = setting.addresses.page(object);
    let mut links = vec![
        Link::new("describes", page.as_str()).of_type("text/html"),
        Link::new("linkset", format!("{page}.{EXTENSION}")).of_type(MEDIA_TYPE),
    ];
    links.extend(profile.map(|profile| Link::new("profile", profile)));
    links.extend(setting.publishing.record_rights.as_deref().map(|uri| Link::new("license", uri)));
    header(&links)
}

/// The links of a file of an object.
#[must_use]
pub fn of_file(object: ObjectId, setting: &Setting<'_>) -> String {
    let page = setting.addresses.page(object);
    header(&[
        Link::new("collection", page.as_str()).of_type("text/html"),
        Link::new("linkset", format!("{page}.{EXTENSION}")).of_type(MEDIA_TYPE),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_leave_its_brackets() {
        let link = Link::new("license", "https://example.org/>;rel=\"next\"/道 \\").of_type("text/\"html");
        assert_eq!(
            link.written(),
            "<https://example.org/%3E;rel=%22next%22/%E9%81%93%20%5C>;rel=\"license\";type=\"text/html\""
        );
    }

    #[test]
    fn a_header_has_as_many_links_as_there_is_room_for() {
        let long = Link::new("item", format!("https://example.org/{}", "x".repeat(900)));
        let links =
            [long.clone(), long.clone(), long.clone(), long.clone(), Link::new("cite-as", "https://example.org/")];
        let header = header(&links);
        assert_eq!((header.len() <= HEADER_BYTES_MAX, header.matches("rel=\"item\"").count()), (true, 3));
        assert!(header.ends_with("<https://example.org/>;rel=\"cite-as\""));
    }
}
