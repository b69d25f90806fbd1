//! MODS 3.8, the Metadata Object Description Schema (<https://www.loc.gov/standards/mods/>): what libraries read.

use fonds_projections::feed::{Format, Row, Setting, noted, to};
use fonds_schemas::{Event, Object};

use super::element::Element;
use super::said::{Description, Numbers, Said, is_address, is_web};
use super::views::{self, Kind, views};

/// The format.
pub struct Mods;

const NAMESPACE: &str = "http://www.loc.gov/mods/v3";
const SCHEMA: &str = "http://www.loc.gov/standards/mods/v3/mods-3-8.xsd";

/// Views that are named; the manifest has all of them.
const VIEWS_MAX: usize = 10;

/// What becomes of each property.
pub(super) const CROSSWALK: &[Row] = &[
    noted("title", "titleInfo/title", "without one, the number that the thing came with"),
    noted("alternative", "titleInfo/title", "type=\"alternative\""),
    noted("creator", "name/namePart", "roleTerm creator, with the authority as valueURI"),
    noted("contributor", "name/namePart", "roleTerm contributor, with the authority as valueURI"),
    to("publisher", "originInfo/publisher"),
    noted(
        "date_created",
        "originInfo/dateCreated",
        "in EDTF and as it was said; each date in an originInfo of its own",
    ),
    noted("date_issued", "originInfo/dateIssued", "in EDTF and as it was said"),
    noted("object_type", "genre", "with the authority as valueURI"),
    noted("material", "physicalDescription/form", "type=\"material\""),
    noted("technique", "physicalDescription/form", "type=\"technique\""),
    to("dimensions", "physicalDescription/extent"),
    noted("period", "subject/temporal", "with the authority as valueURI"),
    noted("culture", "subject/topic", "displayLabel=\"Culture\""),
    noted("style", "genre", "type=\"style\""),
    noted("use", "note", "type=\"use\""),
    noted("subject", "subject/topic", "with the authority as valueURI"),
    noted("place", "subject/geographic", "nobody says whether it was made there, found there or shows it"),
    to("coordinates", "subject/cartographics/coordinates"),
    to("language", "language/languageTerm"),
    to("description", "abstract"),
    noted("inscription", "note", "type=\"inscription\""),
    to("note", "note"),
    to("identifier", "identifier"),
    to("holding_institution", "location/physicalLocation"),
    noted("department", "location/physicalLocation", "type=\"department\""),
    noted("collection", "relatedItem/titleInfo/title", "type=\"host\""),
    noted("provenance", "note", "type=\"ownership\""),
    noted("credit_line", "note", "type=\"credit line\""),
    noted("acquired", "note", "type=\"acquisition\""),
    noted("rights", "accessCondition", "the words, and the URI as xlink:href"),
    noted("rights_holder", "note", "type=\"rights holder\""),
    noted("landing_page", "location/url", "an address only"),
    noted("image_url", "location/url", "an address only"),
    noted("source", "relatedItem/titleInfo/title", "type=\"original\""),
    to("related", "relatedItem/titleInfo/title"),
];

impl Format for Mods {
    fn prefix(&self) -> &'static str {
        "mods"
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
        Some(root(object, &Description::of(object, setting), setting).written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

/// The record.
pub(super) fn root<'a>(object: &'a Object, said: &Description<'a>, setting: &Setting<'a>) -> Element<'a> {
    let title = || Element::new("title").text(object.title().trim().to_owned());
    let title = if said.first("title").is_some() { None } else { Some(Element::new("titleInfo").with([title()])) };
    let root = Element::new("mods")
        .attribute("xmlns", NAMESPACE)
        .attribute("xmlns:xlink", "http://www.w3.org/1999/xlink")
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"))
        .attribute("version", "3.8")
        .with(title)
        .with(said.iter().filter_map(whole))
        .with(origins(said))
        .with(Element::around("physicalDescription", physical(object, said)).map(Element::each_once))
        .with(identifiers(object, said, setting))
        .with(locations(object, said, setting))
        .with([record(object, setting)]);
    root.each_once().in_order(ORDER)
}

