//! `fonds demo`: a small collection that fonds makes itself, taken in through the same ingest as any other, and served.

use super::output::{Done, Output};
use super::serve;
use crate::config::Settings;
use crate::demo;

/// Fills the data directory with the demo collection where it is not there yet, and serves it.
pub async fn run(settings: Settings, output: &Output) -> anyhow::Result<Done> {
    serve::serve(settings, output, async |archive| {
        demo::fill(archive).await?;
        Ok(archive.settle().await?)
    })
    .await
}
