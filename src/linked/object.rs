//! One object as data: the redirect from its name, and its description in every form.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fonds_projections::ProjectionError;
use fonds_projections::feed::{self, Setting, Stand};
use fonds_projections::graph::edm;
use fonds_projections::graph::write::{FORMATS, Format, write};
use fonds_schemas::{Act, Addresses, Object, ObjectId};

use super::answer::{self, document};
use super::face::{Beside, FACES, Face, NAMED_MAX, of_extension};
use super::signposts::{self, Signposts, of_description};
use super::{Error, negotiate};
use crate::archive::{App, Archive};
use crate::asking::Asking;
use crate::iiif::presentation::views::is_decodable;
use crate::iiif::presentation::{self, manifest};

/// The extension of the description as the archive itself keeps it.
const JSON: &str = "json";

/// A form that a description comes in.
#[derive(Clone, Copy)]
enum Form {
    Rdf(Format),
    Face(&'static dyn Face),
    Json,
    Linkset,
}

impl Form {
    fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            JSON => Some(Self::Json),
            signposts::EXTENSION => Some(Self::Linkset),
            other => Format::of_extension(other).map(Self::Rdf).or_else(|| of_extension(other).map(Self::Face)),
        }
    }
}

/// What an object is described with beside itself.
pub struct Surroundings {
    /// What it is related to and the asker may see, as much as is named.
    pub beside: Vec<Beside>,
    /// How it stands in the publication feed.
    pub stand: Stand,
}

impl Surroundings {
    /// Reads them.
    pub async fn of(app: &Archive, asking: Asking, object: &Object) -> Result<Self, ProjectionError> {
        let named: Vec<_> = object.relations.iter().take(NAMED_MAX).collect();
        let targets: Vec<ObjectId> = named.iter().map(|relation| relation.target).collect();
        let seen = app.visible(asking, &targets).await?;
        let beside = named.into_iter().filter_map(|relation| {
            let object = seen.iter().find(|one| one.id == relation.target)?;
            Some(Beside { kind: relation.kind, object: Arc::clone(object) })
        });
        // What hidden objects have records of is nobody's business, and they have none.
        let stand =
            if object.is_public(asking.at) { feed::stand(&app.stores.pg, object.id).await? } else { Stand::default() };
        Ok(Self { beside: beside.collect(), stand })
    }

    /// The links that lead on from the object.
    #[must_use]
    pub fn signposts<'a>(&'a self, object: &'a Object, setting: &'a Setting<'a>) -> Signposts<'a> {
        Signposts { object, beside: &self.beside, prefixes: &self.stand.prefixes, setting }
    }
}

/// What descriptions are made with.
#[must_use]
pub fn setting(app: &Archive) -> Setting<'_> {
    Setting { addresses: &app.stores.addresses, publishing: &app.stores.publishing }
}

/// The object as data, for `/o/{id}.{extension}`; `None` where the extension is none of ours, so that the caller answers as
/// for any other unknown address.
pub async fn representation(
    app: &App,
    asking: Asking,
    id: ObjectId,
    extension: &str,
    headers: &HeaderMap,
) -> Option<Response> {
    let form = Form::of_extension(extension)?;
    let response = match app.object(asking, id, Act::See).await {
        Ok(object) => told(app, asking, &object, form, headers).await,
        Err(denied) => Err(denied.into()),
    };
    Some(answer::open(response.unwrap_or_else(Error::into_response)))
}

async fn told(
    app: &Archive,
    asking: Asking,
    object: &Object,
    form: Form,
    asked: &HeaderMap,
) -> Result<Response, Error> {
    let setting = setting(app);
    let around = Surroundings::of(app, asking, object).await.map_err(Error::Projection)?;
    let (media_type, profile, body) = match form {
        Form::Rdf(format) => (format.media_type().to_owned(), None, describe(object, setting.addresses, Some(format))?),
        Form::Json => ("application/json".to_owned(), None, describe(object, setting.addresses, None)?),
        Form::Face(face) => {
            let failures = app.packs.failures().await?;
            let seen =
                to_be_seen(object, manifest::Setting { failures: Some(&failures), ..presentation::setting(app) });
            let body = serde_json::to_vec(&face.document(&seen, &around.beside, &setting))?;
            (face.media_type(), Some(face.profile()), body)
        }
        Form::Linkset => {
            let body = serde_json::to_vec(&around.signposts(object, &setting).linkset())?;
            (signposts::MEDIA_TYPE.to_owned(), None, body)
        }
    };
    let links = of_description(object.id, profile, &setting);
    let beside = answer::Beside::of(object, asking, around.stand.changed_at, links);
    Ok(document(asked, &media_type, body, &beside))
}

/// The object without the images that nobody can decode: a face names pictures by where they can be seen.
#[must_use]
pub fn to_be_seen<'a>(object: &'a Object, setting: manifest::Setting<'_>) -> Cow<'a, Object> {
    let unseen: Vec<_> =
        object.files.iter().filter(|file| !is_decodable(file, setting)).map(|file| file.file).collect();
    if unseen.is_empty() {
        return Cow::Borrowed(object);
    }
    let mut seen = object.clone();
    for file in unseen {
        seen.files.remove(file);
    }
    Cow::Owned(seen)
}

/// The object as RDF in that format, or as JSON. It says all of its relations: the caller leaves out what the asker may
/// not see.
pub fn describe(object: &Object, addresses: &Addresses, format: Option<Format>) -> Result<Vec<u8>, Error> {
    match format {
        Some(format) => {
            let mut quads = edm::quads(object, addresses);
            quads.extend(object.relations.iter().map(|relation| edm::relation(object.id, relation, addresses)));
            Ok(write(quads, format)?)
        }
        None => Ok(serde_json::to_vec(object)?),
    }
}

/// From the name of an object to the page or the data that the asker takes, by type and by shape.
pub fn redirect(addresses: &Addresses, id: ObjectId, asked: &HeaderMap) -> Result<Response, Error> {
    let header = |name: &str| asked.get(name).and_then(|value| value.to_str().ok());
    let accept = header("accept");
    let mut offered = vec!["text/html".to_owned()];
    offered.extend(FORMATS.iter().map(|format| format.media_type().to_owned()));
    offered.push("application/json".to_owned());
    offered.extend(FACES.iter().map(|face| face.media_type()));
    let page = addresses.page(id);
    let wanted = negotiate::profiles(header("accept-profile").unwrap_or_default());
    let face = wanted.into_iter().find_map(|uri| FACES.iter().find(|face| face.is_called(uri)));
    // A shape that is asked for by itself is given to whoever takes JSON-LD.
    let takes = |media_type: &str| negotiate::choose(accept, &[media_type]).is_some();
    let extension = if let Some(face) = face.filter(|_| takes("application/ld+json")) {
        Some(face.extension())
    } else {
        let offers: Vec<&str> = offered.iter().map(String::as_str).collect();
        let place = negotiate::choose(accept, &offers).ok_or(Error::NotAcceptable)?;
        let extensions = FORMATS.iter().map(|format| format.extension()).chain([JSON]);
        let mut extensions = extensions.chain(FACES.iter().map(|face| face.extension()));
        place.checked_sub(1).and_then(|place| extensions.nth(place))
    };
    let location = extension.map_or_else(|| page.clone(), |extension| format!("{page}.{extension}"));
    let vary = HeaderValue::from_static("accept, accept-profile, authorization");
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    response.headers_mut().insert(header::VARY, vary);
    Ok(response)
}
