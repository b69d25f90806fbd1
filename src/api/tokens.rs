//! Tokens through the API.

use axum::Json;
use axum::extract::{State, rejection::JsonRejection};
use axum::http::StatusCode;
use axum_extra::extract::WithRejection;
use fonds_projections::tokens;
use fonds_schemas::event::BatchCounts;
use fonds_schemas::{AgentId, AgentKind, Scope, Timestamp, TokenId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::files::Reason;
use super::{acting, needs};
use crate::archive::App;
use crate::asking::Asking;

/// A token as it stands; never its secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TokenView {
    /// Its id.
    pub token: TokenId,
    /// In whose name it acts.
    pub agent: AgentId,
    /// What it allows.
    pub scope: Scope,
    /// What it is for.
    pub label: String,
    /// When it ceases to be valid.
    pub expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A token that is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// In whose name it acts: a person's name.
    pub holder: String,
    /// What it allows.
    pub scope: Scope,
    /// What it is for.
    pub label: String,
    /// When it ceases to be valid.
    pub expires_at: Option<Timestamp>,
}

/// A token that was issued; the secret is shown this once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewTokenView {
    /// Its id.
    pub token: TokenId,
    /// What to send as `Authorization: Bearer …`.
    pub secret: String,
}

pub async fn list(State(app): State<App>, asking: Asking) -> Result<Json<Vec<TokenView>>, Error> {
    needs(asking, Scope::Admin)?;
    let tokens = tokens::all(&app.stores.pg).await?;
    let views = tokens.into_iter().map(|token| TokenView {
        token: token.token,
        agent: token.agent,
        scope: token.scope,
        label: token.label,
        expires_at: token.expires_at,
        revoked: token.revoked,
    });
    Ok(Json(views.collect()))
}

pub async fn issue(
    State(app): State<App>,
    asking: Asking,
    body: Result<Json<NewToken>, JsonRejection>,
) -> Result<(StatusCode, Json<NewTokenView>), Error> {
    needs(asking, Scope::Admin)?;
    let Json(new) = body?;
    let holder = app.register_agent(AgentKind::Person, &new.holder, None).await?;
    let acting = acting(&app, asking, Scope::Admin, "token issued").await?;
    let issued = app.issue_token(acting, holder, new.scope, &new.label, new.expires_at).await;
    app.close_batch(acting, BatchCounts::default()).await?;
    let issued = issued?;
    let secret = issued.secret.reveal().to_owned();
    Ok((StatusCode::CREATED, Json(NewTokenView { token: issued.token, secret })))
}

pub async fn revoke(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): WithRejection<axum::extract::Path<TokenId>, Error>,
    WithRejection(axum::extract::Query(reason), _): WithRejection<axum::extract::Query<Reason>, Error>,
) -> Result<StatusCode, Error> {
    let acting = acting(&app, asking, Scope::Admin, "token revoked").await?;
    let revoked = app.revoke_token(acting, id, reason.reason).await;
    app.close_batch(acting, BatchCounts::default()).await?;
    revoked?;
    Ok(StatusCode::NO_CONTENT)
}
