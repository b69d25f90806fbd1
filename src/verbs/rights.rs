//! `fonds rights`: decides who may see an object.

use clap::Subcommand;
use fonds_schemas::event::{BatchCounts, BatchKind};
use fonds_schemas::{Access, Object, Timestamp};
use serde_json::json;

use super::output::{Done, Output};
use super::{object_id, operator, with_archive};
use crate::archive::Archive;
use crate::commands::{Acting, decide};
use crate::config::Settings;

/// What is decided.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    act: Act,
    /// In whose name [default: the operator of the settings]
    #[arg(long, global = true, value_name = "NAME")]
    agent: Option<String>,
    /// Say what would happen, and do nothing
    #[arg(long, global = true)]
    check: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Make it public, restricted, or embargoed until a moment
    Set {
        /// The object
        #[arg(value_name = "OBJ")]
        object: String,
        /// public, restricted, or embargoed:2030-01-01T00:00:00Z
        #[arg(value_parser = access)]
        access: Access,
        /// Why: it becomes part of the record
        #[arg(long)]
        reason: String,
    },
    /// Take it back: whoever knew it learns that it is gone, and nothing else
    Withdraw {
        /// The object
        #[arg(value_name = "OBJ")]
        object: String,
        /// Why: it becomes part of the record
        #[arg(long)]
        reason: String,
    },
}

fn access(text: &str) -> Result<Access, String> {
    match text.split_once(':') {
        None if text == "public" => Ok(Access::Public),
        None if text == "restricted" => Ok(Access::Restricted),
        Some(("embargoed", until)) => {
            let until = Timestamp::parse(until).map_err(|error| error.to_string())?;
            Ok(Access::Embargoed { until })
        }
        None | Some(_) => Err("public, restricted, or embargoed:2030-01-01T00:00:00Z".to_owned()),
    }
}

/// Decides.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    let (object, access, reason) = match &options.act {
        Act::Set { object, access, reason } => (object, *access, reason),
        Act::Withdraw { object, reason } => (object, Access::Withdrawn, reason),
    };
    let id = object_id(object)?;
    with_archive(settings, "rights", async |archive| {
        let now = archive.object_now(id).await?;
        decide::set_access(&now, access, reason.clone())?;
        if !options.check {
            set(archive, &now, access, reason, options.agent.as_deref()).await?;
            archive.settle().await?;
        }
        let does = if options.check { "would become" } else { "is now" };
        let text = format!("{id} was {} and {does} {}", now.standing.access.as_str(), access.as_str());
        let value =
            json!({ "ok": true, "object": id, "was": now.standing.access, "is": access, "check": options.check });
        output.summary(text, &value);
        Ok(Done::Well)
    })
    .await
}

async fn set(
    archive: &Archive,
    object: &Object,
    access: Access,
    reason: &str,
    agent: Option<&str>,
) -> anyhow::Result<()> {
    let agent = operator(archive, agent).await?;
    let label = format!("access of {}", object.id);
    let batch = archive.open_batch(agent, BatchKind::Edit, &label, None, None).await?;
    let acting = Acting { agent, on_behalf_of: None, batch };
    archive.set_access(acting, object.id, access, reason.to_owned()).await?;
    archive.close_batch(acting, BatchCounts { described: 1, ..BatchCounts::default() }).await?;
    Ok(())
}
