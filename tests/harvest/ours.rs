//! Our own archives, each harvested by another.

use fonds_projections::catalog;
use fonds_schemas::{Access, ObjectId};

use super::world::{acting, count, harvest_all, hub, rename, request, said, size, source, titles, told, try_harvest};
use crate::oai::schema::check_valid;
use crate::support::TestArchive;

async fn object(archive: &TestArchive, id: ObjectId) -> fonds_schemas::Object {
    catalog::object(&archive.stores.pg, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_record_of_an_archive_comes_in_once() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..1100).await;
    source.set_access(7, Access::Withdrawn).await;
    source.publish().await;
    let report = harvest_all(&hub, &source.base).await;
    assert_eq!(
        (report.pages, report.records, report.deleted, report.exit_code()),
        (3, 1100, 1, 0),
        "{}",
        told(&report)
    );
    assert_eq!((report.counts.accessioned, report.withdrawn, report.size), (1099, 0, Some(1100)));
    assert!(report.problems.is_empty() && report.unmapped.is_empty(), "{}", told(&report));
    assert_eq!(count(&hub, "accessioned").await, 1099);
    let one = object(&hub, source.harvested(42)).await;
    assert_eq!((titles(&one), one.standing.access), (vec!["Jar 42"], Access::Public));
    let key = one.source.as_ref().unwrap();
    assert_eq!((&key.namespace, &key.identifier), (&source.base, &source.identifier(42)));
    let names: Vec<&str> = one.values("identifier").map(|statement| statement.text.as_str()).collect();
    assert!(names.contains(&source.identifier(42).as_str()), "{names:?}");

    // A second time there is nothing new, and nothing says so.
    let before = size(&hub).await;
    let report = harvest_all(&hub, &source.base).await;
    assert_eq!((report.counts.accessioned, report.counts.described, report.exit_code()), (0, 0, 0));
    assert_eq!(size(&hub).await, before);
    let (complete, asked) = (report.complete.unwrap(), report.from.unwrap());
    assert!(asked <= complete, "{asked} {complete}");
}

#[tokio::test]
async fn a_later_harvest_sees_exactly_the_difference() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..600).await;
    harvest_all(&hub, &source.base).await;
    source.archive.clock.advance_seconds(3600);
    for number in [3, 5] {
        source.rename(number, &format!("Renamed {number}")).await;
    }
    source.set_access(9, Access::Withdrawn).await;
    source.accession(600..602).await;
    let report = harvest_all(&hub, &source.base).await;
    assert_eq!((report.records, report.counts.accessioned, report.withdrawn), (5, 2, 1), "{}", told(&report));
    assert_eq!((report.counts.described, report.counts.unchanged, report.deleted), (3, 0, 1));
    assert_eq!(titles(&object(&hub, source.harvested(3)).await), ["Renamed 3"]);
    assert_eq!(count(&hub, "accessioned").await, 602);
    let report = harvest_all(&hub, &source.base).await;
    assert_eq!((report.counts.accessioned, report.counts.described, report.withdrawn), (0, 0, 0));
}

#[tokio::test]
async fn what_is_gone_there_is_withdrawn_here_and_comes_back() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..3).await;
    harvest_all(&hub, &source.base).await;
    let id = source.harvested(1);
    source.archive.clock.advance_seconds(60);
    source.set_access(1, Access::Withdrawn).await;
    source.publish().await;
    let report = harvest_all(&hub, &source.base).await;
    assert_eq!((report.withdrawn, report.deleted), (1, 1), "{}", told(&report));
    let gone = object(&hub, id).await;
    assert_eq!((gone.standing.access, titles(&gone)), (Access::Withdrawn, vec!["Jar 1"]), "nothing of it is lost");
    let history = hub.ledger.stream(fonds_schemas::Stream::Object(id), None).await.unwrap();
    let said = serde_json::to_string(&format!("{:?}", history.last().unwrap().event)).unwrap();
    assert!(said.contains(&format!("deleted from {}", source.base)), "{said}");

    source.archive.clock.advance_seconds(60);
    source.set_access(1, Access::Public).await;
    source.publish().await;
    let report = harvest_all(&hub, &source.base).await;
    assert_eq!((report.counts.described, object(&hub, id).await.standing.access), (1, Access::Public));
}

