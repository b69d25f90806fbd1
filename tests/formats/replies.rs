//! Every reply of OAI-PMH that holds records, in every format: of the demo collection and of real records.

use fonds::formats::ALL;
use fonds::ingest::{Progress, Request, ingest};
use fonds_schemas::AgentKind;

use super::valid::{Documents, check_records, check_replies};
use crate::support::{TestArchive, archive_with, noon, real};

/// All records of a format, and every page that holds them.
pub async fn harvest(archive: &TestArchive, prefix: &str) -> (Documents, Documents) {
    let (mut records, mut pages) = (Documents::new(), Documents::new());
    let mut path = format!("/oai?verb=ListRecords&metadataPrefix={prefix}");
    loop {
        let page = archive.ask(&path).await.text();
        for record in page.split("<record>").skip(1) {
            let identifier = record.split("<identifier>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            if let Some(payload) = record.split("<metadata>").nth(1) {
                records.push((identifier, payload.split("</metadata>").next().unwrap().to_owned()));
            }
        }
        let token = page.split("<resumptionToken").nth(1).and_then(|rest| rest.split_once('>')?.1.split('<').next());
        let next = token.filter(|token| !token.is_empty()).map(str::to_owned);
        pages.push((path, page));
        match next {
            Some(token) => path = format!("/oai?verb=ListRecords&resumptionToken={token}"),
            None => return (records, pages),
        }
    }
}

/// Checks all there is, and returns how many records each format has.
async fn check(archive: &TestArchive) -> Vec<(&'static str, usize)> {
    archive.wait_for_harvesters();
    let mut counts = Vec::new();
    for format in ALL {
        let (records, mut replies) = harvest(archive, format.prefix()).await;
        for (identifier, _) in records.iter().take(5) {
            let path = format!("/oai?verb=GetRecord&metadataPrefix={}&identifier={identifier}", format.prefix());
            let reply = archive.ask(&path).await.text();
            assert!(reply.contains("<metadata>"), "{reply}");
            replies.push((path, reply));
            let path = format!("/oai?verb=ListMetadataFormats&identifier={identifier}");
            let reply = archive.ask(&path).await.text();
            assert!(reply.contains(&format!("<metadataPrefix>{}<", format.prefix())), "{reply}");
        }
        check_replies(format.prefix(), &replies);
        if !records.is_empty() {
            check_records(format.prefix(), &records);
        }
        counts.push((format.prefix(), records.len()));
    }
    counts
}

async fn empty() -> TestArchive {
    let clock = fonds::clock::Clock::standing_at(noon());
    archive_with(clock, |settings| {
        settings.oai.formats = ALL.iter().map(|format| format.prefix().to_owned()).collect();
        settings.publishing.rights = Some("http://creativecommons.org/publicdomain/zero/1.0/".to_owned());
        settings.publishing.record_rights = Some("http://creativecommons.org/publicdomain/zero/1.0/".to_owned());
    })
    .await
}

#[tokio::test]
async fn the_demo_is_valid_in_every_format() {
    let archive = empty().await;
    fonds::demo::fill(&archive, &Progress::silent()).await.unwrap();
    archive.settle().await;
    let counts = check(&archive).await;
    assert!(counts.iter().all(|(_, count)| *count >= 5), "{counts:?}");
}

#[tokio::test]
async fn real_records_are_valid_in_every_format() {
    let Some(path) = real("metadata-sample/records.jsonl") else { return };
    let archive = empty().await;
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let map = Some("museum-records".to_owned());
    let request = Request { path, map, namespace: None, label: None, check: false, agent };
    ingest(&archive, &request, &Progress::silent()).await.unwrap();
    archive.settle().await;
    let counts = check(&archive).await;
    // Of Europeana's media types nobody knows which it is, of a thing without an image and with a type of few words.
    let least = |prefix| match prefix {
        "edm" => 400,
        // None of them is a level of archival description.
        "ead3" | "ead" => 0,
        _ => 1_000,
    };
    assert!(counts.iter().all(|(prefix, count)| *count >= least(*prefix)), "{counts:?}");
}

/// An object that loses what a format needs is gone from it, and from no other.
#[tokio::test]
async fn a_record_that_cannot_be_any_more_is_told_to_be_gone() {
    use crate::oai::world::{World, said};
    use fonds_schemas::Access;
    let mut world = World::opened().await;
    let statements = vec![
        said("title", "Jar"),
        said("object_type", "photograph"),
        said("rights", "http://rightsstatements.org/vocab/InC/1.0/"),
    ];
    let jar = world.accession("1", Access::Public, statements);
    let plain = world.accession_titled("2", "No rights");
    world.publish().await;
    let get = |id, prefix| format!("verb=GetRecord&metadataPrefix={prefix}&identifier={id}");
    let (jar_id, plain_id) = (world.identifier(jar), world.identifier(plain));
    assert!(world.ask(&get(&jar_id, "edm")).await.contains("<rdf:RDF"));
    assert!(world.ask(&get(&plain_id, "edm")).await.contains("<error code=\"cannotDisseminateFormat\">"));
    let formats = world.ask(&format!("verb=ListMetadataFormats&identifier={plain_id}")).await;
    assert!(formats.contains(">oai_dc<") && !formats.contains(">edm<"), "{formats}");
    let rights: Vec<_> = world
        .object(jar)
        .statements
        .iter()
        .filter(|s| s.statement.property.as_str() == "rights")
        .map(|s| s.id)
        .collect();
    world.describe(jar, Vec::new(), rights);
    world.publish().await;
    let gone = world.ask(&get(&jar_id, "edm")).await;
    assert!(gone.contains("<header status=\"deleted\">") && !gone.contains("<metadata>"), "{gone}");
    assert!(world.ask(&get(&jar_id, "oai_dc")).await.contains("<dc:title>Jar"));
    let list = world.ask("verb=ListIdentifiers&metadataPrefix=edm").await;
    assert!(list.contains(&jar_id) && !list.contains(&plain_id), "{list}");
    world.describe(jar, vec![said("rights", "http://rightsstatements.org/vocab/CNE/1.0/")], Vec::new());
    world.publish().await;
    assert!(world.ask(&get(&jar_id, "edm")).await.contains("vocab/CNE/1.0/"));
}
