//! What a metadata format is: an object in, XML out (or JSON-LD, of those that no harvester is given), and a table of what
//! becomes of each property.

use fonds_schemas::{Addresses, Event, Object, Property, property};
use serde::Serialize;

/// A metadata format: one file each in `src/formats/`.
pub trait Format: Send + Sync {
    /// The metadataPrefix.
    fn prefix(&self) -> &'static str;
    /// Address of the XML schema; of JSON-LD, of its context.
    fn schema(&self) -> &'static str;
    /// The XML namespace; of JSON-LD, that of its words.
    fn namespace(&self) -> &'static str;
    /// The URI by which others know a record of this format: its namespace, or its schema where the namespace is that of RDF.
    fn conforms_to(&self) -> &'static str {
        if self.namespace().contains("22-rdf-syntax-ns") { self.schema() } else { self.namespace() }
    }
    /// What becomes of each property of the list, in the order of the list.
    fn crosswalk(&self) -> &'static [Row];
    /// The element that goes inside `<metadata>`: well-formed XML 1.0, no declaration. `None` where the format cannot say
    /// what the object is without breaking its own rules: harvesters are then told that there is no such record.
    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String>;
    /// Whether the event plainly leaves what is rendered of the object as it was before: asked so that a book is not
    /// rendered once for each of its pages. `false` where it is not plain.
    fn is_unmoved(&self, _before: &Object, _event: &Event) -> bool {
        false
    }
    /// What becomes of values of a property: of one that is written as an IRI, what becomes of the property of the list that
    /// says about the same, if there is one.
    fn place_of(&self, property: &Property) -> Option<Place> {
        let term = property::nearest(property)?;
        self.crosswalk().iter().find(|row| row.property == term.name).map(|row| row.place)
    }
}

/// What a format is rendered with, beside the object.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The public addresses.
    pub addresses: &'a Addresses,
    /// What records say of the archive.
    pub publishing: &'a Publishing,
}

/// What records say of the archive itself. It goes into stored rows: when it changes, they are rendered anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publishing {
    /// The name of the institution.
    pub institution: String,
    /// The institution's own page, if it has one.
    pub homepage: Option<String>,
    /// The language in which the archive describes, unless a statement says otherwise.
    pub language: String,
    /// Who hands the records to Europeana (`edm:provider`), if somebody else than the institution.
    pub provider: Option<String>,
    /// The URI of the rights in objects that do not say theirs.
    pub rights: Option<String>,
    /// The URI of the rights in the records themselves.
    pub record_rights: Option<String>,
    /// The institution's code in the MARC Code List for Organizations, or its ISIL.
    pub organization_code: Option<String>,
}

impl Publishing {
    /// An archive of which only the name and the language of its descriptions are known.
    #[must_use]
    pub fn of(institution: &str, language: &str) -> Self {
        Self {
            institution: institution.to_owned(),
            homepage: None,
            language: language.to_owned(),
            provider: None,
            rights: None,
            record_rights: None,
            organization_code: None,
        }
    }
}

/// One line of a crosswalk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The property of the list.
    pub property: &'static str,
    /// What becomes of it.
    pub place: Place,
}

/// What becomes of a property in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is carried.
    In {
        /// Where: an element, a path of elements, a field.
        element: &'static str,
        /// What one must know beside; often nothing.
        note: &'static str,
    },
    /// It is left out.
    Lost {
        /// Why.
        why: &'static str,
    },
}

/// A property that has its element.
#[must_use]
pub const fn to(property: &'static str, element: &'static str) -> Row {
    Row { property, place: Place::In { element, note: "" } }
}

/// A property that has its element, and something that one must know beside.
#[must_use]
pub const fn noted(property: &'static str, element: &'static str, note: &'static str) -> Row {
    Row { property, place: Place::In { element, note } }
}

/// A property that is left out.
#[must_use]
pub const fn lost(property: &'static str, why: &'static str) -> Row {
    Row { property, place: Place::Lost { why } }
}
