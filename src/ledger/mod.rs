//! The ledger: every event, in one order, for ever.
//!
//! What is appended stands in envelopes that form a Merkle tree, with the bodies apart ([`fonds_schemas::envelope`]).
//! One locked row gives the order; one task a process writes for all who wait (`writer`). Nothing here changes or
//! deletes, nothing here knows what an event means, and nothing is acknowledged before it is durable.

mod error;
mod group;
mod migrate;
pub mod prepare;
mod read;
mod session;
pub mod verify;
mod writer;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fonds_schemas::event::LedgerOpened;
use fonds_schemas::merkle::Frontier;
use fonds_schemas::{AgentId, BatchId, Event, EventId, Sha256, Stream, Timestamp};
use sqlx::{PgPool, Row as _};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

pub use error::LedgerError;
pub use migrate::{MIGRATIONS, migrate};
pub use verify::{Verdict, Wrong, verify};

use crate::clock::{self, Clock};
use error::database;
use writer::{Waiting, Writer};

/// Appends that wait for the writer; the next caller waits until there is room.
const QUEUE_APPENDS_MAX: usize = 4_096;
/// KiB of bodies that wait for the writer, each event counted as one more: twice the largest append.
const QUEUE_KIB_MAX: u32 = 64 * 1024;
/// How often the size is asked for, because other processes append too: what a reader promises is "within 250 ms".
const POLL_EVERY: Duration = Duration::from_millis(250);

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

/// What is the case where a condition does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// Where the stream stands: the version of its last event, if it has any.
    Stream {
        /// That version.
        version: Option<u64>,
    },
    /// There is such an event.
    Event {
        /// Where.
        seq: u64,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StreamAt(stream, version) => write!(f, "the condition that {stream} stands at version {version}"),
            Self::NoStream(stream) => write!(f, "the condition that {stream} has no event"),
            Self::Exists(stream) => write!(f, "the condition that {stream} exists"),
            Self::NoEvent { kinds, stream, after } => {
                write!(f, "the condition that there is no event of type {}", kinds.join(" or "))?;
                stream.map_or(Ok(()), |stream| write!(f, " in {stream}"))?;
                after.map_or(Ok(()), |after| write!(f, " after {after}"))
            }
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream { version: Some(version) } => write!(f, "it stands at version {version}"),
            Self::Stream { version: None } => f.write_str("it has no event"),
            Self::Event { seq } => write!(f, "event {seq} is one"),
        }
    }
}

/// The ledger; cheap to clone. The last clone that goes stops the writer, once it wrote what waits.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    pg: PgPool,
    queue: mpsc::Sender<Waiting>,
    /// Memory that the queue may still use, in KiB of bodies.
    room: Arc<Semaphore>,
    size: watch::Sender<u64>,
}

impl Ledger {
    /// Opens the ledger (the first event made where missing) and starts its writer.
    ///
    /// `pg` connects as the role that serves; the tables are there already (see [`migrate()`]). Refuses a database that
    /// may lose what it acknowledged, and a ledger whose head and events do not fit together.
    pub async fn open(pg: PgPool, clock: Clock, name: &str) -> Result<Self, LedgerError> {
        let options = pg.connect_options();
        let connection = session::connect(&options).await?;
        let start = check(&pg).await?;
        let (queue, waiting) = mpsc::channel(QUEUE_APPENDS_MAX);
        let (size, _) = watch::channel(start.size);
        let writer = Writer {
            options,
            connection: Some(connection),
            ledger: start.ledger,
            epoch: start.epoch,
            clock,
            queue: waiting,
            left_over: None,
            size: size.clone(),
        };
        tokio::spawn(writer.run());
        let inner = Arc::new(Inner { pg, queue, room: Arc::new(Semaphore::new(QUEUE_KIB_MAX as usize)), size });
        tokio::spawn(watch_others(Arc::downgrade(&inner)));
        let ledger = Self { inner };
        if start.size == 0 {
            ledger.begin(name).await?;
        }
        Ok(ledger)
    }

