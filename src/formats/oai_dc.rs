//! Simple Dublin Core in the container of OAI-PMH (<http://www.openarchives.org/OAI/2.0/oai_dc.xsd>).
//!
//! Relations to other objects are left out: the target may not be public, and a public record must not tell of it.

use std::collections::HashSet;

use fonds_projections::feed::{Format, Place, Row, Setting, lost, noted, to};
use fonds_schemas::{Event, Level, Object, Property, Statement, StoredFile};

use super::said::is_of_ours;
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
const CROSSWALK: &[Row] = &[
    to("title", "title"),
    to("alternative", "title"),
    to("creator", "creator"),
    to("contributor", "contributor"),
    to("publisher", "publisher"),
    noted("date_created", "date", "in EDTF and as it was said"),
    noted("date_issued", "date", "in EDTF and as it was said"),
    to("object_type", "type"),
    // "The file format, physical medium, or dimensions of the resource."
    to("material", "format"),
    to("technique", "format"),
    to("dimensions", "format"),
    // "The spatial or temporal topic": where cataloguing codes for cultural works put period and culture too.
    to("period", "coverage"),
    to("culture", "coverage"),
    to("style", "subject"),
    to("use", "subject"),
    to("subject", "subject"),
    to("place", "coverage"),
    lost("coordinates", "a pair of numbers among the names of places says nothing"),
    to("language", "language"),
    to("description", "description"),
    to("inscription", "description"),
    to("note", "description"),
    to("identifier", "identifier"),
    // "An entity responsible for making the resource available."
    to("holding_institution", "publisher"),
    lost("department", "it says nothing without its institution"),
    to("collection", "relation"),
    to("provenance", "description"),
    to("credit_line", "rights"),
    lost("acquired", "a date is read as the date of the thing"),
    noted("rights", "rights", "the URI and the words"),
    to("rights_holder", "rights"),
    to("landing_page", "identifier"),
    to("image_url", "relation"),
    to("source", "source"),
    to("related", "relation"),
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

    fn crosswalk(&self) -> &'static [Row] {
        CROSSWALK
    }

    fn place_of(&self, property: &Property) -> Option<Place> {
        let row = CROSSWALK.iter().find(|row| row.property == property.as_str()).map(|row| row.place);
        row.or_else(|| element_of(property).map(|element| Place::In { element, note: "" }))
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let id = setting.addresses.id(object.id);
        let mut values = values(object, &id, setting.addresses.base());
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
        Some(out)
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

fn values<'a>(object: &'a Object, id: &'a str, base: &str) -> Vec<Value<'a>> {
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
        if is_of_ours(&statement.text, base) {
            continue;
        }
        if let Some(element) = element_of(&statement.property) {
            let precise = precise(statement, element).filter(|text| !is_of_ours(text, base));
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

fn element_of(property: &Property) -> Option<&'static str> {
    let name = property.as_str();
    if let Some(row) = CROSSWALK.iter().find(|row| row.property == name) {
        return match row.place {
            Place::In { element, note: _ } => Some(element),
            Place::Lost { why: _ } => None,
        };
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
    fn every_row_names_an_element() {
        for row in CROSSWALK {
            match row.place {
                Place::In { element, note: _ } => assert!(ELEMENTS.contains(&element), "{element}"),
                Place::Lost { why } => assert!(!why.is_empty()),
            }
        }
        for (_, element) in REFINEMENTS {
            assert!(ELEMENTS.contains(element), "{element}");
        }
    }
}
