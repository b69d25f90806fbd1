//! `fonds verify`: proves that nothing was changed, or names what was.

use serde_json::json;

use fonds_projections::files::Totals;
use fonds_projections::{catalog, files};

use super::output::{Done, Output, bar};
use super::with_archive;
use crate::archive::Archive;
use crate::config::Settings;
use crate::ledger::verify;

/// What is verified; without a choice, everything.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Recompute every digest, every stream's chain and the root of the ledger
    #[arg(long)]
    ledger: bool,
    /// Read every stored file again and compare its checksums
    #[arg(long)]
    blobs: bool,
    /// Print the digest of what the archive says now, without who said it when: equal for equal holdings
    #[arg(long)]
    state: bool,
}

/// Verifies.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    let all = !(options.ledger || options.blobs || options.state);
    with_archive(settings, "verify", async |archive| {
        let mut wrong = 0;
        if options.ledger || all {
            wrong += ledger(archive, output).await?;
        }
        if options.blobs || all {
            wrong += blobs(archive, output).await?;
        }
        if options.state || all {
            archive.settle().await?;
            let digest = catalog::state_digest(&archive.stores.pg).await?;
            output.line(format!("state   {digest}"), &json!({ "verified": "state", "digest": digest }));
        }
        let text = if wrong == 0 { "verified".to_owned() } else { format!("{wrong} wrong") };
        output.summary(text, &json!({ "ok": wrong == 0, "wrong": wrong }));
        Ok(if wrong == 0 { Done::Well } else { Done::Badly })
    })
    .await
}

async fn ledger(archive: &Archive, output: &Output) -> anyhow::Result<u64> {
    let bar = bar("verifying the ledger", "events", output);
    let verdict = verify(&archive.stores.pg, |checked, of| {
        bar.set_length(of);
        bar.set_position(checked);
    });
    let verdict = verdict.await?;
    bar.finish_and_clear();
    let (text, wrong) = match &verdict.wrong {
        None => (format!("ledger  {} events, root {}", verdict.checked, verdict.root), 0),
        Some(wrong) => (format!("ledger  event {} is wrong: {}", wrong.seq, wrong.why), 1),
    };
    let first = verdict.wrong.as_ref().map(|wrong| json!({ "seq": wrong.seq, "why": wrong.why }));
    let value = json!({ "verified": "ledger", "events": verdict.checked, "root": verdict.root, "first_wrong": first });
    output.line(text, &value);
    Ok(wrong)
}

async fn blobs(archive: &Archive, output: &Output) -> anyhow::Result<u64> {
    archive.settle().await?;
    let Totals { files: count, bytes } = files::totals(&archive.stores.pg).await?;
    let bar = bar("reading stored files", "files", output);
    bar.set_length(count);
    let (mut after, mut checked, mut wrong) = (None, 0u64, 0u64);
    loop {
        let page = files::page(&archive.stores.pg, after, 500).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.file.file);
        for placed in &page {
            let problem = match archive.storage.digest(&placed.file.path).await {
                Ok((_, sha256, sha512)) if sha256 == placed.file.sha256 && sha512 == placed.file.sha512 => None,
                Ok((_, sha256, _)) => Some(format!("its SHA-256 is {sha256}, deposited was {}", placed.file.sha256)),
                // One file that cannot be read never stops the report on the others.
                Err(error) => Some(format!("{:#}", anyhow::Error::new(error))),
            };
            checked += 1;
            bar.inc(1);
            if let Some(why) = problem {
                wrong += 1;
                let text = format!("blobs   {} of object {}: {why}", placed.file.path, placed.object);
                output.line(
                    text,
                    &json!({ "verified": "blob", "file": placed.file.file, "object": placed.object, "why": why }),
                );
            }
        }
    }
    bar.finish_and_clear();
    let text = format!("blobs   {checked} files, {bytes} bytes, {wrong} wrong");
    output.line(text, &json!({ "verified": "blobs", "files": checked, "bytes": bytes, "wrong": wrong }));
    Ok(wrong)
}
