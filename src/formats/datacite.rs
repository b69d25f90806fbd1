//! The `DataCite` Metadata Schema 4.5 (<https://schema.datacite.org/meta/kernel-4.5/>): what registries of research data take.
//!
//! The identifier is the object's DOI, where the description names one, else its address here.

use fonds_projections::feed::{Format, Row, Setting, lost, noted, to};
use fonds_schemas::{Event, Language, Level, Object};

use super::element::Element;
use super::said::{Description, Said, ends, is_web};
use super::views::{self, Kind, View, views};
use crate::iiif::presentation::place::point;

/// The format.
pub struct DataCite;

const NAMESPACE: &str = "http://datacite.org/schema/kernel-4";
const SCHEMA: &str = "http://schema.datacite.org/meta/kernel-4.5/metadata.xsd";

/// Views whose media types are named.
const VIEWS_MAX: usize = 10;

/// What the standard says where nobody knows who made it (Appendix 3: "unavailable, possibly unknown").
const NO_CREATOR: &str = "(:unav)";

/// What becomes of each property.
pub(super) const CROSSWALK: &[Row] = &[
    noted("title", "titles/title", "without one, the number that the thing came with"),
    noted("alternative", "titles/title", "titleType=\"AlternativeTitle\""),
    noted("creator", "creators/creator", "without one, (:unav)"),
    noted("contributor", "contributors/contributor", "contributorType=\"Other\""),
    // The publisher of the resource is the archive, which makes it available.
    noted("publisher", "contributors/contributor", "contributorType=\"Other\""),
    noted(
        "date_created",
        "dates/date",
        "plain dates in EDTF, with the words as dateInformation; words alone are a description",
    ),
    noted("date_issued", "dates/date", "as above; its first year is the publicationYear, else the year it came in"),
    noted("object_type", "resourceType", "without one, the level"),
    noted("material", "descriptions/description", "descriptionType=\"TechnicalInfo\""),
    noted("technique", "descriptions/description", "descriptionType=\"TechnicalInfo\""),
    to("dimensions", "sizes/size"),
    to("period", "subjects/subject"),
    to("culture", "subjects/subject"),
    to("style", "subjects/subject"),
    to("use", "subjects/subject"),
    noted("subject", "subjects/subject", "with the authority as valueURI"),
    to("place", "geoLocations/geoLocationPlace"),
    to("coordinates", "geoLocations/geoLocationPoint"),
    noted("language", "language", "the first code of ISO 639"),
    noted("description", "descriptions/description", "descriptionType=\"Abstract\""),
    noted("inscription", "descriptions/description", "descriptionType=\"Other\""),
    noted("note", "descriptions/description", "descriptionType=\"Other\""),
    noted("identifier", "alternateIdentifiers", "the first DOI is the identifier"),
    noted("holding_institution", "contributors/contributor", "contributorType=\"HostingInstitution\""),
    lost("department", "it says nothing without its institution"),
    noted("collection", "relatedItems/relatedItem", "relationType=\"IsPartOf\""),
    noted("provenance", "descriptions/description", "descriptionType=\"Other\""),
    noted("credit_line", "descriptions/description", "descriptionType=\"Other\""),
    lost("acquired", "the kernel knows no such date"),
    noted("rights", "rightsList/rights", "the words, and the URI as rightsURI"),
    noted("rights_holder", "contributors/contributor", "contributorType=\"RightsHolder\""),
    noted("landing_page", "relatedIdentifiers", "relationType=\"IsDescribedBy\"; an address only"),
    noted("image_url", "relatedIdentifiers", "relationType=\"IsSourceOf\"; an address only"),
    noted("source", "relatedItems/relatedItem", "relationType=\"IsDerivedFrom\""),
    lost("related", "no relation of the kernel says so little"),
];

/// Who gives people names of their own, by the addresses of those names.
const NAME_SCHEMES: &[(&str, &str)] = &[
    ("vocab.getty.edu/ulan/", "ULAN"),
    ("d-nb.info/gnd/", "GND"),
    ("viaf.org/viaf/", "VIAF"),
    ("orcid.org/", "ORCID"),
    ("isni.org/isni/", "ISNI"),
    ("www.wikidata.org/entity/", "Wikidata"),
];

