//! Archives that are harvested and archives that harvest, and a repository that says whatever a test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::{HeaderMap, Response};
use fonds::archive::Archive;
use fonds::clock::Clock;
use fonds::commands::{Accession, Acting};
use fonds::harvest::limits::Manners;
use fonds::harvest::{Base, HarvestError, Report, Request, harvest};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{Access, AgentKind, Level, Object, ObjectId, Property, SourceKey, Statement};

use crate::support::{TestArchive, archive, archive_at, noon};

/// An archive that is harvested, on a port of its own.
pub struct Source {
    pub archive: TestArchive,
    pub base: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub fn said(property: &str, text: &str) -> Statement {
    Statement::new(Property::parse(property).unwrap(), text)
}

pub async fn acting(archive: &Archive) -> Acting {
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let batch = archive.open_batch(agent, BatchKind::Edit, "a test", None, None).await.unwrap();
    Acting { agent, on_behalf_of: None, batch }
}

/// Serves what answers, on a port of its own; says where.
pub async fn serve(router: axum::Router) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/oai", listener.local_addr().unwrap());
    (base, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

/// An empty archive on a port.
pub async fn source() -> Source {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let (base, serving) = serve(archive.router()).await;
    Source { archive, base, serving }
}

impl Source {
    /// What a thing is called by OAI-PMH.
    pub fn identifier(&self, number: usize) -> String {
        format!("oai:{}:{}", self.archive.stores.addresses.host(), thing(number))
    }

    /// What it is in an archive that harvested it.
    pub fn harvested(&self, number: usize) -> ObjectId {
        ObjectId::derived(&self.base, &self.identifier(number))
    }

    /// Brings things into being and lets harvesters know.
    pub async fn accession(&self, numbers: std::ops::Range<usize>) {
        let acting = acting(&self.archive).await;
        let numbers: Vec<usize> = numbers.collect();
        for some in numbers.chunks(500) {
            let things = some.iter().map(|number| accession(*number)).collect();
            self.archive.accession(acting, things).await.unwrap();
        }
        self.publish().await;
    }

    /// Calls a thing otherwise.
    pub async fn rename(&self, number: usize, title: &str) {
        rename(&self.archive, thing(number), title).await;
    }

    pub async fn set_access(&self, number: usize, access: Access) {
        let acting = acting(&self.archive).await;
        self.archive.set_access(acting, thing(number), access, "a test".to_owned()).await.unwrap();
    }

    /// Lets harvesters know of everything so far.
    pub async fn publish(&self) {
        self.archive.settle().await;
        self.archive.wait_for_harvesters();
    }
}

/// Calls an object otherwise, as a person does.
pub async fn rename(archive: &Archive, object: ObjectId, title: &str) {
    let acting = acting(archive).await;
    let now = archive.object_now(object).await.unwrap();
    let titles = now.statements.iter().filter(|one| one.statement.property.as_str() == "title");
    let retracted = titles.map(|one| one.id).collect();
    let edit = fonds::commands::Edit { version: None, asserted: vec![said("title", title)], retracted, reason: None };
    archive.describe(acting, object, edit).await.unwrap();
}

pub fn thing(number: usize) -> ObjectId {
    ObjectId::derived("source", &number.to_string())
}

fn accession(number: usize) -> Accession {
    let source = SourceKey { identifier: number.to_string(), namespace: "source".to_owned() };
    let statements = vec![said("title", &format!("Jar {number}")), said("creator", "Workshop of the moon")];
    Accession {
        object: source.object_id(),
        level: Level::Item,
        source: Some(source),
        access: Access::Public,
        statements,
        relations: Vec::new(),
    }
}

/// An archive that harvests.
pub async fn hub() -> TestArchive {
    archive().await
}

/// A harvest of everything, by nobody patient.
pub async fn request(archive: &Archive, base: &str) -> Request {
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let wait = Duration::from_millis(1);
    Request {
        base: Base::parse(base).unwrap(),
        prefix: Some("oai_dc".to_owned()),
        set: None,
        from: None,
        until: None,
        map: None,
        namespace: None,
        label: None,
        check: false,
        agent,
        manners: Manners { tries: 3, first_wait: wait, longest_wait: wait, longest_asked: Duration::from_secs(5) },
    }
}

/// Harvests, and lets everything be found.
pub async fn try_harvest(archive: &TestArchive, request: &Request) -> Result<Report, HarvestError> {
    let came = Box::pin(harvest(archive, request, &mut |_| {})).await;
    archive.settle().await;
    came
}

pub async fn harvest_all(archive: &TestArchive, base: &str) -> Report {
    let request = request(archive, base).await;
    try_harvest(archive, &request).await.unwrap()
}

/// How many events there are of a type.
pub async fn count(archive: &TestArchive, kind: &str) -> usize {
    let mut from = 0;
    let mut count = 0;
    loop {
        let events = archive.ledger.read(from, 1_000).await.unwrap();
        let Some(last) = events.last() else { return count };
        from = last.envelope.seq + 1;
        count += events.iter().filter(|recorded| recorded.envelope.kind == kind).count();
    }
}

pub async fn size(archive: &TestArchive) -> u64 {
    archive.settle().await;
    archive.ledger.head().await.unwrap().size
}

pub fn titles(object: &Object) -> Vec<&str> {
    object.values("title").map(|statement| statement.text.as_str()).collect()
}

pub fn told(report: &Report) -> String {
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    problems.join("\n")
}

/// A reply of a repository that a test makes up.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// A whole reply with that content.
pub fn reply(content: &str) -> Reply {
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'>\n\
         <responseDate>2026-11-21T10:00:00Z</responseDate>\n<request>http://x.example/oai</request>\n{content}\n</OAI-PMH>"
    );
    raw(body)
}

pub fn raw(body: impl Into<Vec<u8>>) -> Reply {
    Reply { status: 200, headers: vec![("content-type", "text/xml".to_owned())], body: body.into() }
}

/// A page of records and what continues it.
pub fn page(records: &[String], token: &str) -> Reply {
    let token = if token.is_empty() { String::new() } else { format!("<resumptionToken>{token}</resumptionToken>") };
    reply(&format!("<ListRecords>\n{}\n{token}</ListRecords>", records.join("\n")))
}

pub fn record(name: &str) -> String {
    record_of(name, &format!("<dc:title>Thing {name}</dc:title>"))
}

/// A record that says that of itself.
pub fn record_of(name: &str, dc: &str) -> String {
    format!(
        "<record><header><identifier>oai:x.example:{name}</identifier><datestamp>2026-11-20T10:00:00Z</datestamp></header>\
         <metadata><oai_dc:dc xmlns:oai_dc='http://www.openarchives.org/OAI/2.0/oai_dc/' \
         xmlns:dc='http://purl.org/dc/elements/1.1/'>{dc}</oai_dc:dc></metadata></record>"
    )
}

pub fn deleted(name: &str) -> String {
    format!(
        "<record><header status='deleted'><identifier>oai:x.example:{name}</identifier>\
         <datestamp>2026-11-20T12:00:00Z</datestamp></header></record>"
    )
}

pub fn error(code: &str) -> Reply {
    reply(&format!("<error code='{code}'>it cannot be</error>"))
}

/// A repository that answers `ListRecords` with what a test says, in that order, and the last of it for ever.
#[derive(Clone)]
pub struct Made {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    /// The queries of `ListRecords` and the headers that came with them.
    pub asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    pub base: String,
}

impl Made {
    /// It offers simple Dublin Core.
    pub async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let (replies, asked) = (Arc::new(Mutex::new(replies.into_iter().collect())), Arc::default());
        let mut made = Self { replies, asked, base: String::new() };
        let answering = made.clone();
        let handle = move |request: HttpRequest| {
            let reply = answering.answer(&request);
            async move {
                let mut response = Response::builder().status(reply.status);
                for (name, value) in &reply.headers {
                    response = response.header(*name, value);
                }
                response.body(Body::from(reply.body)).unwrap()
            }
        };
        // It goes with the runtime of the test.
        let (base, _serving) = serve(axum::Router::new().fallback(handle)).await;
        made.base = base;
        made
    }

