//! An ingest into a real archive: what is there afterwards, and that a second time adds nothing.

use std::fs;
use std::path::Path;

use fonds::commands::Edit;
use fonds::ingest::{Progress, Report, Request, ingest};
use fonds_projections::{annotations, catalog};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{Access, AgentId, AgentKind, Object, ObjectId, Property, Statement};

use crate::support::{self, TestArchive};

async fn agent(archive: &TestArchive) -> AgentId {
    archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap()
}

async fn take_in(archive: &TestArchive, path: &Path, check: bool) -> Report {
    let agent = agent(archive).await;
    let request =
        Request { path: path.to_owned(), map: None, namespace: Some("t".to_owned()), label: None, check, agent };
    let report = ingest(archive, &request, &Progress::silent()).await.unwrap();
    archive.settle().await;
    report
}

async fn size(archive: &TestArchive) -> u64 {
    archive.ledger.head().await.unwrap().size
}

async fn object(archive: &TestArchive, identifier: &str) -> Object {
    catalog::object(&archive.stores.pg, ObjectId::derived("t", identifier)).await.unwrap().unwrap()
}

fn titles(object: &Object) -> Vec<&str> {
    object.values("title").map(|statement| statement.text.as_str()).collect()
}

fn picture(path: &Path, shade: u8) {
    image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 0, 0])).save(path).unwrap();
}

/// A folder with a table of three rows and an image for two of them.
fn collection() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("images")).unwrap();
    picture(&folder.path().join("images/1.png"), 10);
    picture(&folder.path().join("images/2.png"), 20);
    let rows = "id,title,file\n1,One,images/1.png\n2,Two,images/2.png\n3,Three,\n";
    fs::write(folder.path().join("labels.csv"), rows).unwrap();
    folder
}

#[tokio::test]
async fn a_second_time_adds_no_event() {
    let archive = support::archive().await;
    let folder = collection();
    let first = take_in(&archive, folder.path(), false).await;
    assert_eq!((first.counts.accessioned, first.counts.files, first.exit_code()), (3, 2, 0), "{}", first.to_text());
    let before = size(&archive).await;
    let second = take_in(&archive, folder.path(), false).await;
    assert_eq!((second.counts.unchanged, second.files_unchanged, second.batch), (3, 2, None));
    assert_eq!(size(&archive).await, before);
    let one = object(&archive, "1").await;
    let file = one.files.first().unwrap();
    assert_eq!((one.files.len(), file.width, file.name.as_str()), (1, Some(40), "1.png"));
}

#[tokio::test]
async fn a_check_says_what_would_happen_and_writes_nothing() {
    let archive = support::archive().await;
    let folder = collection();
    fs::write(folder.path().join("images/2.png"), "").unwrap();
    agent(&archive).await;
    let before = size(&archive).await;
    let report = take_in(&archive, folder.path(), true).await;
    assert_eq!((report.counts.accessioned, report.counts.files, report.counts.refused), (3, 1, 1));
    let problem = report.problems[0].to_string();
    assert_eq!(problem, "refused: labels.csv, row 2 (line 3), column file: \"images/2.png\" is empty");
    assert_eq!(size(&archive).await, before);
}

#[tokio::test]
async fn a_bad_file_costs_the_file_and_not_the_rest() {
    let archive = support::archive().await;
    let folder = collection();
    let whole = fs::read(folder.path().join("images/1.png")).unwrap();
    fs::write(folder.path().join("images/1.png"), &whole[..whole.len() / 2]).unwrap();
    let report = take_in(&archive, folder.path(), false).await;
    assert_eq!((report.counts.accessioned, report.counts.files, report.exit_code()), (3, 1, 2), "{}", report.to_text());
    // The file is mended and the same input taken in again: only the file is new.
    fs::write(folder.path().join("images/1.png"), whole).unwrap();
    let again = take_in(&archive, folder.path(), false).await;
    assert_eq!((again.counts.unchanged, again.counts.files, again.exit_code()), (3, 1, 0));
}

#[tokio::test]
async fn a_way_out_of_the_folder_is_refused_and_the_object_taken_in() {
    let archive = support::archive().await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("labels.csv"), "id,title,file\n1,One,../../etc/passwd\n2,Two,/etc/passwd\n").unwrap();
    let report = take_in(&archive, folder.path(), false).await;
    assert_eq!((report.counts.accessioned, report.counts.files, report.counts.refused), (2, 0, 2));
}

