//! The Presentation API 3.0: a manifest for every object, and collections that lead to them.
//!
//! A handler asks the archive what the asker may see; the documents themselves are pure functions of objects.

pub mod annotation;
pub mod collection;
pub mod language;
pub mod manifest;
pub mod rights;
pub mod types;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::get;
use fonds_projections::{annotations, catalog, search};
use fonds_schemas::{Act, Object, ObjectId, RelationKind, may};
use serde::{Deserialize, Serialize};

use crate::archive::App;
use crate::asking::Asking;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Keeping};
use crate::iiif::presentation::manifest::Setting;

/// The JSON-LD context of Presentation API 3, which is the profile of its media type too.
pub const CONTEXT: &str = "http://iiif.io/api/presentation/3/context.json";
/// Seconds that anybody may keep a manifest: an edit or a withdrawal is seen a minute later.
const SECONDS: u32 = 60;
/// Members of one collection. Presentation 3 has no pages, and viewers load all of it at once.
const MEMBERS_MAX: u32 = 1000;
/// Objects on one page of the collection of everything: what a search gives at once.
const TOP_MAX: u32 = 100;
/// Characters of the place where a page of the collection of everything begins.
const AFTER_CHARS_MAX: usize = 512;

/// The addresses of the Presentation API.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/iiif/presentation/3/{object}/manifest", get(manifest))
        .route("/iiif/presentation/3/collection/top", get(top))
        .route("/iiif/presentation/3/collection/{id}", get(members))
}

/// Answers with a document of this API.
pub fn answer(asked: &Asked<'_>, document: &impl Serialize, keeping: Keeping) -> Result<Response, Error> {
    let body = serde_json::to_vec(document).map_err(|error| Error::Render(error.to_string()))?;
    Ok(http::json(asked, body, CONTEXT, keeping, None))
}

pub(super) fn setting(app: &App) -> Setting<'_> {
    Setting { addresses: &app.stores.addresses, institution: &app.settings.archive.name, limits: &app.settings.limits }
}

async fn manifest(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let wholes = object.relations.iter().filter(|relation| relation.kind == RelationKind::PartOf);
    let wholes: Vec<ObjectId> = wholes.map(|relation| relation.target).collect();
    let wholes = visible(&app, asking, &wholes).await?;
    let mut manifest = manifest::manifest(&object, &wholes, setting(&app));
    let marks = annotations::marks(&app.stores.pg, object.id).await.map_err(Error::Projection)?;
    annotation::refer(&mut manifest, &object, &marks, setting(&app));
    // A manifest names what its object is part of: it is public only as long as all of that is.
    let all_public = wholes.iter().chain([&object]).all(|object| object.is_public(asking.at));
    let keeping = if all_public { Keeping::Everybody(SECONDS) } else { Keeping::OnlyAsker };
    answer(&Asked { method: &method, headers: &headers }, &manifest, keeping)
}

async fn members(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let pointing = catalog::pointing_at(&app.stores.pg, &asking.viewer, asking.at, object.id, MEMBERS_MAX).await;
    let pointing = pointing.map_err(Error::Projection)?;
    let parts = pointing.into_iter().filter(|(kind, _)| *kind == RelationKind::PartOf);
    let parts: Vec<ObjectId> = parts.map(|(_, part)| part).collect();
    let parts = visible(&app, asking, &parts).await?;
    let collection = collection::of_object(&object, &parts, setting(&app));
    // A collection of public and other parts is public only as long as all that it names is.
    let all_public = parts.iter().chain([&object]).all(|object| object.is_public(asking.at));
    let keeping = if all_public { Keeping::Everybody(SECONDS) } else { Keeping::OnlyAsker };
    answer(&Asked { method: &method, headers: &headers }, &collection, keeping)
}

#[derive(Debug, Deserialize)]
struct After {
    after: Option<String>,
}

async fn top(
    State(app): State<App>,
    asking: Asking,
    Query(After { after }): Query<After>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if let Some(after) = after.as_ref().filter(|after| after.len() > AFTER_CHARS_MAX) {
        return Err(Error::syntax("after", after, "too long"));
    }
    let query = search::Query { with_image: true, limit: TOP_MAX, after: after.clone(), ..search::Query::default() };
    let found = search::search(&app.stores.pg, &asking.viewer, asking.at, &query).await.map_err(Error::Projection)?;
    let objects: Vec<Object> = found.hits.into_iter().map(|hit| hit.object).collect();
    let collection = collection::top(&objects, after.as_deref(), found.next.as_deref(), setting(&app));
    let all_public = objects.iter().all(|object| object.is_public(asking.at));
    let keeping = if all_public { Keeping::Everybody(SECONDS) } else { Keeping::OnlyAsker };
    answer(&Asked { method: &method, headers: &headers }, &collection, keeping)
}

pub(super) async fn find(app: &App, asking: Asking, id: &str) -> Result<Object, Error> {
    let id = ObjectId::parse(id).map_err(|_no_object_is_called_so| Error::NotFound)?;
    Ok(app.object(asking, id, Act::See).await?)
}

/// Those of the objects that the asker may see: what links to a hidden object does not say that it is there.
async fn visible(app: &App, asking: Asking, ids: &[ObjectId]) -> Result<Vec<Object>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut objects = catalog::objects(&app.stores.pg, ids).await.map_err(Error::Projection)?;
    objects.retain(|object| may(&asking.viewer, &object.standing, Act::See, asking.at).is_allowed());
    Ok(objects)
}
