//! The Presentation API 3.0: a manifest for every object, and collections that lead to them. 2.1 says the same again.
//!
//! A handler asks the archive what the asker may see; the documents themselves are pure functions of objects.

pub mod collection;
pub mod language;
pub mod manifest;
pub mod rights;
pub mod types;
pub mod v2;

use std::convert::Infallible;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::get;
use fonds_projections::{catalog, search};
use fonds_schemas::{Act, Object, ObjectId, RelationKind, may};
use serde::{Deserialize, Serialize};

use crate::archive::App;
use crate::asking::Asking;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Keeping};
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::types::{Collection, Manifest};

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
        .route("/iiif/presentation/2/{object}/manifest", get(manifest))
        .route("/iiif/presentation/2/collection/top", get(top))
        .route("/iiif/presentation/2/collection/{id}", get(members))
}

/// Answers with a document of this API.
pub fn answer(asked: &Asked<'_>, document: &impl Serialize, keeping: Keeping) -> Result<Response, Error> {
    Ok(http::json(asked, bytes(document)?, CONTEXT, keeping, None))
}

/// Answers with a document of version 2.1.
pub fn answer_2(asked: &Asked<'_>, document: &impl Serialize, keeping: Keeping) -> Result<Response, Error> {
    let kind = http::json_kind_2(asked.headers);
    Ok(http::json_as(kind, asked, bytes(document)?, v2::CONTEXT, keeping, None))
}

fn bytes(document: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(document).map_err(|error| Error::Render(error.to_string()))
}

/// In which form a document is wanted: by the version in the address, and the headers.
struct Wanted {
    method: Method,
    headers: HeaderMap,
    version: Version,
}

enum Version {
    Two,
    Three,
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let two = parts.uri.path().starts_with("/iiif/presentation/2/");
        let version = if two { Version::Two } else { Version::Three };
        Ok(Self { method: parts.method.clone(), headers: parts.headers.clone(), version })
    }
}

impl Wanted {
    fn manifest(&self, document: &Manifest, keeping: Keeping) -> Result<Response, Error> {
        let asked = Asked { method: &self.method, headers: &self.headers };
        match self.version {
            Version::Two => answer_2(&asked, &v2::manifest(document), keeping),
            Version::Three => answer(&asked, document, keeping),
        }
    }

    fn collection(&self, document: &Collection, keeping: Keeping) -> Result<Response, Error> {
        let asked = Asked { method: &self.method, headers: &self.headers };
        match self.version {
            Version::Two => answer_2(&asked, &v2::collection(document), keeping),
            Version::Three => answer(&asked, document, keeping),
        }
    }
}

pub(super) fn setting(app: &App) -> Setting<'_> {
    Setting { addresses: &app.stores.addresses, institution: &app.settings.archive.name, limits: &app.settings.limits }
}

async fn manifest(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    wanted: Wanted,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let wholes = object.relations.iter().filter(|relation| relation.kind == RelationKind::PartOf);
    let wholes: Vec<ObjectId> = wholes.map(|relation| relation.target).collect();
    let wholes = visible(&app, asking, &wholes).await?;
    // A manifest names what its object is part of: it is public only as long as all of that is.
    let keeping = keeping(asking, wholes.iter().chain([&object]));
    wanted.manifest(&manifest::manifest(&object, &wholes, setting(&app)), keeping)
}

async fn members(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    wanted: Wanted,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let pointing = catalog::pointing_at(&app.stores.pg, &asking.viewer, asking.at, object.id, MEMBERS_MAX).await;
    let pointing = pointing.map_err(Error::Projection)?;
    let parts = pointing.into_iter().filter(|(kind, _)| *kind == RelationKind::PartOf);
    let parts: Vec<ObjectId> = parts.map(|(_, part)| part).collect();
    let parts = visible(&app, asking, &parts).await?;
    // A collection of public and other parts is public only as long as all that it names is.
    let keeping = keeping(asking, parts.iter().chain([&object]));
    wanted.collection(&collection::of_object(&object, &parts, setting(&app)), keeping)
}

#[derive(Debug, Deserialize)]
struct After {
    after: Option<String>,
}

async fn top(
    State(app): State<App>,
    asking: Asking,
    Query(After { after }): Query<After>,
    wanted: Wanted,
) -> Result<Response, Error> {
    if let Some(after) = after.as_ref().filter(|after| after.len() > AFTER_CHARS_MAX) {
        return Err(Error::syntax("after", after, "too long"));
    }
    let query = search::Query { with_image: true, limit: TOP_MAX, after: after.clone(), ..search::Query::default() };
    let found = search::search(&app.stores.pg, &asking.viewer, asking.at, &query).await.map_err(Error::Projection)?;
    let objects: Vec<Object> = found.hits.into_iter().map(|hit| hit.object).collect();
    let collection = collection::top(&objects, after.as_deref(), found.next.as_deref(), setting(&app));
    wanted.collection(&collection, keeping(asking, objects.iter()))
}

/// What names several objects may be kept by anybody only as long as all of them are public.
fn keeping<'a>(asking: Asking, mut named: impl Iterator<Item = &'a Object>) -> Keeping {
    if named.all(|object| object.is_public(asking.at)) { Keeping::Everybody(SECONDS) } else { Keeping::OnlyAsker }
}

async fn find(app: &App, asking: Asking, id: &str) -> Result<Object, Error> {
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
