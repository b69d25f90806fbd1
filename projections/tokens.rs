//! Who may use the API.

use async_trait::async_trait;
use fonds_schemas::*;
use sqlx::PgPool;

use crate::{Batch, Projection, ProjectionError, Stores};

/// The projection.
pub struct Tokens;

#[async_trait]
impl Projection for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }
    fn code_version(&self) -> u32 {
        1
    }
    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        crate::position::create(stores, "tokens", 1).await
    }
    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }
    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        crate::position::applied(&stores.pg, "tokens").await
    }
    async fn apply(&self, _stores: &Stores, _batch: &Batch) -> Result<(), ProjectionError> {
        todo!()
    }
    async fn digest(&self, _stores: &Stores) -> Result<Sha256, ProjectionError> {
        todo!()
    }
}

/// A token as it stands.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its id.
    pub token: TokenId,
    /// In whose name it acts.
    pub agent: AgentId,
    /// What it allows.
    pub scope: Scope,
    /// What people call it.
    pub label: String,
    /// When it ceases to be valid.
    pub expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: bool,
}
/// The token with a secret of that digest.
pub async fn by_secret(_pg: &PgPool, _secret: &Sha256) -> Result<Option<Token>, ProjectionError> {
    todo!()
}
/// Every token, oldest first.
pub async fn all(_pg: &PgPool) -> Result<Vec<Token>, ProjectionError> {
    todo!()
}
