//! What can be said of an object: properties with their RDF meaning.
//!
//! A property of the list has a short name; any other RDF property is written as its IRI.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A property of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The name in events, tables and mapping profiles.
    pub name: &'static str,
    /// The RDF property that it means.
    pub iri: &'static str,
    /// What people read, in English.
    pub label: &'static str,
    /// Whether searches are narrowed by its values.
    pub facet: bool,
}

const fn term(name: &'static str, iri: &'static str, label: &'static str) -> Term {
    Term { name, iri, label, facet: false }
}

const fn facet(name: &'static str, iri: &'static str, label: &'static str) -> Term {
    Term { name, iri, label, facet: true }
}

/// Every property with a short name, in the order in which a description shows them.
pub const ALL: &[Term] = &[
    term("title", "http://purl.org/dc/elements/1.1/title", "Title"),
    term("alternative", "http://purl.org/dc/terms/alternative", "Other title"),
    facet("creator", "http://purl.org/dc/elements/1.1/creator", "Creator"),
    term("contributor", "http://purl.org/dc/elements/1.1/contributor", "Contributor"),
    term("publisher", "http://purl.org/dc/elements/1.1/publisher", "Publisher"),
    term("date_created", "http://purl.org/dc/terms/created", "Date"),
    term("date_issued", "http://purl.org/dc/terms/issued", "Date of issue"),
    facet("object_type", "http://purl.org/dc/elements/1.1/type", "Type"),
    facet("material", "http://purl.org/dc/terms/medium", "Material"),
    facet("technique", "http://www.cidoc-crm.org/cidoc-crm/P32_used_general_technique", "Technique"),
    term("dimensions", "http://purl.org/dc/terms/extent", "Dimensions"),
    facet("period", "http://purl.org/dc/terms/temporal", "Period"),
    facet("culture", "http://www.cidoc-crm.org/cidoc-crm/P2_has_type", "Culture"),
    term("style", "http://schema.org/genre", "Style or movement"),
    term("use", "http://www.cidoc-crm.org/cidoc-crm/P103_was_intended_for", "Use"),
    facet("subject", "http://purl.org/dc/elements/1.1/subject", "Subject"),
    facet("place", "http://purl.org/dc/terms/spatial", "Place"),
    term("coordinates", "http://www.w3.org/2003/01/geo/wgs84_pos#lat_long", "Coordinates"),
    facet("language", "http://purl.org/dc/elements/1.1/language", "Language"),
    term("description", "http://purl.org/dc/elements/1.1/description", "Description"),
    term("inscription", "http://www.cidoc-crm.org/cidoc-crm/P128_carries", "Inscription"),
    term("note", "http://www.w3.org/2004/02/skos/core#note", "Note"),
    term("identifier", "http://purl.org/dc/elements/1.1/identifier", "Identifier"),
    facet("holding_institution", "http://schema.org/holdingArchive", "Holding institution"),
    term("department", "http://schema.org/department", "Department"),
    term("collection", "http://purl.org/dc/terms/isPartOf", "Collection"),
    term("provenance", "http://purl.org/dc/terms/provenance", "Provenance"),
    term("credit_line", "http://schema.org/creditText", "Credit line"),
    term("acquired", "http://purl.org/dc/terms/dateAccepted", "Acquired"),
    facet("rights", "http://www.europeana.eu/schemas/edm/rights", "Rights"),
    term("rights_holder", "http://purl.org/dc/terms/rightsHolder", "Rights holder"),
    term("landing_page", "http://www.europeana.eu/schemas/edm/isShownAt", "Shown at"),
    term("image_url", "http://www.europeana.eu/schemas/edm/isShownBy", "Image elsewhere"),
    term("source", "http://purl.org/dc/elements/1.1/source", "Source"),
    term("related", "http://purl.org/dc/elements/1.1/relation", "Related"),
];

/// The term of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Term> {
    ALL.iter().find(|term| term.name == name)
}

/// Terms of Dublin Core beside those of the list, each with the property of the list that says about the same or more
/// generally. Missing are those that no property is near to.
const NEAR: &[(&str, &str)] = &[
    // "The spatial or temporal topic of the resource."
    ("http://purl.org/dc/elements/1.1/coverage", "subject"),
    ("http://purl.org/dc/elements/1.1/date", "date_created"),
    // File formats, materials or dimensions: nobody knows which.
    ("http://purl.org/dc/elements/1.1/format", "note"),
    ("http://purl.org/dc/elements/1.1/rights", "rights"),
    ("http://purl.org/dc/terms/abstract", "description"),
    ("http://purl.org/dc/terms/accessRights", "rights"),
    ("http://purl.org/dc/terms/available", "date_issued"),
    ("http://purl.org/dc/terms/bibliographicCitation", "note"),
    ("http://purl.org/dc/terms/contributor", "contributor"),
    ("http://purl.org/dc/terms/coverage", "subject"),
    ("http://purl.org/dc/terms/creator", "creator"),
    ("http://purl.org/dc/terms/date", "date_created"),
    ("http://purl.org/dc/terms/description", "description"),
    ("http://purl.org/dc/terms/format", "note"),
    ("http://purl.org/dc/terms/hasFormat", "related"),
    ("http://purl.org/dc/terms/hasPart", "related"),
    ("http://purl.org/dc/terms/hasVersion", "related"),
    ("http://purl.org/dc/terms/identifier", "identifier"),
    ("http://purl.org/dc/terms/isFormatOf", "related"),
    ("http://purl.org/dc/terms/isReferencedBy", "related"),
    ("http://purl.org/dc/terms/isReplacedBy", "related"),
    ("http://purl.org/dc/terms/isRequiredBy", "related"),
    ("http://purl.org/dc/terms/isVersionOf", "related"),
    ("http://purl.org/dc/terms/language", "language"),
    ("http://purl.org/dc/terms/license", "rights"),
    ("http://purl.org/dc/terms/publisher", "publisher"),
    ("http://purl.org/dc/terms/references", "related"),
    ("http://purl.org/dc/terms/relation", "related"),
    ("http://purl.org/dc/terms/replaces", "related"),
    ("http://purl.org/dc/terms/requires", "related"),
    ("http://purl.org/dc/terms/rights", "rights"),
    ("http://purl.org/dc/terms/source", "source"),
    ("http://purl.org/dc/terms/subject", "subject"),
    ("http://purl.org/dc/terms/tableOfContents", "description"),
    ("http://purl.org/dc/terms/title", "title"),
    ("http://purl.org/dc/terms/type", "object_type"),
];

