//! What crawlers and registries are told: robots, sitemaps, `VoID` and DCAT.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use fonds_projections::feed;
use fonds_schemas::{Access, ObjectId};
use oxigraph::io::{RdfFormat, RdfParser};

use crate::iiif::stream::{BASE, House, thing};
use crate::support::Answer;

async fn with(house: &House, path: &str, name: &'static str, value: &str) -> Answer {
    house.archive.send(Request::get(path).header(name, value).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn robots_are_led_to_the_sitemap_and_the_home_page_to_the_catalogue() {
    let house = House::empty().await;
    let robots = house.archive.ask("/robots.txt").await;
    assert_eq!(robots.headers["content-type"], "text/plain; charset=utf-8");
    let robots = robots.text();
    assert!(robots.contains(&format!("\nSitemap: {BASE}/sitemap.xml\n")), "{robots}");
    assert!(robots.contains("Disallow: /search\n") && robots.contains(&format!("{BASE}/dcat")), "{robots}");
    let home = house.archive.ask("/").await;
    let links = home.headers["link"].to_str().unwrap();
    for part in
        ["/dcat>;rel=\"describedby\"", "/.well-known/void>;rel=\"describedby\"", "/sitemap.xml>;rel=\"sitemap\""]
    {
        assert!(links.contains(part), "{links}");
    }
}

#[tokio::test]
async fn an_archive_with_nothing_has_a_sitemap_of_its_home_page() {
    let house = House::empty().await;
    let index = house.archive.ask("/sitemap.xml").await;
    assert_eq!((index.status.as_u16(), &index.headers["content-type"]), (200, &"application/xml".parse().unwrap()));
    assert_eq!(index.text().matches("<sitemap>").count(), 1);
    let home = house.archive.ask("/sitemap/home.xml").await.text();
    assert!(home.contains(&format!("<loc>{BASE}/</loc>")), "{home}");
    for nothing in ["all.xml", "a.xml", "zzz.xml", "all", "abcd.xml", "..xml", "%00.xml", "A.xml", "é.xml"] {
        assert_eq!(house.archive.ask(&format!("/sitemap/{nothing}")).await.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn a_sitemap_is_known_again_and_comes_compressed() {
    let house = House::of(30).await;
    let map = house.archive.ask("/sitemap/all.xml").await;
    assert_eq!(map.text().matches("<lastmod>2026-06-01T12:00:00Z</lastmod>").count(), 30, "{}", map.text());
    assert_eq!(map.headers["last-modified"], "Mon, 01 Jun 2026 12:00:00 GMT");
    let etag = map.headers["etag"].to_str().unwrap();
    assert_eq!(with(&house, "/sitemap/all.xml", "if-none-match", etag).await.status, 304);
    let small = with(&house, "/sitemap/all.xml", "accept-encoding", "gzip").await;
    assert_eq!(small.headers["content-encoding"], "gzip");
    assert!(small.body.len() * 2 < map.body.len());
    house.describe(3, "title", "Another title").await;
    house.told().await;
    let map = house.archive.ask("/sitemap/all.xml").await;
    assert_ne!(map.headers["etag"], etag);
    assert_eq!(map.text().matches("<lastmod>2026-06-01T12:00:00Z</lastmod>").count(), 29, "{}", map.text());
}

#[tokio::test]
async fn every_public_object_is_on_one_shelf_however_many_there_are() {
    let house = House::of(60).await;
    house.set_access(7, Access::Withdrawn).await;
    house.take_in(60..62, Access::Restricted).await;
    house.told().await;
    let wanted: BTreeSet<ObjectId> = (0..60).filter(|number| *number != 7).map(thing).collect();
    for most in [1, 2, 5, 59, 60] {
        let shelves = feed::shelves(&house.archive.stores.pg, most).await.unwrap();
        let mut found = Vec::new();
        for shelf in &shelves {
            let on_it = feed::shelf(&house.archive.stores.pg, &shelf.name, 100).await.unwrap();
            assert!(shelf.objects <= most && shelf.objects == on_it.len() as u64, "{shelf:?}");
            assert!(shelf.changed_at >= on_it.iter().map(|one| one.changed_at).max().unwrap(), "{shelf:?}");
            found.extend(on_it.iter().map(|one| one.object));
        }
        assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (59, wanted.clone()), "{most}");
    }
    // Whoever asks for a part of all by its name is given it, too: its address stays when shelves are cut anew.
    let first = thing(0).to_string();
    let part = house.archive.ask(&format!("/sitemap/{}.xml", &first[..2])).await.text();
    assert!(part.contains(&first), "{part}");
}

fn statements(answer: &Answer, media_type: &str) -> BTreeSet<String> {
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with(media_type), "{:?}", answer.headers);
    let parser = RdfParser::from_format(RdfFormat::from_media_type(media_type).unwrap());
    parser.for_slice(&answer.body).map(|quad| quad.unwrap().to_string()).collect()
}

#[tokio::test]
async fn a_registry_reads_the_same_catalogue_in_every_format() {
    let house = House::of(1).await;
    let turtle = statements(&with(&house, "/dcat", "accept", "text/turtle").await, "text/turtle");
    for (extension, media_type) in [
        ("ttl", "text/turtle"),
        ("nt", "application/n-triples"),
        ("rdf", "application/rdf+xml"),
        ("jsonld", "application/ld+json"),
    ] {
        let in_format = statements(&house.archive.ask(&format!("/dcat.{extension}")).await, media_type);
        assert_eq!(in_format, turtle, "{extension}");
        assert_eq!(statements(&with(&house, "/dcat", "accept", media_type).await, media_type), turtle, "{extension}");
    }
    let dcat = "http://www.w3.org/ns/dcat#";
    for (subject, predicate, object) in [
        ("catalog", "dataset", format!("{BASE}/dcat#dataset")),
        ("catalog", "service", format!("{BASE}/dcat#oai")),
        ("oai", "endpointURL", format!("{BASE}/oai")),
        ("oai", "servesDataset", format!("{BASE}/dcat#dataset")),
        ("sparql", "endpointURL", format!("{BASE}/sparql")),
        ("dataset", "distribution", format!("{BASE}/dcat#oai-edm-distribution")),
        ("oai-edm-distribution", "accessService", format!("{BASE}/dcat#oai")),
        ("changes", "endpointURL", format!("{BASE}/iiif/discovery/1/all-changes")),
    ] {
        let statement = format!("<{BASE}/dcat#{subject}> <{dcat}{predicate}> <{object}>");
        assert!(turtle.contains(&statement), "{statement}: {turtle:#?}");
    }
    assert_eq!(with(&house, "/dcat", "accept", "image/png").await.status, 406);
    // Every address of ours that is named answers.
    let named = turtle.iter().filter(|statement| {
        ["accessURL>", "endpointDescription>", "landingPage>"].iter().any(|word| statement.contains(word))
    });
    for statement in named {
        let address = statement.rsplit('<').next().unwrap().trim_end_matches('>');
        let answer = house.archive.ask(address.strip_prefix(BASE).unwrap()).await;
        assert_eq!(answer.status, 200, "{address}");
    }
    let void = statements(&house.archive.ask("/.well-known/void").await, "text/turtle");
    assert!(void.contains(&format!(
        "<{BASE}/.well-known/void#dataset> <http://www.w3.org/2002/07/owl#sameAs> <{BASE}/dcat#dataset>"
    )));
}
