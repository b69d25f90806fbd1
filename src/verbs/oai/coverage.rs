//! `fonds oai coverage`: what each metadata format carries of the archive, what it loses, and what comes back of it when a record
//! is taken in again.

use fonds_projections::feed::{Format, Setting};
use serde_json::json;

use super::every_public;
use crate::archive::Archive;
use crate::config::Settings;
use crate::formats::coverage::{Counted, Coverage, Line, coverage};
use crate::formats::round_trip::{Back, Importers, returned};
use crate::formats::{self, published};
use crate::linked::face::FACES;
use crate::rebuild;
use crate::verbs::output::{Done, Output};
use crate::verbs::show::printable;
use crate::verbs::with_archive;

/// Says it.
pub(super) async fn run(settings: Settings, prefixes: &[String], output: &Output) -> anyhow::Result<Done> {
    let formats = named(prefixes)?;
    let published = published(&settings.oai.formats)?;
    // The tables are true without an archive as well, and this verb makes none.
    let counted = if rebuild::was_folded(&settings.data) {
        let counting = with_archive(settings, "oai", async |archive| {
            archive.settle().await?;
            count(archive, &formats).await
        });
        Some(counting.await?)
    } else {
        None
    };
    let importers = Importers::shipped()?;
    for format in &formats {
        let coverage = coverage(*format, &published, counted.as_ref()).with_returned(returned(*format, &importers));
        output.line(text(&coverage, counted.as_ref()), &coverage);
    }
    let value = counted.as_ref().map_or_else(
        || json!({ "ok": true, "formats": formats.len() }),
        |counted| {
            json!({ "ok": true, "formats": formats.len(), "objects": counted.objects,
                "statements": counted.statements() })
        },
    );
    output.end(&value);
    Ok(Done::Well)
}

/// Every metadata format: those of harvesters, and the faces of linked data.
fn all() -> Vec<&'static dyn Format> {
    formats::ALL.iter().copied().chain(FACES.iter().map(|face| *face as &dyn Format)).collect()
}

fn named(prefixes: &[String]) -> anyhow::Result<Vec<&'static dyn Format>> {
    let all = all();
    let find = |prefix: &String| {
        let known = || all.iter().map(|format| format.prefix()).collect::<Vec<_>>().join(", ");
        let found = all.iter().find(|format| format.prefix() == prefix).copied();
        found.ok_or_else(|| anyhow::anyhow!("there is no metadata format {prefix:?}: there are {}", known()))
    };
    if prefixes.is_empty() { Ok(all) } else { prefixes.iter().map(find).collect() }
}

async fn count(archive: &Archive, formats: &[&dyn Format]) -> anyhow::Result<Counted> {
    let setting = Setting { addresses: &archive.stores.addresses, publishing: &archive.stores.publishing };
    let mut counted = Counted::default();
    every_public(archive, |object| counted.add(object, formats, &setting)).await?;
    Ok(counted)
}

fn text(coverage: &Coverage, counted: Option<&Counted>) -> String {
    let mut lines = vec![match (coverage.records, counted) {
        (Some(records), Some(counted)) => {
            let of = format!("{records} of {} public objects have a record", counted.objects);
            let lost = coverage.statements_lost().unwrap_or_default();
            format!("{}: {of}; {lost} of {} statements are lost", coverage.prefix, counted.statements())
        }
        (_, _) => coverage.prefix.to_owned(),
    }];
    if !coverage.published {
        lines[0].push_str("; not published (oai.formats)");
    }
    let width = coverage.carried.iter().chain(&coverage.lost).map(|line| line.property.chars().count());
    let width = width.filter(|width| *width <= 40).max().unwrap_or_default();
    let came =
        |wanted: Option<Back>| coverage.carried.iter().filter(move |line| line.back == wanted).collect::<Vec<_>>();
    let unread = if coverage.importer { "carries" } else { "carries (records of it are not taken in)" };
    let groups = [
        ("carries, and takes in again as it was", came(Some(Back::Same))),
        ("carries, and takes in again with a difference (of so many ways of saying it)", came(Some(Back::Changed))),
        ("carries, and does not take in again", came(Some(Back::Lost))),
        (unread, came(None)),
        ("loses", coverage.lost.iter().collect()),
    ];
    for (title, all) in groups {
        if !all.is_empty() {
            lines.push(format!("  {title}"));
        }
        lines.extend(all.into_iter().map(|line| row(line, width)));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn row(line: &Line, width: usize) -> String {
    let count = line.statements.map_or_else(String::new, |count| format!("{count:>9}  "));
    let said = match (line.element, line.note) {
        (Some(element), "") => element.to_owned(),
        (Some(element), note) => format!("{element}; {note}"),
        (None, why) => why.to_owned(),
    };
    let back = if line.how.is_empty() { String::new() } else { format!(" [back {}]", line.how.join(", ")) };
    format!("    {:<width$}  {count}{said}{back}", printable(&line.property))
}