impl Format for DataCite {
    fn prefix(&self) -> &'static str {
        "datacite"
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
        root(object, setting).map(|root| root.written())
    }

    fn is_unmoved(&self, before: &Object, event: &Event) -> bool {
        views::is_unmoved(before, event, VIEWS_MAX)
    }
}

/// The record; none where nobody publishes it.
pub(super) fn root<'a>(object: &'a Object, setting: &Setting<'a>) -> Option<Element<'a>> {
    let publisher = setting.publishing.institution.trim();
    if publisher.is_empty() {
        return None;
    }
    let (said, title) = (Description::of(object, setting), object.title());
    let views = views(object, VIEWS_MAX);
    let root = Element::new("resource")
        .attribute("xmlns", NAMESPACE)
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute("xsi:schemaLocation", format!("{NAMESPACE} {SCHEMA}"))
        .with(identifiers(object, &said, setting))
        .with([creators(&said), titles(&said, title.trim()), Element::new("publisher").text(publisher)])
        .with([Element::new("publicationYear").text(year(object, &said)), resource_type(object, &said, &views)])
        .with(lists(&said))
        .with(language(&said))
        .with(related(object, &said, setting, !views.is_empty()))
        .with(Element::around("formats", media_types(&views)));
    Some(root)
}

/// The identifier, and the others.
fn identifiers<'a>(object: &'a Object, said: &Description<'a>, setting: &Setting<'_>) -> Vec<Element<'a>> {
    let known: Vec<&'a str> = said.all("identifier").map(|said| said.text).collect();
    let ours = setting.addresses.id(object.id);
    let doi = known.iter().find_map(|text| doi(text));
    let other = |kind: &'static str, text: std::borrow::Cow<'a, str>| {
        Element::new("alternateIdentifier").attribute("alternateIdentifierType", kind).text(text)
    };
    let number = object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
    let numbers = number.into_iter().chain(known.into_iter().filter(|text| doi.is_none() || self::doi(text) != doi));
    let mut others: Vec<_> = numbers.map(|text| other("local", text.into())).collect();
    let identifier = Element::new("identifier");
    let identifier = match doi {
        Some(doi) => {
            others.insert(0, other("URL", ours.into()));
            identifier.attribute("identifierType", "DOI").text(doi)
        }
        None => identifier.attribute("identifierType", "URL").text(ours),
    };
    std::iter::once(identifier).chain(Element::around("alternateIdentifiers", others)).collect()
}

/// The DOI that a text is, bare.
fn doi(text: &str) -> Option<&str> {
    let bare = ["https://doi.org/", "http://doi.org/", "http://dx.doi.org/", "doi:"];
    let bare = bare.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
    let (registrant, rest) = bare.strip_prefix("10.")?.split_once('/')?;
    let registered = (4..=9).contains(&registrant.len()) && registrant.bytes().all(|byte| byte.is_ascii_digit());
    let plain = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic());
    if registered && plain { Some(bare) } else { None }
}

fn creators<'a>(said: &Description<'a>) -> Element<'a> {
    let mut all: Vec<_> = said.all("creator").map(|said| person("creator", "creatorName", said)).collect();
    if all.is_empty() {
        all.push(Element::new("creator").with([Element::new("creatorName").text(NO_CREATOR)]));
    }
    Element::new("creators").with(all)
}

fn person<'a>(name: &'static str, called: &'static str, said: &Said<'a>) -> Element<'a> {
    let scheme = |authority: &str| {
        let rest = authority.strip_prefix("https://").or_else(|| authority.strip_prefix("http://"))?;
        NAME_SCHEMES.iter().find(|(start, _)| rest.starts_with(start)).map(|(_, scheme)| *scheme)
    };
    let identifier = said.authority.and_then(|authority| Some((authority, scheme(authority)?)));
    let identifier = identifier.map(|(authority, scheme)| {
        Element::new("nameIdentifier").attribute("nameIdentifierScheme", scheme).text(authority)
    });
    Element::new(name).with([words(called, said)]).with(identifier)
}

