//! Change Discovery: what the stream says of an archive, and what a consumer makes of it while the archive changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use fonds::archive::Archive;
use fonds::config::{ArchiveSettings, Limits};
use fonds::iiif::discovery::pages::Stream;
use fonds::iiif::presentation::manifest::{self as presentation, Setting};
use fonds::keeper::Keeper;
use fonds::{oai, server};
use fonds_projections::feed::{Activity, ActivityKind, shows_another};
use fonds_schemas::*;
use serde_json::Value;
use tower::ServiceExt as _;

use super::made::{a_file, an_object};
use super::stream::{BASE, Consumer, House, STREAM, manifest, text, thing, told};
use crate::support::Answer;

const CONTEXT: &str = "http://iiif.io/api/discovery/1/context.json";

#[tokio::test]
async fn an_empty_archive_has_a_stream_that_consumers_come_through() {
    let house = House::of(0).await;
    let collection = house.json(STREAM).await;
    assert_eq!((&collection["totalItems"], &collection["first"]), (&0.into(), &collection["last"]));
    let page = house.json(&text(&collection["last"]["id"])).await;
    assert_eq!(page["orderedItems"], Value::Array(Vec::new()));
    assert!(page.get("prev").is_none() && page.get("next").is_none());
    let mut consumer = Consumer::default();
    consumer.crawl(&house).await;
    assert!(consumer.has.is_empty());
    house.take_in(0..1, Access::Public).await;
    house.told().await;
    consumer.crawl(&house).await;
    assert_eq!(consumer.has, BTreeSet::from([manifest(0)]));
}

#[tokio::test]
async fn the_stream_is_what_the_specification_asks_for() {
    let house = House::of(1).await;
    house.describe(0, "department", "Ceramics").await;
    house.told().await;
    house.set_access(0, Access::Withdrawn).await;
    house.told().await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&house.json(STREAM).await).unwrap());
    insta::assert_snapshot!(serde_json::to_string_pretty(&house.json("/iiif/discovery/1/page/1").await).unwrap());
    for path in [STREAM, "/iiif/discovery/1/page/1", "/iiif/discovery/1/activity/1"] {
        let answer = house.archive.ask(path).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], format!("application/ld+json;profile=\"{CONTEXT}\""));
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(answer.text().starts_with(&format!("{{\"@context\":\"{CONTEXT}\",\"id\":\"{BASE}{path}\"")), "{path}");
    }
    let (page, mut activity) = (
        house.json("/iiif/discovery/1/page/1").await["orderedItems"][1].clone(),
        house.json("/iiif/discovery/1/activity/2").await,
    );
    activity.as_object_mut().unwrap().remove("@context");
    assert_eq!(activity, page, "an activity is found under its own id");
}

#[tokio::test]
async fn what_changes_a_manifest_is_told_and_nothing_else() {
    let house = House::of(2).await;
    house.picture(0).await;
    house.told().await;
    house.describe(1, "department", "Ceramics").await;
    house.told().await;
    let related = Relation { kind: RelationKind::Related, target: thing(1) };
    house.archive.relate(house.acting, thing(0), vec![related], Vec::new(), None).await.unwrap();
    house.told().await;
    assert_eq!(house.stream().await, [told("Create", 0), told("Create", 1), told("Update", 0), told("Update", 1)]);
}

#[tokio::test]
async fn hidden_things_are_never_named_and_leave_no_gap() {
    let house = House::of(1).await;
    let until = Timestamp::parse("2026-07-01T00:00:00Z").unwrap();
    house.take_in(1..2, Access::Restricted).await;
    house.take_in(2..3, Access::Embargoed { until }).await;
    house.take_in(3..4, Access::Withdrawn).await;
    house.take_in(4..5, Access::Public).await;
    house.describe(1, "note", "Nobody sees this").await;
    house.told().await;
    assert_eq!(house.stream().await, [told("Create", 0), told("Create", 4)]);
    assert_eq!(house.json(STREAM).await["totalItems"], 2);
    house.archive.clock.advance_seconds(40 * 86_400);
    house.told().await;
    house.set_access(2, Access::Restricted).await;
    house.told().await;
    let tail = [told("Create", 2), told("Delete", 2)];
    assert_eq!(house.stream().await[2..], tail);
}

