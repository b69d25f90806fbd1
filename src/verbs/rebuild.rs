//! `fonds rebuild`: folds the projections anew beside the live ones, and compares or replaces them.

use serde_json::json;

use super::output::{Done, Output, bar};
use super::with_archive;
use crate::archive::Archive;
use crate::config::Settings;
use crate::control;
use crate::keeper::Keeper;
use crate::rebuild::Rebuilt;

/// What is rebuilt.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Which projections; they are folded from one reading of the ledger, so all of them
    #[arg(default_value = "all", value_parser = ["all"])]
    which: String,
    /// Compare with the live ones and throw the new ones away
    #[arg(long)]
    check: bool,
}

/// Rebuilds, in this process or by asking the one that keeps the data directory.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    with_archive(settings, "rebuild", async |archive| {
        let found = rebuild(archive, options.check, output).await?;
        let mut differ = 0;
        let mut events = 0;
        for rebuilt in &found {
            let verdict = match &rebuilt.digests {
                None => "folded anew".to_owned(),
                Some(digests) if digests.are_equal() => format!("equal    {}", digests.rebuilt),
                Some(digests) => format!("DIFFERS  {}, live {}", digests.rebuilt, digests.live),
            };
            differ += u64::from(rebuilt.digests.as_ref().is_some_and(|digests| !digests.are_equal()));
            events = rebuilt.events;
            output.line(format!("{:<11} {verdict}", rebuilt.name), rebuilt);
        }
        let rate = (f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / output.seconds()).round();
        let what = if options.check { "compared" } else { "replaced" };
        let text = format!("{events} events folded anew and {what} in {} s, {rate} a second", output.seconds());
        output.summary(
            text,
            &json!({ "ok": differ == 0, "events": events, "differ": differ, "events_per_second": rate }),
        );
        Ok(if differ == 0 { Done::Well } else { Done::Badly })
    })
    .await
}

async fn rebuild(archive: &Archive, check: bool, output: &Output) -> anyhow::Result<Vec<Rebuilt>> {
    if let Keeper::Keeping { rebuild, .. } = &archive.keeper {
        let bar = bar("folding", "events", output);
        let found = rebuild.run(check, |folded, of| {
            bar.set_length(of);
            bar.set_position(folded);
        });
        let found = found.await?;
        bar.finish_and_clear();
        return Ok(found);
    }
    output.say("asking the server that keeps this data directory to rebuild");
    let found = control::ask_to_rebuild(&archive.settings.data, check).await?;
    found.ok_or_else(|| anyhow::anyhow!("the process that keeps the data directory went away; try again"))
}
