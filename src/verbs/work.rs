//! `fonds work`: makes what is made of masters, so that nobody waits for a decoder.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::output::{Done, Output, bar};
use super::with_archive;
use crate::archive::Archive;
use crate::config::Settings;
use crate::derivatives::{Made, Waiting};
use crate::server;

/// What is made.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Say how many files are waiting, and make nothing
    #[arg(long)]
    check: bool,
}

/// Makes the tiles of every image that has none yet. A server does that by itself.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    with_archive(settings, "work", async |archive| {
        let stop = CancellationToken::new();
        if options.check {
            let Waiting(files) = archive.worker(stop).waiting().await?;
            output.summary(
                format!("{files} files are waiting to be looked at"),
                &json!({ "ok": true, "waiting": files }),
            );
            return Ok(Done::Well);
        }
        archive.settle().await?;
        let Some(made) = make(archive, output).await? else {
            let text = "another process makes the tiles of this archive";
            output.summary(text, &json!({ "ok": true, "made": 0, "failed": 0 }));
            return Ok(Done::Well);
        };
        let text = format!("tiles of {} images made, {} cannot be shown", made.made, made.failed);
        output.summary(text, &json!({ "ok": made.failed == 0, "made": made.made, "failed": made.failed }));
        Ok(if made.failed == 0 { Done::Well } else { Done::Partly })
    })
    .await
}

/// Makes what is missing, with a bar; what is begun when somebody presses Ctrl-C is begun again next time. `None` where
/// another process is at it.
pub async fn make(archive: &Archive, output: &Output) -> anyhow::Result<Option<Made>> {
    let stop = CancellationToken::new();
    let worker = archive.worker(stop.clone());
    let Some(_alone) = worker.alone()? else { return Ok(None) };
    let Waiting(files) = worker.waiting().await?;
    let bar = bar("making tiles", "files", output);
    bar.set_length(files);
    let interrupt = tokio::spawn(async move {
        server::asked_to_stop().await;
        stop.cancel();
    });
    let done = worker.catch_up(&|made| bar.set_position(made.made + made.failed)).await;
    interrupt.abort();
    bar.finish_and_clear();
    done?;
    Ok(Some(worker.so_far()))
}
