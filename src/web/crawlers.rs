//! What crawlers ask for: `/robots.txt`, and sitemaps (<https://www.sitemaps.org/protocol.html>) with every public object.
//!
//! Both come from the publication feed: a sitemap names what everybody may see, with the datestamp that harvesters are told.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fonds_projections::ProjectionError;
use fonds_projections::feed;
use fonds_schemas::{Addresses, Timestamp};

use super::page::{Error, nothing};
use crate::archive::App;
use crate::formats::xml;
use crate::iiif::http::compressed;
use crate::linked::answer::{Beside, document};

/// What crawlers are asked not to walk: facets have more pages than there are atoms.
const RULES: &str = "User-agent: *\nDisallow: /search\nDisallow: /sparql\nDisallow: /api/\n";
/// Addresses in one file. The protocol allows 50,000; half of it leaves a file room to grow before all are cut anew.
const ADDRESSES_MAX: u64 = 25_000;
const ADDRESSES_IN_FILE_MAX: u32 = 50_000;
/// Where the vocabulary of sitemaps is.
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
/// The file with all objects, where one is enough.
const ALL: &str = "all";
/// The file with the pages that are of no object, so that there always is one.
const HOME: &str = "home";

/// The addresses.
pub fn routes() -> Router<App> {
    let routes = Router::new()
        .route("/robots.txt", get(robots))
        .route("/sitemap.xml", get(index))
        .route("/sitemap/{name}", get(one));
    compressed(routes)
}

async fn robots(State(app): State<App>) -> impl IntoResponse {
    let base = app.stores.addresses.base();
    let text = format!(
        "{RULES}\n# Everything that is public here, for machines: {base}/dcat and {base}/.well-known/void\n\
         Sitemap: {base}/sitemap.xml\n"
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")], text)
}

async fn index(State(app): State<App>, headers: HeaderMap) -> Response {
    match app.shelves(ADDRESSES_MAX).await {
        Ok(shelves) => {
            let changed_at = latest(shelves.iter().map(|shelf| shelf.changed_at));
            answer(&headers, render_index(&app.stores.addresses, &shelves), changed_at)
        }
        Err(error) => broken(&app, error),
    }
}

async fn one(state: State<App>, Path(name): Path<String>, headers: HeaderMap, uri: axum::http::Uri) -> Response {
    let app = &state.0;
    let shelf = match name.strip_suffix(".xml") {
        Some(HOME) => return answer(&headers, render_home(&app.stores.addresses), None),
        Some(ALL) => "",
        Some(shelf) if is_shelf(shelf) => shelf,
        Some(_) | None => return nothing(state, uri).await,
    };
    // One more than a file may have is looked for: a shelf that has them has been cut.
    match feed::shelf(&app.harvesters, shelf, ADDRESSES_IN_FILE_MAX + 1).await {
        Ok(shelved) if shelved.is_empty() || shelved.len() > ADDRESSES_IN_FILE_MAX as usize => {
            nothing(state, uri).await
        }
        Ok(shelved) => {
            let changed_at = latest(shelved.iter().map(|one| one.changed_at));
            answer(&headers, render(&app.stores.addresses, &shelved), changed_at)
        }
        Err(error) => broken(app, error),
    }
}

/// Whether it can be the beginning of ids.
fn is_shelf(name: &str) -> bool {
    (1..=3).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// The latest of all, if all are known.
fn latest(all: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    all.collect::<Option<Vec<i64>>>()?.into_iter().max()
}

fn answer(asked: &HeaderMap, body: String, changed_at: Option<i64>) -> Response {
    document(asked, "application/xml", body.into_bytes(), &Beside { changed_at, ..Beside::default() })
}

fn broken(app: &App, error: ProjectionError) -> Response {
    let response = Error::from(error).page(app);
    (StatusCode::INTERNAL_SERVER_ERROR, response).into_response()
}

/// The file that names the others.
fn render_index(addresses: &Addresses, shelves: &[feed::Shelf]) -> String {
    let mut out = opened("sitemapindex");
    out.push_str("<sitemap>");
    xml::element(&mut out, "loc", &format!("{}/sitemap/{HOME}.xml", addresses.base()));
    out.push_str("</sitemap>\n");
    for shelf in shelves {
        let name = if shelf.name.is_empty() { ALL } else { &shelf.name };
        out.push_str("<sitemap>");
        xml::element(&mut out, "loc", &format!("{}/sitemap/{name}.xml", addresses.base()));
        modified(&mut out, shelf.changed_at);
        out.push_str("</sitemap>\n");
    }
    out.push_str("</sitemapindex>\n");
    out
}

fn render_home(addresses: &Addresses) -> String {
    let mut out = opened("urlset");
    out.push_str("<url>");
    xml::element(&mut out, "loc", &format!("{}/", addresses.base()));
    out.push_str("</url>\n</urlset>\n");
    out
}

/// A file with the pages of objects.
fn render(addresses: &Addresses, shelved: &[feed::Shelved]) -> String {
    let mut out = opened("urlset");
    for one in shelved {
        out.push_str("<url>");
        xml::element(&mut out, "loc", &addresses.page(one.object));
        modified(&mut out, one.changed_at);
        out.push_str("</url>\n");
    }
    out.push_str("</urlset>\n");
    out
}

fn opened(root: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a string does not fail.
    let _infallible = writeln!(out, "<{root} xmlns=\"{NAMESPACE}\">");
    out
}

fn modified(out: &mut String, changed_at: Option<i64>) {
    if let Some(seconds) = changed_at {
        let at = Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        xml::element(out, "lastmod", &at.to_seconds_string());
    }
}
