//! An archive with a book of two pages, and somebody who may write in it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds::clock::Clock;
use fonds::commands::{Accession, Acting, Deposit};
use fonds_schemas::event::BatchKind;
use fonds_schemas::*;
use serde_json::{Value, json};

use crate::support::{Answer, TestArchive, archive_at, noon};

pub struct Book {
    pub archive: TestArchive,
    pub token: String,
    pub id: ObjectId,
    pub pages: [FileId; 2],
    pub acting: Acting,
}

/// The book, public, with pages of 400 by 300 pixels.
pub async fn book() -> Book {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let agent = archive.register_agent(AgentKind::Person, "Ada Example", None).await.unwrap();
    let batch = archive.open_batch(agent, BatchKind::Edit, "a book", None, None).await.unwrap();
    let acting = Acting { agent, on_behalf_of: None, batch };
    let source = SourceKey { identifier: "book".to_owned(), namespace: "test".to_owned() };
    let id = source.object_id();
    let statements = vec![Statement::new(Property::parse("title").unwrap(), "A book")];
    let (level, access) = (Level::Item, Access::Public);
    let new = Accession { object: id, level, source: Some(source), access, statements, relations: vec![] };
    archive.accession(acting, vec![new]).await.unwrap();
    let pages = [deposit(&archive, acting, id, 1).await, deposit(&archive, acting, id, 2).await];
    let issued = archive.issue_token(acting, agent, Scope::Write, "a test", None).await.unwrap();
    archive.settle().await;
    Book { archive, token: issued.secret.reveal().to_owned(), id, pages, acting }
}

async fn deposit(archive: &TestArchive, acting: Acting, object: ObjectId, order: u8) -> FileId {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(400, 300, image::Rgb([order, 0, 0]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let bytes = futures::stream::iter([Ok(bytes::Bytes::from(bytes.into_inner()))]);
    let staged = archive.storage.stage_stream(bytes, 1_000_000).await.unwrap();
    let file = FileId::derived(object, &staged.sha256);
    let deposit =
        Deposit { staged, name: format!("page {order}.png"), role: FileRole::Master, order: u32::from(order) };
    archive.deposit(acting, object, vec![deposit]).await.unwrap();
    file
}

/// The text of a page: a line with words, one that breaks off, and one without a place.
pub fn lines() -> Value {
    let word = |text: &str, xywh: [u32; 4]| json!({ "text": text, "xywh": xywh });
    json!([
        {
            "text": "There are two birds in the birdhouse, birds!",
            "xywh": [10, 10, 380, 20],
            "words": [
                word("two", [80, 10, 30, 20]), word("birds", [120, 10, 40, 20]), word("bird", [200, 10, 60, 20]),
                word("birds!", [300, 10, 50, 20]),
            ],
        },
        {
            "text": "of the Archi-",
            "words": [word("the", [40, 40, 30, 20]), { "text": "Archi-", "whole": "Archives", "xywh": [80, 40, 60, 20] }],
        },
        { "text": "ves of 달항아리" },
    ])
}

impl Book {
    pub async fn send(&self, method: &str, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("content-type", content_type);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        self.archive.send(request.body(body.into()).unwrap()).await
    }

    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, "application/json", body.to_string()).await
    }

    /// Writes the text of the first page.
    pub async fn transcribe(&self, lines: Value) {
        let body = json!({ "lines": lines, "language": "en" });
        let answer = self.json("PUT", &format!("/api/v1/files/{}/transcript", self.pages[0]), &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        self.archive.settle().await;
    }

    /// Says something of a page, and gives its id.
    pub async fn say(&self, page: usize, more: Value) -> String {
        let mut body = json!({ "file": self.pages[page], "motivation": "commenting" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = self.json("POST", &format!("/api/v1/objects/{}/annotations", self.id), &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        self.archive.settle().await;
        answer.json()["annotation"].as_str().unwrap().to_owned()
    }

    /// What anybody reads.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.archive.ask(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    }

    pub async fn check(&self, path: &str, status: u16) {
        let answer = self.archive.ask(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
    }

    pub fn canvas(&self, page: usize) -> String {
        format!("/iiif/presentation/3/{}/canvas/{}", self.id, self.pages[page])
    }
}

/// An answer without what is made anew each time.
pub fn golden(document: &Value, random: &[(&str, &str)]) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap();
    for (found, name) in random {
        text = text.replace(found, name);
    }
    text
}
