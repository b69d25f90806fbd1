//! CIDOC CRM 7.1 (<https://cidoc-crm.org/>) in RDF/XML: what museums and research projects integrate.
//!
//! The model is of events, a description is of a thing: whoever made it, when, in which way, is put into one production;
//! what is said of a place stands at an event of which nothing is known. An undertaking is no thing, and has no record here.

use fonds_projections::feed::{Format, Row, Setting, lost, noted, to};
use fonds_schemas::{Event, Level, Object};

use super::calendar::seconds;
use super::element::Element;
use super::rdf::{self, named, node, words};
use super::said::{Description, Said, ends, is_web};
use super::views::{self, Kind, View, views};
use crate::iiif::presentation::place::point;
use crate::iiif::presentation::rights;

/// The format.
pub struct Crm;

const ONTOLOGY: &str = "http://www.cidoc-crm.org/cidoc-crm/";
const DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";
/// Dates of the Extended Date/Time Format.
const EDTF: &str = "http://id.loc.gov/datatypes/edtf/EDTF";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "P102 E35 Title", "without one, the number that the thing came with"),
    noted("alternative", "P102 E35 Title", "P2 has type: alternative"),
    noted("creator", "P108i E12 Production / P14 E39 Actor", "with the authority as the actor's name"),
    noted("contributor", "P108i E12 Production / P11 E39 Actor", "with the authority as the actor's name"),
    noted("publisher", "P12i E7 Activity / P14 E39 Actor", "P2 has type: publication"),
    noted("date_created", "P108i E12 Production / P4 E52 Time-Span", "plain dates in EDTF have a beginning and an end"),
    noted("date_issued", "P12i E7 Activity / P4 E52 Time-Span", "plain dates in EDTF have a beginning and an end"),
    to("object_type", "P2 E55 Type"),
    to("material", "P45 E57 Material"),
    to("technique", "P108i E12 Production / P32 E55 Type"),
    noted("dimensions", "P43 E54 Dimension", "in words"),
    to("period", "P108i E12 Production / P10 E4 Period"),
    noted("culture", "P2 E55 Type", "which is of the type culture"),
    noted("style", "P2 E55 Type", "which is of the type style"),
    to("use", "P103 E55 Type"),
    to("subject", "P128 E73 Information Object / P129 E1 Entity"),
    noted("place", "P12i E5 Event / P7 E53 Place", "nobody says whether it was made there, found there or shows it"),
    noted("coordinates", "P12i E5 Event / P7 E53 Place / P168", "of the place, where both are one"),
    to("language", "P128 E33 Linguistic Object / P72 E56 Language"),
    noted("description", "P67i E33 Linguistic Object", "P2 has type: description"),
    to("inscription", "P128 E34 Inscription"),
    noted("note", "P67i E33 Linguistic Object", "P2 has type: note"),
    to("identifier", "P1 E42 Identifier"),
    noted("holding_institution", "P50 E74 Group", "without one, the archive"),
    noted("department", "P50 E74 Group / P107 E74 Group", "of the first institution"),
    to("collection", "P46i E78 Curated Holding"),
    noted("provenance", "P67i E33 Linguistic Object", "P2 has type: provenance"),
    noted("credit_line", "P67i E33 Linguistic Object", "P2 has type: credit line"),
    to("acquired", "P24i E8 Acquisition / P4 E52 Time-Span"),
    noted("rights", "P104 E30 Right", "with the URI as its name"),
    to("rights_holder", "P105 E39 Actor"),
    noted("landing_page", "P129i E73 Information Object", "an address only"),
    noted("image_url", "P138i E36 Visual Item", "an address only"),
    to("source", "P130 E70 Thing"),
    lost("related", "no property of the model says so little"),
];

