//! `fonds demo`: a small collection that fonds makes itself, taken in through the same ingest as any other, and served.

use super::output::{Done, Output};
use super::serve;
use crate::archive::Archive;
use crate::config::Settings;
use crate::demo;
use crate::ingest::Progress;

/// Fills the data directory with the demo collection where it is not there yet, and serves it.
pub async fn run(settings: Settings, output: &Output) -> anyhow::Result<Done> {
    let progress = if output.is_json() { Progress::silent() } else { Progress::to_stderr() };
    let filled = async |archive: &Archive| {
        demo::fill(archive, &progress).await?;
        Ok(archive.settle().await?)
    };
    Box::pin(serve::serve(settings, output, filled)).await
}
