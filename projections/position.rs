//! Where each projection in Postgres stands: one row a projection, moved in the transaction of its rows.

use fonds_schemas::Sha256;
use sha2::{Digest as _, Sha256 as Algorithm};
use sqlx::{PgConnection, PgPool, Row as _};

use crate::{ProjectionError, Stores, database};

/// Rows that may be new to the planner before it is told of them at once.
const UNKNOWN_ROWS_MAX: i64 = 10_000;

/// Makes the table of positions where it is missing, and the row of this projection at 0.
pub async fn create(stores: &Stores, name: &'static str, code_version: u32) -> Result<(), ProjectionError> {
    let doing = "could not make the table of positions";
    let sql = "create table if not exists projection_position (
        name text primary key, applied bigint not null, code_version integer not null)";
    sqlx::query(sql).execute(&stores.pg).await.map_err(database(doing))?;
    let sql = "insert into projection_position (name, applied, code_version) values ($1, 0, $2) on conflict do nothing";
    let version = i32::try_from(code_version).unwrap_or(i32::MAX);
    sqlx::query(sql).bind(name).bind(version).execute(&stores.pg).await.map_err(database(doing))?;
    Ok(())
}

/// How many events the projection has applied.
pub async fn applied(pg: &PgPool, name: &'static str) -> Result<u64, ProjectionError> {
    let sql = "select applied from projection_position where name = $1";
    let row = sqlx::query(sql).bind(name).fetch_optional(pg).await;
    let row = row.map_err(database("could not read the position of a projection"))?;
    Ok(row.map_or(0, |row| row.get::<i64, _>(0).unsigned_abs()))
}

/// The code version that folded what is there; `None` where nothing was folded yet.
pub async fn code_version(pg: &PgPool, name: &str) -> Result<Option<u32>, ProjectionError> {
    let sql = "select code_version from projection_position where name = $1";
    let row = sqlx::query(sql).bind(name).fetch_optional(pg).await;
    let row = row.map_err(database("could not read the version of a projection"))?;
    Ok(row.map(|row| row.get::<i32, _>(0).unsigned_abs()))
}

/// Moves the position from `from` to `to`; refuses where another process has moved it.
pub async fn advance(tx: &mut PgConnection, name: &'static str, from: u64, to: u64) -> Result<(), ProjectionError> {
    let sql = "update projection_position set applied = $3 where name = $1 and applied = $2";
    let done = sqlx::query(sql).bind(name).bind(from.cast_signed()).bind(to.cast_signed()).execute(tx).await;
    let done = done.map_err(database("could not move the position of a projection"))?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(ProjectionError::Deposed { name, expected: from }) }
}

/// Tells the planner about those of the tables that it hardly knows any more, because many rows came at once. What comes
/// little by little is the business of autovacuum, a minute later.
pub async fn analyze(pg: &PgPool, tables: &[&str]) -> Result<(), ProjectionError> {
    let sql = "select relname::text from pg_stat_user_tables
        where schemaname = current_schema and relname = any($1) and n_mod_since_analyze > $2";
    let grown = sqlx::query_scalar::<_, String>(sql).bind(tables).bind(UNKNOWN_ROWS_MAX).fetch_all(pg).await;
    for table in grown.map_err(database("could not ask which tables have grown"))? {
        let analyzed = sqlx::query(sqlx::AssertSqlSafe(format!("analyze \"{table}\""))).execute(pg).await;
        analyzed.map_err(database("could not analyze a table"))?;
    }
    Ok(())
}

/// The digest of a table: the SHA-256 of its rows as text, in the order of `order_by`.
///
/// `columns` are the columns that are content, in SQL; `order_by` must name a unique key.
pub async fn table_digest(pg: &PgPool, table: &str, columns: &str, order_by: &str) -> Result<Sha256, ProjectionError> {
    use futures::TryStreamExt as _;
    let sql = format!("select row({columns})::text from {table} order by {order_by}");
    let mut hash = Algorithm::new();
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch(pg);
    while let Some(row) = rows.try_next().await.map_err(database("could not read a table for its digest"))? {
        let text: String = row.get(0);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    Ok(Sha256::from_digest(hash.finalize().into()))
}
