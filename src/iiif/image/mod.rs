//! The Image API 3.0 and 2.1.1: pixels of a file, cut, sized, turned and coloured as the address says.
//!
//! A handler finds the file that the asker may see and hands over to a function that knows neither archive nor router.
//! What the file's pack holds is a range of bytes; the rest goes through the `engine`.

pub mod engine;
pub mod geometry;
pub mod info;
pub mod native;
pub mod render;
pub mod request;
pub mod resolve;
mod scratch;
pub mod turn;
pub mod write;

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use fonds_projections::files::Placed;
use fonds_schemas::{Act, ImageId, Page};
use fonds_workers::pack::Entry;
use fonds_workers::picture::MEDIA_TYPES;

use crate::archive::App;
use crate::asking::Asking;
use crate::config;
use crate::derivatives::{Found, Master, Pack, PacksError};
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Keeping};
use crate::iiif::image::engine::Engine;
use crate::iiif::image::geometry::{LIMITS, Pyramid, Sides, TileSide};
use crate::iiif::image::request::{Request, Version};
use crate::iiif::image::resolve::{Plan, resolve};
use crate::storage::StorageError;

/// Seconds that anybody may keep an image: pixels of a file never change, but the file may be withdrawn.
const IMAGE_SECONDS: u32 = 86_400;
/// Seconds that anybody may keep info.json.
const INFO_SECONDS: u32 = 3600;
/// The same before the tiles are made: they may come to have another side.
const NEW_INFO_SECONDS: u32 = 60;

/// The addresses of the Image API.
pub(super) fn routes() -> Router<App> {
    let three = Router::new()
        .route("/iiif/image/3/{id}", get(base))
        .route("/iiif/image/3/{id}/", get(base))
        .route("/iiif/image/3/{id}/info.json", get(info_json))
        .route("/iiif/image/3/{id}/{region}/{size}/{rotation}/{quality}", get(pixels))
        .layer(Extension(Version::Three));
    let two = Router::new()
        .route("/iiif/image/2/{id}", get(base))
        .route("/iiif/image/2/{id}/", get(base))
        .route("/iiif/image/2/{id}/info.json", get(info_json))
        .route("/iiif/image/2/{id}/{region}/{size}/{rotation}/{quality}", get(pixels))
        .layer(Extension(Version::Two));
    three.merge(two).layer(Extension(Arc::new(Engine::new())))
}

/// The base address of an image service.
fn service(app: &App, version: Version, image: ImageId) -> String {
    match version {
        Version::Two => app.stores.addresses.image_2(image),
        Version::Three => app.stores.addresses.image(image),
    }
}

async fn base(
    State(app): State<App>,
    Extension(version): Extension<Version>,
    asking: Asking,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (placed, number) = find(&app, asking, &id).await?;
    let page = placed.file.page(number).ok_or(Error::NotFound)?;
    let to = format!("{}/info.json", service(&app, version, page.id()));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, http::text(&to))]).into_response())
}

async fn info_json(
    State(app): State<App>,
    Extension(version): Extension<Version>,
    asking: Asking,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Error> {
    let (placed, number) = find(&app, asking, &id).await?;
    let page = placed.file.page(number).ok_or(Error::NotFound)?;
    let (tile, seconds) = match app.packs.find(Master::of(page)).await.map_err(Error::Packs)? {
        Found::Pack(pack) => (pack.index.pyramid().tile, INFO_SECONDS),
        Found::Nothing => (TileSide::USUAL, NEW_INFO_SECONDS),
        Found::Failed(why) => return Err(Error::Failed(why)),
    };
    let service = service(&app, version, page.id());
    let keeping = Keeping::of(&placed.standing, asking.at, seconds);
    describe(version, &asked, page, tile, service, keeping, &app.settings.limits)
}

async fn pixels(
    State(app): State<App>,
    Extension(version): Extension<Version>,
    Extension(engine): Extension<Arc<Engine>>,
    asking: Asking,
    Path((id, region, size, rotation, quality)): Path<(String, String, String, String, String)>,
    asked: Asked,
) -> Result<Response, Error> {
    let (placed, number) = find(&app, asking, &id).await?;
    let page = placed.file.page(number).ok_or(Error::NotFound)?;
    let request = Request::parse(version, &region, &size, &rotation, &quality)?;
    let pack = match app.packs.find(Master::of(page)).await.map_err(Error::Packs)? {
        Found::Pack(pack) => Some(pack),
        Found::Nothing => None,
        Found::Failed(why) => return Err(Error::Failed(why)),
    };
    let shown = Shown {
        version,
        service: &service(&app, version, page.id()),
        page,
        pack: pack.as_ref(),
        keeping: Keeping::of(&placed.standing, asking.at, IMAGE_SECONDS),
        limits: &app.settings.limits,
    };
    let (storage, path) = (app.storage.clone(), placed.file.path.clone());
    show(&engine, &asked, &shown, &request, async move { storage.get(&path).await }).await
}

/// A file that the asker may fetch, and which of its pages is meant, which the file may not have.
async fn find(app: &App, asking: Asking, id: &str) -> Result<(Arc<Placed>, u32), Error> {
    let id = ImageId::parse(id).map_err(|_no_image_is_called_so| Error::NotFound)?;
    Ok((app.file(asking, id.file(), Act::Fetch).await?, id.page()))
}

/// The sides of a page that can be shown, or why it cannot.
pub fn sides(page: Page<'_>, limits: &config::Limits) -> Result<Sides, Error> {
    let media_type = &page.file.media_type;
    let Some((width, height)) = page.sides else {
        return Err(Error::NotShown(media_type.clone()));
    };
    let sides = Sides::new(width, height);
    if !MEDIA_TYPES.contains(&media_type.as_str()) || sides.area() == 0 {
        return Err(Error::NotShown(media_type.clone()));
    }
    if sides.area() > limits.image_pixels {
        return Err(Error::TooLarge { unit: "pixels", given: sides.area(), limit: limits.image_pixels });
    }
    Ok(sides)
}

/// Answers with info.json of a file whose tiles have that side.
pub fn describe(
    version: Version,
    asked: &Asked,
    page: Page<'_>,
    tile: TileSide,
    service: String,
    keeping: Keeping,
    limits: &config::Limits,
) -> Result<Response, Error> {
    let body = info::to_json(version, service, Pyramid::new(sides(page, limits)?, tile));
    Ok(http::json(asked, body, version.dialect(), keeping, Some(version.profile_link())))
}

/// A page of a file that the asker may see, and how it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// By which specification.
    pub version: Version,
    /// The address of its image service.
    pub service: &'a str,
    /// The page.
    pub page: Page<'a>,
    /// Its tiles, if they are made.
    pub pack: Option<&'a Arc<Pack>>,
    /// How long the answer may be kept.
    pub keeping: Keeping,
    /// What is too much.
    pub limits: &'a config::Limits,
}

