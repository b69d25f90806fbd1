//! An object of hundreds of files, through a whole archive: taken in at once, changed, looked at as it was, folded anew.

use std::fs;
use std::path::Path;

use fonds::commands::{Acting, Deposit};
use fonds::formats::ALL as FORMATS;
use fonds::ingest::{Progress, Request, ingest};
use fonds::keeper::Keeper;
use fonds_projections::feed::Setting;
use fonds_projections::{catalog, files};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{AgentId, AgentKind, FileId, FileRole, Object, ObjectId, Recorded, Stream};

use crate::support::{TestArchive, archive};

/// Pages of the volume: several runs of files.
const PAGES: usize = 300;
/// The first of them are images, the others are text.
const IMAGES: u8 = 3;

async fn ada(archive: &TestArchive) -> AgentId {
    archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap()
}

async fn acting(archive: &TestArchive) -> Acting {
    let agent = ada(archive).await;
    let batch = archive.open_batch(agent, BatchKind::Edit, "a test", None, None).await.unwrap();
    Acting { agent, on_behalf_of: None, batch }
}

/// A folder that is one object of so many pages.
fn volume(pages: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("volume");
    fs::create_dir(&inside).unwrap();
    for shade in 0..IMAGES {
        let image = image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 0, 0]));
        image.save(inside.join(format!("{shade}.png"))).unwrap();
    }
    for number in usize::from(IMAGES)..pages {
        fs::write(inside.join(format!("{number}.txt")), format!("page {number}")).unwrap();
    }
    folder
}

async fn take_in(archive: &TestArchive, folder: &Path) -> ObjectId {
    let (path, namespace) = (folder.to_owned(), Some("t".to_owned()));
    let request = Request { path, map: None, namespace, label: None, check: false, agent: ada(archive).await };
    let report = ingest(archive, &request, &Progress::silent()).await.unwrap();
    assert_eq!((report.counts.accessioned, report.exit_code()), (1, 0), "{}", report.to_text());
    archive.settle().await;
    ObjectId::derived("t", "volume")
}

async fn history(archive: &TestArchive, id: ObjectId) -> Vec<Recorded> {
    archive.ledger.stream(Stream::Object(id), None).await.unwrap()
}

async fn now(archive: &TestArchive, id: ObjectId) -> Object {
    catalog::object(&archive.stores.pg, id).await.unwrap().unwrap()
}

/// Takes page 0, 150 and the last off, and deposits page 150 again, before all others.
async fn rearrange(archive: &TestArchive, id: ObjectId, folder: &Path) {
    let acting = acting(archive).await;
    let pages: Vec<FileId> = now(archive, id).await.files.iter().map(|file| file.file).collect();
    for page in [0, 150, PAGES - 1] {
        archive.detach(acting, id, pages[page], "not ours".to_owned()).await.unwrap();
    }
    let staged = archive.storage.stage_file(&folder.join("volume/150.txt"), 1_000).await.unwrap();
    let deposit = Deposit { staged, name: "150 again.txt".to_owned(), role: FileRole::Transcript, order: 0 };
    archive.deposit(acting, id, vec![deposit]).await.unwrap().unwrap();
    archive.settle().await;
}

#[tokio::test]
async fn a_volume_is_one_append_and_one_version_of_its_storage() {
    let (archive, folder) = (archive().await, volume(PAGES));
    let id = take_in(&archive, folder.path()).await;
    let volume = now(&archive, id).await;
    let names: Vec<&str> = volume.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((names.len(), names[2], names[3], names[299]), (PAGES, "2.png", "3.txt", "299.txt"));
    assert!(volume.files.iter().all(|file| file.path.contains("/v1/content/")));
    let moments: std::collections::BTreeSet<_> =
        history(&archive, id).await.iter().skip(1).map(|recorded| recorded.envelope.recorded_at).collect();
    assert_eq!(moments.len(), 1, "one append records all its events at one moment");
}

