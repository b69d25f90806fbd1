//! Qualified Dublin Core: the DCMI Metadata Terms (<https://www.dublincore.org/specifications/dublin-core/dcmi-terms/>) with
//! their encoding schemes as `xsi:type`, in the container that OCLC's and most other repositories put them in.
//!
//! What is said by a term of Dublin Core goes out by that term, also where the list of properties has none for it.

use std::collections::HashSet;

use fonds_projections::feed::{Format, Place, Row, Setting, lost, noted, to};
use fonds_schemas::{Event, Language, Level, Object, Property, Statement, property};

use super::calendar::is_common;
use super::element::Element;
use super::said::{ends, is_of_ours, is_uri, is_web};
use super::views::{self, views};
use crate::iiif::presentation::place::point;
use crate::iiif::presentation::rights;

/// The format.
pub struct DcTerms;

const NAMESPACE: &str = "http://worldcat.org/xmlschemas/qdc-1.0/";
const SCHEMA: &str = "http://worldcat.org/xmlschemas/qdc/1.0/qdc-1.0.xsd";
const TERMS: &str = "http://purl.org/dc/terms/";
const ELEMENTS: &str = "http://purl.org/dc/elements/1.1/";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "dcterms:title", "without one, the number that the thing came with"),
    to("alternative", "dcterms:alternative"),
    noted("creator", "dcterms:creator", "the words, and the authority as a URI"),
    noted("contributor", "dcterms:contributor", "the words, and the authority as a URI"),
    noted("publisher", "dcterms:publisher", "the words, and the authority as a URI"),
    noted("date_created", "dcterms:created", "as W3CDTF, Period or EDTF, and as it was said"),
    noted("date_issued", "dcterms:issued", "as W3CDTF, Period or EDTF, and as it was said"),
    noted("object_type", "dcterms:type", "the words, and the authority as a URI"),
    noted("material", "dcterms:medium", "the words, and the authority as a URI"),
    noted("technique", "dcterms:format", "beside the media types of files"),
    to("dimensions", "dcterms:extent"),
    noted("period", "dcterms:temporal", "the words, the authority as a URI, plain dates of EDTF as a Period"),
    noted("culture", "dcterms:coverage", "the words, and the authority as a URI"),
    noted("style", "dcterms:subject", "the words, and the authority as a URI"),
    noted("use", "dcterms:subject", "the words, and the authority as a URI"),
    noted("subject", "dcterms:subject", "the words, and the authority as a URI"),
    noted("place", "dcterms:spatial", "the words, and the authority as a URI"),
    noted("coordinates", "dcterms:spatial", "as a Point"),
    noted("language", "dcterms:language", "a code as RFC4646"),
    to("description", "dcterms:description"),
    to("inscription", "dcterms:description"),
    to("note", "dcterms:description"),
    to("identifier", "dcterms:identifier"),
    // "An entity responsible for making the resource available."
    to("holding_institution", "dcterms:publisher"),
    lost("department", "it says nothing without its institution"),
    to("collection", "dcterms:isPartOf"),
    to("provenance", "dcterms:provenance"),
    to("credit_line", "dcterms:rights"),
    to("acquired", "dcterms:dateAccepted"),
    noted("rights", "dcterms:license", "the URI of a licence or rights statement; the words are dcterms:rights"),
    to("rights_holder", "dcterms:rightsHolder"),
    to("landing_page", "dcterms:identifier"),
    // "Substantially the same as the pre-existing described resource, but in another format."
    to("image_url", "dcterms:hasFormat"),
    to("source", "dcterms:source"),
    to("related", "dcterms:relation"),
];

