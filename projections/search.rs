//! Words, facets and order: what the search box asks and what it gets.

use fonds_schemas::*;
use sqlx::PgPool;

use crate::ProjectionError;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Words; empty asks for everything.
    pub words: String,
    /// Values that a hit must have, by facet property; values of one property are alternatives.
    pub facets: Vec<(String, String)>,
    /// Only objects with an image.
    pub with_image: bool,
    /// Hits on a page, 1 to 100.
    pub limit: u32,
    /// The page's place: opaque, from [`Found::next`].
    pub after: Option<String>,
}

/// One hit.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The object.
    pub object: Object,
}

/// The values of one facet among the hits, most frequent first.
#[derive(Debug, Clone)]
pub struct Facet {
    /// The property.
    pub property: &'static str,
    /// Value and number of hits.
    pub values: Vec<(String, u64)>,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// How many hits there are in all.
    pub total: u64,
    /// The hits of this page.
    pub hits: Vec<Hit>,
    /// Facets over all hits.
    pub facets: Vec<Facet>,
    /// The place of the next page, if there is one.
    pub next: Option<String>,
}

/// Searches what `viewer` may see at that moment.
pub async fn search(_pg: &PgPool, _viewer: &Viewer, _at: Timestamp, _query: &Query) -> Result<Found, ProjectionError> {
    todo!()
}
