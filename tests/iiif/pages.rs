//! A TIFF of several pages: each is a view of its object, with an image service and tiles of its own.

use std::io::Cursor;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use fonds::derivatives::Made;
use fonds::iiif::presentation::v2;
use fonds_schemas::arrangement::*;
use fonds_schemas::*;
use serde_json::{Value, json};
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;
use tokio_util::sync::CancellationToken;

use super::documents::{golden, manifest_of};
use super::made::{Server, a_file, an_object};
use super::presenting::Scene;
use crate::support::{Answer, TestArchive};

/// A directory of a file: its sides as they lie there, its colour, and what it says of itself.
type Directory = ((u32, u32), [u8; 3], Option<(Tag, u32)>);

const RED: [u8; 3] = [200, 20, 20];
const GREEN: [u8; 3] = [20, 180, 20];
const BLUE: [u8; 3] = [20, 20, 200];
/// Three pages and a smaller copy: what is to be seen of them.
const PAGES: [((u32, u32), [u8; 3]); 3] = [((700, 600), RED), ((40, 90), GREEN), ((64, 64), BLUE)];
const THREE: [Directory; 4] = [
    (PAGES[0].0, RED, None),
    ((175, 150), RED, Some((Tag::NewSubfileType, 1))),
    // It lies on its side.
    ((90, 40), GREEN, Some((Tag::Orientation, 6))),
    (PAGES[2].0, BLUE, None),
];

fn tiff_of(directories: &[Directory]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    for ((width, height), colour, said) in directories {
        let mut image = encoder.new_image::<colortype::RGB8>(*width, *height).unwrap();
        if let Some((tag, value)) = said {
            image.encoder().write_tag(*tag, *value).unwrap();
        }
        image.write_data(&colour.repeat((width * height) as usize)).unwrap();
    }
    bytes.into_inner()
}

/// An archive with an object that has a PNG and a TIFF of these directories.
async fn deposited(directories: &[Directory]) -> (Scene, FileId) {
    let scene = Scene::new().await;
    let file = scene.image("roll.tif", tiff_of(directories)).await;
    scene.archive.settle().await;
    (scene, file)
}

async fn work(archive: &TestArchive) -> Made {
    let worker = archive.worker(CancellationToken::new());
    worker.catch_up(&|_| ()).await.unwrap();
    worker.so_far()
}

async fn asked(archive: &TestArchive, method: Method, path: &str) -> Answer {
    archive.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
}

/// The names of the pages in addresses.
fn names(file: FileId) -> [String; 3] {
    [file.to_string(), format!("{file}.2"), format!("{file}.3")]
}

/// Both versions of the service of every page say how large it is and give its pixels, and no others.
async fn check_served(archive: &TestArchive, file: FileId) {
    let mut etags = std::collections::BTreeSet::new();
    for (name, ((width, height), colour)) in names(file).iter().zip(PAGES) {
        for (version, id) in [(2, "@id"), (3, "id")] {
            let base = format!("/iiif/image/{version}/{name}");
            let info = archive.ask(&format!("{base}/info.json")).await.json();
            assert_eq!((&info["width"], &info["height"]), (&json!(width), &json!(height)), "{base}");
            assert_eq!(info[id], format!("https://archive.example.org{base}"));
            let to = archive.ask(&base).await;
            assert_eq!(
                (to.status, to.headers["location"].to_str().unwrap()),
                (StatusCode::SEE_OTHER, format!("https://archive.example.org{base}/info.json").as_str())
            );
            let path = format!("{base}/0,0,40,40/40,/0/default.jpg");
            let (whole, head) = (archive.ask(&path).await, asked(archive, Method::HEAD, &path).await);
            assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
            assert_eq!((whole.status, &whole.headers["etag"]), (StatusCode::OK, &head.headers["etag"]), "{path}");
            let canonical = format!("<https://archive.example.org{base}/");
            assert!(whole.headers["link"].to_str().unwrap().starts_with(&canonical), "{path}");
            etags.insert((version, whole.headers["etag"].to_str().unwrap().to_owned()));
            let pixels = image::load_from_memory(&whole.body).unwrap().to_rgb8();
            let near = |pixel: &image::Rgb<u8>| pixel.0.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 8);
            assert!(pixels.dimensions() == (40, 40) && pixels.pixels().all(near), "{path}");
        }
        let max = archive.ask(&format!("/iiif/image/3/{name}/full/max/0/default.png")).await;
        let pixels = image::load_from_memory(&max.body).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (width, height), "{name}");
    }
    assert_eq!(etags.len(), 6, "{etags:?}");
}

