//! Which sets harvest protocols may name: those whose wholes are public at this moment, on every level.
//!
//! This is asked of what stands and not of what is visible: what was taken back is named no more, at once.

use fonds_schemas::ObjectId;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::sets::SetKey;
use super::table_of;
use crate::{ProjectionError, database};

/// Bytes of a description of a set that are shown; a longer one is left out. A page of sets then stays below two megabytes.
const DESCRIPTION_BYTES_MAX: i64 = 16 << 10;

/// Whether every part of the setSpec of `s` is public.
const IS_LISTED: &str = "not exists (select from unnest(string_to_array(s.spec, ':')) as part (object)
    where not exists (select from feed_object where object = part.object))";

/// A set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSet {
    /// Its key.
    pub key: SetKey,
    /// Its setSpec.
    pub spec: String,
    /// The title of the whole.
    pub name: String,
    /// Whether it has members. Where it has none any more, its lists still tell what left it.
    pub open: bool,
    /// The record of the whole, in the format that was asked for.
    pub description: Option<String>,
}

/// The set of that key, if it may be named.
pub async fn set_of_key(pg: &PgPool, key: SetKey) -> Result<Option<String>, ProjectionError> {
    let sql = format!("select s.spec from feed_set s where s.set_key = $1 and {IS_LISTED}");
    let found = sqlx::query_scalar(AssertSqlSafe(sql)).bind(key.as_bytes().as_slice()).fetch_optional(pg).await;
    found.map_err(database("could not look for a set"))
}

/// Whether any set may be named.
pub async fn any_set(pg: &PgPool) -> Result<bool, ProjectionError> {
    let sql = format!("select exists (select from feed_set s where {IS_LISTED})");
    let found = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pg).await;
    found.map_err(database("could not ask whether there are sets"))
}

/// How many sets may be named.
pub async fn count_sets(pg: &PgPool) -> Result<u64, ProjectionError> {
    let sql = format!("select count(*) from feed_set s where {IS_LISTED}");
    let found = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(pg).await;
    found.map(i64::unsigned_abs).map_err(database("could not count the sets"))
}

/// The sets that may be named, in the order of their setSpecs: at most `most` behind `after`. `prefix` is the format of
/// their descriptions.
pub async fn sets(pg: &PgPool, after: &str, most: u32, prefix: &str) -> Result<Vec<ListedSet>, ProjectionError> {
    let sql = format!(
        "select s.set_key, s.spec, o.title, s.members > 0, (select payload from {} r
                where r.object = o.object and r.prefix = $3 and to_seq is null and octet_length(payload) <= $4)
            from feed_set s join feed_object o on o.object = substring(s.spec from '[^:]*$')
            where s.spec > $1 and {IS_LISTED} order by s.spec limit $2",
        table_of(prefix)
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(i64::from(most)).bind(prefix);
    let rows = query.bind(DESCRIPTION_BYTES_MAX).fetch_all(pg).await;
    rows.map_err(database("could not list the sets"))?.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<ListedSet, ProjectionError> {
    let spec: String = row.get(1);
    let wrong = |source: Box<dyn std::error::Error + Send + Sync>| ProjectionError::Row {
        what: "set of the publication feed",
        id: spec.clone(),
        source,
    };
    let key = <[u8; 16]>::try_from(row.get::<Vec<u8>, _>(0));
    let key = key.map(SetKey::from_bytes).map_err(|bytes| wrong(format!("a key of {} bytes", bytes.len()).into()))?;
    for part in spec.split(':') {
        ObjectId::parse(part).map_err(|bad| wrong(bad.into()))?;
    }
    Ok(ListedSet { key, name: row.get(2), open: row.get(3), description: row.get(4), spec })
}
