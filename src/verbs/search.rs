//! `fonds search`: the catalogue from the command line. It sees what the operator sees: everything.

use fonds_projections::search::{self, Query};
use fonds_schemas::{Scope, Viewer};
use serde_json::json;

use super::output::{Done, Output};
use super::show::printable;
use super::with_archive;
use crate::archive::Archive;
use crate::config::Settings;

/// What is asked.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Words; without any, everything
    words: Vec<String>,
    /// Narrow by a facet, such as creator="Robert Blake"; several values of one facet are alternatives
    #[arg(long, value_name = "FACET=VALUE", value_parser = facet)]
    facet: Vec<(String, String)>,
    /// Hits to show, 1 to 100
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// Only what the public sees
    #[arg(long)]
    public: bool,
}

fn facet(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    parts.ok_or_else(|| "a facet reads NAME=VALUE".to_owned())
}

/// Searches.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    with_archive(settings, "search", async |archive| {
        archive.settle().await?;
        let everything = Viewer::Agent { agent: Archive::software(), scope: Scope::Read };
        let viewer = if options.public { Viewer::Public } else { everything };
        let query = Query {
            words: options.words.join(" "),
            facets: options.facet.clone(),
            limit: options.limit,
            ..Query::default()
        };
        let found = search::search(&archive.stores.pg, &viewer, archive.clock.now(), &query).await?;
        for hit in &found.hits {
            output.line(format!("{}  {}", hit.object.id, printable(&hit.object.title())), &hit.object);
        }
        let text = format!("{} found, {} shown", found.total, found.hits.len());
        output.summary(text, &json!({ "ok": true, "total": found.total, "shown": found.hits.len() }));
        Ok(Done::Well)
    })
    .await
}
