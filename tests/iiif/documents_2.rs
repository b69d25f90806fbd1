//! The same manifests and collections in the words of Presentation API 2.1.

use axum::http::{HeaderMap, Method, header};
use fonds::iiif::http::{Asked, Keeping, document};
use fonds::iiif::image::geometry::{LIMITS, Sides};
use fonds::iiif::image::request::{Request, Version};
use fonds::iiif::image::resolve::resolve;
use fonds::iiif::presentation::collection::{self, Place};
use fonds::iiif::presentation::manifest::manifest;
use fonds::iiif::presentation::{types, v2};
use fonds_schemas::*;
use serde_json::Value;

use super::documents::{a_book, a_painting, golden, manifest_of, with_setting};
use super::made::{a_file, an_object, body, header as text};

const CONTEXT: &str = "http://iiif.io/api/presentation/2/context.json";

/// The document, after what 2.1 wants of every manifest.
fn in_2(document: &types::Manifest) -> v2::types::Manifest {
    let said = v2::manifest(document);
    check(&serde_json::to_value(&said).unwrap(), &serde_json::to_value(document).unwrap());
    said
}

fn check(said: &Value, document: &Value) {
    assert_eq!((&said["@context"], &said["@type"]), (&CONTEXT.into(), &"sc:Manifest".into()));
    let id = said["@id"].as_str().unwrap();
    assert_eq!(document["id"].as_str().unwrap(), id.replace("/presentation/2/", "/presentation/3/"));
    let sequences = said["sequences"].as_array().unwrap();
    assert_eq!(sequences.len(), 1);
    let canvases = sequences[0]["canvases"].as_array().unwrap();
    assert_eq!(canvases.len(), document["items"].as_array().unwrap().len());
    for (canvas, item) in canvases.iter().zip(document["items"].as_array().unwrap()) {
        assert_eq!((&canvas["@id"], &canvas["@type"]), (&item["id"], &"sc:Canvas".into()));
        for image in canvas["images"].as_array().unwrap() {
            assert_eq!((&image["@type"], &image["motivation"]), (&"oa:Annotation".into(), &"sc:painting".into()));
            assert_eq!(image["on"], canvas["@id"]);
            let service = &image["resource"]["service"];
            assert_eq!(service["@context"], "http://iiif.io/api/image/2/context.json");
            assert_eq!(service["profile"], "http://iiif.io/api/image/2/level2.json");
            let service = service["@id"].as_str().unwrap();
            assert!(service.starts_with("https://archive.example.org/iiif/image/2/"), "{service}");
            assert!(image["resource"]["@id"].as_str().unwrap().starts_with(&format!("{service}/full/")));
        }
    }
    let text = said.to_string();
    for word in
        ["\"type\":", "\"id\":", "/iiif/image/3/", "presentation/3/context", "requiredStatement", "\"homepage\""]
    {
        assert!(!text.contains(word), "{word} is a word of version 3");
    }
}

#[test]
fn a_manifest_of_a_painting_in_2_1() {
    let mut whole = an_object(&[("title", "en", "The collection")], vec![]);
    whole.id = ObjectId::derived("test", "whole");
    insta::assert_snapshot!(golden(&in_2(&manifest_of(&a_painting(), &[whole]))));
}

#[test]
fn a_manifest_of_a_book_in_2_1() {
    insta::assert_snapshot!(golden(&in_2(&manifest_of(&a_book(), &[]))));
}

#[test]
fn an_object_without_images_has_its_canvas_in_2_1_too() {
    let document = manifest_of(&an_object(&[("title", "en", "A lost book")], vec![]), &[]);
    let said = serde_json::to_value(in_2(&document)).unwrap();
    assert_eq!(said["sequences"][0]["canvases"][0]["images"], Value::Array(vec![]));
}

#[test]
fn several_languages_are_several_texts() {
    let statements = [("title", "fr", "Nymphéas"), ("title", "en", "Water Lilies"), ("title", "", "W 1906")];
    let said = in_2(&manifest_of(&an_object(&statements, vec![]), &[]));
    let tagged = |value: &str, language: &str| serde_json::json!({ "@value": value, "@language": language });
    let label = serde_json::json!([tagged("Water Lilies", "en"), tagged("Nymphéas", "fr"), "W 1906"]);
    assert_eq!(serde_json::to_value(said).unwrap()["label"], label);
}

