//! Who did what, when, in which act.
//!
//! One narrow row an event, so that the acts of an object, of a batch or of an agent are one walk along an index. What
//! an event says stays in the ledger; here is only where to find it.

mod read;

use async_trait::async_trait;
use fonds_schemas::event::{AgentRegistered, BatchClosed, BatchKind, BatchOpened};
use fonds_schemas::{Envelope, Event, Sha256, Stream};
use sqlx::PgConnection;

pub use read::{ActRow, Agent, BatchRow, acts_by, acts_in, acts_of, agents, batch, batches};

use crate::catalog::begin;
use crate::copy::{self, Field, copy};
use crate::{Batch, Projection, ProjectionError, Stores, database, position};

const NAME: &str = "provenance";
const CODE_VERSION: u32 = 1;

const TABLES: &[&str] = &[
    "create table if not exists provenance_agent (
        agent text primary key, seq bigint not null, kind text not null, name text not null, version text, digest text)",
    "create table if not exists provenance_batch (
        batch text primary key, seq bigint not null unique, label text not null, kind text not null, source text,
        profile text, agent text not null, opened_at bigint not null, closed_at bigint,
        accessioned bigint, described bigint, files bigint, refused bigint, unchanged bigint)",
    "create table if not exists provenance_act (
        seq bigint primary key, event_id uuid not null, recorded_at bigint not null, kind text not null,
        object text, agent text not null, on_behalf_of text, batch text)",
];

const INDEXES: &[&str] = &[
    "create index if not exists provenance_act_object on provenance_act (object, seq) where object is not null",
    "create index if not exists provenance_act_batch on provenance_act (batch, seq) where batch is not null",
    "create index if not exists provenance_act_agent on provenance_act (agent, seq)",
];

/// The projection.
pub struct Provenance;

#[async_trait]
impl Projection for Provenance {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in TABLES {
            sqlx::query(*sql).execute(&stores.pg).await.map_err(database("could not make a table of provenance"))?;
        }
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in INDEXES {
            sqlx::query(*sql).execute(&stores.pg).await.map_err(database("could not make an index of provenance"))?;
        }
        position::analyze(&stores.pg, &["provenance_act"]).await
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        let mut tx = begin(&stores.pg).await?;
        let mut acts = Acts::default();
        for recorded in &batch.events {
            acts.push(&recorded.envelope);
            match &recorded.event {
                Some(Event::AgentRegistered(body)) => register(&mut tx, &recorded.envelope, body).await?,
                Some(Event::BatchOpened(body)) => open(&mut tx, &recorded.envelope, body).await?,
                Some(Event::BatchClosed(body)) => close(&mut tx, &recorded.envelope, body).await?,
                // Acts whose row says all that is kept here; it stays when what they said was erased.
                None
                | Some(
                    Event::LedgerOpened(_)
                    | Event::Accessioned(_)
                    | Event::Described(_)
                    | Event::Related(_)
                    | Event::FileStored(_)
                    | Event::FileDetached(_)
                    | Event::Arranged(_)
                    | Event::AccessSet(_)
                    | Event::EmbargoLapsed(_)
                    | Event::Annotated(_)
                    | Event::AnnotationRetracted(_)
                    | Event::Transcribed(_)
                    | Event::PublicationMarked(_)
                    | Event::TokenIssued(_)
                    | Event::TokenRevoked(_)
                    | Event::Harvested(_),
                ) => {}
            }
        }
        acts.write(&mut tx).await?;
        position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
        tx.commit().await.map_err(database("could not commit a batch of provenance"))
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        let mut all = Vec::new();
        for (table, columns, order) in [
            ("provenance_agent", "agent, seq, kind, name, version, digest", "agent"),
            (
                "provenance_batch",
                "batch, seq, label, kind, source, profile, agent, opened_at, closed_at,
                    accessioned, described, files, refused, unchanged",
                "batch",
            ),
            ("provenance_act", "seq, event_id, recorded_at, kind, object, agent, on_behalf_of, batch", "seq"),
        ] {
            all.extend_from_slice(position::table_digest(&stores.pg, table, columns, order).await?.as_bytes());
        }
        Ok(Sha256::of(&all))
    }
}

