//! The Europeana Data Model, as aggregators take it in (EDM external, <https://pro.europeana.eu/page/edm-documentation>).
//!
//! A record is here only where it passes Europeana's schema and its Schematron: a title or description, a subject, type, time
//! or place, a licence or rights statement on Europeana's list, and one of its five media types. Everything else has no
//! record in this format, rather than one that is refused on the way.

mod context;
mod media;
mod rights;

use fonds_projections::feed::{Format, Row, Setting, lost, noted, to};
use fonds_schemas::{Event, Object};

use self::context::{Class, Context};
use self::media::Media;
use super::element::Element;
use super::said::{Description, Numbers, Said, is_web};
use super::views;
use crate::iiif::presentation::rights::uri;

/// The format.
pub struct Edm;

const NAMESPACE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const SCHEMA: &str = "http://www.europeana.eu/schemas/edm/EDM.xsd";
const NAMESPACES: &[(&str, &str)] = &[
    ("xmlns:rdf", NAMESPACE),
    ("xmlns:edm", "http://www.europeana.eu/schemas/edm/"),
    ("xmlns:ore", "http://www.openarchives.org/ore/terms/"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:dcterms", "http://purl.org/dc/terms/"),
    ("xmlns:skos", "http://www.w3.org/2004/02/skos/core#"),
    ("xmlns:wgs84", "http://www.w3.org/2003/01/geo/wgs84_pos#"),
    ("xmlns:ebucore", "http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#"),
    ("xmlns:svcs", "http://rdfs.org/sioc/services#"),
    ("xmlns:doap", "http://usefulinc.com/ns/doap#"),
];

/// Views of an object that are named; the manifest has all of them. Each costs about 900 bytes, in every state of the record.
const VIEWS_MAX: usize = 100;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    to("title", "dc:title"),
    to("alternative", "dcterms:alternative"),
    noted("creator", "dc:creator", "with an authority, an edm:Agent"),
    noted("contributor", "dc:contributor", "with an authority, an edm:Agent"),
    noted("publisher", "dc:publisher", "with an authority, an edm:Agent"),
    noted("date_created", "dcterms:created", "with plain dates in EDTF, an edm:TimeSpan"),
    noted("date_issued", "dcterms:issued", "with plain dates in EDTF, an edm:TimeSpan"),
    noted("object_type", "dc:type", "with an authority, a skos:Concept"),
    noted("material", "dcterms:medium", "with an authority, a skos:Concept"),
    noted("technique", "dc:format", "with an authority, a skos:Concept"),
    to("dimensions", "dcterms:extent"),
    noted("period", "dcterms:temporal", "with an authority or plain dates in EDTF, an edm:TimeSpan"),
    // Neither a time nor a place, and EDM has no element of its own for it.
    noted("culture", "dc:coverage", "with an authority, a skos:Concept"),
    // "Concepts it belongs to in a suitable type system … that captures categories of objects in a given field".
    noted("style", "edm:hasType", "with an authority, a skos:Concept"),
    noted("use", "dc:subject", "with an authority, a skos:Concept"),
    noted("subject", "dc:subject", "with an authority, a skos:Concept"),
    noted("place", "dcterms:spatial", "with an authority, an edm:Place"),
    noted("coordinates", "edm:Place", "latitude and longitude; of the place, where both are one"),
    to("language", "dc:language"),
    to("description", "dc:description"),
    to("inscription", "dc:description"),
    to("note", "dc:description"),
    to("identifier", "dc:identifier"),
    noted("holding_institution", "edm:dataProvider", "the first; without one, the name of the archive"),
    lost("department", "it says nothing without its institution"),
    to("collection", "dcterms:isPartOf"),
    to("provenance", "dcterms:provenance"),
    to("credit_line", "dc:rights"),
    lost("acquired", "a date is read as the date of the thing"),
    noted("rights", "edm:rights", "the first URI that Europeana takes; words become dc:rights"),
    to("rights_holder", "dc:rights"),
    noted("landing_page", "edm:isShownAt", "the first; without one, the page here"),
    noted("image_url", "edm:isShownBy", "the first, where the archive has no file"),
    to("source", "dc:source"),
    to("related", "dc:relation"),
];

