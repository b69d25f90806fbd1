//! Questions over HTTP, kind and unkind ones.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use fonds::linked::{self, sparql};
use fonds_projections::graph::write::Format;

use super::*;

#[test]
fn an_update_is_refused() {
    check_refused("INSERT DATA { <a:b> <a:c> <a:d> }", "takes no updates");
    check_refused("CLEAR ALL", "takes no updates");
}

#[test]
fn another_endpoint_is_not_asked() {
    check_refused("SELECT * { SERVICE <http://169.254.169.254/> { ?s ?p ?o } }", "too costly");
    check_refused("SELECT * { SERVICE SILENT <http://169.254.169.254/> { ?s ?p ?o } }", "too costly");
}

#[test]
fn a_huge_query_is_refused() {
    check_refused(&format!("ASK {{ {} }}", "?s ?p ?o . ".repeat(10_000)), "at most 8192");
}

#[test]
fn a_deep_query_is_refused() {
    check_refused(&format!("ASK {{ FILTER({}1{}) }}", "(".repeat(1000), ")".repeat(1000)), "brackets");
}

fn counted(
    counter: &sparql::Counter,
    triples: &Triples,
    seconds: u64,
    request: Request<Body>,
) -> (StatusCode, String, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(asked(counter, triples, seconds, request))
}

async fn asked(
    counter: &sparql::Counter,
    triples: &Triples,
    seconds: u64,
    request: Request<Body>,
) -> (StatusCode, String, String) {
    let addresses = Addresses::new(BASE);
    let place = sparql::Place { triples, addresses: &addresses, limit: Duration::from_secs(seconds) };
    let response = sparql::respond(counter, &place, request).await;
    let status = response.status();
    let media_type = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, media_type, String::from_utf8(body.to_vec()).unwrap())
}

fn get(query: &str, accept: &str) -> Request<Body> {
    let escaped = query.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let uri = if query.is_empty() { "/sparql".to_owned() } else { format!("/sparql?query={escaped}") };
    Request::get(uri).header(header::ACCEPT, accept).body(Body::empty()).unwrap()
}

fn post(media_type: &str, body: &str) -> Request<Body> {
    Request::post("/sparql").header(header::CONTENT_TYPE, media_type).body(Body::from(body.to_owned())).unwrap()
}

/// The longest chains of operators that fit, and brackets as deep as they may be: the stack holds, the time too.
#[test]
fn a_long_chain_of_operators_does_not_end_the_process() {
    let triples = Triples::in_memory().unwrap();
    for (chain, status) in [
        (format!("ASK {{ FILTER(1{}) }}", "+1".repeat(4000)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ FILTER(1{}) }}", "+1".repeat(900)), StatusCode::OK),
        (format!("ASK {{ FILTER(1{}) }}", "||1".repeat(2500)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ ?s <a:b>{} ?o }}", "/<a:b>".repeat(1300)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ ?s <a:b>{} ?o }}", "/<a:b>".repeat(60)), StatusCode::OK),
        (format!("ASK {{ {} }}", "OPTIONAL{?s ?p ?o}".repeat(450)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ {{}} {} }}", "UNION{}".repeat(1100)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ FILTER({}1{}) }}", "!(".repeat(10), ")".repeat(10)), StatusCode::OK),
        (format!("ASK {{ FILTER({}'a'{}) }}", "REGEX(".repeat(10), ",'a')".repeat(10)), StatusCode::OK),
        (format!("ASK {{ {}?s ?p ?o{} }}", "{".repeat(11), "}".repeat(11)), StatusCode::OK),
    ] {
        let answer = counted(&sparql::Counter::default(), &triples, 60, get(&chain, "*/*"));
        assert_eq!(answer.0, status, "{} {}", &chain[..30], answer.2);
    }
}

async fn many() -> Triples {
    (0..300).fold(Given::nothing(), |given, n| given.then(public(&format!("cup {n}")))).graph().await
}

const HARD: &str = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?j) }";

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let triples = many().await;
    let (status, _, body) = asked(&sparql::Counter::default(), &triples, 1, get(HARD, "*/*")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("longer than 1 seconds"), "{body}");
}

