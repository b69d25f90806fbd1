//! BIBFRAME 2 (<https://id.loc.gov/ontologies/bibframe.html>) in RDF/XML: what libraries put in the place of MARC.
//!
//! The thing that the archive has is the item; of what it is an item, an instance and a work, nothing is known but what is
//! said of the thing, so each has one of both. Words that name no authority are things without a name.

use fonds_projections::feed::{Format, Row, Setting, noted, to};
use fonds_schemas::{Event, Language, Level, Object};

use super::element::Element;
use super::rdf::{self, link, named, node, words};
use super::said::{Description, Said, is_web};
use super::views::{self, views};
use crate::iiif::presentation::rights;

/// The format.
pub struct Bibframe;

const ONTOLOGY: &str = "http://id.loc.gov/ontologies/bibframe/";
/// What the Library of Congress says beside it.
const EXTENSION: &str = "http://id.loc.gov/ontologies/bflc/";
/// Dates in EDTF, as the Library of Congress types them in BIBFRAME.
const EDTF: &str = "http://id.loc.gov/datatypes/edtf";
/// What somebody did, in the list of the Library of Congress.
const CREATOR: &str = "http://id.loc.gov/vocabulary/relators/cre";
const CONTRIBUTOR: &str = "http://id.loc.gov/vocabulary/relators/ctb";
/// Codes of languages of three letters.
const LANGUAGES: &str = "http://id.loc.gov/vocabulary/languages/";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "Work title/Title/mainTitle", "of the instance, too; without one, the number that it came with"),
    to("alternative", "Work title/VariantTitle/mainTitle"),
    noted("creator", "Work contribution/Contribution", "role cre, with the authority as the agent's name"),
    noted("contributor", "Work contribution/Contribution", "role ctb, with the authority as the agent's name"),
    to("publisher", "Instance provisionActivity/Publication/agent"),
    noted("date_created", "Instance provisionActivity/Production/date", "in EDTF; the words as simpleDate"),
    noted("date_issued", "Instance provisionActivity/Publication/date", "in EDTF; the words as simpleDate"),
    to("object_type", "Work genreForm/GenreForm"),
    to("material", "Instance baseMaterial/BaseMaterial"),
    to("technique", "Instance productionMethod/ProductionMethod"),
    to("dimensions", "Instance dimensions"),
    to("period", "Work subject/Temporal"),
    noted("culture", "Work note/Note", "noteType culture"),
    noted("style", "Work genreForm/GenreForm", "as a style it is a genre, too"),
    noted("use", "Work note/Note", "noteType use"),
    to("subject", "Work subject/Topic"),
    noted("place", "Work subject/Place", "nobody says whether it was made there, found there or shows it"),
    to("coordinates", "Work cartographicAttributes/Cartographic/coordinates"),
    noted("language", "Work language/Language", "a code of three letters by its name"),
    to("description", "Work summary/Summary"),
    noted("inscription", "Instance note/Note", "noteType inscription"),
    to("note", "Instance note/Note"),
    to("identifier", "Instance identifiedBy/Identifier"),
    noted("holding_institution", "Item heldBy/Agent", "without one, the archive"),
    to("department", "Item sublocation/Sublocation"),
    to("collection", "Work partOf/Work"),
    to("provenance", "Item custodialHistory"),
    noted("credit_line", "Item note/Note", "noteType credit line"),
    to("acquired", "Item immediateAcquisition/ImmediateAcquisition"),
    noted("rights", "Item usageAndAccessPolicy/UsePolicy", "the words, with the URI as its name"),
    noted("rights_holder", "Work contribution/Contribution", "a role that is only a word"),
    noted("landing_page", "Item electronicLocator", "an address only"),
    noted("image_url", "Item electronicLocator", "an address only"),
    to("source", "Work derivativeOf/Work"),
    to("related", "Work relatedTo/Work"),
];

