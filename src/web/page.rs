//! What every page shares: its frame, its headers, and what it says when something is wrong.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use fonds_projections::ProjectionError;

use crate::archive::{App, Archive, Denied};
use crate::derivatives::PacksError;
use crate::ledger::LedgerError;
use crate::linked::answer::{Beside, document};

/// Nothing from elsewhere, no script at all, no frame around it.
const POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'self'";

/// What the frame of a page shows.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The name of the archive.
    pub archive: String,
    /// What the search box holds.
    pub words: String,
}

impl Frame {
    /// The frame of a page with an empty search box.
    pub fn of(archive: &Archive) -> Self {
        Self { archive: archive.settings.archive.name.clone(), words: String::new() }
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not shown.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A projection could not answer.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It is not known which images cannot be shown.
    #[error(transparent)]
    Packs(#[from] PacksError),
    /// The address asks for something that cannot be.
    #[error("{0}")]
    Asked(String),
    /// The template failed.
    #[error(transparent)]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    frame: Frame,
    title: &'static str,
    text: String,
}

/// A page as an answer. It changes with every event, so it is asked for again each time.
pub fn answer(page: &impl Template, status: StatusCode) -> Result<Response, askama::Error> {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "Authorization"),
    ];
    Ok((status, headers, page.render()?).into_response())
}

/// A page of an object as an answer, by which it is known again.
pub fn of_object(page: &impl Template, asked: &HeaderMap, beside: &Beside) -> Result<Response, askama::Error> {
    let mut response = document(asked, "text/html; charset=utf-8", page.render()?.into_bytes(), beside);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

/// The page for an address under which there is nothing.
pub async fn nothing(State(app): State<App>, _: Uri) -> Response {
    Error::from(Denied::Unknown).page(&app)
}

impl Error {
    /// The page that says what is wrong.
    pub fn page(self, archive: &Archive) -> Response {
        let (status, title, text) = match self {
            Self::Denied(Denied::Unknown) => (
                StatusCode::NOT_FOUND,
                "Not here",
                "There is nothing under this address, or nothing that is open to the public.".to_owned(),
            ),
            Self::Denied(Denied::Gone) => {
                (StatusCode::GONE, "Withdrawn", "This was published here and has been withdrawn.".to_owned())
            }
            Self::Denied(Denied::Needs(scope)) => {
                (StatusCode::FORBIDDEN, "Not for this token", format!("This needs the scope {}.", scope.as_str()))
            }
            Self::Asked(why) => (StatusCode::BAD_REQUEST, "This cannot be asked", why),
            Self::Denied(Denied::Projection(error)) | Self::Projection(error) => ours(error),
            Self::Ledger(error) => ours(error),
            Self::Packs(error) => ours(error),
            Self::Template(error) => ours(error),
        };
        let problem = Problem { frame: Frame::of(archive), title, text };
        answer(&problem, status).unwrap_or_else(|error| {
            tracing::error!("could not render the page of a problem: {error}");
            status.into_response()
        })
    }
}

/// Something of our own: logged with a number that the page shows, so that whoever saw it can ask about it.
fn ours(error: impl std::error::Error + Send + Sync + 'static) -> (StatusCode, &'static str, String) {
    let incident = fonds_schemas::checksum::hex(&crate::clock::random::<4>());
    tracing::error!(incident, "a page could not be made: {:#}", anyhow::Error::new(error));
    let text = format!("The archive could not answer. Nothing was lost. To ask about it, quote {incident}.");
    (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", text)
}
