//! The projector at work in whole archives: in the background, beside another process, anew, and when it must stop.

use fonds::archive::Archive;
use fonds::clock::Clock;
use fonds::commands::{Accession, Acting};
use fonds::keeper::{Keeper, KeeperError};
use fonds::projector::ProjectorError;
use fonds::rebuild::{Rebuild, Rebuilt};
use fonds_projections::catalog;
use fonds_schemas::event::BatchKind;
use fonds_schemas::{
    Access, AgentKind, Level, ObjectId, Property, Relation, RelationKind, SourceKey, Statement, Timestamp,
};

use crate::support::{TestArchive, archive, archive_at, noon};

async fn acting(archive: &Archive) -> Acting {
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let batch = archive.open_batch(agent, BatchKind::Edit, "a test", None, None).await.unwrap();
    Acting { agent, on_behalf_of: None, batch }
}

/// The thing of that number: every third is hidden, every second belongs to the one before.
fn thing(number: u32) -> Accession {
    let source = SourceKey { identifier: number.to_string(), namespace: "projector".to_owned() };
    let object = source.object_id();
    let access = match number % 6 {
        2 => Access::Restricted,
        5 => Access::Embargoed { until: Timestamp::parse("9999-01-01T00:00:00Z").unwrap() },
        _ => Access::Public,
    };
    let said = |property: &str, text: String| Statement::new(Property::parse(property).unwrap(), text);
    let statements = vec![said("title", format!("Thing {number}")), said("creator", format!("Maker {}", number % 4))];
    let whole = (number % 2 == 1).then(|| Relation { kind: RelationKind::PartOf, target: thing_id(number - 1) });
    let relations = whole.into_iter().collect();
    Accession { object, level: Level::Work, source: Some(source), access, statements, relations }
}

fn thing_id(number: u32) -> ObjectId {
    ObjectId::derived("projector", &number.to_string())
}

async fn take_in(archive: &Archive, numbers: std::ops::Range<u32>, at_once: usize) {
    let acting = acting(archive).await;
    let things: Vec<Accession> = numbers.map(thing).collect();
    for some in things.chunks(at_once) {
        archive.accession(acting, some.to_vec()).await.unwrap();
    }
}

fn rebuild(archive: &Archive) -> &Rebuild {
    match &archive.keeper {
        Keeper::Keeping { rebuild, .. } => Some(rebuild),
        Keeper::Visiting { .. } => None,
    }
    .unwrap()
}

fn assert_equal(rebuilt: &[Rebuilt]) {
    assert_eq!(rebuilt.len(), fonds_projections::ALL.len());
    for one in rebuilt {
        let digests = one.digests.as_ref().unwrap();
        assert!(digests.are_equal(), "{}: {digests:?}", one.name);
    }
}

#[tokio::test]
async fn what_is_recorded_is_folded_without_being_asked() {
    let archive = archive().await;
    take_in(&archive, 0..10, 3).await;
    let size = archive.ledger.head().await.unwrap().size;
    let mut status = archive.keeper.projector().unwrap().status();
    status.wait_for(|status| status.lowest() >= Some(size)).await.unwrap();
    for number in 0..10 {
        assert!(catalog::object(&archive.stores.pg, thing_id(number)).await.unwrap().is_some(), "{number}");
    }
    // Harvesters are told without being asked, too.
    status.wait_for(|status| status.lowest() > Some(size)).await.unwrap();
    let last = archive.ledger.read(size, 1).await.unwrap();
    assert_eq!(last[0].envelope.kind, "publication_marked");
}

