//! The graph: events are folded, then asked by SPARQL. What is hidden is found by no question.

mod folds;
mod questions;

use std::sync::Arc;

use fonds_projections::graph::query::{self, CancellationToken, QueryError};
use fonds_projections::graph::{Graph, Triples};
use fonds_projections::{Batch, Change, Projection as _, Stores};
use fonds_schemas::event::*;
use fonds_schemas::*;

pub const BASE: &str = "https://archive.test";
const PREFIXES: &str =
    "PREFIX edm: <http://www.europeana.eu/schemas/edm/> PREFIX dc: <http://purl.org/dc/elements/1.1/>
PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX ore: <http://www.openarchives.org/ore/terms/> PREFIX o: <https://archive.test/id/> ";

/// A ledger in memory, folded as the projector does it.
pub struct Given {
    pub events: Vec<Recorded>,
    pub objects: Vec<Object>,
    pub changes: Vec<Change>,
}

pub fn agent() -> AgentId {
    AgentId::derived("software", "fonds test")
}

pub fn id(name: &str) -> ObjectId {
    ObjectId::derived("test", name)
}

pub fn moment(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + i64::try_from(seconds).unwrap() * 1_000_000)
}

impl Given {
    pub fn nothing() -> Self {
        Self { events: Vec::new(), objects: Vec::new(), changes: Vec::new() }
    }

    /// One more event, one second after the one before.
    pub fn then(mut self, event: impl Into<About>) -> Self {
        let About(event) = event.into();
        let seq = self.events.len() as u64;
        let place = event.object().and_then(|object| self.objects.iter().position(|known| known.id == object));
        let before = place.map(|place| self.objects[place].clone());
        let envelope = Envelope {
            agent: agent(),
            batch: Some(BatchId::from_random([7; 10])),
            blobs: Vec::new(),
            body_digest: Sha256::from_digest([0; 32]),
            body_len: 0,
            causation: None,
            correlation: None,
            event_id: EventId(uuid::Uuid::from_u128(u128::from(seq) + 1)),
            ledger: uuid::Uuid::nil(),
            occurred_at: None,
            on_behalf_of: None,
            recorded_at: moment(seq),
            schema_version: 1,
            seq,
            stream: event.stream(),
            stream_prev: None,
            kind: event.kind().to_owned(),
            v: 1,
            version: before.as_ref().map_or(0, |object| object.version + 1),
        };
        let is_about_object = event.object().is_some();
        let recorded = Recorded { envelope, event: Some(event), leaf_hash: Sha256::from_digest([0; 32]) };
        if is_about_object {
            let mut state = before.clone();
            Object::fold(&mut state, &recorded).unwrap();
            let after = state.unwrap();
            match place {
                Some(place) => self.objects[place] = after.clone(),
                None => self.objects.push(after.clone()),
            }
            let change = Change { event: self.events.len(), before: before.map(Arc::new), after: Arc::new(after) };
            self.changes.push(change);
        }
        self.events.push(recorded);
        self
    }

    /// The graph of these events, folded in batches of that many.
    pub async fn folded_by(&self, size: usize) -> (Triples, Sha256) {
        let stores = stores();
        stores.triples.store().clear().unwrap();
        for (place, events) in self.events.chunks(size).enumerate() {
            let from = place * size;
            let changes = self.changes.iter().filter(|c| (from..from + events.len()).contains(&c.event));
            let changes = changes.map(|c| Change { event: c.event - from, ..c.clone() }).collect();
            let batch = Batch { from: from as u64, events: shared(events), changes };
            Graph.apply(&stores, &batch).await.unwrap();
        }
        Graph.commit(&stores).await.unwrap();
        assert_eq!(Graph.position(&stores).await.unwrap(), self.events.len() as u64);
        let digest = Graph.digest(&stores).await.unwrap();
        (stores.triples, digest)
    }

    pub async fn graph(&self) -> Triples {
        self.folded_by(1000).await.0
    }
}

/// Stores of which only the triples are used: the pool is never connected.
pub fn stores() -> Stores {
    let pg = sqlx::postgres::PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
    Stores {
        pg,
        triples: Triples::in_memory().unwrap(),
        formats: [].into(),
        addresses: Addresses::new(BASE),
        publishing: fonds_projections::feed::Publishing::of("Museum", "en"),
        language: "en".to_owned(),
    }
}

