//! The one door for writes: every change of the archive is one of these commands, decided and then appended.

use fonds_schemas::event::{BatchCounts, BatchKind};
use fonds_schemas::*;

use crate::archive::Archive;
use crate::ledger::Receipt;
use crate::storage::Staged;

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
    /// To come.
    #[error("to come")]
    ToCome,
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

/// A token that was just issued. The secret is shown once and kept nowhere.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// Its id.
    pub token: TokenId,
    /// What the holder sends: `fnd_…`.
    pub secret: crate::config::Secret,
}

impl Archive {
    /// Registers a person, an organisation or software under a name; the same name and kind is the same agent.
    pub async fn register_agent(
        &self,
        _kind: AgentKind,
        _name: &str,
        _version: Option<&str>,
    ) -> Result<AgentId, CommandError> {
        todo!()
    }
    /// Opens a batch.
    pub async fn open_batch(
        &self,
        _agent: AgentId,
        _kind: BatchKind,
        _label: &str,
        _source: Option<&str>,
        _profile: Option<(&str, Sha256)>,
    ) -> Result<BatchId, CommandError> {
        todo!()
    }
    /// Closes a batch.
    pub async fn close_batch(&self, _acting: Acting, _counts: BatchCounts) -> Result<Receipt, CommandError> {
        todo!()
    }
    /// Brings objects into being, all of them or none; one append, so many are cheap. Refuses those that exist.
    pub async fn accession(&self, _acting: Acting, _accessions: Vec<Accession>) -> Result<Receipt, CommandError> {
        todo!()
    }
    /// Changes the description of an object; `version` is the one that the asker saw, and a stale one is refused.
    pub async fn describe(
        &self,
        _acting: Acting,
        _object: ObjectId,
        _version: Option<u64>,
        _asserted: Vec<Statement>,
        _retracted: Vec<StatementId>,
        _reason: Option<String>,
    ) -> Result<Receipt, CommandError> {
        todo!()
    }
    /// Asserts and retracts relations of an object.
    pub async fn relate(
        &self,
        _acting: Acting,
        _object: ObjectId,
        _asserted: Vec<Relation>,
        _retracted: Vec<Relation>,
        _reason: Option<String>,
    ) -> Result<Receipt, CommandError> {
        todo!()
    }
    /// Stores files on an object: bytes first, read back, then the events. Bytes that are there already give no event.
    /// `Ok(None)` where nothing was new.
    pub async fn deposit(
        &self,
        _acting: Acting,
        _object: ObjectId,
        _files: Vec<Deposit>,
    ) -> Result<Option<Receipt>, CommandError> {
        todo!()
    }
    /// Takes a file off an object; its bytes stay in storage.
    pub async fn detach(
        &self,
        _acting: Acting,
        _object: ObjectId,
        _file: FileId,
        _reason: String,
    ) -> Result<Receipt, CommandError> {
        todo!()
    }
    /// Decides who may see an object.
    pub async fn set_access(
        &self,
        _acting: Acting,
        _object: ObjectId,
        _access: Access,
        _reason: String,
    ) -> Result<Receipt, CommandError> {
        todo!()
    }
    /// Issues a token in an agent's name.
    pub async fn issue_token(
        &self,
        _acting: Acting,
        _agent: AgentId,
        _scope: Scope,
        _label: String,
        _expires_at: Option<Timestamp>,
    ) -> Result<IssuedToken, CommandError> {
        todo!()
    }
    /// Ends the validity of a token.
    pub async fn revoke_token(
        &self,
        _acting: Acting,
        _token: TokenId,
        _reason: String,
    ) -> Result<Receipt, CommandError> {
        todo!()
    }
}
