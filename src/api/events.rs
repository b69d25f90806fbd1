//! The ledger, acts and agents through the API. For holders of a token: events tell of what is not public.

use axum::Json;
use axum::extract::State;
use axum_extra::extract::WithRejection;
use fonds_projections::provenance;
use fonds_schemas::event::BatchCounts;
use fonds_schemas::{AgentId, AgentKind, BatchId, Envelope, EventId, Scope, Sha256, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::needs;
use crate::archive::App;
use crate::asking::Asking;

/// Events or batches on a page.
const PAGE_MAX: u32 = 1_000;

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// The first event wanted, by its place in the ledger; of batches, the place before which they were opened.
    pub from: Option<u64>,
    /// How many, 1 to 1,000; 100 unless said.
    pub limit: Option<u32>,
}

/// An event as the ledger holds it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventView {
    /// The envelope: the leaf of the ledger's tree.
    pub envelope: Envelope,
    /// The body; absent where it was erased by law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// The hash of the leaf.
    pub leaf_hash: Sha256,
}

/// An act of several events.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BatchView {
    /// Its id.
    pub batch: BatchId,
    /// The place in the ledger where it was opened.
    pub seq: u64,
    /// `ingest` or `edit`.
    pub kind: String,
    /// What people call it.
    pub label: String,
    /// What was read.
    pub source: Option<String>,
    /// Who.
    pub agent: AgentId,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when; absent while it runs, or where it broke off.
    pub closed_at: Option<Timestamp>,
    /// What it amounted to.
    pub counts: Option<BatchCounts>,
}

/// Who acts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentView {
    /// Its id.
    pub agent: AgentId,
    /// What kind.
    pub kind: AgentKind,
    /// Its name.
    pub name: String,
    /// The version of software or model.
    pub version: Option<String>,
}

impl std::convert::From<fonds_schemas::Recorded> for EventView {
    fn from(recorded: fonds_schemas::Recorded) -> Self {
        let body = recorded.event.as_ref().and_then(|event| event.to_body().ok());
        let body = body.and_then(|body| serde_json::from_slice(&body).ok());
        Self { envelope: recorded.envelope, body, leaf_hash: recorded.leaf_hash }
    }
}

type Path<T> = WithRejection<axum::extract::Path<T>, Error>;
type Query<T> = WithRejection<axum::extract::Query<T>, Error>;

pub async fn list(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Query(page), _): Query<From>,
) -> Result<Json<Vec<EventView>>, Error> {
    needs(asking, Scope::Read)?;
    let limit = page.limit.unwrap_or(100).clamp(1, PAGE_MAX);
    let events = app.ledger.read(page.from.unwrap_or(0), limit).await?;
    Ok(Json(events.into_iter().map(EventView::from).collect()))
}

pub async fn read(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<EventId>,
) -> Result<Json<EventView>, Error> {
    needs(asking, Scope::Read)?;
    let event = app.ledger.event(id).await?.ok_or_else(|| Error::not_found("event"))?;
    Ok(Json(event.into()))
}

pub async fn batches(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Query(page), _): Query<From>,
) -> Result<Json<Vec<BatchView>>, Error> {
    needs(asking, Scope::Read)?;
    let limit = page.limit.unwrap_or(100).clamp(1, PAGE_MAX);
    let rows = provenance::batches(&app.stores.pg, page.from, limit).await?;
    Ok(Json(rows.into_iter().map(|(seq, row)| view(seq, row)).collect()))
}

pub async fn batch(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<BatchId>,
) -> Result<Json<BatchView>, Error> {
    needs(asking, Scope::Read)?;
    let (seq, row) = provenance::batch(&app.stores.pg, id).await?.ok_or_else(|| Error::not_found("batch"))?;
    Ok(Json(view(seq, row)))
}

pub async fn agent(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<AgentId>,
) -> Result<Json<AgentView>, Error> {
    needs(asking, Scope::Read)?;
    let agents = provenance::agents(&app.stores.pg, &[id]).await?;
    let agent = agents.into_iter().next().ok_or_else(|| Error::not_found("agent"))?;
    Ok(Json(AgentView { agent: agent.agent, kind: agent.kind, name: agent.name, version: agent.version }))
}

fn view(seq: u64, row: provenance::BatchRow) -> BatchView {
    let provenance::BatchRow { batch, label, kind, source, agent, opened_at, closed_at, counts } = row;
    BatchView { batch, seq, kind, label, source, agent, opened_at, closed_at, counts }
}
