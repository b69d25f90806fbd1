//! Simple Dublin Core in the container of OAI-PMH (<http://www.openarchives.org/OAI/2.0/oai_dc.xsd>).
//!
//! Relations to other objects are left out: the target may not be public, and a public record must not tell of it.

use std::collections::HashSet;

use fonds_projections::feed::Format;
use fonds_schemas::{Addresses, Event, Level, Object, Statement, StoredFile};

use super::xml;

/// The format.
pub struct OaiDc;

const NAMESPACE: &str = "http://www.openarchives.org/OAI/2.0/oai_dc/";
const SCHEMA: &str = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd";
const ELEMENTS_NAMESPACE: &str = "http://purl.org/dc/elements/1.1/";
const TERMS_NAMESPACE: &str = "http://purl.org/dc/terms/";

/// The fifteen elements (ISO 15836-1), in the order in which a record has them.
const ELEMENTS: &[&str] = &[
    "title",
    "creator",
    "contributor",
    "publisher",
    "date",
    "type",
    "format",
    "language",
    "subject",
    "coverage",
    "description",
    "identifier",
    "source",
    "relation",
    "rights",
];

/// Which element carries which property, in the order of the properties.
///
/// Not carried: `acquired` (a `dc:date` is read as the date of the thing) and `department` (it says nothing without
/// its institution).
const CROSSWALK: &[(&str, &str)] = &[
    ("title", "title"),
    ("alternative", "title"),
    ("creator", "creator"),
    ("contributor", "contributor"),
    ("publisher", "publisher"),
    ("date_created", "date"),
    ("date_issued", "date"),
    ("object_type", "type"),
    // "The file format, physical medium, or dimensions of the resource."
    ("material", "format"),
    ("technique", "format"),
    ("dimensions", "format"),
    // "The spatial or temporal topic": where cataloguing codes for cultural works put period and culture too.
    ("period", "coverage"),
    ("culture", "coverage"),
    ("place", "coverage"),
    ("style", "subject"),
    ("use", "subject"),
    ("subject", "subject"),
    ("language", "language"),
    ("description", "description"),
    ("inscription", "description"),
    ("note", "description"),
    ("provenance", "description"),
    ("identifier", "identifier"),
    ("landing_page", "identifier"),
    // "An entity responsible for making the resource available."
    ("holding_institution", "publisher"),
    ("collection", "relation"),
    ("image_url", "relation"),
    ("related", "relation"),
    ("source", "source"),
    ("credit_line", "rights"),
    ("rights", "rights"),
    ("rights_holder", "rights"),
];

/// Qualified Dublin Core by IRI, dumbed down to the element that each term refines.
const REFINEMENTS: &[(&str, &str)] = &[
    ("abstract", "description"),
    ("accessRights", "rights"),
    ("alternative", "title"),
    ("available", "date"),
    ("bibliographicCitation", "identifier"),
    ("conformsTo", "relation"),
    ("created", "date"),
    ("date", "date"),
    ("dateCopyrighted", "date"),
    ("extent", "format"),
    ("hasFormat", "relation"),
    ("hasPart", "relation"),
    ("hasVersion", "relation"),
    ("isFormatOf", "relation"),
    ("isPartOf", "relation"),
    ("isReferencedBy", "relation"),
    ("isReplacedBy", "relation"),
    ("isRequiredBy", "relation"),
    ("isVersionOf", "relation"),
    ("issued", "date"),
    ("license", "rights"),
    ("medium", "format"),
    ("modified", "date"),
    ("references", "relation"),
    ("replaces", "relation"),
    ("requires", "relation"),
    ("rightsHolder", "rights"),
    ("spatial", "coverage"),
    ("tableOfContents", "description"),
    ("temporal", "coverage"),
];

impl Format for OaiDc {
    fn prefix(&self) -> &'static str {
        "oai_dc"
    }

    fn schema(&self) -> &'static str {
        SCHEMA
    }

    fn namespace(&self) -> &'static str {
        NAMESPACE
    }

    fn render(&self, object: &Object, addresses: &Addresses) -> String {
        let id = addresses.id(object.id);
        let mut values = values(object, &id);
        values.sort_by_key(|value| value.element);
        let mut out = String::with_capacity(1024);
        out.push_str("<oai_dc:dc xmlns:oai_dc=\"");
        out.push_str(NAMESPACE);
        out.push_str("\" xmlns:dc=\"");
        out.push_str(ELEMENTS_NAMESPACE);
        out.push_str("\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"");
        out.push_str(NAMESPACE);
        out.push(' ');
        out.push_str(SCHEMA);
        out.push_str("\">");
        let mut written = HashSet::with_capacity(values.len());
        for value in &values {
            if written.insert(value) {
                write(&mut out, value);
            }
        }
        out.push_str("</oai_dc:dc>");
        out
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        // Of a file only its media type is shown, and that only once, where the first file of its kind stands.
        let another_says_so = |file: &StoredFile| {
            let earlier = before.files.iter().take_while(|one| (one.order, one.file) < (file.order, file.file));
            earlier.into_iter().any(|one| one.media_type == file.media_type)
        };
        if let Event::FileStored(body) = event {
            return before.file(body.file.file).is_none() && another_says_so(&body.file);
        }
        if let Event::FileDetached(body) = event {
            return before.file(body.file).is_none_or(another_says_so);
        }
        false
    }
}

