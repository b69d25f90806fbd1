//! IIIF: Image API 3.0 at level 2, and Presentation API 3.0 manifests and collections.
//!
//! Everything here answers from what `Archive` lets the asker see; nothing here decides that. Whatever goes out, errors
//! and redirects included, may be read by any page on the web (CORS `*`): what must not be read is not sent.

pub mod error;
pub mod http;
pub mod image;
pub mod presentation;

use axum::Router;
use axum::routing::any;

use crate::archive::App;

/// Every address under `/iiif`.
pub fn router() -> Router<App> {
    let router = Router::new()
        .merge(image::routes())
        .merge(presentation::routes())
        // Without this, what no route matches would be answered by somebody who does not know CORS.
        .route("/iiif/{*rest}", any(nowhere));
    http::open_to_all(router)
}

async fn nowhere() -> error::Error {
    error::Error::NotFound
}
