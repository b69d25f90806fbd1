//! `fonds show`: an object, now or as it stood.

use fonds_projections::catalog;
use fonds_schemas::Object;
use serde_json::json;

use super::output::{Done, Output};
use super::{object_id, with_archive};
use crate::config::Settings;

/// What is shown.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The object's id, or its address
    #[arg(value_name = "OBJ")]
    object: String,
    /// As it stood when this was the last event of the ledger
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
}

/// Shows the object.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    let id = object_id(&options.object)?;
    with_archive(settings, "show", async |archive| {
        archive.settle().await?;
        let pg = &archive.stores.pg;
        let object = match options.at {
            Some(seq) => catalog::object_at(pg, id, seq).await?,
            None => catalog::object(pg, id).await?,
        };
        let Some(object) = object else {
            let when = options.at.map_or_else(String::new, |seq| format!(" at event {seq}"));
            anyhow::bail!("there is no object {id}{when}");
        };
        output.line(text(&object).trim_end(), &object);
        output.end(&json!({ "ok": true, "object": id, "statements": object.statements.len(),
            "files": object.files.len() }));
        Ok(Done::Well)
    })
    .await
}

fn text(object: &Object) -> String {
    let mut lines = vec![
        printable(&object.title()),
        format!("  {:<20} {}", "Id", object.id),
        format!("  {:<20} {}", "Level", object.level.as_str()),
        format!("  {:<20} {}", "Access", object.standing.access.as_str()),
    ];
    if let Some(source) = &object.source {
        lines.push(format!("  {:<20} {} in {}", "From", printable(&source.identifier), printable(&source.namespace)));
    }
    for (property, values) in object.by_property() {
        for standing in values {
            let statement = &standing.statement;
            let language = statement.language.as_ref().map_or(String::new(), |tag| format!(" [{}]", tag.as_str()));
            let value = printable(&statement.text);
            lines.push(format!("  {:<20} {value}{language}  (event {})", property.label(), standing.seq));
        }
    }
    for relation in &object.relations {
        lines.push(format!("  {:<20} {}", relation.kind.label(), relation.target));
    }
    for file in &object.files {
        let sides = file.width.zip(file.height).map_or(String::new(), |(w, h)| format!(", {w} × {h}"));
        let what = format!("{} ({}{sides}, {} bytes)", printable(&file.name), file.media_type, file.bytes);
        lines.push(format!("  {:<20} {what}\n  {:<20} sha256 {}", "File", "", file.sha256));
    }
    lines.push(format!("  {:<20} {} by event {}", "Last changed", object.modified_at.to_seconds_string(), object.seq));
    lines.join("\n")
}

/// Text from a record without what would move the cursor of a terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
