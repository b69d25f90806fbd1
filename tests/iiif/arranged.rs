//! How an object is shown: what was said of it, and the manifests that come of it, beside the recipes of the IIIF
//! cookbook that they follow.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds::commands::{Arrange, CommandError, Refused};
use fonds::iiif::presentation::collection::{self, Place};
use fonds::iiif::presentation::{types, v2};
use fonds_schemas::arrangement::*;
use fonds_schemas::*;
use serde_json::{Value, json};

use super::documents::{an_image, golden, manifest_of, with_setting};
use super::made::{a_file, an_object, encode};
use super::presenting::Scene;
use crate::support::real;

fn label(language: &str, text: &str) -> Vec<Label> {
    vec![Label { language: Some(Language::parse(language).unwrap()), text: text.to_owned() }]
}

/// Pages named by these words, all of one size.
fn pages(names: &[&str]) -> Vec<StoredFile> {
    (1u8..).zip(names).map(|(n, name)| an_image(n, &format!("{name}.jpg"), u32::from(n), (1776, 2416))).collect()
}

/// An object with these pages, arranged so.
fn arranged(title: &str, names: &[&str], arrangement: impl FnOnce(&[FileId]) -> Arrangement) -> Object {
    let files = pages(names);
    let ids: Vec<FileId> = files.iter().map(|file| file.file).collect();
    let mut object = an_object(&[("title", "en", title)], files);
    object.arrangement = arrangement(&ids);
    assert_eq!(object.arrangement.check(&object.files), Ok(()));
    object
}

/// The file of a recipe of the cookbook, if the folder of real data is there.
pub fn recipe(path: &str) -> Option<Value> {
    let text = std::fs::read_to_string(real("fixtures/iiif-cookbook/recipe")?.join(path)).unwrap();
    let text = text.replace("{{ id.url }}", "https://example.org/m").replace("{{ id.path }}", "https://example.org");
    Some(serde_json::from_str(&text).unwrap())
}

/// What both documents say in these fields, with nothing but the kinds of things and the words of the specification.
fn check_as_in(document: &types::Manifest, path: &str, fields: &[&str]) {
    let Some(recipe) = recipe(path) else { return };
    let document = serde_json::to_value(document).unwrap();
    for field in fields {
        assert_eq!(shape(&document[*field]), shape(&recipe[*field]), "{path}: {field}");
    }
}

/// The value without names and labels.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !["id", "label", "service", "items"].contains(&key.as_str()));
            let mut kept: serde_json::Map<String, Value> =
                kept.map(|(key, value)| (key.clone(), shape(value))).collect();
            if let Some(items) = fields.get("items") {
                kept.insert("items".to_owned(), shape(items));
            }
            Value::Object(kept)
        }
        Value::Array(values) => values.iter().map(shape).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_book_is_opened_in_twos_as_in_recipe_0009() {
    let book = arranged("Simple Manifest - Book", &["front", "1", "2", "3", "back"], |_| Arrangement {
        behaviors: vec![Behavior::Paged],
        ..Arrangement::default()
    });
    let document = manifest_of(&book, &[]);
    assert_eq!((document.about.behavior.as_slice(), document.items.len()), (["paged"].as_slice(), 5));
    check_as_in(&document, "0009-book-1/manifest.json", &["behavior", "viewingDirection"]);
}

#[test]
fn a_book_is_read_from_right_to_left_and_a_diary_downwards_as_in_recipe_0010() {
    for (direction, path) in [
        (Direction::RightToLeft, "0010-book-2-viewing-direction/manifest-rtl.json"),
        (Direction::TopToBottom, "0010-book-2-viewing-direction/manifest-ttb.json"),
    ] {
        let book = arranged("Book", &["front", "1", "back"], |_| Arrangement {
            direction: Some(direction),
            ..Arrangement::default()
        });
        check_as_in(&manifest_of(&book, &[]), path, &["viewingDirection"]);
    }
}

#[test]
fn a_scroll_is_continuous_and_folders_are_individuals_as_in_recipe_0011() {
    for (behavior, path) in [
        (Behavior::Continuous, "0011-book-3-behavior/manifest-continuous.json"),
        (Behavior::Individuals, "0011-book-3-behavior/manifest-individuals.json"),
    ] {
        let scroll =
            arranged("Scroll", &["1", "2"], |_| Arrangement { behaviors: vec![behavior], ..Arrangement::default() });
        check_as_in(&manifest_of(&scroll, &[]), path, &["behavior"]);
    }
}

