//! What is said of images, and the text that stands on them, through the API. Seen by whoever sees the object.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{State, rejection::BytesRejection, rejection::JsonRejection};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::WithRejection;
use fonds_projections::annotations::{self, Said};
use fonds_projections::files::Placed;
use fonds_schemas::annotation::{Line, Motivation, Region};
use fonds_schemas::event::BatchCounts;
use fonds_schemas::{Act, AgentId, AnnotationId, FileId, Language, ObjectId, Scope, Timestamp};
use fonds_workers::page;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::acting;
use super::error::Error;
use super::files::Reason;
use super::objects::{Recorded, permitted, recorded};
use crate::archive::{App, Denied};
use crate::asking::Asking;
use crate::commands::{CommandError, Reading, Remark, decide};

/// Bytes of a transcript that is sent: ALTO says forty bytes for each that stands on the page.
pub const TRANSCRIPT_BYTES_MAX: usize = 16 * 1024 * 1024;

type Path<T> = WithRejection<axum::extract::Path<T>, Error>;
type Query<T> = WithRejection<axum::extract::Query<T>, Error>;

/// Something to be said of an image.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnnotation {
    /// Of which image of the object.
    pub file: FileId,
    /// Of which part of it, in pixels of the image as it is shown; of all of it unless said.
    pub region: Option<Region>,
    /// Why.
    pub motivation: Motivation,
    /// What, as plain text.
    pub text: String,
    /// The language of the text.
    pub language: Option<Language>,
    /// The IRI of what the text names or points to; needed where the motivation is `linking`.
    pub authority: Option<String>,
    /// The version of the object that the editor saw; another one is refused with 409.
    pub version: Option<u64>,
}

/// What was recorded of an annotation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnnotationRecorded {
    /// Its id.
    pub annotation: AnnotationId,
    /// What was recorded.
    #[serde(flatten)]
    pub recorded: Recorded,
}

/// An annotation as it stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnnotationView {
    /// Its id.
    pub annotation: AnnotationId,
    /// On which object.
    pub object: ObjectId,
    /// Of which image.
    pub file: FileId,
    /// Of which part of it; absent where it is all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Why.
    pub motivation: Motivation,
    /// What.
    pub text: String,
    /// The language of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The IRI of what the text names or points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Who says it.
    pub agent: AgentId,
    /// When it was first said.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// The text of an image, all of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTranscript {
    /// The lines in the order in which they are read; none, with a reason, where the image has no text.
    pub lines: Vec<Line>,
    /// The language of the text.
    pub language: Option<Language>,
    /// The file of the object that it was read from.
    pub source: Option<FileId>,
    /// Why.
    pub reason: Option<String>,
    /// The version of the object that the editor saw; another one is refused with 409.
    pub version: Option<u64>,
}

/// What ALTO does not say of itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AltoQuery {
    /// The language of the text, where ALTO is sent that does not name it.
    pub language: Option<Language>,
    /// The file of the object that holds the same ALTO.
    pub source: Option<FileId>,
    /// Why.
    pub reason: Option<String>,
    /// The version of the object that the editor saw; another one is refused with 409.
    pub version: Option<u64>,
}

/// The text of an image as it stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TranscriptView {
    /// Of which image.
    pub file: FileId,
    /// On which object.
    pub object: ObjectId,
    /// The lines.
    pub lines: Vec<Line>,
    /// The language of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The file of the object that it was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<FileId>,
    /// Who read it.
    pub agent: AgentId,
    /// When the image was last read.
    pub modified_at: Timestamp,
}

pub async fn list(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
) -> Result<Json<Vec<AnnotationView>>, Error> {
    let object = app.object(asking, id, Act::See).await?;
    let mut all = annotations::of_object(&app.stores.pg, id).await?;
    // What was said of an image that was taken off is not shown without it.
    all.retain(|said| object.file(said.body.file).is_some());
    Ok(Json(all.into_iter().map(view).collect()))
}

