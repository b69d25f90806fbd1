//! Content Search over the texts of one object: 2.0, and 1.0 for viewers that know no other.
//!
//! A hit is a line of text, or something said of an image. All words of a question must be in it; what is in quotes, as
//! it is written there. Everything is asked for through the object, so nobody learns a number that he may not know.
//! Source: IIIF Content Search API 2.0 and 1.0.

pub mod matched;
pub mod request;
pub mod service;
pub mod v1;
pub mod v2;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use fonds_projections::annotations::{self, Found, Sought, Term};
use fonds_schemas::{AgentId, FileId, Object};
use serde::Serialize;

use crate::archive::App;
use crate::asking::Asking;
use crate::iiif::annotation::agents;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Dialect, Keeping};
use crate::iiif::presentation::maker::Agents;
use crate::iiif::presentation::views::is_image;
use crate::iiif::presentation::{find, setting};
use crate::iiif::search::request::{PAGE_HITS, Request, Version};
use crate::iiif::search::service::{CONTEXT_1, CONTEXT_2};

/// Seconds that anybody may keep an answer: an edit or a withdrawal is seen a minute later.
const SECONDS: u32 = 60;
/// Words that a beginning is completed to.
const TERMS_MAX: u32 = 50;

/// The addresses of searches.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/iiif/search/2/{object}", get(search_2))
        .route("/iiif/search/2/{object}/autocomplete", get(complete_2))
        .route("/iiif/search/1/{object}", get(search_1))
        .route("/iiif/search/1/{object}/autocomplete", get(complete_1))
}

/// A search that was made: what an answer is rendered from.
#[derive(Debug, Clone, Copy)]
pub struct Searched<'a> {
    /// In which object.
    pub object: &'a Object,
    /// What was asked.
    pub request: &'a Request,
    /// The same, as the texts understand it.
    pub sought: &'a Sought,
    /// What was found.
    pub found: &'a Found,
    /// Who says what was found.
    pub agents: &'a Agents,
    /// The base of every public address.
    pub base: &'a str,
}

async fn search_2(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: Asked,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let request = Request::parse(query.as_deref().unwrap_or_default(), Version::Two)?;
    let (sought, found) = search(&app, &object, &request).await?;
    let (base, agents) = (app.stores.addresses.base(), agents(&app, who(&found)).await?);
    let searched =
        Searched { object: &object, request: &request, sought: &sought, found: &found, agents: &agents, base };
    let page = v2::page(searched, setting(&app));
    answer(&asked, &page, CONTEXT_2, Keeping::of(&object.standing, asking.at, SECONDS))
}

async fn search_1(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: Asked,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let request = Request::parse(query.as_deref().unwrap_or_default(), Version::One)?;
    let (sought, found) = search(&app, &object, &request).await?;
    // Version 1 does not say who.
    let (base, agents) = (app.stores.addresses.base(), Agents::new());
    let searched =
        Searched { object: &object, request: &request, sought: &sought, found: &found, agents: &agents, base };
    let list = v1::list(searched, setting(&app));
    answer(&asked, &list, CONTEXT_1, Keeping::of(&object.standing, asking.at, SECONDS))
}

async fn complete_2(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: Asked,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let request = Request::parse(query.as_deref().unwrap_or_default(), Version::Two)?;
    let terms = complete(&app, &object, &request).await?;
    let page = v2::terms(&object, &request, terms, app.stores.addresses.base());
    answer(&asked, &page, CONTEXT_2, Keeping::of(&object.standing, asking.at, SECONDS))
}

async fn complete_1(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: Asked,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let request = Request::parse(query.as_deref().unwrap_or_default(), Version::One)?;
    let terms = complete(&app, &object, &request).await?;
    let list = v1::terms(&object, &request, terms, app.stores.addresses.base());
    answer(&asked, &list, CONTEXT_1, Keeping::of(&object.standing, asking.at, SECONDS))
}

async fn search(app: &App, object: &Object, request: &Request) -> Result<(Sought, Found), Error> {
    let sought = request.sought()?;
    let (files, motivations) = (shown(app, object), request.motivations.as_deref());
    let page = (request.start(), PAGE_HITS);
    let found = annotations::search(&app.stores.pg, object.id, &files, &sought, motivations, page).await;
    let found = found.map_err(Error::Projection)?;
    // The first page is there even where nothing was found; behind the last one there is nothing.
    if request.page > Request::last_page(found.total) { Err(Error::NotFound) } else { Ok((sought, found)) }
}

async fn complete(app: &App, object: &Object, request: &Request) -> Result<Vec<Term>, Error> {
    if request.q.is_empty() {
        return Err(Error::syntax("q", "", "a beginning to complete is needed"));
    }
    let (files, motivations) = (shown(app, object), request.motivations.as_deref());
    let limits = (request.min, TERMS_MAX);
    let terms = annotations::terms(&app.stores.pg, object.id, &files, &request.q, motivations, limits).await;
    terms.map_err(Error::Projection)
}

fn who(found: &Found) -> Vec<AgentId> {
    found.hits.iter().map(|hit| hit.agent).collect()
}

/// The images that have a canvas, in their order: what was said of another is not told.
fn shown(app: &App, object: &Object) -> Vec<FileId> {
    let painted = object.files.iter().filter(|file| is_image(file, setting(app)));
    painted.map(|file| file.file).collect()
}

fn answer(
    asked: &Asked,
    document: &impl Serialize,
    context: &'static str,
    keeping: Keeping,
) -> Result<Response, Error> {
    http::document(asked, document, Dialect::Linked(context), keeping, None)
}
