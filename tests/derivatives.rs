//! The worker that makes tiles: what it makes, what it leaves, and where it goes on.

use std::io::Cursor;

use axum::body::Body;
use axum::http::Request;
use fonds::clock::Clock;
use fonds::commands::{Accession, Acting, Deposit};
use fonds::derivatives::{Found, Made, Master, Waiting};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{Access, AgentKind, FileId, FileRole, Level, Sha256, SourceKey};
use fonds_workers::pack::PIPELINE;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{TestArchive, archive_at, noon, tiff};

/// An image of 700 × 500 pixels like no other.
fn picture(seed: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = GrayImage::from_fn(700, 500, |x, y| Luma([u8::try_from((x + y) / 5).unwrap().wrapping_add(seed)]));
    DynamicImage::ImageLuma8(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn acting(archive: &TestArchive) -> Acting {
    let agent = archive.register_agent(AgentKind::Person, "A cataloguer", None).await.unwrap();
    let batch = archive.open_batch(agent, BatchKind::Ingest, "pictures", None, None).await.unwrap();
    Acting { agent, on_behalf_of: None, batch }
}

/// An object with a file of these bytes.
async fn deposited(archive: &TestArchive, identifier: &str, bytes: &[u8]) -> FileId {
    let source = SourceKey { identifier: identifier.to_owned(), namespace: "test".to_owned() };
    let object = source.object_id();
    let acting = acting(archive).await;
    let (access, level) = (Access::Public, Level::Item);
    let accession = Accession { object, access, level, source: Some(source), statements: vec![], relations: vec![] };
    archive.accession(acting, vec![accession]).await.unwrap();
    let stream = futures::stream::iter([Ok(bytes::Bytes::copy_from_slice(bytes))]);
    let staged = archive.storage.stage_stream(stream, 1 << 20).await.unwrap();
    let file = FileId::derived(object, &staged.sha256);
    let deposit = Deposit { staged, name: format!("{identifier}.png"), role: FileRole::Master, order: 0 };
    archive.deposit(acting, object, vec![deposit]).await.unwrap();
    archive.settle().await;
    file
}

async fn work(archive: &TestArchive) -> Made {
    let worker = archive.worker(CancellationToken::new());
    worker.catch_up(&|_| ()).await.unwrap();
    worker.so_far()
}

#[tokio::test]
async fn every_image_is_cut_once_and_its_tiles_are_served() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let file = deposited(&archive, "1", &picture(0)).await;
    let tile = format!("/iiif/image/3/{file}/0,0,512,500/max/0/default.jpg");
    // Shown from the master until its tiles are there.
    let before = archive.ask(&tile).await;
    assert_eq!(before.status, 200);
    assert_eq!(work(&archive).await, Made { made: 1, failed: 0 });
    let after = archive.ask(&tile).await;
    assert_eq!((after.status.as_u16(), image::load_from_memory(&after.body).unwrap().width()), (200, 512));
    assert_ne!(after.headers["etag"], before.headers["etag"]);
    // Nothing is left, also for who comes later; the same bytes on another object are cut already.
    deposited(&archive, "2", &picture(0)).await;
    assert_eq!(work(&archive).await, Made::default());
    assert_eq!(archive.worker(CancellationToken::new()).waiting().await.unwrap(), Waiting(0));
}

#[tokio::test]
async fn tiles_of_a_tiled_master_are_served_as_it_holds_them() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let shade = |n: u32| u8::try_from(n / 5).unwrap();
    let master = tiff::in_tiles(&RgbImage::from_fn(700, 500, |x, y| Rgb([shade(x), shade(y), shade(x + y)])), 256);
    let file = deposited(&archive, "1", &master).await;
    let info = format!("/iiif/image/3/{file}/info.json");
    let before = archive.ask(&info).await;
    assert_eq!(before.headers["cache-control"], "public, max-age=60");
    assert_eq!(before.json()["tiles"][0], serde_json::json!({"width": 512, "height": 512, "scaleFactors": [1, 2]}));
    assert_eq!(work(&archive).await, Made { made: 1, failed: 0 });
    // Who holds the one sees the other.
    let request = Request::get(&info).header("if-none-match", before.headers["etag"].clone());
    let after = archive.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (after.status.as_u16(), &after.headers["cache-control"]),
        (200, &"public, max-age=3600".parse().unwrap())
    );
    assert_eq!(after.json()["tiles"][0], serde_json::json!({"width": 256, "height": 256, "scaleFactors": [1, 2, 4]}));
    let two = archive.ask(&format!("/iiif/image/2/{file}/info.json")).await;
    assert_eq!((&two.json()["tiles"], &two.json()["sizes"]), (&after.json()["tiles"], &after.json()["sizes"]));
    let tile = archive.ask(&format!("/iiif/image/3/{file}/256,0,256,256/256,256/0/default.jpg")).await;
    // The encoded data, from the header of the scan on.
    let scan = tile.body.windows(2).position(|two| two == b"\xFF\xDA").unwrap();
    let taken = master.windows(tile.body.len() - scan).any(|held| held == &tile.body[scan..]);
    assert!(taken && tile.body.starts_with(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"));
    let edge = archive.ask(&format!("/iiif/image/3/{file}/512,256,188,244/188,244/0/default.jpg")).await;
    assert_eq!(image::load_from_memory(&edge.body).unwrap().width(), 188);
}

#[tokio::test]
async fn what_cannot_be_decoded_is_kept_and_says_why_and_is_not_tried_again() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let mut bytes = picture(1);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 40].fill(0);
    let file = deposited(&archive, "1", &bytes).await;
    let whole = deposited(&archive, "2", &picture(2)).await;
    assert_eq!(work(&archive).await, Made { made: 1, failed: 1 });
    assert_eq!(work(&archive).await, Made::default());
    for path in ["info.json", "full/max/0/default.jpg"] {
        let answer = archive.ask(&format!("/iiif/image/3/{file}/{path}")).await;
        assert_eq!(answer.status, 422, "{path}");
        assert!(answer.text().contains("this file is kept, but cannot be shown"), "{}", answer.text());
        assert_eq!(archive.ask(&format!("/iiif/image/3/{whole}/{path}")).await.status, 200);
    }
    assert_eq!(archive.ask(&format!("/api/v1/files/{file}/content")).await.body, bytes);
}