    /// It goes on with these.
    pub fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        *self.replies.lock().unwrap() = replies.into_iter().collect();
    }

    fn answer(&self, request: &HttpRequest) -> Reply {
        let query = request.uri().query().unwrap_or_default().to_owned();
        if query.contains("verb=Identify") {
            return reply(
                "<Identify><repositoryName>Made up</repositoryName><granularity>YYYY-MM-DDThh:mm:ssZ</granularity>\
                 <deletedRecord>persistent</deletedRecord></Identify>",
            );
        }
        if query.contains("verb=ListMetadataFormats") {
            return reply(
                "<ListMetadataFormats><metadataFormat><metadataPrefix>oai_dc</metadataPrefix><schema>x</schema>\
                 <metadataNamespace>http://www.openarchives.org/OAI/2.0/oai_dc/</metadataNamespace></metadataFormat>\
                 </ListMetadataFormats>",
            );
        }
        self.asked.lock().unwrap().push((query, request.headers().clone()));
        let mut replies = self.replies.lock().unwrap();
        if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() }
    }

    /// The queries so far.
    pub fn queries(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(query, _)| query.clone()).collect()
    }

    /// What a record of it is here.
    pub fn harvested(&self, name: &str) -> ObjectId {
        ObjectId::derived(&self.base, &format!("oai:x.example:{name}"))
    }
}
