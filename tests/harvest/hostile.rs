//! Repositories that mean harm.

use std::fmt::Write as _;
use std::io::Write as _;

use fonds::harvest::limits::{PAGE_BYTES_MAX, TOKEN_BYTES_MAX};
use fonds_projections::harvests;

use super::world::{Made, Reply, harvest_all, hub, page, raw, record, record_of, request, size, told, try_harvest};

#[tokio::test]
async fn document_types_are_refused_and_entities_never_resolved() {
    let whole = String::from_utf8(page(&[record_of("a", "<dc:title>&b;</dc:title>")], "").body).unwrap();
    let hub = hub().await;
    for doctype in [
        "<!DOCTYPE a [<!ENTITY b 'x'>]>",
        "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
    ] {
        let made = Made::new([raw(whole.replacen('\n', &format!("\n{doctype}\n"), 1))]).await;
        let request = request(&hub, &made.base).await;
        let before = size(&hub).await;
        let error = try_harvest(&hub, &request).await.unwrap_err().to_string();
        assert!(error.contains("declares a document type of its own"), "{error}");
        assert_eq!(size(&hub).await, before);
    }
    let made = Made::new([page(&[record_of("a", "<dc:title>&b;</dc:title>"), record("c")], "")]).await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.counts.accessioned, report.counts.refused), (1, 1), "{}", told(&report));
}

#[tokio::test]
async fn a_token_without_end_is_not_sent_back() {
    let long = "x".repeat(TOKEN_BYTES_MAX + 1);
    let made = Made::new([page(&[record("a")], &long)]).await;
    let hub = hub().await;
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.counts.accessioned, report.exit_code(), made.queries().len()), (1, 2, 1), "{}", told(&report));
    assert!(told(&report).contains("its token has"), "{}", told(&report));
    let state = harvests::states_of(&hub.stores.pg, &made.base).await.unwrap();
    assert!(state.iter().all(|state| state.token.is_none()), "{state:?}");
}

#[tokio::test]
async fn a_token_is_sent_back_as_it_came() {
    let made = Made::new([page(&[record("a")], "a/b+c=:d&amp;e &#233;%20"), page(&[record("b")], "")]).await;
    let report = harvest_all(&hub().await, &made.base).await;
    assert_eq!((report.counts.accessioned, report.exit_code()), (2, 0), "{}", told(&report));
    assert!(made.queries()[1].ends_with("resumptionToken=a%2Fb%2Bc%3D%3Ad%26e+%C3%A9%2520"), "{:?}", made.queries());
}

#[tokio::test]
async fn a_page_that_unpacks_to_more_than_fits_is_not_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..=(PAGE_BYTES_MAX >> 20) {
        packed.write_all(&blanks).unwrap();
    }
    let headers = vec![("content-encoding", "gzip".to_owned())];
    let made = Made::new([Reply { status: 200, headers, body: packed.finish().unwrap() }]).await;
    let hub = hub().await;
    let request = request(&hub, &made.base).await;
    let error = try_harvest(&hub, &request).await.unwrap_err().to_string();
    assert!(error.contains(&format!("unpacks to more than {PAGE_BYTES_MAX} bytes")), "{error}");
    assert_eq!(made.queries().len(), 1, "it is not asked for again");
}

#[tokio::test]
async fn a_repository_that_sends_on_for_ever_is_followed_a_few_times() {
    let router = axum::Router::new().fallback(|uri: axum::http::Uri| async move {
        axum::response::Redirect::temporary(&format!("/x{}?{}", uri.path(), uri.query().unwrap_or_default()))
    });
    let (base, _serving) = super::world::serve(router).await;
    let hub = hub().await;
    let request = request(&hub, &base).await;
    let error = try_harvest(&hub, &request).await.unwrap_err().to_string();
    assert!(error.contains("sent on more than 5 times"), "{error}");
}

#[tokio::test]
async fn a_repository_that_moved_is_followed() {
    let made = Made::new([page(&[record("a")], "")]).await;
    let to = made.base.clone();
    let router = axum::Router::new().fallback(move |uri: axum::http::Uri| async move {
        axum::response::Redirect::permanent(&format!("{to}?{}", uri.query().unwrap_or_default()))
    });
    let (base, _serving) = super::world::serve(router).await;
    let report = harvest_all(&hub().await, &base).await;
    assert_eq!((report.counts.accessioned, report.source), (1, base));
}

#[tokio::test]
async fn a_password_is_sent_and_never_told_or_kept() {
    let made = Made::new([page(&[record("a")], "t"), raw("")]).await;
    let hub = hub().await;
    let base = made.base.replace("http://", "http://me:hunter2@");
    let report = harvest_all(&hub, &base).await;
    assert_eq!((report.source.as_str(), report.exit_code()), (made.base.as_str(), 2));
    let sent = made.asked.lock().unwrap()[0].1["authorization"].clone();
    assert_eq!(sent, "Basic bWU6aHVudGVyMg==");
    let mut everything = format!("{report:?} {} {}", told(&report), serde_json::to_string(&report).unwrap());
    for recorded in hub.ledger.read(0, 1_000).await.unwrap() {
        write!(everything, "{recorded:?}").unwrap();
    }
    assert!(!everything.contains("hunter2") && !everything.contains("bWU6"), "{everything}");
    // Whoever comes with another password, or none, goes on with the same harvest.
    made.then([page(&[record("b")], "")]);
    let report = harvest_all(&hub, &made.base).await;
    assert_eq!((report.resumed, report.counts.accessioned), (true, 1), "{}", told(&report));
}

#[tokio::test]
async fn what_is_told_of_earlier_places_is_kept_as_far_as_it_can_be_true() {
    let origin = |date: &str, inner: &str| {
        format!(
            "<originDescription harvestDate='2026-11-01T00:00:00Z' altered='false'><baseURL>http://y.example/oai</baseURL>\
             <identifier>oai:y:1</identifier><datestamp>{date}</datestamp>\
             <metadataNamespace>http://www.openarchives.org/OAI/2.0/oai_dc/</metadataNamespace>{inner}</originDescription>"
        )
    };
    let about = |origin: &str| {
        let about = format!(
            "<about><provenance xmlns='http://www.openarchives.org/OAI/2.0/provenance'>{origin}</provenance></about></record>"
        );
        record("a").replace("</record>", &about)
    };
    let hub = hub().await;
    let mut deep = String::new();
    for _ in 0..20 {
        deep = origin("2026-10-01", &deep);
    }
    for (told_there, kept) in [
        (origin("2026-10-01", ""), 1),
        (origin("2026-10-01", &origin("2026-09-01", "")), 2),
        (origin("2026-10-01", &origin("yesterday", "")), 1),
        (origin("", ""), 0),
        (deep, 8),
    ] {
        let made = Made::new([page(&[about(&told_there)], "")]).await;
        let report = harvest_all(&hub, &made.base).await;
        assert_eq!(report.counts.accessioned, 1, "{}", told(&report));
        let id = made.harvested("a");
        let origins = harvests::origins(&hub.stores.pg, &[id]).await.unwrap();
        assert_eq!(origins[&id].len(), kept + 1, "{told_there}");
        assert_eq!(origins[&id][0].base_url, made.base);
    }
}
