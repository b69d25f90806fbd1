//! Harvests that are stopped, wherever that happens, and go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::Response;
use fonds::harvest::{HarvestError, harvest};
use fonds_projections::harvests;
use fonds_schemas::event::Harvested;
use fonds_schemas::{Event, HarvestId, Stream};
use tower::ServiceExt as _;

use super::world::{
    Made, acting, count, error, harvest_all, hub, page, record, request, serve, size, source, told, try_harvest,
};

/// A way to a repository that is cut after so many pages.
async fn cut_after(router: axum::Router, pages: usize) -> (String, Arc<AtomicUsize>) {
    let left = Arc::new(AtomicUsize::new(pages));
    let counted = Arc::clone(&left);
    let handle = move |request: HttpRequest| {
        let (router, left) = (router.clone(), Arc::clone(&counted));
        async move {
            let is_list = request.uri().query().unwrap_or_default().contains("ListRecords");
            if is_list && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
                return Response::builder().status(502).body(Body::empty()).unwrap();
            }
            router.oneshot(request).await.unwrap()
        }
    };
    (serve(axum::Router::new().fallback(handle)).await.0, left)
}

#[tokio::test]
async fn a_harvest_that_stops_between_pages_goes_on_there() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..1700).await;
    let (base, left) = cut_after(source.archive.router(), 2).await;
    let report = harvest_all(&hub, &base).await;
    assert_eq!((report.counts.accessioned, report.ended, report.exit_code()), (1000, false, 2), "{}", told(&report));
    assert!(
        told(&report).contains("did not answer verb=ListRecords&resumptionToken=…, asked 3 times"),
        "{}",
        told(&report)
    );
    assert_eq!((report.retries, report.complete), (2, None));

    left.store(9, Ordering::SeqCst);
    let report = harvest_all(&hub, &base).await;
    assert_eq!((report.resumed, report.records, report.counts.accessioned), (true, 700, 700), "{}", told(&report));
    assert_eq!((report.ended, report.exit_code()), (true, 0));
    assert_eq!(count(&hub, "accessioned").await, 1700);
    assert!(report.complete.is_some());
}

#[tokio::test]
async fn where_nothing_came_the_reason_is_the_error() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..2).await;
    let (base, _) = cut_after(source.archive.router(), 0).await;
    let before = size(&hub).await;
    let request = request(&hub, &base).await;
    let error = try_harvest(&hub, &request).await.unwrap_err();
    assert!(matches!(error, HarvestError::Ask(_)), "{error}");
    assert!(error.to_string().contains("502"), "{error}");
    assert!(size(&hub).await <= before + 1, "nobody but who acts is new");
}

#[tokio::test]
async fn a_harvest_that_is_killed_anywhere_loses_nothing_and_takes_nothing_twice() {
    let (source, hub) = (source().await, hub().await);
    source.accession(0..1500).await;
    let request = request(&hub, &source.base).await;
    // As a process that is killed: what was on its way is dropped wherever it stands.
    for milliseconds in [3, 10, 25, 40, 60, 90, 120, 160, 200] {
        let mut tell = |_: &fonds::harvest::Report| {};
        let harvesting = Box::pin(harvest(&hub, &request, &mut tell));
        let _ = tokio::time::timeout(Duration::from_millis(milliseconds), harvesting).await;
    }
    let report = try_harvest(&hub, &request).await.unwrap();
    assert_eq!((report.ended, report.exit_code()), (true, 0), "{}", told(&report));
    assert_eq!(count(&hub, "accessioned").await, 1500);
    assert_eq!(count(&hub, "described").await, 0);
    let state = harvests::states_of(&hub.stores.pg, &source.base).await.unwrap();
    assert_eq!((state.len(), state[0].token.as_deref(), state[0].complete.is_some()), (1, None, true));
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_begins_the_list_anew() {
    let (a, b, c) = (record("a"), record("b"), record("c"));
    let made = Made::new([
        page(std::slice::from_ref(&a), "t1"),
        error("badResumptionToken"),
        page(&[a, b], "t2"),
        page(&[c], ""),
    ])
    .await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.restarts, report.counts.accessioned, report.counts.unchanged), (1, 3, 1), "{}", told(&report));
    assert_eq!((report.ended, report.exit_code()), (true, 0));
    assert!(told(&report).contains("the list is asked for anew, from its beginning"), "{}", told(&report));
    let (first, token) = ("verb=ListRecords&metadataPrefix=oai_dc", "verb=ListRecords&resumptionToken=");
    assert_eq!(made.queries(), [first, &format!("{token}t1"), first, &format!("{token}t2")]);
}

