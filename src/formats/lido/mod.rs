//! LIDO 1.1, Lightweight Information Describing Objects (<https://lido-schema.org>): what museums hand to portals.
//!
//! LIDO tells of events. Who made a thing, when and of what stands in its production; where nothing says in which event a
//! place had its part, the event is one without a kind.

mod event;
mod resource;

use fonds_projections::feed::{Format, Row, Setting, noted, to};
use fonds_schemas::{Event, Level, Object};

use super::element::Element;
use super::said::{Description, Numbers, Said, is_web};
use super::views;

/// The format.
pub struct Lido;

const NAMESPACE: &str = "http://www.lido-schema.org";
const SCHEMA: &str = "http://www.lido-schema.org/schema/v1.1/lido-v1.1.xsd";

/// The LIDO terminology: what kind of identifier is a URI, and what kind is somebody's own.
const URI: &str = "http://terminology.lido-schema.org/lido00099";
const LOCAL: &str = "http://terminology.lido-schema.org/lido00100";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "titleSet/appellationValue", "without one, the number that the thing came with"),
    noted("alternative", "titleSet/appellationValue", "pref=\"alternate\""),
    noted("creator", "production: eventActor", "with the authority as actorID"),
    noted("contributor", "production: eventActor", "with the authority as actorID"),
    noted("publisher", "publication: eventActor", "with the authority as actorID"),
    noted(
        "date_created",
        "production: eventDate",
        "as it was said; plain dates in EDTF as earliestDate and latestDate",
    ),
    noted(
        "date_issued",
        "publication: eventDate",
        "as it was said; plain dates in EDTF as earliestDate and latestDate",
    ),
    noted("object_type", "objectWorkType", "without one, the level"),
    to("material", "production: termMaterialsTech"),
    to("technique", "production: termMaterialsTech"),
    to("dimensions", "displayObjectMeasurements"),
    to("period", "production: periodName"),
    to("culture", "production: culture"),
    noted("style", "classification", "type=\"style\""),
    noted("use", "classification", "type=\"use\""),
    to("subject", "subjectConcept"),
    noted(
        "place",
        "an event without a kind: eventPlace",
        "nobody says whether it was made there, found there or shows it",
    ),
    noted("coordinates", "an event without a kind: gml:Point", "of the place, where both are one"),
    noted("language", "classification", "type=\"language\""),
    to("description", "objectDescriptionSet"),
    to("inscription", "inscriptionTranscription"),
    noted("note", "objectDescriptionSet", "type=\"note\""),
    to("identifier", "repositorySet/workID"),
    noted("holding_institution", "repositorySet/repositoryName", "without one, the archive"),
    noted("department", "repositorySet/displayRepository", "after its institution"),
    noted("collection", "relatedWorkSet", "as a part of it"),
    noted("provenance", "objectDescriptionSet", "type=\"provenance\""),
    to("credit_line", "rightsWorkSet/creditLine"),
    to("acquired", "acquisition: eventDate"),
    to("rights", "rightsWorkSet/rightsType"),
    to("rights_holder", "rightsWorkSet/rightsHolder"),
    noted("landing_page", "recordInfoLink", "an address only"),
    noted("image_url", "linkResource", "the first, where the archive has no file"),
    noted("source", "relatedWorkSet", "as its source"),
    to("related", "relatedWorkSet"),
];

