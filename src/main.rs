//! The binary `fonds`: reads the command line and the settings, and hands over to a verb.

use std::process::ExitCode;

use clap::Parser as _;
use fonds::verbs::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    fonds::choose_tls();
    match Cli::try_parse() {
        Ok(cli) => verbs::run(cli).await,
        Err(error) => verbs::misread(&error),
    }
}
