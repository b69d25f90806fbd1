//! The activities of the publication feed: given events, then what the public is told of objects.

use fonds_projections::Projection as _;
use fonds_projections::feed::{self, Activity, ActivityKind, Feed};
use fonds_schemas::event::{FileDetached, Related};
use fonds_schemas::{
    Access, Event, FileId, FileRole, ObjectId, Relation, RelationKind, Sha256, Sha512, StoredFile, Timestamp,
};

use super::world::{World, said};

const CREATED: ActivityKind = ActivityKind::Created;
const UPDATED: ActivityKind = ActivityKind::Updated;
const DELETED: ActivityKind = ActivityKind::Deleted;

/// Everything that is visible.
async fn all(world: &World) -> Vec<Activity> {
    let window = feed::window(&world.stores.pg, world.now, world.ledger.len() as u64).await.unwrap().unwrap();
    let told = feed::activities_told(&world.stores.pg, window.through).await.unwrap();
    let all = feed::activities(&world.stores.pg, 1..told + 1).await.unwrap();
    assert!((1..).zip(&all).all(|(number, activity)| activity.number == number), "{all:?}");
    assert!(all.is_sorted_by_key(|activity| activity.published_at), "{all:?}");
    all
}

/// What is told of an object, in order.
async fn of(world: &World, object: ObjectId) -> Vec<ActivityKind> {
    all(world).await.iter().filter(|activity| activity.object == object).map(|activity| activity.kind).collect()
}

fn a_file(object: ObjectId, number: u8) -> StoredFile {
    let sha256 = Sha256::of(&[number]);
    StoredFile {
        bytes: 1,
        duration_ms: None,
        file: FileId::derived(object, &sha256),
        height: Some(30),
        media_type: "image/png".to_owned(),
        name: format!("{number}.png"),
        order: u32::from(number),
        pages: vec![],
        path: format!("{number}.png"),
        role: FileRole::Master,
        sha256,
        sha512: Sha512::of(&[number]),
        width: Some(40),
    }
}

fn relate(world: &mut World, object: ObjectId, kind: RelationKind) {
    let relation = Relation { kind, target: ObjectId::derived("test", "whole") };
    world.record(Event::Related(Related { asserted: vec![relation], object, reason: None, retracted: Vec::new() }));
}

fn detach(world: &mut World, object: ObjectId, file: FileId) {
    world.record(Event::FileDetached(FileDetached { file, object, reason: "a test".to_owned() }));
}

#[tokio::test]
async fn a_book_and_its_pages_are_one_activity() {
    let mut world = World::opened().await;
    let book = world.accession_titled("1", "Book");
    for page in 0..50 {
        world.store_file(book, a_file(book, page));
    }
    world.publish().await;
    assert_eq!(of(&world, book).await, [CREATED]);
}

#[tokio::test]
async fn what_a_manifest_shows_and_oai_dc_does_not_is_news() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    let file = a_file(jar, 1);
    world.publish().await;
    world.describe(jar, vec![said("department", "Ceramics")], Vec::new());
    world.publish().await;
    relate(&mut world, jar, RelationKind::PartOf);
    world.publish().await;
    assert_eq!(of(&world, jar).await, [CREATED, UPDATED, UPDATED]);
    let record = feed::record(&world.stores.pg, u64::MAX >> 1, jar, "oai_dc").await.unwrap().unwrap();
    assert_eq!(record.from_seq, 1, "the record in oai_dc is the first one still");
    world.store_file(jar, file.clone());
    world.publish().await;
    detach(&mut world, jar, file.file);
    world.publish().await;
    assert_eq!(of(&world, jar).await[3..], [UPDATED, UPDATED]);
}

#[tokio::test]
async fn what_nobody_can_read_otherwise_is_no_news() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    let file = a_file(jar, 1);
    world.store_file(jar, file.clone());
    world.publish().await;
    relate(&mut world, jar, RelationKind::Related);
    world.set_access(jar, Access::Public);
    world.store_file(jar, file);
    world.describe(jar, Vec::new(), Vec::new());
    world.fold().await;
    assert_eq!(feed::unpublished(&world.stores.pg).await.unwrap(), None, "nothing waits to be told");
    world.publish().await;
    assert_eq!(of(&world, jar).await, [CREATED]);
}

#[tokio::test]
async fn what_comes_and_goes_is_told_each_time() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    world.publish().await;
    for access in [Access::Restricted, Access::Withdrawn, Access::Public, Access::Withdrawn, Access::Public] {
        world.set_access(jar, access);
        world.publish().await;
    }
    assert_eq!(of(&world, jar).await, [CREATED, DELETED, CREATED, DELETED, CREATED]);
    let times: Vec<String> = all(&world)
        .await
        .iter()
        .map(|activity| Timestamp::from_micros(activity.published_at * 1_000_000).to_seconds_string())
        .collect();
    assert_eq!(times[..2], ["2026-11-21T10:00:00Z", "2026-11-21T10:00:10Z"]);
}

