//! How descriptions of objects are answered: who may keep them, by which name they are known again, when they changed.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fonds_schemas::{Object, Timestamp, Viewer};

use crate::asking::Asking;
use crate::iiif::http::{etag, is_held, text};

/// What a description is answered with, beside itself.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// When what harvesters get of the object changed, in seconds since 1970.
    pub changed_at: Option<i64>,
    /// The header `Link`.
    pub links: String,
    /// Whether only the asker may keep it.
    pub is_private: bool,
}

impl Beside {
    /// What belongs to a description of that object, for that asker.
    #[must_use]
    pub fn of(object: &Object, asking: Asking, changed_at: Option<i64>, links: String) -> Self {
        let is_private = !object.is_public(asking.at) || matches!(asking.viewer, Viewer::Agent { .. });
        // What the holder of a token sees may have changed at another time than what everybody sees.
        Self { changed_at: changed_at.filter(|_| !is_private), links, is_private }
    }
}

/// A moment as HTTP writes it (RFC 9110 §5.6.7): `Sun, 22 Nov 2026 05:46:18 GMT`.
#[must_use]
pub fn http_date(seconds: i64) -> String {
    let at = Timestamp::from_micros(seconds.saturating_mul(1_000_000));
    at.datetime().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Answers with a document that may be kept if it is asked for again each time: it changes with any event.
///
/// Whether it has changed, its `ETag` alone decides: `Last-Modified` says when its record was published, and what it shows of
/// others may have changed since.
#[must_use]
pub fn document(asked: &HeaderMap, media_type: &str, body: Vec<u8>, beside: &Beside) -> Response {
    let etag = etag(&[media_type.as_bytes(), &body]);
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        if !value.is_empty() {
            headers.insert(name, text(value));
        }
    };
    set(header::ETAG, &etag);
    set(header::CACHE_CONTROL, if beside.is_private { "private, no-cache" } else { "no-cache" });
    set(header::VARY, "authorization");
    set(header::LINK, &beside.links);
    set(header::LAST_MODIFIED, &beside.changed_at.map(http_date).unwrap_or_default());
    if is_held(asked, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, text(media_type));
    (headers, body).into_response()
}

/// Lets pages of other sites read an answer: everything here is public or needs a token, never a cookie.
#[must_use]
pub fn open(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Link, ETag"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_http_does() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
