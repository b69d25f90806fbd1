//! EAD 2002, Encoded Archival Description before its third version (<https://www.loc.gov/ead/>): what Archives Portal Europe
//! reads.
//!
//! As in [`super::ead3`], one record is one unit of description, and a thing that is no level of archival description has
//! none. EAD 2002 cannot say in which language a text is.

use fonds_projections::feed::{Format, Row, Setting, noted, to};
use fonds_schemas::{Event, Object};

use super::ead3::{ORDER, level};
use super::element::Element;
use super::said::{Description, Numbers, Said, ends, is_web};
use super::views::{self, views};

/// The format.
pub struct Ead;

const NAMESPACE: &str = "urn:isbn:1-931666-22-9";
const SCHEMA: &str = "http://www.loc.gov/ead/ead.xsd";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
const CROSSWALK: &[Row] = &[
    noted("title", "unittitle", "without one, the number that the unit came with"),
    noted("alternative", "unittitle", "type=\"alternative\""),
    noted("creator", "origination/name", "with the authority as authfilenumber"),
    noted("contributor", "controlaccess/name", "role=\"contributor\""),
    noted("publisher", "controlaccess/name", "role=\"publisher\""),
    noted("date_created", "unitdate", "the words, with plain dates of EDTF as normal"),
    noted("date_issued", "unitdate", "datechar=\"publication\""),
    to("object_type", "controlaccess/genreform"),
    noted("material", "physdesc/physfacet", "type=\"material\""),
    noted("technique", "physdesc/physfacet", "type=\"technique\""),
    to("dimensions", "physdesc/dimensions"),
    noted("period", "controlaccess/subject", "altrender=\"period\""),
    noted("culture", "controlaccess/subject", "altrender=\"culture\""),
    noted("style", "controlaccess/genreform", "type=\"style\""),
    noted("use", "odd", "type=\"use\""),
    to("subject", "controlaccess/subject"),
    to("place", "controlaccess/geogname"),
    noted("coordinates", "odd", "type=\"coordinates\""),
    to("language", "langmaterial/language"),
    to("description", "scopecontent"),
    noted("inscription", "odd", "type=\"inscription\""),
    noted("note", "odd", "type=\"note\""),
    to("identifier", "unitid"),
    noted("holding_institution", "repository/corpname", "without one, the archive"),
    noted("department", "repository/subarea", "of the first"),
    noted("collection", "relatedmaterial", "type=\"collection\""),
    to("provenance", "custodhist"),
    noted("credit_line", "odd", "type=\"credit line\""),
    to("acquired", "acqinfo"),
    noted("rights", "userestrict", "the words and the URI"),
    noted("rights_holder", "userestrict", "type=\"rights holder\""),
    to("landing_page", "otherfindaid"),
    noted("image_url", "dao", "an address only"),
    noted("source", "relatedmaterial", "type=\"source\""),
    noted("related", "relatedmaterial", "type=\"related\""),
];

impl Format for Ead {
    fn prefix(&self) -> &'static str {
        "ead"
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
        let proper = Element::new("titlestmt").with([Element::new("titleproper").text(title.trim())]);
        let publisher = Element::new("publisher").text(setting.publishing.institution.as_str());
        let file = Element::new("filedesc").with([proper, Element::new("publicationstmt").with([publisher])]);
        let id = Element::new("eadid").attribute("url", setting.addresses.page(object.id)).text(object.id.to_string());
        let described = Element::new("archdesc")
            .attribute("level", level)
            .with([identification(object, &said, setting, title.trim())])
            .with(said.iter().filter_map(about))
            .with(Element::around("controlaccess", said.iter().filter_map(access)).map(Element::each_once))
            .each_once();
        let root = Element::new("ead")
            .attribute("xmlns", NAMESPACE)
            .attribute("xmlns:xlink", "http://www.w3.org/1999/xlink")
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"))
            .with([Element::new("eadheader").with([id, file]), described.in_order(ORDER)]);
        Some(root.written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

/// The descriptive identification.
fn identification<'a>(object: &'a Object, said: &Description<'a>, setting: &Setting<'a>, title: &str) -> Element<'a> {
    let mut all: Vec<Element<'a>> = said.all("title").map(|said| words("unittitle", said)).collect();
    if all.is_empty() {
        all.push(Element::new("unittitle").text(title.to_owned()));
    }
    all.extend(said.all("alternative").map(|said| words("unittitle", said).attribute("type", "alternative")));
    let Numbers { number, others } = Numbers::of(object, said);
    let numbers = number.into_iter().chain(others.into_iter().map(|said| said.text));
    all.extend(numbers.map(|text| Element::new("unitid").text(text)));
    all.push(Element::new("unitid").attribute("type", "uri").text(setting.addresses.id(object.id)));
    all.extend(said.all("date_created").map(|said| date(said, "creation")));
    all.extend(said.all("date_issued").map(|said| date(said, "publication")));
    let facet = |kind: &'static str| said.all(kind).map(move |said| words("physfacet", said).attribute("type", kind));
    let measured = said.all("dimensions").map(|said| words("dimensions", said));
    let physical = Element::around("physdesc", measured.chain(facet("material")).chain(facet("technique")));
    all.extend(physical.map(Element::each_once));
    all.extend(said.all("creator").map(|said| Element::new("origination").with([named("name", said)])));
    all.extend(Element::around("langmaterial", said.all("language").map(|said| words("language", said))));
    all.extend(repositories(said, setting));
    all.extend(digital(object, said, setting));
    Element::new("did").with(all).each_once()
}