impl Format for Bibframe {
    fn prefix(&self) -> &'static str {
        "bibframe"
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
        let said = Description::of(object, setting);
        let record = Record { object, setting, said: &said, id: setting.addresses.id(object.id) };
        let root = rdf::root(&[("xmlns:bf", ONTOLOGY), ("xmlns:bflc", EXTENSION)]).with([
            record.work(),
            record.instance(),
            record.item(),
        ]);
        Some(root.written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

struct Record<'b, 'a> {
    object: &'a Object,
    setting: &'b Setting<'a>,
    said: &'b Description<'a>,
    id: String,
}

impl<'a> Record<'_, 'a> {
    fn work_id(&self) -> String {
        format!("{}#work", self.id)
    }

    fn instance_id(&self) -> String {
        format!("{}#instance", self.id)
    }

    fn work(&self) -> Element<'a> {
        let collection = match self.object.level {
            Level::Fonds | Level::Series | Level::File | Level::Project => {
                Some(link("rdf:type", "http://id.loc.gov/ontologies/bibframe/Collection"))
            }
            Level::Work | Level::Instance | Level::Item => None,
        };
        node("bf:Work", self.work_id())
            .with(collection)
            .with(self.titles())
            .with(self.said.iter().filter_map(of_work))
            .with([link("bf:hasInstance", self.instance_id()), rdf::to("bf:adminMetadata", self.metadata())])
    }

    fn titles(&self) -> Vec<Element<'a>> {
        let title = |text: Element<'a>| rdf::to("bf:title", Element::new("bf:Title").with([text]));
        let titles: Vec<_> = self.said.all("title").map(|said| title(words("bf:mainTitle", said))).collect();
        if titles.is_empty() {
            return vec![title(Element::new("bf:mainTitle").text(self.object.title().trim().to_owned()))];
        }
        titles
    }

    fn instance(&self) -> Element<'a> {
        let published = self.provided("bf:Publication", "date_issued", Some("publisher"));
        let made = self.provided("bf:Production", "date_created", None);
        let number = self.object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
        let others = self.said.all("identifier").map(|said| said.text).filter(|text| Some(*text) != number);
        let identifier = |class, text: &'a str| {
            rdf::to("bf:identifiedBy", Element::new(class).with([Element::new("rdf:value").text(text)]))
        };
        node("bf:Instance", self.instance_id())
            .with([link("bf:instanceOf", self.work_id())])
            .with(self.titles())
            .with(published.into_iter().chain(made))
            .with(number.map(|text| identifier("bf:Local", text)))
            .with(others.map(|text| identifier("bf:Identifier", text)))
            .with(self.said.iter().filter_map(of_instance))
            .with([link("bf:hasItem", self.id.clone())])
    }

    /// That it was published or made, when, and by whom.
    fn provided(&self, class: &'static str, dates: &'static str, by: Option<&'static str>) -> Option<Element<'a>> {
        let dates = self.said.all(dates).flat_map(|said| {
            let exact = said.edtf.map(|edtf| Element::new("bf:date").attribute("rdf:datatype", EDTF).text(edtf));
            let spoken = if said.edtf == Some(said.text) { None } else { Some(words("bflc:simpleDate", said)) };
            exact.into_iter().chain(spoken)
        });
        let agents = by.into_iter().flat_map(|property| self.said.all(property));
        let agents = agents.map(|said| rdf::to("bf:agent", named("bf:Agent", said)));
        Some(rdf::to("bf:provisionActivity", Element::around(class, dates.chain(agents))?))
    }

    fn item(&self) -> Element<'a> {
        let mut holders: Vec<_> = self.said.all("holding_institution").map(|said| named("bf:Agent", said)).collect();
        if holders.is_empty() {
            holders.push(self.archive());
        }
        let number = self.object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
        let mark = |text: &'a str| Element::new("bf:ShelfMark").with([Element::new("rdfs:label").text(text)]);
        let page = link("bf:electronicLocator", self.setting.addresses.page(self.object.id));
        let views = views(self.object, VIEWS_MAX);
        let manifest = || link("bf:electronicLocator", self.setting.addresses.manifest(self.object.id));
        let manifest = if views.is_empty() { None } else { Some(manifest()) };
        node("bf:Item", self.id.clone())
            .with([link("bf:itemOf", self.instance_id())])
            .with(holders.into_iter().map(|holder| rdf::to("bf:heldBy", holder)))
            .with(number.map(|text| rdf::to("bf:shelfMark", mark(text))))
            .with(self.said.iter().filter_map(of_item))
            .with([page])
            .with(manifest)
            .with(views.iter().map(|view| link("bf:electronicLocator", view.address(self.setting))))
    }

    fn archive(&self) -> Element<'a> {
        let name = Element::new("rdfs:label").text(self.setting.publishing.institution.as_str());
        Element::new("bf:Agent").maybe("rdf:about", self.setting.publishing.homepage.clone()).with([name])
    }

    /// What is said of the description itself.
    fn metadata(&self) -> Element<'a> {
        let number = Element::new("rdf:value").text(self.object.id.to_string());
        let code = Element::new("bf:code").text(self.setting.publishing.language.as_str());
        let licence = self.setting.publishing.record_rights.as_deref();
        Element::new("bf:AdminMetadata")
            .with([rdf::to("bf:assigner", self.archive())])
            .with([rdf::to("bf:identifiedBy", Element::new("bf:Local").with([number]))])
            .with([rdf::to("bf:descriptionLanguage", Element::new("bf:Language").with([code]))])
            .with(licence.map(|uri| link("bf:descriptionLicense", uri)))
    }
}

