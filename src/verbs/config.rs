//! `fonds config`: the settings in force. Secrets do not print.

use super::output::{Done, Output};
use crate::config::Settings;

/// What is done.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// check: read them and say that they are well; print: show every one that is in force
    #[arg(value_parser = ["check", "print"])]
    act: String,
}

/// Checks (reading them has done so) or prints.
pub fn run(settings: &Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    if options.act == "check" {
        output.summary("the settings are well", &serde_json::json!({ "ok": true }));
        return Ok(Done::Well);
    }
    let shown = settings.without_secrets();
    output.line(toml::to_string_pretty(&shown)?.trim_end(), &shown);
    output.end(&serde_json::json!({ "ok": true }));
    Ok(Done::Well)
}
