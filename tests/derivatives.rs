//! The worker that makes tiles: what it makes, what it leaves, and where it goes on.

use std::io::Cursor;

use fonds::clock::Clock;
use fonds::commands::{Accession, Acting, Deposit};
use fonds::derivatives::{Found, Made, Master, Waiting};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{Access, AgentKind, FileId, FileRole, Level, Sha256, SourceKey};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use tokio_util::sync::CancellationToken;

use crate::support::{TestArchive, archive_at, noon};

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
