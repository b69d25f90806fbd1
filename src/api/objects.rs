//! Objects through the API.

use axum::Json;
use axum::extract::{State, rejection::JsonRejection};
use axum::http::StatusCode;
use axum_extra::extract::WithRejection;
use fonds_projections::catalog;
use fonds_schemas::event::BatchCounts;
use fonds_schemas::{
    Access, Act, Arrangement, Level, Object, ObjectId, Relation, Scope, SourceKey, Statement, StatementId, Stream,
    Viewer,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::{acting, needs};
use crate::archive::{App, Denied};
use crate::asking::Asking;
use crate::clock;
use crate::commands::{Accession, Acting, Arrange, Edit};
use crate::ledger::Receipt;

type Path<T> = WithRejection<axum::extract::Path<T>, Error>;
type Query<T> = WithRejection<axum::extract::Query<T>, Error>;

/// Objects on a page unless asked otherwise, and at most.
const PAGE_OBJECTS: (u32, u32) = (50, 500);

/// Which page of a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The last object of the page before.
    pub after: Option<ObjectId>,
    /// Objects on a page, 1 to 500; 50 unless said.
    pub limit: Option<u32>,
}

/// A page of objects, ordered by id.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Objects {
    /// The objects.
    pub objects: Vec<Object>,
    /// What to send as `after` for the next page, if there is one.
    pub next: Option<ObjectId>,
}

/// An object that is to come into being.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObject {
    /// What it is in the hierarchy.
    pub level: Level,
    /// Who may see it; restricted unless said.
    pub access: Option<Access>,
    /// What it is called where it comes from; the id is derived from it.
    pub source: Option<SourceKey>,
    /// Its description.
    #[serde(default)]
    pub statements: Vec<Statement>,
    /// How it stands to others.
    #[serde(default)]
    pub relations: Vec<Relation>,
}

/// What was recorded.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the ledger calls the moment so, and so does the API")]
pub struct Recorded {
    /// The object.
    pub object: ObjectId,
    /// The events' first place in the ledger.
    pub first_seq: u64,
    /// The events' last place in the ledger.
    pub last_seq: u64,
    /// When.
    pub recorded_at: fonds_schemas::Timestamp,
}

/// A change of a description.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The version of the object that the editor saw; another one is refused with 409.
    pub version: Option<u64>,
    /// Statements that are to stand.
    #[serde(default)]
    pub asserted: Vec<Statement>,
    /// Statements that are no longer to stand.
    #[serde(default)]
    pub retracted: Vec<StatementId>,
    /// Why.
    pub reason: Option<String>,
}

/// A change of relations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relations {
    /// Relations that are to hold.
    #[serde(default)]
    pub asserted: Vec<Relation>,
    /// Relations that are no longer to hold.
    #[serde(default)]
    pub retracted: Vec<Relation>,
    /// Why.
    pub reason: Option<String>,
}

/// A change of how the files of an object are shown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewArrangement {
    /// The version of the object that the editor saw; another one is refused with 409.
    pub version: Option<u64>,
    /// What is said from now on, in place of all that was said before; nothing in it takes that back.
    pub arrangement: Arrangement,
    /// Why.
    pub reason: Option<String>,
}

/// A decision on who may see an object.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessDecision {
    /// From now on.
    pub access: Access,
    /// Why.
    pub reason: String,
}

pub async fn list(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Query(page), _): Query<Page>,
) -> Result<Json<Objects>, Error> {
    let limit = page.limit.unwrap_or(PAGE_OBJECTS.0).clamp(1, PAGE_OBJECTS.1);
    let mut objects = catalog::list(&app.stores.pg, &asking.viewer, asking.at, page.after, limit).await?;
    app.hide_relations(asking, &mut objects).await?;
    let next = objects.last().filter(|_| objects.len() == limit as usize).map(|object| object.id);
    Ok(Json(Objects { objects, next }))
}

pub async fn read(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
) -> Result<Json<Object>, Error> {
    Ok(Json(app.object(asking, id, Act::See).await?))
}