/// The order of elements in an `edm:ProvidedCHO`. The schema leaves the first two dozen free; people read titles first.
const THING_ORDER: &[&str] = &[
    "dc:title",
    "dcterms:alternative",
    "dc:creator",
    "dc:contributor",
    "dc:publisher",
    "dcterms:created",
    "dcterms:issued",
    "dc:type",
    "dcterms:medium",
    "dc:format",
    "dcterms:extent",
    "dcterms:temporal",
    "dc:coverage",
    "dc:subject",
    "dcterms:spatial",
    "dc:language",
    "dc:description",
    "dc:identifier",
    "dcterms:isPartOf",
    "dcterms:provenance",
    "dc:rights",
    "dc:source",
    "dc:relation",
    "edm:hasType",
    "edm:type",
];

impl Format for Edm {
    fn prefix(&self) -> &'static str {
        "edm"
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

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let said = Description::of(object, setting);
        // First what costs nothing: an object without rights is common, and may have ten thousand pages.
        let rights = rights::of(&said, setting)?;
        let holder =
            said.first("holding_institution").map_or(setting.publishing.institution.as_str(), |said| said.text);
        let provider = setting.publishing.provider.as_deref().unwrap_or(&setting.publishing.institution);
        if !is_described(&said) || holder.trim().is_empty() || provider.trim().is_empty() {
            return None;
        }
        let media = Media::of(object, &said, setting)?;
        let record = Record { object, setting, said: &said, rights: &rights };
        let mut context = Context::new(&record.id(), &said);
        let thing = record.thing(&media, &mut context);
        let aggregation = record.aggregation(&media, holder, provider);
        let root = NAMESPACES.iter().fold(Element::new("rdf:RDF"), |root, (name, value)| root.attribute(name, *value));
        let root = root.with([thing]).with(media.resources(object, setting, &rights)).with(context.elements());
        Some(root.with([aggregation]).with(media.services(setting)).written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        // That the first view of a kind that Europeana takes may be a later one changes nothing: it is chosen among these.
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

/// What names a thing for Europeana.
const NAMED_BY: &[&str] = &["title", "description", "inscription", "note"];
/// What a thing is found by. A coordinate is a place as well, but only if it is one.
const FOUND_BY: &[&str] = &["subject", "use", "object_type", "period", "place"];

/// What Europeana's Schematron asks of a thing, whatever it is.
fn is_described(said: &Description<'_>) -> bool {
    let any = |properties: &[&'static str]| properties.iter().any(|property| said.first(property).is_some());
    any(NAMED_BY) && any(FOUND_BY)
}

/// What an object lacks to have a record for Europeana, in the order in which it is missed; nothing where it has one.
#[must_use]
pub fn wanting(object: &Object, setting: &Setting<'_>) -> Vec<&'static str> {
    let said = Description::of(object, setting);
    let any = |properties: &[&'static str]| properties.iter().any(|property| said.first(property).is_some());
    let holder = said.first("holding_institution").map_or(setting.publishing.institution.as_str(), |said| said.text);
    let there = [
        (rights::of(&said, setting).is_some(), "a licence or rights statement that Europeana knows"),
        (any(NAMED_BY), "a title or a description"),
        (any(FOUND_BY), "a subject, type, period or place"),
        (
            Media::of(object, &said, setting).is_some(),
            "a file, or a type that says whether it is text, image, sound, film or 3D",
        ),
        (!holder.trim().is_empty(), "the name of who holds it"),
    ];
    there.into_iter().filter(|(is_there, _)| !is_there).map(|(_, what)| what).collect()
}

struct Record<'a> {
    object: &'a Object,
    setting: &'a Setting<'a>,
    said: &'a Description<'a>,
    rights: &'a str,
}

impl<'a> Record<'a> {
    fn id(&self) -> String {
        self.setting.addresses.id(self.object.id)
    }

    /// The thing itself: what is said of it, by the crosswalk.
    fn thing(&self, media: &Media<'a>, context: &mut Context<'a>) -> Element<'a> {
        let mut children: Vec<Element<'a>> = Vec::new();
        let Numbers { number, others } = Numbers::of(self.object, self.said);
        children.extend(number.map(|text| Element::new("dc:identifier").text(text)));
        children.extend(
            others.iter().map(|said| Element::new("dc:identifier").maybe("xml:lang", said.language).text(said.text)),
        );
        // In the order of the elements: what several statements name is of the class of the first that a reader meets.
        let mut all: Vec<(&'static str, &Said<'a>)> =
            self.said.iter().filter_map(|said| Some((element_of(said)?, said))).collect();
        all.sort_by_key(|(name, _)| THING_ORDER.iter().position(|known| known == name));
        // Statements that name one thing are one link to it: each element is written once.
        for (name, said) in all {
            match Class::of(said.property).and_then(|class| context.entity(class, said)) {
                Some(about) => children.push(Element::new(name).attribute("rdf:resource", about)),
                None => children.push(Element::new(name).maybe("xml:lang", said.language).text(said.text)),
            }
        }
        for place in context.places() {
            children.push(Element::new("dcterms:spatial").attribute("rdf:resource", place));
        }
        children.push(Element::new("edm:type").text(media.kind));
        Element::new("edm:ProvidedCHO")
            .attribute("rdf:about", self.id())
            .with(children)
            .each_once()
            .in_order(THING_ORDER)
    }

    fn aggregation(&self, media: &Media<'a>, holder: &'a str, provider: &'a str) -> Element<'a> {
        let link = |name, to: String| Element::new(name).attribute("rdf:resource", to);
        let landing = self.said.all("landing_page").map(|said| said.text).find(|text| is_web(text));
        let page = landing.map_or_else(|| self.setting.addresses.page(self.object.id), str::to_owned);
        Element::new("ore:Aggregation")
            .attribute("rdf:about", format!("{}#aggregation", self.id()))
            .with([link("edm:aggregatedCHO", self.id()), Element::new("edm:dataProvider").text(holder)])
            .with(media.others.iter().map(|view| link("edm:hasView", view.address(self.setting))))
            .with([link("edm:isShownAt", page)])
            .with(media.shown_by.clone().map(|address| link("edm:isShownBy", address)))
            .with(media.picture.clone().map(|address| link("edm:object", address)))
            .with([Element::new("edm:provider").text(provider), link("edm:rights", self.rights.to_owned())])
    }
}

/// The element that carries a statement, whether as words or as a link.
fn element_of(said: &Said<'_>) -> Option<&'static str> {
    Some(match said.property {
        "title" => "dc:title",
        "alternative" => "dcterms:alternative",
        "creator" => "dc:creator",
        "contributor" => "dc:contributor",
        "publisher" => "dc:publisher",
        "date_created" => "dcterms:created",
        "date_issued" => "dcterms:issued",
        "object_type" => "dc:type",
        "material" => "dcterms:medium",
        "technique" => "dc:format",
        "dimensions" => "dcterms:extent",
        "period" => "dcterms:temporal",
        "culture" => "dc:coverage",
        "style" => "edm:hasType",
        "use" | "subject" => "dc:subject",
        "place" => "dcterms:spatial",
        "language" => "dc:language",
        "description" | "inscription" | "note" => "dc:description",
        "collection" => "dcterms:isPartOf",
        "provenance" => "dcterms:provenance",
        "credit_line" | "rights_holder" => "dc:rights",
        // A licence is in edm:rights, or is one that Europeana does not know.
        "rights" if uri(said.text).is_none() => "dc:rights",
        "source" => "dc:source",
        "related" => "dc:relation",
        // What stands in the aggregation or in a place of its own, and what is left out.
        _ => return None,
    })
}