impl Format for Crm {
    fn prefix(&self) -> &'static str {
        "crm"
    }

    fn schema(&self) -> &'static str {
        rdf::SCHEMA
    }

    fn namespace(&self) -> &'static str {
        rdf::NAMESPACE
    }

    fn crosswalk(&self) -> &'static [Row] {
        CROSSWALK
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        let class = match object.level {
            Level::Fonds | Level::Series | Level::File => "crm:E78_Curated_Holding",
            Level::Work | Level::Instance | Level::Item => "crm:E22_Human-Made_Object",
            Level::Project => return None,
        };
        let said = Description::of(object, setting);
        let record = Record { object, setting, said: &said };
        let thing = node(class, setting.addresses.id(object.id))
            .with(record.names())
            .with(said.iter().filter_map(of_thing))
            .with(record.production())
            .with(record.publication())
            .with(record.places())
            .with(record.carried())
            .with(record.keepers())
            .with(record.resources());
        Some(rdf::root(&[("xmlns:crm", ONTOLOGY)]).with([thing]).written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

struct Record<'b, 'a> {
    object: &'a Object,
    setting: &'b Setting<'a>,
    said: &'b Description<'a>,
}

impl<'a> Record<'_, 'a> {
    /// What it is called. A label is for whoever reads the graph as it is.
    fn names(&self) -> Vec<Element<'a>> {
        let mut all: Vec<_> = self.said.all("title").map(|said| words("rdfs:label", said)).collect();
        let title = |text: Element<'a>| rdf::to("crm:P102_has_title", Element::new("crm:E35_Title").with([text]));
        if all.is_empty() {
            let text = self.object.title().trim().to_owned();
            all.push(Element::new("rdfs:label").text(text.clone()));
            all.push(title(Element::new(CONTENT).text(text)));
        }
        all.extend(self.said.all("title").map(|said| title(words(CONTENT, said))));
        let number = self.object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
        all.extend(number.map(|text| {
            let content = Element::new(CONTENT).text(text);
            rdf::to("crm:P48_has_preferred_identifier", Element::new("crm:E42_Identifier").with([content]))
        }));
        all
    }

    fn production(&self) -> Option<Element<'a>> {
        let parts = self.said.iter().filter_map(|said| {
            Some(match said.property {
                "creator" => rdf::to("crm:P14_carried_out_by", named("crm:E39_Actor", said)),
                "contributor" => rdf::to("crm:P11_had_participant", named("crm:E39_Actor", said)),
                "date_created" => time_span(said),
                "technique" => rdf::to("crm:P32_used_general_technique", named("crm:E55_Type", said)),
                "period" => rdf::to("crm:P10_falls_within", named("crm:E4_Period", said)),
                _ => return None,
            })
        });
        Some(rdf::to("crm:P108i_was_produced_by", Element::around("crm:E12_Production", parts)?))
    }

    fn publication(&self) -> Option<Element<'a>> {
        let publishers = self.said.all("publisher");
        let publishers = publishers.map(|said| rdf::to("crm:P14_carried_out_by", named("crm:E39_Actor", said)));
        let parts = publishers.chain(self.said.all("date_issued").map(time_span));
        let activity = Element::around("crm:E7_Activity", parts)?;
        Some(rdf::to("crm:P12i_was_present_at", activity.with([kind("publication")])))
    }

    /// Places, each at an event of its own. Coordinates are those of the place, where there is one of both.
    fn places(&self) -> Vec<Element<'a>> {
        let at = |place| rdf::to("crm:P7_took_place_at", place);
        let event = |place| rdf::to("crm:P12i_was_present_at", Element::new("crm:E5_Event").with([at(place)]));
        let mut places: Vec<_> = self.said.all("place").map(|said| named("crm:E53_Place", said)).collect();
        let mut points: Vec<_> = self.said.all("coordinates").map(defined).collect();
        if let ([place], [_]) = (&mut places[..], &points[..]) {
            *place = place.clone().with(points.pop());
        }
        places.extend(points.into_iter().map(|point| Element::new("crm:E53_Place").with([point])));
        places.into_iter().map(event).collect()
    }

    /// What it carries: something about its subjects, in its languages.
    fn carried(&self) -> Vec<Element<'a>> {
        let about = self.said.all("subject");
        let about = about.map(|said| rdf::to("crm:P129_is_about", named("crm:E1_CRM_Entity", said)));
        let languages = self.said.all("language");
        let languages = languages.map(|said| rdf::to("crm:P72_has_language", named("crm:E56_Language", said)));
        let carried = [
            Element::around("crm:E73_Information_Object", about),
            Element::around("crm:E33_Linguistic_Object", languages),
        ];
        carried.into_iter().flatten().map(|one| rdf::to(CARRIES, one)).collect()
    }

    fn keepers(&self) -> Vec<Element<'a>> {
        let mut keepers: Vec<_> =
            self.said.all("holding_institution").map(|said| named("crm:E74_Group", said)).collect();
        if keepers.is_empty() {
            let name = Element::new("rdfs:label").text(self.setting.publishing.institution.as_str());
            let homepage = self.setting.publishing.homepage.clone();
            keepers.push(Element::new("crm:E74_Group").maybe("rdf:about", homepage).with([name]));
        }
        let departments = self.said.all("department");
        let departments =
            departments.map(|said| rdf::to("crm:P107_has_current_or_former_member", named("crm:E74_Group", said)));
        if let Some(first) = keepers.first_mut() {
            *first = first.clone().with(departments);
        }
        keepers.into_iter().map(|keeper| rdf::to("crm:P50_has_current_keeper", keeper)).collect()
    }

    /// Its page, its manifest, and its files as the web has them.
    fn resources(&self) -> Vec<Element<'a>> {
        let addresses = self.setting.addresses;
        let about = |address: String| rdf::to("crm:P129i_is_subject_of", node("crm:E73_Information_Object", address));
        let shown = |view: &View<'_>| {
            let address = view.address(self.setting);
            match view.kind {
                Kind::Image => rdf::to("crm:P138i_has_representation", node("crm:E36_Visual_Item", address)),
                Kind::Sound | Kind::Film | Kind::Text | Kind::Model => {
                    let file = node("crm:E73_Information_Object", address);
                    rdf::to("crm:P130i_features_are_also_found_on", file)
                }
            }
        };
        let views = views(self.object, VIEWS_MAX);
        let mut all = vec![about(addresses.page(self.object.id))];
        if !views.is_empty() {
            all.push(about(addresses.manifest(self.object.id)));
        }
        all.extend(views.iter().map(shown));
        all
    }
}

