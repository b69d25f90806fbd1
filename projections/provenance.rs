//! Who did what, when, in which act.

use async_trait::async_trait;
use fonds_schemas::*;
use sqlx::PgPool;

use crate::{Batch, Projection, ProjectionError, Stores};

/// The projection.
pub struct Provenance;

#[async_trait]
impl Projection for Provenance {
    fn name(&self) -> &'static str {
        "provenance"
    }
    fn code_version(&self) -> u32 {
        1
    }
    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        crate::position::create(stores, "provenance", 1).await
    }
    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }
    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        crate::position::applied(&stores.pg, "provenance").await
    }
    async fn apply(&self, _stores: &Stores, _batch: &Batch) -> Result<(), ProjectionError> {
        todo!()
    }
    async fn digest(&self, _stores: &Stores) -> Result<Sha256, ProjectionError> {
        todo!()
    }
}

/// An agent as people know it.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Its id.
    pub agent: AgentId,
    /// What kind.
    pub kind: AgentKind,
    /// Its name.
    pub name: String,
    /// Version of software or model.
    pub version: Option<String>,
}
/// An act of several events.
#[derive(Debug, Clone)]
pub struct BatchRow {
    /// Its id.
    pub batch: BatchId,
    /// What people call it.
    pub label: String,
    /// `ingest` or `edit`.
    pub kind: String,
    /// What was read.
    pub source: Option<String>,
    /// Who.
    pub agent: AgentId,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when; `None` while it runs or if it broke off.
    pub closed_at: Option<Timestamp>,
    /// What it amounted to.
    pub counts: Option<fonds_schemas::event::BatchCounts>,
}
/// The agents of those ids that are known.
pub async fn agents(_pg: &PgPool, _ids: &[AgentId]) -> Result<Vec<Agent>, ProjectionError> {
    todo!()
}
/// The batch of that id.
pub async fn batch(_pg: &PgPool, _id: BatchId) -> Result<Option<BatchRow>, ProjectionError> {
    todo!()
}
/// Batches, newest first, before that moment's place; at most `limit`.
pub async fn batches(
    _pg: &PgPool,
    _before_seq: Option<u64>,
    _limit: u32,
) -> Result<Vec<(u64, BatchRow)>, ProjectionError> {
    todo!()
}
