//! Objects as they are and were, who points at whom, and what two archives have in common.

use fonds_projections::{Stores, catalog};
use fonds_schemas::*;

use super::story::{BEGIN, Story, archive, fold, text};

fn reader() -> Viewer {
    Viewer::Agent { agent: AgentId::from_random([1; 10]), scope: Scope::Read }
}

#[tokio::test]
async fn an_object_is_read_back_as_its_events_made_it() {
    let mut story = Story::new();
    let jar = story.accession("jar", Access::Public, &[text("title", "Moon jar \0 달항아리")]);
    let mut maker = text("creator", "Unknown");
    maker.authority = Some("http://example.org/unknown".to_owned());
    maker.edtf = Some("17XX".to_owned());
    story.describe(jar, &[maker, text("http://example.org/ns#glaze", "white")]);
    story.relate(jar, &[(RelationKind::PartOf, ObjectId::derived("test", "set"))], &[]);
    story.store(jar, "jar.jpg", 1);
    let stores = archive().await;
    fold(&stores, &story, 0, 2).await;
    assert_eq!(catalog::object(&stores.pg, jar).await.unwrap().as_ref(), story.objects().get(&jar).map(|o| &**o));
}

#[tokio::test]
async fn an_object_is_as_it_was_at_every_event() {
    let mut story = Story::new();
    let jar = story.accession("jar", Access::Public, &[text("title", "Jar")]);
    story.agent("somebody");
    story.describe(jar, &[text("note", "one")]);
    story.describe(jar, &[text("note", "two")]);
    let stores = archive().await;
    fold(&stores, &story, 0, 3).await;
    for (seq, statements) in [(1, Some(1)), (2, Some(1)), (3, Some(2)), (4, Some(3)), (99, Some(3)), (0, None)] {
        let then = catalog::object_at(&stores.pg, jar, seq).await.unwrap();
        assert_eq!(then.map(|object| object.statements.len()), statements, "at {seq}");
    }
}

#[tokio::test]
async fn objects_come_in_the_order_asked() {
    let mut story = Story::new();
    let ids = ["a", "b", "c"].map(|name| story.accession(name, Access::Public, &[]));
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    let asked = [ids[2], ObjectId::derived("test", "missing"), ids[0]];
    let found: Vec<_> = catalog::objects(&stores.pg, &asked).await.unwrap().iter().map(|object| object.id).collect();
    assert_eq!(found, [ids[2], ids[0]]);
}

async fn pointing(stores: &Stores, viewer: Viewer, target: ObjectId, limit: u32) -> Vec<(RelationKind, ObjectId)> {
    catalog::pointing_at(&stores.pg, &viewer, BEGIN, target, limit).await.unwrap()
}

#[tokio::test]
async fn who_points_here_is_known_until_it_is_taken_back() {
    let mut story = Story::new();
    let set = story.accession("set", Access::Public, &[]);
    let jar = story.accession("jar", Access::Public, &[]);
    story.relate(jar, &[(RelationKind::PartOf, set), (RelationKind::Related, set)], &[]);
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    let kinds = [(RelationKind::PartOf, jar), (RelationKind::Related, jar)];
    assert_eq!(pointing(&stores, Viewer::Public, set, 9).await, kinds);
    assert_eq!(pointing(&stores, Viewer::Public, set, 1).await.len(), 1);
    let stood = story.events.len();
    story.relate(jar, &[], &kinds.map(|(kind, _)| (kind, set)));
    fold(&stores, &story, stood, 9).await;
    assert_eq!(pointing(&stores, Viewer::Public, set, 9).await, []);
}

#[tokio::test]
async fn who_may_not_be_seen_takes_no_place_among_those_who_point_here() {
    let mut story = Story::new();
    let set = story.accession("set", Access::Public, &[]);
    for (name, access) in [("a", Access::Restricted), ("b", Access::Withdrawn), ("c", Access::Public)] {
        let part = story.accession(name, access, &[]);
        story.relate(part, &[(RelationKind::PartOf, set)], &[]);
    }
    let stores = archive().await;
    fold(&stores, &story, 0, 9).await;
    let open = (RelationKind::PartOf, ObjectId::derived("test", "c"));
    assert_eq!(pointing(&stores, Viewer::Public, set, 1).await, [open]);
    assert_eq!(pointing(&stores, reader(), set, 9).await.len(), 3);
}

#[tokio::test]
async fn only_what_may_be_seen_is_listed_and_counted() {
    let mut story = Story::new();
    let until = Timestamp::from_micros(BEGIN.micros() + 1_000_000_000_000);
    let public = story.accession("public", Access::Public, &[]);
    story.accession("restricted", Access::Restricted, &[]);
    let embargoed = story.accession("embargoed", Access::Embargoed { until }, &[]);
    let gone = story.accession("gone", Access::Public, &[]);
    story.set_access(gone, Access::Withdrawn);
    let stores = archive().await;
    fold(&stores, &story, 0, 2).await;
    let earlier = Timestamp::from_micros(until.micros() - 1);
    for (viewer, at, wanted) in [
        (Viewer::Public, earlier, vec![public]),
        (Viewer::Public, until, vec![public, embargoed]),
        (reader(), earlier, story.objects().into_keys().collect()),
    ] {
        let mut wanted = wanted;
        wanted.sort();
        let mut found = Vec::new();
        while let Some(next) = catalog::list(&stores.pg, &viewer, at, found.last().copied(), 1).await.unwrap().pop() {
            found.push(next.id);
        }
        assert_eq!(found, wanted, "{viewer:?} at {at}");
        let counted = catalog::count_visible(&stores.pg, &viewer, at).await.unwrap();
        assert_eq!(counted, wanted.len() as u64, "{viewer:?} at {at}");
    }
}

#[tokio::test]
async fn two_archives_that_say_the_same_have_one_state_digest() {
    let mut at_once = Story::new();
    at_once.accession("jar", Access::Public, &[text("title", "Jar"), text("note", "blue")]);
    let mut slowly = Story::new();
    slowly.agent("somebody");
    let jar = slowly.accession("jar", Access::Restricted, &[text("note", "blue")]);
    slowly.describe(jar, &[text("title", "Jar"), text("subject", "mistake")]);
    slowly.retract_all(jar, "subject");
    slowly.set_access(jar, Access::Public);
    let mut otherwise = at_once.clone();
    otherwise.describe(jar, &[text("note", "white")]);
    let mut digests = Vec::new();
    for story in [at_once, slowly, otherwise] {
        let stores = archive().await;
        fold(&stores, &story, 0, 9).await;
        digests.push(catalog::state_digest(&stores.pg).await.unwrap());
    }
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}
