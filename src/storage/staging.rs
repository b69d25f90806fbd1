//! The staging folder: bytes are hashed while they are written there, outside the storage root, which may hold nothing
//! but whole objects. Everything here blocks and is called on threads that may.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use fonds_schemas::{ObjectId, Sha256, Sha512, Timestamp};
use sha2::Digest as _;

use super::{Staged, StorageError};
use crate::clock;

/// Bytes copied at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// Seconds after which a staged file is no longer anybody's: no ingest holds one longer than it takes to store it.
const STALE_SECONDS: i64 = 24 * 60 * 60;
/// How the names of staged files begin; nothing else is swept.
const STAGED_PREFIX: &str = "staged-";
/// How the names of claims begin.
const CLAIM_PREFIX: &str = "storing-";

/// A folder for bytes on their way.
#[derive(Debug, Clone)]
pub(super) struct Staging {
    folder: PathBuf,
}

/// A file on its way into the staging folder.
pub(super) struct Writing {
    file: File,
    staged: Staged,
    sha256: sha2::Sha256,
    sha512: sha2::Sha512,
    limit: u64,
    source_name: String,
}

/// The right to write one object, held against every process of this data directory until it is dropped. The file
/// stays when the holder dies, and tells the next one to clear up first.
pub(super) struct Claim {
    file: File,
    path: PathBuf,
    /// Whether an earlier holder did not finish.
    pub unfinished: bool,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What cannot be removed now is swept in a day.
        drop(std::fs::remove_file(&self.path));
    }
}

impl Staging {
    /// Makes the folder and sweeps what nobody came back for.
    pub fn open(folder: PathBuf, now: Timestamp) -> Result<Self, StorageError> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| StorageError::local("making the staging folder", text(&folder), error))?;
        let staging = Self { folder };
        staging.sweep(now)?;
        Ok(staging)
    }

    /// Copies a plain file; refuses everything else, and says what it is.
    pub fn copy(&self, source: &Path, limit: u64) -> Result<Staged, StorageError> {
        let failed = |error| StorageError::local("reading", text(source), error);
        let kind = std::fs::symlink_metadata(source).map_err(failed)?.file_type();
        refuse_unlike_file(source, kind)?;
        // It may have been exchanged since: do not follow a link, do not wait for the writer of a pipe.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let mut from = OpenOptions::new().read(true).custom_flags(flags).open(source).map_err(failed)?;
        let opened = from.metadata().map_err(failed)?;
        refuse_unlike_file(source, opened.file_type())?;
        if opened.len() > limit {
            return Err(StorageError::TooLarge { source_name: text(source), limit });
        }
        let mut writing = self.begin(&text(source), limit)?;
        let mut chunk = vec![0u8; CHUNK_BYTES];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => return writing.finish(),
                Ok(count) => writing.write(&chunk[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Begins an empty file.
    pub fn begin(&self, source_name: &str, limit: u64) -> Result<Writing, StorageError> {
        let name = fonds_schemas::checksum::hex(&clock::random::<16>());
        let path = self.folder.join(format!("{STAGED_PREFIX}{name}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|error| StorageError::local("staging", source_name, error))?;
        let (sha256, sha512) = (Sha256::from_digest([0; 32]), Sha512::from_digest([0; 64]));
        let staged = Staged { path, bytes: 0, sha256, sha512 };
        let (sha256, sha512) = (sha2::Sha256::new(), sha2::Sha512::new());
        Ok(Writing { file, staged, sha256, sha512, limit, source_name: source_name.to_owned() })
    }

    /// Waits for the right to write an object.
    pub fn claim(&self, object: ObjectId) -> Result<Claim, StorageError> {
        let path = self.folder.join(format!("{CLAIM_PREFIX}{object}"));
        let failed = |error| StorageError::local("claiming", text(&path), error);
        loop {
            let (file, unfinished) = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => (file, false),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    match OpenOptions::new().write(true).open(&path) {
                        Ok(file) => (file, true),
                        Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                        Err(error) => return Err(failed(error)),
                    }
                }
                Err(error) => return Err(failed(error)),
            };
            file.lock().map_err(failed)?;
            // The one before removes its claim when it has finished: then this is the lock of a file without a name.
            if same_file(&file, &path).map_err(failed)? {
                return Ok(Claim { file, path, unfinished });
            }
        }
    }

    /// The objects that somebody began to write and did not finish, apart from those being written right now.
    pub fn unfinished(&self) -> Result<Vec<ObjectId>, StorageError> {
        let mut objects = Vec::new();
        for (path, name) in self.entries()? {
            let Some(object) = name.strip_prefix(CLAIM_PREFIX).and_then(|id| ObjectId::parse(id).ok()) else {
                continue;
            };
            let file = match OpenOptions::new().write(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(StorageError::local("reading the claim", text(&path), error)),
            };
            match file.try_lock() {
                Ok(()) => objects.push(object),
                Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(StorageError::local("reading the claim", text(&path), error));
                }
            }
        }
        objects.sort();
        Ok(objects)
    }

    fn sweep(&self, now: Timestamp) -> Result<(), StorageError> {
        for (path, name) in self.entries()? {
            let digits = name.strip_prefix(STAGED_PREFIX).unwrap_or_default();
            let ours = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let changed = std::fs::symlink_metadata(&path).map(|found| found.mtime());
            if ours && changed.is_ok_and(|seconds| now.seconds() - seconds > STALE_SECONDS) {
                // Another process may sweep at the same time.
                drop(std::fs::remove_file(&path));
            }
        }
        Ok(())
    }

    fn entries(&self) -> Result<Vec<(PathBuf, String)>, StorageError> {
        let failed = |error| StorageError::local("listing the staging folder", text(&self.folder), error);
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if let Ok(name) = entry.file_name().into_string() {
                entries.push((entry.path(), name));
            }
        }
        Ok(entries)
    }
}