/// The order of elements, which the schema leaves free: people read titles first.
const ORDER: &[&str] = &[
    "titleInfo",
    "name",
    "genre",
    "originInfo",
    "language",
    "physicalDescription",
    "abstract",
    "note",
    "subject",
    "relatedItem",
    "identifier",
    "location",
    "accessCondition",
    "recordInfo",
];

/// A statement that is an element of its own.
fn whole<'a>(said: &Said<'a>) -> Option<Element<'a>> {
    let (words, named) = (|name| words(name, said), |name| named(name, said));
    let note = |kind| words("note").attribute("type", kind);
    let related = || Element::new("relatedItem").with([title(said)]);
    let subject = |child| Element::new("subject").with([child]);
    Some(match said.property {
        "title" => title(said),
        "alternative" => title(said).attribute("type", "alternative"),
        "creator" | "contributor" => name(said),
        "object_type" => named("genre"),
        "style" => named("genre").attribute("type", "style"),
        "language" => Element::new("language").with([words("languageTerm").attribute("type", "text")]),
        "description" => words("abstract"),
        "note" => words("note"),
        "inscription" => note("inscription"),
        "use" => note("use"),
        "provenance" => note("ownership"),
        "credit_line" => note("credit line"),
        "acquired" => note("acquisition"),
        "rights_holder" => note("rights holder"),
        "subject" => subject(named("topic")),
        "culture" => subject(named("topic")).attribute("displayLabel", "Culture"),
        "period" => subject(named("temporal")),
        "place" => subject(named("geographic")),
        "coordinates" => subject(Element::new("cartographics").with([Element::new("coordinates").text(said.text)])),
        "collection" => related().attribute("type", "host"),
        "source" => related().attribute("type", "original"),
        "related" => related(),
        "rights" => {
            let uri = said.authority.or_else(|| if is_web(said.text) { Some(said.text) } else { None });
            words("accessCondition").attribute("type", "use and reproduction").maybe("xlink:href", uri)
        }
        // What stands together in one element with others.
        _ => return None,
    })
}

fn title<'a>(said: &Said<'a>) -> Element<'a> {
    Element::new("titleInfo").maybe("xml:lang", said.language).with([Element::new("title").text(said.text)])
}

fn name<'a>(said: &Said<'a>) -> Element<'a> {
    let role = Element::new("roleTerm").attribute("type", "text").attribute("authority", "marcrelator");
    Element::new("name")
        .maybe("valueURI", said.authority)
        .maybe("xml:lang", said.language)
        .with([Element::new("namePart").text(said.text)])
        .with([Element::new("role").with([role.text(said.property)])])
}

/// By whom and when it was issued or made. Each date has an element of its own, so that what a machine reads of it is told from
/// what it reads of another.
fn origins<'a>(said: &Description<'a>) -> Vec<Element<'a>> {
    let mut publishers = said.all("publisher").map(|said| words("publisher", said)).collect::<Vec<_>>();
    let (mut made, mut issued) = (said.all("date_created"), said.all("date_issued"));
    let mut all = Vec::new();
    loop {
        let dates =
            [made.next().map(|said| date("dateCreated", said)), issued.next().map(|said| date("dateIssued", said))];
        let children = publishers.drain(..).chain(dates.into_iter().flatten().flatten());
        match Element::around("originInfo", children).map(Element::each_once) {
            Some(origin) => all.push(origin),
            None => return all,
        }
    }
}

/// A date: what a machine reads comes before the words for it.
fn date<'a>(name: &'static str, said: &Said<'a>) -> Vec<Element<'a>> {
    let exact = said.edtf.map(|edtf| Element::new(name).attribute("encoding", "edtf").text(edtf));
    let spoken = if said.edtf == Some(said.text) { None } else { Some(words(name, said)) };
    exact.into_iter().chain(spoken).collect()
}