#[test]
fn collections_in_2_1_list_by_kind_and_both_kinds_as_members() {
    let mut whole = an_object(&[("title", "en", "Letters")], vec![]);
    whole.id = ObjectId::derived("test", "whole");
    let mut series = an_object(&[("title", "en", "1848")], vec![]);
    series.id = ObjectId::derived("test", "series");
    series.level = Level::Series;
    for (parts, list) in [
        (vec![a_painting()], "manifests"),
        (vec![series.clone()], "collections"),
        (vec![a_painting(), series.clone()], "members"),
    ] {
        let document = with_setting(|setting| collection::of_object(&whole, &[], &parts, Place::default(), setting));
        let said = serde_json::to_value(v2::collection(&document)).unwrap();
        assert_eq!((&said["@context"], &said["@type"]), (&CONTEXT.into(), &"sc:Collection".into()));
        let present: Vec<&str> =
            ["manifests", "collections", "members"].into_iter().filter(|list| said.get(list).is_some()).collect();
        assert_eq!(present, [list]);
        assert_eq!(said[list].as_array().unwrap().len(), parts.len());
        for member in said[list].as_array().unwrap() {
            assert!(member["@id"].as_str().unwrap().starts_with("https://archive.example.org/iiif/presentation/2/"));
        }
    }
    let document =
        with_setting(|setting| collection::of_object(&whole, &[], &[a_painting(), series], Place::default(), setting));
    insta::assert_snapshot!(golden(&v2::collection(&document)));
}

#[tokio::test]
async fn a_manifest_of_2_1_is_plain_json_unless_json_ld_is_named() {
    let manifest = v2::manifest(&manifest_of(&a_painting(), &[]));
    let linked = "application/ld+json;profile=\"http://iiif.io/api/presentation/2/context.json\"";
    for (accept, media_type) in
        [("*/*", "application/json"), ("application/json", "application/json"), ("application/ld+json", linked)]
    {
        let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
        let asked = Asked { method: Method::GET, headers };
        let response = document(&asked, &manifest, v2::DIALECT, Keeping::OnlyAsker, None).unwrap();
        assert_eq!(
            (text(&response, "content-type").as_str(), text(&response, "vary").as_str()),
            (media_type, "Accept")
        );
        assert!(body(response).await.starts_with(format!("{{\"@context\":\"{CONTEXT}\",\"@id\":").as_bytes()));
    }
}

/// Every image that a document names: its address under the service, and the sides that it is said to have.
fn images(document: &Value, found: &mut Vec<(String, Sides)>) {
    match document {
        Value::Object(fields) => {
            let id = fields.get("@id").or(fields.get("id")).and_then(Value::as_str).unwrap_or_default();
            if let (Some((_, path)), Some(width), Some(height)) =
                (id.split_once("/full/"), fields.get("width"), fields.get("height"))
            {
                let side = |side: &Value| u32::try_from(side.as_u64().unwrap()).unwrap();
                found.push((format!("full/{path}"), Sides::new(side(width), side(height))));
            }
            fields.values().for_each(|value| images(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| images(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_image_that_a_manifest_names_has_the_sides_that_it_says() {
    for (width, height) in [(4000, 3000), (10_401, 17_525), (10_000, 7000), (3, 10_000), (70_000, 3000), (1, 1)] {
        let file = a_file(b"page", "image/png", "page.png", Some((width, height)));
        let object = an_object(&[("title", "en", "A page")], vec![file]);
        let document = with_setting(|setting| manifest(&object, &[], setting));
        let said = [
            (Version::Three, serde_json::to_value(&document).unwrap()),
            (Version::Two, serde_json::to_value(v2::manifest(&document)).unwrap()),
        ];
        for (version, document) in said {
            let mut named = Vec::new();
            images(&document, &mut named);
            assert_eq!(named.len(), 2, "the image and its thumbnail: {document}");
            for (path, sides) in named {
                let parts: Vec<&str> = path.split('/').collect();
                let request = Request::parse(version, parts[0], parts[1], parts[2], parts[3]).unwrap();
                let plan = resolve(version, &request, Sides::new(width, height), LIMITS).unwrap();
                assert_eq!(plan.size, sides, "{path} of {width} × {height} in {version:?}");
            }
        }
    }
}