impl Writing {
    /// Takes more bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.staged.bytes += bytes.len() as u64;
        if self.staged.bytes > self.limit {
            return Err(StorageError::TooLarge { source_name: self.source_name.clone(), limit: self.limit });
        }
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        self.file.write_all(bytes).map_err(|error| StorageError::local("staging", self.source_name.clone(), error))
    }

    /// Syncs the bytes. The folder is not synced: after a crash nobody asks for a staged file again.
    pub fn finish(mut self) -> Result<Staged, StorageError> {
        self.file.sync_data().map_err(|error| StorageError::local("syncing", self.source_name, error))?;
        self.staged.sha256 = Sha256::from_digest(self.sha256.finalize().into());
        self.staged.sha512 = Sha512::from_digest(self.sha512.finalize().into());
        Ok(self.staged)
    }
}

impl Claim {
    /// Gives the right back after everything was written.
    pub fn finished(self) -> Result<(), StorageError> {
        // While the lock is held: whoever waits for it sees that the name is gone and begins anew.
        let removed = std::fs::remove_file(&self.path);
        drop(self.file);
        removed.map_err(|error| StorageError::local("removing the claim", text(&self.path), error))
    }
}

/// Reads an open file from its beginning: how many bytes, and their checksums.
pub(super) fn digest(mut file: File, path: &str) -> Result<(u64, Sha256, Sha512), StorageError> {
    let (mut bytes, mut sha256, mut sha512) = (0u64, sha2::Sha256::new(), sha2::Sha512::new());
    let mut chunk = vec![0u8; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => {
                bytes += count as u64;
                sha256.update(&chunk[..count]);
                sha512.update(&chunk[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(StorageError::local("reading back", path, error)),
        }
    }
    Ok((bytes, Sha256::from_digest(sha256.finalize().into()), Sha512::from_digest(sha512.finalize().into())))
}

fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok((held.dev(), held.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn refuse_unlike_file(path: &Path, kind: std::fs::FileType) -> Result<(), StorageError> {
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(StorageError::NotAFile { path: path.to_owned(), what })
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
