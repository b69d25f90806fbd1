//! Why bytes could not be stored or read.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Nothing lies at that path of the storage root.
    #[error("the storage root holds nothing at {path}")]
    NotFound {
        /// The path, relative to the root.
        path: String,
    },
    /// Only plain files are taken: a link could point anywhere, a device may never end.
    #[error("{} is {what}, not a plain file", path.display())]
    NotAFile {
        /// What was to be taken in.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// More bytes than one file may have.
    #[error("{source_name} has more than the {limit} bytes that one file may have")]
    TooLarge {
        /// What was to be taken in.
        source_name: String,
        /// Bytes that one file may have.
        limit: u64,
    },
    /// The disk is full. Nothing of this act was acknowledged.
    #[error("no space left while {doing} {path}")]
    NoSpace {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: String,
        /// What the system said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file system failed.
    #[error("failed while {doing} {path}")]
    Local {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The object store failed.
    #[error("the object store failed while {doing} {path}")]
    Backend {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: String,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// Somebody else wrote there.
    #[error("could not store {path}: the storage root holds other bytes under that name")]
    Collision {
        /// The path, relative to the root.
        path: String,
    },
    /// What was read back is not what was written.
    #[error("{path} does not read back as it was written: the medium or the store is at fault")]
    Differs {
        /// The path, relative to the root.
        path: String,
    },
    /// An OCFL inventory that cannot be built upon.
    #[error("the inventory {path} cannot be trusted: {why}")]
    BadInventory {
        /// The path, relative to the root.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The place is not an OCFL storage root of ours.
    #[error("{place} is not a storage root that fonds can use: {why}")]
    NotARoot {
        /// The folder or bucket.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// A path that cannot be in a storage root.
    #[error("{path:?} is not a path in a storage root")]
    BadPath {
        /// What was given.
        path: String,
        /// Why not.
        #[source]
        source: object_store::path::Error,
    },
    /// The work was stopped in the middle, because the process ends or because of a defect.
    #[error("the work on {what} was interrupted")]
    Interrupted {
        /// What was being worked on.
        what: String,
        /// How.
        #[source]
        source: tokio::task::JoinError,
    },
}

impl StorageError {
    /// A failure of the file system; says so plainly when the disk is full.
    pub(super) fn local(doing: &'static str, path: impl Into<String>, source: io::Error) -> Self {
        let path = path.into();
        if is_full(&source) {
            return Self::NoSpace { doing, path, source: Box::new(source) };
        }
        Self::Local { doing, path, source }
    }

    /// A failure of the object store; tells apart what is missing and what has no room.
    pub(super) fn backend(doing: &'static str, path: &object_store::path::Path, source: object_store::Error) -> Self {
        let path = path.to_string();
        if matches!(source, object_store::Error::NotFound { .. }) {
            return Self::NotFound { path };
        }
        if is_full(&source) {
            return Self::NoSpace { doing, path, source: Box::new(source) };
        }
        Self::Backend { doing, path, source }
    }

    /// Whether nothing lies there.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// Whether somewhere in the chain of causes a disk or a quota is full.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>()
            && matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        {
            return true;
        }
        cause = error.source();
    }
    false
}
