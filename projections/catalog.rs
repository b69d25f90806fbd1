//! The catalogue: every object as it is and as it was, and the index that searches it.
//!
//! One versioned row a change answers "as of"; the relations and the index know only what is. Who may see what is
//! decided by callers (`may`), except where this file counts and lists for a viewer: there the rows are chosen by
//! [`crate::search::entry::horizon`], so that nobody learns a number that he may not know.

mod doc;
mod fold;
mod parts;
mod state;
mod stored;

use std::collections::BTreeSet;

use async_trait::async_trait;
use fonds_schemas::{Access, Act, Files, Object, ObjectId, RelationKind, Sha256, Timestamp, Viewer, may};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Row as _};

pub use parts::{Parts, parts};
pub use state::state_digest;

use crate::search::entry::{OBJECTS, horizon, term_id};
use crate::{Batch, Projection, ProjectionError, Stores, database, position};
use stored::{NOW, THEN};

/// The name of the projection.
pub const NAME: &str = "catalog";
/// Moves on with the tables, the analysis of words, the shape of rows, and the list of facets (their places number
/// the terms).
const CODE_VERSION: u32 = 3;

/// Events from which a batch is part of a large intake, which ends with a smaller one. Every search reads the list of
/// words that are not yet in their index from end to end, so it is emptied after each smaller batch; in between it may
/// grow to four megabytes, which halves the cost of an intake and adds some milliseconds to a search.
const INTAKE_EVENTS: usize = 500;
/// Objects in one answer of a list.
pub const LIST_OBJECTS_MAX: u32 = 1_000;

/// The projection.
pub struct Catalog;

/// Tables. `doc` is written as it is: compressing it is a cost that ingest feels and no reader notices.
///
/// A search reads `sort` and `terms` of every hit, but never `words`, which only the index needs. PostgreSQL moves a
/// value out of a row only when the row exceeds two thousand bytes; `padding` makes every row do so, and compresses to
/// next to nothing. Counting 60,000 hits then reads 16 MiB instead of 80, and takes a third of the time.
const TABLES: &[&str] = &[
    "create table if not exists catalog_object (
        object text not null, from_seq bigint not null, to_seq bigint, files bigint not null, doc text not null,
        primary key (object, from_seq))",
    "alter table catalog_object alter column doc set storage external, alter column doc set statistics 0",
    "create table if not exists catalog_relation (
        object text not null, kind text not null, target text not null, primary key (object, kind, target))",
    "create table if not exists catalog_search (
        object text primary key, public_from bigint, sort bytea not null, terms bytea not null, words tsvector not null,
        padding text not null default repeat(' ', 2000))
        with (toast_tuple_target = 128)",
    "alter table catalog_search alter column words set storage external",
    "alter table catalog_search alter column sort set storage plain",
    "alter table catalog_search alter column terms set storage main",
    "alter table catalog_search alter column padding set storage main",
    // Three thousand rows tell the planner enough; reading the words of thirty thousand takes half a second.
    "alter table catalog_search alter column object set statistics 10, alter column public_from set statistics 10,
        alter column sort set statistics 10, alter column terms set statistics 10,
        alter column words set statistics 10, alter column padding set statistics 0",
    "create table if not exists catalog_term (
        id bigint primary key, facet text not null, value text not null,
        uses_public bigint not null, uses_all bigint not null)",
];

/// Indexes for readers.
const INDEXES: &[&str] = &[
    "create unique index if not exists catalog_object_now on catalog_object (object) where to_seq is null",
    "create index if not exists catalog_relation_target on catalog_relation (target, object, kind)",
    "create index if not exists catalog_search_words on catalog_search using gin (words)
        with (gin_pending_list_limit = 4096)",
    "create index if not exists catalog_search_order on catalog_search (sort, object)",
    "create index if not exists catalog_search_embargo on catalog_search (public_from)
        where public_from > -9223372036854775808",
    "create index if not exists catalog_term_public on catalog_term (facet, uses_public)",
    "create index if not exists catalog_term_all on catalog_term (facet, uses_all)",
];

