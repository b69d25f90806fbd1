//! Captions and posters: what lies beside a recording and belongs to it, as in the recipes of the IIIF cookbook.

use axum::http::StatusCode;
use fonds::iiif::presentation::{caption, types, v2, v4};
use fonds_schemas::arrangement::Arrangement;
use fonds_schemas::*;
use serde_json::{Value, json};

use super::arranged::recipe;
use super::documents::{golden, manifest_of};
use super::made::{a_file, an_object};
use super::presenting::Scene;

fn a_film(name: &str) -> StoredFile {
    StoredFile { duration_ms: Some(572_034), ..a_file(name.as_bytes(), "video/mp4", name, Some((480, 360))) }
}

fn a_sound(name: &str) -> StoredFile {
    StoredFile { duration_ms: Some(1500), ..a_file(name.as_bytes(), "audio/mpeg", name, None) }
}

fn captions(name: &str) -> StoredFile {
    StoredFile { role: FileRole::Transcript, ..a_file(name.as_bytes(), "text/vtt", name, None) }
}

fn a_still(name: &str) -> StoredFile {
    StoredFile { role: FileRole::Access, ..a_file(name.as_bytes(), "image/jpeg", name, Some((640, 360))) }
}

fn of(files: Vec<StoredFile>) -> Object {
    an_object(&[("title", "en", "A recording")], files)
}

fn manifest_with(files: Vec<StoredFile>) -> types::Manifest {
    manifest_of(&of(files), &[])
}

/// The value without names, and without what an image of a service has more.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let image = fields.get("type").is_some_and(|kind| kind == "Image");
            let left_out = |key: &str| ["id", "target", "service"].contains(&key) || (image && key == "format");
            fields.iter().filter(|(key, _)| !left_out(key)).map(|(key, value)| (key.clone(), shape(value))).collect()
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The names of the captions on each canvas.
fn captioned(document: &types::Manifest) -> Vec<Vec<String>> {
    let of_body = |body: &caption::CaptionBody| match body {
        caption::CaptionBody::Text(text) => vec![text.id.clone()],
        caption::CaptionBody::Choice { items, .. } => items.iter().map(|text| text.id.clone()).collect(),
    };
    let of_canvas = |canvas: &types::Canvas| {
        let pages = canvas.annotations.iter().flat_map(|page| match page {
            types::CanvasPage::Captions(page) => page.items.as_slice(),
            types::CanvasPage::Named(_) => &[],
        });
        pages.flat_map(|caption| of_body(&caption.body)).collect()
    };
    document.items.iter().map(of_canvas).collect()
}

fn address(file: &StoredFile) -> String {
    format!("https://archive.example.org/api/v1/files/{}/content", file.file)
}

#[test]
fn a_film_has_captions_as_in_recipe_0219() {
    let document = manifest_with(vec![a_film("lunchroom.mp4"), captions("lunchroom.en.vtt")]);
    let said = serde_json::to_value(&document).unwrap();
    if let Some(recipe) = recipe("0219-using-caption-file/manifest.json") {
        assert_eq!(shape(&said["items"][0]["annotations"]), shape(&recipe["items"][0]["annotations"]));
    }
    let page = &said["items"][0]["annotations"][0];
    assert_eq!(page["items"][0]["target"], said["items"][0]["id"]);
    assert!(page["id"].as_str().unwrap().starts_with(said["items"][0]["id"].as_str().unwrap()));
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn captions_in_two_languages_are_chosen_among_as_in_recipe_0074() {
    let files = vec![a_film("film.mp4"), captions("film.en.vtt"), captions("film.it.vtt")];
    let said = serde_json::to_value(manifest_with(files)).unwrap();
    let body = &said["items"][0]["annotations"][0]["items"][0]["body"];
    let spoken = |body: &Value| -> Vec<Value> {
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| json!([text["language"], text["type"], text["format"]]))
            .collect()
    };
    assert_eq!((&body["type"], &body["items"][1]["label"]), (&json!("Choice"), &json!({ "none": ["film.it.vtt"] })));
    if let Some(recipe) = recipe("0074-multiple-language-captions/manifest.json") {
        let theirs = &recipe["items"][0]["annotations"][0]["items"][0]["body"];
        assert_eq!((&body["type"], spoken(body)), (&theirs["type"], spoken(theirs)));
    }
}

#[test]
fn captions_belong_to_what_bears_their_name_and_else_to_the_only_recording() {
    let (one, two) = (captions("one.vtt"), captions("two.de.vtt"));
    let all = vec![a_film("one.mp4"), a_sound("two.mp3"), one.clone(), two.clone(), captions("three.vtt")];
    assert_eq!(captioned(&manifest_with(all)), [vec![address(&one)], vec![address(&two)]]);
    let other = captions("words.vtt");
    assert_eq!(captioned(&manifest_with(vec![a_sound("a.mp3"), other.clone()])), [vec![address(&other)]]);
    // A word is no language, and what was attached is attached.
    let word = captions("a.final.vtt");
    let document = serde_json::to_value(manifest_with(vec![a_sound("a.mp3"), word])).unwrap();
    assert_eq!(document["items"][0]["annotations"][0]["items"][0]["body"].get("language"), None);
    let attached = StoredFile { role: FileRole::Attachment, ..captions("a.vtt") };
    assert_eq!(captioned(&manifest_with(vec![a_sound("a.mp3"), attached])), [Vec::<String>::new()]);
    let text = StoredFile { role: FileRole::Transcript, ..a_file(b"x", "text/plain", "a.txt", None) };
    assert_eq!(captioned(&manifest_with(vec![a_sound("a.mp3"), text])), [Vec::<String>::new()]);
}

