//! `fonds oai tier`: what Europeana makes of the records of this archive.

use std::collections::BTreeMap;

use fonds_projections::feed::{Format as _, Setting};
use fonds_schemas::Object;
use serde_json::{Value, json};

use super::every_public;
use crate::archive::Archive;
use crate::config::Settings;
use crate::formats::edm::Edm;
use crate::tier::{Tiers, tiers};
use crate::verbs::output::{Done, Output};
use crate::verbs::show::printable;
use crate::verbs::{object_id, with_archive};

/// Improvements that are named for the whole archive: those that help most objects.
const IMPROVEMENTS_MAX: usize = 10;

/// Says the tiers of these objects, or how many public objects have which.
pub(super) async fn run(settings: Settings, objects: &[String], output: &Output) -> anyhow::Result<Done> {
    let ids = objects.iter().map(|text| object_id(text)).collect::<Result<Vec<_>, _>>()?;
    with_archive(settings, "oai", async |archive| {
        archive.settle().await?;
        if ids.is_empty() {
            return all(archive, output).await;
        }
        let mut without = 0;
        for id in &ids {
            let object = archive.object_now(*id).await?;
            let found = of(archive, &object)?;
            without += usize::from(found.is_none());
            output.line(text(&object, found.as_ref()), &json!({ "object": id, "tiers": found }));
        }
        output.end(&json!({ "ok": true, "objects": ids.len(), "without_record": without }));
        Ok(Done::Well)
    })
    .await
}

/// The tiers of an object; `None` where it has no record for Europeana.
fn of(archive: &Archive, object: &Object) -> anyhow::Result<Option<Tiers>> {
    let setting = Setting { addresses: &archive.stores.addresses, publishing: &archive.stores.publishing };
    Edm.render(object, &setting).map(|edm| tiers(&edm)).transpose().map_err(Into::into)
}

/// Why an object has no record, in short.
const WITHOUT: &str = "no record for Europeana: it needs a title or description, a subject, type, period or place, and rights \
    that Europeana knows";

fn text(object: &Object, found: Option<&Tiers>) -> String {
    let name = format!("{}  {}", object.id, printable(&object.title()));
    let Some(Tiers { content, metadata, metadata_if_dereferenced }) = found else {
        return format!("{name}\n  {WITHOUT}\n");
    };
    let mut lines = vec![name, format!("  content {}: {}", content.tier, printable(&content.why))];
    lines.extend(content.improvement.iter().map(|step| format!("    better: {step}")));
    lines.push(format!("  metadata {}: {}", metadata.tier, metadata.why));
    lines.extend(metadata.improvements.iter().map(|step| format!("    better: {step}")));
    if *metadata_if_dereferenced > metadata.tier {
        lines.push(format!("    {metadata_if_dereferenced} once Europeana has looked up what it names"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What is counted of all public objects.
#[derive(Default)]
struct Counted {
    objects: u64,
    without: u64,
    content: BTreeMap<String, u64>,
    metadata: BTreeMap<String, u64>,
    improvements: BTreeMap<String, u64>,
    failed: Option<anyhow::Error>,
}

impl Counted {
    fn add(&mut self, found: anyhow::Result<Option<Tiers>>) {
        self.objects += 1;
        match found {
            Ok(Some(tiers)) => {
                *self.content.entry(tiers.content.tier.to_string()).or_default() += 1;
                *self.metadata.entry(tiers.metadata.tier.to_string()).or_default() += 1;
                let steps = tiers.content.improvement.into_iter().chain(tiers.metadata.improvements);
                for step in steps {
                    *self.improvements.entry(step).or_default() += 1;
                }
            }
            Ok(None) => self.without += 1,
            Err(error) => self.failed = Some(error),
        }
    }

    /// The improvements that help most objects, first.
    fn most(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.improvements.iter().map(|(step, count)| (step.as_str(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all.truncate(IMPROVEMENTS_MAX);
        all
    }
}

async fn all(archive: &Archive, output: &Output) -> anyhow::Result<Done> {
    let mut counted = Counted::default();
    every_public(archive, |object| counted.add(of(archive, object))).await?;
    if let Some(error) = counted.failed {
        return Err(error);
    }
    output.say(report(&counted));
    let improvements: Vec<Value> =
        counted.most().into_iter().map(|(step, count)| json!({ "objects": count, "improvement": step })).collect();
    output.end(&json!({
        "ok": true, "objects": counted.objects, "without_record": counted.without, "content": counted.content,
        "metadata": counted.metadata, "improvements": improvements,
    }));
    Ok(Done::Well)
}

fn report(counted: &Counted) -> String {
    let mut lines = vec![format!("{} public objects", counted.objects)];
    for (what, tiers) in [("content", &counted.content), ("metadata", &counted.metadata)] {
        lines.extend(tiers.iter().map(|(tier, count)| format!("  {count:>9}  {what} tier {tier}")));
    }
    if counted.without > 0 {
        lines.push(format!("  {:>9}  {WITHOUT}", counted.without));
    }
    if !counted.improvements.is_empty() {
        lines.push("What would make most of them better:".to_owned());
        lines.extend(counted.most().into_iter().map(|(step, count)| format!("  {count:>9}  {step}")));
    }
    lines.join("\n")
}
