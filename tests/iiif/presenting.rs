//! Manifests and collections of a whole archive: past states, and lists that are longer than a page.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use fonds::commands::{Accession, Acting, Deposit, Edit};
use fonds_schemas::event::BatchKind;
use fonds_schemas::*;

use super::made::squares_png;
use crate::support::{Answer, TestArchive, archive};

/// An archive, somebody who acts, and an object with an image.
pub struct Scene {
    pub archive: TestArchive,
    pub acting: Acting,
    pub object: ObjectId,
}

pub fn said(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

pub fn new(object: ObjectId, access: Access, title: &str) -> Accession {
    let statements = vec![said("title", title)];
    Accession { object, level: Level::Item, source: None, access, statements, relations: vec![] }
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(archive().await).await
    }

    pub async fn with(archive: TestArchive) -> Self {
        let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
        let batch = archive.open_batch(agent, BatchKind::Edit, "scene", None, None).await.unwrap();
        let (acting, object) = (Acting { agent, on_behalf_of: None, batch }, ObjectId::derived("test", "a"));
        archive.accession(acting, vec![new(object, Access::Public, "First")]).await.unwrap();
        let scene = Self { archive, acting, object };
        scene.image("one.png", squares_png()).await;
        scene.archive.settle().await;
        scene
    }

    pub async fn image(&self, name: &str, bytes: Vec<u8>) -> FileId {
        let stream = futures::stream::iter([Ok(bytes::Bytes::from(bytes))]);
        let staged = self.archive.storage.stage_stream(stream, 10_000_000).await.unwrap();
        let file = FileId::derived(self.object, &staged.sha256);
        let deposit = Deposit { staged, name: name.to_owned(), role: FileRole::Master, order: 0 };
        self.archive.deposit(self.acting, self.object, vec![deposit]).await.unwrap();
        file
    }

    pub async fn says(&self, text: &str) {
        let edit = Edit { asserted: vec![said("note", text)], ..Edit::default() };
        self.archive.describe(self.acting, self.object, edit).await.unwrap();
        self.archive.settle().await;
    }

    pub async fn is(&self, access: Access) {
        self.archive.set_access(self.acting, self.object, access, "a test".to_owned()).await.unwrap();
        self.archive.settle().await;
    }

    /// The place of the object's last event.
    pub async fn seq(&self) -> u64 {
        self.archive.object_now(self.object).await.unwrap().seq
    }

    pub async fn then(&self, seq: impl std::fmt::Display) -> Answer {
        self.archive.ask(&format!("/iiif/presentation/3/{}@{seq}/manifest", self.object)).await
    }
}

#[tokio::test]
async fn a_past_manifest_is_at_its_own_address_and_keeps_its_bytes() {
    let scene = Scene::new().await;
    let seq = scene.seq().await;
    let first = scene.then(seq).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(first.headers["cache-control"], "public, max-age=31536000, immutable");
    let today = format!("https://archive.example.org/iiif/presentation/3/{}", scene.object);
    assert_eq!(first.headers["link"], format!("<{today}/manifest>;rel=\"latest-version\""));
    assert_eq!(first.json()["id"], format!("{today}@{seq}/manifest"));
    scene.says("a second thought").await;
    let second = scene.then(seq).await;
    assert_eq!((&first.body, &first.headers["etag"]), (&second.body, &second.headers["etag"]));
    let now = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await;
    assert!(now.text().contains("a second thought") && !second.text().contains("a second thought"));
    let in_2 = scene.archive.ask(&format!("/iiif/presentation/2/{}@{seq}/manifest", scene.object)).await;
    assert_eq!(in_2.json()["@id"], first.json()["id"].as_str().unwrap().replace("/3/", "/2/"));
    assert!(in_2.headers["link"].to_str().unwrap().contains("/iiif/presentation/2/"));
}

