//! Who asks, and when: read once from the request, and handed to everything that answers.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use fonds_projections::{ProjectionError, tokens};
use fonds_schemas::{Sha256, Timestamp, Viewer};

use crate::archive::{App, Archive};

/// Who asks, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// Who.
    pub viewer: Viewer,
    /// When.
    pub at: Timestamp,
}

/// Why it cannot be said who asks.
#[derive(Debug, thiserror::Error)]
pub enum Unrecognised {
    /// A token that is not valid: saying "public" instead would hide from its holder why things are missing.
    #[error("this token is not valid: it is unknown, revoked or expired")]
    Token,
    /// Something other than `Bearer TOKEN`.
    #[error("the Authorization header must read: Bearer TOKEN")]
    Header,
    /// The tokens cannot be read.
    #[error("the tokens cannot be read at the moment")]
    Projection(#[from] ProjectionError),
}

impl Asking {
    /// The public, at that moment.
    #[must_use]
    pub const fn public(at: Timestamp) -> Self {
        Self { viewer: Viewer::Public, at }
    }
}

/// Reads who asks from the headers of a request.
pub async fn recognise(archive: &Archive, headers: &HeaderMap) -> Result<Asking, Unrecognised> {
    let at = archive.clock.now();
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(Asking::public(at)) };
    let header = header.to_str().map_err(|_not_text| Unrecognised::Header)?;
    let (scheme, secret) = header.split_once(' ').ok_or(Unrecognised::Header)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Unrecognised::Header);
    }
    let token = tokens::by_secret(&archive.stores.pg, &Sha256::of(secret.trim().as_bytes())).await?;
    let valid = token.filter(|token| !token.revoked && token.expires_at.is_none_or(|end| end > at));
    let token = valid.ok_or(Unrecognised::Token)?;
    Ok(Asking { viewer: Viewer::Agent { agent: token.agent, scope: token.scope }, at })
}

impl FromRequestParts<App> for Asking {
    type Rejection = Unrecognised;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Unrecognised> {
        recognise(app, &parts.headers).await
    }
}

impl IntoResponse for Unrecognised {
    fn into_response(self) -> Response {
        match &self {
            Self::Token | Self::Header => {
                (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], format!("{self}\n")).into_response()
            }
            Self::Projection(error) => {
                tracing::error!("could not read the tokens: {error:#}");
                (StatusCode::SERVICE_UNAVAILABLE, format!("{self}\n")).into_response()
            }
        }
    }
}