/// What a name, a text or an inscription says.
const CONTENT: &str = "crm:P190_has_symbolic_content";
const CARRIES: &str = "crm:P128_carries";
const TYPE: &str = "crm:P2_has_type";

/// A statement that is about the thing, and nothing that happened to it.
fn of_thing<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    let named = |property, class| rdf::to(property, named(class, said));
    let content = |class| Element::new(class).with([words(CONTENT, said)]);
    let text =
        |of: &'static str| rdf::to("crm:P67i_is_referred_to_by", content("crm:E33_Linguistic_Object").with([kind(of)]));
    Some(match said.property {
        "alternative" => rdf::to("crm:P102_has_title", content("crm:E35_Title").with([kind("alternative")])),
        "identifier" => rdf::to("crm:P1_is_identified_by", content("crm:E42_Identifier")),
        "object_type" => named(TYPE, "crm:E55_Type"),
        "culture" => rdf::to(TYPE, rdf::named("crm:E55_Type", said).with([kind("culture")])),
        "style" => rdf::to(TYPE, rdf::named("crm:E55_Type", said).with([kind("style")])),
        "material" => named("crm:P45_consists_of", "crm:E57_Material"),
        "dimensions" => named("crm:P43_has_dimension", "crm:E54_Dimension"),
        "use" => named("crm:P103_was_intended_for", "crm:E55_Type"),
        "inscription" => rdf::to(CARRIES, content("crm:E34_Inscription")),
        "description" => text("description"),
        "note" => text("note"),
        "provenance" => text("provenance"),
        "credit_line" => text("credit line"),
        "collection" => named("crm:P46i_forms_part_of", "crm:E78_Curated_Holding"),
        "acquired" => {
            let acquisition = Element::new("crm:E8_Acquisition").with([time_span(said)]);
            rdf::to("crm:P24i_changed_ownership_through", acquisition)
        }
        "rights" => {
            let uri = said.authority.and_then(rights::uri).or_else(|| rights::uri(said.text));
            let uri = uri.or_else(|| said.authority.map(str::to_owned));
            let right = Element::new("crm:E30_Right").maybe("rdf:about", uri).with([words("rdfs:label", said)]);
            rdf::to("crm:P104_is_subject_to", right)
        }
        "rights_holder" => named("crm:P105_right_held_by", "crm:E39_Actor"),
        "landing_page" if is_web(said.text) => {
            rdf::to("crm:P129i_is_subject_of", node("crm:E73_Information_Object", said.text.to_owned()))
        }
        "image_url" if is_web(said.text) => {
            rdf::to("crm:P138i_has_representation", node("crm:E36_Visual_Item", said.text.to_owned()))
        }
        "source" => named("crm:P130_shows_features_of", "crm:E70_Thing"),
        _ => return None,
    })
}

/// Of which type something is, in a plain English word.
fn kind<'a>(name: &'static str) -> Element<'a> {
    rdf::to(TYPE, Element::new("crm:E55_Type").with([Element::new("rdfs:label").text(name)]))
}

fn time_span<'a>(said: &Said<'a>) -> Element<'a> {
    let exact =
        said.edtf.map(|edtf| Element::new("crm:P82_at_some_time_within").attribute("rdf:datatype", EDTF).text(edtf));
    let ends = said.edtf.and_then(ends).and_then(|(begin, end)| Some((seconds(begin)?, seconds(end)?)));
    let ends = ends
        .into_iter()
        .flat_map(|([begin, _], [_, end])| [("crm:P82a_begin_of_the_begin", begin), ("crm:P82b_end_of_the_end", end)]);
    let ends = ends.map(|(name, moment)| Element::new(name).attribute("rdf:datatype", DATE_TIME).text(moment));
    let span = Element::new("crm:E52_Time-Span").with([words("rdfs:label", said)]).with(exact).with(ends);
    rdf::to("crm:P4_has_time-span", span)
}

/// Where a place is: as a point, or in words.
fn defined<'a>(said: &Said<'a>) -> Element<'a> {
    match point(said.text).map(|point| point.coordinates) {
        Some([longitude, latitude]) => Element::new("crm:P168_place_is_defined_by")
            .attribute("rdf:datatype", "http://www.opengis.net/ont/geosparql#wktLiteral")
            .text(format!("POINT({longitude} {latitude})")),
        None => words("crm:P168_place_is_defined_by", said),
    }
}