#[tokio::test]
async fn a_volume_is_shown_as_it_was_after_each_of_its_events() {
    let (archive, folder) = (archive().await, volume(PAGES));
    let id = take_in(&archive, folder.path()).await;
    rearrange(&archive, id, folder.path()).await;
    let history = history(&archive, id).await;
    assert_eq!(history.len(), 1 + PAGES + 4);
    let mut then = None;
    for recorded in &history {
        Object::fold(&mut then, recorded).unwrap();
        let seq = recorded.envelope.seq;
        assert_eq!(catalog::object_at(&archive.stores.pg, id, seq).await.unwrap(), then, "at {seq}");
    }
    assert_eq!(Some(now(&archive, id).await), then);
    assert_eq!(catalog::objects(&archive.stores.pg, &[id]).await.unwrap(), [then.unwrap()]);
    assert_eq!(files::totals(&archive.stores.pg).await.unwrap().files, PAGES as u64 - 2);
    // Counted in events of the object: a publication may be marked between any two of them.
    for (back, shown) in [(4, PAGES), (1, PAGES - 3), (0, PAGES - 2)] {
        let seq = history[history.len() - 1 - back].envelope.seq;
        let page = archive.ask(&format!("/o/{id}@{seq}")).await.text();
        assert_eq!(page.matches("/content\"").count(), shown, "files at {seq}");
    }
}

#[tokio::test]
async fn a_volume_is_folded_anew_to_the_same() {
    let (archive, folder) = (archive().await, volume(PAGES));
    let id = take_in(&archive, folder.path()).await;
    rearrange(&archive, id, folder.path()).await;
    let Keeper::Keeping { rebuild, .. } = &archive.keeper else { unreachable!("nobody else keeps it") };
    for one in rebuild.run(true, |_, _| {}).await.unwrap() {
        assert!(one.digests.as_ref().unwrap().are_equal(), "{}", one.name);
    }
    // A row a file and a period, and none of them in the versions of the object.
    let rows: i64 =
        sqlx::query_scalar("select count(*) from catalog_file").fetch_one(&archive.stores.pg).await.unwrap();
    let longest = sqlx::query_scalar("select max(octet_length(doc)) from catalog_object");
    let longest: i32 = longest.fetch_one(&archive.stores.pg).await.unwrap();
    assert_eq!((rows, longest < 1_000), (i64::try_from(PAGES).unwrap() + 1, true), "{longest} bytes");
}

#[tokio::test]
async fn what_a_format_says_is_unmoved_is_rendered_the_same() {
    let (archive, folder) = (archive().await, volume(PAGES));
    let id = take_in(&archive, folder.path()).await;
    rearrange(&archive, id, folder.path()).await;
    let mut then: Option<Object> = None;
    let setting = Setting { addresses: &archive.stores.addresses, publishing: &archive.stores.publishing };
    let mut moved = Vec::new();
    for recorded in history(&archive, id).await {
        let before = then.clone();
        Object::fold(&mut then, &recorded).unwrap();
        let (Some(before), Some(after), Some(event)) = (before, &then, &recorded.event) else { continue };
        // What the others say of files is tried in `formats::rendered`, on fewer of them.
        for format in FORMATS.iter().filter(|format| format.prefix() == "oai_dc") {
            let render = |object: &Object| format.render(object, &setting);
            if format.is_unmoved(&before, event) {
                assert_eq!(render(&before), render(after));
            } else {
                moved.push(event.kind());
            }
        }
    }
    // The first image, the first text, the first image taken off, and a text before all others.
    assert_eq!(moved, ["file_stored", "file_stored", "file_detached", "file_stored"]);
}

/// Prints what a volume costs: `FONDS_TEST_PAGES=2000 cargo test … -- --ignored --nocapture what_a_volume_costs`.
#[tokio::test]
#[ignore = "prints, and proves nothing"]
#[expect(clippy::disallowed_methods, reason = "asked for by hand")]
async fn what_a_volume_costs() {
    let pages = std::env::var("FONDS_TEST_PAGES").unwrap().parse().unwrap();
    let (archive, folder) = (archive().await, volume(pages));
    let begun = std::time::Instant::now();
    let id = take_in(&archive, folder.path()).await;
    let taken_in = begun.elapsed();
    let Keeper::Keeping { rebuild, .. } = &archive.keeper else { unreachable!("nobody else keeps it") };
    rebuild.run(true, |_, _| {}).await.unwrap();
    let rebuilt = begun.elapsed().saturating_sub(taken_in);
    let read = std::time::Instant::now();
    assert_eq!(now(&archive, id).await.files.len(), pages);
    let read = read.elapsed();
    let size: i64 = sqlx::query_scalar(
        "select sum(pg_total_relation_size(oid))::bigint from pg_class
        where relkind = 'r' and relnamespace = 'live'::regnamespace",
    )
    .fetch_one(&archive.stores.pg)
    .await
    .unwrap();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
    eprintln!(
        "{pages} pages: in {taken_in:.1?}, anew in {rebuilt:.1?}, read in {read:.1?}; {} KiB in tables; {peak}",
        size / 1024
    );
}