/// The term of the list that a property is, or that says about the same as one that is written as an IRI.
#[must_use]
pub fn nearest(property: &Property) -> Option<&'static Term> {
    let name = property.as_str();
    let same = || ALL.iter().find(|term| term.iri == name);
    let near = || NEAR.iter().find(|(iri, _)| *iri == name).and_then(|(_, near)| find(near));
    find(name).or_else(same).or_else(near)
}

/// A property: a short name of the list, or an IRI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Property(Cow<'static, str>);

/// Why a text names no property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown property {given:?}: neither a name that fonds knows nor an IRI{}", suggestion(.given))]
pub struct BadProperty {
    /// What was given.
    pub given: String,
}

/// The nearest known name, for the message: a slip of the finger is the usual cause.
fn suggestion(given: &str) -> String {
    let near = ALL.iter().map(|term| (distance(given, term.name), term.name)).min();
    match near {
        Some((distance, name)) if distance <= 3 => format!(" (did you mean {name:?}?)"),
        Some(_) | None => String::new(),
    }
}

/// Levenshtein's distance, over characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

impl Property {
    /// Reads a name of the list or an absolute IRI of at most 2,048 bytes.
    pub fn parse(text: &str) -> Result<Self, BadProperty> {
        if let Some(term) = find(text) {
            return Ok(Self(Cow::Borrowed(term.name)));
        }
        if is_iri(text) { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(BadProperty { given: text.to_owned() }) }
    }

    /// The written form: name or IRI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its entry in the list, unless it is written as an IRI.
    #[must_use]
    pub fn term(&self) -> Option<&'static Term> {
        find(&self.0)
    }

    /// The RDF property.
    #[must_use]
    pub fn iri(&self) -> &str {
        self.term().map_or(&self.0, |term| term.iri)
    }

    /// What people read: the label of the list, else the last part of the IRI.
    #[must_use]
    pub fn label(&self) -> &str {
        match self.term() {
            Some(term) => term.label,
            None => self.0.rsplit(['/', '#']).find(|part| !part.is_empty()).unwrap_or(&self.0),
        }
    }

    /// Its place in the order in which a description is shown; those written as IRIs come last.
    #[must_use]
    pub fn rank(&self) -> usize {
        ALL.iter().position(|term| term.name == self.0).unwrap_or(ALL.len())
    }
}

/// Whether the text is an absolute IRI that RDF can carry (RFC 3987, the characters that N-Triples forbids excluded).
#[must_use]
pub fn is_iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let forbidden = |c: char| c <= ' ' || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '^' | '`' | '\\');
    scheme_ok && scheme.len() >= 2 && !rest.is_empty() && text.len() <= 2048 && !text.contains(forbidden)
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Property {
    type Error = BadProperty;
    fn try_from(text: String) -> Result<Self, BadProperty> {
        Self::parse(&text)
    }
}

impl From<Property> for String {
    fn from(property: Property) -> Self {
        property.0.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_iri() {
        assert_eq!(Property::parse("title").unwrap().iri(), "http://purl.org/dc/elements/1.1/title");
    }

    #[test]
    fn an_iri_is_a_property() {
        assert_eq!(Property::parse("http://example.org/ns#weight").unwrap().label(), "weight");
    }

    #[test]
    fn a_slip_is_refused_with_the_right_name() {
        let message = Property::parse("titel").unwrap_err().to_string();
        assert!(message.contains("did you mean \"title\"?"), "{message}");
    }

    #[test]
    fn what_is_near_to_a_property_is_in_the_list() {
        for (iri, name) in NEAR {
            let near = nearest(&Property::parse(iri).unwrap());
            assert_eq!(near.map(|term| term.name), Some(*name), "{iri}");
        }
        let created = Property::parse("http://purl.org/dc/terms/created").unwrap();
        assert_eq!(nearest(&created).map(|term| term.name), Some("date_created"));
        assert_eq!(nearest(&Property::parse("http://example.org/ns#weight").unwrap()), None);
    }

    #[test]
    fn names_are_listed_once() {
        let mut names: Vec<_> = ALL.iter().map(|term| term.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
