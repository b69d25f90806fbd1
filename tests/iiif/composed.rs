//! Details at their places on the image of the whole.

use fonds::iiif::presentation::{v2, v4};
use fonds_schemas::arrangement::*;
use fonds_schemas::event::Arranged;
use fonds_schemas::*;
use serde_json::{Value, json};

use super::arranged::recipe;
use super::documents::{an_image, golden, manifest_of};
use super::made::{a_file, an_object};

fn detail(file: FileId, region: [u32; 4]) -> Detail {
    let text = "Miniature [Chilpéric Ier tue Galswinthe, se remarie et est assassiné]".to_owned();
    Detail { file, label: vec![Label { language: Some(Language::parse("fr").unwrap()), text }], region: region.into() }
}

/// The folio of recipe 0036: a miniature was cut out, and is seen where it was.
fn a_folio() -> Object {
    let files = vec![an_image(1, "folio.jpg", 1, (7216, 5412)), an_image(2, "miniature.jpg", 2, (2138, 2414))];
    let mut object = an_object(&[("title", "en", "Folio from Grandes Chroniques de France, ca. 1460")], files);
    let ids: Vec<FileId> = object.files.iter().map(|file| file.file).collect();
    let composition = Composition { details: vec![detail(ids[1], [3949, 994, 1091, 1232])], file: ids[0] };
    object.arrangement = Arrangement { composed: vec![composition], ..Arrangement::default() };
    assert_eq!(object.arrangement.check(&object.files), Ok(()));
    object
}

/// Sides, labels, kinds and places, without names.
fn shape(canvas: &Value) -> Value {
    let painted = |annotation: &Value| {
        let mut body = annotation["body"].clone();
        body.as_object_mut().unwrap().retain(|key, _| !["id", "service"].contains(&key.as_str()));
        let place = annotation["target"].as_str().unwrap().split_once('#').map(|(_, place)| place);
        json!([annotation["motivation"], body, place])
    };
    let painted: Vec<Value> = canvas["items"][0]["items"].as_array().unwrap().iter().map(painted).collect();
    json!([canvas["width"], canvas["height"], painted])
}

#[test]
fn a_miniature_is_seen_where_it_was_as_in_recipe_0036() {
    let document = manifest_of(&a_folio(), &[]);
    let said = serde_json::to_value(&document).unwrap();
    if let Some(recipe) = recipe("0036-composition-from-multiple-images/manifest.json") {
        assert_eq!(shape(&said["items"][0]), shape(&recipe["items"][0]));
    }
    assert_eq!(document.items.len(), 1, "a detail is no view");
    insta::assert_snapshot!(golden(&document));
}

#[test]
fn versions_2_1_and_4_put_it_there_too() {
    let document = manifest_of(&a_folio(), &[]);
    let place = format!("{}#xywh=3949,994,1091,1232", document.items[0].id);
    let in_2 = serde_json::to_value(v2::manifest(&document)).unwrap();
    let images = in_2["sequences"][0]["canvases"][0]["images"].as_array().unwrap().clone();
    assert_eq!((images.len(), &images[1]["on"]), (2, &json!(place)));
    let in_4 = serde_json::to_value(v4::manifest(&document)).unwrap();
    let target = &in_4["items"][0]["items"][0]["items"][1]["target"];
    assert_eq!(target, &json!({ "id": place, "type": "Canvas" }));
}

#[test]
fn a_range_that_names_a_detail_leads_to_the_whole() {
    let mut object = a_folio();
    let miniature = object.arrangement.composed[0].details[0].file;
    object.arrangement.start = Some(miniature);
    let document = manifest_of(&object, &[]);
    assert_eq!(document.start.as_ref().unwrap().id, document.items[0].id);
}

#[test]
fn a_detail_whose_whole_is_gone_is_a_view_and_a_whole_stays_without_its_detail() {
    let whole = a_folio().arrangement.composed[0].file;
    for gone in [whole, a_folio().arrangement.composed[0].details[0].file] {
        let mut object = a_folio();
        object.files.remove(gone);
        let document = manifest_of(&object, &[]);
        assert_eq!((document.items.len(), document.items[0].items[0].items.len()), (1, 1));
        assert!(!golden(&document).contains(&gone.to_string()));
    }
}

#[test]
fn a_composition_is_written_and_read_back_to_the_byte() {
    let object = a_folio();
    let arrangement = object.arrangement.clone();
    let (whole, part) = (arrangement.composed[0].file, arrangement.composed[0].details[0].file);
    let event = Event::Arranged(Arranged { arrangement, object: object.id, reason: None });
    let body = event.to_body().unwrap();
    assert_eq!(Event::from_body("arranged", 1, &body).unwrap(), event);
    let text = String::from_utf8(body).unwrap();
    assert!(
        text.contains(r#""region":[3949,994,1091,1232]"#) && text.contains(&format!(r#""file":"{part}""#)),
        "{text}"
    );
    assert!(text.ends_with(&format!(r#"}}],"file":"{whole}"}}]}},"object":"{}"}}"#, object.id)), "{text}");
}

fn check_refused(change: impl FnOnce(&mut Arrangement, &[FileId]), why: impl FnOnce(&[FileId]) -> BadArrangement) {
    let mut object = a_folio();
    object.files.insert(StoredFile { order: 3, ..a_file(b"x", "audio/mpeg", "x.mp3", None) });
    let ids: Vec<FileId> = object.files.iter().map(|file| file.file).collect();
    change(&mut object.arrangement, &ids);
    assert_eq!(object.arrangement.check(&object.files), Err(why(&ids)));
}

#[test]
fn what_cannot_be_put_together_is_refused() {
    let other = FileId::from_random([9; 10]);
    let place = "composed";
    check_refused(|said, _| said.composed[0].file = other, |_| BadArrangement::NoSuchFile { place, file: other });
    check_refused(|said, ids| said.composed[0].file = ids[2], |ids| BadArrangement::NoImage { file: ids[2] });
    check_refused(|said, _| said.composed[0].details.clear(), |_| BadArrangement::NoDetail);
    check_refused(|said, ids| said.composed[0].file = ids[1], |ids| BadArrangement::Twice { place, file: ids[1] });
    let state = |file: FileId| Alternative { file, label: vec![] };
    check_refused(
        |said, ids| said.choices = vec![Choice { files: vec![state(ids[0]), state(ids[1])] }],
        |ids| BadArrangement::Twice { place, file: ids[0] },
    );
    for region in [[0, 0, 0, 1], [7216, 0, 1, 1], [0, 5000, 10, 413], [u32::MAX, 0, u32::MAX, 1]] {
        check_refused(
            |said, _| said.composed[0].details[0].region = region.into(),
            |ids| BadArrangement::Region { file: ids[1], on: ids[0] },
        );
    }
    check_refused(
        |said, _| said.composed = vec![said.composed[0].clone(); COMPOSED_MAX + 1],
        |_| BadArrangement::TooMany { what: "compositions", found: COMPOSED_MAX + 1, most: COMPOSED_MAX },
    );
    check_refused(
        |said, ids| said.composed[0].details = vec![detail(ids[1], [0, 0, 1, 1]); DETAILS_MAX + 1],
        |_| BadArrangement::TooMany { what: "details of an image", found: DETAILS_MAX + 1, most: DETAILS_MAX },
    );
}