fn physical<'a>(object: &'a Object, said: &Description<'a>) -> Vec<Element<'a>> {
    let form = |kind: &'static str| said.all(kind).map(move |said| named("form", said).attribute("type", kind));
    let mut types: Vec<&str> = views(object, VIEWS_MAX).iter().map(|view| view.page.file.media_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    let types = types.into_iter().map(|text| Element::new("internetMediaType").text(text));
    let extent = said.all("dimensions").map(|said| words("extent", said));
    form("material").chain(form("technique")).chain(types).chain(extent).collect()
}

fn identifiers<'a>(object: &'a Object, said: &Description<'a>, setting: &Setting<'_>) -> Vec<Element<'a>> {
    let Numbers { number, others } = Numbers::of(object, said);
    let number = number.map(|text| Element::new("identifier").attribute("type", "local").text(text));
    let ours = Element::new("identifier").attribute("type", "uri").text(setting.addresses.id(object.id));
    let other = |said: Said<'a>| {
        let kind = if is_address(said.text) { Some("uri") } else { None };
        words("identifier", &said).maybe("type", kind)
    };
    std::iter::once(ours).chain(number).chain(others.into_iter().map(other)).collect()
}

fn locations<'a>(object: &Object, said: &Description<'a>, setting: &Setting<'_>) -> Vec<Element<'a>> {
    let holders = said.all("holding_institution").map(|said| named("physicalLocation", said));
    let departments =
        said.all("department").map(|said| named("physicalLocation", said).attribute("type", "department"));
    let kept = Element::around("location", holders.chain(departments)).map(Element::each_once);
    let url = |access: &'static str, address: String| Element::new("url").attribute("access", access).text(address);
    let mut urls =
        vec![url("object in context", setting.addresses.page(object.id)).attribute("usage", "primary display")];
    let web = |property: &'static str| said.all(property).map(|said| said.text).filter(|text| is_web(text));
    urls.extend(web("landing_page").map(|text| url("object in context", text.to_owned())));
    let views = views(object, VIEWS_MAX);
    let small = views.iter().find(|view| view.kind == Kind::Image).and_then(|view| view.thumbnail(setting));
    urls.extend(small.map(|address| url("preview", address)));
    urls.extend(views.iter().map(|view| url("raw object", view.address(setting))));
    if !views.is_empty() {
        let manifest = Element::new("url").attribute("displayLabel", "IIIF manifest");
        urls.push(manifest.text(setting.addresses.manifest(object.id)));
    }
    urls.extend(web("image_url").map(|text| url("raw object", text.to_owned())));
    kept.into_iter().chain(Element::around("location", urls)).collect()
}

fn record<'a>(object: &Object, setting: &Setting<'a>) -> Element<'a> {
    let publishing = setting.publishing;
    let code = publishing.organization_code.as_deref();
    let code = code.map(|code| Element::new("recordContentSource").attribute("authority", "marcorg").text(code));
    let language = Element::new("languageTerm").attribute("type", "code").attribute("authority", "rfc5646");
    let rights = publishing.record_rights.as_deref();
    Element::new("recordInfo")
        .with([Element::new("recordContentSource").text(publishing.institution.as_str())])
        .with(code)
        .with([Element::new("recordIdentifier").text(object.id.to_string())])
        .with([Element::new("languageOfCataloging").with([language.text(publishing.language.as_str())])])
        .with(rights.map(|uri| Element::new("recordInfoNote").attribute("type", "rights").text(uri)))
}

/// A statement's words.
fn words<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(name).maybe("xml:lang", said.language).text(said.text)
}

/// A statement's words with what its authority calls it.
fn named<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    words(name, said).maybe("valueURI", said.authority)
}
