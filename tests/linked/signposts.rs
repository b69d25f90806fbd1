//! Typed links: on the page of an object, on its name, its descriptions and files, and as a document of their own.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds_schemas::{Access, ObjectId, RelationKind};
use serde_json::Value;

use crate::iiif::stream::{BASE, House, thing};
use crate::support::Answer;

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// The targets of the links of a kind.
fn targets(answer: &Answer, rel: &str) -> Vec<String> {
    let wanted = format!(";rel=\"{rel}\"");
    let links = header(answer, "link").split(", <").filter(|link| link.contains(&wanted));
    links.map(|link| link.trim_start_matches('<').split('>').next().unwrap().to_owned()).collect()
}

async fn ask(house: &House, address: &str) -> Answer {
    house.archive.ask(address.strip_prefix(BASE).unwrap_or(address)).await
}

/// A thing with a picture, part of another.
async fn house() -> House {
    let house = House::of(2).await;
    house.describe(0, "rights", "https://creativecommons.org/publicdomain/zero/1.0/").await;
    house.describe(0, "object_type", "jar").await;
    house.picture(0).await;
    let whole = fonds_schemas::Relation { kind: RelationKind::PartOf, target: thing(1) };
    house.archive.relate(house.acting, thing(0), vec![whole], Vec::new(), None).await.unwrap();
    house.told().await;
    house
}

fn page(id: ObjectId) -> String {
    format!("/o/{id}")
}