/// All terms that are properties, in the order in which a record has them.
const ORDER: &[&str] = &[
    "dcterms:title",
    "dcterms:alternative",
    "dcterms:creator",
    "dcterms:contributor",
    "dcterms:publisher",
    "dcterms:created",
    "dcterms:issued",
    "dcterms:date",
    "dcterms:dateAccepted",
    "dcterms:dateCopyrighted",
    "dcterms:dateSubmitted",
    "dcterms:available",
    "dcterms:modified",
    "dcterms:valid",
    "dcterms:type",
    "dcterms:medium",
    "dcterms:format",
    "dcterms:extent",
    "dcterms:language",
    "dcterms:subject",
    "dcterms:coverage",
    "dcterms:temporal",
    "dcterms:spatial",
    "dcterms:abstract",
    "dcterms:description",
    "dcterms:tableOfContents",
    "dcterms:identifier",
    "dcterms:bibliographicCitation",
    "dcterms:isPartOf",
    "dcterms:hasPart",
    "dcterms:isVersionOf",
    "dcterms:hasVersion",
    "dcterms:isFormatOf",
    "dcterms:hasFormat",
    "dcterms:isReferencedBy",
    "dcterms:references",
    "dcterms:isReplacedBy",
    "dcterms:replaces",
    "dcterms:isRequiredBy",
    "dcterms:requires",
    "dcterms:conformsTo",
    "dcterms:source",
    "dcterms:relation",
    "dcterms:provenance",
    "dcterms:license",
    "dcterms:accessRights",
    "dcterms:rights",
    "dcterms:rightsHolder",
    "dcterms:audience",
    "dcterms:educationLevel",
    "dcterms:mediator",
    "dcterms:instructionalMethod",
    "dcterms:accrualMethod",
    "dcterms:accrualPeriodicity",
    "dcterms:accrualPolicy",
];

