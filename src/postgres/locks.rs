//! The two locks by which processes that share a private server agree: who uses it, and who starts it.
//!
//! Both are locks of the system on open files, which end with the process, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::error::{PostgresError, io};

/// How long another process may take to start or stop the server: a recovery after a crash and a last checkpoint fit.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// How often a lock is asked for again. A lock that waits by itself could not be given up.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Held shared by every process that uses the server; held alone by the one that stops it.
pub struct UsersLock(File);

impl UsersLock {
    /// Says that this process uses the server; waits for one that is stopping it.
    pub async fn share(cluster: &Cluster) -> Result<Self, PostgresError> {
        let path = cluster.folder.join("users.lock");
        let file = open(cluster, &path)?;
        wait(&path, || file.try_lock_shared()).await?;
        Ok(Self(file))
    }

    /// Says that this process uses the server no more. If no other does, the lock is now held alone.
    pub fn last(self, cluster: &Cluster) -> Result<Option<Self>, PostgresError> {
        let path = cluster.folder.join("users.lock");
        // Let go first: of two that leave at the same moment and both kept theirs, neither would be the last.
        self.0.unlock().map_err(io("unlock", &path))?;
        match self.0.try_lock() {
            Ok(()) => Ok(Some(self)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(io("lock", path)(source)),
        }
    }
}

/// Held while the server is looked for, started and prepared.
pub struct StartLock {
    _file: File,
}

impl StartLock {
    /// Waits until no other process is starting it.
    pub async fn take(cluster: &Cluster) -> Result<Self, PostgresError> {
        let path = cluster.folder.join("start.lock");
        let file = open(cluster, &path)?;
        wait(&path, || file.try_lock()).await?;
        Ok(Self { _file: file })
    }
}

async fn wait(path: &Path, mut lock: impl FnMut() -> Result<(), TryLockError>) -> Result<(), PostgresError> {
    let begun = Instant::now();
    loop {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LONGEST_WAIT => pause(ASK_AGAIN).await,
            Err(TryLockError::WouldBlock) => {
                return Err(PostgresError::Locked { lock: PathBuf::from(path), seconds: LONGEST_WAIT.as_secs() });
            }
            Err(TryLockError::Error(source)) => return Err(io("lock", path)(source)),
        }
    }
}

fn open(cluster: &Cluster, path: &Path) -> Result<File, PostgresError> {
    let made = own_file().read(true).write(true).open(path);
    let file = match made {
        // Made by root: reading is enough to lock.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path),
        other => other,
    };
    let file = file.map_err(io("open", path))?;
    cluster.account.owns(path)?;
    Ok(file)
}

/// How root opens a file in a folder that belongs to somebody else: never through a link put there.
pub fn own_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    options.create(true).mode(0o600).custom_flags(flags);
    options
}

/// Lets a moment pass where only another process can bring things on.
#[expect(clippy::disallowed_methods, reason = "another process is waited for, which tells nobody when it is done")]
pub async fn pause(moment: Duration) {
    tokio::time::sleep(moment).await;
}
