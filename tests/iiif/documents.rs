//! Manifests and collections: goldens, and what the specification wants of every one of them.

use fonds::config::{ArchiveSettings, Limits};
use fonds::iiif::presentation::collection::{self, Place};
use fonds::iiif::presentation::manifest::{Setting, manifest, manifest_then};
use fonds::iiif::presentation::types::Manifest;
use fonds_schemas::*;
use serde_json::Value;

use super::made::{a_file, an_object};

const CONTEXT: &str = "http://iiif.io/api/presentation/3/context.json";

pub fn with_setting<T>(render: impl FnOnce(Setting<'_>) -> T) -> T {
    let addresses = Addresses::new("https://archive.example.org");
    let archive = ArchiveSettings { name: "Museum of Examples".to_owned(), ..ArchiveSettings::default() };
    render(Setting { addresses: &addresses, archive: &archive, limits: &Limits::default(), failures: None })
}

pub fn manifest_of(object: &Object, wholes: &[Object]) -> Manifest {
    let document = with_setting(|setting| manifest(object, wholes, setting));
    check_manifest(&serde_json::to_value(&document).unwrap());
    document
}

/// As it is sent, but on lines.
pub fn golden(document: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap()
}

pub fn an_image(seed: u8, name: &str, order: u32, sides: (u32, u32)) -> StoredFile {
    let mut file = a_file(&[seed], "image/jpeg", name, Some(sides));
    file.order = order;
    file
}

pub fn a_painting() -> Object {
    let statements = [
        ("title", "en", "Water Lilies"),
        ("title", "fr", "Nymphéas"),
        ("creator", "", "Claude Monet"),
        ("date_created", "", "1906"),
        ("material", "en", "Oil on canvas"),
        ("description", "en", "A pond, <at dawn>."),
        ("credit_line", "en", "Gift of a friend"),
        ("rights", "", "https://creativecommons.org/publicdomain/zero/1.0/deed.en"),
        ("landing_page", "", "https://museum.example.org/lilies?a=1&b=2"),
    ];
    an_object(&statements, vec![an_image(1, "lilies.jpg", 1, (3000, 2000))])
}

pub fn a_book() -> Object {
    let pages = [(1, "0001r.tif", (2000, 3000)), (2, "0001v.tif", (2001, 3001)), (3, ".tif", (400, 300))];
    let mut files: Vec<StoredFile> =
        pages.iter().map(|(n, name, sides)| an_image(*n, name, u32::from(*n), *sides)).collect();
    let mut transcript = a_file(b"text", "text/plain", "transcript.txt", None);
    transcript.role = FileRole::Transcript;
    files.push(transcript);
    // Kept, and of a kind that is not decoded: offered, not painted.
    files.push(a_file(b"bmp", "image/bmp", "0002r.bmp", Some((10, 10))));
    an_object(&[("title", "", "A book of three pages")], files)
}

/// What the specification wants of every manifest, by hand: a schema misses a wrong `type` or context.
fn check_manifest(document: &Value) {
    let id = document["id"].as_str().unwrap();
    assert_eq!(document["@context"], CONTEXT);
    assert_eq!(document["type"], "Manifest");
    assert!(id.ends_with("/manifest"), "{id}");
    check_language_map(&document["label"]);
    for pair in document["metadata"].as_array().into_iter().flatten() {
        check_language_map(&pair["label"]);
        check_language_map(&pair["value"]);
    }
    if let Some(rights) = document.get("rights") {
        assert!(rights.as_str().unwrap().starts_with("http://"), "{rights}");
    }
    for list in ["provider", "homepage", "seeAlso"] {
        assert!(!document[list].as_array().unwrap().is_empty(), "{list}");
    }
    let canvases = document["items"].as_array().unwrap();
    assert!(!canvases.is_empty(), "a manifest has a canvas");
    let mut ids: Vec<&str> = Vec::new();
    for canvas in canvases {
        check_canvas(canvas, &mut ids);
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "ids are unique");
}

fn check_canvas<'a>(canvas: &'a Value, ids: &mut Vec<&'a str>) {
    assert_eq!(canvas["type"], "Canvas");
    let (width, height) = (canvas["width"].as_u64(), canvas["height"].as_u64());
    let sides = width.zip(height).is_some_and(|(width, height)| width > 0 && height > 0);
    let length = canvas["duration"].as_f64().is_some_and(|seconds| seconds > 0.0);
    assert!((sides || length) && width.is_some() == height.is_some(), "{canvas}");
    check_language_map(&canvas["label"]);
    ids.push(check_id(canvas));
    for page in canvas["items"].as_array().unwrap() {
        assert_eq!(page["type"], "AnnotationPage");
        ids.push(check_id(page));
        for annotation in page["items"].as_array().unwrap() {
            assert_eq!((&annotation["type"], &annotation["motivation"]), (&"Annotation".into(), &"painting".into()));
            let target = annotation["target"].as_str().unwrap();
            let place = target.strip_prefix(canvas["id"].as_str().unwrap()).unwrap();
            assert!(place.is_empty() || place.starts_with("#xywh="), "{target}");
            ids.push(check_id(annotation));
            let body = &annotation["body"];
            let images = body["items"].as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
            assert_eq!(images.len() > 1, body["type"] == "Choice");
            for image in images.iter().filter(|image| image["type"] == "Image") {
                let service = image["service"][0]["id"].as_str().unwrap();
                assert_eq!(image["service"][0]["type"], "ImageService3");
                assert_eq!(image["id"], format!("{service}/full/max/0/default.jpg"));
            }
            if place.is_empty() {
                assert_eq!((&images[0]["width"], &images[0]["height"]), (&canvas["width"], &canvas["height"]));
            }
        }
    }
}

