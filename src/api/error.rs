//! What goes wrong in the API, as problem details (RFC 9457).

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use fonds_projections::ProjectionError;
use fonds_schemas::{Scope, Viewer};
use serde_json::json;

use crate::archive::Denied;
use crate::asking::Unrecognised;
use crate::commands::{CommandError, Refused};
use crate::ledger::LedgerError;
use crate::storage::StorageError;

/// A problem: a status, and a sentence that says what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    status: StatusCode,
    detail: String,
}

impl Error {
    /// A problem of that status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    /// What is asked for is not there, as far as the asker may know.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    /// The asker holds too little.
    #[must_use]
    pub fn needs(viewer: Viewer, scope: Scope) -> Self {
        let status = if viewer == Viewer::Public { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
        Self::new(status, format!("this needs a token with the scope {}", scope.as_str()))
    }

    /// Something of our own is wrong: it is logged, and the asker is told no more than that.
    fn ours(doing: &str, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        tracing::error!("{doing}: {:#}", anyhow::Error::new(error));
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong here; the log says what")
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = json!({
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown => Self::not_found("object"),
            Denied::Gone => Self::new(StatusCode::GONE, "this was withdrawn"),
            Denied::Needs(scope) => {
                Self::new(StatusCode::FORBIDDEN, format!("this needs a token with the scope {}", scope.as_str()))
            }
            Denied::Projection(error) => error.into(),
        }
    }
}

impl From<ProjectionError> for Error {
    fn from(error: ProjectionError) -> Self {
        Self::ours("the API could not ask a projection", error)
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        Self::ours("the API could not use the ledger", error)
    }
}

impl From<CommandError> for Error {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refused) => {
                let status = match &refused {
                    Refused::NoSuchObject(_)
                    | Refused::NoSuchFile { .. }
                    | Refused::NoSuchAnnotation(_)
                    | Refused::NoSuchToken(_) => StatusCode::NOT_FOUND,
                    Refused::Exists(_) | Refused::Stale { .. } | Refused::HarvestedMeanwhile(_) => StatusCode::CONFLICT,
                    Refused::NoSuchStatement { .. }
                    | Refused::Statement(_)
                    | Refused::Arrangement(_)
                    | Refused::Annotation(_)
                    | Refused::Full { .. }
                    | Refused::TooMany { .. }
                    | Refused::Itself(_)
                    | Refused::Cycle { .. }
                    | Refused::Nothing(_)
                    | Refused::Reason
                    | Refused::Name(_) => StatusCode::UNPROCESSABLE_ENTITY,
                };
                Self::new(status, refused.to_string())
            }
            CommandError::Storage(error) => error.into(),
            error @ (CommandError::Ledger(_) | CommandError::Probe { .. } | CommandError::History { .. }) => {
                Self::ours("the API could not carry out a command", error)
            }
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::TooLarge { limit, .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a file of more than {limit} bytes is not taken"))
            }
            other => Self::ours("the API could not store or read bytes", other),
        }
    }
}

impl From<Unrecognised> for Error {
    fn from(error: Unrecognised) -> Self {
        match error {
            Unrecognised::Token | Unrecognised::Header => Self::new(StatusCode::UNAUTHORIZED, error.to_string()),
            Unrecognised::Projection(error) => error.into(),
        }
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, rejection.body_text())
    }
}

impl From<PathRejection> for Error {
    fn from(_: PathRejection) -> Self {
        // An id that cannot be is answered as one that is not there.
        Self::new(StatusCode::NOT_FOUND, "there is nothing under this address")
    }
}