#[async_trait]
impl Projection for Catalog {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in TABLES.iter().chain(stored::TABLES) {
            sqlx::query(*sql).execute(&stores.pg).await.map_err(database("could not make a table of the catalogue"))?;
        }
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in INDEXES {
            sqlx::query(*sql)
                .execute(&stores.pg)
                .await
                .map_err(database("could not make an index of the catalogue"))?;
        }
        let tables = ["catalog_object", "catalog_file", "catalog_relation", "catalog_search", "catalog_term"];
        position::analyze(&stores.pg, &tables).await
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        // Reading texts is the longer half of the work, and nothing waits for it inside the transaction.
        let rows = fold::Rows::read(batch, &stores.language)?;
        let mut tx = begin(&stores.pg).await?;
        rows.write(&mut tx).await?;
        position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
        tx.commit().await.map_err(database("could not commit a batch of the catalogue"))?;
        if batch.events.len() < INTAKE_EVENTS {
            empty_pending(&stores.pg).await;
        }
        Ok(())
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        let mut all = Vec::new();
        for (table, columns, order) in [
            ("catalog_object", "object, from_seq, to_seq, files, doc", "object, from_seq"),
            ("catalog_file", "object, file, from_seq, to_seq, stored", "object, file, from_seq"),
            ("catalog_relation", "object, kind, target", "object, kind, target"),
            ("catalog_search", "object, public_from, sort, terms, words", "object"),
            // A value that nobody uses any more may have come and gone inside one batch.
            ("catalog_term where uses_all <> 0", "id, facet, value, uses_public, uses_all", "id"),
        ] {
            all.extend_from_slice(position::table_digest(&stores.pg, table, columns, order).await?.as_bytes());
        }
        Ok(Sha256::of(&all))
    }
}

