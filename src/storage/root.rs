//! Opening the OCFL storage root, in a folder or a bucket, and making it where there is none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode};

use super::StorageError;
use crate::config::{S3Settings, Settings};

/// The declaration of the root (OCFL 1.1 §4.1).
pub(super) const DECLARATION: &str = "0=ocfl_1.1";
const DECLARATION_TEXT: &str = "ocfl_1.1\n";
const LAYOUT: &str = "ocfl_layout.json";
const LAYOUT_TEXT: &str = r#"{
  "extension": "0003-hash-and-id-n-tuple-storage-layout",
  "description": "Objects lie under their identifier, in three folders of three digits of its SHA-256"
}
"#;
const EXTENSION: &str = "extensions/0003-hash-and-id-n-tuple-storage-layout/config.json";
const EXTENSION_TEXT: &str = r#"{
  "extensionName": "0003-hash-and-id-n-tuple-storage-layout",
  "digestAlgorithm": "sha256",
  "tupleSize": 3,
  "numberOfTuples": 3
}
"#;

/// The store that the settings name, and its folder where it is one.
pub(super) fn store(settings: &Settings) -> Result<(Arc<dyn ObjectStore>, Option<PathBuf>), StorageError> {
    if let Some(s3) = &settings.storage.s3 {
        return Ok((bucket(s3)?, None));
    }
    let folder = settings.storage_folder();
    if settings.data.join("staging").starts_with(&folder) {
        let why = "it contains the staging folder, and a storage root may hold nothing but objects".to_owned();
        return Err(StorageError::NotARoot { place: folder.display().to_string(), why });
    }
    let made = std::fs::create_dir_all(&folder);
    made.map_err(|error| StorageError::local("making the storage root", folder.display().to_string(), error))?;
    let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| not_a_root(&folder, &error))?;
    // Without this a file is acknowledged that a power cut takes away.
    Ok((Arc::new(store.with_fsync(true)), Some(folder)))
}

fn bucket(s3: &S3Settings) -> Result<Arc<dyn ObjectStore>, StorageError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_access_key_id(s3.access_key.reveal())
        .with_secret_access_key(s3.secret_key.reveal())
        .with_conditional_put(S3ConditionalPut::ETagMatch);
    if !s3.region.is_empty() {
        builder = builder.with_region(&s3.region);
    }
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    let place = Key::from(s3.bucket.as_str());
    let store = builder.build().map_err(|error| StorageError::backend("preparing bucket", &place, error))?;
    if s3.prefix.is_empty() {
        return Ok(Arc::new(store));
    }
    Ok(Arc::new(PrefixStore::new(store, s3.prefix.as_str())))
}

/// Checks that the place is a root of ours; makes it one where it is empty.
pub(super) async fn prepare(store: &dyn ObjectStore) -> Result<(), StorageError> {
    match get_text(store, DECLARATION).await? {
        Some(found) if found == DECLARATION_TEXT => {}
        Some(found) => return Err(refused(store, format!("its declaration says {found:?}"))),
        None => {
            refuse_unless_empty(store).await?;
            // First, so that a root whose making was cut short is known again and finished below.
            put(store, DECLARATION, DECLARATION_TEXT).await?;
        }
    }
    for (name, text) in [(EXTENSION, EXTENSION_TEXT), (LAYOUT, LAYOUT_TEXT)] {
        match get_text(store, name).await? {
            Some(found) if found == text => {}
            Some(_) => return Err(refused(store, format!("its {name} is not the one that fonds writes"))),
            None => put(store, name, text).await?,
        }
    }
    Ok(())
}

async fn refuse_unless_empty(store: &dyn ObjectStore) -> Result<(), StorageError> {
    let listed = store.list(None).try_next().await;
    match listed.map_err(|error| StorageError::backend("listing", &Key::ROOT, error))? {
        Some(found) => Err(refused(store, format!("it has no {DECLARATION} but holds {}", found.location))),
        None => Ok(()),
    }
}

async fn put(store: &dyn ObjectStore, name: &str, text: &'static str) -> Result<(), StorageError> {
    let key = Key::from(name);
    match store.put_opts(&key, text.into(), PutMode::Create.into()).await {
        // Another process that opens the root at the same time writes the same.
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(StorageError::backend("writing", &key, error)),
    }
}

async fn get_text(store: &dyn ObjectStore, name: &str) -> Result<Option<String>, StorageError> {
    let key = Key::from(name);
    let bytes = match store.get(&key).await {
        Ok(found) => found.bytes().await.map_err(|error| StorageError::backend("reading", &key, error))?,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(StorageError::backend("reading", &key, error)),
    };
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn refused(store: &dyn ObjectStore, why: String) -> StorageError {
    StorageError::NotARoot { place: store.to_string(), why }
}

fn not_a_root(folder: &Path, error: &object_store::Error) -> StorageError {
    StorageError::NotARoot { place: folder.display().to_string(), why: error.to_string() }
}

/// Removes what a crash left in a folder: half-written files of the object store (`name#1`) and empty folders, here
/// and above, up to the root. Fails silently: what remains is found by the next validation.
pub(super) fn tidy(root: &Path, below: &str) {
    let mut folder = root.join(below);
    tidy_below(&folder);
    while folder.starts_with(root) && folder != root {
        drop(std::fs::remove_dir(&folder));
        if !folder.pop() {
            return;
        }
    }
}

fn tidy_below(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            tidy_below(&entry.path());
            drop(std::fs::remove_dir(entry.path()));
        } else if kind.is_file() && is_half_written(&entry.file_name().to_string_lossy()) {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

/// Whether this is a temporary name of the object store; names inside objects have no `#`.
fn is_half_written(name: &str) -> bool {
    let digits = name.rsplit_once('#').map(|(_, digits)| digits).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
