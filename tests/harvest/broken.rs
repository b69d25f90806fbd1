//! Repositories that break the rules without meaning harm.

use std::io::Write as _;

use fonds_projections::catalog;
use fonds_schemas::Access;

use super::world::{
    Made, Reply, count, deleted, harvest_all, hub, page, raw, record, record_of, reply, request, titles, told,
    try_harvest,
};

fn busy(status: u16, retry_after: &str) -> Reply {
    let headers = vec![("retry-after", retry_after.to_owned())];
    Reply { status, headers, body: b"busy".to_vec() }
}

#[tokio::test]
async fn a_repository_that_asks_for_time_gets_it() {
    let moment = "Wed, 21 Oct 2015 07:28:00 GMT";
    let made = Made::new([busy(503, "1"), busy(429, moment), page(&[record("a")], "")]).await;
    let hub = hub().await;
    let begun = std::time::Instant::now();
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.retries, report.counts.accessioned, report.exit_code()), (2, 1, 0), "{}", told(&report));
    assert!(begun.elapsed().as_millis() >= 1_000, "it asked for a second");
}

#[tokio::test]
async fn a_repository_that_asks_for_a_day_is_asked_another_day() {
    let made = Made::new([page(&[record("a")], "t"), busy(503, "86400")]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.counts.accessioned, report.exit_code()), (1, 2));
    assert!(told(&report).contains("asks to come back in 86400 s"), "{}", told(&report));
    made.then([page(&[record("b")], "")]);
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.resumed, report.counts.accessioned, report.exit_code()), (true, 1, 0), "{}", told(&report));
}

#[tokio::test]
async fn who_asks_says_so() {
    let made = Made::new([page(&[record("a")], "")]).await;
    let hub = crate::support::archive_with(fonds::clock::Clock::System, |settings| {
        settings.archive.email = "harvests@hub.example.org".to_owned();
    })
    .await;
    harvest_all(&hub, &made.base).await;
    let asked = made.asked.lock().unwrap();
    let headers = &asked[0].1;
    let agent = headers["user-agent"].to_str().unwrap();
    let wanted = " (+https://archive.example.org; mailto:harvests@hub.example.org)";
    assert!(agent.starts_with(concat!("fonds/", env!("CARGO_PKG_VERSION"))) && agent.ends_with(wanted), "{agent}");
    assert_eq!(
        (headers["from"].as_bytes(), headers["accept-encoding"].as_bytes()),
        (&b"harvests@hub.example.org"[..], &b"gzip"[..])
    );
    assert!(!headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_packed_page_is_unpacked() {
    let plain = page(&[record("a"), record("b")], "");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&plain.body).unwrap();
    let headers = vec![("content-encoding", "gzip".to_owned())];
    let made = Made::new([Reply { status: 200, headers, body: packed.finish().unwrap() }]).await;
    let report = harvest_all(&hub().await, &made.base).await;
    assert_eq!((report.counts.accessioned, report.exit_code()), (2, 0), "{}", told(&report));
}

/// What becomes of a list of these pages: objects taken in, the exit code, and a sentence that is told.
async fn check(pages: impl IntoIterator<Item = Reply>, accessioned: u64, exit: u8, sentence: &str) {
    let made = Made::new(pages).await;
    let hub = Box::pin(hub()).await;
    let report = Box::pin(harvest_all(&hub, &made.base)).await;
    let told = told(&report);
    assert_eq!((report.counts.accessioned, report.exit_code()), (accessioned, exit), "{told}");
    assert!(told.contains(sentence), "{told}");
    assert_eq!(count(&hub, "accessioned").await as u64, accessioned);
}

#[tokio::test]
async fn a_token_that_comes_again_ends_the_list() {
    check([page(&[record("a")], "same"), page(&[record("b")], "same")], 2, 2, "gives a token for the second time")
        .await;
    check([page(&[record("a")], "1"), page(&[record("b")], "2"), page(&[record("c")], "1")], 3, 2, "second time").await;
}

#[tokio::test]
async fn after_a_list_that_leads_nowhere_the_next_one_begins_anew() {
    let made = Made::new([page(&[record("a")], "same"), page(&[record("b")], "same")]).await;
    let hub = hub().await;
    harvest_all(&hub, &made.base).await;
    made.then([page(&[record("a"), record("b"), record("c")], "")]);
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.resumed, report.counts.accessioned, report.exit_code()), (false, 1, 0), "{}", told(&report));
}

#[tokio::test]
async fn pages_without_records_end_the_list() {
    let empty = |token: &str| page(&[], token);
    let pages = [page(&[record("a")], "1"), empty("2"), empty("3"), empty("4"), empty("5")];
    check(pages, 1, 2, "3 pages in a row bring no record and lead on").await;
    check([empty("1"), empty("2"), page(&[record("a")], "")], 1, 0, "").await;
}

#[tokio::test]
async fn what_is_not_well_formed_costs_one_record() {
    let broken = record_of("b", "<dc:title>Not <i>closed</dc:title>");
    let made = Made::new([page(&[record("a"), broken, record("c")], "t"), page(&[record("d")], "")]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.counts.accessioned, report.counts.refused, report.exit_code()), (3, 1, 2), "{}", told(&report));
    let wanted = format!("refused: {}, page 1, row 2 (line 7): oai:x.example:b: </dc:title> ends where <i>", made.base);
    assert!(told(&report).contains(&wanted), "{}", told(&report));
    assert!(report.ended && report.complete.is_some());
}