pub struct About(pub Event);

macro_rules! bodies {
    ($($variant:ident),+) => { $(impl From<$variant> for About { fn from(body: $variant) -> Self { Self(Event::$variant(body)) } })+ };
}
bodies!(AgentRegistered, Accessioned, Described, Related, FileStored, AccessSet, EmbargoLapsed, BatchOpened);

pub fn said(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

pub fn accessioned(name: &str, access: Access, relations: &[(RelationKind, &str)]) -> Accessioned {
    let relations = relations.iter().map(|(kind, target)| Relation { kind: *kind, target: id(target) }).collect();
    let source = Some(SourceKey { identifier: name.to_owned(), namespace: "test".to_owned() });
    let statements = vec![said("title", &format!("The {name}")), said("material", "porcelain")];
    Accessioned { access, level: Level::Item, object: id(name), relations, source, statements }
}

pub fn public(name: &str) -> Accessioned {
    accessioned(name, Access::Public, &[])
}

pub fn access(name: &str, access: Access) -> AccessSet {
    AccessSet { access, object: id(name), reason: "decided".to_owned() }
}

pub fn image(name: &str) -> FileStored {
    let sha256 = Sha256::from_digest([9; 32]);
    let file = StoredFile {
        bytes: 1234,
        duration_ms: None,
        file: FileId::derived(id(name), &sha256),
        height: Some(600),
        media_type: "image/tiff".to_owned(),
        name: "front & back.tif".to_owned(),
        order: 0,
        pages: vec![],
        path: "x".to_owned(),
        role: FileRole::Master,
        sha256,
        sha512: Sha512::from_digest([9; 64]),
        width: Some(800),
    };
    FileStored { file, object: id(name) }
}

pub fn csv(triples: &Triples, question: &str) -> Result<String, QueryError> {
    let choose = |offered: &[&'static str]| offered.iter().position(|name| *name == "text/csv");
    let question = format!("{PREFIXES}{question}");
    let answer = query::answer(triples, &question, &choose, &CancellationToken::new())?;
    Ok(String::from_utf8(answer.body).unwrap())
}

/// The rows of the answer, without its header, sorted.
pub fn rows(triples: &Triples, question: &str) -> Vec<String> {
    let mut rows: Vec<String> = csv(triples, question).unwrap().lines().skip(1).map(str::to_owned).collect();
    rows.sort();
    rows
}

pub fn check(triples: &Triples, question: &str, expected: &[&str]) {
    assert_eq!(rows(triples, question), expected, "{question}");
}

pub fn check_refused(question: &str, message: &str) {
    let error = csv(&Triples::in_memory().unwrap(), question).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
}

/// Everything that a query can reach, and every way to reach more, must not contain that text.
pub fn check_nowhere(triples: &Triples, secret: &str) {
    for question in [
        "SELECT ?s ?p ?o WHERE { ?s ?p ?o }",
        "SELECT ?g ?s ?p ?o WHERE { GRAPH ?g { ?s ?p ?o } }",
        "SELECT ?g WHERE { GRAPH ?g { } }",
        "SELECT ?s ?p ?o WHERE { GRAPH <urn:fonds:held> { ?s ?p ?o } }",
        "SELECT ?s ?p ?o WHERE { GRAPH <urn:fonds:graph> { ?s ?p ?o } }",
        "SELECT ?s ?o WHERE { ?s (<a:b>|!<a:b>)* ?o }",
        "SELECT ?n WHERE { { SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } } FILTER(?n > 0) }",
        "SELECT ?s WHERE { ?s ?p ?o FILTER EXISTS { GRAPH ?g { ?s ?q ?r } } }",
    ] {
        let answer = csv(triples, question).unwrap();
        assert!(!answer.contains(secret), "{question} tells {secret}: {answer}");
    }
    for question in
        ["SELECT * FROM <urn:fonds:held> { ?s ?p ?o }", "ASK FROM NAMED <urn:fonds:held> { GRAPH ?g { ?s ?p ?o } }"]
    {
        assert!(matches!(csv(triples, question), Err(QueryError::Dataset)), "{question}");
    }
}

pub fn count(triples: &Triples) -> String {
    rows(triples, "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }").concat()
}

fn shared(events: &[Recorded]) -> Vec<Arc<Recorded>> {
    events.iter().cloned().map(Arc::new).collect()
}