pub async fn create(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
    body: Result<Json<NewAnnotation>, JsonRejection>,
) -> Result<(StatusCode, Json<AnnotationRecorded>), Error> {
    let scope = permitted(&app, asking, id, Act::Describe).await?;
    let Json(new) = body?;
    let said = annotate(&app, asking, scope, id, None, new).await?;
    Ok((StatusCode::CREATED, said))
}

pub async fn read(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<AnnotationId>,
) -> Result<Json<AnnotationView>, Error> {
    Ok(Json(view(find(&app, asking, id).await?)))
}

pub async fn replace(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<AnnotationId>,
    body: Result<Json<NewAnnotation>, JsonRejection>,
) -> Result<Json<AnnotationRecorded>, Error> {
    let object = find(&app, asking, id).await?.body.object;
    let scope = permitted(&app, asking, object, Act::Describe).await?;
    let Json(new) = body?;
    annotate(&app, asking, scope, object, Some(id), new).await
}

pub async fn retract(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<AnnotationId>,
    WithRejection(axum::extract::Query(reason), _): Query<Reason>,
) -> Result<Json<Recorded>, Error> {
    let object = find(&app, asking, id).await?.body.object;
    let scope = permitted(&app, asking, object, Act::Describe).await?;
    let acting = acting(&app, asking, scope, "annotation retracted").await?;
    let receipt = app.retract_annotation(acting, object, id, reason.reason).await;
    app.close_batch(acting, BatchCounts { described: u64::from(receipt.is_ok()), ..BatchCounts::default() }).await?;
    Ok(recorded(object, &receipt?))
}

pub async fn transcript(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(file), _): Path<FileId>,
) -> Result<Json<TranscriptView>, Error> {
    let placed = app.file(asking, file, Act::Fetch).await?;
    let transcript = annotations::transcript(&app.stores.pg, file).await?;
    let transcript = transcript.ok_or_else(|| Error::not_found("transcript"))?;
    let (body, agent, modified_at) = (transcript.body, transcript.agent, transcript.modified_at);
    let (lines, language) = (body.lines, body.language);
    Ok(Json(TranscriptView { file, object: placed.object, lines, language, source: body.source, agent, modified_at }))
}

/// Takes the text of an image as our own JSON or as ALTO, by the content type.
pub async fn transcribe(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(file), _): Path<FileId>,
    WithRejection(axum::extract::Query(query), _): Query<AltoQuery>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Recorded>, Error> {
    let placed = writable(&app, asking, file).await?;
    let body = body.map_err(|rejection| Error::new(rejection.status(), rejection.body_text()))?;
    let reading = reading(&placed, &headers, query, body).await?;
    // A refusal that can be told before anything is recorded leaves no empty act behind.
    let now = app.object_now(placed.object).await?;
    decide::images::transcribe(&now, reading.clone()).map_err(CommandError::from)?;
    let acting = acting(&app, asking, Scope::Write, "transcript").await?;
    let receipt = app.transcribe(acting, placed.object, reading).await;
    app.close_batch(acting, BatchCounts { described: u64::from(receipt.is_ok()), ..BatchCounts::default() }).await?;
    Ok(recorded(placed.object, &receipt?))
}

async fn annotate(
    app: &App,
    asking: Asking,
    scope: Scope,
    object: ObjectId,
    replaced: Option<AnnotationId>,
    new: NewAnnotation,
) -> Result<Json<AnnotationRecorded>, Error> {
    let NewAnnotation { file, region, motivation, text, language, authority, version } = new;
    let remark = Remark { version, file, region, motivation, text, language, authority };
    let acting = acting(app, asking, scope, "annotation").await?;
    let said = app.annotate(acting, object, replaced, remark).await;
    app.close_batch(acting, BatchCounts { described: u64::from(said.is_ok()), ..BatchCounts::default() }).await?;
    let (annotation, receipt) = said?;
    let Json(recorded) = recorded(object, &receipt);
    Ok(Json(AnnotationRecorded { annotation, recorded }))
}

