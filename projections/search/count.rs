//! How many hits there are, and of which values: counted over every hit that the viewer may see.
//!
//! A row carries the numbers of its facet values packed in a few bytes; PostgreSQL strings them together and the
//! counting is done here, ten times faster than rows could be grouped there. Where everything is a hit, counts that
//! the fold keeps are read instead.

use futures::TryStreamExt as _;
use sqlx::{PgConnection, Row as _};

use super::Facet;
use super::entry::{ALWAYS, OBJECTS, facet_names, facet_of, term_id};
use crate::{ProjectionError, database};

/// Values of one facet in an answer.
pub const VALUES_MAX: usize = 20;
/// Values of equal count that are read to find those first in the alphabet; beyond them the choice is arbitrary, but
/// always the same.
const TIES_MAX: usize = 500;

/// Hits, and the number of hits a term.
#[derive(Debug, Default)]
pub struct Counts {
    /// How many hits.
    pub total: u64,
    /// Terms by their number, which groups them by facet.
    pub terms: Vec<(i64, u64)>,
}

/// Counts the hits of a condition.
pub async fn hits(tx: &mut PgConnection, condition: &str, horizon: Option<i64>) -> Result<Counts, ProjectionError> {
    // In 32 groups, so that no single value grows with the archive. The planner expects a group an object, and would
    // sort them all first.
    let off = "set local enable_sort = off";
    sqlx::query(off).execute(&mut *tx).await.map_err(database("could not prepare to count the hits"))?;
    let sql = "select count(*), string_agg(terms, ''::bytea) from catalog_search
        where words @@ $1::tsquery and ($2::bigint is null or public_from <= $2) group by right(object, 1)";
    packed(tx, sqlx::query(sql).bind(condition).bind(horizon)).await
}

/// Counts what an embargo hid until a moment that has passed.
async fn lifted(tx: &mut PgConnection, horizon: i64) -> Result<Counts, ProjectionError> {
    let sql = "select count(*), string_agg(terms, ''::bytea) from catalog_search
        where public_from > $1 and public_from <= $2";
    packed(tx, sqlx::query(sql).bind(ALWAYS).bind(horizon)).await
}

async fn packed(
    tx: &mut PgConnection,
    query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
) -> Result<Counts, ProjectionError> {
    let mut counts = Counts::default();
    let mut ids: Vec<i64> = Vec::new();
    let mut rows = query.fetch(tx);
    while let Some(row) = rows.try_next().await.map_err(database("could not count the hits"))? {
        counts.total += row.get::<i64, _>(0).unsigned_abs();
        let packed: Option<&[u8]> = row.get(1);
        ids.extend(packed.unwrap_or_default().as_chunks::<8>().0.iter().map(|bytes| i64::from_be_bytes(*bytes)));
    }
    ids.sort_unstable();
    counts.terms = ids.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect();
    Ok(counts)
}

/// The most frequent values among counted terms, by facet in their order; `only` restricts to one facet.
pub async fn facets(tx: &mut PgConnection, counts: &Counts, only: Option<&str>) -> Result<Vec<Facet>, ProjectionError> {
    let mut wanted: Vec<(i64, u64)> = Vec::new();
    for group in counts.terms.chunk_by(|a, b| a.0.to_be_bytes()[0] == b.0.to_be_bytes()[0]) {
        let facet = group.first().and_then(|(id, _)| facet_of(*id));
        if facet.is_some() && only.is_none_or(|only| facet == Some(only)) {
            wanted.extend(candidates(group));
        }
    }
    let ids: Vec<i64> = wanted.iter().map(|(id, _)| *id).collect();
    let sql = "select facet, value, count from unnest($1::bigint[], $2::bigint[]) as asked (id, count)
        join catalog_term using (id)";
    let numbers: Vec<i64> = wanted.iter().map(|(_, count)| count.cast_signed()).collect();
    let rows = sqlx::query(sql).bind(ids).bind(numbers).fetch_all(tx).await;
    let rows = rows.map_err(database("could not read the values of facets"))?;
    Ok(listed(rows.iter().map(|row| (row.get(0), row.get(1), row.get::<i64, _>(2).unsigned_abs())).collect()))
}

