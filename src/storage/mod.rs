//! The bytes: an OCFL 1.1 storage root in an object store, readable in fifty years without fonds.
//!
//! Bytes are staged and hashed, put once, read back and compared; only then may an event name them. Nothing here knows
//! of the ledger. <https://ocfl.io/1.1/spec/>

mod deposit;
mod error;
mod inventory;
mod root;
mod staging;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use fonds_schemas::{AgentId, ObjectId, Sha256, Sha512, Timestamp};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt as _};
use sha2::Digest as _;
use tokio::sync::Mutex;

pub use self::error::StorageError;
use self::staging::{Staging, Writing};
use crate::clock::Clock;
use crate::config::Settings;

/// Locks among which the objects are divided, so that writers of one object in this process wait for each other
/// without holding a thread. Two objects rarely share one, and then only wait.
const LOCKS: usize = 256;
/// Chunks of an upload that may wait for the disk.
const CHUNKS_WAITING: usize = 4;

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
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// The root as a folder, where it is one: what a crash leaves there is not visible through the store.
    folder: Option<PathBuf>,
    staging: Staging,
    locks: Arc<[Mutex<()>]>,
}

impl Storage {
    /// Opens the root and makes it where it is missing; refuses a folder that is something else. Finishes or undoes
    /// what a crash interrupted, and sweeps staged files that nobody came back for.
    pub async fn open(settings: &Settings) -> Result<Self, StorageError> {
        let (store, folder) = root::store(settings)?;
        Self::over(store, folder, settings.data.join("staging")).await
    }

    /// Opens the root in a store that was made elsewhere; `folder` where the store is a folder.
    pub async fn over(
        store: Arc<dyn ObjectStore>,
        folder: Option<PathBuf>,
        staging: PathBuf,
    ) -> Result<Self, StorageError> {
        root::prepare(store.as_ref()).await.map_err(|error| match (error, &folder) {
            // People know it by its path.
            (StorageError::NotARoot { why, .. }, Some(folder)) => {
                StorageError::NotARoot { place: folder.display().to_string(), why }
            }
            (error, _) => error,
        })?;
        let now = Clock::System.now();
        let staging = blocking("the staging folder", move || Staging::open(staging, now)).await?;
        let locks = (0..LOCKS).map(|_| Mutex::new(())).collect();
        let storage = Self { store, folder, staging, locks };
        let staging = storage.staging.clone();
        for object in blocking("the staging folder", move || staging.unfinished()).await? {
            storage.write_object(object, Vec::new(), None).await?;
        }
        Ok(storage)
    }

    /// Copies a local file to the staging folder, hashing while writing, and syncs it. Refuses more than `limit`
    /// bytes, and everything that is no plain file: links are not followed.
    pub async fn stage_file(&self, source: &Path, limit: u64) -> Result<Staged, StorageError> {
        let (staging, source) = (self.staging.clone(), source.to_owned());
        blocking("a staged file", move || staging.copy(&source, limit)).await
    }

    /// The same for a stream of bytes, such as an upload.
    pub async fn stage_stream<S>(&self, mut source: S, limit: u64) -> Result<Staged, StorageError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    {
        let staging = self.staging.clone();
        let (send, mut receive) = tokio::sync::mpsc::channel::<Bytes>(CHUNKS_WAITING);
        let writer = tokio::task::spawn_blocking(move || -> Result<Writing, StorageError> {
            let mut writing = staging.begin("an upload", limit)?;
            while let Some(bytes) = receive.blocking_recv() {
                writing.write(&bytes)?;
            }
            Ok(writing)
        });
        let mut broken = None;
        while let Some(chunk) = source.next().await {
            match chunk {
                Ok(bytes) => {
                    // The writer refused and hung up; it says why below.
                    if send.send(bytes).await.is_err() {
                        break;
                    }
                }
                Err(error) => {
                    broken = Some(StorageError::local("receiving", "an upload", error));
                    break;
                }
            }
        }
        drop(send);
        let interrupted = |source| StorageError::Interrupted { what: "an upload".to_owned(), source };
        let writing = writer.await.map_err(interrupted)??;
        match broken {
            Some(error) => Err(error),
            None => blocking("an upload", move || writing.finish()).await,
        }
    }

