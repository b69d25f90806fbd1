//! Records taken into a real archive: a second time adds nothing, an edited file only the difference.

use std::fs;
use std::path::Path;

use fonds::ingest::{Progress, Report, Request, ingest};
use fonds_projections::{annotations, catalog};
use fonds_schemas::{Access, AgentKind, Object, ObjectId, RelationKind};

use super::fixture;
use crate::support::{self, TestArchive};

async fn take_in(archive: &TestArchive, path: &Path, check: bool) -> Report {
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let request = Request { path: path.to_owned(), map: None, namespace: None, label: None, check, agent };
    let report = ingest(archive, &request, &Progress::silent()).await.unwrap();
    archive.settle().await;
    report
}

async fn size(archive: &TestArchive) -> u64 {
    archive.ledger.head().await.unwrap().size
}

async fn object(archive: &TestArchive, namespace: &str, identifier: &str) -> Object {
    catalog::object(&archive.stores.pg, ObjectId::derived(namespace, identifier)).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_format_adds_nothing_a_second_time() {
    let archive = support::archive().await;
    for name in ["edm.xml", "lido.xml", "mods.xml", "marcxml.xml", "oai_dc.xml", "ead.xml"] {
        let first = take_in(&archive, &fixture(name), false).await;
        assert!(first.counts.accessioned > 0, "{name}: {}", first.to_text());
        let before = size(&archive).await;
        let second = take_in(&archive, &fixture(name), false).await;
        assert_eq!(second.counts.unchanged, first.counts.accessioned, "{name}: {}", second.to_text());
        assert_eq!((size(&archive).await, second.batch), (before, None), "{name}");
    }
}

#[tokio::test]
async fn a_changed_record_changes_only_what_it_says_otherwise() {
    let archive = support::archive().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.xml");
    let whole = fs::read_to_string(fixture("oai_dc.xml")).unwrap();
    fs::write(&path, &whole).unwrap();
    take_in(&archive, &path, false).await;
    fs::write(&path, whole.replace("<dc:title>Four</dc:title>", "<dc:title>Vier</dc:title><dc:type>text</dc:type>"))
        .unwrap();
    let report = take_in(&archive, &path, false).await;
    assert_eq!((report.counts.described, report.counts.unchanged), (1, 1), "{}", report.to_text());
    let four = object(&archive, "records", "oai:example.org:4").await;
    let said: Vec<&str> = four.statements.iter().map(|standing| standing.statement.text.as_str()).collect();
    assert_eq!(said, ["Vier", "text"]);
}

#[tokio::test]
async fn a_check_says_the_same_and_writes_nothing() {
    let archive = support::archive().await;
    let path = fixture("ead.xml");
    take_in(&archive, &fixture("lido.xml"), false).await;
    let before = size(&archive).await;
    let checked = take_in(&archive, &path, true).await;
    assert_eq!((size(&archive).await, checked.batch), (before, None));
    let done = take_in(&archive, &path, false).await;
    assert_eq!((checked.counts.accessioned, checked.rows), (done.counts.accessioned, done.rows));
    assert_eq!((checked.problems, checked.unmapped), (done.problems, done.unmapped));
}

#[tokio::test]
async fn components_belong_to_the_ones_around_them_and_the_public_sees_what_is_for_it() {
    let archive = support::archive().await;
    take_in(&archive, &fixture("ead.xml"), false).await;
    let part_of = |object: &Object| {
        let whole = object.relations.iter().find(|relation| relation.kind == RelationKind::PartOf);
        whole.map(|relation| relation.target)
    };
    let fonds = object(&archive, "XX-Ex", "ex1").await;
    let series = object(&archive, "XX-Ex", "ex1/s1").await;
    let paris = object(&archive, "XX-Ex", "ex1/s1/1/1").await;
    assert_eq!((part_of(&fonds), part_of(&series), part_of(&paris)), (None, Some(fonds.id), Some(series.id)));
    let medical = object(&archive, "XX-Ex", "ex1/s2").await;
    let inside = object(&archive, "XX-Ex", "ex1/s2/#1").await;
    assert_eq!((medical.standing.access, inside.standing.access), (Access::Restricted, Access::Restricted));
    let seen = archive.ask(&format!("/o/{}", inside.id)).await;
    assert_ne!(seen.status, 200);
    let texts = fonds.statements.iter().map(|standing| standing.statement.text.as_str());
    assert!(!texts.collect::<String>().contains("unnamed"));
}

fn picture(path: &Path, shade: u8) {
    image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 0, 0])).save(path).unwrap();
}

#[tokio::test]
async fn a_volume_has_its_pages_in_order_and_their_texts() {
    let archive = support::archive().await;
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("mets.xml"), folder.path().join("mets.xml")).unwrap();
    fs::create_dir(folder.path().join("images")).unwrap();
    picture(&folder.path().join("images/b.png"), 10);
    picture(&folder.path().join("images/a.png"), 20);
    let string = "<String CONTENT=\"Birds\" HPOS=\"2\" VPOS=\"2\" WIDTH=\"20\" HEIGHT=\"10\"/>";
    let alto =
        format!("<alto><Layout><Page><PrintSpace><TextLine>{string}</TextLine></PrintSpace></Page></Layout></alto>");
    fs::write(folder.path().join("images/b.xml"), alto).unwrap();
    let report = take_in(&archive, folder.path(), false).await;
    // The third page is not there, and the way out of the folder is none.
    assert_eq!((report.counts.files, report.counts.refused), (3, 2), "{:?}", report.problems);
    let volume = object(&archive, "Example Library", "vol1").await;
    let names: Vec<&str> = volume.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["b.png", "b.xml", "a.png"]);
    let first = volume.files.first().unwrap().file;
    let text = annotations::transcript(&archive.stores.pg, first).await.unwrap().unwrap().body;
    assert_eq!(text.lines[0].text, "Birds");
    let before = size(&archive).await;
    let again = take_in(&archive, folder.path(), false).await;
    assert_eq!((again.files_unchanged, size(&archive).await), (3, before));
}

#[tokio::test]
async fn a_text_of_a_volume_is_that_of_the_image_of_its_page_whatever_it_is_called() {
    let archive = support::archive().await;
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read_to_string(fixture("mets.xml")).unwrap();
    // The text of the first page (b.png) is called like the image of the second.
    fs::write(folder.path().join("mets.xml"), whole.replace("images/b.xml", "texts/a.xml")).unwrap();
    for name in ["images", "texts"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    picture(&folder.path().join("images/b.png"), 10);
    picture(&folder.path().join("images/a.png"), 20);
    let alto = "<alto><Layout><Page><PrintSpace><TextLine><String CONTENT=\"Birds\" HPOS=\"2\" VPOS=\"2\" WIDTH=\"20\" \
                HEIGHT=\"10\"/></TextLine></PrintSpace></Page></Layout></alto>";
    fs::write(folder.path().join("texts/a.xml"), alto).unwrap();
    take_in(&archive, folder.path(), false).await;
    let volume = object(&archive, "Example Library", "vol1").await;
    let of = |name: &str| volume.files.iter().find(|file| file.name == name).unwrap().file;
    let text = annotations::transcript(&archive.stores.pg, of("b.png")).await.unwrap().unwrap().body;
    assert_eq!(text.lines[0].text, "Birds");
    assert!(annotations::transcript(&archive.stores.pg, of("a.png")).await.unwrap().is_none());
}
