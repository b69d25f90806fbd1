//! A ledger of a test's own, folded into the publication feed and asked by OAI-PMH.

use std::collections::HashMap;
use std::sync::Arc;

use fonds::config::{ArchiveSettings, OaiSettings};
use fonds::oai::{Key, Repository, answer};
use fonds_projections::feed::{self, Feed};
use fonds_projections::graph::Triples;
use fonds_projections::{Batch, Change, Projection as _, Stores};
use fonds_schemas::envelope::ENVELOPE_VERSION;
use fonds_schemas::event::{
    AccessSet, Accessioned, Described, EmbargoLapsed, FileStored, LedgerOpened, PublicationMarked, Related,
};
use fonds_schemas::{
    Access, AgentId, Envelope, Event, EventId, Level, Object, ObjectId, Property, Recorded, Relation, RelationKind,
    Sha256, SourceKey, Statement, StatementId, Stream, Timestamp,
};
use uuid::Uuid;

/// When the ledger of every test was opened.
pub const OPENED: &str = "2026-11-21T10:00:00Z";

pub struct World {
    pub stores: Stores,
    pub now: Timestamp,
    /// Every event so far.
    pub ledger: Vec<Recorded>,
    /// How many of them are folded.
    pub folded: usize,
    objects: HashMap<ObjectId, Arc<Object>>,
    /// What `Identify` and every record tell.
    pub archive: ArchiveSettings,
    pub oai: OaiSettings,
}

impl World {
    /// A ledger that holds its first event, and nothing folded.
    pub async fn opened() -> Self {
        let stores = stores().await;
        let now = Timestamp::parse(OPENED).unwrap();
        let archive = ArchiveSettings {
            name: "Museum of Tests & Trials".to_owned(),
            email: "archivist@museum.example.org".to_owned(),
            ..ArchiveSettings::default()
        };
        let (ledger, objects, oai) = (Vec::new(), HashMap::new(), OaiSettings::default());
        let mut world = Self { stores, now, ledger, folded: 0, objects, archive, oai };
        world.record(Event::LedgerOpened(LedgerOpened { name: "Museum of Tests".to_owned() }));
        world
    }

    /// Records an event now.
    pub fn record(&mut self, event: Event) -> u64 {
        let recorded = recorded(self.ledger.len() as u64, self.now, event);
        self.ledger.push(recorded);
        self.ledger.len() as u64 - 1
    }

    pub fn accession(&mut self, number: &str, access: Access, statements: Vec<Statement>) -> ObjectId {
        let source = SourceKey { identifier: number.to_owned(), namespace: "test".to_owned() };
        let object = source.object_id();
        let (level, relations) = (Level::Work, Vec::new());
        let source = Some(source);
        self.record(Event::Accessioned(Accessioned { access, level, object, relations, source, statements }));
        object
    }

    /// A public object with that title.
    pub fn accession_titled(&mut self, number: &str, title: &str) -> ObjectId {
        self.accession(number, Access::Public, vec![said("title", title)])
    }

    /// Makes an object part of others, and part of others no more.
    pub fn place(&mut self, object: ObjectId, joined: &[ObjectId], left: &[ObjectId]) {
        let part_of = |target: &ObjectId| Relation { kind: RelationKind::PartOf, target: *target };
        let (asserted, retracted) = (joined.iter().map(part_of).collect(), left.iter().map(part_of).collect());
        self.record(Event::Related(Related { asserted, object, reason: None, retracted }));
    }

    /// What an object is part of after everything recorded, folded or not.
    pub fn recorded_wholes(&self, object: ObjectId) -> Vec<ObjectId> {
        let mut wholes: Vec<ObjectId> = Vec::new();
        for recorded in &self.ledger {
            if let Some(Event::Related(body)) =
                recorded.event.as_ref().filter(|_| recorded.envelope.stream == Stream::Object(object))
            {
                wholes.retain(|whole| !body.retracted.iter().any(|relation| relation.target == *whole));
                wholes.extend(body.asserted.iter().map(|relation| relation.target));
            }
        }
        wholes
    }

    pub fn describe(&mut self, object: ObjectId, asserted: Vec<Statement>, retracted: Vec<StatementId>) {
        self.record(Event::Described(Described { asserted, object, reason: None, retracted }));
    }

    pub fn set_access(&mut self, object: ObjectId, access: Access) {
        self.record(Event::AccessSet(AccessSet { access, object, reason: "a test".to_owned() }));
    }

    pub fn lapse(&mut self, object: ObjectId, until: Timestamp) {
        self.record(Event::EmbargoLapsed(EmbargoLapsed { object, until }));
    }

    pub fn store_file(&mut self, object: ObjectId, file: fonds_schemas::StoredFile) {
        self.record(Event::FileStored(FileStored { file, object }));
    }

