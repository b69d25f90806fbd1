//! The Presentation API 3.0: a manifest for every object, and collections that lead to them. 2.1 says the same again, and
//! so does the draft of 4.0 for archives that ask for it.
//!
//! A handler asks the archive what the asker may see; the documents themselves are pure functions of objects.

pub mod annotation;
pub mod arranged;
pub mod beside;
pub mod caption;
pub mod collection;
pub mod composed;
pub mod describe;
pub mod language;
pub mod maker;
pub mod manifest;
pub mod place;
pub mod rights;
pub mod types;
pub mod v2;
pub mod v4;
pub mod views;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fonds_projections::{catalog, search};
use fonds_schemas::{Access, Act, Object, ObjectId, RelationKind, Viewer};
use serde::Deserialize;

use crate::archive::{App, Archive};
use crate::asking::Asking;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Dialect, Keeping};
use crate::iiif::presentation::annotation::Page;
use crate::iiif::presentation::collection::Place;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::types::{Collection, Manifest};

/// The JSON-LD context of Presentation API 3, which is the profile of its media type too.
pub const CONTEXT: &str = "http://iiif.io/api/presentation/3/context.json";
/// What its JSON is called.
pub const DIALECT: Dialect = Dialect::Linked(CONTEXT);
/// Seconds that anybody may keep a manifest: an edit or a withdrawal is seen a minute later.
const SECONDS: u32 = 60;
/// Members of one page of a collection. Viewers load all of it at once; the rest is a collection inside it.
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
        .route("/iiif/presentation/4/{object}/manifest", get(manifest_4))
        .route("/iiif/presentation/2/collection/top", get(top))
        .route("/iiif/presentation/2/collection/{id}", get(members))
}

/// In which form a document is wanted: by the version in the address, and the headers.
pub(super) struct Wanted {
    asked: Asked,
    version: Version,
}

enum Version {
    Two,
    Three,
    Four,
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let version = match parts.uri.path().strip_prefix("/iiif/presentation/").and_then(|rest| rest.chars().next()) {
            Some('2') => Version::Two,
            Some('4') => Version::Four,
            Some(_) | None => Version::Three,
        };
        Ok(Self { asked: Asked::from_request_parts(parts, state).await?, version })
    }
}

impl Wanted {
    fn manifest(&self, document: &Manifest, keeping: Keeping, links: Option<&str>) -> Result<Response, Error> {
        match self.version {
            Version::Two => http::document(&self.asked, &v2::manifest(document), v2::DIALECT, keeping, links),
            Version::Three => http::document(&self.asked, document, DIALECT, keeping, links),
            Version::Four => {
                // A draft changes: what it says of the past does too.
                let keeping = if keeping == Keeping::Unchanging { Keeping::Everybody(SECONDS) } else { keeping };
                http::document(&self.asked, &v4::manifest(document), v4::DIALECT, keeping, links)
            }
        }
    }

    fn collection(&self, document: &Collection, keeping: Keeping) -> Result<Response, Error> {
        match self.version {
            Version::Two => http::document(&self.asked, &v2::collection(document), v2::DIALECT, keeping, None),
            // Collections in the draft have no address.
            Version::Three | Version::Four => http::document(&self.asked, document, DIALECT, keeping, None),
        }
    }

    pub(super) fn page(&self, document: &Page, keeping: Keeping) -> Result<Response, Error> {
        match self.version {
            Version::Two => http::document(&self.asked, &v2::annotation::list(document), v2::DIALECT, keeping, None),
            // So have pages of annotations.
            Version::Three | Version::Four => http::document(&self.asked, document, DIALECT, keeping, None),
        }
    }

    /// An address in the version that is spoken.
    fn address(&self, address: String) -> String {
        match self.version {
            Version::Two => v2::address(&address),
            Version::Three => address,
            Version::Four => v4::address(&address),
        }
    }
}

/// Where documents of this archive are published, and by whom.
#[must_use]
pub fn setting(app: &Archive) -> Setting<'_> {
    let (addresses, archive, limits) = (&app.stores.addresses, &app.settings.archive, &app.settings.limits);
    Setting { addresses, archive, limits, failures: None }
}

/// The manifest in the draft of version 4, where the archive wants it: elsewhere there is no such address.
async fn manifest_4(state: State<App>, asking: Asking, id: Path<String>, wanted: Wanted) -> Result<Response, Error> {
    if state.settings.iiif.presentation_4 { manifest(state, asking, id, wanted).await } else { Err(Error::NotFound) }
}

async fn manifest(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    wanted: Wanted,
) -> Result<Response, Error> {
    if let Some((id, seq)) = id.split_once('@') {
        return manifest_then(&app, asking, id, seq, &wanted).await;
    }
    let object = find(&app, asking, &id).await?;
    let wholes = wholes(&app, asking, &object).await?;
    // A manifest names what its object is part of: it is public only as long as all of that is.
    let keeping = keeping(asking, wholes.iter().chain([&object]));
    let failures = app.packs.failures().await.map_err(Error::Packs)?;
    let setting = Setting { failures: Some(&failures), ..setting(&app) };
    let mut manifest = manifest::manifest(&object, &wholes, setting);
    let marks = app.marks(object.id).await.map_err(Error::Projection)?;
    annotation::refer(&mut manifest, &object, &marks, setting);
    if app.settings.iiif.presentation_4 && !matches!(wanted.version, Version::Four) {
        manifest.about.see_also.extend(v4::see_also(&manifest));
    }
    wanted.manifest(&manifest, keeping, None)
}

