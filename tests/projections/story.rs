//! Events as a test tells them, and archives that fold them.

use std::collections::HashMap;
use std::sync::Arc;

use fonds_projections::{Batch, Change, Projection, Stores, annotations, catalog, files, graph, provenance, tokens};
use fonds_schemas::event::*;
use fonds_schemas::*;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::support;

/// The moment of the first event of a story; the others follow by the second.
pub const BEGIN: Timestamp = Timestamp::from_micros(1_000_000_000_000_000);

/// Events in their order.
#[derive(Clone, Default)]
pub struct Story {
    pub events: Vec<Recorded>,
    batch: Option<BatchId>,
}

/// A statement without a language.
pub fn text(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

/// A statement in a language.
pub fn said(language: &str, property: &str, said: &str) -> Statement {
    Statement { language: Some(Language::parse(language).unwrap()), ..text(property, said) }
}

/// The digest of the secret of a token of a story.
pub fn secret(token: TokenId) -> Sha256 {
    Sha256::of(token.to_string().as_bytes())
}

impl Story {
    pub fn new() -> Self {
        let mut story = Self::default();
        story.tell(Event::LedgerOpened(LedgerOpened { name: "test".to_owned() }));
        story
    }

    /// The events before that place.
    pub fn until(&self, end: usize) -> Self {
        Self { events: self.events[..end].to_vec(), batch: None }
    }

    pub fn tell(&mut self, event: Event) {
        let seq = self.events.len() as u64;
        let stream = event.stream();
        let version = self.events.iter().filter(|recorded| recorded.envelope.stream == stream).count() as u64;
        let envelope = Envelope {
            agent: AgentId::from_random([7; 10]),
            batch: self.batch,
            blobs: Vec::new(),
            body_digest: Sha256::of(b""),
            body_len: 0,
            causation: None,
            correlation: None,
            event_id: EventId(uuid::Uuid::from_u128((u128::from(seq) << 64) | 7)),
            ledger: uuid::Uuid::nil(),
            occurred_at: None,
            on_behalf_of: None,
            recorded_at: Timestamp::from_micros(BEGIN.micros() + seq.cast_signed() * 1_000_000),
            schema_version: 1,
            seq,
            stream,
            stream_prev: None,
            kind: event.kind().to_owned(),
            v: 1,
            version,
        };
        self.events.push(Recorded { envelope, event: Some(event), leaf_hash: Sha256::of(b"") });
    }

    pub fn agent(&mut self, name: &str) -> AgentId {
        let agent = AgentId::derived("person", name);
        let name = name.to_owned();
        let body = AgentRegistered { agent, digest: None, kind: AgentKind::Person, name, version: None };
        self.tell(Event::AgentRegistered(body));
        agent
    }

    pub fn open_batch(&mut self, kind: BatchKind, label: &str) -> BatchId {
        let mut bytes = [0; 10];
        bytes[0] = u8::try_from(self.events.len() % 256).unwrap();
        let batch = BatchId::from_random(bytes);
        self.batch = Some(batch);
        let (label, source) = (label.to_owned(), Some("a table".to_owned()));
        self.tell(Event::BatchOpened(BatchOpened { batch, kind, label, profile: None, profile_sha256: None, source }));
        batch
    }

    pub fn close_batch(&mut self, batch: BatchId, counts: BatchCounts) {
        self.tell(Event::BatchClosed(BatchClosed { batch, counts }));
        self.batch = None;
    }

    pub fn accession(&mut self, name: &str, access: Access, statements: &[Statement]) -> ObjectId {
        let source = SourceKey { identifier: name.to_owned(), namespace: "test".to_owned() };
        let object = source.object_id();
        let (statements, relations) = (statements.to_vec(), Vec::new());
        let body = Accessioned { access, level: Level::Work, object, relations, source: Some(source), statements };
        self.tell(Event::Accessioned(body));
        object
    }

    pub fn describe(&mut self, object: ObjectId, asserted: &[Statement]) {
        let asserted = asserted.to_vec();
        self.tell(Event::Described(Described { asserted, object, reason: None, retracted: Vec::new() }));
    }

    pub fn retract_all(&mut self, object: ObjectId, property: &str) {
        let now = self.objects().remove(&object).unwrap();
        let said = now.statements.iter().filter(|asserted| asserted.statement.property.as_str() == property);
        let retracted = said.map(|asserted| asserted.id).collect();
        self.tell(Event::Described(Described { asserted: Vec::new(), object, reason: None, retracted }));
    }

    pub fn relate(
        &mut self,
        object: ObjectId,
        asserted: &[(RelationKind, ObjectId)],
        retracted: &[(RelationKind, ObjectId)],
    ) {
        let relations = |list: &[(RelationKind, ObjectId)]| -> Vec<Relation> {
            list.iter().map(|(kind, target)| Relation { kind: *kind, target: *target }).collect()
        };
        let (asserted, retracted) = (relations(asserted), relations(retracted));
        self.tell(Event::Related(Related { asserted, object, reason: None, retracted }));
    }

    pub fn store(&mut self, object: ObjectId, name: &str, order: u32) -> FileId {
        let sha256 = Sha256::of(name.as_bytes());
        let file = StoredFile {
            bytes: 1_000,
            duration_ms: None,
            file: FileId::derived(object, &sha256),
            height: Some(10),
            media_type: "image/jpeg".to_owned(),
            name: name.to_owned(),
            order,
            pages: vec![],
            path: format!("objects/{object}/{name}"),
            role: FileRole::Master,
            sha256,
            sha512: Sha512::of(name.as_bytes()),
            width: Some(10),
        };
        let id = file.file;
        self.tell(Event::FileStored(FileStored { file, object }));
        id
    }

    pub fn detach(&mut self, object: ObjectId, name: &str) {
        let file = FileId::derived(object, &Sha256::of(name.as_bytes()));
        self.tell(Event::FileDetached(FileDetached { file, object, reason: "wrong".to_owned() }));
    }

    pub fn annotate(&mut self, annotation: AnnotationId, object: ObjectId, file: FileId, text: &str) {
        let (region, text) = (Some(Region::Xywh([1, 1, 5, 5].into())), text.to_owned());
        let motivation = Motivation::Commenting;
        let body = Annotated { annotation, authority: None, file, language: None, motivation, object, region, text };
        self.tell(Event::Annotated(body));
    }

    pub fn retract_annotation(&mut self, annotation: AnnotationId, object: ObjectId) {
        let reason = "wrong".to_owned();
        self.tell(Event::AnnotationRetracted(AnnotationRetracted { annotation, object, reason }));
    }

    pub fn transcribe(&mut self, object: ObjectId, file: FileId, lines: &[&str]) {
        let line = |text: &&str| Line { text: (*text).to_owned(), words: vec![], xywh: None };
        let lines = lines.iter().map(line).collect();
        let body = Transcribed { file, language: None, lines, object, reason: None, source: None };
        self.tell(Event::Transcribed(body));
    }

    pub fn set_access(&mut self, object: ObjectId, access: Access) {
        self.tell(Event::AccessSet(AccessSet { access, object, reason: "decided".to_owned() }));
    }

    pub fn issue_token(&mut self, agent: AgentId, scope: Scope) -> TokenId {
        let mut bytes = [0; 10];
        bytes[0] = u8::try_from(self.events.len() % 256).unwrap();
        let token = TokenId::from_random(bytes);
        let (label, secret_sha256) = ("for tests".to_owned(), secret(token));
        self.tell(Event::TokenIssued(TokenIssued { agent, expires_at: None, label, scope, secret_sha256, token }));
        token
    }

    pub fn revoke_token(&mut self, token: TokenId) {
        self.tell(Event::TokenRevoked(TokenRevoked { reason: "lost".to_owned(), token }));
    }

    /// Every object as it stands after the last event.
    pub fn objects(&self) -> HashMap<ObjectId, Arc<Object>> {
        let mut known = HashMap::new();
        self.batch(0, self.events.len(), &mut known);
        known
    }

    /// The events from a place on, in batches of that size.
    pub fn batches(&self, from: usize, size: usize) -> Vec<Batch> {
        let mut known = HashMap::new();
        self.batch(0, from, &mut known);
        let starts = (from..self.events.len()).step_by(size);
        starts.map(|start| self.batch(start, (start + size).min(self.events.len()), &mut known)).collect()
    }

    fn batch(&self, from: usize, to: usize, known: &mut HashMap<ObjectId, Arc<Object>>) -> Batch {
        let events = self.events[from..to].to_vec();
        let mut changes = Vec::new();
        for (place, recorded) in events.iter().enumerate() {
            let Stream::Object(id) = recorded.envelope.stream else { continue };
            let before = known.get(&id).cloned();
            let mut state = before.as_deref().cloned();
            Object::fold(&mut state, recorded).unwrap();
            let after = Arc::new(state.unwrap());
            known.insert(id, Arc::clone(&after));
            changes.push(Change { event: place, before, after });
        }
        Batch { from: from as u64, events: events.into_iter().map(Arc::new).collect(), changes }
    }
}

/// The projections that these tests are about.
pub fn projections() -> [&'static dyn Projection; 5] {
    [&catalog::Catalog, &files::Files, &provenance::Provenance, &tokens::Tokens, &annotations::Annotations]
}

/// An empty archive in a database of its own, with tables and indexes.
pub async fn archive() -> Stores {
    stores(support::database().await).await
}

/// Another set of tables in the database of an archive.
pub async fn shadow(live: &Stores) -> Stores {
    sqlx::query("create schema shadow").execute(&live.pg).await.unwrap();
    let options = live.pg.connect_options().as_ref().clone().options([("search_path", "shadow")]);
    stores(PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap()).await
}

async fn stores(pg: PgPool) -> Stores {
    let triples = graph::Triples::in_memory().unwrap();
    let addresses = Addresses::new("http://localhost");
    let publishing = fonds_projections::feed::Publishing::of("Museum", "en");
    let stores = Stores { pg, triples, formats: [].into(), addresses, publishing, language: "en".to_owned() };
    for projection in projections() {
        projection.create(&stores).await.unwrap();
        projection.index(&stores).await.unwrap();
    }
    stores
}

/// Folds a story from that place on.
pub async fn fold(stores: &Stores, story: &Story, from: usize, size: usize) {
    for batch in story.batches(from, size) {
        for projection in projections() {
            projection.apply(stores, &batch).await.unwrap();
        }
    }
}

/// The digests of all of them.
pub async fn digests(stores: &Stores) -> Vec<(&'static str, Sha256)> {
    let mut digests = Vec::new();
    for projection in projections() {
        digests.push((projection.name(), projection.digest(stores).await.unwrap()));
    }
    digests
}
