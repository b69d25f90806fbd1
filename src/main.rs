//! The binary `fonds`: reads the command line and the settings, and hands over to a verb.

use std::process::ExitCode;

use clap::Parser as _;
use fonds::verbs::{self, Cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // The one TLS provider of this process; without it a client for S3 would panic when it is made.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider is installed already");
    }
    match Cli::try_parse() {
        Ok(cli) => verbs::run(cli).await,
        Err(error) => verbs::misread(&error),
    }
}
