//! The projections in Postgres: given events, then rows; whatever the batches, the same content.

mod annotations;
mod catalog;
mod search;
mod story;

use fonds_projections::{files, provenance, tokens};
use fonds_schemas::event::{BatchCounts, BatchKind};
use fonds_schemas::*;
use story::{Story, archive, digests, fold, shadow, text};

/// A story with every kind of event that these projections read.
fn eventful() -> Story {
    let mut story = Story::new();
    let person = story.agent("Ada\0 Example");
    let batch = story.open_batch(BatchKind::Ingest, "first import");
    for number in 0..25 {
        let name = format!("jar {number}");
        let jar = story.accession(&name, Access::Public, &[text("title", &name), text("creator", "Unknown potter")]);
        if number % 3 == 0 {
            story.describe(jar, &[text("subject", "moon"), text("note", &format!("number {number}"))]);
        }
        if number % 4 == 0 {
            let file = story.store(jar, &name, number);
            let id = AnnotationId::from_random([u8::try_from(number).unwrap(); 10]);
            story.annotate(id, jar, file, &format!("said {number}"));
            story.transcribe(jar, file, &["on the base", "of the jar 달항아리"]);
            story.annotate(id, jar, file, &format!("said again {number}"));
            if number % 8 == 0 {
                story.transcribe(jar, file, &["on the foot"]);
                story.retract_annotation(id, jar);
            }
        }
        if number % 5 == 0 {
            story.set_access(jar, Access::Restricted);
            story.set_access(jar, Access::Public);
        }
        if number % 7 == 0 {
            let whole = ObjectId::derived("test", "jar 0");
            story.relate(jar, &[(RelationKind::PartOf, whole), (RelationKind::Related, whole)], &[]);
            story.relate(jar, &[], &[(RelationKind::Related, whole)]);
        }
        if number % 8 == 0 {
            story.retract_all(jar, "subject");
            story.detach(jar, &name);
        }
    }
    story.close_batch(batch, BatchCounts { accessioned: 25, ..BatchCounts::default() });
    let token = story.issue_token(person, Scope::Write);
    story.issue_token(person, Scope::Read);
    story.revoke_token(token);
    story
}

