//! `fonds harvest URL`: takes in the records of another repository by OAI-PMH, and what changed there since.

use super::output::{Done, Output, bar};
use super::{operator, with_archive};
use crate::archive::Archive;
use crate::config::Settings;
use crate::harvest::limits::Manners;
use crate::harvest::{Base, Report, Request, harvest};

/// What the command line says.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The base URL of the repository.
    #[arg(
        value_name = "URL",
        help = "The base URL of the repository, such as https://museum.example.org/oai; a user and a password in it are sent, \
                never shown and never kept"
    )]
    url: String,
    /// The metadata format [default: that of before; at first the richest that is read here and leaves no record out]
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Only this set; it is a harvest of its own
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// Only what changed from that day or second (UTC) on [default: what is not here yet]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only what changed until that day or second (UTC)
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// The crosswalk: the name of a shipped one, or your own TOML file [default: each record's format decides]
    #[arg(long, value_name = "NAME|FILE")]
    map: Option<String>,
    /// Say what would happen and what is wrong, and write nothing
    #[arg(long)]
    check: bool,
    /// What to call the batch
    #[arg(long, value_name = "LABEL")]
    batch: Option<String>,
    /// Whose numbering the identifiers are [default: the base URL]
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// In whose name [default: the operator of the settings]
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
}

/// Harvests what the options say, and returns once it can be found.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    let base = Base::parse(&options.url)?;
    with_archive(settings, "harvest", async |archive| {
        // A dry run registers nobody.
        let agent =
            if options.check { Archive::software() } else { operator(archive, options.agent.as_deref()).await? };
        let request = Request {
            base: base.clone(),
            prefix: options.prefix.clone(),
            set: options.set.clone(),
            from: options.from.clone(),
            until: options.until.clone(),
            map: options.map.clone(),
            namespace: options.namespace.clone(),
            label: options.batch.clone(),
            check: options.check,
            agent,
            manners: Manners::default(),
        };
        let progress = bar("harvesting", "records", output);
        let mut is_begun = false;
        let mut tell = |report: &Report| {
            if !std::mem::replace(&mut is_begun, true) {
                let Report { source, repository, prefix, why, harvest, .. } = report;
                progress.println(format!("{repository} ({source}), format {prefix}: {why}; harvest {harvest}"));
            }
            progress.set_length(report.size.unwrap_or(report.records).max(report.records));
            progress.set_position(report.records);
        };
        let harvested = harvest(archive, &request, &mut tell).await;
        progress.finish_and_clear();
        let report = harvested?;
        if !options.check {
            archive.settle().await?;
        }
        for problem in &report.problems {
            output.line(problem, problem);
        }
        output.summary(report.to_text().trim_end(), &report);
        Ok(match report.exit_code() {
            0 => Done::Well,
            1 => Done::Badly,
            _ => Done::Partly,
        })
    })
    .await
}
