//! What is read of provenance: agents, batches, and the acts of an object, of a batch or of an agent.

use fonds_schemas::event::BatchCounts;
use fonds_schemas::{AgentId, AgentKind, BatchId, EventId, ObjectId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

use crate::{ProjectionError, database};

/// Acts or batches in one answer.
const ROWS_MAX: u32 = 10_000;

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
    pub counts: Option<BatchCounts>,
}

/// One event: who, when, and what about. What it says is in the ledger.
#[derive(Debug, Clone)]
pub struct ActRow {
    /// Its place in the ledger.
    pub seq: u64,
    /// Its name.
    pub event_id: EventId,
    /// Its type.
    pub kind: String,
    /// The object that it is about.
    pub object: Option<ObjectId>,
    /// Who.
    pub agent: AgentId,
    /// In whose name.
    pub on_behalf_of: Option<AgentId>,
    /// Part of which batch.
    pub batch: Option<BatchId>,
    /// When the ledger took it.
    pub recorded_at: Timestamp,
}

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// The agents of those ids that are known.
pub async fn agents(pg: &PgPool, ids: &[AgentId]) -> Result<Vec<Agent>, ProjectionError> {
    let ids: Vec<String> = ids.iter().map(AgentId::to_string).collect();
    let sql = "select agent, kind, name, version from provenance_agent where agent = any($1) order by agent";
    let rows = sqlx::query(sql).bind(ids).fetch_all(pg).await.map_err(database("could not read agents"))?;
    rows.iter().map(|row| read_agent(row).map_err(|source| wrong("agent", row.get(0), source))).collect()
}

fn read_agent(row: &PgRow) -> Result<Agent, Unreadable> {
    let kinds = [AgentKind::Person, AgentKind::Organisation, AgentKind::Software, AgentKind::Model];
    let kind = kinds.into_iter().find(|kind| kind.as_str() == row.get::<&str, _>(1));
    Ok(Agent {
        agent: row.get::<&str, _>(0).parse()?,
        kind: kind.ok_or("no kind of agent")?,
        name: row.get(2),
        version: row.get(3),
    })
}

const BATCH_COLUMNS: &str = "batch, label, kind, source, agent, opened_at, closed_at, accessioned, described, files,
    refused, unchanged, seq";

/// The batch of that id, and its place in the ledger.
pub async fn batch(pg: &PgPool, id: BatchId) -> Result<Option<(u64, BatchRow)>, ProjectionError> {
    let sql = sqlx::AssertSqlSafe(format!("select {BATCH_COLUMNS} from provenance_batch where batch = $1"));
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(pg).await;
    let row = row.map_err(database("could not read a batch"))?;
    row.as_ref().map(placed_batch).transpose()
}

fn placed_batch(row: &PgRow) -> Result<(u64, BatchRow), ProjectionError> {
    let batch = read_batch(row).map_err(|source| wrong("batch", row.get(0), source))?;
    Ok((row.get::<i64, _>(12).unsigned_abs(), batch))
}

/// Batches, newest first, before that moment's place; at most `limit`. With each its place, for the next page.
pub async fn batches(
    pg: &PgPool,
    before_seq: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, BatchRow)>, ProjectionError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {BATCH_COLUMNS} from provenance_batch where seq < $1 order by seq desc limit $2"
    ));
    let rows = sqlx::query(sql).bind(before(before_seq)).bind(i64::from(limit.min(ROWS_MAX))).fetch_all(pg).await;
    let rows = rows.map_err(database("could not list the batches"))?;
    rows.iter().map(placed_batch).collect()
}

fn read_batch(row: &PgRow) -> Result<BatchRow, Unreadable> {
    let count = |column: usize| row.get::<Option<i64>, _>(column).map(i64::unsigned_abs);
    let counts = || {
        Some(BatchCounts {
            accessioned: count(7)?,
            described: count(8)?,
            files: count(9)?,
            refused: count(10)?,
            unchanged: count(11)?,
        })
    };
    Ok(BatchRow {
        batch: row.get::<&str, _>(0).parse()?,
        label: row.get(1),
        kind: row.get(2),
        source: row.get(3),
        agent: row.get::<&str, _>(4).parse()?,
        opened_at: Timestamp::from_micros(row.get(5)),
        closed_at: row.get::<Option<i64>, _>(6).map(Timestamp::from_micros),
        counts: counts(),
    })
}

/// The acts on an object, newest first, before that place; at most `limit`. Callers decide by `may` who sees them.
pub async fn acts_of(
    pg: &PgPool,
    object: ObjectId,
    before_seq: Option<u64>,
    limit: u32,
) -> Result<Vec<ActRow>, ProjectionError> {
    acts(pg, "object", &object.to_string(), before_seq, limit).await
}

/// The acts of a batch, newest first, before that place; at most `limit`.
pub async fn acts_in(
    pg: &PgPool,
    batch: BatchId,
    before_seq: Option<u64>,
    limit: u32,
) -> Result<Vec<ActRow>, ProjectionError> {
    acts(pg, "batch", &batch.to_string(), before_seq, limit).await
}

/// The acts of an agent, newest first, before that place; at most `limit`.
pub async fn acts_by(
    pg: &PgPool,
    agent: AgentId,
    before_seq: Option<u64>,
    limit: u32,
) -> Result<Vec<ActRow>, ProjectionError> {
    acts(pg, "agent", &agent.to_string(), before_seq, limit).await
}

async fn acts(
    pg: &PgPool,
    column: &'static str,
    id: &str,
    before_seq: Option<u64>,
    limit: u32,
) -> Result<Vec<ActRow>, ProjectionError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select seq, event_id, kind, object, agent, on_behalf_of, batch, recorded_at from provenance_act
        where {column} = $1 and seq < $2 order by seq desc limit $3"
    ));
    let query = sqlx::query(sql).bind(id).bind(before(before_seq)).bind(i64::from(limit.min(ROWS_MAX)));
    let rows = query.fetch_all(pg).await.map_err(database("could not read acts"))?;
    let seq = |row: &PgRow| row.get::<i64, _>(0).to_string();
    rows.iter().map(|row| read_act(row).map_err(|source| wrong("act", seq(row), source))).collect()
}

fn read_act(row: &PgRow) -> Result<ActRow, Unreadable> {
    Ok(ActRow {
        seq: row.get::<i64, _>(0).unsigned_abs(),
        event_id: EventId(row.get(1)),
        kind: row.get(2),
        object: row.get::<Option<&str>, _>(3).map(str::parse).transpose()?,
        agent: row.get::<&str, _>(4).parse()?,
        on_behalf_of: row.get::<Option<&str>, _>(5).map(str::parse).transpose()?,
        batch: row.get::<Option<&str>, _>(6).map(str::parse).transpose()?,
        recorded_at: Timestamp::from_micros(row.get(7)),
    })
}

fn before(seq: Option<u64>) -> i64 {
    seq.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX))
}

fn wrong(what: &'static str, id: String, source: Unreadable) -> ProjectionError {
    ProjectionError::Row { what, id, source }
}