/// Begins the transaction of a batch. Its commit need not wait for the disk: rows and position are lost together, and
/// folded again from the ledger, which did wait.
///
/// What a batch touches is found row by row, by the indexes: what the planner last knew of a table that has grown by a
/// hundred thousand rows since would have it read the whole table for every batch.
pub(crate) async fn begin(pg: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, ProjectionError> {
    let begun = pg.begin_with(
        "begin; set local synchronous_commit = off; set local enable_seqscan = off;
         set local enable_hashjoin = off; set local enable_mergejoin = off",
    );
    let begun = begun.await;
    begun.map_err(database("could not begin the transaction of a batch"))
}

/// Brings words that are not yet in their index into it. The batch is committed and findable already, so a failure
/// costs searches some milliseconds and is no failure of the fold. During a rebuild there is no such index yet.
async fn empty_pending(pg: &PgPool) {
    let sql = "select gin_clean_pending_list(to_regclass('catalog_search_words'))";
    if let Err(error) = sqlx::query(sql).execute(pg).await {
        tracing::warn!(error = %error, "could not bring new words into their index; searches are slower until the next");
    }
}

/// Reads an object: its id, its `doc`, and the columns of [`stored::NOW`] or [`stored::THEN`].
fn read_row(row: &PgRow) -> Result<Object, ProjectionError> {
    let files = stored::read(row.get(2), row.get(3));
    files.and_then(|files| Ok(doc::read(row.get(1), files)?)).map_err(unreadable(row))
}

fn unreadable(row: &PgRow) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> ProjectionError {
    let id = row.get(0);
    move |source| ProjectionError::Row { what: "object", id, source }
}

/// The object as it stands now, whoever asks: callers decide by `may`.
pub async fn object(pg: &PgPool, id: ObjectId) -> Result<Option<Object>, ProjectionError> {
    Ok(objects(pg, &[id]).await?.pop())
}

/// The objects of those ids that exist, in the order asked.
pub async fn objects(pg: &PgPool, ids: &[ObjectId]) -> Result<Vec<Object>, ProjectionError> {
    let ids: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
    // Each by the index, however large the table has grown since the planner last looked.
    let sql = format!(
        "select found.* from unnest($1::text[]) with ordinality as asked (object, place)
        cross join lateral (select object, doc, {NOW} from catalog_object
            where object = asked.object and to_seq is null offset 0) as found
        order by place"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(pg).await;
    rows.map_err(database("could not read objects"))?.iter().map(read_row).collect()
}

/// The object as it stood when the ledger had `seq` for its last event.
pub async fn object_at(pg: &PgPool, id: ObjectId, seq: u64) -> Result<Option<Object>, ProjectionError> {
    let sql = format!(
        "select object, doc, {THEN} from catalog_object where object = $1 and from_seq <= $2
        order by from_seq desc limit 1"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).bind(seq.cast_signed());
    let row = query.fetch_optional(pg).await.map_err(database("could not read an object as it was"))?;
    row.as_ref().map(read_row).transpose()
}

/// Who links here: objects whose relations point at `target` and that the viewer sees at that moment, at most `limit`,
/// by id.
pub async fn pointing_at(
    pg: &PgPool,
    viewer: &Viewer,
    at: Timestamp,
    target: ObjectId,
    limit: u32,
) -> Result<Vec<(RelationKind, ObjectId)>, ProjectionError> {
    let sql = "select object, kind from catalog_relation join catalog_search using (object)
        where target = $1 and ($2::bigint is null or public_from <= $2) order by object, kind limit $3";
    let horizon = horizon(viewer, at);
    let rows = sqlx::query(sql).bind(target.to_string()).bind(horizon).bind(i64::from(limit)).fetch_all(pg).await;
    let rows = rows.map_err(database("could not read who points at an object"))?;
    let read = |row: &PgRow| -> Result<_, Box<dyn std::error::Error + Send + Sync>> {
        Ok((row.get::<&str, _>(1).parse()?, row.get::<&str, _>(0).parse()?))
    };
    let wrong = |source| ProjectionError::Row { what: "relation", id: target.to_string(), source };
    rows.iter().map(|row| read(row).map_err(wrong)).collect()
}

/// Those of the ids whose objects the viewer sees at that moment.
pub async fn visible(
    pg: &PgPool,
    viewer: &Viewer,
    at: Timestamp,
    ids: &[ObjectId],
) -> Result<BTreeSet<ObjectId>, ProjectionError> {
    let sql = "select object from catalog_search where object = any($1) and ($2::bigint is null or public_from <= $2)";
    let asked: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
    let rows = sqlx::query(sql).bind(asked).bind(horizon(viewer, at)).fetch_all(pg).await;
    let rows = rows.map_err(database("could not find out which objects are seen"))?;
    let seen: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    Ok(ids.iter().copied().filter(|id| seen.contains(&id.to_string())).collect())
}

/// Objects whose embargo has passed without an event that says so, by id: their version and the moment that passed.
pub async fn lapsed(pg: &PgPool, at: Timestamp) -> Result<Vec<(ObjectId, u64, Timestamp)>, ProjectionError> {
    let sql = "select object, doc from catalog_search join catalog_object using (object)
        where public_from > -9223372036854775808 and public_from <= $1 and to_seq is null order by object limit $2";
    let limit = i64::from(LIST_OBJECTS_MAX);
    let rows = sqlx::query(sql).bind(at.micros()).bind(limit).fetch_all(pg).await;
    let rows = rows.map_err(database("could not look for embargoes that have passed"))?;
    // Nobody asks for their files here.
    let read = |row: &PgRow| doc::read(row.get(1), Files::default()).map_err(|bad| unreadable(row)(bad.into()));
    let objects = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let lapsed = objects.into_iter().filter_map(|object| match object.standing.access {
        Access::Embargoed { until } => Some((object.id, object.version, until)),
        Access::Public | Access::Restricted | Access::Withdrawn => None,
    });
    Ok(lapsed.collect())
}

/// How many objects the viewer sees at that moment.
pub async fn count_visible(pg: &PgPool, viewer: &Viewer, at: Timestamp) -> Result<u64, ProjectionError> {
    // What is always public is counted as it comes; only embargoes that lifted are counted here.
    let sql = "select case when $2::bigint is null then uses_all else uses_public + (
            select count(*) from catalog_search where public_from > -9223372036854775808 and public_from <= $2) end
        from catalog_term where id = $1";
    let id = term_id(OBJECTS, "").unwrap_or_default();
    let row = sqlx::query(sql).bind(id).bind(horizon(viewer, at)).fetch_optional(pg).await;
    let row = row.map_err(database("could not count the objects"))?;
    Ok(row.map_or(0, |row| row.get::<i64, _>(0).unsigned_abs()))
}

/// The objects that the viewer sees at that moment, by id, after `after`; at most `limit` and [`LIST_OBJECTS_MAX`].
pub async fn list(
    pg: &PgPool,
    viewer: &Viewer,
    at: Timestamp,
    after: Option<ObjectId>,
    limit: u32,
) -> Result<Vec<Object>, ProjectionError> {
    let sql = format!(
        "select object, doc, {NOW} from catalog_search join catalog_object using (object)
        where ($1::bigint is null or public_from <= $1) and object > $2 and to_seq is null order by object limit $3"
    );
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let limit = i64::from(limit.min(LIST_OBJECTS_MAX));
    let query = sqlx::query(AssertSqlSafe(sql)).bind(horizon(viewer, at)).bind(after).bind(limit);
    let rows = query.fetch_all(pg).await.map_err(database("could not list the objects"))?;
    let objects = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
    Ok(objects.into_iter().filter(|object| may(viewer, &object.standing, Act::See, at).is_allowed()).collect())
}