#[tokio::test]
async fn what_cannot_be_decoded_keeps_its_place_and_says_why_it_is_empty() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let mut damaged = picture(1);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0);
    let file = deposited(&archive, "1", &damaged).await;
    let object = SourceKey { identifier: "1".to_owned(), namespace: "test".to_owned() }.object_id();
    let stream = futures::stream::iter([Ok(bytes::Bytes::from(picture(2)))]);
    let staged = archive.storage.stage_stream(stream, 1 << 20).await.unwrap();
    let whole = FileId::derived(object, &staged.sha256);
    let deposit = Deposit { staged, name: "2.png".to_owned(), role: FileRole::Master, order: 1 };
    archive.deposit(acting(&archive).await, object, vec![deposit]).await.unwrap();
    archive.settle().await;
    assert_eq!(work(&archive).await, Made { made: 1, failed: 1 });

    let manifest = archive.ask(&format!("/iiif/presentation/3/{object}/manifest")).await.json();
    let canvases = manifest["items"].as_array().unwrap();
    assert_eq!((canvases.len(), &canvases[0]["width"], &canvases[0]["items"]), (2, &700.into(), &json!([])));
    let said = canvases[0]["metadata"][0]["value"]["en"][0].as_str().unwrap();
    assert!(said.starts_with("This image is kept, but cannot be shown: "), "{said}");
    let named = |value: &Value, file: FileId| value.to_string().contains(&format!("/{file}/"));
    assert!(named(&canvases[1]["items"], whole) && named(&manifest["thumbnail"], whole), "{manifest}");
    assert!(named(&manifest["rendering"], file) && !named(&manifest["rendering"], whole), "it can be downloaded");
    let older = archive.ask(&format!("/iiif/presentation/2/{object}/manifest")).await.json();
    assert_eq!(older["sequences"][0]["canvases"][0]["images"], json!([]));
    let top = archive.ask("/iiif/presentation/3/collection/top").await.json();
    assert!(named(&top["items"][0]["thumbnail"], whole), "{top}");
    let page = archive.ask(&format!("/o/{object}")).await.text();
    assert!(page.contains("This image is kept, but cannot be shown") && !page.contains(&format!("/{file}/full")));
    assert!(page.contains(&format!("/{whole}/full")));
    assert!(archive.ask("/search").await.text().contains(&format!("/{whole}/full")));
    // As soon as something can be made of it, it is there.
    let master = Master { sha256: Sha256::of(&damaged), page: 1 };
    std::fs::remove_file(archive.packs.folder().join("failed").join(PIPELINE.to_string()).join(master.to_string()))
        .unwrap();
    archive.packs.note(Master { page: 9, ..master }, "so that it is looked at again at once").unwrap();
    let manifest = archive.ask(&format!("/iiif/presentation/3/{object}/manifest")).await.json();
    assert!(named(&manifest["items"][0]["items"], file), "{manifest}");
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_goes_on_later() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    deposited(&archive, "1", &picture(3)).await;
    let stop = CancellationToken::new();
    stop.cancel();
    let worker = archive.worker(stop);
    worker.catch_up(&|_| ()).await.unwrap();
    assert_eq!(worker.so_far(), Made::default());
    assert_eq!(work(&archive).await, Made { made: 1, failed: 0 });
}