#[tokio::test]
async fn a_page_says_where_name_licence_descriptions_and_files_are() {
    let house = house().await;
    let id = thing(0);
    let answer = ask(&house, &page(id)).await;
    assert_eq!(targets(&answer, "cite-as"), [format!("{BASE}/id/{id}")]);
    assert_eq!(targets(&answer, "linkset"), [format!("{BASE}/o/{id}.linkset.json")]);
    assert_eq!(targets(&answer, "license"), ["http://creativecommons.org/publicdomain/zero/1.0/"]);
    assert_eq!(targets(&answer, "collection"), [format!("{BASE}/o/{}", thing(1))]);
    assert_eq!(targets(&answer, "type"), ["https://schema.org/AboutPage", "https://schema.org/CreativeWork"]);
    assert_eq!(targets(&answer, "item").len(), 1);
    let described = targets(&answer, "describedby");
    for part in
        [".schema.jsonld", ".linked-art.json", ".ttl", "/manifest", "metadataPrefix=oai_dc&", "metadataPrefix=edm&"]
    {
        assert!(described.iter().any(|address| address.contains(part)), "{part}: {described:?}");
    }
    assert!(header(&answer, "link").len() <= 3_000);
    let of_name = ask(&house, &format!("/id/{id}")).await;
    assert_eq!(header(&of_name, "link"), header(&answer, "link"));
    // Every address that is named answers, with the type that is named.
    for address in described.iter().chain(&targets(&answer, "item")).chain(&targets(&answer, "linkset")) {
        let found = ask(&house, address).await;
        assert_eq!(found.status, StatusCode::OK, "{address}");
        assert!(!found.text().contains("<error"), "{address}: {}", found.text());
        let named = header(&answer, "link").split(", <").find(|link| link.contains(address.as_str())).unwrap();
        let media_type = named.split("type=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(header(&found, "content-type").starts_with(media_type), "{address}: {named}");
    }
}

#[tokio::test]
async fn the_set_of_links_leads_both_ways() {
    let house = house().await;
    let id = thing(0);
    let answer = ask(&house, &format!("/o/{id}.linkset.json")).await;
    assert_eq!(header(&answer, "content-type"), "application/linkset+json");
    let document: Value = answer.json();
    let sets = document["linkset"].as_array().unwrap();
    let page = format!("{BASE}/o/{id}");
    assert_eq!(sets[0]["anchor"], page);
    let leads = |rel: &str| -> BTreeSet<String> {
        let all = sets[0][rel].as_array().unwrap().iter();
        all.map(|link| link["href"].as_str().unwrap().to_owned()).collect()
    };
    let back = |rel: &str| -> BTreeSet<String> {
        let to_page = sets.iter().filter(|set| set[rel][0]["href"] == page);
        to_page.map(|set| set["anchor"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(leads("describedby"), back("describes"));
    assert_eq!(leads("item"), back("collection"));
    assert!(leads("describedby").len() > 10, "{document:#}");
}

#[tokio::test]
async fn descriptions_and_files_lead_back_to_the_page() {
    let house = house().await;
    let id = thing(0);
    for extension in ["ttl", "jsonld", "rdf", "nt", "json", "schema.jsonld", "linked-art.json"] {
        let answer = ask(&house, &format!("/o/{id}.{extension}")).await;
        assert_eq!(targets(&answer, "describes"), [format!("{BASE}/o/{id}")], "{extension}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "*", "{extension}");
    }
    let linked_art = ask(&house, &format!("/o/{id}.linked-art.json")).await;
    assert_eq!(targets(&linked_art, "profile"), ["https://linked.art/ns/v1/linked-art.json"]);
    assert_eq!(
        header(&linked_art, "content-type"),
        "application/ld+json;profile=\"https://linked.art/ns/v1/linked-art.json\""
    );
    let item = targets(&ask(&house, &page(id)).await, "item").remove(0);
    assert_eq!(targets(&ask(&house, &item).await, "collection"), [format!("{BASE}/o/{id}")]);
}

#[tokio::test]
async fn a_whole_that_is_hidden_is_in_no_link_and_no_description() {
    let house = house().await;
    house.set_access(1, Access::Restricted).await;
    house.told().await;
    let hidden = thing(1).to_string();
    for extension in ["", ".linkset.json", ".schema.jsonld", ".linked-art.json", ".ttl"] {
        let answer = ask(&house, &format!("/o/{}{extension}", thing(0))).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.text().contains(&hidden) && !header(&answer, "link").contains(&hidden), "{extension}");
    }
    assert_eq!(ask(&house, &format!("/o/{hidden}.linkset.json")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_holds_a_page_or_a_description_is_told_that_it_stands() {
    let house = house().await;
    for extension in ["", ".ttl", ".json", ".schema.jsonld", ".linked-art.json", ".linkset.json"] {
        let address = format!("/o/{}{extension}", thing(0));
        let answer = ask(&house, &address).await;
        let etag = header(&answer, "etag").to_owned();
        let again = Request::get(&address).header("if-none-match", &etag).body(Body::empty()).unwrap();
        let again = house.archive.send(again).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{address}");
        assert_eq!(header(&again, "etag"), etag);
        house.describe(0, "note", &format!("seen as {extension}")).await;
        house.told().await;
        let later = ask(&house, &address).await;
        if extension != ".linkset.json" {
            assert_ne!(header(&later, "etag"), etag, "{address}");
        }
        assert!(header(&later, "last-modified").ends_with(" GMT"), "{address}: {:?}", later.headers);
    }
}

#[tokio::test]
async fn a_page_was_modified_when_its_record_was_published() {
    let house = house().await;
    let id = thing(0);
    let record =
        ask(&house, &format!("/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:archive.example.org:{id}"))
            .await;
    let datestamp = record.text().split("<datestamp>").nth(1).unwrap()[..20].to_owned();
    let seconds = fonds_schemas::Timestamp::parse(&datestamp).unwrap().seconds();
    let answer = ask(&house, &page(id)).await;
    assert_eq!(header(&answer, "last-modified"), fonds::linked::answer::http_date(seconds));
}

#[tokio::test]
async fn what_search_engines_read_stands_in_the_page_and_cannot_break_out_of_it() {
    let house = house().await;
    house.describe(0, "description", "</script><script>alert(1)</script>").await;
    house.told().await;
    let text = ask(&house, &page(thing(0))).await.text();
    assert_eq!(text.matches("<script").count(), 1, "{text}");
    let data = text.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["description"][0], "</script><script>alert(1)</script>");
    let face: Value = ask(&house, &format!("/o/{}.schema.jsonld", thing(0))).await.json();
    assert_eq!(data, face);
}
