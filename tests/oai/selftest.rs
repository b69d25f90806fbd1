//! `fonds oai selftest` over HTTP: our own server keeps every rule, and whatever a server breaks is found.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use fonds::clock::Clock;
use fonds::commands::{Accession, Acting};
use fonds::oai::selftest::{Judged, Verdict, run};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{Access, AgentKind, Level, ObjectId, Relation, RelationKind};
use tower::ServiceExt as _;

use super::world::said;
use crate::support::{TestArchive, archive_at, noon};

/// What the archive calls itself.
const PUBLIC: &str = "https://archive.example.org/oai";

fn thing(number: usize) -> Accession {
    let object = ObjectId::derived("selftest", &number.to_string());
    let whole = Relation { kind: RelationKind::PartOf, target: ObjectId::derived("selftest", "0") };
    let relations = if number == 0 { Vec::new() } else { vec![whole] };
    let statements = vec![said("title", &format!("Thing {number}"))];
    Accession { object, level: Level::Work, source: None, access: Access::Public, statements, relations }
}

/// A whole with 600 parts, one of which is gone.
async fn archive() -> TestArchive {
    let archive = archive_at(Clock::standing_at(noon())).await;
    let agent = archive.register_agent(AgentKind::Person, "Ada", None).await.unwrap();
    let batch = archive.open_batch(agent, BatchKind::Edit, "a test", None, None).await.unwrap();
    let acting = Acting { agent, on_behalf_of: None, batch };
    archive.accession(acting, (0..600).map(thing).collect()).await.unwrap();
    archive.settle().await;
    archive.clock.advance_seconds(60);
    let gone = ObjectId::derived("selftest", "7");
    archive.set_access(acting, gone, Access::Withdrawn, "a test".to_owned()).await.unwrap();
    archive.settle().await;
    archive.wait_for_harvesters();
    archive
}

/// What a broken server makes of a reply to a query.
type Break = Arc<dyn Fn(&str, String) -> String + Send + Sync>;

/// Serves what `broken` makes of right replies; says where.
async fn serve(router: axum::Router, broken: Break) -> (String, tokio::task::JoinHandle<()>) {
    let handle = move |request: Request| {
        let (router, broken) = (router.clone(), Arc::clone(&broken));
        async move {
            let query = request.uri().query().unwrap_or_default().to_owned();
            let (head, body) = router.oneshot(request).await.unwrap().into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            // What is packed is passed on as it is.
            let body = match String::from_utf8(body.to_vec()) {
                Ok(text) => broken(&query, text).into_bytes(),
                Err(packed) => packed.into_bytes(),
            };
            let mut response = Response::builder().status(head.status);
            for name in ["content-type", "content-encoding"] {
                if let Some(value) = head.headers.get(name) {
                    response = response.header(name, value);
                }
            }
            response.body(Body::from(body)).unwrap()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/oai", listener.local_addr().unwrap());
    let serving =
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handle)).await.unwrap() });
    (base, serving)
}

async fn judged(router: axum::Router, broken: Break) -> Vec<Judged> {
    let (base, serving) = serve(router, broken).await;
    let mut told = 0;
    let judged = run(&base, &[PUBLIC.to_owned()], |_| told += 1).await.unwrap();
    serving.abort();
    assert_eq!(told, judged.len());
    judged
}

fn broken(judged: &[Judged]) -> BTreeSet<&'static str> {
    judged.iter().filter(|one| matches!(one.verdict, Verdict::Broken(_))).map(|one| one.rule).collect()
}

#[tokio::test]
async fn our_own_server_keeps_every_rule() {
    let judged = judged(archive().await.router(), Arc::new(|_, reply| reply)).await;
    assert!(judged.len() > 50, "{}", judged.len());
    for one in &judged {
        assert_eq!(one.verdict, Verdict::Ok, "{one:?}");
    }
    let json = serde_json::to_value(&judged[0]).unwrap();
    assert_eq!((json["verdict"].as_str(), json["rule"].as_str()), (Some("ok"), Some("reply-xml")), "{json}");
}