/// The book of recipe 0024: four parts, two of them inside another.
fn a_book_with_contents() -> Object {
    arranged("Ethiopic Ms 10", &["f. 1r", "f. 1v", "f. 2r", "f. 2v", "f. 3r", "f. 3v"], |pages| {
        let part = |name: &str, pages: &[FileId]| Range {
            children: vec![],
            files: pages.to_vec(),
            label: label("en", name),
            spans: vec![],
        };
        let days = vec![part("Monday", &pages[2..4]), part("Tuesday", &pages[4..6])];
        let second =
            Range { children: days, files: vec![], label: label("gez", "Arede'et [አርድዕት]"), spans: vec![] };
        let first = Range { label: label("gez", "Tabiba Tabiban [ጠቢበ ጠቢባን]"), ..part("", &pages[..2]) };
        let all = Range {
            children: vec![first, second],
            files: vec![],
            label: label("en", "Table of Contents"),
            spans: vec![],
        };
        Arrangement { ranges: vec![all], start: Some(pages[2]), ..Arrangement::default() }
    })
}

#[test]
fn a_book_has_contents_as_in_recipe_0024() {
    let document = manifest_of(&a_book_with_contents(), &[]);
    check_as_in(&document, "0024-book-4-toc/manifest.json", &["structures"]);
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn a_book_has_contents_in_2_1() {
    insta::assert_snapshot!(golden(&v2::manifest(&manifest_of(&a_book_with_contents(), &[]))));
}

#[test]
fn one_begins_where_it_was_said_as_in_recipe_0202() {
    let document = manifest_of(&a_book_with_contents(), &[]);
    assert_eq!(document.start.as_ref().unwrap().id, document.items[2].id);
    let service = &document.items[2].items[0].items[0].body;
    let types::Body::Image(image) = service else { panic!("one image") };
    assert_eq!(document.about.thumbnail[0].service, image.service);
    check_as_in(&document, "0202-start-canvas/manifest.json", &["start"]);
}

/// The drawing of recipe 0033: one view in natural light and as an X-ray, then another view.
fn a_drawing_in_two_lights() -> Object {
    arranged("John Dee performing an experiment", &["natural", "xray", "back"], |files| {
        let state = |file: usize, name: &str| Alternative { file: files[file], label: label("en", name) };
        let choice = Choice { files: vec![state(0, "Natural Light"), state(1, "X-Ray")] };
        let whole = Range { children: vec![], files: files.to_vec(), label: label("en", "All"), spans: vec![] };
        let start = Some(files[1]);
        Arrangement { choices: vec![choice], ranges: vec![whole], start, ..Arrangement::default() }
    })
}

#[test]
fn a_view_is_chosen_among_its_states_as_in_recipe_0033() {
    let document = manifest_of(&a_drawing_in_two_lights(), &[]);
    assert_eq!(document.items.len(), 2, "two states of one view are one canvas");
    let body = serde_json::to_value(&document.items[0].items[0].items[0].body).unwrap();
    if let Some(recipe) = recipe("0033-choice/manifest.json") {
        let theirs = &recipe["items"][0]["items"][0]["items"][0]["body"];
        let kinds =
            |body: &Value| body["items"].as_array().unwrap().iter().map(|image| image["label"].clone()).collect();
        let (ours, theirs_said): (Vec<Value>, Vec<Value>) = (kinds(&body), kinds(theirs));
        assert_eq!((body["type"].clone(), ours), (theirs["type"].clone(), theirs_said));
    }
    // A range or a start that names either state leads to the view.
    assert_eq!(document.start.as_ref().unwrap().id, document.items[0].id);
    assert_eq!(document.structures[0].items.len(), 2);
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn a_view_is_chosen_among_its_states_in_2_1() {
    insta::assert_snapshot!(golden(&v2::manifest(&manifest_of(&a_drawing_in_two_lights(), &[]))));
}

#[test]
fn volumes_are_parts_of_one_work_as_in_recipe_0030() {
    let mut work = an_object(&[("title", "ja", "青楼絵本年中行事"), ("title", "en", "Seirō ehon nenjū gyōji")], vec![]);
    work.id = ObjectId::derived("test", "whole");
    work.arrangement.behaviors = vec![Behavior::MultiPart];
    let volumes = ["Vol. 1", "Vol. 2"].map(|name| {
        let mut volume = arranged(name, &["1", "2"], |_| Arrangement {
            behaviors: vec![Behavior::Paged],
            direction: Some(Direction::RightToLeft),
            ..Arrangement::default()
        });
        volume.id = ObjectId::derived("test", name);
        volume
    });
    let document = with_setting(|setting| collection::of_object(&work, &[], &volumes, Place::default(), setting));
    if let Some(recipe) = recipe("0030-multi-volume/collection.json") {
        assert_eq!(json!(document.behavior), recipe["behavior"]);
    }
    // The work itself, if it has views, is no volume.
    assert_eq!(manifest_of(&work, &[]).about.behavior, Vec::<&str>::new());
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn what_is_no_longer_there_is_passed_over() {
    let mut object = a_drawing_in_two_lights();
    let natural = object.files.first().unwrap().file;
    object.files.remove(natural);
    let document = manifest_of(&object, &[]);
    assert_eq!(document.items.len(), 2);
    assert!(matches!(document.items[0].items[0].items[0].body, types::Body::Image(_)), "one state is no choice");
    assert!(!golden(&document).contains(&natural.to_string()));
    object.files = Files::default();
    let document = manifest_of(&object, &[]);
    assert_eq!((document.start.clone(), document.structures.len(), document.items.len()), (None, 0, 1));
}

#[test]
fn a_file_that_is_no_image_is_no_view() {
    let mut object = a_book_with_contents();
    let text = a_file(b"text", "text/plain", "transcript.txt", None);
    object.arrangement.ranges[0].files = vec![text.file];
    object.arrangement.start = Some(text.file);
    object.files.insert(text);
    let document = manifest_of(&object, &[]);
    assert_eq!((document.start.clone(), document.structures[0].items.len()), (None, 2));
}

fn check_refused(change: impl FnOnce(&mut Arrangement, &[FileId]), why: &BadArrangement) {
    let files = pages(&["1", "2", "3"]);
    let ids: Vec<FileId> = files.iter().map(|file| file.file).collect();
    let mut arrangement = Arrangement::default();
    change(&mut arrangement, &ids);
    assert_eq!(arrangement.check(&files.into_iter().collect()).as_ref(), Err(why));
}

fn range(files: &[FileId], children: Vec<Range>) -> Range {
    Range { children, files: files.to_vec(), label: label("en", "x"), spans: vec![] }
}

fn choice(files: &[FileId]) -> Choice {
    Choice { files: files.iter().map(|file| Alternative { file: *file, label: vec![] }).collect() }
}

#[test]
fn files_of_other_objects_are_refused() {
    let file = FileId::from_random([9; 10]);
    let refused = |place| BadArrangement::NoSuchFile { place, file };
    check_refused(|said, _| said.start = Some(file), &refused("start"));
    check_refused(|said, ids| said.choices = vec![choice(&[ids[0], file])], &refused("choices"));
    check_refused(|said, _| said.ranges = vec![range(&[file], vec![])], &refused("a range"));
}

#[test]
fn a_file_that_is_named_twice_is_refused() {
    let file = pages(&["1"])[0].file;
    check_refused(
        |said, ids| said.choices = vec![choice(&ids[..2]), choice(&[ids[0], ids[2]])],
        &BadArrangement::Twice { place: "choices", file },
    );
    let twice = BadArrangement::Twice { place: "a range", file };
    check_refused(|said, ids| said.ranges = vec![range(&[ids[0], ids[0]], vec![])], &twice);
}

#[test]
fn a_page_may_belong_to_two_articles() {
    let object = arranged("Newspaper", &["1", "2"], |ids| Arrangement {
        ranges: vec![range(&ids[..1], vec![]), range(ids, vec![])],
        ..Arrangement::default()
    });
    assert_eq!(manifest_of(&object, &[]).structures.len(), 2);
}

#[test]
fn what_is_empty_or_contradicts_itself_is_refused() {
    check_refused(|said, ids| said.choices = vec![choice(&ids[..1])], &BadArrangement::NoChoice);
    check_refused(|said, _| said.ranges = vec![range(&[], vec![])], &BadArrangement::EmptyRange);
    check_refused(
        |said, _| said.behaviors = vec![Behavior::MultiPart, Behavior::Paged, Behavior::Continuous],
        &BadArrangement::Behaviors("paged", "continuous"),
    );
    check_refused(
        |said, _| said.behaviors = vec![Behavior::MultiPart, Behavior::MultiPart],
        &BadArrangement::Behaviors("multi_part", "multi_part"),
    );
    let unnamed = |ids: &[FileId]| Range { label: vec![], ..range(ids, vec![]) };
    check_refused(|said, ids| said.ranges = vec![unnamed(ids)], &BadArrangement::Label { place: "ranges" });
    let blank = vec![Label { language: None, text: " ".to_owned() }];
    check_refused(
        |said, ids| said.ranges = vec![Range { label: blank, ..range(ids, vec![]) }],
        &BadArrangement::Label { place: "ranges" },
    );
}

#[test]
fn too_much_is_refused() {
    let deep = |ids: &[FileId], depth: usize| (1..depth).fold(range(ids, vec![]), |inner, _| range(&[], vec![inner]));
    check_refused(|said, ids| said.ranges = vec![deep(ids, DEPTH_MAX + 1)], &BadArrangement::TooDeep);
    let object =
        arranged("Deep", &["1"], |ids| Arrangement { ranges: vec![deep(ids, DEPTH_MAX)], ..Arrangement::default() });
    assert_eq!(manifest_of(&object, &[]).structures.len(), 1);
    check_refused(
        |said, ids| said.ranges = vec![range(&ids[..1], vec![]); RANGES_MAX + 1],
        &BadArrangement::TooMany { what: "ranges", found: RANGES_MAX + 1, most: RANGES_MAX },
    );
    check_refused(
        |said, ids| said.choices = vec![choice(&ids[..2]); CHOICES_MAX + 1],
        &BadArrangement::TooMany { what: "choices", found: CHOICES_MAX + 1, most: CHOICES_MAX },
    );
    let many = vec![Label { language: None, text: "x".to_owned() }; LABELS_MAX + 1];
    check_refused(
        |said, ids| said.ranges = vec![Range { label: many, ..range(ids, vec![]) }],
        &BadArrangement::TooMany { what: "labels of one thing", found: LABELS_MAX + 1, most: LABELS_MAX },
    );
}

async fn put(scene: &Scene, token: Option<&str>, body: &Value) -> (StatusCode, String) {
    let request = Request::put(format!("/api/v1/objects/{}/arrangement", scene.object));
    let request = request.header("content-type", "application/json");
    let request = match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    let answer = scene.archive.send(request.body(Body::from(body.to_string())).unwrap()).await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn an_arrangement_is_said_through_the_api_shown_and_kept_for_each_state() {
    let scene = Scene::new().await;
    let blue = ::image::RgbImage::from_pixel(60, 40, ::image::Rgb([0, 0, 255]));
    let second = scene.image("two.png", encode(&blue.into(), ::image::ImageFormat::Png)).await;
    scene.archive.settle().await;
    let before = scene.seq().await;
    let issued =
        scene.archive.issue_token(scene.acting, scene.acting.agent, Scope::Write, "a test", None).await.unwrap();
    scene.archive.settle().await;
    let token = issued.secret.reveal();
    let object = scene.archive.object_now(scene.object).await.unwrap();
    let said = json!({ "behaviors": ["paged"], "direction": "right_to_left", "start": second });
    let body = json!({ "version": object.version, "arrangement": said, "reason": "as it is bound" });
    assert_eq!(put(&scene, None, &body).await.0, StatusCode::UNAUTHORIZED);
    let done = put(&scene, Some(token), &body).await;
    assert_eq!(done.0, StatusCode::OK, "{}", done.1);
    // Whoever did not see this change does not undo it.
    assert_eq!(put(&scene, Some(token), &body).await.0, StatusCode::CONFLICT);
    let again = json!({ "arrangement": said });
    assert_eq!(put(&scene, Some(token), &again).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let slip = json!({ "arrangement": { "behaviour": ["paged"] } });
    assert_eq!(put(&scene, Some(token), &slip).await.0, StatusCode::UNPROCESSABLE_ENTITY);

    scene.archive.settle().await;
    let shown = scene.archive.ask(&format!("/api/v1/objects/{}", scene.object)).await.json();
    assert_eq!(shown["arrangement"], said);
    let now = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await.json();
    assert_eq!((&now["behavior"], &now["viewingDirection"]), (&json!(["paged"]), &json!("right-to-left")));
    assert!(now["start"]["id"].as_str().unwrap().ends_with(&second.to_string()));
    let then = scene.then(before).await.json();
    assert_eq!((then.get("behavior"), then.get("start")), (None, None));
    let story = scene.archive.ask(&format!("/o/{}/history", scene.object)).await.text();
    assert!(story.contains("arranged how its files are shown: reading direction, behaviour, start"), "{story}");
    assert!(story.contains("as it is bound"));
}

#[tokio::test]
async fn an_arrangement_of_other_files_is_refused_by_the_command() {
    let scene = Scene::new().await;
    let file = FileId::from_random([9; 10]);
    let arrangement = Arrangement { start: Some(file), ..Arrangement::default() };
    let refused =
        scene.archive.arrange(scene.acting, scene.object, Arrange { arrangement, ..Arrange::default() }).await;
    assert!(
        matches!(&refused, Err(CommandError::Refused(Refused::Arrangement(BadArrangement::NoSuchFile { .. })))),
        "{refused:?}"
    );
}
