//! One object as data: the redirect from its name, and its description as RDF or JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use fonds_projections::graph::edm;
use fonds_projections::graph::write::{FORMATS, Format, write};
use fonds_schemas::{Act, Addresses, Object, ObjectId};

use super::{Error, negotiate};
use crate::archive::App;
use crate::asking::Asking;

/// The extension of the description as the archive itself keeps it.
const JSON: &str = "json";

/// The object as data, for `/o/{id}.{ttl,jsonld,rdf,nt,json}`; `None` where the extension is none of these, so that the
/// caller answers as for any other unknown address.
pub async fn representation(app: &App, asking: Asking, id: ObjectId, extension: &str) -> Option<Response> {
    let format = Format::of_extension(extension);
    if format.is_none() && extension != JSON {
        return None;
    }
    let response = match app.object(asking, id, Act::See).await {
        Ok(object) => describe(&object, &app.stores.addresses, format),
        Err(denied) => Err(denied.into()),
    };
    Some(response.unwrap_or_else(Error::into_response))
}

/// The object as RDF in that format, or as JSON. It says all of its relations: the caller leaves out what the asker may
/// not see.
pub fn describe(object: &Object, addresses: &Addresses, format: Option<Format>) -> Result<Response, Error> {
    let (media_type, body) = match format {
        Some(format) => {
            let mut quads = edm::quads(object, addresses);
            quads.extend(object.relations.iter().map(|relation| edm::relation(object.id, relation, addresses)));
            (format.media_type(), write(quads, format)?)
        }
        None => ("application/json", serde_json::to_vec(object)?),
    };
    // A browser of another site may read it, as it may read the answers of /sparql.
    let headers = [(header::CONTENT_TYPE, media_type), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    Ok((headers, body).into_response())
}

/// From the name of an object to the page or the data that the asker takes.
pub fn redirect(addresses: &Addresses, id: ObjectId, accept: Option<&str>) -> Result<Response, Error> {
    let page = addresses.page(id);
    let mut offered = vec!["text/html"];
    offered.extend(FORMATS.iter().map(|format| format.media_type()));
    offered.push("application/json");
    let place = negotiate::choose(accept, &offered).ok_or(Error::NotAcceptable)?;
    let location = match place.checked_sub(1).map(|place| FORMATS.get(place)) {
        None => page,
        Some(Some(format)) => format!("{page}.{}", format.extension()),
        Some(None) => format!("{page}.{JSON}"),
    };
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location.as_str()), (header::VARY, "accept")]).into_response())
}