#[tokio::test]
async fn a_changed_row_changes_the_description_and_a_person_keeps_the_last_word() {
    let archive = support::archive().await;
    let folder = collection();
    take_in(&archive, folder.path(), false).await;
    let agent = agent(&archive).await;
    let one = object(&archive, "1").await;
    let batch = archive.open_batch(agent, BatchKind::Edit, "by hand", None, None).await.unwrap();
    let acting = fonds::commands::Acting { agent, on_behalf_of: None, batch };
    let title = |text: &str| Statement::new(Property::parse("title").unwrap(), text);
    let wrong = one.statements.iter().find(|standing| standing.statement == title("One")).unwrap().id;
    let edit =
        Edit { version: Some(one.version), asserted: vec![title("The One")], retracted: vec![wrong], reason: None };
    archive.describe(acting, one.id, edit).await.unwrap();
    archive.set_access(acting, one.id, Access::Restricted, "by hand".to_owned()).await.unwrap();
    archive.settle().await;
    let before = size(&archive).await;
    take_in(&archive, folder.path(), false).await;
    assert_eq!(size(&archive).await, before, "the source has nothing new to say");
    let rows = "id,title,file\n1,One,images/1.png\n2,Deux,images/2.png\n3,Three,\n";
    fs::write(folder.path().join("labels.csv"), rows).unwrap();
    let report = take_in(&archive, folder.path(), false).await;
    assert_eq!((report.counts.described, report.counts.unchanged), (1, 2));
    assert_eq!(titles(&object(&archive, "2").await), ["Deux"]);
    let one = object(&archive, "1").await;
    assert_eq!((titles(&one).as_slice(), one.standing.access), (["The One"].as_slice(), Access::Restricted));
}

#[tokio::test]
async fn what_the_catalogue_does_not_know_yet_is_not_taken_in_twice() {
    let archive = support::archive().await;
    let folder = collection();
    let agent = agent(&archive).await;
    let path = folder.path().to_owned();
    let request = Request { path, map: None, namespace: Some("t".to_owned()), label: None, check: false, agent };
    // Nobody folds between the two: the catalogue is empty when the second begins.
    ingest(&archive, &request, &Progress::silent()).await.unwrap();
    let second = ingest(&archive, &request, &Progress::silent()).await.unwrap();
    assert_eq!(second.counts.accessioned, 0, "{}", second.to_text());
    archive.settle().await;
    let third = take_in(&archive, folder.path(), false).await;
    assert_eq!((third.counts.unchanged, third.batch), (3, None));
}

fn alto(text: &str) -> String {
    let string = format!(r#"<String CONTENT="{text}" HPOS="2" VPOS="2" WIDTH="20" HEIGHT="10"/>"#);
    format!("<alto><Layout><Page><PrintSpace><TextLine>{string}</TextLine></PrintSpace></Page></Layout></alto>")
}

#[tokio::test]
async fn alto_beside_an_image_becomes_its_text_once() {
    let archive = support::archive().await;
    let folder = tempfile::tempdir().unwrap();
    let volume = folder.path().join("volume");
    fs::create_dir(&volume).unwrap();
    picture(&volume.join("page 1.png"), 10);
    picture(&volume.join("page 2.png"), 20);
    fs::write(volume.join("page 1.xml"), alto("Birds")).unwrap();
    fs::write(volume.join("page 2.alto.xml"), "<alto><Layout>").unwrap();
    fs::write(volume.join("page 3.xml"), alto("Nobody")).unwrap();
    let report = take_in(&archive, folder.path(), false).await;
    assert_eq!((report.counts.files, report.exit_code()), (5, 0), "{}", report.to_text());
    let broken = report.problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(broken.len() == 1 && broken[0].contains("page 2.alto.xml"), "{broken:?}");
    let object = object(&archive, "volume").await;
    let file = |name: &str| object.files.iter().find(|file| file.name == name).unwrap().file;
    let text = annotations::transcript(&archive.stores.pg, file("page 1.png")).await.unwrap().unwrap().body;
    assert_eq!((text.lines[0].text.as_str(), text.source), ("Birds", Some(file("page 1.xml"))));
    assert_eq!(annotations::transcript(&archive.stores.pg, file("page 2.png")).await.unwrap(), None);
    let before = object.version;
    take_in(&archive, folder.path(), false).await;
    assert_eq!(archive.object_now(object.id).await.unwrap().version, before);
}

#[tokio::test]
async fn the_demo_fills_an_archive_once() {
    let archive = support::archive().await;
    let report = fonds::demo::fill(&archive, &Progress::silent()).await.unwrap();
    assert_eq!((report.counts.refused, report.exit_code()), (0, 0), "{}", report.to_text());
    archive.settle().await;
    let before = size(&archive).await;
    fonds::demo::fill(&archive, &Progress::silent()).await.unwrap();
    assert_eq!(size(&archive).await, before);
    let given_back = ObjectId::derived(fonds::demo::NAMESPACE, "X/3");
    let given_back = catalog::object(&archive.stores.pg, given_back).await.unwrap().unwrap();
    assert_eq!((given_back.standing.access, given_back.standing.ever_public), (Access::Withdrawn, true));
}
