//! Who asks, and when: read once from the request, and handed to everything that answers.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use fonds_schemas::{Timestamp, Viewer};

use crate::archive::App;

/// Who asks, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// Who.
    pub viewer: Viewer,
    /// When.
    pub at: Timestamp,
}

impl FromRequestParts<App> for Asking {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(_parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self { viewer: Viewer::Public, at: app.clock.now() })
    }
}
