//! Contents of a recording: ranges that name a part of it in time.

use fonds::iiif::presentation::v4;
use fonds_schemas::arrangement::{Arrangement, BadArrangement, Label, Range, Span};
use fonds_schemas::event::Arranged;
use fonds_schemas::*;
use serde_json::{Value, json};

use super::arranged::recipe;
use super::documents::{golden, manifest_of};
use super::made::{a_file, an_object, an_object_id};

fn a_recording(name: &str, media_type: &str, duration_ms: Option<u64>) -> StoredFile {
    let sides = media_type.starts_with("video/").then_some((1920, 1080));
    StoredFile { duration_ms, ..a_file(name.as_bytes(), media_type, name, sides) }
}

fn part(language: &str, text: &str, spans: Vec<Span>, children: Vec<Range>) -> Range {
    let label = vec![Label { language: Some(Language::parse(language).unwrap()), text: text.to_owned() }];
    Range { children, files: vec![], label, spans }
}

/// The opera of recipe 0026: two acts, the first in two parts.
fn an_opera() -> Object {
    let mut object = an_object(
        &[("title", "en", "The Elixir of Love")],
        vec![a_recording("opera.mp4", "video/mp4", Some(7_278_422))],
    );
    let file = object.files.first().unwrap().file;
    let span = |begin_ms: u64, end_ms: Option<u64>| vec![Span { begin_ms, end_ms, file }];
    let first = vec![
        part("it", "Preludio e Coro d'introduzione – Bel conforto al mietitore", span(0, Some(302_050)), vec![]),
        part("en", "Remainder of Atto Primo", span(302_050, Some(3_971_240)), vec![]),
    ];
    let acts = vec![part("it", "Atto Primo", vec![], first), part("it", "Atto Secondo", span(3_971_240, None), vec![])];
    let all = part("it", "Gaetano Donizetti, L'Elisir D'Amore", vec![], acts);
    object.arrangement = Arrangement { ranges: vec![all], ..Arrangement::default() };
    assert_eq!(object.arrangement.check(&object.files), Ok(()));
    object
}

/// Labels, kinds and fragments of ranges.
fn shape(range: &Value) -> Value {
    let fragment = range["id"].as_str().and_then(|id| id.split_once('#')).map(|(_, fragment)| fragment);
    let items: Vec<Value> = range["items"].as_array().into_iter().flatten().map(shape).collect();
    json!([range["type"], range["label"], fragment, items])
}

#[test]
fn an_opera_has_contents_as_in_recipe_0026() {
    let document = manifest_of(&an_opera(), &[]);
    let said = serde_json::to_value(&document).unwrap();
    if let Some(recipe) = recipe("0026-toc-opera/manifest.json") {
        assert_eq!(shape(&said["structures"][0]), shape(&recipe["structures"][0]));
    }
    let second = said["structures"][0]["items"][1]["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(second, format!("{}#t=3971.24", said["items"][0]["id"].as_str().unwrap()));
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn the_parts_of_a_sound_are_parts_of_its_timeline_in_the_draft_of_4() {
    let mut object = an_object(&[("title", "en", "Talk")], vec![a_recording("talk.mp3", "audio/mpeg", Some(10_000))]);
    let file = object.files.first().unwrap().file;
    let spans = vec![Span { begin_ms: 1, end_ms: Some(10_000), file }, Span { begin_ms: 5_500, end_ms: None, file }];
    object.arrangement = Arrangement { ranges: vec![part("en", "x", spans, vec![])], ..Arrangement::default() };
    assert_eq!(object.arrangement.check(&object.files), Ok(()));
    let said = serde_json::to_value(v4::manifest(&manifest_of(&object, &[]))).unwrap();
    let timeline = said["items"][0]["id"].as_str().unwrap();
    let named = |fragment: &str| json!({ "id": format!("{timeline}#t={fragment}"), "type": "Timeline" });
    assert_eq!(said["structures"][0]["items"], json!([named("0.001,10"), named("5.5")]));
}

#[test]
fn spans_are_written_and_read_back_to_the_byte_and_what_has_none_is_written_as_before() {
    let file = FileId::derived(an_object_id(), &Sha256::of(b"x"));
    let written = |spans: Vec<Span>| {
        let files = if spans.is_empty() { vec![file] } else { vec![] };
        let range = Range { files, ..part("en", "x", spans, vec![]) };
        let arrangement = Arrangement { ranges: vec![range], ..Arrangement::default() };
        let event = Event::Arranged(Arranged { arrangement, object: an_object_id(), reason: None });
        let body = event.to_body().unwrap();
        assert_eq!(Event::from_body("arranged", 1, &body).unwrap(), event);
        String::from_utf8(body).unwrap()
    };
    let spans = vec![Span { begin_ms: 1, end_ms: Some(2), file }, Span { begin_ms: 3, end_ms: None, file }];
    let text = format!(r#""spans":[{{"begin_ms":1,"end_ms":2,"file":"{file}"}},{{"begin_ms":3,"file":"{file}"}}]"#);
    assert!(written(spans).contains(&text));
    assert!(!written(vec![]).contains("spans"));
}

fn check_refused(
    file: StoredFile,
    spans: impl FnOnce(FileId) -> Vec<Span>,
    why: impl FnOnce(FileId) -> BadArrangement,
) {
    let id = file.file;
    let arrangement = Arrangement { ranges: vec![part("en", "x", spans(id), vec![])], ..Arrangement::default() };
    let files: Files = [file].into_iter().collect();
    assert_eq!(arrangement.check(&files), Err(why(id)));
}

#[test]
fn parts_that_cannot_be_are_refused() {
    let sound = || a_recording("a.mp3", "audio/mpeg", Some(10_000));
    let one = |begin_ms: u64, end_ms: Option<u64>| move |file: FileId| vec![Span { begin_ms, end_ms, file }];
    let because = |begin_ms: u64, why: &'static str| move |file: FileId| BadArrangement::Span { file, begin_ms, why };
    check_refused(sound(), one(2, Some(2)), because(2, "it ends before it begins"));
    check_refused(sound(), one(0, Some(10_001)), because(0, "the recording is shorter"));
    check_refused(sound(), one(10_000, None), because(10_000, "the recording is shorter"));
    let image = a_file(b"x", "image/jpeg", "x.jpg", Some((1, 1)));
    check_refused(image, one(0, None), because(0, "only sound and film have parts in time"));
    let twice = |file: FileId| [one(1, None)(file), one(1, Some(2))(file)].concat();
    check_refused(sound(), twice, |file| BadArrangement::Twice { place: "a range", file });
    let other = FileId::from_random([9; 10]);
    let elsewhere = |_: FileId| vec![Span { begin_ms: 0, end_ms: None, file: other }];
    check_refused(sound(), elsewhere, |_| BadArrangement::NoSuchFile { place: "a range", file: other });
    // Of a recording whose length is not known, only the order is.
    let unknown = a_recording("b.mp3", "audio/mpeg", None);
    let arrangement = Arrangement {
        ranges: vec![part("en", "x", one(1, Some(u64::MAX))(unknown.file), vec![])],
        ..Arrangement::default()
    };
    assert_eq!(arrangement.check(&[unknown].into_iter().collect()), Ok(()));
}