fn titles<'a>(said: &Description<'a>, otherwise: &str) -> Element<'a> {
    let mut all: Vec<_> = said.all("title").map(|said| words("title", said)).collect();
    if all.is_empty() {
        all.push(Element::new("title").text(otherwise.to_owned()));
    }
    let others = said.all("alternative").map(|said| words("title", said).attribute("titleType", "AlternativeTitle"));
    Element::new("titles").with(all).with(others)
}

/// The year in which it was issued, or else came into the archive, which makes it available.
fn year(object: &Object, said: &Description<'_>) -> String {
    let issued = said.all("date_issued").find_map(|said| said.edtf.and_then(ends)).map(|(begin, _)| begin);
    let issued = issued.filter(|date| !date.starts_with('-')).map(|date| date[..4].to_owned());
    issued.unwrap_or_else(|| object.created_at.to_seconds_string().chars().take(4).collect())
}

fn resource_type<'a>(object: &Object, said: &Description<'a>, views: &[View<'_>]) -> Element<'a> {
    let general = match (object.level, views.first().map(|view| view.kind)) {
        (Level::Fonds | Level::Series | Level::File | Level::Project, _) => "Collection",
        (Level::Work | Level::Instance | Level::Item, Some(Kind::Image)) => "Image",
        (Level::Work | Level::Instance | Level::Item, Some(Kind::Sound)) => "Sound",
        (Level::Work | Level::Instance | Level::Item, Some(Kind::Film)) => "Audiovisual",
        (Level::Work | Level::Instance | Level::Item, Some(Kind::Text)) => "Text",
        (Level::Work | Level::Instance | Level::Item, Some(Kind::Model)) => "Model",
        (Level::Work | Level::Item, None) => "PhysicalObject",
        (Level::Instance, None) => "Other",
    };
    let named: Vec<&str> = said.all("object_type").map(|said| said.text).collect();
    let named = if named.is_empty() { object.level.as_str().to_owned() } else { named.join("; ") };
    Element::new("resourceType").attribute("resourceTypeGeneral", general).text(named)
}

/// The elements that hold a list of statements.
fn lists<'a>(said: &Description<'a>) -> Vec<Element<'a>> {
    let mut lists: Vec<(&'static str, Vec<Element<'a>>)> =
        ["subjects", "contributors", "dates", "sizes", "rightsList", "descriptions", "geoLocations", "relatedItems"]
            .map(|name| (name, Vec::new()))
            .into();
    for said in said.iter() {
        let Some((list, element)) = listed(said) else { continue };
        if let Some((_, list)) = lists.iter_mut().find(|(name, _)| *name == list) {
            list.push(element);
        }
    }
    lists.into_iter().filter_map(|(name, list)| Element::around(name, list)).collect()
}

/// A statement as the member of a list.
fn listed<'a>(said: &Said<'a>) -> Option<(&'static str, Element<'a>)> {
    let contributor = |kind: &'static str| {
        ("contributors", person("contributor", "contributorName", said).attribute("contributorType", kind))
    };
    let description =
        |kind: &'static str| ("descriptions", words("description", said).attribute("descriptionType", kind));
    Some(match said.property {
        "contributor" | "publisher" => contributor("Other"),
        "holding_institution" => contributor("HostingInstitution"),
        "rights_holder" => contributor("RightsHolder"),
        "date_created" => date(said, "Created"),
        "date_issued" => date(said, "Issued"),
        "subject" | "period" | "culture" | "style" | "use" => {
            ("subjects", words("subject", said).maybe("valueURI", said.authority))
        }
        "dimensions" => ("sizes", Element::new("size").text(said.text)),
        "description" => description("Abstract"),
        "material" | "technique" => description("TechnicalInfo"),
        "inscription" | "note" | "provenance" | "credit_line" => description("Other"),
        "rights" => {
            let uri = said.authority.or_else(|| if is_web(said.text) { Some(said.text) } else { None });
            ("rightsList", words("rights", said).maybe("rightsURI", uri))
        }
        "place" => {
            ("geoLocations", Element::new("geoLocation").with([Element::new("geoLocationPlace").text(said.text)]))
        }
        "coordinates" => {
            let [longitude, latitude] = point(said.text)?.coordinates;
            let number = |name, number: serde_json::Number| Element::new(name).text(number.to_string());
            let both = [number("pointLongitude", longitude), number("pointLatitude", latitude)];
            ("geoLocations", Element::new("geoLocation").with([Element::new("geoLocationPoint").with(both)]))
        }
        "collection" => ("relatedItems", related_item(said, "IsPartOf", "Collection")),
        "source" => ("relatedItems", related_item(said, "IsDerivedFrom", "Other")),
        // What is an element of its own, and what is left out.
        _ => return None,
    })
}

