//! What every IIIF answer shares: CORS, `ETag`s, who may keep it how long, and which kind of JSON is wanted.
//!
//! Image API 3.0 §7.1, §5.1; Presentation API 3.0 §6.

use std::any::Any;
use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use fonds_schemas::checksum::hex;
use fonds_schemas::{Sha256, Standing, Timestamp};
use serde::Serialize;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::iiif::error::Error;

/// Seconds that a browser may remember what a preflight said: a day.
const PREFLIGHT_SECONDS: &str = "86400";

/// Lets pages of any origin read what the router says, errors included, and answers every preflight.
pub fn open_to_all<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    // A handler that breaks down is answered for in here: a page must be able to read that too.
    router.layer(CatchPanicLayer::custom(broken)).layer(from_fn(open))
}

fn broken(_: Box<dyn Any + Send + 'static>) -> Response {
    Error::Render("something broke down; the log says what".to_owned()).into_response()
}

/// Sends documents compressed to who takes that. Their `ETag`s become weak: a strong one names the bytes as they were
/// (RFC 9110 §8.8.1).
pub fn compressed<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    // The lowest level makes a tenth of a page already.
    let compression = CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest);
    router.layer(compression).layer(from_fn(weaken))
}

async fn weaken(request: Request, next: Next) -> Response {
    // Whoever holds the compressed one, and would get it, is told by the name that it has.
    let held = held_compressed(request.headers());
    let mut response = next.run(request).await;
    let is_unchanged = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    let Some(strong) = headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()) else { return response };
    let weak = format!("W/{strong}");
    let holds_weak = || held.iter().any(|line| line.contains(&weak));
    let is_weak = if is_unchanged { holds_weak() } else { headers.contains_key(header::CONTENT_ENCODING) };
    if is_weak {
        let weak = text(&weak);
        headers.insert(header::ETAG, weak);
    }
    if is_unchanged {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// The `ETag`s that somebody holds who takes compressed answers.
fn held_compressed(headers: &HeaderMap) -> Vec<String> {
    let lines = |name| headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    let takes_gzip = lines(header::ACCEPT_ENCODING).any(|line| line.contains("gzip"));
    lines(header::IF_NONE_MATCH).filter(|_| takes_gzip).map(str::to_owned).collect()
}

async fn open(request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
        // A probe of the Authorization Flow API carries a bearer token; `*` would not cover that header.
        let allowed = "Authorization, Accept, If-None-Match, Content-Type";
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
        return response;
    }
    let mut response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let headers = response.headers_mut();
    if is_error {
        // Also where what was asked did not get as far as to us.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Link, ETag"));
    response
}

/// How long an answer may be kept, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// What everybody may see: any cache, that many seconds.
    Everybody(u32),
    /// What everybody may see and nothing will ever change: any cache, unasked.
    Unchanging,
    /// What needed a token: only the asker's own cache, and it must ask again before each use.
    OnlyAsker,
}

impl Keeping {
    /// Anybody may keep what everybody sees at that moment; nobody else's answers are shared.
    #[must_use]
    pub fn of(standing: &Standing, at: Timestamp, seconds: u32) -> Self {
        if standing.access.is_public(at) { Self::Everybody(seconds) } else { Self::OnlyAsker }
    }

    fn header(self) -> HeaderValue {
        match self {
            Self::Everybody(seconds) => text(&format!("public, max-age={seconds}")),
            // A year, which is as good as for ever (RFC 9111 §1.2.2, RFC 8246).
            Self::Unchanging => HeaderValue::from_static("public, max-age=31536000, immutable"),
            Self::OnlyAsker => HeaderValue::from_static("private, no-cache"),
        }
    }
}

/// A strong `ETag` over these parts, whichever way they are cut: each is preceded by its length.
#[must_use]
pub fn etag(parts: &[&[u8]]) -> String {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    // Half of the digest names any answer; the whole would double the header for nothing.
    format!("\"{}\"", hex(&Sha256::of(&joined).as_bytes()[..16]))
}

