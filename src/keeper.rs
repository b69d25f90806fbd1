//! The keeper of a data directory: the one process that folds projections and owns the triples.
//!
//! Verbs work beside a server and without one. Whoever opens the directory first keeps it (an advisory lock on
//! `fonds.lock`, which the system lets go of when the process dies, however it dies) and answers the others on a unix
//! socket that only the same user can open.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fonds_projections::Stores;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinHandle;

use crate::archive::Archive;
use crate::clock::Clock;
use crate::control;
use crate::ledger::Ledger;
use crate::projector::{Projector, ProjectorError};
use crate::rebuild::{Rebuild, RebuildError};

/// How long a process waits before it asks again who keeps the directory.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How long a database may take to notice that its keeper was killed.
const LONGEST_DEPARTURE: Duration = Duration::from_secs(3);
/// The number of the lock on the database.
const DATABASE_LOCK: i64 = 0x66_6f6e_6473;

/// Why the directory cannot be kept or its keeper not be asked.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The lock file cannot be used.
    #[error("could not use the lock file {path}")]
    Lock {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The projector failed.
    #[error(transparent)]
    Projector(#[from] ProjectorError),
    /// An outdated projection could not be folded anew.
    #[error("could not rebuild what an earlier release had folded")]
    Rebuild(#[from] RebuildError),
    /// The other process answers, but not as it should.
    #[error("the fonds process that keeps this data directory could not do it: {0}")]
    Other(String),
    /// The socket cannot be opened.
    #[error("could not open the socket {path}")]
    Socket {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database has another keeper.
    #[error("another fonds works on this database from another data directory; each needs a database of its own")]
    Shared,
    /// The database cannot be asked who keeps it.
    #[error("could not ask the database who keeps it")]
    Database(#[from] sqlx::Error),
    /// A projection stopped, so what was recorded cannot be found.
    #[error("projection {name} has stopped: {why}")]
    Stopped {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
}

/// The lock on a data directory and its database; let go of when dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    _database: PgConnection,
}

/// This process's part in keeping the data directory.
pub enum Keeper {
    /// It folds, and answers others.
    Keeping {
        /// What folds, and folds anew.
        rebuild: Box<Rebuild>,
        /// The lock, for as long as this lives.
        lock: Lock,
        /// The tasks that fold and answer.
        tasks: Vec<JoinHandle<()>>,
    },
    /// Another process does.
    Visiting {
        /// What it says of itself.
        note: String,
    },
}

impl Keeper {
    /// Tries to become the keeper; `None` when another process is.
    pub async fn claim(data: &Path, doing: &str, serving: &PgConnectOptions) -> Result<Option<Lock>, KeeperError> {
        let path = data.join("fonds.lock");
        let lock_error = |source| KeeperError::Lock { path: path.clone(), source };
        let mut options = File::options();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(lock_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(lock_error(source)),
        }
        let database = claim_database(serving).await?;
        file.set_len(0).map_err(lock_error)?;
        write!(file, "fonds {doing}, process {}", std::process::id()).map_err(lock_error)?;
        Ok(Some(Lock { _file: file, _database: database }))
    }

    /// Starts to fold and to answer others, if this process holds the lock.
    pub async fn start(
        lock: Option<Lock>,
        data: &Path,
        ledger: &Ledger,
        stores: &Stores,
        serving: &PgConnectOptions,
        clock: &Clock,
    ) -> Result<Self, KeeperError> {
        let Some(lock) = lock else { return Ok(Self::Visiting { note: note(data) }) };
        let projector = Projector::open(ledger.clone(), stores.clone(), clock.clone()).await?;
        let rebuild = Rebuild { projector: projector.clone(), serving: serving.clone(), data: data.to_owned() };
        // Boxed: most starts fold nothing anew.
        Box::pin(rebuild.outdated()).await?;
        let folding = tokio::spawn(projector.run());
        let answering = control::serve(data, rebuild.clone())?;
        Ok(Self::Keeping { rebuild: Box::new(rebuild), lock, tasks: vec![folding, answering] })
    }

    /// What folds, if this process does.
    #[must_use]
    pub fn projector(&self) -> Option<&Projector> {
        match self {
            Self::Keeping { rebuild, .. } => Some(&rebuild.projector),
            Self::Visiting { .. } => None,
        }
    }

    /// Waits until everything recorded so far can be found by everybody. Where the keeper is another process and goes
    /// away meanwhile, this one does what is left.
    pub async fn settle(&self, archive: &Archive) -> Result<(), KeeperError> {
        if let Some(projector) = self.projector() {
            projector.settle().await?;
            return all_going(projector);
        }
        let data = &archive.settings.data;
        loop {
            if control::ask_to_settle(data).await? {
                return Ok(());
            }
            if let Some(lock) = Self::claim(data, "catching up", &archive.serving).await? {
                return finish(archive, lock).await;
            }
            // The keeper is just starting or stopping: its socket is not there, its lock is.
            pause().await;
        }
    }

    /// Stops folding and answering. The lock, if this process has it, is for the caller to let go of, once nothing
    /// of what it guards is open.
    pub async fn stop(self) -> Option<Lock> {
        let Self::Keeping { rebuild, tasks, lock } = self else { return None };
        rebuild.projector.stop();
        for task in tasks {
            // A task that panicked has said so in the log; there is nothing left of it to stop.
            task.await.ok();
        }
        rebuild.projector.close().await;
        Some(lock)
    }
}

/// Two data directories that fold into the same tables would undo each other. The lock ends with the connection, so
/// that a keeper who was killed is only waited for.
async fn claim_database(serving: &PgConnectOptions) -> Result<PgConnection, KeeperError> {
    let mut connection = PgConnection::connect_with(serving).await?;
    let asked = Instant::now();
    loop {
        let claim = sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(DATABASE_LOCK);
        if claim.fetch_one(&mut connection).await? {
            return Ok(connection);
        }
        if asked.elapsed() > LONGEST_DEPARTURE {
            return Err(KeeperError::Shared);
        }
        pause().await;
    }
}

/// Folds what is left, as the keeper for a moment.
async fn finish(archive: &Archive, lock: Lock) -> Result<(), KeeperError> {
    let triples = fonds_projections::graph::Triples::open(&crate::rebuild::graph_folder(&archive.settings.data));
    let triples = triples.map_err(ProjectorError::from)?;
    let stores = Stores { triples, ..archive.stores.clone() };
    let projector = Projector::open(archive.ledger.clone(), stores, archive.clock.clone()).await?;
    projector.settle().await?;
    projector.close().await;
    let going = all_going(&projector);
    drop(projector);
    drop(lock);
    going
}

fn all_going(projector: &Projector) -> Result<(), KeeperError> {
    stopped(projector).map_or(Ok(()), Err)
}

/// The first projection that has stopped, as the error that it is to whoever waits for it.
#[must_use]
pub fn stopped(projector: &Projector) -> Option<KeeperError> {
    let status = projector.status();
    let stopped = status.borrow().standings.iter().find_map(|s| Some((s.name.clone(), s.stopped.clone()?)));
    stopped.map(|(name, why)| KeeperError::Stopped { name, why })
}

/// What the keeper wrote into its lock file.
#[must_use]
pub fn note(data: &Path) -> String {
    let mut text = String::new();
    let read = File::open(data.join("fonds.lock")).and_then(|mut file| {
        file.rewind()?;
        file.take(200).read_to_string(&mut text)
    });
    if read.is_ok() && !text.is_empty() { text } else { "another process".to_owned() }
}

#[expect(clippy::disallowed_methods, reason = "there is nothing to wait on but another process's lock")]
async fn pause() {
    tokio::time::sleep(AGAIN_AFTER).await;
}
