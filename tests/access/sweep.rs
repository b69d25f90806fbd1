//! What the public finds: the same answers as in an archive that never had the hidden objects.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds::web::form::encode;

use super::routes::requests;
use super::world::{EMBARGO_SECONDS, Names, World, worlds};
use crate::support::{Answer, TestArchive};

/// Makes a request of the sweep.
pub async fn ask(archive: &TestArchive, request: &str, token: Option<&str>) -> Answer {
    let (method, address) = request.split_once(' ').unwrap();
    // The queries of SPARQL are written readably in the list.
    let address = match address.split_once("query=") {
        Some((path, query)) => {
            let (query, rest) = query.split_once("&default").map_or((query, None), |(query, rest)| (query, Some(rest)));
            let rest = rest.map(|rest| format!("&default{rest}")).unwrap_or_default();
            format!("{path}query={}{rest}", encode(query))
        }
        None => address.to_owned(),
    };
    let mut request = Request::builder().method(method).uri(&address);
    let body = match (method, address.as_str()) {
        ("POST", "/oai") => ("application/x-www-form-urlencoded", "verb=ListIdentifiers&metadataPrefix=oai_dc"),
        ("POST", "/sparql") => ("application/sparql-query", "select * { ?s ?p ?o }"),
        _ => ("application/json", "{}"),
    };
    if method != "GET" && method != "HEAD" {
        request = request.header("content-type", body.0);
    }
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = if method == "GET" || method == "HEAD" { Body::empty() } else { Body::from(body.1) };
    archive.send(request.body(body).unwrap()).await
}

/// The whole answer as text: status, headers, body.
fn whole(answer: &Answer) -> String {
    let headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    format!("{}\n{}\n\n{}", answer.status, headers.join("\n"), answer.text())
}

/// The answer with one object's names put in the place of another's.
fn renamed(answer: &Answer, from: &Names, to: &Names) -> String {
    let mut text = whole(answer);
    for (from, to) in from.secrets().iter().zip(to.secrets()) {
        text = text.replace(from, &to);
    }
    text
}

fn assert_tells_nothing(answer: &Answer, secrets: &[String], request: &str) {
    let text = whole(answer).to_lowercase();
    for secret in secrets {
        assert!(!text.contains(&secret.to_lowercase()), "{request} tells {secret}:\n{}", whole(answer));
    }
}

/// That the answers for a hidden object are those for one that never was.
async fn check_unknown(archive: &TestArchive, hidden: &Names, gone: bool) {
    let nothing = Names::of_nothing(&hidden.word);
    let mut told = Vec::new();
    for request in requests().filter(|request| request.contains('{')) {
        for request in [request.to_owned(), request.replacen("GET ", "HEAD ", 1)] {
            let answer = ask(archive, &hidden.fill(&request), None).await;
            let unknown = ask(archive, &nothing.fill(&request), None).await;
            if gone && answer.status == StatusCode::GONE {
                assert_tells_nothing(&answer, &hidden.secrets(), &request);
                told.push(request);
                continue;
            }
            // It was disseminated once, and now its deletion is (OAI-PMH 2.0 §2.5.1).
            if gone && request.contains("&identifier=oai:") {
                assert_tells_nothing(&answer, std::slice::from_ref(&hidden.word), &request);
                let deleted = answer.text().contains("status=\"deleted\"");
                assert!(deleted || !request.starts_with("GET /oai?verb=GetRecord"), "{}", answer.text());
                continue;
            }
            let (answer, unknown) = (renamed(&answer, hidden, &nothing), whole(&unknown));
            assert_eq!(answer, unknown, "{request} tells {} from nothing", hidden.word);
        }
    }
    let said = told.iter().filter(|request| request.starts_with("GET")).count();
    assert!(!gone || said >= 15, "it is said on every page that it was withdrawn: {told:?}");
}

#[tokio::test]
async fn hidden_objects_answer_as_if_they_never_were() {
    let (world, _) = worlds().await;
    for hidden in [&world.restricted, &world.embargoed, &world.never] {
        check_unknown(&world.archive, hidden, false).await;
    }
    check_unknown(&world.archive, &world.gone, true).await;
}

#[tokio::test]
async fn no_address_tells_anything_of_hidden_objects() {
    let (world, _) = worlds().await;
    let secrets = world.secrets();
    let of_gone = world.gone.id.to_string();
    // A harvester must learn that what it holds was withdrawn: of that, OAI-PMH names the identifier and Change Discovery
    // the manifest.
    let but_gone: Vec<String> = secrets.iter().filter(|secret| **secret != of_gone).cloned().collect();
    for request in requests() {
        let secrets = if request.contains("/oai") || request.contains("/discovery/") { &but_gone } else { &secrets };
        for open in &world.open {
            let answer = ask(&world.archive, &open.fill(request), None).await;
            assert!(!answer.status.is_server_error(), "{request}: {}", whole(&answer));
            assert_tells_nothing(&answer, secrets, request);
        }
    }
}

