//! IIIF: Image API 3.0 and 2.1.1 at level 2, Presentation API 3.0 and 2.1, Web Annotations of what people say of images and
//! of the text on them, Content Search 2.0 and 1.0 over both, Change Discovery API 1.0 at level 2, and Content State API 1.0.
//!
//! Everything here answers from what `Archive` lets the asker see; nothing here decides that. Whatever goes out, errors
//! and redirects included, may be read by any page on the web (CORS `*`): what must not be read is not sent.

pub mod annotation;
pub mod content_state;
pub mod discovery;
pub mod error;
pub mod http;
pub mod image;
pub mod presentation;
pub mod search;

use axum::Router;
use axum::routing::any;

use crate::archive::App;

/// Every address under `/iiif`.
pub fn router() -> Router<App> {
    let documents = Router::new()
        .merge(presentation::routes())
        .merge(discovery::routes())
        .merge(content_state::answer::routes())
        .merge(annotation::routes())
        .merge(search::routes());
    let router = Router::new()
        .merge(image::routes())
        .merge(http::compressed(documents))
        // Without these, what no route matches would be answered by somebody who does not know CORS.
        .route("/iiif", any(nowhere))
        .route("/iiif/", any(nowhere))
        .route("/iiif/{*rest}", any(nowhere))
        .method_not_allowed_fallback(not_so);
    http::open_to_all(router)
}

async fn not_so() -> error::Error {
    error::Error::Method
}

async fn nowhere() -> error::Error {
    error::Error::NotFound
}
