//! The publication feed: given events, then rows.

use fonds_projections::Projection as _;
use fonds_projections::feed::{self, Feed};
use fonds_schemas::{Access, ObjectId, Timestamp};

use super::world::{World, said};

/// What the public sees of an object: nothing, that it is gone, or its record.
async fn seen(world: &World, object: ObjectId) -> Option<bool> {
    let window = feed::window(&world.stores.pg, world.now, world.ledger.len() as u64).await.unwrap().unwrap();
    let record = feed::record(&world.stores.pg, window.through, object, "oai_dc").await.unwrap();
    record.map(|record| !record.deleted)
}

/// The datestamp of what the public sees of an object.
async fn datestamp(world: &World, object: ObjectId) -> String {
    let window = feed::window(&world.stores.pg, world.now, world.ledger.len() as u64).await.unwrap().unwrap();
    let record = feed::record(&world.stores.pg, window.through, object, "oai_dc").await.unwrap().unwrap();
    Timestamp::from_micros(record.datestamp * 1_000_000).to_seconds_string()
}

#[tokio::test]
async fn an_object_is_seen_two_seconds_after_its_mark() {
    let mut world = World::opened().await;
    world.wait(5);
    let jar = world.accession_titled("1", "Jar");
    world.fold().await;
    assert_eq!(seen(&world, jar).await, None);
    world.mark();
    world.fold().await;
    world.wait(1);
    assert_eq!(seen(&world, jar).await, None);
    world.wait(1);
    assert_eq!(seen(&world, jar).await, Some(true));
    assert_eq!(datestamp(&world, jar).await, "2026-11-21T10:00:05Z");
}

#[tokio::test]
async fn an_edit_that_the_record_does_not_show_is_no_news_to_harvesters() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    world.publish().await;
    world.describe(jar, vec![said("department", "Ceramics")], Vec::new());
    world.publish().await;
    assert_eq!(datestamp(&world, jar).await, "2026-11-21T10:00:00Z");
}

#[tokio::test]
async fn what_is_not_published_is_known_by_its_last_event() {
    let mut world = World::opened().await;
    world.fold().await;
    assert_eq!(feed::unpublished(&world.stores.pg).await.unwrap(), None);
    world.accession_titled("1", "Jar");
    world.accession_titled("2", "Jar");
    world.accession("3", Access::Restricted, vec![said("title", "Hidden")]);
    world.fold().await;
    assert_eq!(feed::unpublished(&world.stores.pg).await.unwrap(), Some(2));
    world.publish().await;
    assert_eq!(feed::unpublished(&world.stores.pg).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_public_is_told_to_be_gone_and_back() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    world.publish().await;
    for (access, wanted) in [
        (Access::Restricted, Some(false)),
        (Access::Withdrawn, Some(false)),
        (Access::Public, Some(true)),
        (Access::Withdrawn, Some(false)),
    ] {
        world.set_access(jar, access);
        world.publish().await;
        assert_eq!(seen(&world, jar).await, wanted, "{access:?}");
    }
    assert_eq!(datestamp(&world, jar).await, "2026-11-21T10:00:40Z");
}

#[tokio::test]
async fn what_never_was_public_is_not_mentioned() {
    let mut world = World::opened().await;
    let jar = world.accession("1", Access::Restricted, vec![said("title", "Jar")]);
    world.set_access(jar, Access::Withdrawn);
    world.publish().await;
    assert_eq!(seen(&world, jar).await, None);
}

#[tokio::test]
async fn an_embargo_that_lapsed_is_news() {
    let mut world = World::opened().await;
    let until = Timestamp::from_micros(world.now.micros() + 60_000_000);
    let jar = world.accession("1", Access::Embargoed { until }, vec![said("title", "Jar")]);
    world.publish().await;
    assert_eq!(seen(&world, jar).await, None);
    world.wait(100);
    assert_eq!(seen(&world, jar).await, None, "nobody has told yet");
    world.lapse(jar, until);
    world.publish().await;
    assert_eq!(seen(&world, jar).await, Some(true));
    assert_eq!(datestamp(&world, jar).await, "2026-11-21T10:01:50Z");
}

#[tokio::test]
async fn a_feed_that_lags_promises_only_what_it_has_seen() {
    let mut world = World::opened().await;
    world.wait(10);
    world.accession_titled("1", "Jar");
    world.publish().await;
    world.accession_titled("2", "Jar");
    world.mark();
    world.wait(60);
    let size = world.ledger.len() as u64;
    let window = feed::window(&world.stores.pg, world.now, size).await.unwrap().unwrap();
    assert_eq!(Timestamp::from_micros(window.watermark * 1_000_000).to_string(), "2026-11-21T10:00:10.000000Z");
    world.fold().await;
    let window = feed::window(&world.stores.pg, world.now, size).await.unwrap().unwrap();
    assert_eq!(window.watermark, world.now.seconds() - 2);
}

#[tokio::test]
async fn where_batches_end_does_not_show() {
    let mut world = World::opened().await;
    let jars: Vec<_> = (0..20).map(|number| world.accession_titled(&number.to_string(), "Jar")).collect();
    for (number, jar) in jars.iter().enumerate() {
        world.describe(*jar, vec![said("title", "Second")], Vec::new());
        world.describe(*jar, vec![said("subject", "Third")], Vec::new());
        if number % 3 == 0 {
            world.set_access(*jar, Access::Withdrawn);
            world.mark();
        }
        if number % 6 == 0 {
            world.set_access(*jar, Access::Public);
        }
    }
    world.publish().await;
    let digest = Feed.digest(&world.stores).await.unwrap();
    for batch in [1, 7] {
        let other = world.folded_anew(batch).await;
        assert_eq!(Feed.digest(&other.stores).await.unwrap(), digest, "batches of {batch}");
        let list = "verb=ListRecords&metadataPrefix=oai_dc";
        assert_eq!(other.ask(list).await, world.ask(list).await, "a rebuild serves the same bytes");
    }
}
