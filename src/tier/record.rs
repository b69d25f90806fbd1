//! A record of EDM as things with properties, without what tiers do not look at.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Bytes of a record. The largest of Europeana's own samples has a fifth of a megabyte.
const BYTES_MAX: usize = 4 << 20;
/// Things and properties of a record, together.
const PARTS_MAX: usize = 100_000;

/// The namespaces that are looked at, with the prefix that they have here whatever it is in the document.
const NAMESPACES: &[(&str, &str)] = &[
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://www.europeana.eu/schemas/edm/", "edm"),
    ("http://www.openarchives.org/ore/terms/", "ore"),
    ("http://www.w3.org/2004/02/skos/core#", "skos"),
    ("http://www.w3.org/2003/01/geo/wgs84_pos#", "wgs84"),
    ("http://rdvocab.info/ElementsGr2/", "rdaGr2"),
    ("http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#", "ebucore"),
    ("http://rdfs.org/sioc/services#", "svcs"),
];
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// Why a text is no record of EDM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEdm {
    /// Too much of it.
    #[error("a record has at most {BYTES_MAX} bytes and {PARTS_MAX} parts")]
    TooLarge,
    /// Not well-formed.
    #[error("byte {at}: {why}")]
    Xml {
        /// How far it could be read.
        at: u64,
        /// What is wrong there.
        why: String,
    },
    /// A document type, which could bring entities.
    #[error("a document type declaration is not read")]
    DocumentType,
    /// Something else.
    #[error("it is no rdf:RDF")]
    NotRdf,
}

/// Things with properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    pub(super) things: Vec<Thing>,
}

/// A thing: `<edm:WebResource rdf:about="…">`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Thing {
    pub class: String,
    pub about: String,
    pub values: Vec<Value>,
}

/// A value of a property: a text, or a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub property: String,
    pub text: String,
    pub language: bool,
    pub link: Option<String>,
}

impl Value {
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.link.as_deref().is_none_or(str::is_empty)
    }

    /// What it says: the link, or the text.
    pub fn said(&self) -> &str {
        self.link.as_deref().unwrap_or_else(|| self.text.trim())
    }
}

impl Thing {
    pub fn values<'a>(&'a self, property: &'a str) -> impl Iterator<Item = &'a Value> {
        self.values.iter().filter(move |value| value.property == property && !value.is_empty())
    }

    pub fn has(&self, property: &str) -> bool {
        self.values(property).next().is_some()
    }

    pub fn first(&self, property: &str) -> Option<&str> {
        let mut found = self.values.iter().filter(|value| value.property == property && !value.is_empty());
        found.next().map(Value::said)
    }

    /// A number, as Metis writes those of files.
    pub fn number(&self, property: &str) -> Option<u64> {
        self.first(property)?.parse().ok()
    }
}

impl Record {
    /// Reads a record.
    pub fn parse(edm: &str) -> Result<Self, BadEdm> {
        if edm.len() > BYTES_MAX {
            return Err(BadEdm::TooLarge);
        }
        let mut reader = NsReader::from_str(edm);
        reader.config_mut().expand_empty_elements = true;
        let (mut record, mut open, mut parts) = (Self::default(), Vec::new(), 0);
        loop {
            let wrong = |why: String, at: u64| BadEdm::Xml { at, why };
            let event = reader.read_event().map_err(|error| wrong(error.to_string(), reader.error_position()))?;
            match event {
                Event::DocType(_) => return Err(BadEdm::DocumentType),
                Event::Start(start) => {
                    parts += 1;
                    let name = name(&reader, &start);
                    match open.len() {
                        0 if start.local_name().as_ref() != "RDF" => return Err(BadEdm::NotRdf),
                        1 => record.things.push(thing(&reader, &start, name)),
                        2 => {
                            if let Some(thing) = record.things.last_mut() {
                                thing.values.push(value(&reader, &start, name));
                            }
                        }
                        _ => {}
                    }
                    open.push(());
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) if open.len() == 3 => {
                    append(&mut record, &text);
                }
                Event::GeneralRef(reference) if open.len() == 3 => {
                    let text = format!("&{};", &*reference);
                    let text = quick_xml::escape::unescape(&text)
                        .map_err(|error| wrong(error.to_string(), reader.buffer_position()))?
                        .into_owned();
                    append(&mut record, &text);
                }
                Event::CData(text) if open.len() == 3 => append(&mut record, &text),
                Event::Eof => break,
                Event::Text(_)
                | Event::GeneralRef(_)
                | Event::CData(_)
                | Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_) => {}
            }
            if parts > PARTS_MAX {
                return Err(BadEdm::TooLarge);
            }
        }
        if record.things.is_empty() { Err(BadEdm::NotRdf) } else { Ok(record) }
    }

    /// The things of a class.
    pub(super) fn all<'a>(&'a self, class: &'a str) -> impl Iterator<Item = &'a Thing> {
        self.things.iter().filter(move |thing| thing.class == class)
    }

    /// Whether it is as it is sent, not as Metis keeps it.
    pub(super) fn is_external(&self) -> bool {
        self.all("ore:Proxy").next().is_none()
    }

    /// What describes the thing itself: what the provider said, not what Europeana added.
    pub(super) fn described(&self) -> Vec<&Thing> {
        let ours = |proxy: &&Thing| proxy.first("edm:europeanaProxy") != Some("true");
        let class = if self.is_external() { "edm:ProvidedCHO" } else { "ore:Proxy" };
        self.all(class).filter(ours).collect()
    }

    /// The thing of that name.
    pub(super) fn named(&self, class: &str, about: &str) -> Option<&Thing> {
        self.things.iter().find(|thing| thing.class == class && thing.about == about)
    }
}

fn append(record: &mut Record, text: &str) {
    if let Some(value) = record.things.last_mut().and_then(|thing| thing.values.last_mut()) {
        value.text.push_str(text);
    }
}

/// The name of an element, with our own prefix; empty where the namespace is none of ours.
fn name(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> String {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let ResolveResult::Bound(namespace) = namespace else { return String::new() };
    let prefix = NAMESPACES.iter().find(|(known, _)| *known == namespace.as_ref());
    prefix.map_or_else(String::new, |(_, prefix)| format!("{prefix}:{}", local.as_ref()))
}

/// An attribute of RDF's own namespace.
fn of_rdf(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|attribute| {
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        matches!(namespace, ResolveResult::Bound(of) if of.as_ref() == RDF) && local.as_ref() == wanted
    })?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), Cow::into_owned))
}

fn thing(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, class: String) -> Thing {
    Thing { class, about: of_rdf(reader, start, "about").unwrap_or_default(), values: Vec::new() }
}

fn value(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, property: String) -> Value {
    let tagged = |attribute: quick_xml::events::attributes::Attribute<'_>| {
        attribute.key.as_ref() == "xml:lang" && !attribute.value.is_empty()
    };
    let language = start.attributes().flatten().any(tagged);
    Value { property, text: String::new(), language, link: of_rdf(reader, start, "resource") }
}
