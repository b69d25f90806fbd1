//! Which formats an archive publishes, and what harvesters are told when that changes.

use fonds::clock::Clock;
use fonds::formats::USUAL;
use fonds::ingest::Progress;

use crate::support::{TestArchive, archive_with, noon};

fn listed(formats: &[&str]) -> Vec<String> {
    formats.iter().map(|prefix| (*prefix).to_owned()).collect()
}

/// The demo collection, in those formats.
async fn demo(formats: &[&str]) -> TestArchive {
    let archive = archive_with(Clock::standing_at(noon()), |settings| {
        settings.oai.formats = listed(formats);
        settings.publishing.rights = Some("http://creativecommons.org/publicdomain/zero/1.0/".to_owned());
    })
    .await;
    fonds::demo::fill(&archive, &Progress::silent()).await.unwrap();
    archive.settle().await;
    archive.wait_for_harvesters();
    archive
}

async fn published_as(archive: TestArchive, formats: &[&str]) -> TestArchive {
    archive.clock.advance_seconds(86_400);
    let archive = archive.reopened(|settings| settings.oai.formats = listed(formats)).await;
    archive.wait_for_harvesters();
    archive
}

/// What stands between these two words, each time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

async fn prefixes(archive: &TestArchive) -> Vec<String> {
    let reply = archive.ask("/oai?verb=ListMetadataFormats").await.text();
    between(&reply, "<metadataPrefix>", "<").into_iter().map(str::to_owned).collect()
}

/// The header of every record of a format, or the code of the error.
async fn headers(archive: &TestArchive, prefix: &str) -> Result<Vec<String>, String> {
    let reply = archive.ask(&format!("/oai?verb=ListIdentifiers&metadataPrefix={prefix}")).await.text();
    match between(&reply, "<error code=\"", "\"").first() {
        Some(code) => Err((*code).to_owned()),
        None => Ok(between(&reply, "<header", "</header>").into_iter().map(str::to_owned).collect()),
    }
}

#[tokio::test]
async fn an_archive_publishes_what_its_settings_name_and_simple_dublin_core() {
    let archive = demo(&["mods"]).await;
    assert_eq!(prefixes(&archive).await, ["oai_dc", "mods"]);
    assert_eq!(headers(&archive, "lido").await, Err("cannotDisseminateFormat".to_owned()));
    let sql = "select distinct prefix from feed_record order by prefix";
    let stored: Vec<String> = sqlx::query_scalar(sql).fetch_all(&archive.stores.pg).await.unwrap();
    assert_eq!(stored, ["mods", "oai_dc"], "what is not published is not rendered");
    let archive = published_as(archive, USUAL).await;
    assert_eq!(prefixes(&archive).await, USUAL);
}

#[tokio::test]
async fn another_list_of_formats_moves_no_datestamp_of_those_that_stay() {
    let archive = demo(&["edm", "lido"]).await;
    let (plain, edm, lido) =
        (headers(&archive, "oai_dc").await, headers(&archive, "edm").await, headers(&archive, "lido").await);
    assert!(plain.as_ref().unwrap().len() > 10 && !edm.as_ref().unwrap().is_empty());
    let first = between(&plain.as_ref().unwrap()[0], "<identifier>", "<")[0].to_owned();

    let archive = published_as(archive, &["lido", "mods"]).await;
    assert_eq!(prefixes(&archive).await, ["oai_dc", "lido", "mods"]);
    assert_eq!((headers(&archive, "oai_dc").await, headers(&archive, "lido").await), (plain.clone(), lido));
    assert_eq!(headers(&archive, "edm").await, Err("cannotDisseminateFormat".to_owned()));
    let gone = archive.ask(&format!("/oai?verb=GetRecord&metadataPrefix=edm&identifier={first}")).await.text();
    assert!(gone.contains("<error code=\"cannotDisseminateFormat\">"), "{gone}");
    // A format that came has a record of every object, since the day on which the object was published.
    let identifiers = |headers: Result<Vec<String>, String>| {
        let all = headers.unwrap();
        let mut all: Vec<_> = all.iter().map(|header| between(header, "<identifier>", "<")[0].to_owned()).collect();
        all.sort();
        all
    };
    let mods = headers(&archive, "mods").await;
    assert!(mods.as_ref().unwrap().iter().all(|header| header.contains("<datestamp>2026-06-01T")), "{mods:?}");
    assert_eq!(identifiers(mods), identifiers(plain));

    let archive = published_as(archive, &["edm"]).await;
    assert_eq!(headers(&archive, "edm").await, edm, "as if it had never been away");
    assert_eq!(headers(&archive, "lido").await, Err("cannotDisseminateFormat".to_owned()));
}
