//! The bytes: an OCFL 1.1 storage root in an object store.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use fonds_schemas::*;

use crate::config::Settings;

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// To come.
    #[error("to come")]
    ToCome,
}

/// Bytes that were hashed while they were written to the staging folder, and synced there.
#[derive(Debug)]
pub struct Staged {
    /// Where they lie until they are stored; removed when this is dropped.
    pub path: PathBuf,
    /// How many.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Sha256,
    /// Their SHA-512.
    pub sha512: Sha512,
}

/// A staged file and the logical path that it gets in its object's next version (`pages/0001.jpg`).
#[derive(Debug)]
pub struct Incoming {
    /// The bytes.
    pub staged: Staged,
    /// The name it came with; made safe and unique inside the OCFL object by the store.
    pub name: String,
}

/// Who and why, for the OCFL inventory. No names: the agent's id and its IRI.
#[derive(Debug, Clone)]
pub struct VersionNote {
    /// Who.
    pub agent: AgentId,
    /// Why.
    pub message: String,
    /// When.
    pub created: Timestamp,
}

/// The storage root; cheap to clone.
#[derive(Clone)]
pub struct Storage {}

impl Storage {
    /// Opens the root and makes it where it is missing; refuses a folder that is something else.
    pub async fn open(_settings: &Settings) -> Result<Self, StorageError> {
        todo!()
    }
    /// Copies a local file to the staging folder, hashing while writing, and syncs it. Refuses more than `limit` bytes.
    pub async fn stage_file(&self, _source: &Path, _limit: u64) -> Result<Staged, StorageError> {
        todo!()
    }
    /// The same for a stream of bytes, such as an upload.
    pub async fn stage_stream<S>(&self, _source: S, _limit: u64) -> Result<Staged, StorageError>
    where
        S: futures::Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    {
        todo!()
    }
    /// Writes the next OCFL version of the object with these files added: put once, read back, compared. Returns each
    /// file's content path relative to the root, in the order given. Bytes that the object already holds are not
    /// written again. Safe to repeat after a crash.
    pub async fn store(
        &self,
        _object: ObjectId,
        _files: Vec<Incoming>,
        _note: &VersionNote,
    ) -> Result<Vec<String>, StorageError> {
        todo!()
    }
    /// All bytes at a content path.
    pub async fn get(&self, _path: &str) -> Result<Bytes, StorageError> {
        todo!()
    }
    /// A range of the bytes at a content path.
    pub async fn get_range(&self, _path: &str, _range: std::ops::Range<u64>) -> Result<Bytes, StorageError> {
        todo!()
    }
    /// A stream of the bytes at a content path, or of a range of them.
    pub async fn stream(
        &self,
        _path: &str,
        _range: Option<std::ops::Range<u64>>,
    ) -> Result<futures::stream::BoxStream<'static, std::io::Result<Bytes>>, StorageError> {
        todo!()
    }
    /// Whether the root answers: for `/readyz`.
    pub async fn ping(&self) -> Result<(), StorageError> {
        todo!()
    }
}