#[tokio::test]
async fn what_was_never_public_is_not_counted() {
    let mut world = World::opened().await;
    let until = Timestamp::from_micros(world.now.micros() + 3_600_000_000);
    for (number, access) in [Access::Restricted, Access::Withdrawn, Access::Embargoed { until }].into_iter().enumerate()
    {
        let hidden = world.accession(&number.to_string(), access, vec![said("title", "Hidden")]);
        world.store_file(hidden, a_file(hidden, 1));
        world.describe(hidden, vec![said("note", "Hidden")], Vec::new());
        world.set_access(hidden, Access::Withdrawn);
    }
    world.fold().await;
    assert_eq!(feed::unpublished(&world.stores.pg).await.unwrap(), None);
    world.publish().await;
    assert_eq!(all(&world).await, []);
}

#[tokio::test]
async fn what_came_and_went_between_two_marks_was_never_told() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    world.set_access(jar, Access::Withdrawn);
    world.publish().await;
    assert_eq!(all(&world).await, []);
}

#[tokio::test]
async fn what_went_and_came_back_between_two_marks_may_show_something_else() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    world.publish().await;
    world.set_access(jar, Access::Restricted);
    world.describe(jar, vec![said("note", "Said while nobody saw")], Vec::new());
    world.set_access(jar, Access::Public);
    world.publish().await;
    assert_eq!(of(&world, jar).await, [CREATED, UPDATED]);
}

#[tokio::test]
async fn an_embargo_is_told_once_it_has_lifted() {
    let mut world = World::opened().await;
    let until = Timestamp::from_micros(world.now.micros() + 60_000_000);
    let (jar, cup) = (Access::Embargoed { until }, Access::Embargoed { until });
    let jar = world.accession("1", jar, vec![said("title", "Jar")]);
    let cup = world.accession("2", cup, vec![said("title", "Cup")]);
    world.publish().await;
    world.wait(100);
    assert_eq!(all(&world).await, []);
    world.lapse(jar, until);
    // Somebody describes it before anybody has recorded that the embargo is over.
    world.describe(cup, vec![said("note", "Blue")], Vec::new());
    world.lapse(cup, until);
    world.publish().await;
    assert_eq!((of(&world, jar).await, of(&world, cup).await), (vec![CREATED], vec![CREATED]));
    world.publish().await;
    assert_eq!(all(&world).await.len(), 2);
}

#[tokio::test]
async fn a_mark_tells_only_what_it_covers() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    let through = world.ledger.len() as u64 - 1;
    let cup = world.accession_titled("2", "Cup");
    world.describe(jar, vec![said("note", "Blue")], Vec::new());
    world.record(Event::PublicationMarked(fonds_schemas::event::PublicationMarked { through }));
    world.fold().await;
    world.wait(10);
    assert_eq!((of(&world, jar).await, of(&world, cup).await), (vec![CREATED], Vec::new()));
    world.publish().await;
    let kinds: Vec<_> = all(&world).await.iter().map(|activity| (activity.kind, activity.object)).collect();
    assert_eq!(kinds, [(CREATED, jar), (CREATED, cup), (UPDATED, jar)]);
}

#[tokio::test]
async fn nothing_is_told_of_a_second_that_is_not_over() {
    let mut world = World::opened().await;
    world.wait(5);
    world.accession_titled("1", "Jar");
    world.mark();
    world.fold().await;
    assert_eq!(all(&world).await, []);
    world.wait(1);
    assert_eq!(all(&world).await, []);
    world.wait(1);
    assert_eq!(all(&world).await.len(), 1);
}

#[tokio::test]
async fn where_batches_end_does_not_show_in_activities() {
    let mut world = World::opened().await;
    let jars: Vec<_> = (0..12).map(|number| world.accession_titled(&number.to_string(), "Jar")).collect();
    for (number, jar) in (0u8..).zip(&jars) {
        world.store_file(*jar, a_file(*jar, number));
        if number % 3 == 0 {
            world.set_access(*jar, Access::Withdrawn);
            world.wait(1);
            world.mark();
        }
        if number % 6 == 0 {
            world.set_access(*jar, Access::Public);
        }
        world.describe(*jar, vec![said("department", "Ceramics")], Vec::new());
    }
    world.publish().await;
    world.accession_titled("waits", "for its mark");
    world.fold().await;
    let (digest, told) = (Feed.digest(&world.stores).await.unwrap(), all(&world).await);
    assert!(told.len() > jars.len(), "{told:?}");
    for batch in [1, 2, 5] {
        let other = world.folded_anew(batch).await;
        assert_eq!(all(&other).await, told, "batches of {batch}");
        assert_eq!(Feed.digest(&other.stores).await.unwrap(), digest, "batches of {batch}");
    }
}

#[tokio::test]
async fn an_erased_body_moves_no_number() {
    let mut world = World::opened().await;
    let jar = world.accession_titled("1", "Jar");
    world.publish().await;
    world.describe(jar, vec![said("note", "Somebody's name")], Vec::new());
    world.publish().await;
    let cup = world.accession_titled("2", "Cup");
    world.publish().await;
    let told = all(&world).await;
    let described = world.ledger.iter_mut().find(|recorded| recorded.envelope.kind == "described").unwrap();
    described.event = None;
    let other = world.folded_anew(3).await;
    assert_eq!(all(&other).await, told);
    assert_eq!(told.last().map(|activity| activity.object), Some(cup));
}