/// PostgreSQL keeps no NUL in a text.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

async fn register(tx: &mut PgConnection, envelope: &Envelope, body: &AgentRegistered) -> Result<(), ProjectionError> {
    let sql = "insert into provenance_agent (agent, seq, kind, name, version, digest) values ($1, $2, $3, $4, $5, $6)
        on conflict (agent) do update set seq = excluded.seq, kind = excluded.kind, name = excluded.name,
            version = excluded.version, digest = excluded.digest";
    let query = sqlx::query(sql).bind(body.agent.to_string()).bind(envelope.seq.cast_signed());
    let query = query.bind(body.kind.as_str()).bind(kept(&body.name)).bind(body.version.as_deref().map(kept));
    let query = query.bind(body.digest.map(|digest| digest.to_string()));
    query.execute(tx).await.map_err(database("could not write an agent"))?;
    Ok(())
}

async fn open(tx: &mut PgConnection, envelope: &Envelope, body: &BatchOpened) -> Result<(), ProjectionError> {
    let sql = "insert into provenance_batch (batch, seq, label, kind, source, profile, agent, opened_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let kind = match body.kind {
        BatchKind::Ingest => "ingest",
        BatchKind::Edit => "edit",
    };
    let query = sqlx::query(sql).bind(body.batch.to_string()).bind(envelope.seq.cast_signed()).bind(kept(&body.label));
    let query = query.bind(kind).bind(body.source.as_deref().map(kept)).bind(body.profile.as_deref().map(kept));
    let query = query.bind(envelope.agent.to_string()).bind(envelope.recorded_at.micros());
    query.execute(tx).await.map_err(database("could not write a batch that was opened"))?;
    Ok(())
}

async fn close(tx: &mut PgConnection, envelope: &Envelope, body: &BatchClosed) -> Result<(), ProjectionError> {
    let sql = "update provenance_batch set closed_at = $2, accessioned = $3, described = $4, files = $5, refused = $6,
        unchanged = $7 where batch = $1";
    let counts = &body.counts;
    let query = sqlx::query(sql).bind(body.batch.to_string()).bind(envelope.recorded_at.micros());
    let query = query.bind(counts.accessioned.cast_signed()).bind(counts.described.cast_signed());
    let query = query.bind(counts.files.cast_signed()).bind(counts.refused.cast_signed());
    let query = query.bind(counts.unchanged.cast_signed());
    query.execute(tx).await.map_err(database("could not write a batch that was closed"))?;
    Ok(())
}

/// Rows of acts.
#[derive(Default)]
struct Acts(Vec<Act>);

struct Act {
    seq: i64,
    event_id: uuid::Uuid,
    recorded_at: i64,
    kind: String,
    object: Option<String>,
    agent: String,
    on_behalf_of: Option<String>,
    batch: Option<String>,
}

impl Acts {
    fn push(&mut self, envelope: &Envelope) {
        let object = match envelope.stream {
            Stream::Object(object) => Some(object.to_string()),
            Stream::Ledger
            | Stream::Publication
            | Stream::Agent(_)
            | Stream::Batch(_)
            | Stream::Token(_)
            | Stream::Harvest(_) => None,
        };
        self.0.push(Act {
            seq: envelope.seq.cast_signed(),
            event_id: envelope.event_id.0,
            recorded_at: envelope.recorded_at.micros(),
            kind: envelope.kind.clone(),
            object,
            agent: envelope.agent.to_string(),
            on_behalf_of: envelope.on_behalf_of.map(|agent| agent.to_string()),
            batch: envelope.batch.map(|batch| batch.to_string()),
        });
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let rows = self.0.iter().map(|act| {
            [
                Field::Bigint(act.seq),
                Field::Bytes(act.event_id.as_bytes()),
                Field::Bigint(act.recorded_at),
                Field::Text(&act.kind),
                Field::text(act.object.as_deref()),
                Field::Text(&act.agent),
                Field::text(act.on_behalf_of.as_deref()),
                Field::text(act.batch.as_deref()),
            ]
        });
        let table = "provenance_act (seq, event_id, recorded_at, kind, object, agent, on_behalf_of, batch)";
        copy(tx, table, copy::rows(rows), "could not write acts").await
    }
}
