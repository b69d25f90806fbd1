//! Search through the API.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use fonds_projections::search::{self, Query};
use fonds_schemas::Object;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::Error;
use crate::archive::App;
use crate::asking::Asking;
use crate::web::form;

/// A page of hits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hits {
    /// How many there are in all.
    pub total: u64,
    /// The hits of this page.
    pub objects: Vec<Object>,
    /// The facets over all hits.
    pub facets: Vec<FacetView>,
    /// What to send as `after` for the next page, if there is one.
    pub next: Option<String>,
}

/// One facet.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FacetView {
    /// The property.
    pub property: String,
    /// Its values, most frequent first.
    pub values: Vec<FacetValue>,
}

/// One value of a facet.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FacetValue {
    /// The value.
    pub value: String,
    /// In how many hits.
    pub count: u64,
}

/// `q` words, `f.PROPERTY` facet values (repeatable), `image=1`, `limit`, `after`.
pub async fn search(State(app): State<App>, asking: Asking, RawQuery(query): RawQuery) -> Result<Json<Hits>, Error> {
    let query: Query = form::query(query.as_deref().unwrap_or_default())
        .map_err(|error| Error::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let found = search::search(&app.stores.pg, &asking.viewer, asking.at, &query).await?;
    let facets = found.facets.into_iter().map(|facet| FacetView {
        property: facet.property.to_owned(),
        values: facet.values.into_iter().map(|(value, count)| FacetValue { value, count }).collect(),
    });
    let mut objects: Vec<Object> = found.hits.into_iter().map(|hit| hit.object).collect();
    app.hide_relations(asking, &mut objects).await?;
    Ok(Json(Hits { total: found.total, objects, facets: facets.collect(), next: found.next }))
}