#[tokio::test]
async fn a_page_that_another_follows_is_the_same_for_ever() {
    let house = House::of(100).await;
    let full = house.page(1).await;
    assert_eq!(full.json()["orderedItems"].as_array().unwrap().len(), 100);
    assert!(full.json().get("next").is_none(), "a next page without activities would be none");
    assert_eq!(full.headers[header::CACHE_CONTROL], "public, max-age=0");
    assert_eq!(house.page(2).await.status, 404);
    house.take_in(100..250, Access::Public).await;
    house.told().await;
    let closed = [house.page(1).await, house.page(2).await];
    for (number, page) in closed.iter().enumerate() {
        assert_eq!(page.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(page.json()["startIndex"], number * 100);
    }
    assert_eq!(house.page(3).await.headers[header::CACHE_CONTROL], "public, max-age=0");
    for number in 0..60 {
        house.describe(number, "note", "changed").await;
    }
    house.set_access(7, Access::Withdrawn).await;
    house.told().await;
    assert_eq!(house.page(3).await.json()["orderedItems"].as_array().unwrap().len(), 100);
    check_same(&house, &closed).await;

    let rebuild = match &house.archive.keeper {
        Keeper::Keeping { rebuild, .. } => Some(rebuild),
        Keeper::Visiting { .. } => None,
    };
    let rebuild = rebuild.unwrap();
    for one in rebuild.run(true, |_, _| {}).await.unwrap() {
        assert!(one.digests.as_ref().unwrap().are_equal(), "{one:?}");
    }
    let before = (house.stream().await, house.page(3).await.body);
    rebuild.run(false, |_, _| {}).await.unwrap();
    check_same(&house, &closed).await;
    assert_eq!((house.stream().await, house.page(3).await.body), before);

    let (settings, clock) = (house.archive.settings.clone(), house.archive.clock.clone());
    let _folder = house.archive.close().await;
    let archive = Archive::open(settings, clock, "test").await.unwrap();
    let router = server::router(Arc::new(archive), oai::Key::new([7; 32]));
    for (number, page) in (1..).zip(&closed) {
        let request = Request::get(format!("/iiif/discovery/1/page/{number}")).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.headers()[header::ETAG], page.headers[header::ETAG]);
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert_eq!(body, page.body, "page {number} after a restart");
    }
}

#[tokio::test]
async fn an_archive_of_an_earlier_release_has_its_stream_after_the_next_start() {
    let house = House::of(3).await;
    house.set_access(1, Access::Restricted).await;
    house.told().await;
    let page = house.page(1).await;
    let earlier = "drop table live.feed_activity, live.feed_change; alter table live.feed_mark drop column activities;
        update live.projection_position set code_version = 1 where name = 'feed'";
    sqlx::raw_sql(earlier).execute(&house.archive.stores.pg).await.unwrap();
    let (settings, clock) = (house.archive.settings.clone(), house.archive.clock.clone());
    let _folder = house.archive.close().await;
    let archive = Archive::open(settings, clock, "test").await.unwrap();
    let router = server::router(Arc::new(archive), oai::Key::new([7; 32]));
    let request = Request::get("/iiif/discovery/1/page/1").body(Body::empty()).unwrap();
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!(axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap(), page.body);
}

async fn check_same(house: &House, closed: &[Answer]) {
    for (number, page) in (1..).zip(closed) {
        let now = house.page(number).await;
        assert_eq!((&now.body, &now.headers[header::ETAG]), (&page.body, &page.headers[header::ETAG]), "page {number}");
    }
}

#[tokio::test]
async fn a_consumer_ends_with_what_is_public() {
    let things = 330;
    let house = House::of(250).await;
    let mut consumer = Consumer::default();
    consumer.begin(&house).await;
    assert!(consumer.read(&house).await);
    // Between two pages: some that were read, some that were not, some that are new.
    for number in [0, 1, 120, 249] {
        house.set_access(number, Access::Withdrawn).await;
    }
    for number in [2, 121, 248] {
        house.describe(number, "note", "changed").await;
    }
    house.take_in(250..things, Access::Public).await;
    house.told().await;
    while consumer.read(&house).await {
        house.describe(60, "note", "once more").await;
        house.told().await;
    }
    // What changed while it crawled comes with the next crawl.
    consumer.crawl(&house).await;
    assert_eq!(consumer.has, house.public(things).await);
    assert_eq!(consumer.has.len(), things - 4);
    let mut late = Consumer::default();
    late.crawl(&house).await;
    assert_eq!(late.has, consumer.has, "whoever comes late has the same");
    house.set_access(0, Access::Public).await;
    house.set_access(5, Access::Restricted).await;
    house.told().await;
    consumer.crawl(&house).await;
    assert_eq!(consumer.has, house.public(things).await);
}

#[tokio::test]
async fn a_consumer_that_crawls_at_any_moment_misses_nothing() {
    let house = House::of(1).await;
    let mut consumer = Consumer::default();
    for number in 1..8 {
        house.take_in(number..number + 1, Access::Public).await;
        house.archive.settle().await;
        // It comes in the very second, and in each of the seconds after.
        for _ in 0..4 {
            consumer.crawl(&house).await;
            house.archive.clock.advance_seconds(1);
        }
        assert_eq!(consumer.has, house.public(8).await, "after thing {number}");
    }
}