    /// Writes the next OCFL version of the object with these files added: put once, read back, compared. Returns each
    /// file's content path relative to the root, in the order given. Bytes that the object already holds are not
    /// written again. Safe to repeat after a crash. Goes on to its end when the caller stops waiting.
    pub async fn store(
        &self,
        object: ObjectId,
        files: Vec<Incoming>,
        note: &VersionNote,
    ) -> Result<Vec<String>, StorageError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        // In a task of its own: half a version and a claim given back would be worse than a late one.
        let (storage, note) = (self.clone(), note.clone());
        let written = tokio::spawn(async move { storage.write_object(object, files, Some(&note)).await });
        written.await.map_err(|source| StorageError::Interrupted { what: object.to_string(), source })?
    }

    /// All bytes at a content path.
    pub async fn get(&self, path: &str) -> Result<Bytes, StorageError> {
        let key = deposit::parse_key(path)?;
        let failed = |error| StorageError::backend("reading", &key, error);
        self.store.get(&key).await.map_err(failed)?.bytes().await.map_err(failed)
    }

    /// A range of the bytes at a content path.
    pub async fn get_range(&self, path: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        let key = deposit::parse_key(path)?;
        self.store.get_range(&key, range).await.map_err(|error| StorageError::backend("reading", &key, error))
    }

    /// A stream of the bytes at a content path, or of a range of them.
    pub async fn stream(
        &self,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, std::io::Result<Bytes>>, StorageError> {
        let key = deposit::parse_key(path)?;
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store.get_opts(&key, options).await;
        let found = found.map_err(|error| StorageError::backend("reading", &key, error))?;
        Ok(found.into_stream().map_err(std::io::Error::other).boxed())
    }

    /// The bytes at a content path as a file that can be read from anywhere in it. Out of a bucket they are fetched
    /// first, into a file of the staging folder that has no name any more.
    pub async fn open_file(&self, path: &str) -> Result<std::fs::File, StorageError> {
        let key = deposit::parse_key(path)?;
        let found = self.store.get(&key).await.map_err(|error| StorageError::backend("reading", &key, error))?;
        if let GetResultPayload::File(file, _) = found.payload {
            return Ok(file);
        }
        let staged = self.stage_stream(found.into_stream().map_err(std::io::Error::other), u64::MAX).await?;
        let opened = std::fs::File::open(&staged.path);
        opened.map_err(|error| StorageError::local("opening", staged.path.display().to_string(), error))
    }

    /// Reads the bytes at a content path again: how many, and their checksums. Memory does not grow with the file.
    pub async fn digest(&self, path: &str) -> Result<(u64, Sha256, Sha512), StorageError> {
        let key = deposit::parse_key(path)?;
        let failed = |error| StorageError::backend("reading back", &key, error);
        let found = self.store.get(&key).await.map_err(failed)?;
        // A file is hashed on a thread of its own: the store would hand it over in crumbs of 8 KiB.
        if let GetResultPayload::File(file, _) = found.payload {
            let path = path.to_owned();
            return blocking("reading back", move || staging::digest(file, &path)).await;
        }
        let mut stream = found.into_stream();
        let (mut bytes, mut sha256, mut sha512) = (0u64, sha2::Sha256::new(), sha2::Sha512::new());
        while let Some(chunk) = stream.try_next().await.map_err(failed)? {
            bytes += chunk.len() as u64;
            sha256.update(&chunk);
            sha512.update(&chunk);
        }
        let sha256 = Sha256::from_digest(sha256.finalize().into());
        Ok((bytes, sha256, Sha512::from_digest(sha512.finalize().into())))
    }

    /// Whether the root answers: for `/readyz`.
    pub async fn ping(&self) -> Result<(), StorageError> {
        let key = Key::from(root::DECLARATION);
        self.store.head(&key).await.map(drop).map_err(|error| StorageError::backend("reading", &key, error))
    }

    /// Takes the object's claim, clears up after one who did not finish, and writes what is to be written.
    async fn write_object(
        &self,
        object: ObjectId,
        files: Vec<Incoming>,
        note: Option<&VersionNote>,
    ) -> Result<Vec<String>, StorageError> {
        let mut hasher = DefaultHasher::new();
        object.hash(&mut hasher);
        let lock = usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or_default();
        let _waiting = self.locks[lock].lock().await;
        let staging = self.staging.clone();
        let claim = blocking("a claim", move || staging.claim(object)).await?;
        if claim.unfinished {
            self.recover(object).await?;
        }
        // An error keeps the claim's file, so that whoever comes next clears up first.
        let paths = match note {
            Some(note) => self.deposit(object, files, note).await?,
            None => Vec::new(),
        };
        blocking("a claim", move || claim.finished()).await?;
        Ok(paths)
    }
}

/// Does what blocks on a thread that may.
async fn blocking<T: Send + 'static>(
    what: &str,
    act: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    let done = tokio::task::spawn_blocking(act).await;
    done.map_err(|source| StorageError::Interrupted { what: what.to_owned(), source })?
}