#[tokio::test]
async fn packs_that_were_thrown_away_are_made_again() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    deposited(&archive, "1", &picture(4)).await;
    work(&archive).await;
    std::fs::remove_dir_all(archive.data().join("packs")).unwrap();
    std::fs::create_dir(archive.data().join("packs")).unwrap();
    assert_eq!(work(&archive).await, Made { made: 1, failed: 0 });
}

#[tokio::test]
async fn a_damaged_pack_is_none() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    deposited(&archive, "1", &picture(5)).await;
    work(&archive).await;
    let master = Sha256::of(&picture(5)).to_string();
    let path = archive.data().join("packs").join(&master[..2]).join(format!("{master}.pack"));
    std::fs::write(&path, b"fondspk\x01 and nothing else").unwrap();
    let fresh = fonds::derivatives::Packs::open(&archive.data()).unwrap();
    assert!(matches!(fresh.find(Master { sha256: Sha256::of(&picture(5)), page: 1 }).await.unwrap(), Found::Nothing));
}

#[tokio::test]
async fn one_process_works_at_a_time() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let (first, second) = (archive.worker(CancellationToken::new()), archive.worker(CancellationToken::new()));
    let held = first.alone().unwrap();
    assert!(held.is_some() && second.alone().unwrap().is_none());
    drop(held);
    assert!(second.alone().unwrap().is_some());
}

#[tokio::test]
async fn a_withdrawn_image_is_gone_at_once_with_its_tiles_made() {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let file = deposited(&archive, "1", &picture(6)).await;
    work(&archive).await;
    let tile = format!("/iiif/image/3/{file}/0,0,512,500/max/0/default.jpg");
    assert_eq!(archive.ask(&tile).await.status, 200);
    let object = SourceKey { identifier: "1".to_owned(), namespace: "test".to_owned() }.object_id();
    let acting = acting(&archive).await;
    archive.set_access(acting, object, Access::Withdrawn, "a complaint".to_owned()).await.unwrap();
    archive.settle().await;
    assert_eq!(archive.ask(&tile).await.status, 410);
}
