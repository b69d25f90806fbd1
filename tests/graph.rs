//! The graph: events are folded, then asked by SPARQL. What is hidden is found by no question.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use fonds::linked::{self, sparql};
use fonds_projections::graph::query::{self, CancellationToken, QueryError};
use fonds_projections::graph::write::Format;
use fonds_projections::graph::{Graph, Triples};
use fonds_projections::{Batch, Change, Projection as _, Stores};
use fonds_schemas::event::*;
use fonds_schemas::*;

const BASE: &str = "https://archive.test";
const PREFIXES: &str =
    "PREFIX edm: <http://www.europeana.eu/schemas/edm/> PREFIX dc: <http://purl.org/dc/elements/1.1/>
PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX ore: <http://www.openarchives.org/ore/terms/> PREFIX o: <https://archive.test/id/> ";

/// A ledger in memory, folded as the projector does it.
struct Given {
    events: Vec<Recorded>,
    objects: Vec<Object>,
    changes: Vec<Change>,
}

fn agent() -> AgentId {
    AgentId::derived("software", "fonds test")
}

fn id(name: &str) -> ObjectId {
    ObjectId::derived("test", name)
}

fn moment(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + i64::try_from(seconds).unwrap() * 1_000_000)
}

impl Given {
    fn nothing() -> Self {
        Self { events: Vec::new(), objects: Vec::new(), changes: Vec::new() }
    }

