//! How many records each format has: a harvester is told the size of a whole list without anybody counting it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _};

use super::table_of;
use crate::{ProjectionError, database};

/// The table. A record that is gone still counts: lists tell of it for ever.
pub(super) const TABLE: &str =
    "create table if not exists feed_tally (prefix text collate \"C\" primary key, records bigint not null)";

/// Records that came into being, by format, until they are written.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<Cow<'static, str>, i64>);

impl Tally {
    /// Counts a record that was not there before, in no state.
    pub(super) fn count(&mut self, prefix: Cow<'static, str>) {
        *self.0.entry(prefix).or_default() += 1;
    }

    /// Writes what was counted.
    pub(super) async fn write(&mut self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let counted = std::mem::take(&mut self.0);
        if counted.is_empty() {
            return Ok(());
        }
        let sql = "insert into feed_tally as known (prefix, records) select * from unnest($1::text[], $2::bigint[])
            on conflict (prefix) do update set records = known.records + excluded.records";
        let done = sqlx::query(sql)
            .bind(counted.keys().map(ToString::to_string).collect::<Vec<_>>())
            .bind(counted.values().copied().collect::<Vec<_>>())
            .execute(tx)
            .await;
        done.map_err(database("could not count the records of the publication feed")).map(drop)
    }
}

/// How many records of a format there are, live or gone, once event `visible` is visible: all that there ever were, but
/// for the few of which no state is visible yet.
pub(super) async fn records(pg: &PgPool, prefix: &str, visible: u64) -> Result<u64, ProjectionError> {
    let table = table_of(prefix);
    // The two branches are of the two indexes.
    let sql = format!(
        "with unseen as (
            select object from {table} where prefix = $1 and from_seq > $2 and to_seq is null
            union
            select object from {table} where prefix = $1 and from_seq > $2 and to_seq > $2
        )
        select coalesce((select records from feed_tally where prefix = $1), 0) - count(*) from unseen
        where not exists (select from {table} seen
            where seen.object = unseen.object and seen.prefix = $1 and seen.from_seq <= $2)"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(prefix).bind(visible.cast_signed()).fetch_one(pg).await;
    let row = row.map_err(database("could not read how many records the publication feed has"))?;
    Ok(row.get::<i64, _>(0).unsigned_abs())
}