/// The annotation, if the asker may see the object that it is on. Where he may not, there is none.
async fn find(app: &App, asking: Asking, id: AnnotationId) -> Result<Said, Error> {
    let mut found = annotations::annotation(&app.stores.pg, id).await?;
    if found.is_none() && asking.viewer.holds(Scope::Write) {
        caught_up(app).await?;
        found = annotations::annotation(&app.stores.pg, id).await?;
    }
    let said = found.ok_or_else(|| Error::not_found("annotation"))?;
    match app.object(asking, said.body.object, Act::See).await {
        Ok(object) if object.file(said.body.file).is_some() => Ok(said),
        Ok(_) | Err(Denied::Unknown) => Err(Error::not_found("annotation")),
        Err(denied) => Err(denied.into()),
    }
}

/// The file, if the asker may describe its object.
async fn writable(app: &App, asking: Asking, file: FileId) -> Result<Arc<Placed>, Error> {
    let mut found = app.file(asking, file, Act::Describe).await;
    if matches!(found, Err(Denied::Unknown)) && asking.viewer.holds(Scope::Write) {
        caught_up(app).await?;
        found = app.file(asking, file, Act::Describe).await;
    }
    match found {
        Err(Denied::Needs(scope)) => Err(Error::needs(asking.viewer, scope)),
        other => Ok(other?),
    }
}

/// Whoever writes is not told that what he just made is not there: the tables may be a moment behind the ledger.
async fn caught_up(app: &App) -> Result<(), Error> {
    app.settle().await.map_err(|error| {
        tracing::error!("the API could not wait for the tables: {:#}", anyhow::Error::new(error));
        Error::new(StatusCode::SERVICE_UNAVAILABLE, "the tables are behind the ledger; try again soon")
    })
}

async fn reading(placed: &Placed, headers: &HeaderMap, query: AltoQuery, body: Bytes) -> Result<Reading, Error> {
    let file = placed.file.file;
    let named = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match named.as_str() {
        "application/json" => {
            let unread = |error: serde_json::Error| Error::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
            let NewTranscript { lines, language, source, reason, version } =
                serde_json::from_slice(&body).map_err(unread)?;
            Ok(Reading { version, file, lines, language, reason, source })
        }
        "application/xml" | "text/xml" | "application/alto+xml" | "application/vnd.prima.page+xml" => {
            let sides = placed.file.width.zip(placed.file.height).unwrap_or_default();
            let read = tokio::task::spawn_blocking(move || page::of_either(&body, sides)).await;
            let read = read.map_err(|_stopped| Error::new(StatusCode::SERVICE_UNAVAILABLE, "try again soon"))?;
            let refused = |bad: page::BadPage| {
                Error::new(StatusCode::UNPROCESSABLE_ENTITY, format!("this text cannot be taken: {bad}"))
            };
            let read = read.map_err(refused)?;
            let AltoQuery { language, source, reason, version } = query;
            // A page that says nothing is a page without text.
            let reason = reason.or_else(|| read.lines.is_empty().then(|| "the file holds no text".to_owned()));
            Ok(Reading { version, file, lines: read.lines, language: language.or(read.language), reason, source })
        }
        other => Err(Error::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "a transcript is application/json, application/xml, application/alto+xml or application/vnd.prima.page+xml, not {other:?}"
            ),
        )),
    }
}

fn view(said: Said) -> AnnotationView {
    let Said { body, agent, created_at, modified_at, .. } = said;
    AnnotationView {
        annotation: body.annotation,
        object: body.object,
        file: body.file,
        region: body.region,
        motivation: body.motivation,
        text: body.text,
        language: body.language,
        authority: body.authority,
        agent,
        created_at,
        modified_at,
    }
}