    /// One more event, one second after the one before.
    fn then(mut self, event: impl Into<Body2>) -> Self {
        let Body2(event) = event.into();
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
    async fn folded_by(&self, size: usize) -> (Triples, Sha256) {
        let stores = stores();
        stores.triples.store.clear().unwrap();
        for (place, events) in self.events.chunks(size).enumerate() {
            let from = place * size;
            let changes = self.changes.iter().filter(|c| (from..from + events.len()).contains(&c.event));
            let changes = changes.map(|c| Change { event: c.event - from, ..c.clone() }).collect();
            let batch = Batch { from: from as u64, events: events.to_vec(), changes };
            Graph.apply(&stores, &batch).await.unwrap();
        }
        assert_eq!(Graph.position(&stores).await.unwrap(), self.events.len() as u64);
        let digest = Graph.digest(&stores).await.unwrap();
        (stores.triples, digest)
    }

    async fn graph(&self) -> Triples {
        self.folded_by(1000).await.0
    }
}

/// Stores of which only the triples are used: the pool is never connected.
fn stores() -> Stores {
    let pg = sqlx::postgres::PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
    Stores { pg, triples: Triples::in_memory().unwrap(), formats: &[], addresses: Addresses::new(BASE) }
}

struct Body2(Event);

macro_rules! bodies {
    ($($variant:ident),+) => { $(impl From<$variant> for Body2 { fn from(body: $variant) -> Self { Self(Event::$variant(body)) } })+ };
}
bodies!(AgentRegistered, Accessioned, Described, Related, FileStored, AccessSet, EmbargoLapsed, BatchOpened);

fn said(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

fn accessioned(name: &str, access: Access, relations: &[(RelationKind, &str)]) -> Accessioned {
    let relations = relations.iter().map(|(kind, target)| Relation { kind: *kind, target: id(target) }).collect();
    let source = Some(SourceKey { identifier: name.to_owned(), namespace: "test".to_owned() });
    let statements = vec![said("title", &format!("The {name}")), said("material", "porcelain")];
    Accessioned { access, level: Level::Item, object: id(name), relations, source, statements }
}

fn public(name: &str) -> Accessioned {
    accessioned(name, Access::Public, &[])
}

fn access(name: &str, access: Access) -> AccessSet {
    AccessSet { access, object: id(name), reason: "decided".to_owned() }
}

fn image(name: &str) -> FileStored {
    let sha256 = Sha256::from_digest([9; 32]);
    let file = StoredFile {
        bytes: 1234,
        file: FileId::derived(id(name), &sha256),
        height: Some(600),
        media_type: "image/tiff".to_owned(),
        name: "front & back.tif".to_owned(),
        order: 0,
        path: "x".to_owned(),
        role: FileRole::Master,
        sha256,
        sha512: Sha512::from_digest([9; 64]),
        width: Some(800),
    };
    FileStored { file, object: id(name) }
}

fn csv(triples: &Triples, question: &str) -> Result<String, QueryError> {
    let choose = |offered: &[&'static str]| offered.iter().position(|name| *name == "text/csv");
    let question = format!("{PREFIXES}{question}");
    let answer = query::answer(triples, &question, &choose, &CancellationToken::new())?;
    Ok(String::from_utf8(answer.body).unwrap())
}

/// The rows of the answer, without its header, sorted.
fn rows(triples: &Triples, question: &str) -> Vec<String> {
    let mut rows: Vec<String> = csv(triples, question).unwrap().lines().skip(1).map(str::to_owned).collect();
    rows.sort();
    rows
}

fn check(triples: &Triples, question: &str, expected: &[&str]) {
    assert_eq!(rows(triples, question), expected, "{question}");
}

fn check_refused(question: &str, message: &str) {
    let error = csv(&Triples::in_memory().unwrap(), question).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
}

/// Everything that a query can reach, and every way to reach more, must not contain that text.
fn check_nowhere(triples: &Triples, secret: &str) {
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

fn count(triples: &Triples) -> String {
    rows(triples, "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }").concat()
}

#[tokio::test]
async fn an_accession_is_found_by_its_statements() {
    let mut jar = public("jar");
    let language = Some(Language::parse("ko").unwrap());
    jar.statements.push(Statement { language, ..said("title", "달항아리") });
    let authority = Some("http://vocab.getty.edu/ulan/500000001".to_owned());
    jar.statements.push(Statement { authority, ..said("creator", "Unknown potter") });
    jar.statements.push(Statement { edtf: Some("17XX".to_owned()), ..said("date_created", "18th century") });
    jar.statements.push(said("rights", "http://creativecommons.org/publicdomain/zero/1.0/"));
    jar.statements.push(said("http://example.org/ns#glaze", "white\u{1}"));
    let graph = Given::nothing().then(jar).graph().await;
    check(&graph, "SELECT ?t WHERE { ?s a edm:ProvidedCHO ; dc:title ?t }", &["The jar", "달항아리"]);
    check(&graph, "SELECT ?t WHERE { ?s dc:title ?t FILTER(LANG(?t) = 'ko') }", &["달항아리"]);
    let creators = ["Unknown potter", "http://vocab.getty.edu/ulan/500000001"];
    check(&graph, "SELECT ?c WHERE { ?s dc:creator ?c }", &creators);
    check(&graph, "SELECT ?d WHERE { ?s dcterms:created ?d }", &["17XX", "18th century"]);
    let rights = "SELECT ?r WHERE { ?a ore:aggregates* ?x ; edm:aggregatedCHO ?s ; edm:rights ?r }";
    check(&graph, rights, &["http://creativecommons.org/publicdomain/zero/1.0/"]);
    check(&graph, "SELECT ?g WHERE { ?s <http://example.org/ns#glaze> ?g }", &["white\u{fffd}"]);
    check(&graph, "SELECT ?i WHERE { ?s dc:identifier ?i }", &["jar"]);
}

#[tokio::test]
async fn a_retracted_statement_is_found_no_more() {
    let title = StatementId { event: EventId(uuid::Uuid::from_u128(1)), place: 0 };
    let asserted = vec![said("title", "Moon jar")];
    let edit = Described { asserted, object: id("jar"), reason: None, retracted: vec![title] };
    let graph = Given::nothing().then(public("jar")).then(edit).graph().await;
    check(&graph, "SELECT ?t WHERE { ?s dc:title ?t }", &["Moon jar"]);
}

#[tokio::test]
async fn every_event_tells_who_and_when() {
    let known = AgentRegistered {
        agent: agent(),
        digest: None,
        kind: AgentKind::Software,
        name: "fonds".to_owned(),
        version: Some("0.1.0".to_owned()),
    };
    let graph = Given::nothing().then(known).then(public("jar")).then(image("jar")).graph().await;
    let who = "SELECT ?l ?w WHERE { ?e prov:generated|prov:influenced ?s ; prov:endedAtTime ?w ;
        prov:wasAssociatedWith/<http://www.w3.org/2000/01/rdf-schema#label> ?l }";
    check(&graph, who, &["fonds 0.1.0,2026-09-21T14:13:21Z", "fonds 0.1.0,2026-09-21T14:13:22Z"]);
}

#[tokio::test]
async fn the_name_of_a_person_is_not_in_the_graph() {
    let kind = AgentKind::Person;
    let person = AgentRegistered { agent: agent(), digest: None, kind, name: "Kim Minji".to_owned(), version: None };
    let graph = Given::nothing().then(person).then(public("jar")).graph().await;
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?a a prov:Person }", &["1"]);
    check_nowhere(&graph, "Kim");
}

#[tokio::test]
async fn the_label_of_a_batch_is_not_in_the_graph() {
    let label = "the secret bequest".to_owned();
    let batch = BatchId::from_random([7; 10]);
    let opened =
        BatchOpened { batch, kind: BatchKind::Ingest, label, profile: None, profile_sha256: None, source: None };
    let graph = Given::nothing().then(opened).then(public("jar")).graph().await;
    check_nowhere(&graph, "secret");
}

#[tokio::test]
async fn an_image_is_a_view_of_a_kept_file() {
    let graph = Given::nothing().then(public("jar")).then(image("jar")).graph().await;
    let view = "SELECT ?w ?b WHERE { ?a edm:isShownBy ?v . ?v a edm:WebResource ; dcterms:isFormatOf ?f ;
        <http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#width> ?w .
        ?a ore:aggregates ?f . ?f <http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#fileByteSize> ?b }";
    check(&graph, view, &["800,1234"]);
    check(&graph, "SELECT ?t WHERE { ?s edm:type ?t }", &["IMAGE"]);
}

/// Beside a public jar there is a hidden box: nothing of it is found, and the count is that of the jar alone.
async fn check_hidden(hide: impl Fn(Given) -> Given) {
    let alone = Given::nothing().then(public("jar")).graph().await;
    let graph = hide(Given::nothing().then(public("jar"))).graph().await;
    check_nowhere(&graph, &id("box").to_string());
    check_nowhere(&graph, "box");
    assert_eq!(count(&graph), count(&alone));
    check(&graph, "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a edm:ProvidedCHO }", &["1"]);
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?e a prov:Activity }", &["1"]);
}

#[tokio::test]
async fn a_restricted_object_is_nowhere() {
    check_hidden(|given| given.then(accessioned("box", Access::Restricted, &[]))).await;
}

#[tokio::test]
async fn an_object_that_was_restricted_later_is_nowhere() {
    check_hidden(|given| given.then(public("box")).then(image("box")).then(access("box", Access::Restricted))).await;
}

#[tokio::test]
async fn a_withdrawn_object_is_nowhere() {
    check_hidden(|given| given.then(public("box")).then(access("box", Access::Withdrawn))).await;
}

#[tokio::test]
async fn an_object_under_embargo_is_nowhere() {
    let until = moment(1_000_000);
    check_hidden(|given| given.then(accessioned("box", Access::Embargoed { until }, &[])).then(image("box"))).await;
}

#[tokio::test]
async fn a_lapsed_embargo_brings_the_object_and_its_past() {
    let until = moment(1);
    let lapsed = EmbargoLapsed { object: id("box"), until };
    let given = Given::nothing().then(accessioned("box", Access::Embargoed { until }, &[]));
    check_nowhere(&given.graph().await, "box");
    let graph = given.then(lapsed).graph().await;
    check(&graph, "SELECT ?t WHERE { ?s dc:title ?t }", &["The box"]);
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?e prov:generated|prov:influenced ?s }", &["2"]);
}

#[tokio::test]
async fn an_object_made_public_brings_its_whole_past() {
    let given = Given::nothing().then(accessioned("box", Access::Restricted, &[])).then(image("box"));
    let graph = given.then(access("box", Access::Public)).folded_by(1).await.0;
    check(&graph, "SELECT (COUNT(*) AS ?n) WHERE { ?e prov:generated|prov:influenced ?s }", &["3"]);
}

#[tokio::test]
async fn a_relation_is_seen_when_both_ends_are() {
    let page = accessioned("page", Access::Public, &[(RelationKind::PartOf, "book")]);
    let graph = Given::nothing().then(page).then(public("book")).graph().await;
    check(&graph, "SELECT ?t WHERE { ?page dcterms:isPartOf/dc:title ?t }", &["The book"]);
}

#[tokio::test]
async fn a_relation_to_what_is_hidden_is_not_seen() {
    let page = || accessioned("page", Access::Public, &[(RelationKind::PartOf, "book")]);
    let book = id("book").to_string();
    // It does not exist, it is restricted, it was public.
    check_nowhere(&Given::nothing().then(page()).graph().await, &book);
    let restricted = Given::nothing().then(page()).then(accessioned("book", Access::Restricted, &[]));
    check_nowhere(&restricted.graph().await, &book);
    let withdrawn = Given::nothing().then(public("book")).then(page()).then(access("book", Access::Withdrawn));
    check_nowhere(&withdrawn.folded_by(1).await.0, &book);
    check_nowhere(&withdrawn.graph().await, &book);
    let again = withdrawn.then(access("book", Access::Public)).folded_by(1).await.0;
    check(&again, "SELECT ?t WHERE { ?page dcterms:isPartOf/dc:title ?t }", &["The book"]);
}

#[tokio::test]
async fn a_statement_that_names_an_object_of_ours_does_not_lead_there() {
    let mut page = public("page");
    let authority = Some(format!("{BASE}/id/{}", id("book")));
    page.statements.push(Statement { authority, ..said("related", "a book") });
    let graph = Given::nothing().then(page).graph().await;
    check_nowhere(&graph, &id("book").to_string());
    check(&graph, "SELECT ?r WHERE { ?s dc:relation ?r }", &["a book"]);
}

/// A history in which everything changes place more than once.
fn eventful() -> Given {
    let related = |asserted: &[&str], retracted: &[&str]| {
        let all =
            |names: &[&str]| names.iter().map(|n| Relation { kind: RelationKind::Related, target: id(n) }).collect();
        Related { asserted: all(asserted), object: id("a"), reason: None, retracted: all(retracted) }
    };
    Given::nothing()
        .then(accessioned("a", Access::Public, &[(RelationKind::PartOf, "c")]))
        .then(accessioned("b", Access::Restricted, &[(RelationKind::Related, "a")]))
        .then(related(&["b", "d", "a"], &[]))
        .then(accessioned("c", Access::Embargoed { until: moment(6) }, &[(RelationKind::DerivedFrom, "b")]))
        .then(image("c"))
        .then(access("b", Access::Public))
        .then(access("a", Access::Withdrawn))
        .then(EmbargoLapsed { object: id("c"), until: moment(6) })
        .then(access("b", Access::Restricted))
        .then(public("d"))
        .then(access("a", Access::Public))
        .then(related(&["c"], &["d"]))
        .then(image("a"))
        .then(access("d", Access::Withdrawn))
        .then(access("b", Access::Public))
}

#[tokio::test]
async fn the_graph_is_the_same_in_batches_of_every_size() {
    let given = eventful();
    let (_, whole) = given.folded_by(1000).await;
    for size in 1..=given.events.len() {
        assert_eq!(given.folded_by(size).await.1, whole, "batches of {size}");
    }
}

#[tokio::test]
async fn another_graph_has_another_digest() {
    let (_, eventful) = eventful().folded_by(1000).await;
    let (_, plain) = Given::nothing().then(public("a")).folded_by(1000).await;
    assert_ne!(eventful, plain);
}

#[tokio::test]
async fn many_new_objects_give_the_same_graph_as_one_at_a_time() {
    let given = (0..200).fold(Given::nothing(), |given, n| given.then(public(&format!("cup {n}"))));
    assert_eq!(given.folded_by(200).await.1, given.folded_by(1).await.1);
    // A small batch after a large one finds where it stands.
    assert_eq!(given.folded_by(199).await.1, given.folded_by(7).await.1);
}

#[tokio::test]
async fn a_batch_that_does_not_begin_where_the_graph_stands_is_refused() {
    let stores = stores();
    let batch = Batch { from: 1, events: Vec::new(), changes: Vec::new() };
    assert!(Graph.apply(&stores, &batch).await.is_err());
}

#[tokio::test]
async fn other_addresses_empty_the_graph() {
    let mut stores = Stores { pg: crate::support::database().await, ..stores() };
    Graph.create(&stores).await.unwrap();
    let given = Given::nothing().then(public("jar"));
    let batch = Batch { from: 0, events: given.events.clone(), changes: given.changes.clone() };
    Graph.apply(&stores, &batch).await.unwrap();
    Graph.create(&stores).await.unwrap();
    assert_eq!(Graph.position(&stores).await.unwrap(), 1);
    stores.addresses = Addresses::new("https://elsewhere.test");
    Graph.create(&stores).await.unwrap();
    assert_eq!(Graph.position(&stores).await.unwrap(), 0);
    assert_eq!(count(&stores.triples), "0");
}

#[test]
fn an_update_is_refused() {
    check_refused("INSERT DATA { <a:b> <a:c> <a:d> }", "takes no updates");
    check_refused("CLEAR ALL", "takes no updates");
}

#[test]
fn another_endpoint_is_not_asked() {
    check_refused("SELECT * { SERVICE <http://169.254.169.254/> { ?s ?p ?o } }", "too costly");
    check_refused("SELECT * { SERVICE SILENT <http://169.254.169.254/> { ?s ?p ?o } }", "too costly");
}

#[test]
fn a_huge_query_is_refused() {
    check_refused(&format!("ASK {{ {} }}", "?s ?p ?o . ".repeat(10_000)), "at most 8192");
}

#[test]
fn a_deep_query_is_refused() {
    check_refused(&format!("ASK {{ FILTER({}1{}) }}", "(".repeat(1000), ")".repeat(1000)), "brackets");
}

fn counted(
    counter: &sparql::Counter,
    triples: &Triples,
    seconds: u64,
    request: Request<Body>,
) -> (StatusCode, String, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(asked(counter, triples, seconds, request))
}

async fn asked(
    counter: &sparql::Counter,
    triples: &Triples,
    seconds: u64,
    request: Request<Body>,
) -> (StatusCode, String, String) {
    let addresses = Addresses::new(BASE);
    let place = sparql::Place { triples, addresses: &addresses, limit: Duration::from_secs(seconds) };
    let response = sparql::respond(counter, &place, request).await;
    let status = response.status();
    let media_type = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, media_type, String::from_utf8(body.to_vec()).unwrap())
}