fn check_id(resource: &Value) -> &str {
    let id = resource["id"].as_str().unwrap();
    assert!(id.starts_with("https://") && !id.contains('#'), "{id}");
    id
}

fn check_language_map(map: &Value) {
    let map = map.as_object().unwrap();
    assert!(!map.is_empty());
    for texts in map.values() {
        assert!(texts.as_array().unwrap().iter().all(Value::is_string), "{texts}");
    }
}

#[test]
fn a_manifest_of_a_painting() {
    let mut whole = an_object(&[("title", "en", "The collection")], vec![]);
    whole.id = ObjectId::derived("test", "whole");
    insta::assert_snapshot!(golden(&manifest_of(&a_painting(), &[whole])));
}

#[test]
fn a_manifest_of_a_book_of_three_pages() {
    insta::assert_snapshot!(golden(&manifest_of(&a_book(), &[])));
}

#[test]
fn a_manifest_of_an_object_without_images() {
    let mut object = an_object(&[], vec![]);
    object.source = Some(SourceKey { identifier: "A.1".to_owned(), namespace: "test".to_owned() });
    insta::assert_snapshot!(golden(&manifest_of(&object, &[])));
}

#[test]
fn a_manifest_in_many_languages_and_scripts() {
    let statements = [
        ("title", "zh-Hant", "花鳥圖"),
        ("title", "ja", "花鳥図"),
        ("title", "ar", "طيور وزهور"),
        ("title", "ja", "別題"),
        ("note", "", "\u{1b170}\u{1b171} in Nüshu"),
        ("subject", "en", "birds"),
        ("subject", "de", "Vögel"),
        ("subject", "en", "flowers"),
        ("rights", "en", "Ask us"),
    ];
    insta::assert_snapshot!(golden(&manifest_of(&an_object(&statements, vec![]), &[])));
}

#[test]
fn a_manifest_of_a_view_of_rome_on_a_map_and_a_timeline() {
    let statements = [
        ("title", "en", "Castel Sant'Angelo"),
        ("place", "en", "Rome"),
        ("place", "it", "Roma"),
        ("coordinates", "", "41.9031,12.4663"),
        ("coordinates", "", "somewhere"),
        ("date_created", "", "1776"),
        ("landing_page", "", "https://museum.example.org/castel"),
        ("holding_institution", "en", "A museum"),
        // RDF/XML cannot name this property, so no link leads to a document that cannot be written.
        ("http://example.org/123", "", "a number"),
    ];
    let mut object = an_object(&statements, vec![an_image(1, "castel.jpg", 1, (600, 400))]);
    object.statements[5].statement.edtf = Some("1776".to_owned());
    let document = with_setting(|setting| {
        let archive = ArchiveSettings {
            homepage: Some("https://museum.example.org/".to_owned()),
            logo: Some("https://museum.example.org/Logo.SVG".to_owned()),
            ..setting.archive.clone()
        };
        manifest(&object, &[], Setting { archive: &archive, ..setting })
    });
    insta::assert_snapshot!(golden(&document));
    let whole = an_object(&[("title", "en", "Rome")], vec![]);
    let document = with_setting(|setting| {
        collection::of_object(&whole, &[], std::slice::from_ref(&object), Place::default(), setting)
    });
    let document = serde_json::to_value(document).unwrap();
    assert_eq!(document["@context"].as_array().unwrap().last().unwrap(), CONTEXT);
    assert_eq!(document["items"][0]["navDate"], "1776-01-01T00:00:00Z");
    assert_eq!(document["items"][0]["navPlace"]["features"].as_array().unwrap().len(), 1);
}