impl Format for Lido {
    fn prefix(&self) -> &'static str {
        "lido"
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
        let record = Record { object, setting, said: &said, title: object.title() };
        let id = Element::new("lido:lidoRecID").attribute("lido:type", URI).text(setting.addresses.id(object.id));
        let root = Element::new("lido:lido")
            .attribute("xmlns:lido", NAMESPACE)
            .attribute("xmlns:gml", "http://www.opengis.net/gml")
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"));
        Some(root.with([id, record.descriptive(), record.administrative()]).written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

struct Record<'a> {
    object: &'a Object,
    setting: &'a Setting<'a>,
    said: &'a Description<'a>,
    title: String,
}

impl<'a> Record<'a> {
    fn descriptive(&'a self) -> Element<'a> {
        Element::new("lido:descriptiveMetadata")
            .attribute("xml:lang", self.setting.publishing.language.as_str())
            .with([self.classification(), self.identification()])
            .with(event::events(self.said))
            .with(Element::around("lido:objectRelationWrap", self.subjects().into_iter().chain(self.related())))
    }

    fn classification(&self) -> Element<'a> {
        let mut types: Vec<_> = self.said.all("object_type").map(|said| concept("lido:objectWorkType", said)).collect();
        if types.is_empty() {
            let term = Element::new("lido:term").text(self.object.level.as_str());
            types.push(Element::new("lido:objectWorkType").with([term]));
        }
        let others = ["style", "use", "language"].into_iter().flat_map(|property| {
            self.said
                .all(property)
                .map(move |said| concept("lido:classification", said).attribute("lido:type", property))
        });
        Element::new("lido:objectClassificationWrap")
            .with([Element::new("lido:objectWorkTypeWrap").with(types).each_once()])
            .with(Element::around("lido:classificationWrap", others).map(Element::each_once))
    }

    fn identification(&'a self) -> Element<'a> {
        let titles = self.said.all("title").map(|said| ("preferred", said));
        let titles = titles.chain(self.said.all("alternative").map(|said| ("alternate", said)));
        let set = |value| Element::new("lido:titleSet").with([value]);
        let value = |(kind, said)| set(text("lido:appellationValue", said).attribute("lido:pref", kind));
        let mut titles: Vec<_> = titles.map(value).collect();
        if titles.is_empty() {
            titles.push(set(Element::new("lido:appellationValue")
                .attribute("lido:pref", "preferred")
                .text(self.title.as_str())));
        }
        let inscriptions = self
            .said
            .all("inscription")
            .map(|said| Element::new("lido:inscriptions").with([text("lido:inscriptionTranscription", said)]));
        let notes = ["description", "note", "provenance"].into_iter().flat_map(|property| {
            self.said.all(property).map(move |said| {
                Element::new("lido:objectDescriptionSet")
                    .attribute("lido:type", property)
                    .with([text("lido:descriptiveNoteValue", said)])
            })
        });
        let measured = self.said.all("dimensions").map(|said| {
            Element::new("lido:objectMeasurementsSet").with([text("lido:displayObjectMeasurements", said)])
        });
        Element::new("lido:objectIdentificationWrap")
            .with([Element::new("lido:titleWrap").with(titles).each_once()])
            .with(Element::around("lido:inscriptionsWrap", inscriptions).map(Element::each_once))
            .with([Element::new("lido:repositoryWrap").with(self.repositories())])
            .with(Element::around("lido:objectDescriptionWrap", notes).map(Element::each_once))
            .with(Element::around("lido:objectMeasurementsWrap", measured).map(Element::each_once))
    }

    /// Who keeps it, under which number. The numbers and departments are those of the first keeper.
    fn repositories(&self) -> Vec<Element<'a>> {
        let institution = self.setting.publishing.institution.as_str();
        let mut keepers: Vec<(Option<&'a str>, &'a str)> =
            self.said.all("holding_institution").map(|said| (said.authority, said.text)).collect();
        if keepers.is_empty() {
            keepers.push((None, institution));
        }
        let first = keepers[0].1;
        let departments = self.said.all("department").map(|said| {
            Element::new("lido:displayRepository")
                .maybe("xml:lang", said.language)
                .text(format!("{first}, {}", said.text))
        });
        let Numbers { number, others } = Numbers::of(self.object, self.said);
        let number = number.into_iter().chain(others.into_iter().map(|said| said.text));
        let numbers = number.map(|text| Element::new("lido:workID").attribute("lido:type", LOCAL).text(text));
        let keeper = |(authority, name): (Option<&'a str>, &'a str)| legal_body("lido:repositoryName", authority, name);
        let mut all: Vec<_> = Vec::with_capacity(keepers.len());
        let mut rest = keepers.into_iter();
        let head = Element::new("lido:repositorySet").with(departments).with(rest.next().map(keeper)).with(numbers);
        all.push(head);
        all.extend(rest.map(|one| Element::new("lido:repositorySet").with([keeper(one)])));
        all
    }

