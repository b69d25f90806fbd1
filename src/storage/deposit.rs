//! Writing the next version of an object, and finishing or undoing one that was cut short.
//!
//! The order is that of OCFL 1.1 §5: content, the version's inventory, its sidecar, the root inventory, its sidecar.
//! The version's inventory is put only if absent, and is the moment at which the version exists: before it, what a
//! crash left is removed; after it, what is missing follows from it.

use std::collections::BTreeSet;

use bytes::Bytes;
use fonds_schemas::{ObjectId, Sha512};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path as Key;
use object_store::{ObjectStoreExt as _, PutMode, PutMultipartOptions, PutPayload};
use tokio::io::AsyncReadExt as _;

use super::inventory::{self, INVENTORY, Inventory, OBJECT_DECLARATION, OBJECT_DECLARATION_TEXT, SIDECAR};
use super::{Incoming, Staged, Storage, StorageError, VersionNote, root};

/// Bytes that are held in memory of one file while it is put; larger files go in parts of this size. S3 takes 10,000
/// parts, so a file may have 156 GiB.
const PART_BYTES: usize = 16 << 20;
/// Files of one version put at the same time: a disk syncs several at about the price of one.
const PUTS: usize = 4;

impl Storage {
    /// Writes the version. The caller holds the object's claim.
    pub(super) async fn deposit(
        &self,
        object: ObjectId,
        files: Vec<Incoming>,
        note: &VersionNote,
    ) -> Result<Vec<String>, StorageError> {
        let place = inventory::object_root(object);
        let current = self.current(object).await?;
        let fresh = current.is_none();
        let current = current.unwrap_or_else(|| Inventory::empty(object));
        let additions = current.additions(files.iter().map(|file| (file.name.as_str(), file.staged.sha512)));
        let mut after = current;
        if !additions.is_empty() {
            let next = after.next_number();
            if fresh {
                let declaration = parse_key(&format!("{place}/{OBJECT_DECLARATION}"))?;
                self.put_same(&declaration, Bytes::from_static(OBJECT_DECLARATION_TEXT.as_bytes())).await?;
            }
            let (mut puts, mut added) = (Vec::new(), Vec::new());
            for addition in &additions {
                let staged = &files[addition.index].staged;
                puts.push(self.put_content(format!("{place}/v{next}/content/{}", addition.name), staged));
                added.push((addition.name.clone(), staged.sha512, staged.sha256));
            }
            // All are waited for, even after one failed: a write that goes on behind the back of whoever clears up
            // would come after the clearing.
            let written: Vec<_> = futures::stream::iter(puts).buffer_unordered(PUTS).collect().await;
            written.into_iter().collect::<Result<(), _>>()?;
            after = after.with_version(&added, note);
            self.commit(&place, next, &after).await?;
        }
        let path_of = |sha512: &Sha512| {
            let path = after.content_path(sha512).ok_or_else(|| StorageError::NotFound { path: place.clone() })?;
            Ok(format!("{place}/{path}"))
        };
        files.iter().map(|file| path_of(&file.staged.sha512)).collect()
    }

    /// Finishes or undoes what an earlier holder of the claim began.
    pub(super) async fn recover(&self, object: ObjectId) -> Result<(), StorageError> {
        let place = inventory::object_root(object);
        let prefix = parse_key(&place)?;
        let listed: Vec<_> = self
            .store
            .list(Some(&prefix))
            .try_collect()
            .await
            .map_err(|error| StorageError::backend("listing", &prefix, error))?;
        let keys: BTreeSet<Key> = listed.into_iter().map(|found| found.location).collect();
        let head = keys.iter().filter_map(|key| committed_version(&place, key)).max().unwrap_or(0);
        if head > 0 {
            let key = parse_key(&format!("{place}/v{head}/{INVENTORY}"))?;
            let bytes = self.read(&key).await?;
            read_inventory(&key, &bytes, object)?;
            let sidecar = self.read_if_there(&parse_key(&format!("{place}/v{head}/{SIDECAR}"))?).await?;
            if sidecar.is_some_and(|found| found != inventory::sidecar(&bytes)) {
                return Err(rotten(&key));
            }
            self.complete(&place, head, bytes).await?;
        }
        for key in keys.iter().filter(|key| is_leftover(&place, key, head)) {
            self.store.delete(key).await.map_err(|error| StorageError::backend("removing", key, error))?;
        }
        if let Some(folder) = self.folder.clone() {
            let tidied = tokio::task::spawn_blocking(move || root::tidy(&folder, &place)).await;
            tidied.map_err(|source| StorageError::Interrupted { what: object.to_string(), source })?;
        }
        Ok(())
    }

