//! Faces of an object: JSON-LD in the words and the shape of a vocabulary that many read, beside its description as RDF.
//!
//! A face is a metadata format with its crosswalk, as those of harvesters are. It is no part of the publication feed: it is
//! made for whoever asks, and so it may name what the object is related to, as far as that one may see it.

use std::sync::Arc;

use fonds_projections::feed::{Format, Setting};
use fonds_schemas::{Object, RelationKind};
use serde_json::{Map, Value};

use super::linked_art::LinkedArt;
use super::negotiate::is_same_profile;
use super::schema_org::SchemaOrg;
use crate::formats::said::{Description, Said};

/// Views of an object that a face names, and other objects: it is a part of the page. The manifest has all views.
pub const NAMED_MAX: usize = 20;

/// Every face, in the order in which pages name them.
pub const FACES: &[&dyn Face] = &[
    // What search engines read.
    &SchemaOrg, // What museums exchange: CIDOC-CRM in a shape that programs can rely on.
    &LinkedArt,
];

/// What an object is related to and the asker may see.
#[derive(Debug, Clone)]
pub struct Beside {
    /// How the object stands to it.
    pub kind: RelationKind,
    /// What it is.
    pub object: Arc<Object>,
}

/// JSON-LD in the shape of a vocabulary.
pub trait Face: Format {
    /// What comes behind the full stop in the address of such a description.
    fn extension(&self) -> &'static str;
    /// The URI of the shape, by which it is asked for (RFC 6906).
    fn profile(&self) -> &'static str;
    /// What people read.
    fn label(&self) -> &'static str;
    /// The description. Of relations it tells those that are handed in.
    fn document(&self, object: &Object, beside: &[Beside], setting: &Setting<'_>) -> Value;
}

impl dyn Face {
    /// The media type of its documents.
    #[must_use]
    pub fn media_type(&self) -> String {
        format!("application/ld+json;profile=\"{}\"", self.profile())
    }

    /// Whether a URI names its shape, however it ends and whichever way it is fetched.
    #[must_use]
    pub fn is_called(&self, uri: &str) -> bool {
        is_same_profile(uri, self.profile())
    }
}

/// The face of that extension.
#[must_use]
pub fn of_extension(extension: &str) -> Option<&'static dyn Face> {
    FACES.iter().find(|face| face.extension() == extension).copied()
}

/// A document as part of a page: no text in it can end the element that it stands in.
#[must_use]
pub fn embedded(document: &Value) -> String {
    let mut out = String::new();
    for character in document.to_string().chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}

/// What one or several statements name: those that name the same address are several words for one thing.
#[derive(Debug, Clone)]
pub struct Named<'a> {
    /// Its address with an authority.
    pub authority: Option<&'a str>,
    /// What it is called; there is one at least.
    pub labels: Vec<&'a Said<'a>>,
}

impl Named<'_> {
    /// The first of its names.
    #[must_use]
    pub fn label(&self) -> &str {
        self.labels.first().map_or("", |said| said.text)
    }
}

/// What the statements of a property name.
#[must_use]
pub fn named<'a>(said: &'a Description<'a>, property: &'static str) -> Vec<Named<'a>> {
    let mut all: Vec<Named<'a>> = Vec::new();
    for one in said.all(property) {
        match all.iter_mut().find(|known| one.authority.is_some() && known.authority == one.authority) {
            Some(known) => known.labels.push(one),
            None => all.push(Named { authority: one.authority, labels: vec![one] }),
        }
    }
    all
}

/// A JSON object that leaves out what is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node(Map<String, Value>);

impl Node {
    /// An object with that member.
    #[must_use]
    pub fn new(name: &str, value: impl Into<Value>) -> Self {
        Self::default().with(name, value)
    }

    /// With another member. Nothing, an empty text, list or object are none.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(all) => all.is_empty(),
            Value::Object(all) => all.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds to the list under that name.
    pub fn add(&mut self, name: &str, values: impl IntoIterator<Item = Self>) {
        for value in values {
            let list = self.0.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(value.into());
            }
        }
    }

    /// Whether it has no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        Self::Object(node.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_known_however_its_address_is_written() {
        let schema_org = FACES[0];
        assert!(schema_org.is_called("http://schema.org/") && schema_org.is_called("https://schema.org"));
        assert!(!schema_org.is_called("https://schema.org/CreativeWork"));
    }

    #[test]
    fn no_text_ends_the_element_that_it_stands_in() {
        let text = Value::from("</script><!-- & \u{2028}");
        let embedded = embedded(&text);
        assert!(!embedded.contains(['<', '>', '&', '\u{2028}']), "{embedded}");
        assert_eq!(serde_json::from_str::<Value>(&embedded).unwrap(), text);
    }

    #[test]
    fn every_property_is_carried_or_left_out_with_a_reason() {
        for face in FACES {
            let wanted: Vec<_> = fonds_schemas::property::ALL.iter().map(|term| term.name).collect();
            let rows: Vec<_> = face.crosswalk().iter().map(|row| row.property).collect();
            assert_eq!(rows, wanted, "{}", face.prefix());
        }
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let node = Node::new("a", "").with("b", Vec::<Value>::new()).with("c", None::<String>).with("d", 0);
        assert_eq!(Value::from(node), serde_json::json!({ "d": 0 }));
    }
}
