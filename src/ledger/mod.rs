//! The ledger: every event, in one order, for ever.

use fonds_schemas::*;
use sqlx::PgPool;

/// An event that wants to be recorded.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its name, made by whoever asks: asking again with the same name and body gives the first receipt.
    pub event_id: EventId,
    /// What happened.
    pub event: Event,
    /// Who did it.
    pub agent: AgentId,
    /// In whose name.
    pub on_behalf_of: Option<AgentId>,
    /// The act that it is part of.
    pub batch: Option<BatchId>,
    /// The event that led to it.
    pub causation: Option<EventId>,
    /// What ties events of one request together.
    pub correlation: Option<EventId>,
    /// When it is said to have happened.
    pub occurred_at: Option<Timestamp>,
    /// Bytes that it speaks of; the envelope carries salted commitments.
    pub blobs: Vec<Sha256>,
}

/// What must be true for an append to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The stream's last event has that version.
    StreamAt(Stream, u64),
    /// The stream has no event.
    NoStream(Stream),
    /// The stream has at least one event.
    Exists(Stream),
    /// No event of those types after that `seq`, in that stream or anywhere.
    NoEvent {
        /// Types.
        kinds: Vec<&'static str>,
        /// Only in this stream.
        stream: Option<Stream>,
        /// Only after this `seq`; `None` looks at all.
        after: Option<u64>,
    },
}

/// Events that are recorded together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Append {
    /// The events, in their order.
    pub drafts: Vec<Draft>,
    /// What must be true.
    pub conditions: Vec<Condition>,
}

/// Proof that events are durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The `seq` of the first.
    pub first_seq: u64,
    /// The `seq` of the last.
    pub last_seq: u64,
    /// When they were recorded.
    pub recorded_at: Timestamp,
    /// Their leaf hashes.
    pub leaf_hashes: Vec<Sha256>,
}

/// Where the ledger stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many events there are.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Sha256,
    /// When the last was recorded.
    pub recorded_at: Timestamp,
}

/// Why events were not recorded.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// To come.
    #[error("to come")]
    ToCome,
}

/// The ledger; cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    pg: PgPool,
}

impl Ledger {
    /// Opens the ledger (schema and first event made where missing) and starts its writer.
    pub async fn open(_pg: PgPool, _clock: crate::clock::Clock, _name: &str) -> Result<Self, LedgerError> {
        todo!()
    }
    /// Records events, all or none; returns once they are durable.
    pub async fn append(&self, _append: Append) -> Result<Receipt, LedgerError> {
        todo!()
    }
    /// Where the ledger stands.
    pub async fn head(&self) -> Result<Head, LedgerError> {
        todo!()
    }
    /// The size that this process last saw; changes when something was appended, by whichever process, within 250 ms.
    pub fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        todo!()
    }
    /// Events from `from` on, at most `limit`, in order.
    pub async fn read(&self, _from: u64, _limit: u32) -> Result<Vec<Recorded>, LedgerError> {
        todo!()
    }
    /// The events of one stream up to and including `through` (all if `None`), in order.
    pub async fn stream(&self, _stream: Stream, _through: Option<u64>) -> Result<Vec<Recorded>, LedgerError> {
        todo!()
    }
    /// The events before `before` of many streams, ordered by `seq`.
    pub async fn streams(&self, _streams: &[Stream], _before: u64) -> Result<Vec<Recorded>, LedgerError> {
        todo!()
    }
    /// The event of that name.
    pub async fn event(&self, _id: EventId) -> Result<Option<Recorded>, LedgerError> {
        todo!()
    }
}