/// A rule, and what is replaced by what in every reply to break it.
const REPLACED: &[(&str, &str, &str)] = &[
    ("reply-xml", "</OAI-PMH>", ""),
    ("reply-xml", "<Identify>", "<Identify>&undefined;"),
    ("reply-xml", "OAI/2.0/\" xmlns:xsi", "OAI/1.1/\" xmlns:xsi"),
    ("reply-frame", "Z</responseDate>", "</responseDate>"),
    ("reply-frame", "<request verb=\"Identify\">", "<request>"),
    ("identify-order", "<protocolVersion>2.0</protocolVersion>", ""),
    ("identify-order", "</Identify>", "<compression>deflate</compression></Identify>"),
    ("identify-base", "<baseURL>https://archive.example.org/oai", "<baseURL>https://archive.example.org/pmh"),
    ("identify-version", "<protocolVersion>2.0", "<protocolVersion>1.1"),
    ("identify-email", "<adminEmail>archive@", "<adminEmail>a@"),
    ("identify-deletions", "persistent", "sometimes"),
    ("identify-granularity", "<granularity>YYYY-MM-DDThh:mm:ssZ", "<granularity>YYYY-MM-DD"),
    ("identify-scheme", "<sampleIdentifier>oai:archive", "<sampleIdentifier>oai:another"),
    ("formats", "<metadataPrefix>oai_dc", "<metadataPrefix>dc"),
    ("formats-of-item", "OAI/2.0/oai_dc/</metadataNamespace>", "OAI/2.0/dc/</metadataNamespace>"),
    ("sets", "</setSpec><setName>", "::</setSpec><setName>"),
    ("headers", "<datestamp>2026", "<datestamp>1926"),
    ("headers", "Z</datestamp>", ".5Z</datestamp>"),
    ("records", "</metadata>", "<dc/></metadata>"),
    ("record", "<metadata><oai_dc:dc xmlns:oai_dc=\"http://www", "<metadata><oai_dc:dc xmlns:oai_dc=\"https://www"),
    ("in-set", "</datestamp><setSpec>", "</datestamp><setSpec>other"),
    ("dates-inclusive", "<datestamp>2026-06-01T12:00:00Z", "<datestamp>2026-06-01T12:00:01Z"),
    ("pages-cursor", "cursor=\"500\"", "cursor=\"501\""),
    ("pages-end", "<resumptionToken completeListSize=\"600\" cursor=\"500\"></resumptionToken>", ""),
];

