//! EAD3, Encoded Archival Description (<https://www.loc.gov/ead/>): what archives' portals read.
//!
//! One record is one unit of description, as the `archdesc` of its level. What it is a part of and what is in it are units of
//! their own, with records of their own: whether they are public is theirs to say. A thing that is no level of archival
//! description (a work, a project, an instance) has no record.

use fonds_projections::feed::{Format, Row, Setting, noted, to};
use fonds_schemas::{Event, Level, Object};

use super::element::Element;
use super::said::{Description, Numbers, Said, ends, is_web};
use super::views::{self, View, views};

/// The format.
pub struct Ead3;

const NAMESPACE: &str = "http://ead3.archivists.org/schema/";
const SCHEMA: &str = "https://www.loc.gov/ead/ead3.xsd";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "unittitle", "without one, the number that the unit came with"),
    noted("alternative", "unittitle", "localtype=\"alternative\""),
    noted("creator", "origination/name", "with the authority as identifier"),
    noted("contributor", "controlaccess/name", "relator=\"contributor\""),
    noted("publisher", "controlaccess/name", "relator=\"publisher\""),
    noted("date_created", "unitdate, unitdatestructured", "the words, and plain dates in EDTF"),
    noted("date_issued", "unitdate, unitdatestructured", "datechar=\"publication\""),
    to("object_type", "controlaccess/genreform"),
    noted("material", "physdesc", "localtype=\"material\""),
    noted("technique", "physdesc", "localtype=\"technique\""),
    noted("dimensions", "physdesc", "localtype=\"dimensions\""),
    noted("period", "controlaccess/subject", "localtype=\"period\""),
    noted("culture", "controlaccess/subject", "localtype=\"culture\""),
    noted("style", "controlaccess/genreform", "localtype=\"style\""),
    noted("use", "odd", "localtype=\"use\""),
    to("subject", "controlaccess/subject"),
    to("place", "controlaccess/geogname"),
    noted("coordinates", "controlaccess/geogname", "as they were said, and as geographiccoordinates"),
    to("language", "langmaterial/language"),
    to("description", "scopecontent"),
    noted("inscription", "odd", "localtype=\"inscription\""),
    noted("note", "odd", "localtype=\"note\""),
    to("identifier", "unitid"),
    noted("holding_institution", "repository/corpname", "without one, the archive"),
    noted("department", "repository/corpname", "a part of the first"),
    noted("collection", "relatedmaterial", "localtype=\"collection\""),
    to("provenance", "custodhist"),
    noted("credit_line", "odd", "localtype=\"credit line\""),
    to("acquired", "acqinfo"),
    noted("rights", "userestrict", "the words and the URI"),
    noted("rights_holder", "userestrict", "localtype=\"rights holder\""),
    to("landing_page", "otherfindaid"),
    noted("image_url", "dao", "an address only"),
    noted("source", "relatedmaterial", "localtype=\"source\""),
    noted("related", "relatedmaterial", "localtype=\"related\""),
];

