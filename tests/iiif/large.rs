//! A manifest of ten thousand pages: whole, and how long each step takes. Nothing asserts a time; `--nocapture` shows it.

use std::sync::Arc;
use std::time::Instant;

use axum::http::StatusCode;
use fonds::iiif::presentation::v2;
use fonds_projections::catalog::{self, Catalog};
use fonds_projections::{Batch, Change, Projection as _};
use fonds_schemas::arrangement::*;
use fonds_schemas::*;

use super::documents::with_setting;
use super::made::{a_file, an_object};
use super::presenting::Scene;

/// Pages of the largest book.
const PAGES: u32 = 10_000;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    eprintln!("{what}: {:.1} ms", begun.elapsed().as_secs_f64() * 1000.0);
    done
}

/// A book with a chapter for every twenty pages, and a restored state of every hundredth.
fn a_large_book() -> Object {
    let page = |n: u32| {
        let mut file = a_file(&n.to_be_bytes(), "image/jpeg", &format!("{n:05}.jpg"), Some((4000, 6000)));
        file.order = n;
        file
    };
    let files: Vec<StoredFile> = (0..PAGES).map(page).collect();
    let ids: Vec<FileId> = files.iter().map(|file| file.file).collect();
    let label = |text: String| vec![Label { language: None, text }];
    let chapter = |(n, pages): (usize, &[FileId])| Range {
        children: vec![],
        files: pages.to_vec(),
        label: label(format!("Chapter {n}")),
        spans: vec![],
    };
    let state = |file: &FileId| Alternative { file: *file, label: vec![] };
    let choices = ids.chunks(100).map(|pages| Choice { files: pages.iter().take(2).map(state).collect() });
    let mut object = an_object(&[("title", "en", "Ten thousand pages")], files);
    object.arrangement = Arrangement {
        choices: choices.collect(),
        ranges: ids.chunks(20).enumerate().map(chapter).collect(),
        ..Arrangement::default()
    };
    object
}

#[tokio::test]
async fn a_manifest_of_ten_thousand_pages_is_answered_whole() {
    let scene = Scene::new().await;
    let mut book = timed("make the book", a_large_book);
    timed("check its arrangement", || book.arrangement.check(&book.files)).unwrap();
    book.id = ObjectId::derived("test", "large");
    let events = scene.archive.ledger.stream(Stream::Object(scene.object), None).await.unwrap();
    let from = Catalog.position(&scene.archive.stores).await.unwrap();
    let after = Arc::new(book.clone());
    let changes = vec![Change { event: 0, before: None, after }];
    let batch = Batch { from, events: vec![Arc::new(events[0].clone())], changes };
    Catalog.apply(&scene.archive.stores, &batch).await.unwrap();

    let begun = Instant::now();
    let found = catalog::object(&scene.archive.stores.pg, book.id).await.unwrap().unwrap();
    eprintln!("read it from the database: {:.1} ms", begun.elapsed().as_secs_f64() * 1000.0);
    assert_eq!(found, book);
    let document = timed("make the manifest", || {
        with_setting(|setting| fonds::iiif::presentation::manifest::manifest(&found, &[], setting))
    });
    let text = timed("write it", || serde_json::to_vec(&document)).unwrap();
    let in_2 = timed("say it in 2.1", || v2::manifest(&document));
    let _written = timed("write that", || serde_json::to_vec(&in_2)).unwrap();
    let begun = Instant::now();
    let answer = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", book.id)).await;
    eprintln!("all of it, {} bytes: {:.1} ms", answer.body.len(), begun.elapsed().as_secs_f64() * 1000.0);
    assert_eq!(answer.status, StatusCode::OK);
    let states = (PAGES / 100) as usize;
    assert_eq!(document.items.len(), PAGES as usize - states);
    assert_eq!(document.structures.len(), PAGES as usize / 20);
    assert_eq!((text.len() > 1_000_000, in_2.structures.len()), (true, document.structures.len()));
    let answer = answer.json();
    assert_eq!(answer["items"].as_array().unwrap().len(), document.items.len());
}