/// Servers that break rules by what they are asked.
fn wilful() -> Vec<(&'static str, &'static [&'static str], Break)> {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let when = |holds: bool, reply: String, change: fn(&str) -> String| if holds { change(&reply) } else { reply };
    vec![
        (
            "never refusing",
            &["verb-twice", "argument-twice", "dates-fraction", "identifier-control"],
            Arc::new(|_, reply| {
                let Some((before, rest)) = reply.split_once("<error") else { return reply };
                let after = rest.rsplit_once("</error>").unwrap().1;
                format!("{before}<ListSets><set><setSpec>a</setSpec><setName>A</setName></set></ListSets>{after}")
            }),
        ),
        (
            "arguments after errors",
            &["verb-missing", "argument-unknown"],
            Arc::new(move |_, reply| {
                when(reply.contains("<error"), reply, |reply| reply.replace("<request>", "<request verb=\"Identify\">"))
            }),
        ),
        (
            "days refused",
            &["dates-days"],
            Arc::new(move |query, reply| {
                when(query.contains("from=2000-01-01"), reply, |reply| {
                    reply.replace("ListIdentifiers>", "error>").replace("<error>", "<error code=\"badArgument\">")
                })
            }),
        ),
        (
            "a deletion forgotten",
            &["record-gone"],
            Arc::new(move |query, reply| {
                when(query.contains("GetRecord"), reply, |reply| {
                    let reply = reply.replace("<header status=\"deleted\">", "<header>");
                    reply.replace("</header></record>", "</header><metadata><a/></metadata></record>")
                })
            }),
        ),
        (
            "another page each time",
            &["token-again"],
            Arc::new(move |query, reply| {
                let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let other = reply.replacen("<identifier>", &format!("<identifier>{call}"), 1);
                if query.contains("resumptionToken") { other } else { reply }
            }),
        ),
        (
            "a POST answered otherwise",
            &["post"],
            Arc::new(move |query, reply| {
                when(query.is_empty(), reply, |reply| reply.replace("<repositoryName>", "<repositoryName>x"))
            }),
        ),
    ]
}

#[tokio::test]
async fn whatever_is_broken_is_found() {
    let archive = archive().await;
    let mut found = BTreeSet::new();
    let mut check = async |what: &str, expected: &[&str], server: Break| {
        let judged = judged(archive.router(), server).await;
        let broken = broken(&judged);
        for rule in expected {
            assert!(broken.contains(rule), "{rule} is broken by {what}, found were {broken:?}");
        }
        found.extend(broken);
        judged.iter().map(|one| one.rule).collect::<BTreeSet<_>>()
    };
    for (rule, from, to) in REPLACED {
        let server: Break = Arc::new(move |_, reply: String| reply.replace(from, to));
        check(&format!("{to:?} for {from:?}"), &[rule], server).await;
    }
    for (what, rules, server) in wilful() {
        check(what, rules, server).await;
    }
    let every = check("nothing", &[], Arc::new(|_, reply| reply)).await;
    let never: Vec<_> = every.difference(&found).collect();
    assert!(never.is_empty(), "{never:?} were never seen broken");
}

#[tokio::test]
async fn a_list_that_never_ends_does() {
    let first = std::sync::Mutex::new(String::new());
    let looping: Break = Arc::new(move |query, reply: String| {
        let mut first = first.lock().unwrap();
        if query == "verb=ListIdentifiers&metadataPrefix=oai_dc" {
            let before = reply.split("<resumptionToken").next().unwrap();
            *first = format!("{before}<resumptionToken>again</resumptionToken></ListIdentifiers></OAI-PMH>");
        }
        if query.starts_with("verb=ListIdentifiers") && !query.contains("from") { first.clone() } else { reply }
    });
    let judged = judged(archive().await.router(), looping).await;
    assert!(broken(&judged).contains("pages-end"), "{judged:?}");
}

#[tokio::test]
async fn hostile_replies_do_no_harm() {
    let router = archive().await.router();
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>".to_owned();
    for (what, reply) in [
        ("a huge reply", "<a>".to_owned() + &"x".repeat(9 << 20)),
        ("a bomb of entities", bomb),
        ("a deep reply", "<a>".repeat(100_000)),
        ("no XML", "\u{1b}[2J<html><body>Not found".to_owned()),
        ("nothing", String::new()),
    ] {
        let reply = Arc::new(reply);
        let judged = judged(router.clone(), Arc::new(move |_, _| String::clone(&reply))).await;
        assert!(judged.iter().all(|one| one.verdict != Verdict::Ok), "{what}");
        assert!(judged.iter().all(|one| one.came.len() < 500), "{what}");
        assert!(broken(&judged).contains("reply-xml"), "{what}");
    }
}

#[tokio::test]
async fn who_is_not_there_is_not_asked_again_and_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/oai", listener.local_addr().unwrap());
    drop(listener);
    let judged = run(&base, &[], |_| {}).await.unwrap();
    assert!(broken(&judged).contains("reply-xml"));
    let unasked = judged.iter().filter(|one| matches!(one.verdict, Verdict::CannotTell(_))).count();
    assert!(unasked > 30, "{unasked}");
}
