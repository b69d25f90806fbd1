//! Files through the API.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LINK, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::WithRejection;
use fonds_schemas::event::BatchCounts;
use fonds_schemas::{Act, FileId, FileRole, ObjectId, StoredFile};
use futures::{StreamExt as _, TryStreamExt as _};
use schemars::JsonSchema;
use serde::Deserialize;

use super::acting;
use super::error::Error;
use super::objects::{Recorded, permitted, recorded};
use crate::archive::App;
use crate::asking::Asking;
use crate::commands::Deposit;
use crate::linked::{self, signposts};

/// What an upload is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// The name of the file.
    pub name: String,
    /// The part it plays; master unless said.
    pub role: Option<FileRole>,
    /// Its place among the files of the object; 0 unless said.
    pub order: Option<u32>,
}

/// Why something is taken off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why.
    pub reason: String,
}

pub async fn upload(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): WithRejection<axum::extract::Path<ObjectId>, Error>,
    WithRejection(axum::extract::Query(upload), _): WithRejection<axum::extract::Query<Upload>, Error>,
    body: Body,
) -> Result<(StatusCode, Json<Recorded>), Error> {
    let scope = permitted(&app, asking, id, Act::Describe).await?;
    let stream = Box::pin(body.into_data_stream().map_err(std::io::Error::other));
    let staged = app.storage.stage_stream(stream, app.settings.limits.file_bytes).await?;
    if staged.bytes == 0 {
        return Err(Error::new(StatusCode::UNPROCESSABLE_ENTITY, "the file is empty"));
    }
    let acting = acting(&app, asking, scope, "upload").await?;
    let Upload { name, role, order } = upload;
    let deposit = Deposit { staged, name, role: role.unwrap_or(FileRole::Master), order: order.unwrap_or(0) };
    let stored = app.deposit(acting, id, vec![deposit]).await;
    let files = u64::from(matches!(stored, Ok(Some(_))));
    let closed = app.close_batch(acting, BatchCounts { files, ..BatchCounts::default() }).await?;
    match stored? {
        Some(receipt) => Ok((StatusCode::CREATED, recorded(id, &receipt))),
        // The object has these bytes already: that is an answer, not an error.
        None => Ok((StatusCode::OK, recorded(id, &closed))),
    }
}

pub async fn detach(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path((id, file)), _): WithRejection<axum::extract::Path<(ObjectId, FileId)>, Error>,
    WithRejection(axum::extract::Query(reason), _): WithRejection<axum::extract::Query<Reason>, Error>,
) -> Result<Json<Recorded>, Error> {
    let scope = permitted(&app, asking, id, Act::Describe).await?;
    let acting = acting(&app, asking, scope, "file detached").await?;
    let receipt = app.detach(acting, id, file, reason.reason).await;
    app.close_batch(acting, BatchCounts { described: u64::from(receipt.is_ok()), ..BatchCounts::default() }).await?;
    Ok(recorded(id, &receipt?))
}

pub async fn read(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(file), _): WithRejection<axum::extract::Path<FileId>, Error>,
) -> Result<Json<StoredFile>, Error> {
    Ok(Json(app.file(asking, file, Act::Fetch).await?.file.clone()))
}

/// The bytes as they were deposited, whole or one range of them (RFC 9110 §14).
pub async fn content(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(file), _): WithRejection<axum::extract::Path<FileId>, Error>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let placed = app.file(asking, file, Act::Fetch).await?;
    let bytes = placed.file.bytes;
    let asked = headers.get(RANGE).and_then(|value| value.to_str().ok()).and_then(|value| range(value, bytes));
    let (status, part) = match asked {
        None => (StatusCode::OK, 0..bytes),
        Some(Some(part)) => (StatusCode::PARTIAL_CONTENT, part),
        Some(None) => {
            let unsatisfied = [(CONTENT_RANGE, format!("bytes */{bytes}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, unsatisfied).into_response());
        }
    };
    let stream = app.storage.stream(&placed.file.path, Some(part.clone())).await?;
    let mut response = Body::from_stream(stream.boxed()).into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut set = |name, value: String| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    // Deposited HTML or SVG must not run as a page of the archive.
    set(CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{}", percent_encoded(&placed.file.name)));
    set(CONTENT_TYPE, placed.file.media_type.clone());
    set(CONTENT_LENGTH, (part.end - part.start).to_string());
    set(ACCEPT_RANGES, "bytes".to_owned());
    set(ETAG, format!("\"{}\"", placed.file.sha256));
    set(LINK, signposts::of_file(placed.object, &linked::setting(&app)));
    if status == StatusCode::PARTIAL_CONTENT {
        set(CONTENT_RANGE, format!("bytes {}-{}/{bytes}", part.start, part.end.saturating_sub(1)));
    }
    Ok(response)
}

/// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n`. `None`: not a form that is served, so the whole is; `Some(None)`: it
/// lies outside the file.
#[expect(clippy::option_option, reason = "three answers: ignore the header, refuse it, serve the part")]
fn range(header: &str, bytes: u64) -> Option<Option<std::ops::Range<u64>>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let length: u64 = last.parse().ok()?;
        return Some((length > 0 && bytes > 0).then(|| bytes.saturating_sub(length)..bytes));
    }
    let first: u64 = first.parse().ok()?;
    let end = if last.is_empty() { bytes } else { last.parse::<u64>().ok()?.checked_add(1)?.min(bytes) };
    Some((first < end).then_some(first..end))
}

/// Percent-encodes what a header's parameter may not hold (RFC 8187 §3.2).
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_part(header: &str, part: std::ops::Range<u64>) {
        assert_eq!(range(header, 100), Some(Some(part)), "{header}");
    }

    #[test]
    fn ranges_are_read_as_the_specification_says() {
        check_part("bytes=0-9", 0..10);
        check_part("bytes=90-", 90..100);
        check_part("bytes=-10", 90..100);
        check_part("bytes=-1000", 0..100);
        check_part("bytes=50-1000", 50..100);
        assert_eq!(range("bytes=100-", 100), Some(None));
        assert_eq!(range("bytes=9-0", 100), Some(None));
        assert_eq!(range("bytes=0-1,5-6", 100), None);
        assert_eq!(range("lines=0-1", 100), None);
    }
}
