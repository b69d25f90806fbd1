//! Starts the private server again when it dies while it is used. Connections that broke are the pools' to replace.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::cluster::Cluster;
use super::error::PostgresError;
use super::locks::{StartLock, pause};

/// How often the server is looked at. Looking reads one small file.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How long a start that failed is left alone: its reason, such as a full disk, does not pass at once.
const REST: Duration = Duration::from_secs(5);

/// Watches over the server as long as this process uses it.
pub struct Supervisor(JoinHandle<()>);

impl Supervisor {
    /// Begins to watch.
    pub fn of(cluster: Cluster) -> Self {
        Self(tokio::spawn(watch(cluster)))
    }

    /// Ends the watch; returns when nothing is being started any more.
    pub async fn dismiss(mut self) {
        self.0.abort();
        // Cancelled, which is what was asked for.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn watch(cluster: Cluster) {
    loop {
        pause(LOOK_AGAIN).await;
        if cluster.running().is_some() {
            continue;
        }
        tracing::warn!(data = %cluster.data.display(), "the private PostgreSQL is gone: starting it again");
        if let Err(error) = restart(&cluster).await {
            tracing::error!(error = &error as &dyn std::error::Error, "could not start the private PostgreSQL again");
            pause(REST).await;
        }
    }
}

async fn restart(cluster: &Cluster) -> Result<(), PostgresError> {
    let _starting = StartLock::take(cluster).await?;
    cluster.run().await.map(drop)
}
