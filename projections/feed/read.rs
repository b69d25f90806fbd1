//! What harvest protocols ask the publication feed.
//!
//! Everything is answered as of a [`Window`]: the last moment of which nothing is missing and nothing will be added.

use fonds_schemas::{ObjectId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::sets::{SetKey, Sets};
use super::tally;
use super::{NAME, table_of};
use crate::{ProjectionError, database};

/// Seconds that a mark must be old to be served. A second that is still running could gain another mark, and a harvester
/// that already had it would never come back for the rest; another process's mark is seen within a quarter of a second.
pub const SETTLING_SECONDS: i64 = 2;

/// How far the feed may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The last event whose effect is visible.
    pub through: u64,
    /// Seconds since 1970: every datestamp up to and including this one is complete. A harvester that uses it as the
    /// next `from` misses nothing.
    pub watermark: i64,
    /// Seconds since 1970: no datestamp was or will ever be earlier.
    pub earliest: i64,
}

/// The window at that moment, for a ledger of that many events; `None` while the feed has not even folded the first.
pub async fn window(pg: &PgPool, now: Timestamp, ledger_size: u64) -> Result<Option<Window>, ProjectionError> {
    // While the feed lags, events that it has not seen may hold marks: only the last mark that it has seen is sure.
    let sql = "with head as (
            select (select applied from projection_position where name = $1) as applied,
                (select published_at from feed_mark order by through desc limit 1) as marked,
                (select published_at from feed_mark order by through limit 1) as earliest
        ), edge as (
            select earliest, greatest(earliest, case when applied < $3 then least($2, marked) else $2 end) as watermark
            from head
        )
        select watermark, earliest,
            (select through from feed_mark where published_at <= watermark order by published_at desc, through desc limit 1)
        from edge where earliest is not null";
    let settled = now.seconds() - SETTLING_SECONDS;
    let row = sqlx::query(sql).bind(NAME).bind(settled).bind(ledger_size.cast_signed()).fetch_optional(pg).await;
    let row = row.map_err(database("could not read how far the publication feed goes"))?;
    Ok(row.map(|row| Window { watermark: row.get(0), earliest: row.get(1), through: unsigned(&row, 2) }))
}

/// The last event that was visible in that second (seconds since 1970); 0 before anything was. Event 0 is never a record.
pub async fn through_at(pg: &PgPool, second: i64) -> Result<u64, ProjectionError> {
    let sql = "select through from feed_mark where published_at <= $1 order by published_at desc, through desc limit 1";
    let row = sqlx::query(sql).bind(second).fetch_optional(pg).await;
    let row = row.map_err(database("could not read the place of a date in the publication feed"))?;
    Ok(row.map_or(0, |row| unsigned(&row, 0)))
}

/// The last event that changed a record and is not covered by a mark; `None` where all are.
pub async fn unpublished(pg: &PgPool) -> Result<Option<u64>, ProjectionError> {
    let sql = "select from_seq from feed_tip
        where from_seq > (select coalesce(max(through), -1) from feed_mark)";
    let row = sqlx::query(sql).fetch_optional(pg).await;
    let row = row.map_err(database("could not read what the publication feed does not show yet"))?;
    Ok(row.map(|row| unsigned(&row, 0)))
}

/// A place in a list: behind a record, or behind everything that an event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The event.
    pub seq: u64,
    /// The object of the record; an event that moves a whole changes many at once.
    pub object: Option<ObjectId>,
}

impl Position {
    /// Behind everything that the event changed.
    #[must_use]
    pub const fn behind(seq: u64) -> Self {
        Self { seq, object: None }
    }

    /// What comes right before the records behind it; no id begins with a tilde, and all sort before it.
    fn object(&self) -> String {
        self.object.map_or_else(|| "~".to_owned(), |object| object.to_string())
    }
}

/// A stretch of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<'a> {
    /// The format.
    pub prefix: &'a str,
    /// Only members of this set, and those that left it.
    pub set: Option<SetKey>,
    /// Only records behind this place; event 0 is never a record.
    pub after: Position,
    /// Only records changed by this event or earlier ones.
    pub through: u64,
    /// The records as they stand once this event is visible: [`Window::through`].
    pub visible: u64,
}

impl Span<'_> {
    /// Whether it is all that is visible of a format.
    fn is_whole(&self) -> bool {
        self.set.is_none() && self.after == Position::behind(0) && self.through == self.visible
    }
}