    /// Records a mark over everything so far.
    pub fn mark(&mut self) {
        let through = self.ledger.len() as u64 - 1;
        self.record(Event::PublicationMarked(PublicationMarked { through }));
    }

    /// Lets seconds pass.
    pub fn wait(&mut self, seconds: i64) {
        self.now = Timestamp::from_micros(self.now.micros() + seconds * 1_000_000);
    }

    /// Folds everything recorded so far as one batch.
    pub async fn fold(&mut self) {
        self.fold_through(self.ledger.len()).await;
    }

    /// Folds the events before that place as one batch.
    pub async fn fold_through(&mut self, to: usize) {
        let mut batch = Batch {
            from: self.folded as u64,
            events: self.ledger[self.folded..to].iter().cloned().map(Arc::new).collect(),
            changes: Vec::new(),
        };
        for (event, recorded) in batch.events.iter().enumerate() {
            let Stream::Object(id) = recorded.envelope.stream else { continue };
            let before = self.objects.get(&id).cloned();
            let mut state = before.as_deref().cloned();
            Object::fold(&mut state, recorded).unwrap();
            let after = Arc::new(state.unwrap());
            self.objects.insert(id, after.clone());
            batch.changes.push(Change { event, before, after });
        }
        Feed.apply(&self.stores, &batch).await.unwrap();
        self.folded = to;
    }

    /// Marks, folds, and lets time pass until it is served.
    pub async fn publish(&mut self) {
        self.mark();
        self.fold().await;
        self.wait(10);
    }

    /// The same ledger, folded anew in batches of that many events.
    pub async fn folded_anew(&self, batch: usize) -> Self {
        let mut other = Self {
            stores: stores().await,
            now: self.now,
            ledger: self.ledger.clone(),
            folded: 0,
            objects: HashMap::new(),
            archive: self.archive.clone(),
            oai: self.oai.clone(),
        };
        while other.folded < other.ledger.len() {
            other.fold_through((other.folded + batch).min(other.ledger.len())).await;
        }
        other
    }

    pub fn object(&self, id: ObjectId) -> &Object {
        &self.objects[&id]
    }

    /// Asks OAI-PMH by GET.
    pub async fn ask(&self, query: &str) -> String {
        self.ask_raw(query.as_bytes(), b"").await
    }

    /// Asks with a query and a form.
    pub async fn ask_raw(&self, query: &[u8], form: &[u8]) -> String {
        let window = feed::window(&self.stores.pg, self.now, self.ledger.len() as u64).await.unwrap().unwrap();
        let repository = Repository {
            pg: &self.stores.pg,
            formats: &self.stores.formats,
            addresses: &self.stores.addresses,
            archive: &self.archive,
            oai: &self.oai,
            record_rights: self.stores.publishing.record_rights.as_deref(),
            ahead: None,
            has_harvested: false,
            key: &Key::new([7; 32]),
            window,
            now: self.now,
        };
        answer(&repository, query, form).await.unwrap().0
    }

    /// The identifier of an object.
    pub fn identifier(&self, object: ObjectId) -> String {
        format!("oai:{}:{object}", self.stores.addresses.host())
    }
}

async fn stores() -> Stores {
    let stores = Stores {
        pg: crate::support::database().await,
        triples: Triples::in_memory().unwrap(),
        formats: fonds::formats::ALL.into(),
        addresses: fonds_schemas::Addresses::new("https://museum.example.org"),
        publishing: feed::Publishing::of("Museum of Tests & Trials", "en"),
        language: "en".to_owned(),
    };
    Feed.create(&stores).await.unwrap();
    Feed.index(&stores).await.unwrap();
    stores
}

fn recorded(seq: u64, recorded_at: Timestamp, event: Event) -> Recorded {
    let body = event.to_body().unwrap();
    let envelope = Envelope {
        agent: AgentId::derived("person", "tester"),
        batch: None,
        blobs: Vec::new(),
        body_digest: Sha256::of(&body),
        body_len: body.len() as u64,
        causation: None,
        correlation: None,
        event_id: EventId(Uuid::from_u128(u128::from(seq))),
        ledger: Uuid::nil(),
        occurred_at: None,
        on_behalf_of: None,
        recorded_at,
        schema_version: Event::SCHEMA_VERSION,
        seq,
        stream: event.stream(),
        stream_prev: None,
        kind: event.kind().to_owned(),
        v: ENVELOPE_VERSION,
        version: 0,
    };
    Recorded { envelope, leaf_hash: Sha256::of(&body), event: Some(event) }
}

/// A statement in no language.
pub fn said(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

/// Everything between two marks, in order.
pub fn all_between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

/// The token that leads on, if the page has one.
pub fn token_of(page: &str) -> Option<String> {
    let element = all_between(page, "<resumptionToken", "</resumptionToken>").pop()?;
    let token = element.split_once('>')?.1;
    if token.is_empty() { None } else { Some(token.to_owned()) }
}