impl Format for DcTerms {
    fn prefix(&self) -> &'static str {
        "dcterms"
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
        let (name, element) = element_of(property)?;
        let row = CROSSWALK.iter().find(|row| row.property == name).map(|row| row.place);
        row.or(element.map(|element| Place::In { element, note: "" }))
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let mut children = ours(object, setting);
        let base = setting.addresses.base();
        let mut written = HashSet::with_capacity(object.statements.len());
        for standing in &object.statements {
            let statement = &standing.statement;
            let known = (&statement.property, statement.text.trim(), &statement.language, &statement.authority);
            if is_of_ours(&statement.text, base) || !written.insert((known, &statement.edtf)) {
                continue;
            }
            children.extend(of_statement(statement, base));
        }
        if !children.iter().any(|child| child.name() == "dcterms:title") {
            children.push(Element::new("dcterms:title").text(object.title().trim().to_owned()));
        }
        let root = Element::new("oai_qdc:qualifieddc")
            .attribute("xmlns:oai_qdc", NAMESPACE)
            .attribute("xmlns:dcterms", TERMS)
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"));
        Some(root.with(children).in_order(ORDER).written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

/// What the archive says of the object by itself: its names, its files, what kind of thing a level is.
fn ours<'a>(object: &'a Object, setting: &Setting<'_>) -> Vec<Element<'a>> {
    let mut all = vec![typed("dcterms:identifier", "dcterms:URI").text(setting.addresses.id(object.id))];
    let number = object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
    all.extend(number.map(|text| Element::new("dcterms:identifier").text(text)));
    match object.level {
        Level::Fonds | Level::Series | Level::File => {
            all.push(typed("dcterms:type", "dcterms:DCMIType").text("Collection"));
        }
        // A drawing, a text, a field campaign, a scan: only the description knows.
        Level::Work | Level::Project | Level::Instance | Level::Item => {}
    }
    let views = views(object, VIEWS_MAX);
    let mut types: Vec<&str> = views.iter().map(|view| view.page.file.media_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    all.extend(types.into_iter().map(|text| typed("dcterms:format", "dcterms:IMT").text(text)));
    let address = |name, address: String| typed(name, "dcterms:URI").text(address);
    all.extend(views.iter().map(|view| address("dcterms:hasFormat", view.address(setting))));
    if !views.is_empty() {
        all.push(address("dcterms:isReferencedBy", setting.addresses.manifest(object.id)));
    }
    all
}

/// The property of the list that a property is or is near to, and the term that carries it; an empty name where there is only
/// the term.
fn element_of(property: &Property) -> Option<(&'static str, Option<&'static str>)> {
    if let Some(term) = property.term() {
        let place = CROSSWALK.iter().find(|row| row.property == term.name)?.place;
        let Place::In { element, note: _ } = place else { return Some((term.name, None)) };
        return Some((term.name, Some(element)));
    }
    let name = property.as_str();
    let term = name.strip_prefix(TERMS).or_else(|| name.strip_prefix(ELEMENTS));
    let known = |term: &str| ORDER.iter().find(|name| name.strip_prefix("dcterms:") == Some(term)).copied();
    if let Some(element) = term.and_then(known) {
        let carries = |row: &Row| matches!(row.place, Place::In { element: known, note: _ } if known == element);
        let is_same = |name: &str| CROSSWALK.iter().any(|row| row.property == name && carries(row));
        let name = property::nearest(property).map_or("", |term| term.name);
        return Some((if is_same(name) { name } else { "" }, Some(element)));
    }
    element_of(&Property::parse(property::nearest(property)?.name).ok()?)
}

/// The elements of a statement: what a machine reads first, then the words.
fn of_statement<'a>(statement: &'a Statement, base: &str) -> Vec<Element<'a>> {
    let Some((property, Some(element))) = element_of(&statement.property) else { return Vec::new() };
    let text = statement.text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let words =
        |name| Element::new(name).maybe("xml:lang", statement.language.as_ref().map(Language::as_str)).text(text);
    let authority = statement.authority.as_deref().filter(|iri| is_uri(iri) && !is_of_ours(iri, base));
    let mut all = Vec::new();
    match property {
        "rights" => {
            let uri = authority.and_then(rights::uri).or_else(|| rights::uri(text));
            all.extend(uri.clone().map(|uri| typed("dcterms:license", "dcterms:URI").text(uri)));
            if uri.is_none() || !is_web(text) {
                all.push(words("dcterms:rights"));
            }
            return all;
        }
        "coordinates" => {
            return vec![match point(text).map(|point| point.coordinates) {
                Some([east, north]) => typed(element, "dcterms:Point")
                    .text(format!("east={east}; north={north}; units=signed decimal degrees")),
                None => words(element),
            }];
        }
        "language" if Language::parse(text).is_ok_and(|tag| tag.primary().len() <= 3) => {
            return vec![typed(element, "dcterms:RFC4646").text(text)];
        }
        "landing_page" | "image_url" if is_web(text) => return vec![typed(element, "dcterms:URI").text(text)],
        "date_created" | "date_issued" | "period" | "acquired" => {
            all.extend(statement.edtf.as_deref().and_then(|edtf| date(element, edtf, text)));
        }
        _ => {}
    }
    all.extend(authority.filter(|iri| *iri != text).map(|iri| typed(element, "dcterms:URI").text(iri)));
    all.push(if authority == Some(text) { typed(element, "dcterms:URI").text(text) } else { words(element) });
    all
}

/// A date in EDTF, by the scheme that takes it; nothing where the words for it are the same.
fn date<'a>(name: &'static str, edtf: &'a str, text: &str) -> Option<Element<'a>> {
    match ends(edtf).filter(|(begin, end)| is_common(begin) && is_common(end)) {
        Some((begin, end)) if begin == end => Some(typed(name, "dcterms:W3CDTF").text(begin)),
        Some((begin, end)) => {
            Some(typed(name, "dcterms:Period").text(format!("start={begin}; end={end}; scheme=W3C-DTF")))
        }
        None if edtf == text => None,
        None => Some(Element::new(name).text(edtf)),
    }
}

fn typed<'a>(name: &'static str, scheme: &'static str) -> Element<'a> {
    Element::new(name).attribute("xsi:type", scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_keeps_its_name() {
        let check = |iri: &str, wanted: Option<&str>| {
            let found = element_of(&Property::parse(iri).unwrap()).and_then(|(_, element)| element);
            assert_eq!(found, wanted, "{iri}");
        };
        check("http://purl.org/dc/terms/abstract", Some("dcterms:abstract"));
        check("http://purl.org/dc/terms/audience", Some("dcterms:audience"));
        check("http://purl.org/dc/elements/1.1/coverage", Some("dcterms:coverage"));
        check("http://schema.org/genre", Some("dcterms:subject"));
        check("department", None);
        check("http://example.org/ns#weight", None);
    }
}
