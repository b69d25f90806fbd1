//! Rebuild: folds every projection anew beside the live ones, compares, and puts the new ones in their place.
//!
//! Readers are served all the while. Only for the last few events and the comparison do the live projections stand
//! still, so that both stand at the same place.

use std::path::{Path, PathBuf};

use fonds_projections::graph::Triples;
use fonds_projections::{ALL, ProjectionError, Stores, position};
use fonds_schemas::Sha256;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tracing::info;

use crate::archive::{LIVE, pool};
use crate::config::Settings;
use crate::ledger::LedgerError;
use crate::projector::{Projector, ProjectorError};

/// The schema that a rebuild folds into.
const SHADOW: &str = "shadow";
/// The schema of what answered until now, for as long as it takes to drop it.
const REPLACED: &str = "replaced";
/// The file that names the folder of the triples.
const GRAPH_POINTER: &str = "graph.current";
/// The two folders that take turns.
const GRAPH_FOLDERS: [&str; 2] = ["graph", "graph-b"];

/// The file that names the settings which went into the rows.
const FOLDED_FOR: &str = "folded-for";

/// The public address. Where the settings do not name one, it is the one that `serve` listens on; other verbs keep to
/// the one that was served last, so that they do not fold the archive for an address that nobody serves.
#[must_use]
pub fn public_url(settings: &Settings, doing: &str) -> String {
    let served = || std::fs::read_to_string(settings.data.join(FOLDED_FOR)).ok()?.lines().next().map(ToOwned::to_owned);
    match &settings.public_url {
        None if doing != "serve" => served().unwrap_or_else(|| settings.public_url()),
        Some(_) | None => settings.public_url(),
    }
}

/// Whether there is an archive in the data directory that was folded at least once.
#[must_use]
pub fn was_folded(data: &Path) -> bool {
    data.join(FOLDED_FOR).is_file()
}

/// What a rebuild found of one projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Which.
    pub name: String,
    /// How many events were folded.
    pub events: u64,
    /// The digests of the content, where they were compared.
    #[serde(flatten)]
    pub digests: Option<Digests>,
}

/// The content of a projection as it answers and as it was folded anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// The digest of what answers.
    pub live: Sha256,
    /// The digest of what was folded anew.
    pub rebuilt: Sha256,
}

impl Digests {
    /// Whether both are the same content.
    #[must_use]
    pub fn are_equal(&self) -> bool {
        self.live == self.rebuilt
    }
}