/// A date as machines read it, with the words for it beside. Words alone are no date to the kernel.
fn date<'a>(said: &Said<'a>, kind: &'static str) -> (&'static str, Element<'a>) {
    let Some(exact) = said.edtf.filter(|edtf| ends(edtf).is_some()) else {
        return ("descriptions", words("description", said).attribute("descriptionType", "Other"));
    };
    let spoken = if exact == said.text { None } else { Some(said.text) };
    ("dates", Element::new("date").attribute("dateType", kind).maybe("dateInformation", spoken).text(exact))
}

fn related_item<'a>(said: &Said<'a>, relation: &'static str, kind: &'static str) -> Element<'a> {
    Element::new("relatedItem")
        .attribute("relatedItemType", kind)
        .attribute("relationType", relation)
        .with([Element::new("titles").with([words("title", said)])])
}

/// The one language: a code, which is all that the element takes.
fn language<'a>(said: &Description<'a>) -> Option<Element<'a>> {
    let codes = said.all("language").map(|said| said.text);
    let is_code = |text: &&str| Language::parse(text).is_ok_and(|tag| tag.primary().len() <= 3);
    codes.into_iter().find(is_code).map(|code| Element::new("language").text(code))
}

/// The addresses of pages, of images elsewhere and of the manifest.
fn related<'a>(object: &Object, said: &Description<'a>, setting: &Setting<'_>, shown: bool) -> Option<Element<'a>> {
    let link = |address: String, relation: &'static str| {
        let link = Element::new("relatedIdentifier").attribute("relatedIdentifierType", "URL");
        link.attribute("relationType", relation).text(address)
    };
    let web = |property: &'static str| said.all(property).map(|said| said.text).filter(|text| is_web(text));
    let page = link(setting.addresses.page(object.id), "IsDescribedBy");
    let pages = web("landing_page").map(|text| link(text.to_owned(), "IsDescribedBy"));
    let images = web("image_url").map(|text| link(text.to_owned(), "IsSourceOf"));
    let manifest = || {
        let manifest = link(setting.addresses.manifest(object.id), "HasMetadata");
        manifest.attribute("relatedMetadataScheme", "IIIF Presentation API 3")
    };
    let manifest = if shown { Some(manifest()) } else { None };
    Element::around("relatedIdentifiers", std::iter::once(page).chain(pages).chain(images).chain(manifest))
}

fn media_types<'a>(views: &[View<'a>]) -> Vec<Element<'a>> {
    let mut types: Vec<&'a str> = views.iter().map(|view| view.page.file.media_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    types.into_iter().map(|text| Element::new("format").text(text)).collect()
}

/// A statement's words.
fn words<'a>(name: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(name).maybe("xml:lang", said.language).text(said.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doi_is_known_however_it_is_written() {
        for text in ["10.5072/a-b(c)", "doi:10.5072/a-b(c)", "https://doi.org/10.5072/a-b(c)"] {
            assert_eq!(doi(text), Some("10.5072/a-b(c)"), "{text}");
        }
        for text in ["10.507/a", "10.5072/", "10.5072", "11.5072/a", "10.5072/a b", "1979.413.1"] {
            assert_eq!(doi(text), None, "{text}");
        }
    }
}