#[tokio::test]
async fn harvesters_and_consumers_are_told_the_same() {
    let house = House::of(5).await;
    house.set_access(1, Access::Withdrawn).await;
    house.describe(2, "title", "Another title").await;
    house.told().await;
    house.set_access(3, Access::Restricted).await;
    house.told().await;
    house.set_access(3, Access::Public).await;
    house.told().await;
    let mut newest = BTreeMap::new();
    for item in house.json("/iiif/discovery/1/page/1").await["orderedItems"].as_array().unwrap() {
        let told_at = Timestamp::parse(item["endTime"].as_str().unwrap()).unwrap();
        newest.insert(text(&item["object"]["canonical"]), (item["type"] == "Delete", told_at.seconds()));
    }
    let list = house.archive.ask("/oai?verb=ListIdentifiers&metadataPrefix=oai_dc").await.text();
    let headers: Vec<&str> = list.split("<header").skip(1).collect();
    assert_eq!(headers.len(), newest.len());
    for header in headers {
        let inside =
            |tag: &str| header.split(&format!("<{tag}>")).nth(1).unwrap().split('<').next().unwrap().to_owned();
        let id = inside("identifier").rsplit(':').next().unwrap().to_owned();
        let datestamp = Timestamp::parse(&inside("datestamp")).unwrap().seconds();
        let deleted = header.starts_with(" status=\"deleted\"");
        assert_eq!(newest[&format!("{BASE}/id/{id}")], (deleted, datestamp + 2), "{header}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_refused_in_plain_text() {
    let house = House::of(1).await;
    for (path, status) in [
        ("page/0", 400),
        ("page/-1", 400),
        ("page/007", 400),
        ("page/12345678901234567890", 400),
        ("page/one", 400),
        ("page/2", 404),
        ("page/999999999999999", 404),
        ("page/", 404),
        ("activity/0", 400),
        ("activity/2", 404),
        ("activity/999999999999999", 404),
        ("all-changes/", 404),
        ("", 404),
    ] {
        let answer = house.archive.ask(&format!("/iiif/discovery/1/{path}")).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().lines().count() == 1, "{path}: {}", answer.text());
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}

#[tokio::test]
async fn what_is_held_is_not_sent_again() {
    let house = House::of(20).await;
    for path in [STREAM, "/iiif/discovery/1/page/1"] {
        let ask = |method: &str, name: header::HeaderName, value: String| {
            let request = Request::builder().method(method).uri(path).header(name, value);
            house.archive.send(request.body(Body::empty()).unwrap())
        };
        let whole = house.archive.ask(path).await;
        let etag = whole.headers[header::ETAG].to_str().unwrap().to_owned();
        assert!(etag.starts_with('"'), "{etag}");
        let again = ask("GET", header::IF_NONE_MATCH, etag.clone()).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
        let head = ask("HEAD", header::ACCEPT, "*/*".to_owned()).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
        assert_eq!(head.headers[header::ETAG], whole.headers[header::ETAG]);
        let options = ask("OPTIONS", header::ORIGIN, "https://viewer.example.org".to_owned()).await;
        assert_eq!(options.status, 204);
        let small = ask("GET", header::ACCEPT_ENCODING, "gzip".to_owned()).await;
        assert_eq!(small.headers[header::CONTENT_ENCODING], "gzip");
        assert_eq!(small.headers[header::ETAG], format!("W/{etag}"));
        assert!(small.body.len() < whole.body.len());
        // A 304 says what the whole answer would have said: compressed, or as it is.
        for (accept, name) in [("gzip", format!("W/{etag}")), ("identity", etag.clone())] {
            let request = Request::get(path).header(header::IF_NONE_MATCH, format!("W/{etag}"));
            let request = request.header(header::ACCEPT_ENCODING, accept).body(Body::empty()).unwrap();
            let again = house.archive.send(request).await;
            assert_eq!((again.status.as_u16(), again.headers[header::ETAG].to_str().unwrap()), (304, &*name));
            let vary: Vec<_> = again.headers.get_all(header::VARY).iter().collect();
            assert_eq!(vary, ["Accept", "accept-encoding"]);
        }
    }
}

/// A stream of that many activities on pages of three.
fn of_three(addresses: &Addresses, total: u64) -> Stream<'_> {
    Stream { addresses, page_items: 3, total }
}

fn activities(numbers: std::ops::Range<u64>) -> Vec<Activity> {
    let one = |number| Activity {
        number,
        object: ObjectId::derived("test", &number.to_string()),
        kind: if number % 2 == 0 { ActivityKind::Deleted } else { ActivityKind::Created },
        published_at: 1_780_000_000 + i64::try_from(number).unwrap(),
    };
    numbers.map(one).collect()
}

#[test]
fn every_activity_is_on_one_page() {
    let addresses = Addresses::new(BASE);
    for total in 1..20 {
        let stream = of_three(&addresses, total);
        let mut seen = Vec::new();
        for page in 1..=stream.last_page() {
            let on_page = stream.on_page(page).unwrap();
            assert!(!on_page.is_empty() && (!stream.is_closed(page) || on_page.end - on_page.start == 3));
            seen.extend(on_page);
        }
        assert_eq!(seen, (1..=total).collect::<Vec<_>>());
        assert_eq!((stream.on_page(0), stream.on_page(stream.last_page() + 1)), (None, None));
    }
}

#[test]
fn a_closed_page_has_the_same_bytes_however_long_the_stream() {
    let addresses = Addresses::new(BASE);
    let render = |total, page| {
        let stream = of_three(&addresses, total);
        serde_json::to_string(&stream.page(page, &activities(stream.on_page(page).unwrap()))).unwrap()
    };
    for total in 7..40 {
        assert_eq!(render(total, 1), render(4, 1), "{total}");
        assert_eq!(render(total, 2), render(1_000_000, 2), "{total}");
    }
    assert_ne!(render(6, 2), render(7, 2), "a page is not closed before another one follows");
}

/// What two states of an object show in their manifests, given a whole that it may be part of.
fn manifests_differ(before: &Object, after: &Object, whole: &Object) -> bool {
    let addresses = Addresses::new(BASE);
    let (archive, limits) = (ArchiveSettings::default(), Limits::default());
    let render = |object: &Object| {
        let setting = Setting { addresses: &addresses, archive: &archive, limits: &limits, failures: None };
        let is_part = object
            .relations
            .iter()
            .any(|relation| relation.target == whole.id && relation.kind == RelationKind::PartOf);
        let wholes = if is_part { std::slice::from_ref(whole) } else { &[] };
        serde_json::to_value(presentation::manifest(object, wholes, setting)).unwrap()
    };
    render(before) != render(after)
}

/// Changes the first file of an object.
fn otherwise(object: &mut Object, change: impl FnOnce(&mut StoredFile)) {
    let mut file = object.files.first().unwrap().clone();
    change(&mut file);
    object.files.insert(file);
}

/// Makes another state of an object.
type Change<'a> = &'a dyn Fn(&mut Object);

#[test]
fn what_is_told_is_what_manifests_show() {
    let mut whole = an_object(&[("title", "en", "Whole")], vec![]);
    whole.id = ObjectId::derived("test", "whole");
    let relation = |kind| Relation { kind, target: whole.id };
    let picture = a_file(b"1", "image/png", "1.png", Some((40, 30)));
    let before = an_object(&[("title", "en", "Jar"), ("creator", "", "Ada")], vec![picture]);
    let differently: &[(&str, Change<'_>)] = &[
        ("nothing", &|_| {}),
        ("a text", &|object| object.statements[1].statement.text.push('!')),
        ("a language", &|object| object.statements[0].statement.language = None),
        ("another order", &|object| object.statements.push(object.statements[0].clone())),
        ("less", &|object| object.statements.truncate(1)),
        ("said again by another event", &|object| object.statements[0].seq = 9),
        ("a file less", &|object| object.files = Files::default()),
        ("a file of another kind", &|object| otherwise(object, |file| file.role = FileRole::Attachment)),
        ("a file of another name", &|object| otherwise(object, |file| file.name = "2.png".to_owned())),
        ("a file more", &|object| object.files.insert(a_file(b"2", "text/plain", "2.txt", None))),
        ("part of a whole", &|object| object.relations.push(relation(RelationKind::PartOf))),
        ("related", &|object| object.relations.push(relation(RelationKind::Related))),
        ("a later version", &|object| (object.version, object.seq) = (7, 70)),
        ("another standing", &|object| object.standing.ever_public = true),
    ];
    for (what, change) in differently {
        let mut after = before.clone();
        change(&mut after);
        assert_eq!(shows_another(&before, &after), manifests_differ(&before, &after, &whole), "{what}");
    }
    // This is in no manifest, but in the description that an activity names.
    let mut after = before.clone();
    after.statements[1].statement.authority = Some("http://vocab.getty.edu/ulan/500000001".to_owned());
    assert!(shows_another(&before, &after) && !manifests_differ(&before, &after, &whole));
}