/// A statement that is about the work.
fn of_work<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    let named = |property, class| rdf::to(property, named(class, said));
    let titled = || {
        let title = Element::new("bf:Title").with([words("bf:mainTitle", said)]);
        Element::new("bf:Work").maybe("rdf:about", said.authority).with([rdf::to("bf:title", title)])
    };
    Some(match said.property {
        "alternative" => rdf::to("bf:title", Element::new("bf:VariantTitle").with([words("bf:mainTitle", said)])),
        "creator" => contribution(said, link("bf:role", CREATOR)),
        "contributor" => contribution(said, link("bf:role", CONTRIBUTOR)),
        "rights_holder" => {
            let role = Element::new("bf:Role").with([Element::new("rdfs:label").text("rights holder")]);
            contribution(said, rdf::to("bf:role", role))
        }
        "object_type" | "style" => named("bf:genreForm", "bf:GenreForm"),
        "subject" => named("bf:subject", "bf:Topic"),
        "period" => named("bf:subject", "bf:Temporal"),
        "place" => named("bf:subject", "bf:Place"),
        "coordinates" => {
            let cartographic = Element::new("bf:Cartographic").with([words("bf:coordinates", said)]);
            rdf::to("bf:cartographicAttributes", cartographic)
        }
        "language" => language(said),
        "description" => named("bf:summary", "bf:Summary"),
        "culture" => note(said, "culture"),
        "use" => note(said, "use"),
        "collection" => rdf::to("bf:partOf", titled()),
        "source" => rdf::to("bf:derivativeOf", titled()),
        "related" => rdf::to("bf:relatedTo", titled()),
        _ => return None,
    })
}

/// A statement that is about the instance.
fn of_instance<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    Some(match said.property {
        "material" => rdf::to("bf:baseMaterial", named("bf:BaseMaterial", said)),
        "technique" => rdf::to("bf:productionMethod", named("bf:ProductionMethod", said)),
        "dimensions" => words("bf:dimensions", said),
        "inscription" => note(said, "inscription"),
        "note" => rdf::to("bf:note", Element::new("bf:Note").with([words("rdfs:label", said)])),
        _ => return None,
    })
}

/// A statement that is about the item.
fn of_item<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    Some(match said.property {
        "department" => rdf::to("bf:sublocation", named("bf:Sublocation", said)),
        "provenance" => words("bf:custodialHistory", said),
        "credit_line" => note(said, "credit line"),
        "acquired" => rdf::to("bf:immediateAcquisition", named("bf:ImmediateAcquisition", said)),
        "rights" => {
            let uri = said.authority.and_then(rights::uri).or_else(|| rights::uri(said.text));
            let uri = uri.or_else(|| said.authority.map(str::to_owned));
            let policy = Element::new("bf:UsePolicy").maybe("rdf:about", uri).with([words("rdfs:label", said)]);
            rdf::to("bf:usageAndAccessPolicy", policy)
        }
        "landing_page" | "image_url" if is_web(said.text) => link("bf:electronicLocator", said.text),
        _ => return None,
    })
}

fn contribution<'a>(said: &Said<'a>, role: Element<'a>) -> Element<'a> {
    let agent = rdf::to("bf:agent", named("bf:Agent", said));
    rdf::to("bf:contribution", Element::new("bf:Contribution").with([agent, role]))
}

fn note<'a>(said: &Said<'a>, kind: &'static str) -> Element<'a> {
    let kind = Element::new("bf:noteType").text(kind);
    rdf::to("bf:note", Element::new("bf:Note").with([words("rdfs:label", said), kind]))
}

fn language<'a>(said: &Said<'a>) -> Element<'a> {
    let is_code = said.text.len() == 3 && said.text.bytes().all(|byte| byte.is_ascii_lowercase());
    if is_code {
        return link("bf:language", format!("{LANGUAGES}{}", said.text));
    }
    let name =
        if Language::parse(said.text).is_ok_and(|tag| tag.primary().len() <= 3) { "bf:code" } else { "rdfs:label" };
    rdf::to("bf:language", Element::new("bf:Language").maybe("rdf:about", said.authority).with([words(name, said)]))
}