/// Those of a facet's terms that may be among the first [`VALUES_MAX`]: the frequent ones, and those that tie.
fn candidates(group: &[(i64, u64)]) -> Vec<(i64, u64)> {
    let mut group = group.to_vec();
    group.sort_unstable_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    if let Some((_, last)) = group.get(VALUES_MAX - 1).copied() {
        let enough = group.partition_point(|(_, count)| *count >= last);
        group.truncate(enough.min(VALUES_MAX + TIES_MAX));
    }
    group
}

/// Values by facet, most frequent first, then by value.
fn listed(mut values: Vec<(String, String, u64)>) -> Vec<Facet> {
    values.sort_unstable_by(|a, b| (b.2, &a.1).cmp(&(a.2, &b.1)));
    let mut facets = Vec::new();
    for property in facet_names() {
        let of_property = values.iter().filter(|(facet, _, count)| facet == property && *count > 0);
        let values: Vec<_> = of_property.take(VALUES_MAX).map(|(_, value, count)| (value.clone(), *count)).collect();
        if !values.is_empty() {
            facets.push(Facet { property, values });
        }
    }
    facets
}

/// How many objects there are, whoever may see them: for choosing a plan, never for an answer.
pub async fn objects(tx: &mut PgConnection) -> Result<u64, ProjectionError> {
    let sql = "select uses_all from catalog_term where id = $1";
    let row = sqlx::query(sql).bind(term_id(OBJECTS, "")).fetch_optional(tx).await;
    let row = row.map_err(database("could not count the objects"))?;
    Ok(row.map_or(0, |row| row.get::<i64, _>(0).unsigned_abs()))
}

/// Counts everything that the viewer may see.
pub async fn everything(tx: &mut PgConnection, horizon: Option<i64>) -> Result<(u64, Vec<Facet>), ProjectionError> {
    let doing = "could not read the counts of everything";
    let Some(horizon) = horizon else {
        let sql = "select top.* from unnest($1::text[]) as asked (facet), lateral (
                select facet, value, uses_all, id from catalog_term as term
                where term.facet = asked.facet and uses_all > 0
                order by uses_all desc, value collate \"C\" limit $2) as top";
        let rows = sqlx::query(sql).bind(names()).bind(values_max()).fetch_all(tx).await.map_err(database(doing))?;
        return Ok(split(rows.iter().map(|row| (row.get(0), row.get(1), count_of(row))).collect()));
    };
    // No value can be among the first that is neither frequent without the lifted ones nor among them.
    let lifted = lifted(tx, horizon).await?;
    let mut more = lifted.terms;
    more.extend(term_id(OBJECTS, "").map(|id| (id, lifted.total)));
    let (ids, numbers): (Vec<i64>, Vec<i64>) = more.iter().map(|(id, count)| (*id, count.cast_signed())).unzip();
    let sql = "with more as (select * from unnest($1::bigint[], $2::bigint[]) as asked (id, count)),
        top as (select top.* from unnest($3::text[]) as asked (facet), lateral (
            select facet, value, uses_public, id from catalog_term as term
            where term.facet = asked.facet and uses_public > 0
            order by uses_public desc, value collate \"C\" limit $4) as top
          union select facet, value, uses_public, id from catalog_term where id in (select id from more))
        select facet, value, uses_public + coalesce(more.count, 0) from top left join more using (id)";
    let rows = sqlx::query(sql).bind(ids).bind(numbers).bind(names()).bind(values_max()).fetch_all(tx).await;
    let rows = rows.map_err(database(doing))?;
    Ok(split(rows.iter().map(|row| (row.get(0), row.get(1), count_of(row))).collect()))
}

fn names() -> Vec<&'static str> {
    facet_names().chain([OBJECTS]).collect()
}

fn values_max() -> i64 {
    i64::try_from(VALUES_MAX).unwrap_or(i64::MAX)
}

fn count_of(row: &sqlx::postgres::PgRow) -> u64 {
    row.get::<i64, _>(2).unsigned_abs()
}

/// The number of objects, and the facets.
fn split(values: Vec<(String, String, u64)>) -> (u64, Vec<Facet>) {
    let total = values.iter().find(|(facet, _, _)| facet == OBJECTS).map_or(0, |(_, _, count)| *count);
    (total, listed(values))
}
