//! Linked data: the names of objects, their descriptions as RDF, SPARQL, and what the data set says of itself.
//!
//! The page of an object is not here; the handler of `/o/{name}` calls [`representation`] when the name has an
//! extension. Nothing here decides who may see what: objects come through the archive's one door, and the triple store
//! that queries reach holds only what everybody may see.

pub mod answer;
pub mod face;
pub mod linked_art;
mod negotiate;
mod object;
mod page;
pub mod schema_org;
pub mod signposts;
pub mod sparql;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use fonds_projections::ProjectionError;
use fonds_projections::graph::query::QueryError;
use fonds_projections::graph::write::{FORMATS, Format, NotWritable, write};
use fonds_projections::graph::{dcat, void};
use fonds_schemas::{Act, ObjectId, Scope};
use tower_http::cors::{Any, CorsLayer};
use tracing::error;

use crate::archive::{App, Archive, Denied};
use crate::asking::Asking;
use crate::derivatives::PacksError;
pub use object::{Surroundings, describe, redirect, representation, setting, to_be_seen};

/// The routes: `/sparql`, `/id/{id}`, `/.well-known/void` and `/dcat`.
pub fn router() -> Router<App> {
    // Other people's pages ask from the browser: everything here is public or needs a token, never a cookie.
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any);
    let counter = sparql::Counter::default();
    let ask = move |State(app): State<App>, request| {
        let counter = counter.clone();
        async move {
            let limit = std::time::Duration::from_secs(app.settings.limits.sparql_seconds);
            let place = sparql::Place { triples: &app.stores.triples, addresses: &app.stores.addresses, limit };
            sparql::respond(&counter, &place, request).await
        }
    };
    Router::new()
        .route("/sparql", any(ask))
        .route("/id/{id}", get(name))
        .route("/.well-known/void", get(dataset))
        .route("/dcat", get(catalog))
        .route("/dcat.ttl", get(catalog_in))
        .route("/dcat.jsonld", get(catalog_in))
        .route("/dcat.rdf", get(catalog_in))
        .route("/dcat.nt", get(catalog_in))
        .layer(cors)
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object, or the asker may not know that there is.
    #[error("there is no such object here")]
    NotFound,
    /// It was withdrawn.
    #[error("this object was withdrawn")]
    Gone,
    /// This needs a token.
    #[error("this needs a token with the scope {}", .0.as_str())]
    Needs(Scope),
    /// The request is not one of the SPARQL protocol.
    #[error("{0}")]
    Request(&'static str),
    /// Another method than the protocol's.
    #[error("SPARQL is asked with GET or POST")]
    Method,
    /// A body that is neither a query nor a form.
    #[error("a query is posted as application/sparql-query or application/x-www-form-urlencoded")]
    MediaType,
    /// The query gives no answer.
    #[error("{}", explained(.0))]
    Query(#[source] QueryError),
    /// As many queries as may run are running.
    #[error("too many queries are running, please ask again in a few seconds")]
    Busy,
    /// It took too long.
    #[error("the query took longer than {0} seconds and was stopped: ask for less, or in smaller parts")]
    TooSlow(u64),
    /// It took too much memory.
    #[error("the query was stopped because memory ran low while it ran: ask for less, or in smaller parts")]
    TooHungry,
    /// The thread that ran the query ended without an answer.
    #[error("the query ended without an answer")]
    Lost,
    /// The thread could not be started.
    #[error("could not start a thread for the query")]
    Thread(#[source] std::io::Error),
    /// The description cannot be written in the format.
    #[error("{0}")]
    Format(#[from] NotWritable),
    /// The description cannot be written as JSON.
    #[error("could not write the description as JSON")]
    Json(#[from] serde_json::Error),
    /// No format that the asker takes.
    #[error("none of the formats asked for is offered")]
    NotAcceptable,
    /// A projection could not answer.
    #[error("the archive could not answer")]
    Projection(#[source] ProjectionError),
    /// The notes on what cannot be decoded cannot be read.
    #[error("could not ask which images can be seen")]
    Packs(#[from] PacksError),
}

/// The message with its causes: whoever wrote the query wants to know where it is wrong.
fn explained(error: &QueryError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown => Self::NotFound,
            Denied::Gone => Self::Gone,
            Denied::Needs(scope) => Self::Needs(scope),
            Denied::Projection(error) => Self::Projection(error),
        }
    }
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::Needs(_) => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Busy | Self::TooSlow(_) | Self::TooHungry => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotAcceptable | Self::Format(NotWritable::Property(_)) => StatusCode::NOT_ACCEPTABLE,
            Self::Query(error) => match error {
                QueryError::NotAcceptable(_) | QueryError::NotWritable(NotWritable::Property(_)) => {
                    StatusCode::NOT_ACCEPTABLE
                }
                QueryError::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
                QueryError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
                QueryError::TooDeep
                | QueryError::Update
                | QueryError::Syntax(_)
                | QueryError::Dataset
                | QueryError::TooCostly(_)
                | QueryError::TooLarge => StatusCode::BAD_REQUEST,
                QueryError::NotWritable(NotWritable::Write(_)) | QueryError::Evaluation(_) | QueryError::Write(_) => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            },
            Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Lost
            | Self::Thread(_)
            | Self::Json(_)
            | Self::Projection(_)
            | Self::Packs(_)
            | Self::Format(NotWritable::Write(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
            error!(error = &self as &dyn std::error::Error, "linked data could not answer");
        }
        let mut response = (status, format!("{self}\n")).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, sparql::RETRY_AFTER_SECONDS);
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD, POST"));
        }
        response
    }
}

/// `/id/{id}`: the name of a thing, which is not a page, answers with where to read about it (httpRange-14).
async fn name(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let id: ObjectId = id.parse().map_err(|_not_an_id| Error::NotFound)?;
    let object = app.object(asking, id, Act::See).await?;
    let around = Surroundings::of(&app, asking, &object).await.map_err(Error::Projection)?;
    let mut response = redirect(&app.stores.addresses, id, &headers)?;
    let links = signposts::header(&around.signposts(&object, &setting(&app)).links());
    response.headers_mut().insert(header::LINK, crate::iiif::http::text(&links));
    Ok(response)
}

/// `/.well-known/void`: what the data set says of itself.
async fn dataset(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    let quads = void::dataset(&app.stores.addresses, &app.settings.archive.name, &app.stores.publishing);
    let format = rdf_format(accept(&headers))?;
    Ok(rdf(format, write(quads, format)?))
}

/// `/dcat`: the same for registries of data sets.
async fn catalog(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    let format = rdf_format(accept(&headers))?;
    Ok(rdf(format, write(catalog_of(&app), format)?))
}

/// `/dcat.{ttl,jsonld,rdf,nt}`: the same in one format.
async fn catalog_in(State(app): State<App>, uri: Uri) -> Result<Response, Error> {
    let extension = uri.path().rsplit('.').next().unwrap_or_default();
    let format = Format::of_extension(extension).ok_or(Error::NotFound)?;
    Ok(rdf(format, write(catalog_of(&app), format)?))
}

fn catalog_of(app: &Archive) -> Vec<dcat::Quad> {
    let (addresses, publishing) = (&app.stores.addresses, &app.stores.publishing);
    dcat::catalog(dcat::Archive {
        addresses,
        name: &app.settings.archive.name,
        publishing,
        formats: &app.stores.formats,
    })
}

fn accept(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok())
}

fn rdf_format(accept: Option<&str>) -> Result<Format, Error> {
    let offered: Vec<&str> = FORMATS.iter().map(|format| format.media_type()).collect();
    let place = negotiate::choose(accept, &offered).ok_or(Error::NotAcceptable)?;
    FORMATS.get(place).copied().ok_or(Error::NotAcceptable)
}

fn rdf(format: Format, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, format.media_type()), (header::VARY, "accept")], body).into_response()
}