#[tokio::test]
async fn a_second_process_asks_the_keeper_to_fold_what_it_recorded() {
    let keeping = archive().await;
    let visiting = Archive::open(keeping.settings.clone(), Clock::System, "ingest").await.unwrap();
    assert!(matches!(&visiting.keeper, Keeper::Visiting { note } if note.starts_with("fonds test, process ")));
    take_in(&visiting, 0..5, 5).await;
    visiting.settle().await.unwrap();
    let found = keeping.ask(&format!("/o/{}", thing_id(0))).await;
    assert!(found.text().contains("Thing 0"), "{}", found.text());
    let asked = format!("/sparql?query=ASK%20%7B%3Chttps://archive.example.org/id/{}%3E%20?p%20?o%7D", thing_id(0));
    assert!(keeping.ask(&asked).await.text().contains("true"));
    visiting.close().await.unwrap();
}

#[tokio::test]
async fn whoever_is_left_folds_when_the_keeper_has_gone() {
    let keeping = archive().await;
    let left = Archive::open(keeping.settings.clone(), Clock::System, "ingest").await.unwrap();
    let _folder = keeping.close().await;
    take_in(&left, 0..5, 2).await;
    left.settle().await.unwrap();
    assert!(catalog::object(&left.stores.pg, thing_id(4)).await.unwrap().is_some());
    left.close().await.unwrap();
}

#[tokio::test]
async fn a_database_is_kept_from_one_data_directory_alone() {
    let keeping = archive().await;
    let mut settings = keeping.settings.clone();
    settings.data = keeping.data().join("another");
    let refused = Archive::open(settings.clone(), Clock::System, "serve").await.err().unwrap();
    let refused = format!("{:#}", anyhow::Error::new(refused));
    assert!(refused.contains("each needs a database of its own"), "{refused}");
    let _folder = keeping.close().await;
    Archive::open(settings, Clock::System, "serve").await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn what_a_killed_database_forgot_is_folded_again() {
    let archive = archive().await;
    take_in(&archive, 0..20, 7).await;
    archive.settle().await;
    let forget = "truncate live.feed_record, live.feed_mark, live.feed_tip, live.feed_change, live.feed_activity,
        live.feed_object, live.feed_whole, live.feed_member, live.feed_set, live.feed_tally;
        update live.projection_position set applied = 0 where name = 'feed'";
    sqlx::raw_sql(forget).execute(&archive.stores.pg).await.unwrap();
    archive.settle().await;
    assert_equal(&rebuild(&archive).run(true, |_, _| {}).await.unwrap());
}

#[tokio::test]
async fn folding_anew_gives_the_same() {
    let archive = archive().await;
    take_in(&archive, 0..30, 7).await;
    archive.settle().await;
    let told = std::sync::atomic::AtomicU64::new(0);
    let progress = |done, of| {
        assert!(done <= of);
        told.store(done, std::sync::atomic::Ordering::Relaxed);
    };
    assert_equal(&rebuild(&archive).run(true, progress).await.unwrap());
    assert!(told.into_inner() > 30);
}

#[tokio::test]
async fn readers_are_answered_while_and_after_everything_is_folded_anew() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    take_in(&archive, 0..30, 30).await;
    archive.settle().await;
    archive.wait_for_harvesters();
    let before = archive.ask("/search?q=thing").await.text();
    let swapping = rebuild(&archive).run(false, |_, _| {});
    tokio::pin!(swapping);
    let rebuilt = loop {
        tokio::select! {
            rebuilt = &mut swapping => break rebuilt.unwrap(),
            () = asked_again(&archive) => {}
        }
    };
    assert!(rebuilt.iter().all(|one| one.digests.is_none() && one.events == rebuilt[0].events), "{rebuilt:?}");
    assert_eq!(archive.ask("/search?q=thing").await.text(), before);
    take_in(&archive, 30..31, 1).await;
    archive.settle().await;
    assert!(archive.ask(&format!("/o/{}", thing_id(30))).await.status.is_success());
    assert_eq!(archive.ask("/readyz").await.status, 200);
    assert_equal(&rebuild(&archive).run(true, |_, _| {}).await.unwrap());
}

