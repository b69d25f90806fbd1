//! The events that LIDO tells of: production, publication, acquisition, and one without a kind.

use super::{URI, concept, text};
use crate::formats::element::Element;
use crate::formats::said::{Description, Said, ends};
use crate::iiif::presentation::place::point;

/// Kinds of events in the LIDO terminology.
const PRODUCTION: Kind = Kind { id: "http://terminology.lido-schema.org/eventType/production", term: "Production" };
const PUBLICATION: Kind = Kind { id: "http://terminology.lido-schema.org/eventType/publication", term: "Publication" };
const ACQUISITION: Kind = Kind { id: "http://terminology.lido-schema.org/eventType/acquisition", term: "Acquisition" };
const ANY: Kind = Kind { id: "http://terminology.lido-schema.org/lido00003", term: "Event (non-specified)" };

/// Kinds of terms in the LIDO terminology.
const MATERIAL: &str = "http://terminology.lido-schema.org/lido00132";
const TECHNIQUE: &str = "http://terminology.lido-schema.org/lido00131";

struct Kind {
    id: &'static str,
    term: &'static str,
}

/// The events of a thing, those of which anything is known.
pub fn events<'a>(said: &Description<'a>) -> Option<Element<'a>> {
    let made = actors(said, &["creator", "contributor"])
        .chain(said.all("culture").map(|said| concept("lido:culture", said)))
        .chain(date(said, "date_created"))
        .chain(said.all("period").map(|said| concept("lido:periodName", said)))
        .chain(materials(said));
    let issued = actors(said, &["publisher"]).chain(date(said, "date_issued"));
    let all = [
        event(&PRODUCTION, made.collect()),
        event(&PUBLICATION, issued.collect()),
        event(&ACQUISITION, date(said, "acquired").into_iter().collect()),
        event(&ANY, places(said)),
    ];
    Element::around("lido:eventWrap", all.into_iter().flatten())
}

/// An event of that kind; nothing, where nothing is known of it.
fn event<'a>(kind: &Kind, known: Vec<Element<'a>>) -> Option<Element<'a>> {
    if known.is_empty() {
        return None;
    }
    let id = Element::new("lido:conceptID").attribute("lido:type", URI).text(kind.id);
    let term = Element::new("lido:term").attribute("xml:lang", "en").text(kind.term);
    let kind = Element::new("lido:eventType").with([id, term]);
    let event = Element::new("lido:event").with([kind]).with(known).each_once();
    Some(Element::new("lido:eventSet").with([event]))
}

fn actors<'b, 'a: 'b>(said: &'b Description<'a>, roles: &'b [&'static str]) -> impl Iterator<Item = Element<'a>> + 'b {
    let actor = |role: &'static str, said: &Said<'a>| {
        let id = said.authority.map(|iri| Element::new("lido:actorID").attribute("lido:type", URI).text(iri));
        let name = Element::new("lido:nameActorSet").with([text("lido:appellationValue", said)]);
        let actor = Element::new("lido:actor").with(id).with([name]);
        let role =
            Element::new("lido:roleActor").with([Element::new("lido:term").attribute("xml:lang", "en").text(role)]);
        Element::new("lido:eventActor").with([Element::new("lido:actorInRole").with([actor, role])])
    };
    roles.iter().flat_map(move |role| said.all(role).map(move |said| actor(role, said)))
}

/// The one date of an event: as it was said, each time that it was, and as the first plain date of a machine.
fn date<'a>(said: &Description<'a>, property: &'static str) -> Option<Element<'a>> {
    let shown = said.all(property).map(|said| text("lido:displayDate", said));
    let exact = said.all(property).find_map(|said| said.edtf.and_then(ends)).map(|(begin, end)| {
        Element::new("lido:date")
            .with([Element::new("lido:earliestDate").text(begin), Element::new("lido:latestDate").text(end)])
    });
    Element::around("lido:eventDate", shown.chain(exact)).map(Element::each_once)
}

fn materials<'b, 'a: 'b>(said: &'b Description<'a>) -> impl Iterator<Item = Element<'a>> + 'b {
    let kinds = [("material", MATERIAL), ("technique", TECHNIQUE)];
    kinds.into_iter().flat_map(move |(property, kind)| {
        said.all(property).map(move |said| {
            let term = concept("lido:termMaterialsTech", said).attribute("lido:type", kind);
            Element::new("lido:eventMaterialsTech").with([Element::new("lido:materialsTech").with([term])])
        })
    })
}

/// Places with their names, and points; a point belongs to a name where both are one.
fn places<'a>(said: &Description<'a>) -> Vec<Element<'a>> {
    let points = said.all("coordinates").filter_map(|said| point(said.text)).map(|point| {
        let [longitude, latitude] = point.coordinates;
        let position = Element::new("gml:pos").text(format!("{latitude} {longitude}"));
        let point = Element::new("gml:Point").attribute("srsName", "urn:ogc:def:crs:EPSG::4326").with([position]);
        Element::new("lido:gml").with([point])
    });
    let mut points: Vec<_> = points.collect();
    let mut places: Vec<_> = said.all("place").map(place).collect();
    if let ([_], [_]) = (&places[..], &points[..]) {
        places = places.into_iter().map(|place| place.with(points.drain(..))).collect();
    }
    places.extend(points.into_iter().map(|point| Element::new("lido:place").with([point])));
    places.into_iter().map(|place| Element::new("lido:eventPlace").with([place])).collect()
}

fn place<'a>(said: &Said<'a>) -> Element<'a> {
    let id = said.authority.map(|iri| Element::new("lido:placeID").attribute("lido:type", URI).text(iri));
    let name = Element::new("lido:namePlaceSet").with([text("lido:appellationValue", said)]);
    Element::new("lido:place").with(id).with([name])
}