/// What is wanted of each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Only what names it.
    Headers,
    /// The payload too, until they make that many bytes together; a page has one record at least.
    Payloads {
        /// How many bytes.
        bytes_max: u32,
    },
}

/// A record as the public may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The object.
    pub object: ObjectId,
    /// The event that changed the record: its place in lists.
    pub from_seq: u64,
    /// When it became visible, in seconds since 1970.
    pub datestamp: i64,
    /// Whether it is gone.
    pub deleted: bool,
    /// The rendered record; empty where it is gone or was not asked for.
    pub payload: String,
    /// The sets that it is in; none where it is gone.
    pub sets: Sets,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The records, in the order in which they changed.
    pub records: Vec<Published>,
    /// Whether there are more.
    pub more: bool,
}

/// How many records the stretch has.
pub async fn count(pg: &PgPool, span: &Span<'_>) -> Result<u64, ProjectionError> {
    if span.is_whole() {
        return tally::records(pg, span.prefix, span.visible).await;
    }
    let from = match span.set {
        None => format!("{} where prefix = $1 and $6::bytea is null", table_of(span.prefix)),
        Some(_) => "feed_member where prefix = $1 and set_key = $6".to_owned(),
    };
    let sql = format!(
        "select (select count(*) from {from} and (from_seq, object) > ($2, $5) and from_seq <= $3 and to_seq is null)
        + (select count(*) from {from} and (from_seq, object) > ($2, $5) and from_seq <= $3 and to_seq > $4)"
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(span.prefix)
        .bind(span.after.seq.cast_signed())
        .bind(span.through.cast_signed())
        .bind(span.visible.cast_signed())
        .bind(span.after.object())
        .bind(span.set.map(|key| key.as_bytes().to_vec()))
        .fetch_one(pg)
        .await;
    Ok(unsigned(&row.map_err(database("could not count records of the publication feed"))?, 0))
}

/// What a page finds: the states that stand, then those whose replacement is not visible yet.
///
/// A state that was replaced by one that is not visible yet still is what the public sees: it comes from the second
/// branch, and so no list ever has a gap. Only what was taken back is gone at once, under the date that it had: its payload
/// must not go out for as long as the news of it waits; and a record names the sets that it is in now, because a set may
/// have been taken back, too. The planner knows nothing of a table that has just been filled: `offset 0` and the order of
/// what stands last keep it from asking every record whether it was replaced.
fn found(records: &str) -> String {
    format!(
        "(select object, from_seq, deleted, payload, sets from {records}
        where prefix = $1 and $8::bytea is null and (from_seq, object) > ($2, $7) and from_seq <= $3 and to_seq is null
        order by from_seq, object limit $5)
    union all
    (select r.object, r.from_seq, r.deleted or n.deleted, case when not n.deleted then r.payload end, n.sets
        from (select object, from_seq, deleted, payload from {records}
            where prefix = $1 and (from_seq, object) > ($2, $7) and from_seq <= $3 and to_seq > $4 offset 0) r
        cross join lateral (select deleted, sets from {records}
            where object = r.object and prefix = $1 order by from_seq desc limit 1) n
        order by r.from_seq, r.object limit $5)"
    )
}

/// The same in a set. Who left it is gone there, and nothing else is said of it.
fn found_in_set(records: &str) -> String {
    format!(
        "(select m.object, m.from_seq, m.gone, r.payload, coalesce(r.sets, '')
        from (select object, from_seq, gone from feed_member
            where set_key = $8 and prefix = $1 and (from_seq, object) > ($2, $7) and from_seq <= $3 and to_seq is null
            order by from_seq, object limit $5) m
        left join lateral (select payload, sets from {records}
            where not m.gone and object = m.object and prefix = $1 and from_seq = m.from_seq) r on true
        order by m.from_seq, m.object)
    union all
    (select m.object, m.from_seq, m.gone or n.deleted, case when not (m.gone or n.deleted) then r.payload end,
            case when m.gone then '' else n.sets end
        from (select object, from_seq, gone from feed_member
            where set_key = $8 and prefix = $1 and (from_seq, object) > ($2, $7) and from_seq <= $3 and to_seq > $4
            offset 0) m
        cross join lateral (select deleted, sets from {records}
            where object = m.object and prefix = $1 order by from_seq desc limit 1) n
        left join lateral (select payload from {records}
            where not m.gone and object = m.object and prefix = $1 and from_seq = m.from_seq) r on true
        order by m.from_seq, m.object limit $5)"
    )
}