    /// The object's inventory, checked against its sidecar; `None` where there is no object.
    async fn current(&self, object: ObjectId) -> Result<Option<Inventory>, StorageError> {
        let place = inventory::object_root(object);
        let key = parse_key(&format!("{place}/{INVENTORY}"))?;
        let Some(bytes) = self.read_if_there(&key).await? else { return Ok(None) };
        let sidecar = self.read_if_there(&parse_key(&format!("{place}/{SIDECAR}"))?).await?;
        let inventory = read_inventory(&key, &bytes, object)?;
        if sidecar.is_some_and(|found| found == inventory::sidecar(&bytes)) {
            return Ok(Some(inventory));
        }
        // Either a writer elsewhere died before its last step, and the version's own inventory is the same, or the
        // inventory rotted: to build upon that would give the damage a fresh checksum.
        let head = inventory.head_number().unwrap_or(0);
        if self.read_if_there(&parse_key(&format!("{place}/v{head}/{INVENTORY}"))?).await? != Some(bytes.clone()) {
            return Err(rotten(&key));
        }
        self.complete(&place, head, bytes).await?;
        Ok(Some(inventory))
    }

    async fn commit(&self, place: &str, version: u64, after: &Inventory) -> Result<(), StorageError> {
        let key = parse_key(&format!("{place}/v{version}/{INVENTORY}"))?;
        let bytes = after
            .to_bytes()
            .map_err(|error| StorageError::BadInventory { path: key.to_string(), why: error.to_string() })?;
        let bytes = Bytes::from(bytes);
        self.put_same(&key, bytes.clone()).await?;
        self.complete(place, version, bytes).await
    }

    /// Writes what follows from the version's inventory.
    async fn complete(&self, place: &str, version: u64, bytes: Bytes) -> Result<(), StorageError> {
        let sidecar = Bytes::from(inventory::sidecar(&bytes));
        let of_version = parse_key(&format!("{place}/v{version}/{SIDECAR}"))?;
        let of_root = parse_key(&format!("{place}/{INVENTORY}"))?;
        let written = futures::join!(self.put_over(&of_version, sidecar.clone()), self.put_over(&of_root, bytes));
        written.0.and(written.1)?;
        self.put_over(&parse_key(&format!("{place}/{SIDECAR}"))?, sidecar).await
    }

    async fn put_over(&self, key: &Key, bytes: Bytes) -> Result<(), StorageError> {
        let put = self.store.put_opts(key, bytes.into(), PutMode::Overwrite.into()).await;
        put.map(drop).map_err(|error| StorageError::backend("writing", key, error))
    }

