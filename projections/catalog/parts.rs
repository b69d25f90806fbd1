//! The parts of an object, page by page.

use fonds_schemas::{Act, Object, ObjectId, RelationKind, Timestamp, Viewer, may};
use sqlx::{PgPool, Row as _};

use super::objects;
use crate::search::Place;
use crate::search::entry::horizon;
use crate::{ProjectionError, database};

/// A page of parts.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The parts, by title.
    pub objects: Vec<Object>,
    /// The place of the next page, if there is one.
    pub next: Option<String>,
}

/// The parts of an object that the viewer sees at that moment, by title: at most `limit` after a place, which is opaque
/// and comes from [`Parts::next`]. `None` where the place is none.
pub async fn parts(
    pg: &PgPool,
    viewer: &Viewer,
    at: Timestamp,
    whole: ObjectId,
    after: Option<&str>,
    limit: u32,
) -> Result<Option<Parts>, ProjectionError> {
    let Some(after) = after.map_or_else(|| Some(Place::default()), Place::parse) else { return Ok(None) };
    let sql = "select sort, object from catalog_relation join catalog_search using (object)
        where target = $1 and kind = $2 and ($3::bigint is null or public_from <= $3) and (sort, object) > ($4, $5)
        order by sort, object limit $6";
    let query = sqlx::query(sql).bind(whole.to_string()).bind(RelationKind::PartOf.as_str());
    let query = query.bind(horizon(viewer, at)).bind(&after.sort).bind(&after.object);
    // One more than a page tells whether there is another.
    let rows = query.bind(i64::from(limit) + 1).fetch_all(pg).await;
    let mut rows = rows.map_err(database("could not read the parts of an object"))?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let place = |row: &sqlx::postgres::PgRow| Place { tier: 0, sort: row.get(0), object: row.get(1) };
    let next = rows.last().filter(|_| more).map(|row| place(row).to_string());
    let ids: Vec<ObjectId> = rows.iter().filter_map(|row| row.get::<&str, _>(1).parse().ok()).collect();
    let found = objects(pg, &ids).await?.into_iter();
    let seen = found.filter(|object| may(viewer, &object.standing, Act::See, at).is_allowed());
    Ok(Some(Parts { objects: seen.collect(), next }))
}