async fn asked_again(archive: &TestArchive) {
    for address in [format!("/o/{}", thing_id(1)), "/search?q=thing".to_owned()] {
        let answer = archive.ask(&address).await;
        assert!(answer.status.is_success() && answer.text().contains("Thing 1"), "{address}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_projection_that_refuses_an_event_stops_and_says_so() {
    let archive = archive().await;
    take_in(&archive, 0..2, 2).await;
    archive.settle().await;
    assert_eq!(archive.ask("/readyz").await.status, 200);
    // As a full disk or a lost right would: no row more, while those that are there can be read.
    let refuse = "alter table live.catalog_object add constraint nothing_more check (false) not valid";
    sqlx::query(refuse).execute(&archive.stores.pg).await.unwrap();
    take_in(&archive, 2..4, 2).await;
    let settled = archive.app.settle().await;
    assert!(matches!(&settled, Err(KeeperError::Stopped { name, .. }) if name == "catalog"), "{settled:?}");

    let ready = archive.ask("/readyz").await;
    assert_eq!(ready.status, 503);
    let parts = ready.json();
    assert_eq!(parts["projection.catalog"]["ok"], false, "{parts}");
    assert!(parts["projection.catalog"]["detail"].as_str().unwrap().contains("nothing_more"), "{parts}");
    assert_eq!((&parts["ledger"]["ok"], &parts["projection.files"]["ok"]), (&true.into(), &true.into()), "{parts}");
    assert!(archive.ask(&format!("/o/{}", thing_id(0))).await.status.is_success());
    assert!(archive.ask("/metrics").await.status.is_success());

    let allow = "alter table live.catalog_object drop constraint nothing_more";
    sqlx::query(allow).execute(&archive.stores.pg).await.unwrap();
    let mut status = archive.keeper.projector().unwrap().status();
    let size = archive.ledger.head().await.unwrap().size;
    status.wait_for(|status| status.standings.iter().all(|standing| standing.applied >= size)).await.unwrap();
    assert_eq!(archive.ask("/readyz").await.status, 200);
    assert!(archive.ask(&format!("/o/{}", thing_id(3))).await.status.is_success());
}

#[tokio::test]
async fn a_connection_that_comes_back_inside_a_transaction_is_not_used_again() {
    let archive = archive().await;
    let pg = &archive.stores.pg;
    let mut left = pg.acquire().await.unwrap();
    sqlx::raw_sql("begin read only").execute(&mut *left).await.unwrap();
    drop(left);
    let mut all = Vec::new();
    for _ in 0..12 {
        let mut connection = pg.acquire().await.unwrap();
        let read_only: String =
            sqlx::query_scalar("show transaction_read_only").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(read_only, "off");
        all.push(connection);
    }
}

#[tokio::test]
async fn a_connection_that_comes_back_free_is_used_again() {
    let archive = archive().await;
    let mut servers = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let server: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&archive.stores.pg).await.unwrap();
        servers.insert(server);
    }
    assert!(servers.len() <= 12, "{servers:?}");
}

#[tokio::test]
async fn whoever_waits_is_told_when_folding_stops() {
    let archive = archive().await;
    archive.keeper.projector().unwrap().stop();
    take_in(&archive, 0..2, 2).await;
    let settled = archive.app.settle().await;
    assert!(matches!(&settled, Err(KeeperError::Projector(ProjectorError::Stopping))), "{settled:?}");
}

#[tokio::test]
async fn two_archives_that_took_in_the_same_hold_the_same() {
    let (once, singly) = (archive().await, archive().await);
    take_in(&once, 0..40, 40).await;
    take_in(&singly, 0..40, 1).await;
    once.settle().await;
    singly.settle().await;
    let digest = catalog::state_digest(&once.stores.pg).await.unwrap();
    assert_eq!(catalog::state_digest(&singly.stores.pg).await.unwrap(), digest);
    take_in(&singly, 40..41, 1).await;
    singly.settle().await;
    assert_ne!(catalog::state_digest(&singly.stores.pg).await.unwrap(), digest);
}