#[tokio::test]
async fn every_page_has_an_image_service_before_and_after_its_tiles_are_made() {
    let (scene, file) = deposited(&THREE).await;
    let stored = scene.archive.object_now(scene.object).await.unwrap();
    let pages: Vec<_> = stored.file(file).unwrap().all_pages().filter_map(|page| page.sides).collect();
    assert_eq!(pages, PAGES.map(|(sides, _)| sides));
    check_served(&scene.archive, file).await;
    assert_eq!(work(&scene.archive).await, Made { made: 4, failed: 0 });
    check_served(&scene.archive, file).await;
    // The pages of one master, one after the other, behind what was always called so.
    for name in ["pack", "2.pack", "3.pack"] {
        assert!(pack(&scene.archive, file, name).await.is_file(), "{name}");
    }
}

#[tokio::test]
async fn there_is_one_name_for_a_page_and_none_beyond_the_last() {
    let (scene, file) = deposited(&THREE).await;
    for page in ["0", "1", "02", "4", "10000", "4294967298", "2.1", "x", ""] {
        for path in ["", "/info.json", "/full/max/0/default.jpg"] {
            let answer = scene.archive.ask(&format!("/iiif/image/3/{file}.{page}{path}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}{path}");
        }
    }
    scene.is(Access::Withdrawn).await;
    for (page, status) in [("2", StatusCode::GONE), ("4", StatusCode::GONE), ("1", StatusCode::NOT_FOUND)] {
        let answer = scene.archive.ask(&format!("/iiif/image/3/{file}.{page}/info.json")).await;
        assert_eq!(answer.status, status, "{page}: a stranger does not learn how many there are");
    }
}

/// The file of tiles of a page.
async fn pack(archive: &TestArchive, file: FileId, ending: &str) -> PathBuf {
    let found = fonds_projections::files::find(&archive.stores.pg, file).await.unwrap().unwrap();
    let master = found.file.sha256.to_string();
    archive.data().join("packs").join(&master[..2]).join(format!("{master}.{ending}"))
}

#[tokio::test]
async fn a_page_that_cannot_be_decoded_fails_alone_and_a_damaged_pack_is_made_again() {
    let mut bytes = tiff_of(&THREE);
    // The second page is compressed by a method that nobody has heard of.
    let entries: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == [3, 1, 3, 0]).collect();
    assert_eq!(entries.len(), 4);
    bytes[entries[2] + 8] = 99;
    let scene = Scene::new().await;
    let file = scene.image("roll.tif", bytes).await;
    scene.archive.settle().await;
    assert_eq!(work(&scene.archive).await, Made { made: 3, failed: 1 });
    let status = async |name: &str| scene.archive.ask(&format!("/iiif/image/3/{name}/info.json")).await.status;
    let [first, second, third] = names(file);
    let seen = (status(&first).await, status(&second).await, status(&third).await);
    assert_eq!(seen, (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::OK));
    let why: Vec<String> = scene.archive.packs.failures().await.unwrap().values().cloned().collect();
    assert!(why.len() == 1 && why[0].contains("supported"), "{why:?}");

    // As if it had been killed in the middle: the third page is not whole, and nobody wrote down that it is done.
    let third = pack(&scene.archive, file, "3.pack").await;
    let whole = std::fs::read(&third).unwrap();
    std::fs::write(&third, &whole[..200]).unwrap();
    std::fs::remove_file(scene.archive.data().join("packs/done")).unwrap();
    assert_eq!(work(&scene.archive).await, Made { made: 1, failed: 0 });
    assert!(std::fs::read(&third).unwrap() == whole);
}