/// A date in words, with what machines read. The schema knows no year after 2999.
fn date<'a>(said: &Said<'a>, kind: &'static str) -> Element<'a> {
    let known = |date: &str| matches!(date.trim_start_matches('-').as_bytes().first(), Some(b'0'..=b'2'));
    let exact = said.edtf.filter(|edtf| ends(edtf).is_some_and(|(begin, end)| known(begin) && known(end)));
    words("unitdate", said).attribute("datechar", kind).maybe("normal", exact)
}

/// Who keeps it. The departments are those of the first keeper.
fn repositories<'a>(said: &Description<'a>, setting: &Setting<'a>) -> Vec<Element<'a>> {
    let mut keepers: Vec<_> = said.all("holding_institution").map(|said| named("corpname", said)).collect();
    if keepers.is_empty() {
        keepers.push(Element::new("corpname").text(setting.publishing.institution.as_str()));
    }
    let mut departments: Vec<_> = said.all("department").map(|said| words("subarea", said)).collect();
    let keeper = |corpname: Element<'a>| Element::new("repository").with([corpname]).with(departments.drain(..));
    keepers.into_iter().map(keeper).collect()
}

/// The digital objects, with the manifest that has all of them.
fn digital<'a>(object: &Object, said: &Description<'a>, setting: &Setting<'_>) -> Vec<Element<'a>> {
    let dao = |address: String| Element::new("dao").attribute("xlink:type", "simple").attribute("xlink:href", address);
    let mut all: Vec<_> = views(object, VIEWS_MAX).iter().map(|view| dao(view.address(setting))).collect();
    if !all.is_empty() {
        all.push(dao(setting.addresses.manifest(object.id)).attribute("xlink:title", "IIIF manifest"));
    }
    let elsewhere = said.all("image_url").map(|said| said.text).filter(|text| is_web(text));
    all.extend(elsewhere.map(|address| dao(address.to_owned())));
    all
}

/// A statement that is a part of the description of its own.
fn about<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    let block = |name| Element::new(name).with([words("p", said)]);
    let other = |name, kind: &'static str| block(name).attribute("type", kind);
    Some(match said.property {
        "description" => block("scopecontent"),
        "provenance" => block("custodhist"),
        "acquired" => block("acqinfo"),
        "rights" => {
            let uri = said.authority.filter(|uri| *uri != said.text);
            let link = |uri: &'a str| {
                let link = Element::new("extref").attribute("xlink:type", "simple").attribute("xlink:href", uri);
                Element::new("p").with([link.attribute("xlink:title", "rights").text(uri)])
            };
            block("userestrict").with(uri.map(link))
        }
        "rights_holder" => other("userestrict", "rights holder"),
        "landing_page" => block("otherfindaid"),
        "collection" => other("relatedmaterial", "collection"),
        "source" => other("relatedmaterial", "source"),
        "related" => other("relatedmaterial", "related"),
        "coordinates" => other("odd", "coordinates"),
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
        "contributor" | "publisher" => named("name", said).attribute("role", said.property),
        "object_type" => named("genreform", said),
        "style" => named("genreform", said).attribute("type", "style"),
        "subject" => named("subject", said),
        "period" | "culture" => named("subject", said).attribute("altrender", said.property),
        "place" => named("geogname", said),
        // What identifies the unit, and what is said of it at length.
        _ => return None,
    })
}

/// A statement's words.
fn words<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(name).text(said.text)
}

/// A name, with what an authority calls it.
fn named<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    words(name, said).maybe("authfilenumber", said.authority)
}
