//! The JSON API: everything that the pages can show and do, for programs. `/api/v1/openapi.json` describes it.
//!
//! Reading what is public needs no token. Everything else needs one (`fonds token issue`), sent as
//! `Authorization: Bearer TOKEN`.

mod annotations;
pub mod error;
mod events;
mod files;
mod objects;
pub mod openapi;
mod search;
mod tokens;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{Scope, Viewer};
use tower_http::cors::{Any, CorsLayer};

use crate::archive::{App, Archive};
use crate::asking::Asking;
use crate::commands::Acting;
use error::Error;

/// Bytes of a JSON request: two thousand statements of a page each would not fit, and should be an ingest.
const JSON_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The addresses.
pub fn router() -> Router<App> {
    let json = Router::new()
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/objects", get(objects::list).post(objects::create))
        .route("/api/v1/objects/{id}", get(objects::read))
        .route("/api/v1/objects/{id}/statements", post(objects::describe))
        .route("/api/v1/objects/{id}/relations", post(objects::relate))
        .route("/api/v1/objects/{id}/arrangement", put(objects::arrange))
        .route("/api/v1/objects/{id}/access", put(objects::set_access))
        .route("/api/v1/objects/{id}/history", get(objects::history))
        .route("/api/v1/objects/{id}/files/{file}", delete(files::detach))
        .route("/api/v1/objects/{id}/annotations", get(annotations::list).post(annotations::create))
        .route("/api/v1/annotations/{id}", get(annotations::read).put(annotations::replace))
        .route("/api/v1/annotations/{id}", delete(annotations::retract))
        .route("/api/v1/files/{file}", get(files::read))
        .route("/api/v1/files/{file}/content", get(files::content))
        .route("/api/v1/events", get(events::list))
        .route("/api/v1/events/{id}", get(events::read))
        .route("/api/v1/batches", get(events::batches))
        .route("/api/v1/batches/{id}", get(events::batch))
        .route("/api/v1/agents/{id}", get(events::agent))
        .route("/api/v1/tokens", get(tokens::list).post(tokens::issue))
        .route("/api/v1/tokens/{id}", delete(tokens::revoke))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX));
    // An upload is bounded by the settings, while it is written to the staging folder.
    let upload =
        Router::new().route("/api/v1/objects/{id}/files", post(files::upload)).layer(DefaultBodyLimit::disable());
    let transcripts = Router::new()
        .route("/api/v1/files/{file}/transcript", get(annotations::transcript).put(annotations::transcribe))
        .layer(DefaultBodyLimit::max(annotations::TRANSCRIPT_BYTES_MAX));
    json.merge(upload)
        .merge(transcripts)
        .route("/api/{*rest}", get(nothing).post(nothing).put(nothing).delete(nothing))
        .layer(CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any))
}

async fn nothing() -> Error {
    Error::new(StatusCode::NOT_FOUND, "there is no such address in the API; see /api/v1/openapi.json")
}

/// Refuses whoever does not hold that scope.
fn needs(asking: Asking, scope: Scope) -> Result<fonds_schemas::AgentId, Error> {
    match asking.viewer {
        Viewer::Agent { agent, .. } if asking.viewer.holds(scope) => Ok(agent),
        Viewer::Agent { .. } | Viewer::Public => Err(Error::needs(asking.viewer, scope)),
    }
}

/// An act through the API: a batch of its own, in the name of the token's holder.
async fn acting(app: &Archive, asking: Asking, scope: Scope, label: &str) -> Result<Acting, Error> {
    let agent = needs(asking, scope)?;
    let batch = app.open_batch(agent, BatchKind::Edit, label, Some("API"), None).await?;
    Ok(Acting { agent, on_behalf_of: None, batch })
}