    /// Records events, all or none; returns once they are durable.
    ///
    /// The same `event_id`s with the same bodies give the first receipt, whatever the conditions say by now. A caller
    /// that stops waiting does not take its events back.
    pub async fn append(&self, append: Append) -> Result<Receipt, LedgerError> {
        let append = prepare::prepare(append)?;
        let kib = u32::try_from(append.bytes / 1024 + append.events.len()).unwrap_or(u32::MAX).min(QUEUE_KIB_MAX);
        let room = Arc::clone(&self.inner.room);
        let permit = room.acquire_many_owned(kib).await.map_err(|_closed| LedgerError::Closing)?;
        let (answer, receipt) = oneshot::channel();
        let sent = self.inner.queue.send(Waiting { append, answer, permit }).await;
        sent.map_err(|_closed| LedgerError::Closing)?;
        receipt.await.map_err(|_closed| LedgerError::Closing)?
    }

    /// Where the ledger stands.
    pub async fn head(&self) -> Result<Head, LedgerError> {
        let sql = "select size, root, recorded_at from ledger.ledger_head where id = 1";
        let row = sqlx::query(sql).fetch_one(&self.inner.pg).await;
        let row = row.map_err(database("could not read the head of the ledger"))?;
        Ok(Head {
            size: row.get::<i64, _>(0).unsigned_abs(),
            root: Sha256::from_digest(row.get(1)),
            recorded_at: row.get::<DateTime<Utc>, _>(2).into(),
        })
    }

    /// The size that this process last saw; changes when something was appended, by whichever process, within 250 ms.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.inner.size.subscribe()
    }

    /// Records that the ledger began, unless another process was faster.
    async fn begin(&self, name: &str) -> Result<(), LedgerError> {
        let draft = Draft {
            event_id: clock::event_id(),
            event: Event::LedgerOpened(LedgerOpened { name: name.to_owned() }),
            agent: AgentId::derived("software", "fonds"),
            on_behalf_of: None,
            batch: None,
            causation: None,
            correlation: None,
            occurred_at: None,
            blobs: Vec::new(),
        };
        let append = Append { drafts: vec![draft], conditions: vec![Condition::NoStream(Stream::Ledger)] };
        match self.append(append).await {
            Ok(_) | Err(LedgerError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What the head says at the start.
struct Start {
    ledger: Uuid,
    epoch: i64,
    size: u64,
}

/// Reads the head and compares it with the last event that is there: a database that lost the end of its log comes up
/// as if nothing were wrong.
async fn check(pg: &PgPool) -> Result<Start, LedgerError> {
    let sql = "select ledger, epoch, size, root, frontier, (select max(seq) from ledger.event)
        from ledger.ledger_head where id = 1";
    let row = sqlx::query(sql).fetch_one(pg).await.map_err(database("could not read the head of the ledger"))?;
    let size = row.get::<i64, _>(2).unsigned_abs();
    let last = row.get::<Option<i64>, _>(5).map(i64::unsigned_abs);
    let frontier = Frontier::from_bytes(size, row.get(4))?;
    let root_fits = frontier.root() == Sha256::from_digest(row.get(3));
    if !root_fits || last.map_or(0, |last| last + 1) != size {
        return Err(LedgerError::Torn { size, last, root_fits });
    }
    Ok(Start { ledger: row.get(0), epoch: row.get(1), size })
}

/// Asks for the size, because other processes append to the same database; ends with the ledger.
async fn watch_others(ledger: Weak<Inner>) {
    let mut ticks = tokio::time::interval(POLL_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reachable = true;
    loop {
        ticks.tick().await;
        let Some(inner) = ledger.upgrade() else { return };
        if inner.pg.is_closed() {
            return;
        }
        let size = sqlx::query_scalar::<_, i64>("select size from ledger.ledger_head where id = 1");
        match size.fetch_one(&inner.pg).await {
            Ok(size) => {
                writer::raise(&inner.size, size.unsigned_abs());
                reachable = true;
            }
            Err(error) => {
                if reachable {
                    tracing::warn!("could not ask how far the ledger is, asking on: {error}");
                }
                reachable = false;
            }
        }
    }
}