/// One value of one element.
#[derive(PartialEq, Eq, Hash)]
struct Value<'a> {
    /// Its place in [`ELEMENTS`].
    element: usize,
    text: &'a str,
    language: Option<&'a str>,
}

fn write(out: &mut String, value: &Value<'_>) {
    let element = ELEMENTS[value.element];
    out.push_str("<dc:");
    out.push_str(element);
    if let Some(language) = value.language {
        xml::attribute(out, "xml:lang", language);
    }
    out.push('>');
    xml::text(out, value.text);
    out.push_str("</dc:");
    out.push_str(element);
    out.push('>');
}

fn values<'a>(object: &'a Object, id: &'a str) -> Vec<Value<'a>> {
    let mut values = Vec::with_capacity(object.statements.len() + 4);
    let mut put = |element: &str, text: &'a str, language: Option<&'a str>| {
        let text = text.trim();
        if let Some(element) = ELEMENTS.iter().position(|known| *known == element).filter(|_| !text.is_empty()) {
            values.push(Value { element, text, language });
        }
    };
    // First, because harvesters take the first identifier that looks like an address for the link to the thing.
    put("identifier", id, None);
    if let Some(source) = &object.source {
        put("identifier", &source.identifier, None);
    }
    if let Some(dcmi_type) = dcmi_type(object.level) {
        put("type", dcmi_type, None);
    }
    for standing in &object.statements {
        let statement = &standing.statement;
        if let Some(element) = element_of(statement) {
            let precise = precise(statement, element);
            if let Some(precise) = precise {
                put(element, precise, None);
            }
            if precise != Some(statement.text.as_str()) {
                put(element, &statement.text, statement.language.as_ref().map(fonds_schemas::Language::as_str));
            }
        }
    }
    for file in &object.files {
        put("format", &file.media_type, None);
    }
    values
}

fn element_of(statement: &Statement) -> Option<&'static str> {
    let name = statement.property.as_str();
    if let Some((_, element)) = CROSSWALK.iter().find(|(property, _)| *property == name) {
        return Some(element);
    }
    if let Some(element) = name.strip_prefix(ELEMENTS_NAMESPACE) {
        return ELEMENTS.iter().find(|known| **known == element).copied();
    }
    let term = name.strip_prefix(TERMS_NAMESPACE)?;
    let refined = REFINEMENTS.iter().find(|(known, _)| *known == term).map(|(_, element)| *element);
    refined.or_else(|| ELEMENTS.iter().find(|known| **known == term).copied())
}

/// What a machine reads of a statement, beside its text: the URI of the rights, the date in EDTF.
fn precise<'a>(statement: &'a Statement, element: &str) -> Option<&'a str> {
    match element {
        "rights" => statement.authority.as_deref(),
        "date" => statement.edtf.as_deref(),
        _ => None,
    }
}

/// What the DCMI Type Vocabulary calls a level, where the level says it.
fn dcmi_type(level: Level) -> Option<&'static str> {
    match level {
        Level::Fonds | Level::Series | Level::File => Some("Collection"),
        // A drawing, a text, a field campaign, a scan: only the description knows.
        Level::Work | Level::Project | Level::Instance | Level::Item => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_of_the_list_is_carried_or_left_out_on_purpose() {
        let left_out: Vec<_> = fonds_schemas::property::ALL
            .iter()
            .filter(|term| !CROSSWALK.iter().any(|(name, _)| *name == term.name))
            .map(|term| term.name)
            .collect();
        assert_eq!(left_out, ["coordinates", "department", "acquired"]);
    }

    #[test]
    fn every_row_names_a_property_and_an_element() {
        for (property, element) in CROSSWALK {
            assert!(fonds_schemas::property::find(property).is_some(), "{property}");
            assert!(ELEMENTS.contains(element), "{element}");
        }
        for (_, element) in REFINEMENTS {
            assert!(ELEMENTS.contains(element), "{element}");
        }
    }
}