    /// Puts bytes where nothing is, or where the same already is.
    async fn put_same(&self, key: &Key, bytes: Bytes) -> Result<(), StorageError> {
        match self.store.put_opts(key, bytes.clone().into(), PutMode::Create.into()).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) if self.read(key).await? == bytes => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => Err(StorageError::Collision { path: key.to_string() }),
            Err(error) => Err(StorageError::backend("writing", key, error)),
        }
    }

    /// Puts a staged file where nothing is, reads it back and compares.
    async fn put_content(&self, path: String, staged: &Staged) -> Result<(), StorageError> {
        let key = parse_key(&path)?;
        let put = if staged.bytes <= PART_BYTES as u64 {
            let bytes = tokio::fs::read(&staged.path).await;
            let bytes = bytes.map_err(|error| StorageError::local("reading the staged", path.clone(), error))?;
            self.store.put_opts(&key, bytes.into(), PutMode::Create.into()).await.map(drop)
        } else {
            self.put_parts(&key, staged).await?
        };
        let was_there = match put {
            Ok(()) => false,
            Err(object_store::Error::AlreadyExists { .. }) => true,
            Err(error) => return Err(StorageError::backend("writing", &key, error)),
        };
        let (bytes, sha256, sha512) = self.digest(&path).await?;
        match (bytes, sha256, sha512) == (staged.bytes, staged.sha256, staged.sha512) {
            true => Ok(()),
            false if was_there => Err(StorageError::Collision { path }),
            false => Err(StorageError::Differs { path }),
        }
    }

    /// Puts a large file in parts. Parts cannot be put only-if-absent; the claim and the look beforehand stand in for
    /// that, and the version's inventory, which is put only if absent, decides between two processes.
    async fn put_parts(&self, key: &Key, staged: &Staged) -> Result<object_store::Result<()>, StorageError> {
        let local = |error| StorageError::local("reading the staged", key.to_string(), error);
        match self.store.head(key).await {
            Ok(_) => {
                let (path, source) = (key.to_string(), "found before writing".into());
                return Ok(Err(object_store::Error::AlreadyExists { path, source }));
            }
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Ok(Err(error)),
        }
        let mut file = tokio::fs::File::open(&staged.path).await.map_err(local)?;
        let mut upload = match self.store.put_multipart_opts(key, PutMultipartOptions::default()).await {
            Ok(upload) => upload,
            Err(error) => return Ok(Err(error)),
        };
        let mut left = staged.bytes;
        while left > 0 {
            let part = usize::try_from(left.min(PART_BYTES as u64)).unwrap_or(PART_BYTES);
            let mut bytes = vec![0u8; part];
            let read = file.read_exact(&mut bytes).await.map_err(local);
            let put = match read {
                Ok(_) => upload.put_part(PutPayload::from(bytes)).await,
                Err(error) => {
                    drop(upload.abort().await);
                    return Err(error);
                }
            };
            if let Err(error) = put {
                drop(upload.abort().await);
                return Ok(Err(error));
            }
            left -= part as u64;
        }
        Ok(upload.complete().await.map(drop))
    }

    async fn read(&self, key: &Key) -> Result<Bytes, StorageError> {
        let failed = |error| StorageError::backend("reading", key, error);
        self.store.get(key).await.map_err(failed)?.bytes().await.map_err(failed)
    }

    async fn read_if_there(&self, key: &Key) -> Result<Option<Bytes>, StorageError> {
        match self.read(key).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StorageError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Reads a path as it was returned by the store.
pub(super) fn parse_key(path: &str) -> Result<Key, StorageError> {
    Key::parse(path).map_err(|source| StorageError::BadPath { path: path.to_owned(), source })
}

fn read_inventory(key: &Key, bytes: &[u8], object: ObjectId) -> Result<Inventory, StorageError> {
    Inventory::read(bytes, object).map_err(|why| StorageError::BadInventory { path: key.to_string(), why })
}

fn rotten(key: &Key) -> StorageError {
    let why = "its checksum is not the one in its sidecar".to_owned();
    StorageError::BadInventory { path: key.to_string(), why }
}

/// The part of a key below the object.
fn below<'a>(place: &str, key: &'a Key) -> Option<&'a str> {
    key.as_ref().strip_prefix(place)?.strip_prefix('/')
}

/// The number of the version whose inventory this is.
fn committed_version(place: &str, key: &Key) -> Option<u64> {
    inventory::version_number(below(place, key)?.strip_suffix(INVENTORY)?.strip_suffix('/')?)
}

/// Whether this belongs to no committed version: content of a later one, or the declaration of an object without any.
fn is_leftover(place: &str, key: &Key, head: u64) -> bool {
    let version = below(place, key).and_then(|name| inventory::version_number(name.split('/').next()?));
    version.map_or(head == 0, |version| version > head)
}
