//! `/sparql`: the SPARQL 1.1 protocol, for queries alone.
//!
//! A query runs on a thread of its own, because it may need a deep stack and cannot be interrupted from outside; it is
//! told to stop when its time is up or memory runs low, and keeps its place among the running ones until it has.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::HeaderValue;
use axum::http::{Method, Request, header};
use axum::response::{IntoResponse, Response};
use fonds_projections::graph::Triples;
use fonds_projections::graph::query::{Answer, CancellationToken, QUERY_BYTES_MAX, QueryError, STACK_BYTES, answer};
use fonds_projections::graph::void;
use fonds_projections::graph::write::write;
use fonds_schemas::Addresses;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{Error, accept, negotiate, page, rdf, rdf_format};

/// Queries that run at the same time: with two cores, one is left to whoever reads pages.
const RUNNING_MAX: usize = 2;
/// When to ask again, in seconds.
pub(super) const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");
/// Bytes of a posted form: a query of which every byte is written as three.
const FORM_BYTES_MAX: usize = 3 * QUERY_BYTES_MAX + 1024;
/// Bytes by which the process may grow while a query runs. The evaluator does not count what it keeps for joins and
/// sorting, so the process is watched from outside; others may be the cause, and the message says so.
const GROWTH_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// How often memory is looked at: a query makes some 20 MiB in that time.
const WATCH: Duration = Duration::from_millis(50);

/// Where queries take their turns.
#[derive(Debug, Clone)]
pub struct Counter(Arc<Semaphore>);

impl Default for Counter {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(RUNNING_MAX)))
    }
}

/// What is asked, and for how long.
pub struct Place<'a> {
    /// The triples.
    pub triples: &'a Triples,
    /// The addresses that the service describes itself with.
    pub addresses: &'a Addresses,
    /// How long a query may take.
    pub limit: Duration,
}

/// Answers a request of the protocol.
pub async fn respond(counter: &Counter, place: &Place<'_>, request: Request<Body>) -> Response {
    match try_respond(counter, place, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn try_respond(counter: &Counter, place: &Place<'_>, request: Request<Body>) -> Result<Response, Error> {
    let accept = accept(request.headers()).map(str::to_owned);
    let Some(query) = read(request).await? else { return describe(place, accept.as_deref()) };
    let answer = ask(counter, place, query, accept).await?;
    let headers = [(header::CONTENT_TYPE, answer.media_type), (header::VARY, "accept")];
    Ok((headers, answer.body).into_response())
}

/// What a request without a query gets: people the form, programs the description of the service.
fn describe(place: &Place<'_>, accept: Option<&str>) -> Result<Response, Error> {
    if negotiate::choose(accept, &["text/turtle", "text/html"]) == Some(1) {
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::VARY, "accept")];
        return Ok((headers, page::FORM).into_response());
    }
    let format = rdf_format(accept)?;
    Ok(rdf(format, write(void::service(place.addresses), format)?))
}

/// The query of a request (SPARQL 1.1 Protocol §2.1); `None` for a GET without any.
async fn read(request: Request<Body>) -> Result<Option<String>, Error> {
    let (head, body) = request.into_parts();
    let from_address = parameters(head.uri.query().unwrap_or_default())?;
    if head.method == Method::GET || head.method == Method::HEAD {
        return Ok(from_address);
    }
    if head.method != Method::POST {
        return Err(Error::Method);
    }
    let media_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let missing = Error::Request("the request has no query");
    match media_type.as_str() {
        "application/x-www-form-urlencoded" => parameters(&text(body, FORM_BYTES_MAX).await?)?.map(Some).ok_or(missing),
        "application/sparql-query" => Ok(Some(text(body, QUERY_BYTES_MAX).await?)),
        "application/sparql-update" => Err(Error::Query(QueryError::Update)),
        _ => Err(Error::MediaType),
    }
}

async fn text(body: Body, bytes_max: usize) -> Result<String, Error> {
    // One byte more than is allowed tells that there are more.
    let bytes =
        to_bytes(body, bytes_max).await.map_err(|_too_long| Error::Query(QueryError::TooLong(bytes_max + 1)))?;
    String::from_utf8(bytes.to_vec()).map_err(|_not_utf8| Error::Request("the query is not UTF-8"))
}

/// The parameter `query` of an address or a form.
fn parameters(form: &str) -> Result<Option<String>, Error> {
    let mut query = None;
    for pair in form.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "query" if query.is_some() => return Err(Error::Request("the request has more than one query")),
            "query" => query = Some(unescaped(value)?),
            "update" => return Err(Error::Query(QueryError::Update)),
            "default-graph-uri" | "named-graph-uri" => return Err(Error::Query(QueryError::Dataset)),
            // The protocol leaves room for others' parameters.
            _ => {}
        }
    }
    Ok(query)
}

/// Undoes the percent-encoding of a form (WHATWG URL §5.1).
fn unescaped(value: &str) -> Result<String, Error> {
    let wrong = || Error::Request("the query is not percent-encoded UTF-8");
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_not_utf8| wrong())
}

/// Runs a query when it is its turn, until it is answered or stopped.
async fn ask(counter: &Counter, place: &Place<'_>, query: String, accept: Option<String>) -> Result<Answer, Error> {
    let permit = Arc::clone(&counter.0).try_acquire_owned().map_err(|_all_taken| Error::Busy)?;
    let stop = CancellationToken::new();
    // Whoever goes away no longer needs the answer: dropping this future stops the query too.
    let guard = StopWhenDropped(stop.clone());
    let answered = start(place.triples.clone(), query, accept, stop, permit)?;
    let watched = async {
        tokio::select! {
            answer = answered => answer.map_err(|_thread_ended| Error::Lost)?.map_err(Error::Query),
            () = memory_grows() => Err(Error::TooHungry),
        }
    };
    let answer = tokio::time::timeout(place.limit, watched).await;
    drop(guard);
    answer.map_err(|_elapsed| Error::TooSlow(place.limit.as_secs()))?
}

struct StopWhenDropped(CancellationToken);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Starts the thread. It holds the permit until it ends, not until nobody waits for it any more.
fn start(
    triples: Triples,
    query: String,
    accept: Option<String>,
    stop: CancellationToken,
    permit: OwnedSemaphorePermit,
) -> Result<oneshot::Receiver<Result<Answer, QueryError>>, Error> {
    let (send, receive) = oneshot::channel();
    let run = move || {
        let choose = |offered: &[&'static str]| negotiate::choose(accept.as_deref(), offered);
        let result = answer(&triples, &query, &choose, &stop);
        drop(permit);
        // Nobody waits for the answer of a query that was stopped.
        let _nobody_waits = send.send(result);
    };
    let thread = std::thread::Builder::new().name("sparql".to_owned()).stack_size(STACK_BYTES);
    thread.spawn(run).map_err(Error::Thread)?;
    Ok(receive)
}

/// Ends when the process has grown by more than [`GROWTH_BYTES_MAX`]; never where its size cannot be read.
async fn memory_grows() {
    let Some(before) = resident_bytes() else { return std::future::pending().await };
    let mut ticks = tokio::time::interval(WATCH);
    loop {
        ticks.tick().await;
        if resident_bytes().is_some_and(|now| now > before + GROWTH_BYTES_MAX) {
            return;
        }
    }
}

/// Bytes of this process in memory, as Linux tells them.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
