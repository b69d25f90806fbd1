//! OAI-PMH 2.0 (<http://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm>): all six verbs, by GET and POST.
//!
//! Everything comes from the publication feed, so whoever asks gets the same: what everybody may see. There is no SQL
//! here. A protocol error is an answer with status 200; any other status is our own fault or a broken connection.

mod ahead;
mod answer;
mod date;
mod describe;
mod error;
mod render;
mod request;
pub mod selftest;
mod token;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, RawQuery, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

pub use ahead::Ahead;
pub use answer::{Repository, answer};
pub use error::Error;
pub use token::{Key, KeyError};

use crate::archive::App;
use crate::asking::Asking;

/// Bytes of a metadataPrefix, so that tokens stay short.
pub const PREFIX_BYTES_MAX: usize = 24;
/// Bytes of a form: six arguments of the longest values that are accepted.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// A reply: a whole XML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xml(pub String);

impl IntoResponse for Xml {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], self.0).into_response()
    }
}

/// What is kept from request to request.
struct Kept {
    key: Key,
    ahead: Ahead,
}

/// The route of OAI-PMH. `key` signs resumption tokens: [`Key::open`] gives the one of a data directory.
pub fn router(key: Key) -> axum::Router<App> {
    axum::Router::new()
        .route("/oai", get(handle).post(handle))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(Extension(Arc::new(Kept { key, ahead: Ahead::default() })))
        // The lowest level halves the page already, and costs a fifth of the usual one.
        .layer(CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest))
}

async fn handle(
    State(app): State<App>,
    Extension(kept): Extension<Arc<Kept>>,
    asking: Asking,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Xml, Error> {
    let form = if method == Method::POST { request::form(&headers, &body)? } else { &[] };
    let repository = Repository {
        pg: &app.harvesters,
        formats: &app.stores.formats,
        addresses: &app.stores.addresses,
        archive: &app.settings.archive,
        oai: &app.settings.oai,
        record_rights: app.stores.publishing.record_rights.as_deref(),
        has_harvested: app.has_harvested().await?,
        key: &kept.key,
        ahead: Some((&kept.ahead, &app.keeper)),
        window: app.window(asking.at).await?.ok_or(Error::NotReady)?,
        now: asking.at,
    };
    answer(&repository, query.unwrap_or_default().as_bytes(), form).await
}
