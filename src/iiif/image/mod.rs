//! The Image API 3.0: pixels of a file, cut, sized, turned and coloured as the address says.
//!
//! A handler finds the file that the asker may see and hands over to a function that knows neither archive nor router.

pub mod decode;
pub mod engine;
pub mod geometry;
pub mod info;
pub mod render;
pub mod request;
pub mod resolve;

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use fonds_projections::files::Placed;
use fonds_schemas::{Act, FileId, StoredFile};

use crate::archive::App;
use crate::asking::Asking;
use crate::config;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Keeping};
use crate::iiif::image::engine::Engine;
use crate::iiif::image::geometry::{LIMITS, Sides};
use crate::iiif::image::info::{CONTEXT, Info, PROFILE_LINK};
use crate::iiif::image::request::{Format, Request};
use crate::iiif::image::resolve::resolve;
use crate::storage::StorageError;

/// Seconds that anybody may keep an image: pixels of a file never change, but the file may be withdrawn.
const IMAGE_SECONDS: u32 = 86_400;
/// Seconds that anybody may keep info.json.
const INFO_SECONDS: u32 = 3600;
/// Bytes of the largest master that is read into memory to be decoded.
const MASTER_BYTES_MAX: u64 = 2 << 30;

/// The addresses of the Image API.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/iiif/image/3/{id}", get(base))
        .route("/iiif/image/3/{id}/", get(base))
        .route("/iiif/image/3/{id}/info.json", get(info_json))
        .route("/iiif/image/3/{id}/{region}/{size}/{rotation}/{quality}", get(pixels))
        .layer(Extension(Arc::new(Engine::new())))
}

async fn base(State(app): State<App>, asking: Asking, Path(id): Path<String>) -> Result<Response, Error> {
    let placed = find(&app, asking, &id).await?;
    let to = format!("{}/info.json", app.stores.addresses.image(placed.file.file));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, http::text(&to))]).into_response())
}

async fn info_json(
    State(app): State<App>,
    asking: Asking,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let placed = find(&app, asking, &id).await?;
    let service = app.stores.addresses.image(placed.file.file);
    let keeping = Keeping::of(&placed.standing, asking.at, INFO_SECONDS);
    describe(&Asked { method: &method, headers: &headers }, &placed.file, service, keeping, &app.settings.limits)
}

async fn pixels(
    State(app): State<App>,
    Extension(engine): Extension<Arc<Engine>>,
    asking: Asking,
    Path((id, region, size, rotation, quality)): Path<(String, String, String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let placed = find(&app, asking, &id).await?;
    let shown = Shown {
        service: &app.stores.addresses.image(placed.file.file),
        file: &placed.file,
        keeping: Keeping::of(&placed.standing, asking.at, IMAGE_SECONDS),
        limits: &app.settings.limits,
    };
    let asked = Asked { method: &method, headers: &headers };
    let request = || Request::parse(&region, &size, &rotation, &quality);
    let (storage, path) = (app.storage.clone(), placed.file.path.clone());
    show(&engine, &asked, &shown, request, async move { storage.get(&path).await }).await
}

async fn find(app: &App, asking: Asking, id: &str) -> Result<Placed, Error> {
    let id = FileId::parse(id).map_err(|_no_file_is_called_so| Error::NotFound)?;
    Ok(app.file(asking, id, Act::Fetch).await?)
}

/// The sides of a file that can be shown, or why it cannot.
pub fn sides(file: &StoredFile, limits: &config::Limits) -> Result<Sides, Error> {
    let (Some(width), Some(height)) = (file.width, file.height) else {
        return Err(Error::NotShown(file.media_type.clone()));
    };
    let sides = Sides::new(width, height);
    if !decode::MEDIA_TYPES.contains(&file.media_type.as_str()) || sides.area() == 0 {
        return Err(Error::NotShown(file.media_type.clone()));
    }
    if sides.area() > limits.image_pixels {
        return Err(Error::TooLarge { unit: "pixels", given: sides.area(), limit: limits.image_pixels });
    }
    if file.bytes > MASTER_BYTES_MAX {
        return Err(Error::TooLarge { unit: "bytes", given: file.bytes, limit: MASTER_BYTES_MAX });
    }
    Ok(sides)
}

/// Answers with info.json.
pub fn describe(
    asked: &Asked<'_>,
    file: &StoredFile,
    service: String,
    keeping: Keeping,
    limits: &config::Limits,
) -> Result<Response, Error> {
    let info = Info::new(service, sides(file, limits)?);
    Ok(http::json(asked, info.to_json(), CONTEXT, keeping, Some(PROFILE_LINK)))
}

/// A file that the asker may see, and how it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The address of its image service.
    pub service: &'a str,
    /// The file.
    pub file: &'a StoredFile,
    /// How long the answer may be kept.
    pub keeping: Keeping,
    /// What is too much.
    pub limits: &'a config::Limits,
}

/// Answers with pixels. `request` reads the address; `load` fetches the master, and is not awaited for a HEAD, a 304, or
/// an answer at hand.
pub async fn show<F>(
    engine: &Arc<Engine>,
    asked: &Asked<'_>,
    shown: &Shown<'_>,
    request: impl FnOnce() -> Result<Request, Error>,
    load: F,
) -> Result<Response, Error>
where
    F: Future<Output = Result<Bytes, StorageError>> + Send + 'static,
{
    let sides = sides(shown.file, shown.limits)?;
    let plan = resolve(&request()?, sides, LIMITS)?;
    let etag = http::etag(&[shown.file.sha256.as_bytes(), plan.canonical.as_bytes(), render::VERSION]);
    let links = format!("<{}/{}>;rel=\"canonical\", {PROFILE_LINK}", shown.service, plan.canonical);
    let mut headers = http::common(&etag, shown.keeping, Some(&links));
    if http::is_held(asked.headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let media_type = match plan.format {
        Format::Jpg => "image/jpeg",
        Format::Png => "image/png",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let bytes = match engine.at_hand(&etag).await {
        Some(bytes) => bytes,
        // Its length is not known without the work, and an empty body would be told as a length of 0.
        None if asked.method == Method::HEAD => {
            let nothing = futures::stream::empty::<Result<Bytes, std::io::Error>>();
            return Ok((headers, Body::from_stream(nothing)).into_response());
        }
        None => engine.answer(shown.file, sides, &plan, &etag, shown.limits.decodes, load).await?,
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Ok((headers, Body::from(bytes)).into_response())
}
