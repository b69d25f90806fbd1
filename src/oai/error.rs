//! What goes wrong: errors that are answers, and errors that are our own.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fonds_projections::ProjectionError;
use tracing::error;

/// Seconds after which a harvester may come back when the database is away. PostgreSQL is restarted within this time;
/// a common harvester tries three times, five seconds apart, and then gives up.
const RETRY_AFTER_SECONDS: u16 = 5;

/// Why there is no reply in OAI-PMH.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The publication feed could not be read.
    #[error("could not read the publication feed")]
    Feed(#[from] ProjectionError),
    /// The publication feed has not folded the first event yet.
    #[error("the publication feed is not ready yet")]
    NotReady,
    /// A POST with something else than a form.
    #[error("OAI-PMH takes a POST only as application/x-www-form-urlencoded")]
    NotAForm,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Feed(ProjectionError::Database { .. }) | Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Self::Feed(
                ProjectionError::Deposed { .. } | ProjectionError::Triples { .. } | ProjectionError::Row { .. },
            ) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        if status.is_server_error() {
            error!(error = &self as &dyn std::error::Error, "could not answer a harvester");
        }
        let mut response = (status, format!("{self}\n")).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}

/// The error codes of OAI-PMH (§3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    BadVerb,
    BadArgument,
    BadResumptionToken,
    CannotDisseminateFormat,
    IdDoesNotExist,
    NoMetadataFormats,
    NoRecordsMatch,
    NoSetHierarchy,
}

impl Code {
    /// As the specification spells it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::BadVerb => "badVerb",
            Self::BadArgument => "badArgument",
            Self::BadResumptionToken => "badResumptionToken",
            Self::CannotDisseminateFormat => "cannotDisseminateFormat",
            Self::IdDoesNotExist => "idDoesNotExist",
            Self::NoMetadataFormats => "noMetadataFormats",
            Self::NoRecordsMatch => "noRecordsMatch",
            Self::NoSetHierarchy => "noSetHierarchy",
        }
    }
}

/// An error that is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_asks_the_harvester_to_come_back() {
        let source = ProjectionError::Database {
            doing: "could not read a page of the publication feed",
            source: sqlx::Error::PoolTimedOut,
        };
        let response = Error::Feed(source).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }
}
