//! Three-dimensional models, and the draft of Presentation API 4 that shows them.

use axum::http::StatusCode;
use fonds::derivatives::{Failures, Master};
use fonds::iiif::presentation::manifest::{Setting, manifest};
use fonds::iiif::presentation::{types, v4};
use fonds_schemas::arrangement::{Alternative, Arrangement, Choice, Label, Range};
use fonds_schemas::*;
use serde_json::{Value, json};

use super::documents::{a_painting, golden, manifest_of, with_setting};
use super::made::{a_file, an_object};
use super::presenting::Scene;
use crate::support::{archive_with, real};

const CONTEXT: &str = "http://iiif.io/api/presentation/4/context.json";

fn a_model() -> StoredFile {
    a_file(b"glTF", "model/gltf-binary", "venus.glb", None)
}

/// The manifest in the draft, after what the draft wants of every manifest (model, §Containers, §Annotation).
fn in_4(document: &types::Manifest) -> Value {
    let said = serde_json::to_value(v4::manifest(document)).unwrap();
    assert_eq!((&said["@context"], &said["type"]), (&json!(CONTEXT), &json!("Manifest")));
    assert!(said["id"].as_str().unwrap().starts_with("https://archive.example.org/iiif/presentation/4/"));
    let items = said["items"].as_array().unwrap();
    assert!(!items.is_empty(), "a manifest has a container");
    for item in items {
        let has = |key: &str| item.get(key).is_some_and(|number| number.as_f64().unwrap() > 0.0);
        match item["type"].as_str().unwrap() {
            "Canvas" => assert!(has("height") && has("width"), "{item}"),
            "Timeline" => assert!(has("duration") && !has("height") && !has("width"), "{item}"),
            kind => assert!(kind == "Scene" && !has("height") && !has("width"), "{item}"),
        }
        for annotation in item["items"].as_array().unwrap().iter().flat_map(|page| page["items"].as_array().unwrap()) {
            assert_eq!(annotation["motivation"], json!(["painting"]));
            assert_eq!(annotation["target"], json!({ "id": item["id"], "type": item["type"] }));
        }
    }
    assert!(!said.to_string().contains("\"Sound\""), "Sound is a word of version 3");
    said
}