#[tokio::test]
async fn the_token_of_an_earlier_harvest_may_be_refused_in_any_words() {
    let made = Made::new([page(&[record("a")], "t1"), error("badArgument")]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.ended, report.exit_code()), (false, 2), "{}", told(&report));
    made.then([error("badArgument"), page(&[record("a"), record("b")], "")]);
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.resumed, report.restarts, report.counts.accessioned), (true, 1, 1), "{}", told(&report));
    assert_eq!((report.ended, report.exit_code()), (true, 0));
}

#[tokio::test]
async fn tokens_that_are_never_good_end_the_harvest() {
    let made = Made::new([page(&[record("a")], "t1"), error("badResumptionToken")]).await;
    made.then([page(&[record("a")], "t1"), error("badResumptionToken")].into_iter().cycle().take(40));
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.ended, report.exit_code(), report.restarts), (false, 2, 4), "{}", told(&report));
    assert!(told(&report).contains("its tokens are never good for long"), "{}", told(&report));
}

#[tokio::test]
async fn nothing_changed_is_no_error() {
    let made = Made::new([error("noRecordsMatch")]).await;
    let hub = hub().await;
    let before = size(&hub).await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.records, report.ended, report.exit_code()), (0, true, 0), "{}", told(&report));
    assert!(size(&hub).await <= before + 1, "nobody but who acts is new");
}

#[tokio::test]
async fn the_next_harvest_asks_from_one_step_before_the_list_began() {
    let made = Made::new([page(&[record("a")], "t1"), page(&[record("b")], ""), error("noRecordsMatch")]).await;
    let hub = hub().await;
    harvest_all(&hub, &made.base).await;
    harvest_all(&hub, &made.base).await;
    let mut other = request(&hub, &made.base).await;
    (other.from, other.until) = (Some("2026-01-01".to_owned()), Some("2026-01-31".to_owned()));
    try_harvest(&hub, &other).await.unwrap();
    other.set = Some("a:b".to_owned());
    (other.from, other.until) = (None, None);
    try_harvest(&hub, &other).await.unwrap();
    let list = "verb=ListRecords&metadataPrefix=oai_dc";
    let wanted = [
        format!("{list}&from=2026-11-21T09%3A59%3A59Z"),
        format!("{list}&from=2026-01-01T00%3A00%3A00Z&until=2026-01-31T23%3A59%3A59Z"),
        format!("{list}&set=a%3Ab"),
    ];
    assert_eq!(made.queries()[2..], wanted);
}

#[tokio::test]
async fn two_harvests_of_one_list_at_a_time_are_one_too_many() {
    let made = Made::new([page(&[record("a")], "")]).await;
    let hub = hub().await;
    harvest_all(&hub, &made.base).await;
    let harvest = HarvestId::derived(&made.base, "oai_dc", None);
    let events = hub.ledger.stream(Stream::Harvest(harvest), None).await.unwrap();
    let Some(Event::Harvested(page)) = &events[0].event else { panic!("{events:?}") };
    assert_eq!((page.records.len(), page.records[0].objects.as_slice()), (1, [made.harvested("a")].as_slice()));
    let acting = acting(&hub).await;
    let again: Vec<Harvested> = vec![page.clone()];
    let refused = hub.record_harvest(acting, harvest, None, again.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("another process went on"), "{refused}");
    assert_eq!(hub.record_harvest(acting, harvest, Some(0), again).await.unwrap(), Some(1));
}

#[tokio::test]
async fn another_numbering_is_refused() {
    let made = Made::new([page(&[record("a")], "")]).await;
    let hub = hub().await;
    harvest_all(&hub, &made.base).await;
    let mut request = request(&hub, &made.base).await;
    request.namespace = Some("ours".to_owned());
    let error = try_harvest(&hub, &request).await.unwrap_err();
    assert!(matches!(error, HarvestError::Namespace { .. }), "{error}");
}
