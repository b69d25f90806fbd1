//! What IIIF says when it cannot answer: a status and one line of plain text.
//!
//! Image API 3.0 §7.3 asks for short plain text. A line never tells more than the asker may know: what may not be
//! seen and what does not exist give the same answer.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fonds_projections::ProjectionError;
use fonds_schemas::Scope;
use fonds_workers::picture::BadPicture;
use tracing::error;

use crate::archive::Denied;
use crate::derivatives::PacksError;
use crate::iiif::content_state::BadState;
use crate::storage::StorageError;

/// Seconds after which a client that was sent away should come back: a decode takes less.
const RETRY_AFTER_SECONDS: &str = "2";
/// Characters of a request that an error repeats: enough to find the place, too few to carry a message.
const QUOTED_CHARS_MAX: usize = 64;

/// Why there is no image, manifest or collection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such thing, or the asker may not know of it.
    #[error("there is nothing here")]
    NotFound,
    /// Nothing is written here.
    #[error("this is read with GET, HEAD or OPTIONS")]
    Method,
    /// It was public once.
    #[error("it was withdrawn")]
    Gone,
    /// A token would help.
    #[error("this needs a token with the scope {}", .0.as_str())]
    Needs(Scope),
    /// A part of the address is not what the specification says it is.
    #[error("{part} {given:?}: {why}")]
    Syntax {
        /// Which part: region, size, rotation, quality, format.
        part: &'static str,
        /// What was asked, cut to a few characters.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The parameter is no content state.
    #[error("iiif-content: {0}")]
    ContentState(#[from] BadState),
    /// The part is well formed and asks for what this image cannot give.
    #[error("{part}: {why}")]
    Impossible {
        /// Which part.
        part: &'static str,
        /// Why not.
        why: &'static str,
    },
    /// Allowed by the specification, and not declared in info.json.
    #[error("{0} is not implemented here")]
    NotImplemented(&'static str),
    /// The file is there and is no image that can be shown.
    #[error("this file is {0}: it is kept, but not shown as an image")]
    NotShown(String),
    /// The image is too large to be decoded for a viewer.
    #[error("this image has {given} {unit}, at most {limit} are decoded for a viewer")]
    TooLarge {
        /// Of what.
        unit: &'static str,
        /// How many it has.
        given: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// The bytes are not the image that they claim to be.
    #[error("this file cannot be decoded: {0}")]
    Undecodable(#[source] BadPicture),
    /// It was tried, and nothing can be made of it.
    #[error("this file is kept, but cannot be shown: {0}")]
    Failed(String),
    /// Too large to be decoded while somebody waits, and its tiles are still being made.
    #[error("the tiles of this image are being made; try again soon")]
    NotYet,
    /// Too many are waiting already.
    #[error("too many images are being decoded; try again soon")]
    Busy,
    /// The publication feed has not folded the first event yet.
    #[error("the publication feed is not ready yet; try again soon")]
    NotReady,
    /// The bytes could not be fetched.
    #[error("could not read the file's bytes")]
    Storage(#[source] StorageError),
    /// The tiles could not be read.
    #[error("could not read the tiles of this image")]
    Packs(#[source] PacksError),
    /// A projection could not answer.
    #[error("could not read the catalogue")]
    Projection(#[source] ProjectionError),
    /// Pixels could not be turned into an answer: our own fault.
    #[error("could not render the image: {0}")]
    Render(String),
    /// The failure of a piece of work that several requests waited for.
    #[error(transparent)]
    Shared(#[from] Arc<Error>),
}

impl Error {
    /// A part of the address that is not what the specification says.
    pub(crate) fn syntax(part: &'static str, given: &str, why: &'static str) -> Self {
        Self::Syntax { part, given: given.chars().take(QUOTED_CHARS_MAX).collect(), why }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Gone => StatusCode::GONE,
            Self::Needs(_) => StatusCode::UNAUTHORIZED,
            Self::Syntax { .. } | Self::Impossible { .. } | Self::ContentState(_) => StatusCode::BAD_REQUEST,
            Self::NotImplemented(_) | Self::NotShown(_) | Self::TooLarge { .. } => StatusCode::NOT_IMPLEMENTED,
            Self::Undecodable(_) | Self::Failed(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy | Self::NotYet | Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage(_) | Self::Packs(_) | Self::Projection(_) | Self::Render(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Shared(error) => error.status(),
        }
    }
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

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            error!(error = &self as &dyn std::error::Error, "iiif: {self}");
        }
        let mut response = (status, format!("{self}\n")).into_response();
        let headers = response.headers_mut();
        // An embargo lifts by itself and a queue empties: a cache must not remember that there was nothing.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
