//! Pages that are read before they are asked for: right, and gone when something changes.

use axum::http::StatusCode;
use fonds::clock::Clock;
use fonds::commands::{Accession, Acting};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{Access, AgentKind, Level, ObjectId, Property, SourceKey, Statement};

use super::world::{all_between, token_of};
use crate::support::{TestArchive, archive_at, noon};

async fn archive_of(objects: u32) -> (TestArchive, Acting) {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let batch = archive.open_batch(agent, BatchKind::Edit, "a test", None, None).await.unwrap();
    let acting = Acting { agent, on_behalf_of: None, batch };
    let accession = |number: u32| {
        let source = SourceKey { identifier: number.to_string(), namespace: "ahead".to_owned() };
        let statements = vec![Statement::new(Property::parse("title").unwrap(), format!("Thing {number}"))];
        let (object, access) = (source.object_id(), Access::Public);
        Accession { object, level: Level::Work, source: Some(source), access, statements, relations: Vec::new() }
    };
    archive.accession(acting, (0..objects).map(accession).collect()).await.unwrap();
    archive.settle().await;
    archive.wait_for_harvesters();
    (archive, acting)
}

async fn first(archive: &TestArchive) -> String {
    archive.ask("/oai?verb=ListRecords&metadataPrefix=oai_dc").await.text()
}

async fn next(archive: &TestArchive, page: &str) -> crate::support::Answer {
    archive.ask(&format!("/oai?verb=ListRecords&resumptionToken={}", token_of(page).unwrap())).await
}

#[tokio::test]
async fn a_list_is_the_same_however_often_its_pages_are_asked_for() {
    let (archive, _) = archive_of(1_100).await;
    let mut titles = Vec::new();
    let mut page = first(&archive).await;
    loop {
        titles.extend(all_between(&page, "<dc:title>", "</dc:title>").into_iter().map(str::to_owned));
        if token_of(&page).is_none() {
            break;
        }
        // The first of these was read ahead, the second is not, the third may be.
        let [one, two, three] = [
            next(&archive, &page).await.text(),
            next(&archive, &page).await.text(),
            next(&archive, &page).await.text(),
        ];
        assert!(one == two && two == three);
        page = one;
    }
    let wanted: Vec<String> = (0..1_100).map(|number| format!("Thing {number}")).collect();
    assert_eq!(titles, wanted);
}

#[tokio::test]
async fn the_next_page_is_there_before_it_is_asked_for() {
    let (archive, _) = archive_of(1_100).await;
    let page = first(&archive).await;
    assert_eq!(archive.ask("/readyz").await.status, StatusCode::OK);
    archive.harvesters.close().await;
    let second = next(&archive, &page).await;
    assert_eq!((second.status, all_between(&second.text(), "<record>", "</record>").len()), (StatusCode::OK, 500));
    let third = next(&archive, &second.text()).await;
    assert!(third.status.is_server_error(), "nobody could read it: {}", third.text());
}

#[tokio::test]
async fn what_is_taken_back_is_not_served_from_a_page_that_was_read_before() {
    let (archive, acting) = archive_of(600).await;
    let page = first(&archive).await;
    assert_eq!(archive.ask("/readyz").await.status, StatusCode::OK);
    let secret = ObjectId::derived("ahead", "550");
    archive.set_access(acting, secret, Access::Withdrawn, "a complaint".to_owned()).await.unwrap();
    archive.settle().await;
    let second = next(&archive, &page).await.text();
    assert!(second.contains("Thing 549") && second.contains("Thing 551"), "{second}");
    assert!(!second.contains("Thing 550"), "{second}");
}