/// Whether the asker already holds the representation of that `ETag` (RFC 9110 §13.1.2, weak comparison).
#[must_use]
pub fn is_held(headers: &HeaderMap, etag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Which kind of JSON an answer is labelled as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JsonKind {
    /// `application/ld+json` with the context as its profile.
    Linked,
    /// `application/json`.
    Plain,
}

/// What the JSON of an API is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// JSON-LD with that context, plain JSON for those who name it with a higher weight.
    Linked(&'static str),
    /// Plain JSON, JSON-LD with that context for those who name it: as version 2 of the APIs speaks (Image API 2.1 §5.1,
    /// Presentation API 2.1 §7.2).
    Plain(&'static str),
}

impl Dialect {
    /// The media type that `Accept` prefers.
    fn media_type(self, headers: &HeaderMap) -> String {
        let (Self::Linked(context) | Self::Plain(context)) = self;
        match self.kind(headers) {
            JsonKind::Linked => format!("application/ld+json;profile=\"{context}\""),
            JsonKind::Plain => "application/json".to_owned(),
        }
    }

    fn kind(self, headers: &HeaderMap) -> JsonKind {
        let (linked, plain) = json_weights(headers);
        let is_linked = match self {
            Self::Linked(_) => plain <= linked,
            Self::Plain(_) => linked > 0.0 && linked >= plain,
        };
        if is_linked { JsonKind::Linked } else { JsonKind::Plain }
    }
}

/// How much JSON-LD and plain JSON are wanted by name.
fn json_weights(headers: &HeaderMap) -> (f32, f32) {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let (mut linked, mut plain) = (0.0f32, 0.0f32);
    for range in lines.flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse().ok()).unwrap_or(1.0);
        match media.as_str() {
            "application/ld+json" => linked = weight,
            "application/json" => plain = weight,
            _ => {}
        }
    }
    (linked, plain)
}

/// Answers with a JSON document, as [`json`] does.
pub fn document(
    asked: &Asked,
    document: &impl Serialize,
    dialect: Dialect,
    keeping: Keeping,
    links: Option<&str>,
) -> Result<Response, Error> {
    let body = serde_json::to_vec(document).map_err(|error| Error::Render(error.to_string()))?;
    Ok(json(asked, body, dialect, keeping, links))
}

/// Answers with JSON: negotiated type, strong `ETag`, 304. `links` is the `Link` header, if there is one.
#[must_use]
pub fn json(asked: &Asked, body: Vec<u8>, dialect: Dialect, keeping: Keeping, links: Option<&str>) -> Response {
    let media_type = dialect.media_type(&asked.headers);
    // Two representations with the same bytes are still two: their type differs.
    let etag = etag(&[media_type.as_bytes(), &body]);
    let mut headers = common(&etag, keeping, links);
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    if is_held(&asked.headers, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, text(&media_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    (headers, Body::from(body)).into_response()
}

/// The headers that a full answer and a 304 share (RFC 9110 §15.4.5).
#[must_use]
pub fn common(etag: &str, keeping: Keeping, links: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, text(etag));
    headers.insert(header::CACHE_CONTROL, keeping.header());
    if let Some(links) = links {
        headers.insert(header::LINK, text(links));
    }
    headers
}

/// The two things of a request that decide the form of an answer.
#[derive(Debug, Clone)]
pub struct Asked {
    /// GET or HEAD.
    pub method: Method,
    /// Its headers.
    pub headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { method: parts.method.clone(), headers: parts.headers.clone() })
    }
}

/// A header value of our own making: addresses and digests, which are ASCII. Anything else is left out.
pub(crate) fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_not_ascii| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    fn check_kind(accept: &'static str, kind: JsonKind) {
        assert_eq!(Dialect::Linked("").kind(&with(header::ACCEPT, accept)), kind, "{accept}");
    }

    #[test]
    fn json_ld_is_the_default() {
        assert_eq!(Dialect::Linked("").kind(&HeaderMap::new()), JsonKind::Linked);
        check_kind("*/*", JsonKind::Linked);
        check_kind("text/html,application/xhtml+xml,*/*;q=0.8", JsonKind::Linked);
    }
    #[test]
    fn json_is_given_to_who_names_it() {
        check_kind("application/json", JsonKind::Plain);
        check_kind("application/json, */*;q=0.1", JsonKind::Plain);
    }
    #[test]
    fn weights_decide_between_both() {
        check_kind("application/ld+json;q=0.5, application/json", JsonKind::Plain);
        check_kind("application/json;q=0.9, application/ld+json", JsonKind::Linked);
        check_kind(r#"application/ld+json;profile="http://iiif.io/api/image/3/context.json""#, JsonKind::Linked);
    }
    #[test]
    fn version_2_is_plain_json_unless_json_ld_is_named() {
        for (accept, kind) in [
            ("*/*", JsonKind::Plain),
            ("application/json", JsonKind::Plain),
            ("application/ld+json", JsonKind::Linked),
            ("application/json, application/ld+json;q=0.9", JsonKind::Plain),
            ("application/ld+json;q=0", JsonKind::Plain),
        ] {
            assert_eq!(Dialect::Plain("").kind(&with(header::ACCEPT, accept)), kind, "{accept}");
        }
    }
    #[test]
    fn an_etag_in_a_list_is_held_weak_or_not() {
        assert!(is_held(&with(header::IF_NONE_MATCH, r#""a", W/"b""#), "\"b\""));
        assert!(is_held(&with(header::IF_NONE_MATCH, "*"), "\"b\""));
        assert!(!is_held(&with(header::IF_NONE_MATCH, r#""a""#), "\"b\""));
    }
    #[test]
    fn parts_are_not_confused_by_where_they_are_cut() {
        assert_ne!(etag(&[b"ab", b"c"]), etag(&[b"a", b"bc"]));
    }
}
