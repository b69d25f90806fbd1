//! What is said of an object, in the fields of a manifest: label, metadata, rights, pages, data.

use fonds_projections::feed::Format as _;
use fonds_projections::graph::write::{FORMATS, Format};
use fonds_schemas::{Access, Object, Statement, edtf};

use crate::formats::oai_dc::OaiDc;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::rights;
use crate::iiif::presentation::types::{Link, Pair};

/// What our linked data follows: the Europeana Data Model, by which Europeana finds the record of a manifest.
const EDM: &str = "http://www.europeana.eu/schemas/edm/";

/// The first title of each language, else whatever names the object.
#[must_use]
pub fn label(object: &Object) -> LanguageMap {
    let titles = LanguageMap::first_of_each(object.values("title"));
    if titles.is_empty() { LanguageMap::plain(object.title()) } else { titles }
}

/// Everything that is said and not shown elsewhere, property by property, in every language.
#[must_use]
pub fn metadata(object: &Object, label: &LanguageMap) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (property, asserted) in object.by_property() {
        let shown_above = match property.as_str() {
            "title" => asserted.len() == label.count(),
            "description" => true,
            _ => false,
        };
        if !shown_above {
            let value = LanguageMap::values(asserted.iter().map(|asserted| &asserted.statement));
            pairs.push(Pair { label: LanguageMap::english(property.label()), value });
        }
    }
    if let Some(source) = &object.source
        && !object.values("identifier").any(|statement| statement.text == source.identifier)
    {
        let value = LanguageMap::plain(source.identifier.clone());
        pairs.push(Pair { label: LanguageMap::english("Identifier at the source"), value });
    }
    pairs
}

/// Whom to name.
#[must_use]
pub fn required_statement(object: &Object) -> Option<Pair> {
    let sources = ["credit_line", "rights_holder", "holding_institution"];
    let values = sources.iter().map(|property| LanguageMap::values(object.values(property)));
    let value = values.into_iter().find(|value| !value.is_empty())?;
    Some(Pair { label: LanguageMap::english("Attribution"), value })
}

/// The one address that the specification allows: the first statement that is one, else nothing.
#[must_use]
pub fn rights_of(object: &Object) -> Option<String> {
    object.values("rights").find_map(|statement| {
        let authority = statement.authority.as_deref().and_then(rights::uri);
        authority.or_else(|| rights::uri(&statement.text))
    })
}

/// Its place in time, where a date of the description names one day, month or year. A text that is such a date itself
/// needs no other notation.
#[must_use]
pub fn nav_date(object: &Object) -> Option<String> {
    let notation = |said: &Statement| edtf::first_day(said.edtf.as_deref().unwrap_or(said.text.trim()));
    let day = object.values("date_created").find_map(notation)?;
    Some(format!("{day}T00:00:00Z"))
}

/// The page of something, for people.
#[must_use]
pub fn page_link(id: String, label: LanguageMap) -> Link {
    Link { id, kind: "Text", label, format: "text/html".to_owned(), profile: None }
}

/// Our page of the object at that address, and the one of the institution that holds it.
#[must_use]
pub fn homepages(object: &Object, page: String, label: &LanguageMap) -> Vec<Link> {
    let mut pages = vec![page_link(page, label.clone())];
    let web = |text: &&str| {
        let scheme = text.starts_with("http://") || text.starts_with("https://");
        scheme && fonds_schemas::property::is_iri(text)
    };
    if let Some(landing) = object.values("landing_page").map(|said| said.text.trim()).find(web) {
        let holder = LanguageMap::first_of_each(object.values("holding_institution"));
        let label = if holder.is_empty() { LanguageMap::english("Page at the holding institution") } else { holder };
        pages.push(page_link(landing.to_owned(), label));
    }
    pages
}

/// The description for machines, in every form there is of it.
#[must_use]
pub fn see_also(object: &Object, setting: Setting<'_>) -> Vec<Link> {
    let page = setting.addresses.page(object.id);
    let data = |id: String, label: String, format: &str, profile| {
        let label = LanguageMap::english(label);
        Link { id, kind: "Dataset", label, format: format.to_owned(), profile }
    };
    let writable = |format: &Format| object.statements.iter().all(|said| format.carries(said.statement.property.iri()));
    let mut links: Vec<Link> = FORMATS
        .iter()
        .filter(|format| writable(format))
        .map(|format| {
            let label = format!("Description as {}", format.label());
            data(format!("{page}.{}", format.extension()), label, format.media_type(), Some(EDM))
        })
        .collect();
    links.push(data(format!("{page}.json"), "Description as JSON".to_owned(), "application/json", None));
    // Harvesters see what is public, and so does whoever follows this link.
    if object.standing.access == Access::Public {
        // The one format that has a record of every object.
        let format = OaiDc;
        let label = format!("OAI-PMH record ({})", format.prefix());
        let id = setting.addresses.record(object.id, format.prefix());
        links.push(data(id, label, "text/xml", Some(format.namespace())));
    }
    links
}
