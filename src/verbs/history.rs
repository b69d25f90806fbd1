//! `fonds history`: what happened to an object, who did it, when and why.

use fonds_schemas::{Statement, Stream};
use serde_json::json;

use super::output::{Done, Output};
use super::show::printable;
use super::{object_id, with_archive};
use crate::config::Settings;
use crate::story::{self, Entry, Listener};

/// Whose history.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The object's id, or its address
    #[arg(value_name = "OBJ")]
    object: String,
}

/// Tells the history.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    let id = object_id(&options.object)?;
    with_archive(settings, "history", async |archive| {
        archive.settle().await?;
        let events = archive.ledger.stream(Stream::Object(id), None).await?;
        if events.is_empty() {
            anyhow::bail!("there is no object {id}");
        }
        let entries = story::tell(&archive.stores.pg, events, Listener::House).await?;
        for entry in &entries {
            let envelope = &entry.recorded.envelope;
            let body = entry.recorded.event.as_ref().map(fonds_schemas::Event::to_body).transpose()?;
            let body: Option<serde_json::Value> = body.map(|body| serde_json::from_slice(&body)).transpose()?;
            let value = json!({ "envelope": envelope, "body": body, "leaf_hash": entry.recorded.leaf_hash });
            output.line(text(entry), &value);
        }
        output.summary(format!("{} events", entries.len()), &json!({ "ok": true, "events": entries.len() }));
        Ok(Done::Well)
    })
    .await
}

fn text(entry: &Entry) -> String {
    let envelope = &entry.recorded.envelope;
    let when = envelope.recorded_at.to_seconds_string();
    let mut lines = vec![format!("@{} {when}  {} {}", envelope.seq, printable(&entry.agent), printable(&entry.what))];
    if let Some(reason) = &entry.reason {
        lines.push(format!("    because: {}", printable(reason)));
    }
    for detail in &entry.details {
        let change = match (&detail.before, &detail.after) {
            (Some(before), Some(after)) => format!("{} → {}", value(before), value(after)),
            (Some(before), None) => format!("{} removed", value(before)),
            (None, Some(after)) => value(after),
            (None, None) => continue,
        };
        lines.push(format!("    {}: {change}", detail.property));
    }
    lines.join("\n")
}

fn value(statement: &Statement) -> String {
    let language = statement.language.as_ref().map_or(String::new(), |tag| format!(" [{}]", tag.as_str()));
    format!("“{}”{language}", printable(&statement.text))
}