#[tokio::test]
async fn what_people_decided_here_stands() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..3).await;
    harvest_all(&hub, &source.base).await;
    let (renamed, kept, hidden) = (source.harvested(0), source.harvested(1), source.harvested(2));
    rename(&hub, renamed, "What we call it").await;
    let edit = fonds::commands::Edit { asserted: vec![said("note", "ours")], ..fonds::commands::Edit::default() };
    hub.describe(acting(&hub).await, kept, edit).await.unwrap();
    hub.set_access(acting(&hub).await, hidden, Access::Restricted, "of the family".to_owned()).await.unwrap();
    source.archive.clock.advance_seconds(60);
    for number in 0..2 {
        source.rename(number, &format!("Renamed {number}")).await;
    }
    source.set_access(2, Access::Withdrawn).await;
    source.publish().await;
    let report = harvest_all(&hub, &source.base).await;
    let object = async |id| object(&hub, id).await;
    let renamed = object(renamed).await;
    assert!(titles(&renamed).contains(&"What we call it") && !titles(&renamed).contains(&"Jar 0"), "{renamed:?}");
    let kept = object(kept).await;
    assert_eq!((titles(&kept), kept.values("note").count()), (vec!["Renamed 1"], 1));
    assert_eq!(object(hidden).await.standing.access, Access::Restricted);
    assert!(told(&report).contains("somebody decided here who may see it: it stays restricted"), "{}", told(&report));
}

#[tokio::test]
async fn the_richest_format_is_chosen_and_kept() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..5).await;
    let mut request = request(&hub, &source.base).await;
    request.prefix = None;
    let report = try_harvest(&hub, &request).await.unwrap();
    assert_eq!((report.prefix.as_str(), report.counts.accessioned), ("lido", 5), "{}", told(&report));
    assert!(report.why.contains("richest of lido, edm, mods"), "{}", report.why);
    let jar = object(&hub, source.harvested(2)).await;
    assert_eq!(titles(&jar), ["Jar 2"]);
    assert!(!report.unmapped.contains_key("lido:lidoRecID"), "{:?}", report.unmapped);
    let report = try_harvest(&hub, &request).await.unwrap();
    assert_eq!((report.prefix.as_str(), report.why.as_str()), ("lido", "it was harvested before"));
    request.prefix = Some("nothing".to_owned());
    let error = try_harvest(&hub, &request).await.unwrap_err().to_string();
    assert!(error.contains("does not offer the format \"nothing\"; it has oai_dc, edm, lido"), "{error}");
}

#[tokio::test]
async fn every_format_that_is_offered_and_read_brings_the_same_objects() {
    let source = source().await;
    source.accession(0..4).await;
    for prefix in ["oai_dc", "edm", "lido", "mods", "marcxml"] {
        let hub = hub().await;
        let mut request = request(&hub, &source.base).await;
        request.prefix = Some(prefix.to_owned());
        let report = try_harvest(&hub, &request).await.unwrap();
        assert_eq!(report.counts.accessioned, report.records, "{prefix}: {}", told(&report));
        // What a format cannot tell of an object that says so little, it leaves out.
        if report.records == 4 {
            assert_eq!(titles(&object(&hub, source.harvested(3)).await), ["Jar 3"], "{prefix}");
        }
        hub.close().await;
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_come_and_writes_nothing() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..600).await;
    let mut request = request(&hub, &source.base).await;
    let before = size(&hub).await;
    request.check = true;
    let report = try_harvest(&hub, &request).await.unwrap();
    assert_eq!((report.counts.accessioned, report.pages, report.exit_code()), (600, 2, 0), "{}", told(&report));
    assert_eq!(size(&hub).await, before);
    assert!(report.to_text().contains("nothing was written (--check)"), "{}", report.to_text());
}

