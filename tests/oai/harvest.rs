//! Harvests that run while the archive changes: no record is lost.

use std::collections::BTreeMap;

use fonds_schemas::{Access, ObjectId, StatementId};

use super::schema::check_valid;
use super::world::{World, all_between, said, token_of};

/// What a harvester has of each record: its title, or nothing where it learnt that the record is gone.
type Harvested = BTreeMap<String, Option<String>>;

fn take_in(harvested: &mut Harvested, page: &str) {
    for record in all_between(page, "<record>", "</record>") {
        let identifier = all_between(record, "<identifier>", "</identifier>")[0].to_owned();
        let title = all_between(record, "<dc:title>", "</dc:title>").pop().map(str::to_owned);
        harvested.insert(identifier, title);
    }
}

/// Reads on from a page until the list ends.
async fn rest(world: &World, harvested: &mut Harvested, mut page: String) {
    loop {
        take_in(harvested, &page);
        let Some(token) = token_of(&page) else { return };
        page = world.ask(&format!("verb=ListRecords&resumptionToken={token}")).await;
        assert!(!page.contains("<error"), "{page}");
    }
}

async fn many() -> (World, Vec<ObjectId>) {
    let mut world = World::opened().await;
    world.wait(60);
    let objects =
        (0..1500).map(|number| world.accession_titled(&number.to_string(), &format!("Jar {number}"))).collect();
    world.publish().await;
    (world, objects)
}

/// Edits every tenth object and deletes every hundredth: some were delivered on the first pages, some were not.
fn change(world: &mut World, objects: &[ObjectId]) {
    for (number, object) in objects.iter().enumerate() {
        if number % 10 == 3 {
            let old: Vec<StatementId> = world.object(*object).statements.iter().map(|standing| standing.id).collect();
            world.describe(*object, vec![said("title", &format!("Edited {number}"))], old);
        }
        if number % 100 == 7 {
            world.set_access(*object, Access::Withdrawn);
        }
    }
}

/// What a harvester must have in the end.
fn wanted(world: &World, objects: &[ObjectId]) -> Harvested {
    let title = |number: usize| match number {
        number if number % 100 == 7 => None,
        number if number % 10 == 3 => Some(format!("Edited {number}")),
        number => Some(format!("Jar {number}")),
    };
    objects.iter().enumerate().map(|(number, object)| (world.identifier(*object), title(number))).collect()
}

/// Harvests two pages, lets the archive change, and harvests the rest.
async fn harvest_across_a_change(arguments: &str, published: Published) -> (World, Vec<ObjectId>, Harvested, String) {
    let (mut world, objects) = many().await;
    let mut harvested = Harvested::new();
    let first = world.ask(&format!("verb=ListRecords&metadataPrefix=oai_dc{arguments}")).await;
    take_in(&mut harvested, &first);
    let second = world.ask(&format!("verb=ListRecords&resumptionToken={}", token_of(&first).unwrap())).await;
    change(&mut world, &objects);
    match published {
        Published::Already => world.publish().await,
        Published::NotYet => world.fold().await,
    }
    rest(&world, &mut harvested, second).await;
    let next_from = all_between(&first, "<responseDate>", "</responseDate>")[0].to_owned();
    (world, objects, harvested, next_from)
}

/// Whether the change became visible while the harvest ran.
#[derive(Clone, Copy)]
enum Published {
    Already,
    NotYet,
}

#[tokio::test]
async fn what_changes_during_a_harvest_comes_at_its_end() {
    let (world, objects, harvested, _) = Box::pin(harvest_across_a_change("", Published::Already)).await;
    assert_eq!(harvested, wanted(&world, &objects));
}

#[tokio::test]
async fn what_changed_but_is_not_published_comes_as_it_was() {
    let (mut world, objects, mut harvested, next_from) = Box::pin(harvest_across_a_change("", Published::NotYet)).await;
    assert_eq!(harvested.len(), 1500, "no record is missing while its replacement waits");
    world.publish().await;
    let page = world.ask(&format!("verb=ListRecords&metadataPrefix=oai_dc&from={next_from}")).await;
    rest(&world, &mut harvested, page).await;
    assert_eq!(harvested, wanted(&world, &objects));
}