    fn subjects(&self) -> Option<Element<'a>> {
        let sets = self.said.all("subject").map(|said| {
            let subject = Element::new("lido:subject").with([concept("lido:subjectConcept", said)]);
            Element::new("lido:subjectSet").with([subject])
        });
        Element::around("lido:subjectWrap", sets).map(Element::each_once)
    }

    /// Works that words name. Other objects of the archive are never among them.
    fn related(&self) -> Option<Element<'a>> {
        let kinds = [("collection", "part of"), ("source", "source"), ("related", "related to")];
        let sets = kinds.into_iter().flat_map(|(property, relation)| {
            self.said.all(property).map(move |said| {
                let object = said.authority.map(|authority| {
                    let id = Element::new("lido:objectID").attribute("lido:type", URI).text(authority);
                    Element::new("lido:object").with([id])
                });
                let work = Element::new("lido:relatedWork").with([text("lido:displayObject", said)]).with(object);
                let kind = Element::new("lido:relatedWorkRelType").with([Element::new("lido:term").text(relation)]);
                Element::new("lido:relatedWorkSet").with([work, kind])
            })
        });
        Element::around("lido:relatedWorksWrap", sets).map(Element::each_once)
    }

    fn administrative(&self) -> Element<'a> {
        Element::new("lido:administrativeMetadata")
            .attribute("xml:lang", self.setting.publishing.language.as_str())
            .with(self.rights())
            .with([self.record()])
            .with(resource::resources(self.object, self.said, self.setting))
    }

    fn rights(&self) -> Option<Element<'a>> {
        let rights = self.said.all("rights").map(|said| concept("lido:rightsType", said));
        let holders = self.said.all("rights_holder");
        let holders = holders.map(|said| legal_body("lido:rightsHolder", said.authority, said.text));
        let credits = self.said.all("credit_line").map(|said| text("lido:creditLine", said));
        let set = |child| Element::new("lido:rightsWorkSet").with([child]);
        Element::around("lido:rightsWorkWrap", rights.chain(holders).chain(credits).map(set)).map(Element::each_once)
    }

    fn record(&self) -> Element<'a> {
        let (publishing, addresses) = (self.setting.publishing, self.setting.addresses);
        let kind = match self.object.level {
            Level::Fonds | Level::Series | Level::File | Level::Project => "collection",
            Level::Work | Level::Instance | Level::Item => "item",
        };
        let link = publishing.homepage.as_deref().map(|page| Element::new("lido:legalBodyWeblink").text(page));
        let rights = publishing.record_rights.as_deref().map(|uri| {
            let id = Element::new("lido:conceptID").attribute("lido:type", URI).text(uri);
            Element::new("lido:recordRights").with([Element::new("lido:rightsType").with([id])])
        });
        let pages = self.said.all("landing_page").map(|said| said.text).filter(|text| is_web(text)).map(str::to_owned);
        let pages = std::iter::once(addresses.page(self.object.id)).chain(pages);
        let pages = pages.map(|page| Element::new("lido:recordInfoLink").text(page));
        Element::new("lido:recordWrap")
            .with([Element::new("lido:recordID").attribute("lido:type", LOCAL).text(self.object.id.to_string())])
            .with([Element::new("lido:recordType").with([Element::new("lido:term").text(kind)])])
            .with([legal_body("lido:recordSource", None, &publishing.institution).with(link)])
            .with(rights)
            .with([Element::new("lido:recordInfoSet").with(pages)])
    }
}

/// A statement's words in an element that takes words.
fn text<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(name).maybe("xml:lang", said.language).text(said.text)
}

/// What a vocabulary or words name.
fn concept<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    let id = said.authority.map(|authority| Element::new("lido:conceptID").attribute("lido:type", URI).text(authority));
    Element::new(name).with(id).with([text("lido:term", said)])
}

fn legal_body<'a>(name: &'static str, authority: Option<&'a str>, called: &'a str) -> Element<'a> {
    let id = authority.map(|authority| Element::new("lido:legalBodyID").attribute("lido:type", URI).text(authority));
    let value = Element::new("lido:appellationValue").text(called);
    Element::new(name).with(id).with([Element::new("lido:legalBodyName").with([value])])
}
