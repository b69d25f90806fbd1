//! `fonds ingest PATH`: takes in a table, a folder of files, both, records in XML, `BagIt` bags, or a zip of one of them.

use std::path::PathBuf;

use super::output::{Done, Output};
use super::{operator, with_archive, work};
use crate::archive::Archive;
use crate::config::Settings;
use crate::ingest::{Progress, Request, ingest};

/// What the command line says.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// A table (CSV, JSON, XLSX; gzip too), a folder with a table and files, a folder of files, or records in XML (EDM,
    /// LIDO, MODS, MARCXML, Dublin Core, EAD, METS, also in answers of OAI-PMH) as a file or a folder of nothing else; a
    /// bag (RFC 8493) or a folder of bags; a .zip of a folder. ALTO and PAGE XML beside images are their text
    path: PathBuf,
    /// The mapping profile or crosswalk: the name of a shipped one, or your own TOML file; `folder` keeps XML as files
    /// [default: the columns or the first record decide]
    #[arg(long, value_name = "NAME|FILE")]
    map: Option<String>,
    /// Say what would happen and what is wrong, and write nothing
    #[arg(long)]
    check: bool,
    /// Leave the tiles of images to a server or to `fonds work`
    #[arg(long)]
    no_tiles: bool,
    /// What to call the batch
    #[arg(long, value_name = "LABEL")]
    batch: Option<String>,
    /// Whose numbering the identifiers are, in place of what the profile or the records say
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// In whose name [default: the operator of the settings]
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
}

/// Takes in what the options say, and returns once it can be found.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    with_archive(settings, "ingest", async |archive| {
        // A dry run registers nobody.
        let agent =
            if options.check { Archive::software() } else { operator(archive, options.agent.as_deref()).await? };
        let request = Request {
            path: options.path.clone(),
            map: options.map.clone(),
            namespace: options.namespace.clone(),
            label: options.batch.clone(),
            check: options.check,
            agent,
        };
        let progress = if output.is_json() { Progress::silent() } else { Progress::to_stderr() };
        let mut report = ingest(archive, &request, &progress).await?;
        if !options.check {
            archive.settle().await?;
        }
        // A server that keeps the directory makes them beside this.
        if !options.check && !options.no_tiles && archive.keeper.projector().is_some() {
            report.tiles = work::make(archive, output).await?;
        }
        report.seconds = output.seconds();
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