impl Format for Ead3 {
    fn prefix(&self) -> &'static str {
        "ead3"
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
        let level = level(object.level)?;
        let (said, title) = (Description::of(object, setting), object.title());
        let root = Element::new("ead")
            .attribute("xmlns", NAMESPACE)
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"));
        let described = Element::new("archdesc")
            .attribute("level", level)
            .with([identification(object, &said, setting, title.trim())])
            .with(said.iter().filter_map(about))
            .with(Element::around("controlaccess", said.iter().filter_map(access)).map(Element::each_once))
            .each_once();
        Some(root.with([control(object, setting, title.trim()), described.in_order(ORDER)]).written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

/// The order of the parts of a description (ISAD(G) 3.3 to 3.6), which the schemas of both versions leave free.
pub(super) const ORDER: &[&str] = &[
    "did",
    "scopecontent",
    "custodhist",
    "acqinfo",
    "userestrict",
    "otherfindaid",
    "relatedmaterial",
    "odd",
    "controlaccess",
];

/// The level, where it is one of archival description (ISAD(G) 3.1.4).
#[must_use]
pub const fn level(level: Level) -> Option<&'static str> {
    match level {
        Level::Fonds => Some("fonds"),
        Level::Series => Some("series"),
        Level::File => Some("file"),
        Level::Item => Some("item"),
        Level::Work | Level::Project | Level::Instance => None,
    }
}

/// What is said of the record itself. Nothing in it moves with the clock: when the unit came in is when it was made.
fn control<'a>(object: &Object, setting: &Setting<'a>, title: &str) -> Element<'a> {
    let publishing = setting.publishing;
    let code = publishing.organization_code.as_deref().map(|code| Element::new("agencycode").text(code));
    let name = Element::new("agencyname").text(publishing.institution.as_str());
    let proper = Element::new("titlestmt").with([Element::new("titleproper").text(title.to_owned())]);
    let rights = publishing.record_rights.as_deref();
    let rights = rights
        .map(|uri| Element::new("rightsdeclaration").with([Element::new("citation").attribute("href", uri).text(uri)]));
    let day: String = object.created_at.to_seconds_string().chars().take(10).collect();
    let event = Element::new("maintenanceevent").with([
        Element::new("eventtype").attribute("value", "created"),
        Element::new("eventdatetime").attribute("standarddatetime", day.clone()).text(day),
        Element::new("agenttype").attribute("value", "machine"),
        Element::new("agent").text("fonds"),
    ]);
    Element::new("control")
        .with([Element::new("recordid")
            .attribute("instanceurl", setting.addresses.page(object.id))
            .text(object.id.to_string())])
        .with([Element::new("filedesc").with([proper])])
        .with([Element::new("maintenancestatus").attribute("value", "derived")])
        .with([Element::new("maintenanceagency").with(code).with([name])])
        .with(rights)
        .with([Element::new("maintenancehistory").with([event])])
}

/// The descriptive identification.
fn identification<'a>(object: &'a Object, said: &Description<'a>, setting: &Setting<'a>, title: &str) -> Element<'a> {
    let titles = said.all("title").map(|said| words("unittitle", said));
    let mut all: Vec<Element<'a>> = titles.collect();
    if all.is_empty() {
        all.push(Element::new("unittitle").text(title.to_owned()));
    }
    all.extend(said.all("alternative").map(|said| words("unittitle", said).attribute("localtype", "alternative")));
    let Numbers { number, others } = Numbers::of(object, said);
    let numbers = number.into_iter().chain(others.into_iter().map(|said| said.text));
    all.extend(numbers.map(|text| Element::new("unitid").text(text)));
    all.push(Element::new("unitid").attribute("localtype", "uri").text(setting.addresses.id(object.id)));
    all.extend(said.all("date_created").flat_map(|said| dates(said, "creation")));
    all.extend(said.all("date_issued").flat_map(|said| dates(said, "publication")));
    all.extend(
        ["dimensions", "material", "technique"]
            .into_iter()
            .flat_map(|kind| said.all(kind).map(move |said| words("physdesc", said).attribute("localtype", kind))),
    );
    all.extend(said.all("creator").map(|said| Element::new("origination").with([named("name", said)])));
    let languages = said.all("language").map(|said| words("language", said));
    all.extend(Element::around("langmaterial", languages));
    all.extend(repositories(said, setting));
    all.extend(digital(object, said, setting));
    Element::new("did").with(all).each_once()
}

/// A date in words, and as machines read it.
fn dates<'a>(said: &Said<'a>, kind: &'static str) -> Vec<Element<'a>> {
    let exact = said.edtf.and_then(ends).map(|(begin, end)| {
        let date = |name, date: &'a str| Element::new(name).attribute("standarddate", date).text(date);
        let range = || Element::new("daterange").with([date("fromdate", begin), date("todate", end)]);
        let value = if begin == end { date("datesingle", begin) } else { range() };
        Element::new("unitdatestructured").attribute("datechar", kind).with([value])
    });
    let plain = said.edtf.filter(|edtf| ends(edtf).is_some());
    let spoken = words("unitdate", said).attribute("datechar", kind).maybe("normal", plain);
    std::iter::once(spoken).chain(exact).collect()
}