pub async fn create(
    State(app): State<App>,
    asking: Asking,
    body: Result<Json<NewObject>, JsonRejection>,
) -> Result<(StatusCode, Json<Recorded>), Error> {
    needs(asking, Scope::Write)?;
    let Json(new) = body?;
    let object = new.source.as_ref().map_or_else(clock::object_id, SourceKey::object_id);
    let access = new.access.unwrap_or(Access::Restricted);
    let NewObject { level, source, statements, relations, .. } = new;
    let accession = Accession { object, level, source, access, statements, relations };
    crate::commands::decide::accession(accession.clone()).map_err(crate::commands::CommandError::from)?;
    let acting = acting(&app, asking, Scope::Write, "accession").await?;
    let receipt = app.accession(acting, vec![accession]).await;
    let counts = BatchCounts { accessioned: u64::from(receipt.is_ok()), ..BatchCounts::default() };
    app.close_batch(acting, counts).await?;
    Ok((StatusCode::CREATED, recorded(object, &receipt?)))
}

pub async fn describe(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
    body: Result<Json<Description>, JsonRejection>,
) -> Result<Json<Recorded>, Error> {
    let scope = permitted(&app, asking, id, Act::Describe).await?;
    let Json(Description { version, asserted, retracted, reason }) = body?;
    let acting = acting(&app, asking, scope, "description").await?;
    let receipt = app.describe(acting, id, Edit { version, asserted, retracted, reason }).await;
    closing(&app, acting, id, receipt).await
}

pub async fn relate(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
    body: Result<Json<Relations>, JsonRejection>,
) -> Result<Json<Recorded>, Error> {
    let scope = permitted(&app, asking, id, Act::Describe).await?;
    let Json(Relations { asserted, retracted, reason }) = body?;
    let acting = acting(&app, asking, scope, "relations").await?;
    let receipt = app.relate(acting, id, asserted, retracted, reason).await;
    closing(&app, acting, id, receipt).await
}

pub async fn arrange(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
    body: Result<Json<NewArrangement>, JsonRejection>,
) -> Result<Json<Recorded>, Error> {
    let scope = permitted(&app, asking, id, Act::Describe).await?;
    let Json(NewArrangement { version, arrangement, reason }) = body?;
    let acting = acting(&app, asking, scope, "arrangement").await?;
    let receipt = app.arrange(acting, id, Arrange { version, arrangement, reason }).await;
    closing(&app, acting, id, receipt).await
}

pub async fn set_access(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
    body: Result<Json<AccessDecision>, JsonRejection>,
) -> Result<Json<Recorded>, Error> {
    let scope = permitted(&app, asking, id, Act::Govern).await?;
    let Json(AccessDecision { access, reason }) = body?;
    let acting = acting(&app, asking, scope, "access").await?;
    let receipt = app.set_access(acting, id, access, reason).await;
    closing(&app, acting, id, receipt).await
}

/// The events of an object, as the ledger holds them. For holders of a token: bodies tell what was said before.
pub async fn history(
    State(app): State<App>,
    asking: Asking,
    WithRejection(axum::extract::Path(id), _): Path<ObjectId>,
) -> Result<Json<Vec<super::events::EventView>>, Error> {
    app.object(asking, id, Act::See).await?;
    needs(asking, Scope::Read)?;
    let events = app.ledger.stream(Stream::Object(id), None).await?;
    Ok(Json(events.into_iter().map(super::events::EventView::from).collect()))
}

/// The scope that a change of the object takes, if the asker may make it.
pub(super) async fn permitted(app: &App, asking: Asking, id: ObjectId, act: Act) -> Result<Scope, Error> {
    let scope = if act == Act::Govern { Scope::Admin } else { Scope::Write };
    match app.object(asking, id, act).await {
        Ok(_) => Ok(scope),
        // The catalogue may be a moment behind the ledger, which the command reads: whoever may see everything is not
        // told that what they just made is not there.
        Err(Denied::Unknown) if asking.viewer.holds(scope) => Ok(scope),
        Err(Denied::Needs(scope)) if asking.viewer == Viewer::Public => Err(Error::needs(asking.viewer, scope)),
        Err(denied) => Err(denied.into()),
    }
}

async fn closing(
    app: &App,
    acting: Acting,
    object: ObjectId,
    receipt: Result<Receipt, crate::commands::CommandError>,
) -> Result<Json<Recorded>, Error> {
    let counts = BatchCounts { described: u64::from(receipt.is_ok()), ..BatchCounts::default() };
    app.close_batch(acting, counts).await?;
    Ok(recorded(object, &receipt?))
}

pub(super) fn recorded(object: ObjectId, receipt: &Receipt) -> Json<Recorded> {
    let Receipt { first_seq, last_seq, recorded_at, .. } = *receipt;
    Json(Recorded { object, first_seq, last_seq, recorded_at })
}
