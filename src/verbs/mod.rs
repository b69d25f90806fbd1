//! The verbs of `fonds`: what a person or a script types. One file a verb.

pub mod config;
pub mod demo;
pub mod doctor;
pub mod harvest;
pub mod history;
pub mod ingest;
pub mod oai;
pub mod output;
pub mod rebuild;
pub mod rights;
pub mod search;
pub mod serve;
pub mod show;
pub mod token;
pub mod verify;
pub mod work;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use fonds_schemas::{AgentId, AgentKind, ObjectId};
use tracing_subscriber::EnvFilter;

use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::{self as settings, Flags, LogSettings, Settings};
use output::{Done, Output};

/// An event-sourced archival repository: every ingest, edit and machine suggestion is an immutable event.
#[derive(Debug, Parser)]
#[command(name = "fonds", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

/// Over the options that every verb takes: in its help they come after its own.
const EVERYWHERE: &str = "Options of every verb";

/// What every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every verb")]
pub struct Common {
    /// The data directory [default: ./fonds-data]
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    data: Option<PathBuf>,
    /// The configuration file [default: fonds.toml in the data directory or here, if there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// Print JSON, one object a line, the last one a summary with its counts and seconds
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Say more of what is being done; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = EVERYWHERE)]
    verbose: u8,
    /// Say nothing but errors and the result
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = EVERYWHERE)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve a small collection that fonds makes itself, to look around in
    Demo(serve::Options),
    /// Serve the archive: pages, IIIF, OAI-PMH, SPARQL, the API
    Serve(serve::Options),
    /// Make the tiles of images that have none yet (a server does it by itself)
    Work(work::Options),
    /// Take in a folder of files, a table (CSV, JSON Lines, XLSX), or a table with its files
    Ingest(ingest::Options),
    /// Take in the records of another repository by OAI-PMH, and what changed there since
    Harvest(harvest::Options),
    /// Check that nothing was changed: the ledger, the stored bytes, the state
    Verify(verify::Options),
    /// Fold the projections anew from the ledger, beside the live ones
    Rebuild(rebuild::Options),
    /// Show an object, now or as it stood
    Show(show::Options),
    /// Show what happened to an object, who did it and when
    History(history::Options),
    /// Search the catalogue
    Search(search::Options),
    /// Say what harvesters get, whether a repository keeps the rules, and what Europeana makes of the records
    Oai(oai::Options),
    /// Decide who may see an object
    Rights(rights::Options),
    /// Issue, list and revoke tokens for the API
    Token(token::Options),
    /// Say what fonds finds on this machine and what is missing
    Doctor,
    /// Check or print the settings in force
    Config(config::Options),
}

/// Runs the verb and turns what came of it into an exit code: 0 ok, 1 failed, 2 partly.
pub async fn run(cli: Cli) -> ExitCode {
    let output = Output::new(cli.common.json);
    // Boxed: a verb's settings and what it waits for would lie on the stack of the main thread.
    match Box::pin(dispatch(cli, &output)).await {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::Partly) => ExitCode::from(2),
        Ok(Done::Badly) => ExitCode::FAILURE,
        Err(error) => {
            output.failed(&error);
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with a command line, or helps. Exits with 1 where clap would with 2: that means "partly" here.
#[must_use]
pub fn misread(error: &clap::Error) -> ExitCode {
    // Where nobody reads what it says, the exit code still says it.
    error.print().ok();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let said = error.to_string();
        let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Output::new(true).end(&serde_json::json!({ "ok": false, "error": said }));
    }
    ExitCode::FAILURE
}

async fn dispatch(cli: Cli, output: &Output) -> anyhow::Result<Done> {
    let Cli { common, verb } = cli;
    let serving = matches!(verb, Verb::Demo(_) | Verb::Serve(_));
    let mut flags = Flags { data: common.data.clone(), ..Flags::default() };
    if let Verb::Demo(options) | Verb::Serve(options) = &verb {
        options.apply(&mut flags);
    }
    let settings = settings::read(common.config.as_deref(), &flags)?;
    start_log(&common, &settings.log, serving)?;
    match verb {
        Verb::Demo(_) => Box::pin(demo::run(settings, output)).await,
        Verb::Serve(_) => Box::pin(serve::run(settings, output)).await,
        Verb::Work(options) => work::run(settings, &options, output).await,
        Verb::Ingest(options) => ingest::run(settings, &options, output).await,
        Verb::Harvest(options) => harvest::run(settings, &options, output).await,
        Verb::Verify(options) => verify::run(settings, &options, output).await,
        Verb::Rebuild(options) => rebuild::run(settings, &options, output).await,
        Verb::Show(options) => show::run(settings, &options, output).await,
        Verb::History(options) => history::run(settings, &options, output).await,
        Verb::Search(options) => search::run(settings, &options, output).await,
        Verb::Oai(options) => oai::run(settings, &options, output).await,
        Verb::Rights(options) => rights::run(settings, &options, output).await,
        Verb::Token(options) => token::run(settings, &options, output).await,
        Verb::Doctor => doctor::run(&settings, output).await,
        Verb::Config(options) => config::run(&settings, &options, output),
    }
}

/// Logs go to standard error. A verb that does its work and ends keeps quiet unless something is wrong.
fn start_log(common: &Common, log: &LogSettings, serving: bool) -> anyhow::Result<()> {
    let filter = match (common.quiet, common.verbose) {
        (true, _) => "error".to_owned(),
        (false, 0) if serving => log.filter.clone(),
        // That a statement took a second is for whoever runs a server, not for whoever typed a verb.
        (false, 0) => "warn,sqlx=error".to_owned(),
        (false, 1) => "info,fonds=debug".to_owned(),
        (false, _) => "debug".to_owned(),
    };
    let filter = EnvFilter::try_new(filter)?;
    // Colours are for terminals: in a file or a journal they are noise.
    let colours = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    let started = if log.json { subscriber.json().try_init() } else { subscriber.with_target(false).try_init() };
    started.map_err(|error| anyhow::anyhow!("could not start the log: {error}"))
}

/// Opens the archive for a verb, lets it work, and closes it whatever came of it.
async fn with_archive<T>(
    settings: Settings,
    doing: &str,
    work: impl AsyncFnOnce(&Archive) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let archive = Archive::open(settings, Clock::System, doing).await?;
    // Boxed: a verb may need much, and waits here for all of it.
    let result = Box::pin(work(&archive)).await;
    archive.close().await?;
    result
}

/// The person in whose name a verb acts.
async fn operator(archive: &Archive, named: Option<&str>) -> anyhow::Result<AgentId> {
    let name = named.unwrap_or(&archive.settings.archive.operator);
    Ok(archive.register_agent(AgentKind::Person, name, None).await?)
}

/// Reads an object's id as a person types it: the id, or an address that ends in it.
fn object_id(text: &str) -> anyhow::Result<ObjectId> {
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or(text);
    ObjectId::parse(last).map_err(|error| anyhow::anyhow!("{text:?} is not the id of an object: {error}"))
}

/// What `--listen` takes.
type Listen = SocketAddr;
