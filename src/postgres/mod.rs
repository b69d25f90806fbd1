//! PostgreSQL: a private one under the data directory, or the user's own.
//!
//! The private one listens on a unix socket only, in a folder that nobody else may enter, and never runs as root. It
//! outlives the process that started it when that is killed; the next one joins it. Nothing here knows a table: the
//! schema, and the checks of what is in it, belong to the ledger and the projections.

mod account;
pub mod binaries;
mod cluster;
mod error;
mod locks;
mod log;
mod pid_file;
pub mod places;
mod prepare;
mod reachable;
mod socket;
mod starting;
mod supervise;

use sqlx::postgres::PgConnectOptions;
use std::path::Path;

pub use error::PostgresError;
pub use prepare::MissingExtension;

use crate::config::Settings;
use cluster::Cluster;
use locks::{StartLock, UsersLock};
use supervise::Supervisor;

/// The oldest major version whose SQL fonds speaks.
pub const OLDEST_MAJOR: u32 = 15;

/// A PostgreSQL that answers.
pub struct Database {
    /// How to connect as the owner of the schema: migrations only.
    pub owner: PgConnectOptions,
    /// How to connect to serve: a plain role, which cannot change `event`. The same as `owner` for the user's own server.
    pub serving: PgConnectOptions,
    /// The extensions that fonds would use and that are not there, each with the reason. Without `vector` there is no
    /// search by similarity.
    pub missing: Vec<MissingExtension>,
    private: Option<Private>,
}

/// What this process holds of the private server.
struct Private {
    cluster: Cluster,
    users: UsersLock,
    supervisor: Supervisor,
}

impl Database {
    /// Connects to the user's own server if one is set, else starts the private one or joins the one that runs.
    pub async fn open(settings: &Settings) -> Result<Self, PostgresError> {
        match &settings.database.url {
            Some(url) => {
                let options = prepare::parse(url)?;
                let missing = prepare::own_server(&options).await?;
                Ok(Self { owner: options.clone(), serving: options, missing, private: None })
            }
            None => Self::open_private(settings).await,
        }
    }

    async fn open_private(settings: &Settings) -> Result<Self, PostgresError> {
        let cluster = Cluster::at(settings)?;
        // Before looking whether it runs: whoever is stopping it holds this lock, and is waited for.
        let users = UsersLock::share(&cluster).await?;
        let starting = StartLock::take(&cluster).await?;
        let server = cluster.run().await?;
        let missing = prepare::private_server(&server).await?;
        drop(starting);
        let (owner, serving) = (server.connect_as(prepare::OWNER), server.connect_as(prepare::SERVING));
        let supervisor = Supervisor::of(cluster.clone());
        Ok(Self { owner, serving, missing, private: Some(Private { cluster, users, supervisor }) })
    }

    /// Stops the private server, unless another process uses it. Does nothing for the user's own.
    pub async fn close(self) -> Result<(), PostgresError> {
        let Some(Private { cluster, users, supervisor }) = self.private else { return Ok(()) };
        supervisor.dismiss().await;
        let Some(_alone) = users.last(&cluster)? else {
            tracing::debug!("another process uses the private PostgreSQL: it goes on");
            return Ok(());
        };
        // The lock is held until it has stopped: whoever comes now waits, and then starts it anew.
        cluster.stop().await
    }
}

/// The process id of the private server of that data directory, if it runs.
#[must_use]
pub fn running(data: &Path) -> Option<u32> {
    pid_file::PidFile::read(&data.join(cluster::FOLDER).join(cluster::DATA))
        .filter(pid_file::PidFile::lives)
        .map(|file| file.pid)
}