#[tokio::test]
async fn a_deposited_roll_is_shown_page_by_page() {
    let scene = Scene::new().await;
    let (acting, to) = (scene.acting, format!("/api/v1/objects/{}/files?name=roll.tif", scene.object));
    let issued = scene.archive.issue_token(acting, acting.agent, Scope::Write, "a test", None).await.unwrap();
    scene.archive.settle().await;
    let request = Request::post(to).header("authorization", format!("Bearer {}", issued.secret.reveal()));
    let answer = scene.archive.send(request.body(Body::from(tiff_of(&THREE))).unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    scene.archive.settle().await;
    let object = scene.archive.ask(&format!("/api/v1/objects/{}", scene.object)).await.json();
    let roll = object["files"].as_array().unwrap().iter().find(|file| file["name"] == "roll.tif").unwrap();
    assert_eq!(roll["pages"], json!([{ "height": 90, "width": 40 }, { "height": 64, "width": 64 }]));
    let file = FileId::parse(roll["file"].as_str().unwrap()).unwrap();
    let document = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await.json();
    let base = "https://archive.example.org";
    let canvases: Vec<&Value> =
        document["items"].as_array().unwrap().iter().filter(|canvas| id(canvas).contains(&file.to_string())).collect();
    assert_eq!(canvases.len(), 3);
    for ((canvas, name), ((width, height), _)) in canvases.iter().zip(names(file)).zip(PAGES) {
        assert_eq!(id(canvas), format!("{base}/iiif/presentation/3/{}/canvas/{name}", scene.object));
        assert_eq!((&canvas["width"], &canvas["height"]), (&json!(width), &json!(height)));
        let service = &canvas["items"][0]["items"][0]["body"]["service"][0];
        assert_eq!(id(service), format!("{base}/iiif/image/3/{name}"));
        // What is said of the image is said of its first page.
        let said = scene.archive.ask(&format!("{}/annotations", &id(canvas)[base.len()..])).await;
        assert_eq!(said.status == StatusCode::OK, name == file.to_string(), "{name}");
    }
    let page = scene.archive.ask(&format!("/o/{}", scene.object)).await.text();
    assert!(page.contains(&format!("/iiif/image/3/{file}.3/full/")) && page.contains(", 3 pages,"), "{page}");
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

/// An image of as many pages as there are sides.
fn paged(name: &str, sides: &[(u32, u32)]) -> StoredFile {
    let pages = sides[1..].iter().map(|(width, height)| PageSides { height: *height, width: *width }).collect();
    StoredFile { pages, ..a_file(name.as_bytes(), "image/tiff", name, Some(sides[0])) }
}

#[test]
fn a_manifest_of_a_roll_of_three_pages() {
    let roll = paged("roll.tif", &[(1000, 800), (800, 1000), (640, 480)]);
    insta::assert_snapshot!(golden(&manifest_of(&an_object(&[("title", "en", "A roll")], vec![roll]), &[])));
}

#[test]
fn an_arrangement_means_the_first_page_to_begin_and_to_choose_and_all_pages_in_a_range() {
    let files = vec![paged("a.tif", &[(60, 40); 3]), paged("b.tif", &[(60, 40)]), paged("c.tif", &[(60, 40); 2])];
    let mut object = an_object(&[("title", "en", "Rolls")], files);
    let ids: Vec<FileId> = object.files.iter().map(|file| file.file).collect();
    let state = |file: usize| Alternative { file: ids[file], label: vec![] };
    let range = |files: &[usize]| Range {
        children: vec![],
        files: files.iter().map(|file| ids[*file]).collect(),
        label: vec![Label { language: None, text: "A part".to_owned() }],
        spans: vec![],
    };
    object.arrangement = Arrangement {
        choices: vec![Choice { files: vec![state(0), state(2)] }],
        start: Some(ids[2]),
        ranges: vec![range(&[0]), range(&[2]), range(&[1, 2, 0])],
        ..Arrangement::default()
    };
    assert_eq!(object.arrangement.check(&object.files), Ok(()));
    let document = manifest_of(&object, &[]);
    let said = serde_json::to_value(&document).unwrap();
    // Of the third file, the first page is another state of the first of the first file.
    let short = |text: &str| {
        let (id, page) = text.rsplit('/').next().unwrap().split_once('.').map_or((text, ""), |(id, page)| (id, page));
        let letter = ids.iter().position(|file| id.ends_with(&file.to_string())).unwrap();
        format!("{}{page}", ["a", "b", "c"][letter])
    };
    let of = |value: &Value| -> Vec<String> { value.as_array().unwrap().iter().map(|item| short(id(item))).collect() };
    assert_eq!(of(&said["items"]), ["a", "a2", "a3", "b", "c2"]);
    assert_eq!(short(id(&said["start"])), "a");
    let ranges: Vec<_> = said["structures"].as_array().unwrap().iter().map(|range| of(&range["items"])).collect();
    assert_eq!(ranges, [vec!["a", "a2", "a3"], vec!["a", "c2"], vec!["b", "a", "c2", "a2", "a3"]]);
    let in_2 = serde_json::to_value(v2::manifest(&document)).unwrap();
    let canvases = in_2["sequences"][0]["canvases"].as_array().unwrap();
    assert_eq!((canvases.len(), &canvases[1]["label"]), (5, &json!("a (2)")));
    let service = canvases[1]["images"][0]["resource"]["service"]["@id"].as_str().unwrap();
    assert!(service.ends_with(&format!("/iiif/image/2/{}.2", ids[0])), "{service}");
}

#[test]
fn a_range_counts_pages_and_ten_thousand_of_them_are_all_shown() {
    let mut object = an_object(&[("title", "en", "A roll")], vec![paged("roll.tif", &[(60, 40); 10_000])]);
    let file = object.files.first().unwrap().file;
    let label = vec![Label { language: None, text: "All".to_owned() }];
    let range = Range { children: vec![], files: vec![file], label, spans: vec![] };
    object.arrangement.ranges = vec![range.clone(); 5];
    assert_eq!(object.arrangement.check(&object.files), Ok(()));
    let document = manifest_of(&object, &[]);
    assert_eq!((document.items.len(), document.structures[4].items.len()), (10_000, 10_000));
    object.arrangement.ranges.push(range);
    let refused = BadArrangement::TooMany { what: "files in ranges", found: 60_000, most: RANGE_FILES_MAX };
    assert_eq!(object.arrangement.check(&object.files), Err(refused));
}

#[test]
fn a_page_that_is_too_large_is_no_view() {
    let roll = paged("roll.tif", &[(60, 40), (100_000, 100_000), (64, 64)]);
    let document = manifest_of(&an_object(&[("title", "en", "A roll")], vec![roll]), &[]);
    let labels: Vec<_> = document.items.iter().map(|canvas| serde_json::to_value(&canvas.label).unwrap()).collect();
    assert_eq!(labels, [json!({ "none": ["roll (1)"] }), json!({ "none": ["roll (3)"] })]);
}

#[tokio::test]
async fn a_master_that_would_fill_the_memory_is_shown_when_its_tiles_are_made() {
    let mut server = Server::new(tiff_of(&THREE), "image/tiff", PAGES[0].0);
    server.file.bytes = 600 << 20;
    let response = server.get("full/max/0/default.jpg").await;
    assert_eq!((response.status(), server.times_fetched()), (StatusCode::SERVICE_UNAVAILABLE, 0));
}
