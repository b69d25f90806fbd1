//! The pages: search, object, history. Server-rendered, complete without script, without cookies, from this origin
//! alone.

mod crawlers;
pub mod form;
mod history;
mod object;
mod page;
mod search;
mod tier;
mod words;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use crate::archive::App;

/// The stylesheet, part of the binary.
const STYLE: &str = include_str!("static/fonds.css");

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(search::home))
        .route("/search", get(search::results))
        .route("/o/{name}", get(object::object))
        .route("/o/{name}/history", get(history::history))
        .route("/static/fonds.css", get(style))
        .route("/favicon.ico", get(Redirect::permanent("/static/mark.svg")))
        .route("/static/mark.svg", get(mark))
        .merge(crawlers::routes())
        .fallback(page::nothing)
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], STYLE)
}

async fn mark() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], include_str!("static/mark.svg"))
}
