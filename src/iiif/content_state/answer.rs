//! Where a content state leads within this archive: what a page or a viewer asks before it opens something.
//!
//! Only addresses of this archive lead anywhere, and only for whoever may see what is there. Nothing is fetched.

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fonds_schemas::{Act, Addresses, Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::{Kind, Region, Target, Unit, decode};
use crate::archive::App;
use crate::asking::Asking;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Keeping};
use crate::iiif::presentation::manifest::{Setting, manifest};
use crate::iiif::presentation::setting;

/// Seconds that anybody may keep an answer: as long as a manifest.
const SECONDS: u32 = 60;

/// The address that answers.
pub(in crate::iiif) fn routes() -> Router<App> {
    Router::new().route("/iiif/content-state", get(lead))
}

#[derive(Debug, Deserialize)]
struct Given {
    #[serde(rename = "iiif-content")]
    state: Option<String>,
}

/// Where a state leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The manifest to open.
    pub manifest: String,
    /// The canvas in it; the first where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canvas: Option<String>,
    /// `X,Y,WIDTH,HEIGHT` on that canvas, as in `xywh=`; the whole where nothing is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// Answers for the first target: the others are for viewers that compare.
async fn lead(
    State(app): State<App>,
    asking: Asking,
    Query(Given { state }): Query<Given>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let targets = decode(state.as_deref().unwrap_or_default())?;
    let target = targets.first().ok_or(Error::NotFound)?;
    let id = object_of(&app.stores.addresses, target).ok_or(Error::NotFound)?;
    let object = app.object(asking, id, Act::See).await?;
    let place = place(target, &object, setting(&app))?;
    let keeping = Keeping::of(&object.standing, asking.at, SECONDS);
    let body = serde_json::to_vec(&place).map_err(|error| Error::Render(error.to_string()))?;
    let etag = http::etag(&[&body]);
    let mut common = http::common(&etag, keeping, None);
    if http::is_held(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    common.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((common, Body::from(body)).into_response())
}

/// The object whose manifest a target is or is in; `None` where it is not of this archive, or contradicts itself.
#[must_use]
pub fn object_of(addresses: &Addresses, target: &Target) -> Option<ObjectId> {
    let of = |address: &str| {
        let rest = address.strip_prefix(addresses.base())?.strip_prefix("/iiif/presentation/3/")?;
        ObjectId::parse(rest.split_once('/')?.0).ok()
    };
    let object = of(&target.id)?;
    let is_manifest = target.id == addresses.manifest(object);
    let fits = match target.kind {
        Kind::Manifest => is_manifest,
        Kind::Canvas | Kind::Range => !is_manifest,
        Kind::Unsaid => true,
        Kind::Collection => false,
    };
    let of_whole = target.manifest.as_ref().is_none_or(|manifest| *manifest == addresses.manifest(object));
    Some(object).filter(|_| fits && of_whole)
}

/// Where a target leads in the manifest of its object.
pub fn place(target: &Target, object: &Object, setting: Setting<'_>) -> Result<Place, Error> {
    let address = setting.addresses.manifest(object.id);
    // Contents are not what is opened, but what is shown beside it: a range leads to its manifest.
    if target.id == address || target.kind == Kind::Range {
        return Ok(Place { manifest: address, canvas: None, region: None });
    }
    let canvases = manifest(object, &[], setting).items;
    let canvas = canvases.into_iter().find(|canvas| canvas.id == target.id).ok_or(Error::NotFound)?;
    if let Some(region) = &target.region
        && !begins_within(region, canvas.width.unwrap_or_default(), canvas.height.unwrap_or_default())
    {
        return Err(Error::Impossible { part: "region", why: "outside of the canvas" });
    }
    let region = target.region.as_ref().map(ToString::to_string);
    Ok(Place { manifest: address, canvas: Some(canvas.id), region })
}

/// A canvas that is only heard has no sides, and no region either.
fn begins_within(region: &Region, width: u32, height: u32) -> bool {
    let (width, height) = match region.unit {
        Unit::Pixel => (f64::from(width), f64::from(height)),
        Unit::Percent => (100.0, 100.0),
    };
    region.x < width && region.y < height
}