fn get(query: &str, accept: &str) -> Request<Body> {
    let escaped: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let uri = if query.is_empty() { "/sparql".to_owned() } else { format!("/sparql?query={escaped}") };
    Request::get(uri).header(header::ACCEPT, accept).body(Body::empty()).unwrap()
}

fn post(media_type: &str, body: &str) -> Request<Body> {
    Request::post("/sparql").header(header::CONTENT_TYPE, media_type).body(Body::from(body.to_owned())).unwrap()
}

/// The longest chains of operators that fit, and brackets as deep as they may be: the stack holds, the time too.
#[test]
fn a_long_chain_of_operators_does_not_end_the_process() {
    let triples = Triples::in_memory().unwrap();
    for (chain, status) in [
        (format!("ASK {{ FILTER(1{}) }}", "+1".repeat(4000)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ FILTER(1{}) }}", "+1".repeat(900)), StatusCode::OK),
        (format!("ASK {{ FILTER(1{}) }}", "||1".repeat(2500)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ ?s <a:b>{} ?o }}", "/<a:b>".repeat(1300)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ ?s <a:b>{} ?o }}", "/<a:b>".repeat(60)), StatusCode::OK),
        (format!("ASK {{ {} }}", "OPTIONAL{?s ?p ?o}".repeat(450)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ {{}} {} }}", "UNION{}".repeat(1100)), StatusCode::BAD_REQUEST),
        (format!("ASK {{ FILTER({}1{}) }}", "!(".repeat(10), ")".repeat(10)), StatusCode::OK),
        (format!("ASK {{ FILTER({}'a'{}) }}", "REGEX(".repeat(10), ",'a')".repeat(10)), StatusCode::OK),
        (format!("ASK {{ {}?s ?p ?o{} }}", "{".repeat(11), "}".repeat(11)), StatusCode::OK),
    ] {
        let answer = counted(&sparql::Counter::default(), &triples, 60, get(&chain, "*/*"));
        assert_eq!(answer.0, status, "{} {}", &chain[..30], answer.2);
    }
}