#[tokio::test]
async fn with_until_the_next_harvest_has_what_changed() {
    let until = "&until=2026-11-21T10:01:00Z";
    let (world, objects, mut harvested, next_from) = Box::pin(harvest_across_a_change(until, Published::Already)).await;
    let page = world.ask(&format!("verb=ListRecords&metadataPrefix=oai_dc&from={next_from}")).await;
    assert_eq!(all_between(&page, "<record>", "</record>").len(), 165, "exactly the difference");
    check_valid(&[("difference".to_owned(), page.clone())]);
    rest(&world, &mut harvested, page).await;
    assert_eq!(harvested, wanted(&world, &objects));
}

#[tokio::test]
async fn a_list_whose_rest_moved_on_says_so() {
    let (mut world, objects) = many().await;
    let list = "verb=ListRecords&metadataPrefix=oai_dc&until=2026-11-21T10:01:00Z";
    let first = world.ask(list).await;
    for object in &objects[500..] {
        world.set_access(*object, Access::Withdrawn);
    }
    world.publish().await;
    let page = world.ask(&format!("verb=ListRecords&resumptionToken={}", token_of(&first).unwrap())).await;
    assert!(page.contains("<error code=\"badResumptionToken\">"), "{page}");
}

#[tokio::test]
async fn a_harvester_that_comes_every_second_misses_nothing() {
    let mut world = World::opened().await;
    let mut harvested = Harvested::new();
    let mut from = String::from("2026-11-21T10:00:00Z");
    let mut objects = Vec::new();
    for second in 0..40 {
        // Two objects and two marks in most seconds, and a feed that lags behind in some.
        if second < 30 {
            objects.push(world.accession_titled(&format!("{second}a"), "Jar"));
            world.mark();
            objects.push(world.accession_titled(&format!("{second}b"), "Jar"));
            world.mark();
        }
        if second % 5 != 2 {
            world.fold().await;
        }
        world.wait(1);
        let page = world.ask(&format!("verb=ListRecords&metadataPrefix=oai_dc&from={from}")).await;
        all_between(&page, "<responseDate>", "</responseDate>")[0].clone_into(&mut from);
        take_in(&mut harvested, &page);
    }
    assert_eq!(harvested.len(), objects.len());
}

/// The size that the first page tells, and how many headers the list has.
async fn size_told_and_found(world: &World) -> (String, usize) {
    let mut page = world.ask("verb=ListIdentifiers&metadataPrefix=oai_dc").await;
    let told = all_between(&page, "completeListSize=\"", "\"")[0].to_owned();
    let mut found = 0;
    loop {
        found += all_between(&page, "<header", "</header>").len();
        let Some(token) = token_of(&page) else { return (told, found) };
        page = world.ask(&format!("verb=ListIdentifiers&resumptionToken={token}")).await;
    }
}

#[tokio::test]
async fn the_size_of_a_list_counts_what_is_visible_and_nothing_else() {
    let (mut world, objects) = many().await;
    assert_eq!(size_told_and_found(&world).await, ("1500".to_owned(), 1500));
    change(&mut world, &objects);
    change(&mut world, &objects[..50]);
    let new: Vec<_> = (0..30).map(|number| world.accession_titled(&format!("new {number}"), "New")).collect();
    world.describe(new[0], vec![said("title", "New and edited")], Vec::new());
    world.set_access(new[1], Access::Withdrawn);
    world.fold().await;
    assert_eq!(size_told_and_found(&world).await, ("1500".to_owned(), 1500), "nothing of this is visible yet");
    world.publish().await;
    assert_eq!(size_told_and_found(&world).await, ("1530".to_owned(), 1530), "what is gone is told, too");
}