#[test]
fn a_record_that_harvesters_do_not_see_is_not_linked() {
    for (access, linked) in [(Access::Public, true), (Access::Restricted, false)] {
        let mut object = a_painting();
        object.standing.access = access;
        let document = serde_json::to_value(manifest_of(&object, &[])).unwrap();
        assert_eq!(document["seeAlso"].to_string().contains("/oai?verb=GetRecord"), linked, "{access:?}");
    }
}

#[test]
fn a_manifest_of_the_past_names_itself_and_nothing_of_today() {
    let object = a_painting();
    let document = with_setting(|setting| manifest_then(&object, setting));
    let document = serde_json::to_value(document).unwrap();
    let base = format!("https://archive.example.org/iiif/presentation/3/{}@1", object.id);
    assert_eq!(document["id"], format!("{base}/manifest"));
    let canvas = document["items"][0]["id"].as_str().unwrap();
    assert!(canvas.starts_with(&format!("{base}/canvas/")), "{canvas}");
    assert_eq!(document["homepage"][0]["id"], format!("https://archive.example.org/o/{}@1", object.id));
    assert_eq!((document.get("seeAlso"), document.get("partOf")), (None, None));
}

#[test]
fn an_image_that_is_too_large_to_be_shown_is_offered_and_not_painted() {
    let object = an_object(&[("title", "", "A wall")], vec![an_image(1, "wall.tif", 1, (100_000, 50_000))]);
    let document = serde_json::to_value(manifest_of(&object, &[])).unwrap();
    assert_eq!(document["items"][0]["items"], Value::Array(vec![]));
    assert_eq!(document["rendering"][0]["label"]["none"][0], "wall.tif");
}

#[test]
fn a_manifest_begins_with_its_context() {
    let bytes = with_setting(|setting| serde_json::to_vec(&manifest(&a_painting(), &[], setting)).unwrap());
    assert!(bytes.starts_with(format!("{{\"@context\":\"{CONTEXT}\",\"id\":").as_bytes()));
}

#[test]
fn what_looks_like_html_in_a_title_stays_text_and_in_a_value_is_escaped() {
    let statements = [("title", "", "<b>bold</b>"), ("note", "", "<img src=x onerror=alert(1)>")];
    let document = serde_json::to_value(manifest_of(&an_object(&statements, vec![]), &[])).unwrap();
    assert_eq!(document["label"]["none"][0], "<b>bold</b>");
    let value = document["metadata"][0]["value"]["none"][0].as_str().unwrap();
    assert_eq!(value, "<span>&lt;img src=x onerror=alert(1)&gt;</span>");
}

#[test]
fn a_collection_names_manifests_and_collections_and_embeds_none() {
    let mut whole = an_object(&[("title", "en", "Letters")], vec![]);
    whole.id = ObjectId::derived("test", "whole");
    let mut series = an_object(&[("title", "en", "1848")], vec![]);
    series.id = ObjectId::derived("test", "series");
    series.level = Level::Series;
    let document =
        with_setting(|setting| collection::of_object(&whole, &[], &[a_painting(), series], Place::default(), setting));
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn the_collection_of_everything_leads_to_its_next_page() {
    let document = with_setting(|setting| {
        let place = Place { after: None, next: Some("a b/ü") };
        collection::top(&[a_painting()], place, setting)
    });
    let document = serde_json::to_value(document).unwrap();
    assert_eq!(document["id"], "https://archive.example.org/iiif/presentation/3/collection/top");
    let next = &document["items"][1];
    assert_eq!(next["type"], "Collection");
    assert_eq!(next["id"], "https://archive.example.org/iiif/presentation/3/collection/top?after=a%20b%2F%C3%BC");
}