#[tokio::test]
async fn behind_what_no_parser_reads_the_next_record_is_read() {
    let hub = hub().await;
    // With them the rest of the page would be lost.
    for wrong in ["<!-- never closed", "<![CDATA[ never closed"] {
        let pages = [page(&[record("a"), record_of("b", wrong), record("c")], "t"), page(&[record("d")], "")];
        let made = Made::new([pages[0].clone(), pages[0].clone(), pages[1].clone()]).await;
        let report = harvest_all(&hub, &made.base).await;
        assert_eq!(
            (report.counts.accessioned, report.exit_code(), report.ended),
            (3, 2, true),
            "{wrong}: {}",
            told(&report)
        );
        assert!(told(&report).contains("oai:x.example:b: ") && told(&report).contains("line 7"), "{}", told(&report));
        assert_eq!(made.queries().len(), 3, "a broken page is asked for once again");
    }
}

#[tokio::test]
async fn a_page_that_broke_on_its_way_is_asked_for_again() {
    let whole = page(&[record("a"), record("b")], "");
    let half = raw(whole.body[..whole.body.len() / 2].to_vec());
    check([half, whole], 2, 0, "").await;
}

#[tokio::test]
async fn a_page_whose_end_is_lost_is_the_place_to_go_on() {
    let whole = page(&[record("a"), record("b")], "t2");
    let half = raw(whole.body[..whole.body.len() / 2].to_vec());
    let made = Made::new([page(&[record("0")], "t1"), half.clone(), half]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.ended, report.exit_code(), report.complete.as_deref()), (false, 2, None), "{}", told(&report));
    assert!(told(&report).contains("the end of a page cannot be read"), "{}", told(&report));
    made.then([whole, page(&[record("c")], "")]);
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.resumed, report.ended, count(&hub, "accessioned").await), (true, true, 4), "{}", told(&report));
    assert!(made.queries().iter().rev().nth(1).unwrap().ends_with("resumptionToken=t1"), "{:?}", made.queries());
}

#[tokio::test]
async fn control_characters_cost_themselves() {
    let wrong = record_of("a", "<dc:title>Moon\u{b} jar</dc:title><dc:creator>A&#1;B</dc:creator>");
    let made = Made::new([page(&[wrong], "")]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.counts.accessioned, report.warnings > 0), (1, true), "{}", told(&report));
    let object = catalog::object(&hub.stores.pg, made.harvested("a")).await.unwrap().unwrap();
    assert_eq!(titles(&object), ["Moon jar"]);
}

#[tokio::test]
async fn a_format_that_is_not_read_is_told_record_by_record() {
    let strange = "<record><header><identifier>oai:x.example:s</identifier><datestamp>2026-11-20</datestamp></header>\
                   <metadata><thing xmlns='http://x'><error code='badVerb'/><record/></thing></metadata></record>";
    check([page(&[record("a"), strange.to_owned()], "")], 1, 2, "its metadata is \"thing\", a format that is not read")
        .await;
    let bare = "<record><header><datestamp>2026-11-20</datestamp></header><metadata/></record>";
    check([page(&[record("a"), bare.to_owned()], "")], 1, 2, "it has no metadata").await;
}

#[tokio::test]
async fn the_last_word_on_a_record_counts() {
    let later = record_of("a", "<dc:title>Later</dc:title>");
    let made = Made::new([page(&[record("a"), deleted("b"), later, record("c"), deleted("c"), record("b")], "")]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.counts.accessioned, report.deleted, report.withdrawn), (2, 1, 0), "{}", told(&report));
    let object = catalog::object(&hub.stores.pg, made.harvested("a")).await.unwrap().unwrap();
    assert_eq!((titles(&object), object.standing.access), (vec!["Later"], Access::Public));
}

#[tokio::test]
async fn a_finding_aid_that_is_gone_takes_its_parts_along() {
    let ead = "<record><header><identifier>oai:x.example:f</identifier><datestamp>2026-11-20</datestamp></header><metadata>\
        <ead xmlns='urn:isbn:1-931666-22-9'><eadheader><eadid>1</eadid></eadheader><archdesc level='fonds'><did>\
        <unittitle>Papers</unittitle></did><dsc><c level='file' id='c1'><did><unittitle>Letters</unittitle></did></c></dsc>\
        </archdesc></ead></metadata></record>";
    let made = Made::new([page(&[ead.to_owned()], "")]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.counts.accessioned, report.records), (2, 1), "{}", told(&report));
    made.then([page(&[deleted("f")], "")]);
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.withdrawn, report.deleted), (2, 1), "{}", told(&report));
}

#[tokio::test]
async fn what_is_no_repository_is_told_apart() {
    let hub = hub().await;
    for (body, sentence) in [
        ("<html><body>Not found</body></html>", "and none of OAI-PMH"),
        ("hello", "it is no XML"),
        ("", "it is no XML"),
    ] {
        let router = axum::Router::new().fallback(move || async move { body });
        let (base, _serving) = super::world::serve(router).await;
        let request = request(&hub, &base).await;
        let error = try_harvest(&hub, &request).await.unwrap_err().to_string();
        assert!(error.contains("did not answer Identify as OAI-PMH does") && error.contains(sentence), "{error}");
    }
    let made = Made::new([reply("<error code='cannotDisseminateFormat'>no</error>")]).await;
    let request = request(&hub, &made.base).await;
    let error = try_harvest(&hub, &request).await.unwrap_err().to_string();
    assert!(error.contains("refuses the list: cannotDisseminateFormat: no"), "{error}");
}