/// Why a rebuild failed. What answered until now goes on answering.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The database refused.
    #[error("could not make or swap the schemas of a rebuild")]
    Database(#[from] sqlx::Error),
    /// The fold failed.
    #[error("could not fold the ledger anew")]
    Projector(#[from] ProjectorError),
    /// A projection failed.
    #[error("could not finish a projection")]
    Projection(#[from] ProjectionError),
    /// The ledger cannot be read.
    #[error("could not read the ledger")]
    Ledger(#[from] LedgerError),
    /// A folder cannot be removed or the pointer not be written.
    #[error("could not change {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A projection stopped while it was folded anew.
    #[error("projection {name} stopped at event {applied}: {why}")]
    Stopped {
        /// Which.
        name: String,
        /// Where.
        applied: u64,
        /// Why.
        why: String,
    },
}

/// What can fold anew: the live projector, and where a shadow goes.
#[derive(Clone)]
pub struct Rebuild {
    /// The live projector.
    pub projector: Projector,
    /// How to connect.
    pub serving: PgConnectOptions,
    /// The data directory.
    pub data: PathBuf,
}

/// The folder of the triples that answer now.
#[must_use]
pub fn graph_folder(data: &Path) -> PathBuf {
    let named = std::fs::read_to_string(data.join(GRAPH_POINTER)).unwrap_or_default();
    let known = GRAPH_FOLDERS.iter().find(|folder| **folder == named.trim());
    data.join(known.unwrap_or(&GRAPH_FOLDERS[0]))
}

impl Rebuild {
    /// Folds everything anew. With `check` the new one is compared and thrown away, otherwise it takes the place of
    /// the old one, unseen. `progress` is told how many events are folded, and of how many.
    pub async fn run(&self, check: bool, progress: impl Fn(u64, u64)) -> Result<Vec<Rebuilt>, RebuildError> {
        let (shadow, folder) = self.shadow().await?;
        let projector = self.projector.shadow(shadow.clone()).await?;
        // Autovacuum would read tables that only grow again and again.
        alter_tables(&shadow.pg, "set (autovacuum_enabled = off, toast.autovacuum_enabled = off)").await?;
        let size = self.projector.ledger().head().await?.size;
        tokio::try_join!(fold(&projector, size, &progress), index(&projector, size))?;
        let (still, events) = self.projector.hold().await?;
        fold(&projector, events, &progress).await?;
        if check {
            let rebuilt = compare(self.projector.stores(), &shadow, events).await?;
            drop(still);
            self.throw_away(shadow, &folder).await?;
            return Ok(rebuilt);
        }
        projector.close().await;
        alter_tables(&shadow.pg, "reset (autovacuum_enabled, toast.autovacuum_enabled)").await?;
        self.swap(shadow, &folder).await?;
        drop(still);
        self.projector.resume().await?;
        let names = ALL.iter().map(|projection| projection.name().to_owned());
        Ok(names.map(|name| Rebuilt { name, events, digests: None }).collect())
    }

    /// Folds anew what would be folded otherwise now: where a projection's code version has moved on, or where the
    /// settings that go into rows have changed. Datestamps stay: they are events.
    pub async fn outdated(&self) -> Result<(), RebuildError> {
        let live = self.projector.stores();
        let path = self.data.join(FOLDED_FOR);
        let publishing = serde_json::to_string(&live.publishing).unwrap_or_default();
        let formats = live.formats.iter().map(|format| format.prefix()).collect::<Vec<_>>().join(" ");
        let now = format!("{}\n{}\n{publishing}\n{formats}\n", live.addresses.base(), live.language);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let mut outdated = !before.is_empty() && before != now;
        if outdated {
            info!("settings that go into stored rows have changed: the projections are folded anew");
        }
        for projection in ALL {
            let folded = position::code_version(&live.pg, projection.name()).await?;
            if folded.is_some_and(|version| version != projection.code_version()) {
                info!("projection {} is folded anew: this release folds it otherwise", projection.name());
                outdated = true;
            }
        }
        if outdated {
            self.run(false, |_, _| {}).await?;
        }
        self.tidy().await?;
        if before != now {
            std::fs::write(&path, now).map_err(|source| RebuildError::Folder { path, source })?;
        }
        Ok(())
    }

    async fn shadow(&self) -> Result<(Stores, PathBuf), RebuildError> {
        let live = self.projector.stores();
        self.tidy().await?;
        let pg = pool(&self.serving, SHADOW).await?;
        let used = graph_folder(&self.data);
        let free = GRAPH_FOLDERS.iter().map(|folder| self.data.join(folder)).find(|folder| *folder != used);
        let folder = free.unwrap_or_else(|| self.data.join(GRAPH_FOLDERS[1]));
        remove(&folder)?;
        let triples = Triples::open(&folder)?;
        Ok((Stores { pg, triples, ..live.clone() }, folder))
    }

    /// Drops what rebuilds have left that were killed.
    async fn tidy(&self) -> Result<(), RebuildError> {
        for schema in [SHADOW, REPLACED] {
            drop_schema(&self.projector.stores().pg, schema).await?;
        }
        Ok(())
    }

    async fn throw_away(&self, shadow: Stores, folder: &Path) -> Result<(), RebuildError> {
        shadow.pg.close().await;
        drop_schema(&self.projector.stores().pg, SHADOW).await?;
        drop(shadow);
        remove(folder)
    }

    /// Puts the new tables and triples in the place of the old ones.
    async fn swap(&self, shadow: Stores, folder: &Path) -> Result<(), RebuildError> {
        shadow.pg.close().await;
        let live = self.projector.stores();
        let mut tx = live.pg.begin().await?;
        for sql in
            [format!("alter schema {LIVE} rename to {REPLACED}"), format!("alter schema {SHADOW} rename to {LIVE}")]
        {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        let old = graph_folder(&self.data);
        let pointer = self.data.join(GRAPH_POINTER);
        let name = folder.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
        // Written before the tables change: a crash in between leaves new triples beside old tables, and both are
        // folded on from where each stands.
        std::fs::write(&pointer, name).map_err(|source| RebuildError::Folder { path: pointer, source })?;
        tx.commit().await?;
        live.triples.replace_by(&shadow.triples);
        drop(shadow);
        drop_schema(&live.pg, REPLACED).await?;
        remove(&old)
    }
}

async fn fold(projector: &Projector, size: u64, progress: &impl Fn(u64, u64)) -> Result<(), RebuildError> {
    let mut status = projector.status();
    let folding = projector.catch_up(size);
    tokio::pin!(folding);
    loop {
        tokio::select! {
            done = &mut folding => {
                done?;
                break;
            }
            changed = status.changed() => {
                if changed.is_ok() {
                    progress(status.borrow_and_update().folded().unwrap_or(size), size);
                }
            }
        }
    }
    progress(projector.status().borrow().lowest().unwrap_or(size), size);
    let stopped = projector.status().borrow().standings.iter().find(|standing| standing.stopped.is_some()).cloned();
    match stopped {
        Some(standing) => Err(RebuildError::Stopped {
            name: standing.name,
            applied: standing.applied,
            why: standing.stopped.unwrap_or_default(),
        }),
        None => Ok(()),
    }
}

/// Makes the indexes of each projection as soon as it has applied `size` events, beside those that have not.
async fn index(projector: &Projector, size: u64) -> Result<(), RebuildError> {
    let indexed = ALL.iter().enumerate().map(|(place, projection)| async move {
        let mut status = projector.status();
        // Where this never comes to pass, the fold says why.
        drop(status.wait_for(|status| status.standings[place].applied >= size).await);
        projection.index(projector.stores()).await
    });
    Ok(try_join_all(indexed).await.map(drop)?)
}

async fn compare(live: &Stores, shadow: &Stores, events: u64) -> Result<Vec<Rebuilt>, RebuildError> {
    let mut found = Vec::new();
    for projection in ALL {
        let (live, rebuilt) = tokio::try_join!(projection.digest(live), projection.digest(shadow))?;
        found.push(Rebuilt { name: projection.name().to_owned(), events, digests: Some(Digests { live, rebuilt }) });
    }
    Ok(found)
}

async fn drop_schema(pg: &PgPool, schema: &str) -> Result<(), sqlx::Error> {
    sqlx::query(sqlx::AssertSqlSafe(format!("drop schema if exists {schema} cascade"))).execute(pg).await.map(drop)
}

/// Alters every table of the schema that the pool's connections use.
async fn alter_tables(pg: &PgPool, how: &str) -> Result<(), sqlx::Error> {
    // A table that is only others together has no storage of its own.
    let tables =
        "select relname::text from pg_class where relnamespace = current_schema::regnamespace and relkind = 'r'";
    for table in sqlx::query_scalar::<_, String>(tables).fetch_all(pg).await? {
        sqlx::query(sqlx::AssertSqlSafe(format!("alter table \"{table}\" {how}"))).execute(pg).await?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), RebuildError> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(RebuildError::Folder { path: folder.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