async fn many() -> Triples {
    (0..300).fold(Given::nothing(), |given, n| given.then(public(&format!("cup {n}")))).graph().await
}

const HARD: &str = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?j) }";

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let triples = many().await;
    let (status, _, body) = asked(&sparql::Counter::default(), &triples, 1, get(HARD, "*/*")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("longer than 1 seconds"), "{body}");
}

#[tokio::test]
async fn a_third_query_is_told_to_come_back() {
    let triples = many().await;
    let counter = sparql::Counter::default();
    let hard = || asked(&counter, &triples, 1, get(HARD, "*/*"));
    let (_, _, third) = tokio::join!(hard(), hard(), hard());
    assert_eq!(third.0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(third.2.contains("too many queries"), "{}", third.2);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_whole() {
    let triples = many().await;
    let question = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }";
    let (status, _, body) = asked(&sparql::Counter::default(), &triples, 60, get(question, "*/*")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("LIMIT"), "{body}");
}

#[tokio::test]
async fn the_answer_comes_in_the_format_asked_for() {
    let triples = Given::nothing().then(public("jar")).graph().await;
    let select = "SELECT ?t WHERE { ?s <http://purl.org/dc/elements/1.1/title> ?t }";
    let construct = "CONSTRUCT WHERE { ?s <http://purl.org/dc/elements/1.1/title> ?t }";
    for (query, accept, media_type, part) in [
        (select, "*/*", "application/sparql-results+json", "\"value\":\"The jar\""),
        (select, "application/json", "application/sparql-results+json", "\"value\":\"The jar\""),
        (select, "application/sparql-results+xml", "application/sparql-results+xml", "<literal>The jar</literal>"),
        (select, "text/csv", "text/csv; charset=utf-8", "t\r\nThe jar\r\n"),
        (select, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8", "?t\n\"The jar\"\n"),
        ("ASK { ?s ?p ?o }", "*/*", "application/sparql-results+json", "\"boolean\":true"),
        (construct, "*/*", "text/turtle", "dc:title \"The jar\""),
        (construct, "application/n-triples", "application/n-triples", "title> \"The jar\" ."),
        (construct, "application/rdf+xml", "application/rdf+xml", "<dc:title>The jar</dc:title>"),
        (construct, "application/ld+json", "application/ld+json", "The jar"),
        ("", "text/html,*/*;q=0.8", "text/html; charset=utf-8", "<form action=\"/sparql\""),
        ("", "text/turtle", "text/turtle", "sd:Service"),
    ] {
        let answer = asked(&sparql::Counter::default(), &triples, 10, get(query, accept)).await;
        assert_eq!((answer.0, answer.1.as_str()), (StatusCode::OK, media_type), "{query} {}", answer.2);
        assert!(answer.2.contains(part), "{accept}: {}", answer.2);
    }
}

#[tokio::test]
async fn requests_of_the_protocol_are_told_from_others() {
    let triples = Given::nothing().then(public("jar")).graph().await;
    let form = "application/x-www-form-urlencoded";
    for (request, status) in [
        (post("application/sparql-query", "ASK { ?s ?p ?o }"), StatusCode::OK),
        (post(form, "query=ASK+%7B+?s+?p+?o+%7D"), StatusCode::OK),
        (post(form, "update=CLEAR+ALL"), StatusCode::BAD_REQUEST),
        (post("application/sparql-update", "CLEAR ALL"), StatusCode::BAD_REQUEST),
        (post("application/sparql-query", "CLEAR ALL"), StatusCode::BAD_REQUEST),
        (post("application/sparql-query", &"x".repeat(100_000)), StatusCode::PAYLOAD_TOO_LARGE),
        (post(form, "quer=x"), StatusCode::BAD_REQUEST),
        (post(form, "query=%zz"), StatusCode::BAD_REQUEST),
        (post(form, "query=ASK{}&query=ASK{}"), StatusCode::BAD_REQUEST),
        (post(form, "query=ASK{}&default-graph-uri=urn:fonds:held"), StatusCode::BAD_REQUEST),
        (post("text/plain", "ASK {}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (get("ASK {", "*/*"), StatusCode::BAD_REQUEST),
        (get("ASK {}", "image/png"), StatusCode::NOT_ACCEPTABLE),
        (Request::delete("/sparql").body(Body::empty()).unwrap(), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let what = format!("{request:?}");
        let answer = asked(&sparql::Counter::default(), &triples, 10, request).await;
        assert_eq!(answer.0, status, "{what} {}", answer.2);
    }
}

#[tokio::test]
async fn the_name_of_an_object_leads_to_what_the_asker_takes() {
    let addresses = Addresses::new(BASE);
    let jar = id("jar");
    for (accept, extension) in [
        ("text/html,*/*;q=0.8", ""),
        ("text/turtle", ".ttl"),
        ("application/rdf+xml", ".rdf"),
        ("application/ld+json", ".jsonld"),
        ("application/n-triples", ".nt"),
        ("application/json", ".json"),
    ] {
        let response = linked::redirect(&addresses, jar, Some(accept)).unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], format!("{BASE}/o/{jar}{extension}"), "{accept}");
    }
}

#[tokio::test]
async fn an_object_is_described_in_every_format() {
    let given = Given::nothing().then(accessioned("page", Access::Restricted, &[(RelationKind::PartOf, "book")]));
    let object = given.then(image("page")).objects.remove(0);
    for (format, part) in [
        (Some(Format::Turtle), "dcterms:isPartOf <https://archive.test/id/"),
        (Some(Format::NTriples), "<http://purl.org/dc/terms/isPartOf> <https://archive.test/id/"),
        (Some(Format::RdfXml), "<dcterms:isPartOf rdf:resource=\"https://archive.test/id/"),
        (Some(Format::JsonLd), "https://archive.test/id/"),
        (None, "\"level\":\"item\""),
    ] {
        let response = linked::describe(&object, &Addresses::new(BASE), format).unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(part), "{format:?}: {body}");
    }
}

#[tokio::test]
async fn a_property_that_xml_cannot_name_is_refused_in_rdf_xml_alone() {
    let mut jar = public("jar");
    jar.statements.push(said("http://example.org/123", "x"));
    let object = Given::nothing().then(jar).objects.remove(0);
    let addresses = Addresses::new(BASE);
    assert!(linked::describe(&object, &addresses, Some(Format::RdfXml)).is_err());
    assert!(linked::describe(&object, &addresses, Some(Format::Turtle)).is_ok());
}