/// Answers with pixels. `load` fetches the master, and is not awaited for what a pack holds, a HEAD, a 304, or an answer
/// at hand.
pub async fn show<F>(
    engine: &Arc<Engine>,
    asked: &Asked,
    shown: &Shown<'_>,
    request: &Request,
    load: F,
) -> Result<Response, Error>
where
    F: Future<Output = Result<Bytes, StorageError>> + Send + 'static,
{
    let sides = sides(shown.page, shown.limits)?;
    let plan = resolve(shown.version, request, sides, LIMITS)?;
    if shown.pack.is_none() && !engine::is_decoded_for_a_viewer(shown.page, sides) {
        return Err(Error::NotYet);
    }
    // A pack that is made anew has another digest, and so have its answers. The pages of a master share its digest.
    let (number, canonical) = (shown.page.number.to_be_bytes(), plan.canonical.as_bytes());
    let etag = shown.pack.map_or_else(
        || http::etag(&[shown.page.file.sha256.as_bytes(), canonical, render::VERSION, &number]),
        |pack| http::etag(&[pack.index.digest().as_bytes(), canonical, render::VERSION]),
    );
    let profile = shown.version.profile_link();
    let links = format!("<{}/{}>;rel=\"canonical\", {profile}", shown.service, plan.canonical);
    let mut headers = http::common(&etag, shown.keeping, Some(&links));
    if http::is_held(&asked.headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(plan.format.media_type()));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let native = shown.pack.and_then(|pack| native::find(&plan, &pack.index).map(|entry| (pack, entry)));
    if let Some((pack, entry)) = native {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(entry.length));
        let body = if asked.method == Method::HEAD { Body::empty() } else { Body::from(stored(pack, entry).await?) };
        return Ok((headers, body).into_response());
    }
    let bytes = match engine.at_hand(&etag).await {
        Some(bytes) => bytes,
        // Its length is not known without the work, and an empty body would be told as a length of 0.
        None if asked.method == Method::HEAD => {
            let nothing = futures::stream::empty::<Result<Bytes, std::io::Error>>();
            return Ok((headers, Body::from_stream(nothing)).into_response());
        }
        None => worked_out(engine, shown, sides, &plan, &etag, load).await?,
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Ok((headers, Body::from(bytes)).into_response())
}

async fn stored(pack: &Pack, entry: Entry) -> Result<Bytes, Error> {
    let failed = |source| PacksError { path: "a pack".into(), doing: "reading a tile", source };
    pack.read(entry).await.map_err(|source| Error::Packs(failed(source)))
}

async fn worked_out<F>(
    engine: &Arc<Engine>,
    shown: &Shown<'_>,
    sides: Sides,
    plan: &Plan,
    etag: &str,
    load: F,
) -> Result<Bytes, Error>
where
    F: Future<Output = Result<Bytes, StorageError>> + Send + 'static,
{
    let decodes = shown.limits.decodes;
    match shown.pack {
        Some(pack) => engine.of_pack(pack, plan, etag, decodes).await,
        None => engine.of_master(shown.page, sides, plan, etag, decodes, load).await,
    }
}