/// Addresses whose answers hold no place in the ledger, so that both archives answer with the same bytes.
const SAME: &[&str] = &[
    "GET /",
    "GET /search",
    "GET /search?q=title",
    "GET /search?f.level=work&limit=1",
    "GET /robots.txt",
    "GET /api/v1/openapi.json",
    "GET /.well-known/void",
    "GET /dcat",
    "GET /iiif/presentation/3/collection/top",
    "GET /iiif/presentation/3/collection/{id}",
    "GET /iiif/presentation/3/{id}/manifest",
    "GET /iiif/presentation/2/collection/{id}",
    "GET /iiif/presentation/2/{id}/manifest",
    "GET /iiif/presentation/4/{id}/manifest",
    "GET /iiif/image/3/{file}/info.json",
    "GET /oai?verb=Identify",
    "GET /oai?verb=ListSets",
    "GET /oai?verb=ListMetadataFormats",
    "GET /sparql?query=select (count(*) as ?n) { ?s ?p ?o }",
    "GET /sparql?query=select (count(distinct ?s) as ?n) { ?s ?p ?o }",
    "GET /sparql?query=select ?p (count(*) as ?n) { ?s ?p ?o } group by ?p order by ?p",
    "GET /sparql?query=select ?s { ?s a <http://www.europeana.eu/schemas/edm/ProvidedCHO> } order by ?s",
];

#[tokio::test]
async fn every_count_is_that_of_an_archive_with_the_open_objects_alone() {
    let (world, bare) = worlds().await;
    for request in SAME {
        for open in &world.open {
            let request = open.fill(request);
            let (with, without) = (ask(&world.archive, &request, None).await, ask(&bare, &request, None).await);
            assert_eq!(with.status, StatusCode::OK, "{request}: {}", whole(&with));
            assert_eq!(whole(&with), whole(&without), "{request}");
        }
    }
    for request in ["GET /api/v1/search", "GET /api/v1/search?q=title", "GET /api/v1/search?limit=1"] {
        let (with, without) = (ask(&world.archive, request, None).await.json(), ask(&bare, request, None).await.json());
        assert_eq!((&with["total"], &with["facets"]), (&without["total"], &without["facets"]), "{request}");
        assert_eq!(with["next"].is_null(), without["next"].is_null(), "{request}");
    }
    let request = "GET /api/v1/objects";
    let (with, without) = (ask(&world.archive, request, None).await.json(), ask(&bare, request, None).await.json());
    assert_eq!((ids(&with), with["next"].clone()), (ids(&without), without["next"].clone()));
    assert_eq!(ids(&with).len(), world.open.len());
    let request = "GET /oai?verb=ListIdentifiers&metadataPrefix=oai_dc";
    let count = |answer: &Answer| answer.text().matches("<header").count();
    let (with, without) = (ask(&world.archive, request, None).await, ask(&bare, request, None).await);
    assert_eq!(count(&with), count(&without) + 1, "all that is open, and the one that was withdrawn");
}

fn ids(page: &serde_json::Value) -> Vec<String> {
    page["objects"].as_array().unwrap().iter().map(|object| object["id"].to_string()).collect()
}

#[tokio::test]
async fn an_embargo_lifts_by_itself() {
    let (World { archive, embargoed, .. }, _) = worlds().await;
    // What is said while it is hidden is not told once it no longer is.
    let acting = super::world::acting(&archive, fonds::archive::Archive::software(), "edit").await;
    let note = fonds_schemas::Statement::new(fonds_schemas::Property::parse("note").unwrap(), "a secret draft");
    let edit = fonds::commands::Edit { asserted: vec![note], ..fonds::commands::Edit::default() };
    archive.describe(acting, embargoed.id, edit).await.unwrap();
    let now = archive.object_now(embargoed.id).await.unwrap();
    let draft = now.statements.iter().find(|standing| standing.statement.text == "a secret draft").unwrap().id;
    let edit = fonds::commands::Edit { retracted: vec![draft], ..fonds::commands::Edit::default() };
    archive.describe(acting, embargoed.id, edit).await.unwrap();
    archive.settle().await;
    let page = embargoed.fill("/o/{id}");
    assert_eq!(archive.ask(&page).await.status, StatusCode::NOT_FOUND);

    archive.clock.advance_seconds(EMBARGO_SECONDS);
    assert_no_draft(&archive, &embargoed).await;
    for address in ["/o/{id}", "/api/v1/objects/{id}", "/iiif/image/3/{file}/info.json", "/search?q={word}"] {
        let answer = archive.ask(&embargoed.fill(address)).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        assert!(answer.text().contains(&embargoed.id.to_string()) || address.contains("iiif"), "{address}");
    }
    archive.settle().await;
    archive.wait_for_harvesters();
    for request in [
        "GET /oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:archive.example.org:{id}",
        "GET /sparql?query=select * { <https://archive.example.org/id/{id}> ?p ?o }",
    ] {
        let answer = ask(&archive, &embargoed.fill(request), None).await;
        assert!(answer.text().contains(&embargoed.word), "{request}: {}", whole(&answer));
    }
    assert_no_draft(&archive, &embargoed).await;
}

/// That neither the history nor any earlier state tells what was said while it was hidden.
async fn assert_no_draft(archive: &TestArchive, lifted: &Names) {
    let story = archive.ask(&lifted.fill("/o/{id}/history")).await;
    assert_eq!(story.status, StatusCode::OK);
    assert!(!story.text().contains("a secret draft"), "{}", story.text());
    for seq in 0..archive.ledger.head().await.unwrap().size {
        let then = archive.ask(&format!("{}@{seq}", lifted.fill("/o/{id}"))).await;
        assert!(!then.text().contains("a secret draft"), "@{seq}");
    }
}
