//! OAI-PMH as HTTP carries it: methods, media types, compression, limits.

use std::io::Read as _;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::support::{TestArchive, archive_at, noon};
use fonds::clock::Clock;

async fn archive() -> TestArchive {
    let archive = archive_at(Clock::standing_at(noon())).await;
    archive.settle().await;
    archive.wait_for_harvesters();
    archive
}

fn post(media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/oai").header(header::CONTENT_TYPE, media_type).body(body.into()).unwrap()
}

#[tokio::test]
async fn replies_are_xml_with_status_200_errors_too() {
    let archive = archive().await;
    for query in ["verb=Identify", "verb=Nothing", "", "verb=GetRecord&metadataPrefix=oai_dc&identifier=%00"] {
        let answer = archive.ask(&format!("/oai?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/xml; charset=utf-8", "{query}");
        assert!(answer.text().starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{query}");
    }
}

#[tokio::test]
async fn a_post_is_a_form() {
    let archive = archive().await;
    let form = "application/x-www-form-urlencoded";
    let answer = archive.send(post(form, "verb=Identify")).await;
    assert_eq!(answer.text(), archive.ask("/oai?verb=Identify").await.text());
    let answer = archive.send(post(&format!("{form}; charset=UTF-8"), "verb=ListRecords")).await;
    assert!(answer.text().contains("badArgument"), "{}", answer.text());
    let answer = archive.send(post("text/plain", "verb=Identify")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let answer = archive.send(post(form, "verb=Identify&x=".to_owned() + &"y".repeat(20_000))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn gzip_is_for_those_who_ask() {
    let archive = archive().await;
    let plain = archive.ask("/oai?verb=Identify").await;
    assert!(!plain.headers.contains_key(header::CONTENT_ENCODING), "identity is always there");
    assert!(plain.text().contains("<compression>gzip</compression>"), "{}", plain.text());
    for (accepted, packed) in [("gzip", true), ("gzip, deflate, br", true), ("identity", false), ("gzip;q=0", false)] {
        let request = Request::get("/oai?verb=Identify").header(header::ACCEPT_ENCODING, accepted);
        let answer = archive.send(request.body(Body::empty()).unwrap()).await;
        let encoding = answer.headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap());
        assert_eq!(encoding, packed.then_some("gzip"), "{accepted}");
        let mut text = answer.text();
        if packed {
            text.clear();
            flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).unwrap();
        }
        assert_eq!(text, plain.text(), "{accepted}");
    }
}
