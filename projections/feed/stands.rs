//! How one object stands in the publication feed: the formats that it has a live record in, and when any of them changed.
//!
//! This is asked of what stands and not of what is visible: what was taken back is named no more, at once.

use fonds_schemas::ObjectId;
use sqlx::{PgPool, Row as _};

use crate::{ProjectionError, database};

/// The datestamp of what changed with event `from_seq`; none while no mark covers it.
pub(super) const DATESTAMP: &str =
    "(select published_at from feed_mark where through >= from_seq order by through limit 1)";

/// How one object stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stand {
    /// The formats that it has a record in, by their metadataPrefix.
    pub prefixes: Vec<String>,
    /// When the last of its records changed, in seconds since 1970; `None` while that has no datestamp yet, and of what was
    /// never public.
    pub changed_at: Option<i64>,
}

/// How an object stands.
pub async fn stand(pg: &PgPool, object: ObjectId) -> Result<Stand, ProjectionError> {
    let sql = format!(
        "select prefix, deleted, {DATESTAMP} from feed_record where object = $1 and to_seq is null order by prefix"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(object.to_string()).fetch_all(pg).await;
    let rows = rows.map_err(database("could not read how an object stands in the publication feed"))?;
    let changed: Option<Vec<i64>> = rows.iter().map(|row| row.get(2)).collect();
    let live = rows.iter().filter(|row| !row.get::<bool, _>(1));
    Ok(Stand {
        prefixes: live.map(|row| row.get(0)).collect(),
        changed_at: changed.and_then(|all| all.into_iter().max()),
    })
}