#[tokio::test]
async fn a_place_between_two_states_leads_to_the_one_before() {
    let scene = Scene::new().await;
    let seq = scene.seq().await;
    let other = new(ObjectId::derived("test", "b"), Access::Public, "Another");
    scene.archive.accession(scene.acting, vec![other]).await.unwrap();
    scene.says("later").await;
    let to = format!("https://archive.example.org/iiif/presentation/3/{}@{seq}/manifest", scene.object);
    for asked in [(seq + 1).to_string(), format!("0{seq}"), format!("+{seq}")] {
        let answer = scene.then(&asked).await;
        assert_eq!(
            (answer.status, &answer.headers["location"]),
            (StatusCode::SEE_OTHER, &to.parse().unwrap()),
            "{asked}"
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let latest = format!("@{}/manifest", scene.seq().await);
    for asked in ["999999", "18446744073709551615"] {
        let answer = scene.then(asked).await;
        assert!(answer.headers["location"].to_str().unwrap().ends_with(&latest), "{asked}");
    }
    for asked in ["0", "", "x", "-1", "18446744073709551616"] {
        assert_eq!(scene.then(asked).await.status, StatusCode::NOT_FOUND, "{asked}");
    }
}

#[tokio::test]
async fn what_is_hidden_today_or_was_hidden_then_is_not_shown_by_going_back() {
    let scene = Scene::new().await;
    let open = scene.seq().await;
    scene.is(Access::Restricted).await;
    let hidden = scene.seq().await;
    assert_eq!(scene.then(open).await.status, StatusCode::NOT_FOUND);
    scene.is(Access::Public).await;
    assert_eq!(scene.then(open).await.status, StatusCode::OK);
    assert_eq!(scene.then(hidden).await.status, StatusCode::NOT_FOUND);
    scene.is(Access::Withdrawn).await;
    for seq in [open, hidden, open + 1, 999_999] {
        let answer = scene.then(seq).await;
        assert_eq!((answer.status, &answer.headers["cache-control"]), (StatusCode::GONE, &"no-store".parse().unwrap()));
    }
}

/// Everything that a collection leads to, page after page.
async fn walked(archive: &TestArchive, address: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut next) = (Vec::new(), 0, Some(address.to_owned()));
    while let Some(address) = next.take() {
        let answer = archive.ask(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text());
        let document = answer.json();
        assert!(document["id"].as_str().unwrap().ends_with(&address), "{address}");
        pages += 1;
        for item in document["items"].as_array().unwrap() {
            match item["type"].as_str().unwrap() {
                "Collection" => {
                    let id = item["id"].as_str().unwrap();
                    next = Some(id.strip_prefix("https://archive.example.org").unwrap().to_owned());
                }
                _ => found.push(item["id"].as_str().unwrap().to_owned()),
            }
        }
    }
    (found, pages)
}

#[tokio::test]
async fn a_collection_of_more_parts_than_a_page_leads_to_all_of_them_by_title() {
    let scene = Scene::new().await;
    let whole = Relation { kind: RelationKind::PartOf, target: scene.object };
    let part = |n: u32| {
        let access = if n % 10 == 9 { Access::Restricted } else { Access::Public };
        let accession = new(ObjectId::derived("part", &n.to_string()), access, &format!("Leaf {n:04} «ü»"));
        Accession { relations: vec![whole], ..accession }
    };
    scene.archive.accession(scene.acting, (0..2400).map(part).collect()).await.unwrap();
    scene.archive.settle().await;
    let (found, pages) = walked(&scene.archive, &format!("/iiif/presentation/3/collection/{}", scene.object)).await;
    assert_eq!((found.len(), pages), (2160, 3));
    let open = (0..2400u32).filter(|n| n % 10 != 9).map(|n| ObjectId::derived("part", &n.to_string()));
    let by_title: Vec<String> =
        open.map(|id| format!("https://archive.example.org/iiif/presentation/3/{id}/manifest")).collect();
    assert_eq!(found, by_title);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}

#[tokio::test]
async fn a_place_that_somebody_made_up_is_refused() {
    let scene = Scene::new().await;
    for after in ["x", "0.zz.0123456789abcdef", "%00"] {
        let address = format!("/iiif/presentation/3/collection/{}?after={after}", scene.object);
        assert_eq!(scene.archive.ask(&address).await.status, StatusCode::BAD_REQUEST, "{after}");
    }
}

#[tokio::test]
async fn every_link_to_data_leads_somewhere() {
    let scene = Scene::new().await;
    let document = scene.archive.ask(&format!("/iiif/presentation/3/{}/manifest", scene.object)).await.json();
    let links = document["seeAlso"].as_array().unwrap();
    assert!(links.len() >= 6);
    for link in links.iter().chain(document["homepage"].as_array().unwrap()) {
        let address = link["id"].as_str().unwrap().strip_prefix("https://archive.example.org").unwrap();
        let answer = scene.archive.ask(address).await;
        let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        assert!(kind.starts_with(link["format"].as_str().unwrap()), "{address}: {kind}");
        let edm = link["profile"] == "http://www.europeana.eu/schemas/edm/";
        assert_eq!(edm, answer.text().contains("ProvidedCHO"), "{address}");
    }
}
