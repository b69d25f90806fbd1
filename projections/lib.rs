//! What the ledger amounts to: state folded from events, which can be thrown away and folded again to the same content.
//!
//! One file a projection: it alone writes and reads its tables. A projection is pure: no clock, no randomness, no
//! iteration over a hash map; its position commits with its rows. It is handed batches that start exactly where it
//! stands, and it applies all of a batch or nothing; what it cannot apply it refuses, it never skips.

pub mod annotations;
pub mod catalog;
mod copy;
pub mod feed;
pub mod files;
pub mod graph;
pub mod harvests;
pub mod position;
pub mod provenance;
pub mod search;
pub mod tokens;

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use fonds_schemas::{Addresses, Object, Recorded, Sha256, StoredFile};
/// Where the tables are: for whoever asks the functions here, and writes no SQL.
pub use sqlx::PgPool;

/// Every projection, in the order in which they are folded, rebuilt and listed.
pub const ALL: &[&dyn Projection] = &[
    // What object pages and searches read.
    &catalog::Catalog,
    // Which file lies where, on which object.
    &files::Files,
    // Who did what when, in which act.
    &provenance::Provenance,
    // What harvesters may see, since when.
    &feed::Feed,
    // What is said of images, and the text that stands on them.
    &annotations::Annotations,
    // What was harvested from where, and how far.
    &harvests::Harvests,
    // Who may use the API.
    &tokens::Tokens,
    // Who made what where; SPARQL.
    &graph::Graph,
];

/// Where projections keep their state.
#[derive(Clone)]
pub struct Stores {
    /// Connections whose `search_path` names the schema of this set of tables: the live one or a rebuild's shadow.
    pub pg: PgPool,
    /// The triples.
    pub triples: graph::Triples,
    /// The metadata formats that the publication feed renders.
    pub formats: Arc<[&'static dyn feed::Format]>,
    /// The public addresses, which triples and rendered records carry.
    pub addresses: Addresses,
    /// What rendered records say of the archive itself.
    pub publishing: feed::Publishing,
    /// The language of descriptions that do not say theirs, which decides how their words are stemmed.
    pub language: String,
}

/// What one event of an object's stream did to it.
#[derive(Debug, Clone)]
pub struct Change {
    /// The event's place in [`Batch::events`].
    pub event: usize,
    /// The object before, unless it came into being.
    pub before: Option<Arc<Object>>,
    /// The object after.
    pub after: Arc<Object>,
}

impl Change {
    /// The files that stand after the event and did not before, or not just so.
    pub fn files_come(&self) -> impl Iterator<Item = &StoredFile> {
        self.after.files.not_in(self.before.as_deref().map(|before| &before.files))
    }

    /// The files that stood before the event and do not after it, or not just so.
    pub fn files_gone(&self) -> impl Iterator<Item = &StoredFile> {
        self.before.iter().flat_map(|before| before.files.not_in(Some(&self.after.files)))
    }
}

/// Events without a gap, decoded once and folded once for all projections.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The `seq` of the first event.
    pub from: u64,
    /// The events.
    pub events: Vec<Arc<Recorded>>,
    /// What they did to objects, in their order.
    pub changes: Vec<Change>,
}

impl Batch {
    /// The `seq` after the last event: where a projection stands once it has applied this batch.
    #[must_use]
    pub fn to(&self) -> u64 {
        self.from + self.events.len() as u64
    }

    /// What of the batch is left for a projection that stands at `position`; `None` when it has applied all of it.
    #[must_use]
    pub fn since(&self, position: u64) -> Option<Cow<'_, Self>> {
        if position <= self.from {
            return Some(Cow::Borrowed(self));
        }
        let skip = usize::try_from(position - self.from).unwrap_or(usize::MAX);
        let events = self.events.get(skip..).filter(|rest| !rest.is_empty())?.to_vec();
        let changes = self.changes.iter().filter(|change| change.event >= skip);
        let changes = changes.map(|change| Change { event: change.event - skip, ..change.clone() }).collect();
        Some(Cow::Owned(Self { from: position, events, changes }))
    }

    /// The event of a change.
    #[must_use]
    pub fn event_of(&self, change: &Change) -> &Recorded {
        &self.events[change.event]
    }

    /// The last change of every object touched, in the order of those changes.
    #[must_use]
    pub fn final_changes(&self) -> Vec<&Change> {
        let mut seen = std::collections::HashSet::new();
        let mut last: Vec<&Change> = self.changes.iter().rev().filter(|change| seen.insert(change.after.id)).collect();
        last.reverse();
        last
    }
}

/// Why a projection could not apply a batch or answer.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The database refused.
    #[error("{doing}: the database refused")]
    Database {
        /// What was being done, in the words of an error message: "could not …".
        doing: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// Another process moved the projection on: this one must not write.
    #[error("projection {name} does not stand at {expected} any more: another process folds it")]
    Deposed {
        /// Which.
        name: &'static str,
        /// Where this process thought it stood.
        expected: u64,
    },
    /// The triple store refused.
    #[error("{doing}: the triple store refused")]
    Triples {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stored row cannot be read back.
    #[error("could not read the stored {what} of {id}")]
    Row {
        /// What kind of row.
        what: &'static str,
        /// Which.
        id: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Names what was being done when the database refused.
pub(crate) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> ProjectionError {
    move |source| ProjectionError::Database { doing, source }
}

/// State folded from events.
#[async_trait]
pub trait Projection: Send + Sync {
    /// Its name, as `rebuild` and `/readyz` spell it.
    fn name(&self) -> &'static str;

    /// Moves on whenever the same events would fold to other content: the projection is then folded anew at the start.
    fn code_version(&self) -> u32;

    /// Makes its tables, without the indexes that only readers need, where they are missing.
    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError>;

    /// Makes the indexes that only readers need; a rebuild calls it after the fold, a new archive before.
    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError>;

    /// How many events it has applied: the `seq` that it wants next.
    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError>;

    /// Applies a batch that starts where the last one ended, and moves the position in the same transaction: at once,
    /// or together with batches before and after it.
    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError>;

    /// Commits every batch that it was given, so that its position and its readers know of them.
    async fn commit(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }

    /// Whether [`Self::apply`] may leave the commit to [`Self::commit`].
    fn is_staged(&self) -> bool {
        false
    }

    /// A digest of its content: equal for equal content, wherever and whenever it was folded.
    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError>;
}