/// The first records of the stretch, at most `records_max`.
pub async fn page(pg: &PgPool, span: &Span<'_>, records_max: u32, contents: Contents) -> Result<Page, ProjectionError> {
    // One record more than wanted is looked for, to know whether there are more.
    let records = table_of(span.prefix);
    let found = if span.set.is_none() { found(&records) } else { found_in_set(&records) };
    let sql = format!(
        "with found (object, from_seq, deleted, payload, sets) as ({found} order by 2, 1 limit $5
        ), measured as (
            select object, from_seq, deleted, case when $6::bigint is not null then payload end as payload, sets,
                lead(true, 1, false) over place as more,
                sum(case when $6::bigint is not null then octet_length(payload) end) over place as bytes_before
            from found window place as (order by from_seq, object rows between unbounded preceding and 1 preceding)
        )
        select object, from_seq, deleted, payload, sets, more,
            (select published_at from feed_mark where through >= from_seq order by through limit 1)
        from measured where coalesce(bytes_before, 0) < coalesce($6, 1) order by from_seq, object limit $5 - 1"
    );
    let bytes_max = match contents {
        Contents::Headers => None,
        Contents::Payloads { bytes_max } => Some(i64::from(bytes_max)),
    };
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(span.prefix)
        .bind(span.after.seq.cast_signed())
        .bind(span.through.cast_signed())
        .bind(span.visible.cast_signed())
        .bind(i64::from(records_max) + 1)
        .bind(bytes_max)
        .bind(span.after.object())
        .bind(span.set.map(|key| key.as_bytes().to_vec()))
        .fetch_all(pg)
        .await;
    let rows = rows.map_err(database("could not read a page of the publication feed"))?;
    let more = rows.last().is_some_and(|row| row.get(5));
    let records = rows.iter().map(|row| published(row, 6)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page { records, more })
}

/// The record of an object in a format, as it stands once event `visible` is visible.
pub async fn record(
    pg: &PgPool,
    visible: u64,
    object: ObjectId,
    prefix: &str,
) -> Result<Option<Published>, ProjectionError> {
    // What was taken back is gone at once, as in lists.
    let records = table_of(prefix);
    let sql = format!(
        "select r.object, r.from_seq, r.deleted or n.deleted, case when not n.deleted then r.payload end, n.sets,
            (select published_at from feed_mark where through >= r.from_seq order by through limit 1)
        from {records} r join {records} n on n.object = r.object and n.prefix = r.prefix and n.to_seq is null
        where r.object = $1 and r.prefix = $2 and r.from_seq <= $3 order by r.from_seq desc limit 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(object.to_string())
        .bind(prefix)
        .bind(visible.cast_signed())
        .fetch_optional(pg)
        .await;
    let row = row.map_err(database("could not read a record of the publication feed"))?;
    row.map(|row| published(&row, 5)).transpose()
}

/// The formats that an object has a record in, live or gone, once event `visible` is visible.
pub async fn prefixes(pg: &PgPool, visible: u64, object: ObjectId) -> Result<Vec<String>, ProjectionError> {
    let sql = "select distinct prefix from feed_record where object = $1 and from_seq <= $2 order by prefix";
    let rows = sqlx::query(sql).bind(object.to_string()).bind(visible.cast_signed()).fetch_all(pg).await;
    let rows = rows.map_err(database("could not read the formats of an object in the publication feed"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn unsigned(row: &PgRow, column: usize) -> u64 {
    row.get::<i64, _>(column).unsigned_abs()
}

fn published(row: &PgRow, datestamp: usize) -> Result<Published, ProjectionError> {
    let text: &str = row.get(0);
    let object = ObjectId::parse(text).map_err(|source| ProjectionError::Row {
        what: "record of the publication feed",
        id: text.to_owned(),
        source: source.into(),
    })?;
    Ok(Published {
        object,
        from_seq: unsigned(row, 1),
        datestamp: row.get(datestamp),
        deleted: row.get(2),
        payload: row.get::<Option<String>, _>(3).unwrap_or_default(),
        sets: Sets::read(row.get(4)),
    })
}
