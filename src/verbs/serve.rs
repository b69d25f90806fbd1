//! `fonds serve`: serves the archive until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Listen;
use super::output::{Done, Output};
use crate::archive::{App, Archive};
use crate::clock::Clock;
use crate::config::{Flags, Settings};
use crate::{health, keeper, server};

/// How long closed connections may take to let go of the archive.
const LETTING_GO: Duration = Duration::from_secs(2);
/// How long to wait before looking whether they have.
const AGAIN_AFTER: Duration = Duration::from_millis(5);

/// What `serve` and `demo` take.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<Listen>,
    /// The address that the world knows.
    #[arg(
        long,
        value_name = "URL",
        help = "The address that the world knows, such as https://archive.example.org [default: the one listened on]"
    )]
    public_url: Option<String>,
}

impl Options {
    /// Puts the flags over the settings.
    pub fn apply(&self, flags: &mut Flags) {
        flags.listen = self.listen;
        flags.public_url.clone_from(&self.public_url);
    }
}

/// Serves the archive.
pub async fn run(settings: Settings, output: &Output) -> anyhow::Result<Done> {
    Box::pin(serve(settings, output, async |_| Ok(()))).await
}

/// Opens the archive, lets `first` work on it, and serves.
pub async fn serve(
    mut settings: Settings,
    output: &Output,
    first: impl AsyncFnOnce(&Archive) -> anyhow::Result<()>,
) -> anyhow::Result<Done> {
    health::install_metrics();
    let listener = server::listen(settings.listen).await?;
    // Port 0 asks the system for a free one, and the public address must name the one that it gave.
    settings.listen = listener.local_addr()?;
    let data = settings.data.clone();
    let archive = Archive::open(settings, Clock::System, "serve").await?;
    if let Err(error) = ready(&archive, &data, first).await {
        archive.close().await?;
        return Err(error);
    }
    tell(&archive, output);
    let stop = CancellationToken::new();
    let tiles = archive.keeper.projector().map(|projector| {
        let (worker, moved) = (archive.worker(stop.clone()), projector.status());
        tokio::spawn(async move { worker.keep(moved).await })
    });
    let app: App = Arc::new(archive);
    server::serve(listener, Arc::clone(&app), server::asked_to_stop()).await?;
    stop.cancel();
    if let Some(tiles) = tiles {
        tiles.await?;
    }
    if let Some(archive) = alone(app).await {
        archive.close().await?;
    } else {
        // A client that never went away holds on to it. The system lets go of everything when the process ends.
        tracing::warn!("a connection is still open; PostgreSQL is left to the next start");
    }
    output.summary("stopped", &json!({ "ok": true }));
    Ok(Done::Well)
}

/// The archive, once every connection has let go of it: one that was closed does so a moment after its last answer.
#[expect(clippy::disallowed_methods, reason = "there is nothing to wait on: connections drop what they share unseen")]
async fn alone(mut app: App) -> Option<Archive> {
    let until = Instant::now() + LETTING_GO;
    loop {
        match Arc::try_unwrap(app) {
            Ok(archive) => return Some(archive),
            Err(_) if Instant::now() >= until => return None,
            Err(shared) => app = shared,
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

async fn ready(
    archive: &Archive,
    data: &Path,
    first: impl AsyncFnOnce(&Archive) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if archive.keeper.projector().is_none() {
        let data = data.display();
        anyhow::bail!(
            "the data directory {data} is in use by {}; one server keeps one directory",
            keeper::note(&archive.settings.data)
        );
    }
    first(archive).await
}

fn tell(archive: &Archive, output: &Output) {
    let public = archive.stores.addresses.base();
    let listen: SocketAddr = archive.settings.listen;
    let reach = if listen.ip().is_loopback() { "this machine only" } else { "everybody who reaches this machine" };
    let addresses = [
        ("Catalogue", format!("{public}/")),
        ("OAI-PMH", format!("{public}/oai?verb=Identify")),
        ("IIIF", archive.stores.addresses.discovery()),
        ("SPARQL", format!("{public}/sparql")),
        ("API", format!("{public}/api/v1/openapi.json")),
        ("Health", format!("{public}/readyz")),
    ];
    let list: Vec<String> = addresses.iter().map(|(what, address)| format!("  {what:<10} {address}")).collect();
    let text =
        format!("fonds serves {} on {listen}, for {reach}:\n{}", archive.settings.data.display(), list.join("\n"));
    output.line(text, &json!({ "listen": listen, "public_url": public, "data": archive.settings.data }));
    output.say("Ctrl-C stops it.");
}
