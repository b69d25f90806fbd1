//! `fonds ingest PATH`: takes in a table, a folder of files, or both.

use std::path::PathBuf;

use fonds_schemas::AgentId;

use crate::archive::Archive;
use crate::ingest::{Progress, Report, Request, ingest};

/// What the command line says.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// A table (CSV, JSON, XLSX; gzip too), a folder with a table and files, or a folder of files.
    pub path: PathBuf,
    /// The mapping profile: the name of a shipped one, or a TOML file. Without it the columns decide.
    #[arg(long, value_name = "NAME|FILE")]
    pub map: Option<String>,
    /// Say what would happen and what is wrong, and write nothing.
    #[arg(long)]
    pub check: bool,
    /// What to call the batch.
    #[arg(long, value_name = "LABEL")]
    pub batch: Option<String>,
    /// Whose numbering the identifiers are, in place of what the profile says.
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// One JSON object a problem, and a summary object at the end.
    #[arg(long)]
    pub json: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The report; [`Report::exit_code`] is that of the verb.
    pub report: Report,
}

impl Outcome {
    /// What goes to standard output.
    pub fn render(&self, options: &Options) -> anyhow::Result<String> {
        Ok(if options.json { self.report.to_json_lines()? } else { self.report.to_text() })
    }
}

/// Takes in what the options say, in the name of `agent`.
pub async fn run(archive: &Archive, agent: AgentId, options: &Options) -> anyhow::Result<Outcome> {
    let request = Request {
        path: options.path.clone(),
        map: options.map.clone(),
        namespace: options.namespace.clone(),
        label: options.batch.clone(),
        check: options.check,
        agent,
    };
    let progress = if options.json { Progress::silent() } else { Progress::to_stderr() };
    let report = ingest(archive, &request, &progress).await?;
    // Everything is durable here. Whoever calls waits for the projections, so that it is findable too, and then
    // prints what `render` gives.
    Ok(Outcome { report })
}