/// The manifest of a past state. Each state has one address, that of the event that made it, so that what is under it
/// does not change; other places in the ledger lead there.
async fn manifest_then(app: &App, asking: Asking, id: &str, seq: &str, wanted: &Wanted) -> Result<Response, Error> {
    let id = ObjectId::parse(id).map_err(|_no_object_is_called_so| Error::NotFound)?;
    let asked: u64 = seq.parse().map_err(|_no_number| Error::NotFound)?;
    let object = app.object_at(asking, id, asked).await?;
    let setting = setting(app);
    let address = |base: String| wanted.address(format!("{base}/manifest"));
    // `@007` is `@7` and is told so.
    if object.seq.to_string() != seq {
        let to = address(setting.base(object.id, Some(object.seq)));
        let headers = [(header::LOCATION, http::text(&to)), (header::CACHE_CONTROL, http::text("no-store"))];
        return Ok((StatusCode::SEE_OTHER, headers).into_response());
    }
    let keeping = match asking.viewer {
        // Until the event that lifts an embargo, its state is that of something hidden.
        Viewer::Public if object.standing.access == Access::Public => Keeping::Unchanging,
        Viewer::Public => Keeping::Everybody(SECONDS),
        // What the holder of a token sees may be what others may not, then or today.
        Viewer::Agent { .. } => Keeping::OnlyAsker,
    };
    let latest = format!("<{}>;rel=\"latest-version\"", address(setting.base(object.id, None)));
    wanted.manifest(&manifest::manifest_then(&object, setting), keeping, Some(&latest))
}

#[derive(Debug, Deserialize)]
struct After {
    after: Option<String>,
}

impl After {
    fn place(&self) -> Result<Option<&str>, Error> {
        match self.after.as_deref() {
            Some(after) if after.len() > AFTER_CHARS_MAX => Err(Error::syntax("after", after, "too long")),
            after => Ok(after),
        }
    }
}

async fn members(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    Query(after): Query<After>,
    wanted: Wanted,
) -> Result<Response, Error> {
    let object = find(&app, asking, &id).await?;
    let after = after.place()?;
    let parts = catalog::parts(&app.stores.pg, &asking.viewer, asking.at, object.id, after, MEMBERS_MAX).await;
    let none = || Error::syntax("after", after.unwrap_or_default(), "no place in a collection");
    let catalog::Parts { objects: parts, next } = parts.map_err(Error::Projection)?.ok_or_else(none)?;
    let wholes = wholes(&app, asking, &object).await?;
    // A collection of public and other parts is public only as long as all that it names is.
    let keeping = keeping(asking, parts.iter().chain(&wholes).chain([&object]));
    let place = Place { after, next: next.as_deref() };
    let failures = app.packs.failures().await.map_err(Error::Packs)?;
    let setting = Setting { failures: Some(&failures), ..setting(&app) };
    wanted.collection(&collection::of_object(&object, &wholes, &parts, place, setting), keeping)
}

async fn top(
    State(app): State<App>,
    asking: Asking,
    Query(after): Query<After>,
    wanted: Wanted,
) -> Result<Response, Error> {
    let after = after.place()?;
    let asked = after.map(ToOwned::to_owned);
    let query = search::Query { with_image: true, limit: TOP_MAX, after: asked, ..search::Query::default() };
    let found = search::search(&app.stores.pg, &asking.viewer, asking.at, &query).await.map_err(Error::Projection)?;
    let objects: Vec<Object> = found.hits.into_iter().map(|hit| hit.object).collect();
    let failures = app.packs.failures().await.map_err(Error::Packs)?;
    let setting = Setting { failures: Some(&failures), ..setting(&app) };
    let collection = collection::top(&objects, Place { after, next: found.next.as_deref() }, setting);
    wanted.collection(&collection, keeping(asking, objects.iter()))
}

/// The wholes of an object that the asker may see.
async fn wholes(app: &App, asking: Asking, object: &Object) -> Result<Vec<Object>, Error> {
    let wholes = object.relations.iter().filter(|relation| relation.kind == RelationKind::PartOf);
    let wholes: Vec<ObjectId> = wholes.map(|relation| relation.target).collect();
    let wholes = app.visible(asking, &wholes).await.map_err(Error::Projection)?;
    Ok(wholes.into_iter().map(Arc::unwrap_or_clone).collect())
}

/// What names several objects may be kept by anybody only as long as all of them are public.
fn keeping<'a>(asking: Asking, mut named: impl Iterator<Item = &'a Object>) -> Keeping {
    if named.all(|object| object.is_public(asking.at)) { Keeping::Everybody(SECONDS) } else { Keeping::OnlyAsker }
}

pub(super) async fn find(app: &App, asking: Asking, id: &str) -> Result<Object, Error> {
    let id = ObjectId::parse(id).map_err(|_no_object_is_called_so| Error::NotFound)?;
    Ok(app.object(asking, id, Act::See).await?)
}
