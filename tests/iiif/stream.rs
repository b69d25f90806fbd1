//! An archive that changes, and a consumer of its stream of changes.

use std::collections::BTreeSet;

use fonds::clock::Clock;
use fonds::commands::{Accession, Acting, Deposit, Edit};
use fonds_schemas::event::BatchKind;
use fonds_schemas::*;
use serde_json::Value;

use crate::support::{Answer, TestArchive, archive_at, noon};

pub const BASE: &str = "https://archive.example.org";
pub const STREAM: &str = "/iiif/discovery/1/all-changes";

/// An archive that changes.
pub struct House {
    pub archive: TestArchive,
    pub acting: Acting,
}

pub fn thing(number: usize) -> ObjectId {
    ObjectId::derived("discovery", &number.to_string())
}

pub fn manifest(number: usize) -> String {
    format!("{BASE}/iiif/presentation/3/{}/manifest", thing(number))
}

pub fn said(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

impl House {
    pub async fn empty() -> Self {
        let archive = archive_at(Clock::standing_at(noon())).await;
        let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
        let batch = archive.open_batch(agent, BatchKind::Edit, "a test", None, None).await.unwrap();
        Self { archive, acting: Acting { agent, on_behalf_of: None, batch } }
    }

    /// With that many public things, told of.
    pub async fn of(things: usize) -> Self {
        let house = Self::empty().await;
        house.take_in(0..things, Access::Public).await;
        house.told().await;
        house
    }

    pub async fn take_in(&self, numbers: std::ops::Range<usize>, access: Access) {
        let accessions = numbers.map(|number| Accession {
            object: thing(number),
            level: Level::Work,
            source: Some(SourceKey { identifier: number.to_string(), namespace: "discovery".to_owned() }),
            access,
            statements: vec![said("title", &format!("Thing {number}"))],
            relations: Vec::new(),
        });
        let accessions: Vec<Accession> = accessions.collect();
        if !accessions.is_empty() {
            self.archive.accession(self.acting, accessions).await.unwrap();
        }
    }

    pub async fn describe(&self, number: usize, property: &str, text: &str) {
        let edit = Edit { asserted: vec![said(property, text)], ..Edit::default() };
        self.archive.describe(self.acting, thing(number), edit).await.unwrap();
    }

    pub async fn set_access(&self, number: usize, access: Access) {
        self.archive.set_access(self.acting, thing(number), access, "a test".to_owned()).await.unwrap();
    }

    pub async fn picture(&self, number: usize) {
        let mut png = std::io::Cursor::new(Vec::new());
        ::image::RgbImage::new(40, 30).write_to(&mut png, ::image::ImageFormat::Png).unwrap();
        let bytes = futures::stream::iter([Ok(bytes::Bytes::from(png.into_inner()))]);
        let staged = self.archive.storage.stage_stream(bytes, 1_000_000).await.unwrap();
        let deposit = Deposit { staged, name: "a.png".to_owned(), role: FileRole::Master, order: 0 };
        self.archive.deposit(self.acting, thing(number), vec![deposit]).await.unwrap();
    }

    /// Lets everything become visible.
    pub async fn told(&self) {
        self.archive.settle().await;
        self.archive.wait_for_harvesters();
    }

    pub async fn json(&self, path: &str) -> Value {
        let answer = self.archive.ask(path.strip_prefix(BASE).unwrap_or(path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    pub async fn page(&self, page: u64) -> Answer {
        self.archive.ask(&format!("/iiif/discovery/1/page/{page}")).await
    }

    /// Type and manifest of everything that the stream tells, oldest first.
    pub async fn stream(&self) -> Vec<(String, String)> {
        let mut told = Vec::new();
        let mut page = self.json(STREAM).await["first"]["id"].as_str().map(str::to_owned);
        while let Some(address) = page {
            let document = self.json(&address).await;
            for item in document["orderedItems"].as_array().unwrap() {
                told.push((text(&item["type"]), text(&item["object"]["id"])));
            }
            page = document["next"]["id"].as_str().map(str::to_owned);
        }
        told
    }

    /// Which manifests anybody can read.
    pub async fn public(&self, things: usize) -> BTreeSet<String> {
        let mut public = BTreeSet::new();
        for number in 0..things {
            let address = manifest(number);
            if self.archive.ask(address.strip_prefix(BASE).unwrap()).await.status == 200 {
                public.insert(address);
            }
        }
        public
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn told(kind: &str, number: usize) -> (String, String) {
    (kind.to_owned(), manifest(number))
}

/// A consumer as §3.5 has it: it walks backwards from the last page, takes of each manifest the newest activity, and
/// stops before what is older than its last crawl.
#[derive(Default)]
pub struct Consumer {
    pub has: BTreeSet<String>,
    last_crawl: Option<Timestamp>,
    /// The pages still to read, if a crawl is under way.
    next: Option<String>,
    processed: BTreeSet<String>,
    began: Option<Timestamp>,
}

impl Consumer {
    pub async fn begin(&mut self, house: &House) {
        self.began = Some(house.archive.clock.now());
        self.processed.clear();
        self.next = Some(text(&house.json(STREAM).await["last"]["id"]));
    }

    /// Reads one page; says whether there are more to read.
    pub async fn read(&mut self, house: &House) -> bool {
        let page = house.json(&self.next.take().unwrap()).await;
        for item in page["orderedItems"].as_array().unwrap().iter().rev() {
            let end_time = Timestamp::parse(item["endTime"].as_str().unwrap()).unwrap();
            assert!(end_time <= house.archive.clock.now(), "nothing is told before it can be read");
            if self.last_crawl.is_some_and(|last| end_time < last) {
                self.last_crawl = self.began;
                return false;
            }
            let manifest = text(&item["object"]["id"]);
            if self.processed.insert(manifest.clone()) {
                let kind = item["type"].as_str().unwrap();
                assert!(["Create", "Update", "Delete"].contains(&kind), "{kind}");
                if kind == "Delete" {
                    self.has.remove(&manifest)
                } else {
                    self.has.insert(manifest)
                };
            }
        }
        self.next = page["prev"]["id"].as_str().map(str::to_owned);
        if self.next.is_none() {
            self.last_crawl = self.began;
        }
        self.next.is_some()
    }

    pub async fn crawl(&mut self, house: &House) {
        self.begin(house).await;
        while self.read(house).await {}
    }
}
