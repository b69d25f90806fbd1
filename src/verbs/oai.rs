//! `fonds oai`: what there is to know of OAI-PMH, ours and others', and what Europeana makes of our records.

mod coverage;
mod selftest;
mod tier;

use fonds_projections::catalog;
use fonds_schemas::{Object, Viewer};

use super::output::{Done, Output};
use crate::archive::Archive;
use crate::config::Settings;

/// Objects that are read at once.
const OBJECTS_A_TIME: u32 = 200;

/// What is done.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Say which properties each metadata format carries, which it loses, and what comes back of each when a record is taken in
    /// again; and how many statements of this archive that are
    Coverage {
        /// Only these formats, by their metadataPrefix [default: all]
        #[arg(value_name = "PREFIX")]
        prefixes: Vec<String>,
    },
    /// Ask a repository whether it keeps the rules of OAI-PMH 2.0, and say so rule by rule
    Selftest {
        /// The base URL of any repository [default: that of the server that these settings are for]
        url: Option<String>,
    },
    /// Say the content and metadata tier that Europeana gives to records, with the reason and the cheapest improvement
    Tier {
        /// These objects, one by one [default: how many public objects have which tiers, and what would help most of them]
        #[arg(value_name = "OBJ")]
        objects: Vec<String>,
    },
}

/// Does it.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    match &options.act {
        Act::Coverage { prefixes } => coverage::run(settings, prefixes, output).await,
        Act::Selftest { url } => selftest::run(&settings, url.as_deref(), output).await,
        Act::Tier { objects } => tier::run(settings, objects, output).await,
    }
}

/// Shows every public object: nothing else is harvested.
async fn every_public(archive: &Archive, mut see: impl FnMut(&Object)) -> anyhow::Result<()> {
    let (pg, now) = (&archive.stores.pg, archive.clock.now());
    let mut after = None;
    loop {
        let objects = catalog::list(pg, &Viewer::Public, now, after, OBJECTS_A_TIME).await?;
        let Some(last) = objects.last() else { return Ok(()) };
        after = Some(last.id);
        objects.iter().for_each(&mut see);
    }
}