#[test]
fn captions_without_a_recording_are_a_file() {
    let document = manifest_with(vec![captions("a.vtt")]);
    assert_eq!((document.about.rendering.len(), document.items[0].annotations.len()), (1, 0));
}

#[test]
fn a_still_is_seen_before_a_film_plays_as_in_recipe_0013() {
    let film = StoredFile { duration_ms: Some(7_278_466), ..a_film("donizetti.mp4") };
    let film = StoredFile { width: Some(640), ..film };
    let document = manifest_with(vec![film, a_still("donizetti.jpg")]);
    assert_eq!(document.items.len(), 1, "the still is no view");
    let said = serde_json::to_value(&document).unwrap();
    if let Some(recipe) = recipe("0013-placeholderCanvas/manifest.json") {
        let mut ours = said["items"][0].clone();
        ours.as_object_mut().unwrap().remove("label");
        ours["placeholderCanvas"].as_object_mut().unwrap().remove("label");
        assert_eq!(shape(&ours), shape(&recipe["items"][0]));
    }
    let placeholder = &said["items"][0]["placeholderCanvas"];
    assert_eq!(placeholder["items"][0]["items"][0]["target"], placeholder["id"]);
    // In 2.1, which shows no film, the still stands for it.
    let in_2 = serde_json::to_value(v2::manifest(&document)).unwrap();
    let canvases = in_2["sequences"][0]["canvases"].as_array().unwrap();
    assert_eq!((canvases.len(), &canvases[0]["@id"]), (1, &placeholder["id"]));
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn a_picture_is_a_poster_only_in_its_role_and_where_nothing_names_it() {
    let views = |files: Vec<StoredFile>| manifest_with(files).items.len();
    assert_eq!(views(vec![a_film("a.mp4"), a_still("b.jpg")]), 2, "of another name");
    assert_eq!(views(vec![a_film("a.mp4"), StoredFile { role: FileRole::Master, ..a_still("a.jpg") }]), 2, "a master");
    assert_eq!(views(vec![a_sound("a.mp3"), a_still("a.jpg")]), 2, "beside a sound");
    assert_eq!(views(vec![a_film("a.mp4"), a_still("a.jpg"), a_still("a.png")]), 2, "a second one");
    let mut object = of(vec![a_film("a.mp4"), a_still("a.jpg")]);
    let still = object.files.iter().nth(1).unwrap().file;
    object.arrangement = Arrangement { start: Some(still), ..Arrangement::default() };
    assert_eq!(manifest_of(&object, &[]).items.len(), 2, "named by the arrangement");
}

#[test]
fn the_draft_of_4_has_both_in_its_own_words() {
    let document = manifest_with(vec![
        a_film("a.mp4"),
        a_still("a.jpg"),
        captions("a.en.vtt"),
        a_sound("b.mp3"),
        captions("b.vtt"),
    ]);
    let said = serde_json::to_value(v4::manifest(&document)).unwrap();
    let film = &said["items"][0];
    assert_eq!(film["placeholderContainer"]["type"], "Canvas");
    let caption = &film["annotations"][0]["items"][0];
    assert_eq!((&caption["motivation"], &caption["body"]["language"]), (&json!(["supplementing"]), &json!(["en"])));
    assert_eq!(caption["target"], json!({ "id": film["id"], "type": "Canvas" }));
    let heard = &said["items"][1];
    assert_eq!(heard["annotations"][0]["items"][0]["target"], json!({ "id": heard["id"], "type": "Timeline" }));
    assert!(!said.to_string().contains("placeholderCanvas"));
}

#[tokio::test]
async fn deposited_captions_are_known_by_their_bytes_and_can_be_read_by_any_page() {
    let scene = Scene::new().await;
    let mut wave = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data".to_vec();
    wave.extend(8_000u32.to_le_bytes());
    wave.extend(vec![0x80; 8_000]);
    scene.image("talk.wav", wave).await;
    let text = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n".to_vec();
    scene.image("talk.vtt", text.clone()).await;
    scene.archive.settle().await;
    let document = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await.json();
    let heard = document["items"].as_array().unwrap().iter().find(|canvas| canvas.get("duration").is_some()).unwrap();
    let body = &heard["annotations"][0]["items"][0]["body"];
    let address = body["id"].as_str().unwrap().strip_prefix("https://archive.example.org").unwrap();
    let answer = scene.archive.ask(address).await;
    assert_eq!((answer.status, answer.body == text), (StatusCode::OK, true));
    let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-type"), header("access-control-allow-origin")), ("text/vtt".into(), "*".into()));
}
