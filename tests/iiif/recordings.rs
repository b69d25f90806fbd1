//! Sound and film: canvases that have a length, beside the recipes of the IIIF cookbook that they follow.

use axum::http::StatusCode;
use fonds::iiif::presentation::{types, v2};
use fonds_schemas::arrangement::*;
use fonds_schemas::*;
use serde_json::{Value, json};

use super::arranged::recipe;
use super::documents::{golden, manifest_of};
use super::made::{a_file, an_object};
use super::presenting::Scene;

fn a_recording(name: &str, media_type: &str, duration_ms: u64, sides: Option<(u32, u32)>) -> StoredFile {
    StoredFile { duration_ms: Some(duration_ms), ..a_file(name.as_bytes(), media_type, name, sides) }
}

fn manifest_with(files: Vec<StoredFile>) -> types::Manifest {
    manifest_of(&an_object(&[("title", "en", "A recording")], files), &[])
}

/// What a canvas and the one annotation on it say, without names.
fn canvas(document: &Value) -> Value {
    let mut canvas = document["items"][0].clone();
    let mut body = canvas["items"][0]["items"][0]["body"].clone();
    for part in [&mut canvas, &mut body] {
        let fields = part.as_object_mut().unwrap();
        fields.retain(|key, _| ["type", "height", "width", "duration", "format"].contains(&key.as_str()));
    }
    json!([canvas, body])
}

fn check_as_in(document: &types::Manifest, path: &str) {
    let Some(recipe) = recipe(path) else { return };
    assert_eq!(canvas(&serde_json::to_value(document).unwrap()), canvas(&recipe), "{path}");
}

#[test]
fn a_sound_has_a_length_and_no_sides_as_in_recipe_0002() {
    let document = manifest_with(vec![a_recording("128Kbps.mp4", "audio/mp4", 1_985_024, None)]);
    check_as_in(&document, "0002-mvm-audio/manifest.json");
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn a_film_has_a_length_and_sides_as_in_recipe_0003() {
    let document = manifest_with(vec![a_recording("lunchroom.mp4", "video/mp4", 572_034, Some((480, 360)))]);
    check_as_in(&document, "0003-mvm-video/manifest.json");
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn recordings_of_one_thing_are_chosen_among_and_listed_as_in_recipes_0434_and_0026() {
    let files = vec![
        a_recording("a.wav", "audio/wav", 1500, None),
        a_recording("a.flac", "audio/flac", 1500, None),
        a_recording("b.wav", "audio/wav", 2500, None),
    ];
    let mut object = an_object(&[("title", "en", "Two movements")], files);
    let ids: Vec<FileId> = object.files.iter().map(|file| file.file).collect();
    let label = |text: &str| vec![Label { language: None, text: text.to_owned() }];
    let state = |file: usize, text: &str| Alternative { file: ids[file], label: label(text) };
    object.arrangement = Arrangement {
        choices: vec![Choice { files: vec![state(0, "Wave"), state(1, "FLAC")] }],
        ranges: vec![Range { children: vec![], files: vec![ids[2]], label: label("Second movement"), spans: vec![] }],
        ..Arrangement::default()
    };
    let document = manifest_of(&object, &[]);
    let said = serde_json::to_value(&document).unwrap();
    let body = &said["items"][0]["items"][0]["items"][0]["body"];
    assert_eq!((&body["type"], &body["items"][1]["label"]), (&json!("Choice"), &json!({ "none": ["FLAC"] })));
    assert_eq!((said["items"].as_array().unwrap().len(), &said["items"][1]["duration"]), (2, &json!(2.5)));
    assert_eq!(said["structures"][0]["items"][0]["id"], said["items"][1]["id"]);
    // 2.1 knows no sound: there is an empty canvas, no range, and every recording as a file.
    let said = serde_json::to_value(v2::manifest(&document)).unwrap();
    assert_eq!(said["sequences"][0]["canvases"].as_array().unwrap().len(), 1);
    assert_eq!((said.get("structures"), said["rendering"].as_array().unwrap().len()), (None, 3));
    assert_eq!(
        (&said["rendering"][1]["label"], &said["rendering"][1]["format"]),
        (&json!("FLAC"), &json!("audio/flac"))
    );
}

#[test]
fn a_recording_of_unknown_length_and_a_film_without_sides_are_offered_and_not_painted() {
    let unknown = a_file(b"ogg", "application/ogg", "a.ogg", None);
    let unseen = a_recording("a.mkv", "video/x-matroska", 1000, None);
    let long = StoredFile { duration_ms: None, ..a_recording("a.mp3", "audio/mpeg", 1, None) };
    let document = manifest_with(vec![unknown, unseen, long]);
    assert_eq!((document.about.rendering.len(), document.items.len()), (3, 1));
    assert!(document.items[0].items.is_empty(), "there is nothing to show");
}

#[tokio::test]
async fn a_deposited_wave_is_played_from_its_own_address() {
    let scene = Scene::new().await;
    let mut wave = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data".to_vec();
    wave.extend(12_000u32.to_le_bytes());
    wave.extend(vec![0x80; 12_000]);
    let file = scene.image("a.wav", wave.clone()).await;
    scene.archive.settle().await;
    let document = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await.json();
    let canvases = document["items"].as_array().unwrap();
    let played = canvases.iter().find(|canvas| canvas["id"].as_str().unwrap().ends_with(&file.to_string())).unwrap();
    assert_eq!((canvases.len(), &played["duration"], played.get("width")), (2, &json!(1.5), None));
    let body = &played["items"][0]["items"][0]["body"];
    assert_eq!((&body["type"], &body["format"]), (&json!("Sound"), &json!("audio/wav")));
    let address = body["id"].as_str().unwrap().strip_prefix("https://archive.example.org").unwrap();
    let answer = scene.archive.ask(address).await;
    assert_eq!((answer.status, answer.body == wave), (StatusCode::OK, true));
}
