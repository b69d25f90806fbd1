//! Why events were not recorded or not read.

use std::sync::Arc;

use fonds_schemas::EventId;
use fonds_schemas::canonical::NotCanonical;
use fonds_schemas::envelope::{BODY_BYTES_MAX, BadEnvelope};
use fonds_schemas::event::BadBody;
use fonds_schemas::merkle::BadFrontier;

use super::prepare::{APPEND_BYTES_MAX, APPEND_EVENTS_MAX, BLOBS_MAX};
use super::{Condition, Unmet};

/// Why events were not recorded or not read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database refused or did not answer. Of an append: nothing of it was recorded.
    #[error("{doing}: the database refused or did not answer")]
    Database {
        /// What was being done: "could not …".
        doing: &'static str,
        /// What the database said; shared, because many callers may wait for one transaction.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// The tables could not be made.
    #[error("could not bring the tables of the ledger up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database may lose what it acknowledged.
    #[error("the database runs with {setting} = {value}: acknowledged events could be lost; set it to on")]
    NotDurable {
        /// Which setting.
        setting: String,
        /// What it is.
        value: String,
    },
    /// Head and events do not fit together: acknowledged events are lost, or somebody wrote beside the ledger.
    #[error(
        "the head of the ledger counts {size} events, but the last one stored is {last:?} (root fits: {root_fits})"
    )]
    Torn {
        /// What the head says.
        size: u64,
        /// The `seq` of the last event that is there.
        last: Option<u64>,
        /// Whether the root follows from the frontier.
        root_fits: bool,
    },
    /// The ledger was restored or taken over since this process opened it.
    #[error("the ledger was restored or taken over by another process: this one must open it again")]
    Deposed,
    /// A condition of the append does not hold.
    #[error("{condition} does not hold: {found}")]
    Conflict {
        /// Which.
        condition: Condition,
        /// What is the case instead.
        found: Unmet,
    },
    /// The name of an event is that of another.
    #[error("event {event_id} is recorded at {seq} already, with another content or in another append")]
    EventIdTaken {
        /// Which name.
        event_id: EventId,
        /// Where the other one is.
        seq: u64,
    },
    /// One append names an event twice.
    #[error("the append names event {event_id} twice")]
    EventIdTwice {
        /// Which name.
        event_id: EventId,
    },
    /// Nothing to record.
    #[error("an append without events")]
    Nothing,
    /// More than one transaction should hold.
    #[error("an append of {events} events, at most {APPEND_EVENTS_MAX} are allowed")]
    TooMany {
        /// How many.
        events: usize,
    },
    /// More than one transaction should hold.
    #[error("an append of {bytes} bytes, at most {APPEND_BYTES_MAX} are allowed")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// A body larger than a body may be.
    #[error("the body of event {event_id} ({kind}) has {bytes} bytes, at most {BODY_BYTES_MAX} are allowed")]
    BodyTooLarge {
        /// Which event.
        event_id: EventId,
        /// Its type.
        kind: &'static str,
        /// How many bytes.
        bytes: usize,
    },
    /// More commitments than an envelope holds.
    #[error("event {event_id} speaks of {blobs} files, at most {BLOBS_MAX} fit into an envelope")]
    TooManyBlobs {
        /// Which event.
        event_id: EventId,
        /// How many.
        blobs: usize,
    },
    /// A body that cannot be written.
    #[error("could not write the body of event {event_id} ({kind})")]
    Body {
        /// Which event.
        event_id: EventId,
        /// Its type.
        kind: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A body that another reader could understand differently: an integer of 2^53 or more.
    #[error("the body of event {event_id} ({kind}) is not canonical")]
    NotCanonical {
        /// Which event.
        event_id: EventId,
        /// Its type.
        kind: &'static str,
        /// Where and why.
        #[source]
        source: NotCanonical,
    },
    /// A body that could not be read back: it would stop every projection.
    #[error("event {event_id} ({kind}) could not be read back once written")]
    Unreadable {
        /// Which event.
        event_id: EventId,
        /// Its type.
        kind: &'static str,
        /// Why; absent where it reads as something else.
        #[source]
        source: Option<BadBody>,
    },
    /// An envelope that cannot be written.
    #[error("could not write the envelope of event {event_id}")]
    Envelope {
        /// Which event.
        event_id: EventId,
        /// Why.
        #[source]
        source: BadEnvelope,
    },
    /// The connection was lost while the database committed, and it did not come back in time to be asked.
    #[error("the connection was lost while the database recorded the events: ask again with the same event ids")]
    OutcomeUnknown {
        /// How it was lost.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// A stored event that is no event: the ledger is damaged.
    #[error("could not read the stored event {seq}: {why}")]
    Stored {
        /// Where.
        seq: i64,
        /// Why.
        why: String,
    },
    /// The stored frontier is not one: the ledger is damaged.
    #[error("could not read the head of the ledger")]
    Frontier(#[from] BadFrontier),
    /// The process is stopping.
    #[error("the ledger is closing")]
    Closing,
}

impl LedgerError {
    /// Whether the database itself said no, over a connection that works; some of its refusals end the connection.
    pub(super) fn is_refusal(&self) -> bool {
        let Self::Database { source, .. } = self else { return true };
        // Class 57 is the operator's doing: a restart, a terminated session; class 25 an idle transaction that timed out.
        let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| !code.starts_with("57") && !code.starts_with("25"))
    }

    /// The same error for another caller who waited for the same transaction.
    pub(super) fn for_another_caller(&self) -> Self {
        match self {
            Self::Database { doing, source } => Self::Database { doing, source: Arc::clone(source) },
            Self::OutcomeUnknown { source } => Self::OutcomeUnknown { source: Arc::clone(source) },
            Self::Deposed => Self::Deposed,
            Self::Frontier(bad) => Self::Frontier(bad.clone()),
            Self::NotDurable { setting, value } => Self::NotDurable { setting: setting.clone(), value: value.clone() },
            Self::Stored { seq, why } => Self::Stored { seq: *seq, why: why.clone() },
            // The others concern one append and are told to its caller alone.
            Self::Migrate(_)
            | Self::Torn { .. }
            | Self::Conflict { .. }
            | Self::EventIdTaken { .. }
            | Self::EventIdTwice { .. }
            | Self::Nothing
            | Self::TooMany { .. }
            | Self::TooLarge { .. }
            | Self::BodyTooLarge { .. }
            | Self::TooManyBlobs { .. }
            | Self::Body { .. }
            | Self::NotCanonical { .. }
            | Self::Unreadable { .. }
            | Self::Envelope { .. }
            | Self::Closing => Self::Closing,
        }
    }
}

/// Names what was being done when the database refused.
pub(super) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> LedgerError {
    move |source| LedgerError::Database { doing, source: Arc::new(source) }
}