#[tokio::test]
async fn a_third_query_is_told_to_come_back() {
    let triples = many().await;
    let counter = sparql::Counter::default();
    let hard = || asked(&counter, &triples, 1, get(HARD, "*/*"));
    let (_, _, third) = tokio::join!(hard(), hard(), hard());
    assert_eq!(third.0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(third.2.contains("too many queries"), "{}", third.2);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_whole() {
    let triples = many().await;
    let question = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }";
    let (status, _, body) = asked(&sparql::Counter::default(), &triples, 60, get(question, "*/*")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("LIMIT"), "{body}");
}

#[tokio::test]
async fn the_answer_comes_in_the_format_asked_for() {
    let triples = Given::nothing().then(public("jar")).graph().await;
    let select = "SELECT ?t WHERE { ?s <http://purl.org/dc/elements/1.1/title> ?t }";
    let construct = "CONSTRUCT WHERE { ?s <http://purl.org/dc/elements/1.1/title> ?t }";
    for (query, accept, media_type, part) in [
        (select, "*/*", "application/sparql-results+json", "\"value\":\"The jar\""),
        (select, "application/json", "application/sparql-results+json", "\"value\":\"The jar\""),
        (select, "application/sparql-results+xml", "application/sparql-results+xml", "<literal>The jar</literal>"),
        (select, "text/csv", "text/csv; charset=utf-8", "t\r\nThe jar\r\n"),
        (select, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8", "?t\n\"The jar\"\n"),
        ("ASK { ?s ?p ?o }", "*/*", "application/sparql-results+json", "\"boolean\":true"),
        (construct, "*/*", "text/turtle", "dc:title \"The jar\""),
        (construct, "application/n-triples", "application/n-triples", "title> \"The jar\" ."),
        (construct, "application/rdf+xml", "application/rdf+xml", "<dc:title>The jar</dc:title>"),
        (construct, "application/ld+json", "application/ld+json", "The jar"),
        ("", "text/html,*/*;q=0.8", "text/html; charset=utf-8", "<form action=\"/sparql\""),
        ("", "text/turtle", "text/turtle", "sd:Service"),
    ] {
        let answer = asked(&sparql::Counter::default(), &triples, 10, get(query, accept)).await;
        assert_eq!((answer.0, answer.1.as_str()), (StatusCode::OK, media_type), "{query} {}", answer.2);
        assert!(answer.2.contains(part), "{accept}: {}", answer.2);
    }
}

#[tokio::test]
async fn requests_of_the_protocol_are_told_from_others() {
    let triples = Given::nothing().then(public("jar")).graph().await;
    let form = "application/x-www-form-urlencoded";
    for (request, status) in [
        (post("application/sparql-query", "ASK { ?s ?p ?o }"), StatusCode::OK),
        (post(form, "query=ASK+%7B+?s+?p+?o+%7D"), StatusCode::OK),
        (post(form, "update=CLEAR+ALL"), StatusCode::BAD_REQUEST),
        (post("application/sparql-update", "CLEAR ALL"), StatusCode::BAD_REQUEST),
        (post("application/sparql-query", "CLEAR ALL"), StatusCode::BAD_REQUEST),
        (post("application/sparql-query", &"x".repeat(100_000)), StatusCode::PAYLOAD_TOO_LARGE),
        (post(form, "quer=x"), StatusCode::BAD_REQUEST),
        (post(form, "query=%zz"), StatusCode::BAD_REQUEST),
        (post(form, "query=ASK{}&query=ASK{}"), StatusCode::BAD_REQUEST),
        (post(form, "query=ASK{}&default-graph-uri=urn:fonds:held"), StatusCode::BAD_REQUEST),
        (post("text/plain", "ASK {}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (get("ASK {", "*/*"), StatusCode::BAD_REQUEST),
        (get("ASK {}", "image/png"), StatusCode::NOT_ACCEPTABLE),
        (Request::delete("/sparql").body(Body::empty()).unwrap(), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let what = format!("{request:?}");
        let answer = asked(&sparql::Counter::default(), &triples, 10, request).await;
        assert_eq!(answer.0, status, "{what} {}", answer.2);
    }
}

#[tokio::test]
async fn the_name_of_an_object_leads_to_what_the_asker_takes() {
    let addresses = Addresses::new(BASE);
    let jar = id("jar");
    for (accept, profile, extension) in [
        ("text/html,*/*;q=0.8", "", ""),
        ("text/turtle", "", ".ttl"),
        ("application/rdf+xml", "", ".rdf"),
        ("application/ld+json", "", ".jsonld"),
        ("application/n-triples", "", ".nt"),
        ("application/json", "", ".json"),
        ("application/ld+json;profile=\"https://schema.org/\"", "", ".schema.jsonld"),
        ("application/ld+json; profile=\"http://schema.org\", text/html;q=0.9", "", ".schema.jsonld"),
        ("application/ld+json;profile=\"https://linked.art/ns/v1/linked-art.json\"", "", ".linked-art.json"),
        ("application/ld+json;profile=\"https://example.org/unknown\"", "", ".jsonld"),
        ("*/*", "<https://example.org/unknown>, <https://schema.org/>;q=0.5", ".schema.jsonld"),
        ("application/ld+json", "<https://linked.art/ns/v1/linked-art.json>", ".linked-art.json"),
        ("text/turtle", "<https://schema.org/>", ".ttl"),
    ] {
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("accept", accept.parse().unwrap());
        headers.insert("accept-profile", profile.parse().unwrap());
        let response = linked::redirect(&addresses, jar, &headers).unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let location = format!("{BASE}/o/{jar}{extension}");
        assert_eq!(response.headers()[header::LOCATION], location, "{accept} {profile}");
        assert!(response.headers()[header::VARY].to_str().unwrap().contains("accept-profile"));
    }
}

#[tokio::test]
async fn an_object_is_described_in_every_format() {
    let given = Given::nothing().then(accessioned("page", Access::Restricted, &[(RelationKind::PartOf, "book")]));
    let object = given.then(image("page")).objects.remove(0);
    for (format, part) in [
        (Some(Format::Turtle), "dcterms:isPartOf <https://archive.test/id/"),
        (Some(Format::NTriples), "<http://purl.org/dc/terms/isPartOf> <https://archive.test/id/"),
        (Some(Format::RdfXml), "<dcterms:isPartOf rdf:resource=\"https://archive.test/id/"),
        (Some(Format::JsonLd), "https://archive.test/id/"),
        (None, "\"level\":\"item\""),
    ] {
        let body = linked::describe(&object, &Addresses::new(BASE), format).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(part), "{format:?}: {body}");
    }
}

#[tokio::test]
async fn a_property_that_xml_cannot_name_is_refused_in_rdf_xml_alone() {
    let mut jar = public("jar");
    jar.statements.push(said("http://example.org/123", "x"));
    let object = Given::nothing().then(jar).objects.remove(0);
    let addresses = Addresses::new(BASE);
    assert!(linked::describe(&object, &addresses, Some(Format::RdfXml)).is_err());
    assert!(linked::describe(&object, &addresses, Some(Format::Turtle)).is_ok());
}