/// Who keeps it. The departments are those of the first keeper.
fn repositories<'a>(said: &Description<'a>, setting: &Setting<'a>) -> Vec<Element<'a>> {
    let mut keepers: Vec<_> = said.all("holding_institution").map(|said| named("corpname", said)).collect();
    if keepers.is_empty() {
        let part = Element::new("part").text(setting.publishing.institution.as_str());
        keepers.push(Element::new("corpname").with([part]));
    }
    let mut departments: Vec<_> =
        said.all("department").map(|said| words("part", said).attribute("localtype", "department")).collect();
    let keeper = |corpname: Element<'a>| Element::new("repository").with([corpname.with(departments.drain(..))]);
    keepers.into_iter().map(keeper).collect()
}

/// The digital objects, with the manifest that has all of them.
fn digital<'a>(object: &Object, said: &Description<'a>, setting: &Setting<'_>) -> Option<Element<'a>> {
    let dao = |address: String| Element::new("dao").attribute("daotype", "unknown").attribute("href", address);
    let of_view = |view: &View<'_>| dao(view.address(setting)).attribute("localtype", view.media_type().to_owned());
    let mut all: Vec<_> = views(object, VIEWS_MAX).iter().map(of_view).collect();
    if !all.is_empty() {
        all.push(dao(setting.addresses.manifest(object.id)).attribute("linktitle", "IIIF manifest"));
    }
    let elsewhere = said.all("image_url").map(|said| said.text).filter(|text| is_web(text));
    all.extend(elsewhere.map(|address| dao(address.to_owned())));
    // A set has two at least.
    if all.len() > 1 { Some(Element::new("daoset").with(all)) } else { all.pop() }
}

/// A statement that is a part of the description of its own.
fn about<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    let block = |name| Element::new(name).with([words("p", said)]);
    let other = |name, kind: &'static str| block(name).attribute("localtype", kind);
    Some(match said.property {
        "description" => block("scopecontent"),
        "provenance" => block("custodhist"),
        "acquired" => block("acqinfo"),
        "rights" => {
            let uri = said.authority.filter(|uri| *uri != said.text);
            let link = |uri: &'a str| {
                let link = Element::new("ref").attribute("href", uri).attribute("linktitle", "rights").text(uri);
                Element::new("p").with([link])
            };
            block("userestrict").with(uri.map(link))
        }
        "rights_holder" => other("userestrict", "rights holder"),
        "landing_page" => block("otherfindaid"),
        "collection" => other("relatedmaterial", "collection"),
        "source" => other("relatedmaterial", "source"),
        "related" => other("relatedmaterial", "related"),
        "use" => other("odd", "use"),
        "inscription" => other("odd", "inscription"),
        "note" => other("odd", "note"),
        "credit_line" => other("odd", "credit line"),
        // What identifies the unit, and what it is found by.
        _ => return None,
    })
}

/// A statement that the unit is found by.
fn access<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    Some(match said.property {
        "contributor" | "publisher" => named("name", said).attribute("relator", said.property),
        "object_type" => named("genreform", said),
        "style" => named("genreform", said).attribute("localtype", "style"),
        "subject" => named("subject", said),
        "period" | "culture" => named("subject", said).attribute("localtype", said.property),
        "place" => named("geogname", said),
        "coordinates" => {
            let point = Element::new("geographiccoordinates").attribute("coordinatesystem", "WGS84").text(said.text);
            named("geogname", said).with([point])
        }
        // What identifies the unit, and what is said of it at length.
        _ => return None,
    })
}

/// A statement's words.
fn words<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(name).maybe("lang", said.language).text(said.text)
}

/// A name, with what an authority calls it.
fn named<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(name).maybe("identifier", said.authority).with([words("part", said)])
}