/// The value with the names taken out of it: keys, kinds and words of the specification remain.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| match key.as_str() {
                "id" | "label" => (key.clone(), Value::Null),
                _ => (key.clone(), shape(value)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn a_model_stands_in_a_scene_as_in_the_examples_of_the_draft() {
    let document = manifest_of(&an_object(&[("title", "en", "Venus")], vec![a_model()]), &[]);
    let said = in_4(&document);
    assert_eq!(said.get("rendering"), None, "what is shown is not offered beside");
    let example = "models-3d/manifests/manifests/1_basic_model_in_scene/model_origin.json";
    if let Some(path) = real(example) {
        let example: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(shape(&said["items"]), shape(&example["items"]));
    }
    insta::assert_snapshot!(golden(&v4::manifest(&document)));
}

#[test]
fn a_model_is_a_file_in_version_3() {
    let document = manifest_of(&an_object(&[("title", "en", "Venus")], vec![a_model()]), &[]);
    let said = serde_json::to_value(&document).unwrap();
    assert_eq!(said["rendering"][0]["type"], "Model");
    assert_eq!(said["items"][0]["id"].as_str().unwrap().rsplit('/').next(), Some("none"));
}

#[test]
fn what_is_only_heard_is_a_timeline_and_everything_else_a_canvas() {
    let plays = |name: &str, media_type: &str, sides| StoredFile {
        duration_ms: Some(1500),
        ..a_file(name.as_bytes(), media_type, name, sides)
    };
    let files = vec![
        plays("a.wav", "audio/wav", None),
        plays("a.mp4", "video/mp4", Some((480, 360))),
        a_file(b"image", "image/jpeg", "a.jpg", Some((400, 300))),
        plays("b.flac", "audio/flac", None),
        a_model(),
    ];
    let mut object = an_object(&[("title", "en", "All kinds")], files);
    let ids: Vec<FileId> = object.files.iter().map(|file| file.file).collect();
    let label = |text: &str| vec![Label { language: None, text: text.to_owned() }];
    let state = |file: usize| Alternative { file: ids[file], label: label("A state") };
    object.arrangement = Arrangement {
        choices: vec![Choice { files: vec![state(0), state(3)] }],
        ranges: vec![Range { children: vec![], files: vec![ids[0], ids[2]], label: label("Two"), spans: vec![] }],
        start: Some(ids[0]),
        ..Arrangement::default()
    };
    let said = in_4(&manifest_of(&object, &[]));
    let kinds: Vec<&str> =
        said["items"].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Timeline", "Canvas", "Canvas", "Scene"]);
    let body = |place: usize| &said["items"][place]["items"][0]["items"][0]["body"];
    assert_eq!((&body(0)["type"], &body(0)["items"][1]["type"]), (&json!("Choice"), &json!("Audio")));
    assert_eq!((&body(1)["type"], &body(1)["duration"]), (&json!("Video"), &json!(1.5)));
    let timeline = json!({ "id": said["items"][0]["id"], "type": "Timeline" });
    assert_eq!((&said["start"], &said["structures"][0]["items"][0]), (&timeline, &timeline));
    assert_eq!(said["structures"][0]["items"][1]["type"], "Canvas");
}

#[test]
fn what_a_painting_is_said_to_be_is_said_in_the_draft_too() {
    let document = manifest_of(&a_painting(), &[]);
    let (said, before) = (in_4(&document), serde_json::to_value(&document).unwrap());
    for key in ["label", "metadata", "summary", "requiredStatement", "rights", "provider", "thumbnail", "homepage"] {
        assert_eq!(said[key], before[key], "{key}");
    }
    assert_eq!(said["items"][0]["id"], before["items"][0]["id"], "a canvas keeps its name");
}

#[test]
fn a_role_tells_of_models_what_bytes_do_not_and_pictures_of_a_surface_are_none() {
    for (media_type, role, kind) in [
        ("application/octet-stream", FileRole::ThreeD, "Model"),
        ("application/json", FileRole::ThreeD, "Model"),
        ("model/obj", FileRole::Attachment, "Model"),
        ("image/jpeg", FileRole::ThreeD, "Image"),
        ("application/octet-stream", FileRole::Attachment, "Dataset"),
        ("application/pdf", FileRole::ThreeD, "Text"),
    ] {
        let file = StoredFile { role, ..a_file(b"x", media_type, "x", None) };
        let document = manifest_of(&an_object(&[("title", "en", "x")], vec![file]), &[]);
        assert_eq!(document.about.rendering[0].kind, kind, "{media_type} {role:?}");
    }
}

#[tokio::test]
async fn an_archive_that_did_not_ask_for_the_draft_has_no_such_address() {
    let scene = Scene::new().await;
    scene.image("venus.glb", b"glTF\x02\0\0\0\x0c\0\0\0".to_vec()).await;
    scene.archive.settle().await;
    let answer = scene.archive.ask(&format!("/iiif/presentation/4/{}/manifest", scene.object)).await;
    assert_eq!(
        (answer.status, &answer.headers["access-control-allow-origin"]),
        (StatusCode::NOT_FOUND, &"*".parse().unwrap())
    );
    let document = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await;
    assert!(!document.text().contains("presentation/4"));
}

#[tokio::test]
async fn the_venus_is_taken_in_and_stands_in_a_scene() {
    let Some(venus) = real("models-3d/venus/venus.glb") else { return };
    let archive = archive_with(fonds::clock::Clock::System, |settings| settings.iiif.presentation_4 = true).await;
    let scene = Scene::with(archive).await;
    let bytes = std::fs::read(venus).unwrap();
    let file = scene.image("venus.glb", bytes.clone()).await;
    scene.archive.settle().await;
    let address = format!("/iiif/presentation/4/{}/manifest", scene.object);
    let answer = scene.archive.ask(&address).await;
    let media_type = format!("application/ld+json;profile=\"{CONTEXT}\"");
    assert_eq!((answer.status, &answer.headers["content-type"]), (StatusCode::OK, &media_type.parse().unwrap()));
    let said = answer.json();
    assert_eq!(said["id"], format!("https://archive.example.org{address}"));
    let stood = said["items"].as_array().unwrap().iter().find(|item| item["type"] == "Scene").unwrap();
    let body = &stood["items"][0]["items"][0]["body"];
    assert_eq!((&body["type"], &body["format"]), (&json!("Model"), &json!("model/gltf-binary")));
    assert!(stood["id"].as_str().unwrap().ends_with(&file.to_string()));
    let played =
        scene.archive.ask(body["id"].as_str().unwrap().strip_prefix("https://archive.example.org").unwrap()).await;
    assert_eq!((played.status, played.body == bytes), (StatusCode::OK, true));
    // Version 3 leads there; a past state has an address, and nobody may keep it for ever.
    let links = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await.json();
    let link = links["seeAlso"].as_array().unwrap().iter().find(|link| link["type"] == "Manifest").unwrap();
    assert_eq!((&link["id"], &link["format"]), (&said["id"], &json!(media_type)));
    let seq = scene.seq().await;
    let then = scene.archive.ask(&format!("/iiif/presentation/4/{}@{seq}/manifest", scene.object)).await;
    assert_eq!((then.status, &then.headers["cache-control"]), (StatusCode::OK, &"public, max-age=60".parse().unwrap()));
    assert!(then.json()["id"].as_str().unwrap().contains("/iiif/presentation/4/"));
    scene.is(Access::Restricted).await;
    for address in [address, format!("/iiif/presentation/4/{}@{seq}/manifest", scene.object)] {
        assert_eq!(scene.archive.ask(&address).await.status, StatusCode::NOT_FOUND);
    }
}

#[test]
fn an_image_that_cannot_be_shown_keeps_its_place_beside_a_model() {
    let image = a_file(b"damaged", "image/png", "front.png", Some((400, 300)));
    let master = Master { sha256: image.sha256, page: 1 };
    let failures = Failures::from([(master, "it is damaged".to_owned())]);
    let object = an_object(&[("title", "en", "Venus")], vec![image, a_model()]);
    let document = with_setting(|setting| manifest(&object, &[], Setting { failures: Some(&failures), ..setting }));
    let said = in_4(&document);
    let kinds: Vec<&str> =
        said["items"].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Canvas", "Scene"]);
    assert!(said["items"][0]["metadata"][0].to_string().contains("it is damaged"), "{said}");
}
