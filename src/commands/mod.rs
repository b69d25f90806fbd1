//! The one door for writes: every change of the archive is one of these commands, decided and then appended.
//!
//! A command reads the object from the ledger itself, never from a projection, which may be a moment behind; it
//! decides without IO (`decide`), and appends under the condition that nothing came in between.

pub(crate) mod agents;
pub mod decide;
mod files;
mod harvests;
pub mod images;
mod objects;
mod tokens;

use fonds_schemas::{
    Access, AgentId, Arrangement, BatchId, Event, FileRole, Level, Object, ObjectId, Relation, SourceKey, Statement,
    Stream, TokenId,
};

use crate::archive::Archive;
use crate::clock;
use crate::config::Secret;
use crate::ledger::{Append, Condition, Draft, LedgerError, Receipt};
use crate::storage::{Staged, StorageError};

pub use decide::Refused;
pub use images::{Reading, Remark};

/// Who acts, and in which act. Every event carries both.
#[derive(Debug, Clone, Copy)]
pub struct Acting {
    /// Who.
    pub agent: AgentId,
    /// In whose name.
    pub on_behalf_of: Option<AgentId>,
    /// Part of which batch.
    pub batch: BatchId,
}

/// Why a command was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// What was asked for cannot be.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The ledger did not record it.
    #[error("could not record the events")]
    Ledger(#[from] LedgerError),
    /// The bytes could not be stored.
    #[error("could not store the bytes")]
    Storage(#[from] StorageError),
    /// A staged file could not be read again.
    #[error("could not look into {name}")]
    Probe {
        /// The name it came with.
        name: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The stream of the object cannot be folded.
    #[error("the history of {object} cannot be folded")]
    History {
        /// Whose.
        object: ObjectId,
        /// Why.
        #[source]
        source: fonds_schemas::object::BadHistory,
    },
}

/// An object that is to come into being.
#[derive(Debug, Clone)]
pub struct Accession {
    /// Its id: derived from `source`, or random.
    pub object: ObjectId,
    /// What it is in the hierarchy.
    pub level: Level,
    /// Where it comes from.
    pub source: Option<SourceKey>,
    /// Who may see it.
    pub access: Access,
    /// Its description.
    pub statements: Vec<Statement>,
    /// How it stands to others.
    pub relations: Vec<Relation>,
}

/// A staged file that is to be stored on an object.
#[derive(Debug)]
pub struct Deposit {
    /// The bytes.
    pub staged: Staged,
    /// The name it came with.
    pub name: String,
    /// The part it plays.
    pub role: FileRole,
    /// Its place among the object's files.
    pub order: u32,
}

/// A change of a description.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// The version that the editor saw; another one standing now is refused. `None` edits whatever stands.
    pub version: Option<u64>,
    /// Statements that are to stand.
    pub asserted: Vec<Statement>,
    /// Statements that are no longer to stand.
    pub retracted: Vec<fonds_schemas::StatementId>,
    /// Why.
    pub reason: Option<String>,
}

/// A change of how files are shown.
#[derive(Debug, Clone, Default)]
pub struct Arrange {
    /// The version that the editor saw; another one standing now is refused. `None` changes whatever stands.
    pub version: Option<u64>,
    /// What is said from now on, in place of all that was said before.
    pub arrangement: Arrangement,
    /// Why.
    pub reason: Option<String>,
}

/// A token that was just issued. The secret is shown once and kept nowhere.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// Its id.
    pub token: TokenId,
    /// What the holder sends: `fnd_…`.
    pub secret: Secret,
}

impl Archive {
    /// The object as the ledger has it at this moment.
    pub async fn object_now(&self, object: ObjectId) -> Result<Object, CommandError> {
        let events = self.ledger.streams_without(&[Stream::Object(object)], u64::MAX, Object::UNFOLDED).await?;
        let mut state = None;
        for recorded in &events {
            Object::fold(&mut state, recorded).map_err(|source| CommandError::History { object, source })?;
        }
        Ok(state.ok_or(Refused::NoSuchObject(object))?)
    }

    /// Appends events of one act.
    async fn record(
        &self,
        acting: Acting,
        events: Vec<Event>,
        conditions: Vec<Condition>,
    ) -> Result<Receipt, CommandError> {
        let drafts = events.into_iter().map(|event| draft(acting, event)).collect();
        Ok(self.ledger.append(Append { drafts, conditions }).await?)
    }
}

fn draft(acting: Acting, event: Event) -> Draft {
    let blobs = if let Event::FileStored(body) = &event { vec![body.file.sha256] } else { Vec::new() };
    Draft {
        event_id: clock::event_id(),
        event,
        agent: acting.agent,
        on_behalf_of: acting.on_behalf_of,
        batch: Some(acting.batch),
        causation: None,
        correlation: None,
        occurred_at: None,
        blobs,
    }
}
