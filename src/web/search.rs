//! The search page, which is also the home page.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::LINK;
use axum::response::Response;
use fonds_projections::search::{self, Found, Query};
use fonds_schemas::{Level, Object, property};

use super::form;
use super::page::{Error, Frame, answer};
use super::words;
use crate::archive::{App, Archive};
use crate::asking::Asking;
use crate::iiif::presentation;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::views::{is_decodable, is_image};
use crate::linked::signposts::{self, Link};

/// A hit as a card.
pub struct Card {
    /// The page of the object.
    pub href: String,
    /// Its title.
    pub title: String,
    /// The language of the title.
    pub language: Option<String>,
    /// The title in the language of the page, where the title is in another.
    pub also: Option<String>,
    /// What it is where it is no single item; who made it, when.
    pub caption: String,
    /// A small picture.
    pub thumbnail: Option<String>,
    /// Its access, where it is not public.
    pub access: Option<&'static str>,
}

struct Choice {
    text: String,
    count: String,
    href: String,
    chosen: bool,
}

struct Group {
    label: String,
    choices: Vec<Choice>,
    open: bool,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    home: bool,
    total: String,
    cards: Vec<Card>,
    groups: Vec<Group>,
    chosen: Vec<(String, String)>,
    facets: Vec<(String, String)>,
    next: Option<String>,
    first: Option<String>,
}

/// The home page: the search that asks for everything.
pub async fn home(state: State<App>, asking: Asking, RawQuery(query): RawQuery) -> Response {
    let mut response = show(&state, asking, query.as_deref().unwrap_or_default(), true).await;
    let base = state.stores.addresses.base();
    let links = [
        Link::new("describedby", format!("{base}/dcat"))
            .of_type("text/turtle")
            .in_profile("http://www.w3.org/ns/dcat#"),
        Link::new("describedby", format!("{base}/.well-known/void")).of_type("text/turtle"),
        Link::new("sitemap", format!("{base}/sitemap.xml")).of_type("application/xml"),
        Link::new("service-desc", format!("{base}/api/v1/openapi.json")).of_type("application/json"),
    ];
    response.headers_mut().insert(LINK, crate::iiif::http::text(&signposts::header(&links)));
    response
}

/// The page of a search.
pub async fn results(state: State<App>, asking: Asking, RawQuery(query): RawQuery) -> Response {
    show(&state, asking, query.as_deref().unwrap_or_default(), false).await
}

async fn show(app: &Archive, asking: Asking, query: &str, home: bool) -> Response {
    match make(app, asking, query, home).await {
        Ok(response) => response,
        Err(error) => error.page(app),
    }
}

async fn make(app: &Archive, asking: Asking, query: &str, home: bool) -> Result<Response, Error> {
    let query = form::query(query).map_err(|error| Error::Asked(error.to_string()))?;
    let found = search::search(&app.stores.pg, &asking.viewer, asking.at, &query).await?;
    let frame = Frame { words: query.words.clone(), ..Frame::of(app) };
    let without = |facets: Vec<(String, String)>| address(&Query { facets, after: None, ..query.clone() });
    let chosen = query.facets.iter().map(|chosen| {
        let rest = query.facets.iter().filter(|other| *other != chosen).cloned().collect();
        (format!("{}: {}", label(&chosen.0), shown(&chosen.0, &chosen.1)), without(rest))
    });
    let failures = app.packs.failures().await?;
    let setting = Setting { failures: Some(&failures), ..presentation::setting(app) };
    let page = SearchPage {
        frame,
        home: home && query.words.is_empty() && query.facets.is_empty() && query.after.is_none(),
        total: grouped(found.total),
        groups: groups(&query, &found),
        chosen: chosen.collect(),
        facets: query.facets.iter().map(|(facet, value)| (format!("f.{facet}"), value.clone())).collect(),
        next: found.next.as_ref().map(|next| format!("{}&after={}", address(&query), form::encode(next))),
        first: query.after.as_ref().map(|_| address(&query)),
        cards: found.hits.iter().map(|hit| card(&hit.object, setting)).collect(),
    };
    Ok(answer(&page, StatusCode::OK)?)
}

fn address(query: &Query) -> String {
    format!("/search?{}", form::address(query))
}

fn label(facet: &str) -> &str {
    property::find(facet).map_or("Level", |term| term.label)
}

/// The value of a facet as people read it.
fn shown(facet: &str, value: &str) -> String {
    match facet {
        "rights" => words::licence(value).unwrap_or_else(|| value.to_owned()),
        _ => value.to_owned(),
    }
}

fn groups(query: &Query, found: &Found) -> Vec<Group> {
    let groups = found.facets.iter().filter(|facet| !facet.values.is_empty()).map(|facet| {
        let choices = facet.values.iter().map(|(value, count)| {
            let pair = (facet.property.to_owned(), value.clone());
            let chosen = query.facets.contains(&pair);
            let mut facets: Vec<_> = query.facets.iter().filter(|other| **other != pair).cloned().collect();
            if !chosen {
                facets.push(pair);
            }
            let href = address(&Query { facets, after: None, ..query.clone() });
            Choice { text: shown(facet.property, value), count: grouped(*count), href, chosen }
        });
        let choices: Vec<Choice> = choices.collect();
        let open = choices.iter().any(|choice| choice.chosen);
        Group { label: label(facet.property).to_owned(), choices, open }
    });
    let mut groups: Vec<Group> = groups.collect();
    // The first groups are open, so that a visitor sees what there is to choose from.
    groups.iter_mut().take(3).for_each(|group| group.open = true);
    groups
}

/// An object as a card.
pub fn card(object: &Object, setting: Setting<'_>) -> Card {
    let title = object.values("title").next();
    let first = |property| object.values(property).next().map(|statement| statement.text.as_str());
    let level = object.level.as_str();
    let level = (object.level != Level::Item).then(|| level[..1].to_uppercase() + &level[1..]);
    let who: Vec<&str> = [first("creator"), first("date_created")].into_iter().flatten().collect();
    let caption = level.into_iter().chain((!who.is_empty()).then(|| who.join(", ")));
    let image = object.files.iter().find(|file| is_image(file, setting) && is_decodable(file, setting));
    let access = object.standing.access;
    Card {
        href: format!("/o/{}", object.id),
        title: object.title(),
        language: title.and_then(words::language),
        also: words::translated_title(object),
        caption: caption.collect::<Vec<_>>().join(" · "),
        thumbnail: image.map(|file| format!("/iiif/image/3/{}/full/!400,400/0/default.jpg", file.file)),
        access: (access != fonds_schemas::Access::Public).then_some(access.as_str()),
    }
}

/// A number with spaces between its thousands: 156 491.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(156_491), "156\u{202f}491");
        assert_eq!(grouped(12), "12");
    }
}