#[tokio::test]
async fn the_size_of_batches_changes_nothing() {
    let story = eventful();
    let mut seen = Vec::new();
    for size in [1, 7, 1_000] {
        let stores = archive().await;
        fold(&stores, &story, 0, size).await;
        seen.push(digests(&stores).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_shadow_folds_to_the_same_content_as_the_live_tables() {
    let story = eventful();
    let live = archive().await;
    fold(&live, &story, 0, 5).await;
    let beside = shadow(&live).await;
    fold(&beside, &story, 0, 64).await;
    assert_eq!(digests(&live).await, digests(&beside).await);
}

#[tokio::test]
async fn a_fold_goes_on_where_it_stopped() {
    let story = eventful();
    let whole = archive().await;
    fold(&whole, &story, 0, 11).await;
    let halved = archive().await;
    let half = story.events.len() / 2;
    fold(&halved, &story.until(half), 0, 11).await;
    for projection in story::projections() {
        assert_eq!(projection.position(&halved).await.unwrap(), half as u64, "{}", projection.name());
        // Making what is there already must not disturb it.
        projection.create(&halved).await.unwrap();
        projection.index(&halved).await.unwrap();
    }
    fold(&halved, &story, half, 4).await;
    assert_eq!(digests(&whole).await, digests(&halved).await);
}

#[tokio::test]
async fn a_batch_is_applied_once() {
    let story = eventful();
    let stores = archive().await;
    fold(&stores, &story, 0, 1_000).await;
    let before = digests(&stores).await;
    for projection in story::projections() {
        projection.apply(&stores, &story.batches(0, 1_000)[0]).await.unwrap_err();
    }
    assert_eq!(before, digests(&stores).await);
}

#[tokio::test]
async fn a_file_has_the_standing_that_its_object_has_now() {
    let mut story = Story::new();
    let jar = story.accession("jar", Access::Public, &[text("title", "Jar")]);
    let file = story.store(jar, "jar.jpg", 1);
    let stores = archive().await;
    fold(&stores, &story, 0, 10).await;
    let placed = files::find(&stores.pg, file).await.unwrap().unwrap();
    assert_eq!((placed.object, placed.standing.access), (jar, Access::Public));
    let stood = story.events.len();
    story.set_access(jar, Access::Withdrawn);
    fold(&stores, &story, stood, 10).await;
    let placed = files::find(&stores.pg, file).await.unwrap().unwrap();
    assert_eq!(placed.standing, Standing { access: Access::Withdrawn, ever_public: true });
}

#[tokio::test]
async fn a_file_is_found_by_its_checksum_until_it_is_detached() {
    let mut story = Story::new();
    let jar = story.accession("jar", Access::Public, &[]);
    let vase = story.accession("vase", Access::Public, &[]);
    story.store(jar, "same.jpg", 1);
    story.store(vase, "same.jpg", 1);
    let stores = archive().await;
    fold(&stores, &story, 0, 10).await;
    let sha256 = Sha256::of(b"same.jpg");
    assert_eq!(files::by_sha256(&stores.pg, &sha256).await.unwrap().len(), 2);
    assert_eq!(files::totals(&stores.pg).await.unwrap(), files::Totals { files: 2, bytes: 2_000 });
    let stood = story.events.len();
    story.detach(vase, "same.jpg");
    fold(&stores, &story, stood, 10).await;
    assert_eq!(files::by_sha256(&stores.pg, &sha256).await.unwrap()[0].object, jar);
    assert_eq!(files::totals(&stores.pg).await.unwrap(), files::Totals { files: 1, bytes: 1_000 });
}

#[tokio::test]
async fn a_batch_says_who_did_what_and_how_much() {
    let mut story = Story::new();
    let first = story.open_batch(BatchKind::Ingest, "first");
    let jar = story.accession("jar", Access::Public, &[text("title", "Jar")]);
    story.describe(jar, &[text("note", "blue")]);
    let counts = BatchCounts { accessioned: 1, described: 1, ..BatchCounts::default() };
    story.close_batch(first, counts);
    let second = story.open_batch(BatchKind::Edit, "second");
    let stores = archive().await;
    fold(&stores, &story, 0, 3).await;
    let (_, row) = provenance::batch(&stores.pg, first).await.unwrap().unwrap();
    assert_eq!((row.label.as_str(), row.kind.as_str(), row.counts), ("first", "ingest", Some(counts)));
    assert!(row.closed_at.is_some());
    let newest = provenance::batches(&stores.pg, None, 1).await.unwrap();
    assert_eq!((newest[0].1.batch, newest[0].1.closed_at, newest[0].1.counts), (second, None, None));
    let older = provenance::batches(&stores.pg, Some(newest[0].0), 9).await.unwrap();
    assert_eq!(older[0].1.batch, first);
    let acts = provenance::acts_of(&stores.pg, jar, None, 10).await.unwrap();
    let kinds: Vec<_> = acts.iter().map(|act| act.kind.as_str()).collect();
    assert_eq!(kinds, ["described", "accessioned"]);
    let before = provenance::acts_of(&stores.pg, jar, Some(acts[0].seq), 10).await.unwrap();
    assert_eq!(before.len(), 1);
    let kinds = provenance::acts_in(&stores.pg, first, None, 10).await.unwrap();
    assert_eq!(kinds.len(), 4);
}

#[tokio::test]
async fn an_agent_is_known_by_name() {
    let mut story = Story::new();
    let ada = story.agent("Ada");
    let stores = archive().await;
    fold(&stores, &story, 0, 3).await;
    let known = provenance::agents(&stores.pg, &[ada, AgentId::from_random([9; 10])]).await.unwrap();
    assert_eq!((known.len(), known[0].name.as_str(), known[0].kind), (1, "Ada", AgentKind::Person));
}

#[tokio::test]
async fn a_token_is_found_by_its_secret_and_stays_listed_when_revoked() {
    let mut story = Story::new();
    let ada = story.agent("Ada");
    let token = story.issue_token(ada, Scope::Write);
    story.revoke_token(token);
    let other = story.issue_token(ada, Scope::Read);
    let stores = archive().await;
    fold(&stores, &story, 0, 2).await;
    let found = tokens::by_secret(&stores.pg, &story::secret(token)).await.unwrap().unwrap();
    assert_eq!((found.token, found.agent, found.scope, found.revoked), (token, ada, Scope::Write, true));
    let all: Vec<_> = tokens::all(&stores.pg).await.unwrap().iter().map(|token| token.token).collect();
    assert_eq!(all, [token, other]);
    assert!(tokens::by_secret(&stores.pg, &Sha256::of(b"guess")).await.unwrap().is_none());
}