#[tokio::test]
async fn where_a_record_came_from_is_told_over_two_hops() {
    let (first, second) = (source().await, source().await);
    first.accession(0..3).await;
    harvest_all(&second.archive, &first.base).await;
    second.publish().await;
    let third = source().await;
    harvest_all(&third.archive, &second.base).await;
    third.publish().await;

    let in_second = first.harvested(1);
    let name_in_second = format!("oai:archive.example.org:{in_second}");
    let in_third = ObjectId::derived(&second.base, &name_in_second);
    let mut replies = Vec::new();
    for format in third.archive.stores.formats.iter() {
        let query = format!("/oai?verb=ListRecords&metadataPrefix={}", format.prefix());
        let page = third.archive.ask(&query).await.text();
        if page.contains("noRecordsMatch") {
            continue;
        }
        let record = page.split("<record>").find(|record| record.contains(&in_third.to_string())).unwrap();
        let about = record.split("<about><provenance").nth(1).unwrap();
        let (outer, inner) = about.split_once("</metadataNamespace><originDescription").unwrap();
        for (part, source, name) in [(outer, &second, &name_in_second), (inner, &first, &first.identifier(1))] {
            assert!(part.contains(&format!("<baseURL>{}</baseURL>", source.base)), "{record}");
            assert!(part.contains(&format!("<identifier>{name}</identifier>")), "{record}");
            assert!(part.contains(" altered=\"true\"") && part.contains(" harvestDate=\"20"), "{record}");
            assert!(part.contains("<metadataNamespace>http://www.openarchives.org/OAI/2.0/oai_dc/"), "{record}");
        }
        assert!(!inner.contains("<originDescription"), "{record}");
        if format.prefix() == "oai_dc" {
            let one =
                format!("/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:archive.example.org:{in_third}");
            replies.push(("list".to_owned(), page));
            replies.push(("record".to_owned(), third.archive.ask(&one).await.text()));
        }
    }
    assert!(replies[1].1.contains("<provenance "), "{}", replies[1].1);
    check_valid(&replies);

    // What is withdrawn tells of no origin either, and a record of our own has none.
    third.archive.clock.advance_seconds(60);
    let acting = acting(&third.archive).await;
    third.archive.set_access(acting, in_third, Access::Withdrawn, "a test".to_owned()).await.unwrap();
    third.accession(0..1).await;
    let page = third.archive.ask("/oai?verb=ListRecords&metadataPrefix=oai_dc").await.text();
    assert_eq!(page.matches("<provenance ").count(), 2, "{page}");
    assert!(!page.contains(&first.identifier(1)), "{page}");
}

#[tokio::test]
async fn the_history_of_an_object_names_where_it_came_from() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..2).await;
    harvest_all(&hub, &source.base).await;
    source.archive.clock.advance_seconds(60);
    source.rename(1, "Renamed").await;
    source.publish().await;
    harvest_all(&hub, &source.base).await;
    let page = hub.ask(&format!("/o/{}/history", source.harvested(1))).await.text();
    assert!(page.contains(&format!("{} of {}", source.identifier(1), source.base)), "{page}");
    assert!(page.contains(&format!("harvested from {}", source.base)), "{page}");
}

#[tokio::test]
async fn a_rebuild_finds_how_far_every_harvest_is() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..600).await;
    harvest_all(&hub, &source.base).await;
    let stores = &hub.stores;
    let before = fonds_projections::harvests::states_of(&stores.pg, &source.base).await.unwrap();
    assert_eq!((before.len(), before[0].token.as_deref(), before[0].complete.is_some()), (1, None, true));
    let fonds::keeper::Keeper::Keeping { rebuild, .. } = &hub.keeper else { panic!("nobody keeps it") };
    for one in rebuild.run(true, |_, _| {}).await.unwrap() {
        assert!(one.digests.as_ref().unwrap().are_equal(), "{}", one.name);
    }
}
