//! The same of what institutions published, and through two archives: harvested from one, taken in by the other, harvested there.

use std::fs;
use std::path::{Path, PathBuf};

use fonds::formats::round_trip::{Importers, example, object as arrived};
use fonds::ingest::reader::Reader;
use fonds::ingest::{Progress, Report, Request, ingest};
use fonds_projections::feed::Publishing;
use fonds_schemas::{AgentKind, Level, Object, ObjectId};

use super::made::publishing;
use super::replies::harvest;
use super::round_trip::{check, formats, hops, neutral};
use crate::support::{TestArchive, archive_with, checkout, noon, real};

/// Objects that are compared of one file: a finding aid has thousands, which are alike.
const OBJECTS_MAX: usize = 40;

/// The objects that files amount to, files of their own left aside.
fn objects(path: &Path) -> Vec<Object> {
    let reader = Reader::open(path, None, None).unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let reading = std::thread::spawn(move || reader.read(&sender));
    let mut all = Vec::new();
    while let Some(chunk) = receiver.blocking_recv() {
        all.extend(chunk.objects);
    }
    reading.join().unwrap();
    let like = example(Level::Item);
    all.into_iter().take(OBJECTS_MAX).map(|planned| arrived(planned, &like)).collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let Some(folder) = real(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file() && path.extension().is_some_and(|ending| ending != "jsonl" && ending != "md"));
    files.sort();
    files
}

/// Every format of every object of the files, out and in twice; at least so many records of each format are compared.
fn check_files(paths: &[PathBuf], least: usize) {
    if paths.is_empty() {
        return;
    }
    let (importers, publishing) = (Importers::shipped().unwrap(), publishing());
    for format in formats() {
        let mut compared = 0;
        for path in paths {
            for object in objects(path) {
                let records = hops(format, &importers, &object, &publishing);
                let name = object.source.as_ref().map_or("", |source| source.identifier.as_str());
                for place in 0..records.len().min(2) {
                    check(
                        format.prefix(),
                        &format!("{}: {name}", path.display()),
                        &records[place],
                        records.get(place + 1),
                    );
                    compared += 1;
                }
            }
        }
        // Of things without an image nobody knows Europeana's media type.
        let wanted = if format.prefix() == "edm" { 0 } else { least };
        assert!(compared >= wanted, "{}: {compared}", format.prefix());
    }
}

#[test]
fn our_fixtures_come_back_as_they_went() {
    let fixture = |name: &str| checkout().join("fixtures/ingest/xml").join(name);
    check_files(&["edm.xml", "lido.xml", "mods.xml", "marcxml.xml", "oai_dc.xml", "ead.xml"].map(fixture), 10);
}
#[test]
fn what_europeana_has_comes_back_as_it_went() {
    check_files(&files("xml/edm"), 150);
}
#[test]
fn what_museums_published_comes_back_as_it_went() {
    check_files(&files("xml/lido"), 70);
}
#[test]
fn what_libraries_published_comes_back_as_it_went() {
    check_files(&files("xml/mods"), 40);
    check_files(&files("xml/marcxml"), 80);
}
#[test]
fn what_archives_published_comes_back_as_it_went() {
    check_files(&files("xml/ead2002"), 100);
    check_files(&files("xml/ead3"), 100);
}
#[test]
fn records_of_a_table_come_back_as_they_went() {
    let Some(path) = real("metadata-sample/records.jsonl") else { return };
    check_files(&[path], OBJECTS_MAX);
}

async fn empty(public_url: &str) -> TestArchive {
    let clock = fonds::clock::Clock::standing_at(noon());
    archive_with(clock, |settings| {
        settings.public_url = Some(public_url.to_owned());
        settings.publishing.rights = Some("http://creativecommons.org/publicdomain/zero/1.0/".to_owned());
    })
    .await
}

async fn take_in(archive: &TestArchive, path: PathBuf) -> Report {
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let request = Request { path, map: None, namespace: None, label: None, check: false, agent };
    let report = ingest(archive, &request, &Progress::silent()).await.unwrap();
    // Twice: the projector may mark on its own what became visible, just when the clock is moved on.
    for _ in 0..2 {
        archive.settle().await;
        archive.wait_for_harvesters();
    }
    report
}

/// What an archive has in a format goes to another one, as a folder of saved answers, and comes out of it as it went in.
#[tokio::test]
async fn an_archive_that_harvests_another_has_the_same_records() {
    let (here, there) = ("https://archive.example.org", "https://hub.example.net");
    let first = empty(here).await;
    for name in ["edm.xml", "lido.xml", "mods.xml", "oai_dc.xml", "ead.xml"] {
        take_in(&first, checkout().join("fixtures/ingest/xml").join(name)).await;
    }
    for format in formats() {
        let prefix = format.prefix();
        let (records, pages) = harvest(&first, prefix).await;
        assert!(!records.is_empty(), "{prefix}");
        let folder = tempfile::tempdir().unwrap();
        for (number, (_, page)) in pages.iter().enumerate() {
            fs::write(folder.path().join(format!("{number}.xml")), page).unwrap();
        }
        let second = empty(there).await;
        let report = take_in(&second, folder.path().to_owned()).await;
        assert_eq!(report.counts.refused, 0, "{}", report.to_text());
        let (after, pages) = harvest(&second, prefix).await;
        assert_eq!(after.len(), records.len(), "{prefix}: {} {}", report.to_text(), pages[0].1);
        for (identifier, record) in records {
            let id = ObjectId::parse(identifier.rsplit(':').next().unwrap()).unwrap();
            let address = format!("{here}/id/{id}");
            let other = ObjectId::derived("fonds", &address);
            let found =
                after.iter().find(|(identifier, _)| identifier.ends_with(&other.to_string())).map(|(_, record)| record);
            let found = found.map(|record| neutral(prefix, record, other, there, &[address]));
            check(prefix, &identifier, &neutral(prefix, &record, id, here, &[]), found.as_ref());
        }
        // Each keeps connections of the one server of all tests.
        drop(second.close().await);
    }
}

#[tokio::test]
async fn an_archive_leaves_its_own_records_aside() {
    let archive = empty("https://archive.example.org").await;
    take_in(&archive, checkout().join("fixtures/ingest/xml/mods.xml")).await;
    let (records, pages) = harvest(&archive, "mods").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.xml");
    fs::write(&path, &pages[0].1).unwrap();
    let report = take_in(&archive, path).await;
    let told = report.problems.iter().any(|problem| problem.why.contains("it is a record of this archive"));
    assert!(told, "{:?}", report.problems);
    assert_eq!(report.counts.accessioned, 0, "{}", report.to_text());
    assert_eq!(harvest(&archive, "mods").await.0, records);
}

#[test]
fn an_archive_of_which_little_is_known_sends_what_comes_back() {
    let (importers, publishing) = (Importers::shipped().unwrap(), Publishing::of("M", "de"));
    for format in formats() {
        let records = hops(format, &importers, &example(Level::File), &publishing);
        assert_eq!(records.len(), 3, "{}", format.prefix());
        check(format.prefix(), "the example", &records[0], records.get(1));
        check(format.prefix(), "the example", &records[1], records.get(2));
    }
}
