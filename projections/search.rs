//! Words, facets and order: what the search box asks and what it gets.
//!
//! Every word must be there, in any form that a language gives it; text in quotes is words like others. Hits come in
//! three tiers, which anybody can explain: those with this very title, those with the words in their title, the
//! others; inside a tier, and without words, by title. No score is computed, so an answer costs the same to order
//! whether it has ten hits or a hundred thousand, and a page never shifts.
//!
//! The tables are written by the projection `catalog`, in the transaction of its rows. Totals and facets count what the
//! viewer may see, by the rows of [`entry::horizon`]; every hit is asked of `may` once more before it is returned.

pub mod ask;
pub mod count;
pub mod entry;
pub mod letters;
pub mod words;

use fonds_schemas::{Act, Object, ObjectId, Timestamp, Viewer, checksum, may};
use sqlx::{PgConnection, PgPool, Row as _};

use crate::{ProjectionError, catalog, database};
use ask::Asked;

/// Hits on a page, at most.
pub const PAGE_HITS_MAX: u32 = 100;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Facets over all hits. The values of a facet that is asked for are counted as if it were not, so that another
    /// can be added.
    pub facets: Vec<Facet>,
    /// The place of the next page, if there is one.
    pub next: Option<String>,
}

/// One moment of the database for all the questions of a search. Rows are small and hits may be many: a plan that
/// reads the whole table, is compiled first, or waits for helpers to start, is the wrong one.
const BEGIN: &str = "begin isolation level repeatable read, read only; set local enable_seqscan = off;
    set local jit = off; set local max_parallel_workers_per_gather = 0; set local work_mem = '32MB'";

/// Searches what `viewer` may see at that moment.
///
/// A place that is none (`after` was not given by a search) has no hits. What a query asks for beyond its limits
/// (characters, words, facet values) is not asked for.
pub async fn search(pg: &PgPool, viewer: &Viewer, at: Timestamp, query: &Query) -> Result<Found, ProjectionError> {
    let asked = ask::read(query);
    if asked.impossible {
        return Ok(Found::default());
    }
    let horizon = entry::horizon(viewer, at);
    let mut tx = pg.begin_with(BEGIN).await.map_err(database("could not begin a search"))?;
    let (total, facets) = counted(&mut tx, &asked, horizon).await?;
    let limit = usize::try_from(query.limit.clamp(1, PAGE_HITS_MAX)).unwrap_or(1);
    let place = query.after.as_deref().map(Place::parse);
    let mut rows = match place {
        Some(None) => Vec::new(),
        None | Some(Some(_)) if total == 0 => Vec::new(),
        None | Some(Some(_)) => {
            let way = Way::of(&mut tx, &asked, total).await?;
            page(&mut tx, &asked, horizon, way, &place.flatten().unwrap_or_default(), limit + 1).await?
        }
    };
    tx.commit().await.map_err(database("could not end a search"))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(Place::to_string);
    let ids: Vec<ObjectId> = rows.iter().filter_map(|row| row.object.parse().ok()).collect();
    let objects = catalog::objects(pg, &ids).await?;
    let seen = objects.into_iter().filter(|object| may(viewer, &object.standing, Act::See, at).is_allowed());
    Ok(Found { total, hits: seen.map(|object| Hit { object }).collect(), facets, next })
}

async fn counted(
    tx: &mut PgConnection,
    asked: &Asked,
    horizon: Option<i64>,
) -> Result<(u64, Vec<Facet>), ProjectionError> {
    let Some(condition) = asked.condition(None) else { return count::everything(tx, horizon).await };
    let counts = count::hits(tx, &condition, horizon).await?;
    let mut facets = count::facets(tx, &counts, None).await?;
    for (facet, _) in &asked.facets {
        let wider = match asked.condition(Some(facet)) {
            Some(condition) => {
                let counts = count::hits(tx, &condition, horizon).await?;
                count::facets(tx, &counts, Some(facet)).await?
            }
            None => count::everything(tx, horizon).await?.1,
        };
        for found in wider.into_iter().filter(|found| found.property == facet) {
            match facets.iter_mut().find(|known| known.property == found.property) {
                Some(known) => *known = found,
                None => facets.push(found),
            }
        }
    }
    Ok((counts.total, facets))
}

/// The place of a hit in the order of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) tier: usize,
    pub(crate) sort: Vec<u8>,
    pub(crate) object: String,
}

impl Place {
    /// Reads the written form; `None` where it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let tier = parts.next()?.parse().ok()?;
        let sort = parts.next()?;
        if sort.len() % 2 != 0 || sort.len() > 512 || !sort.is_ascii() {
            return None;
        }
        let sort = (0..sort.len()).step_by(2).map(|at| u8::from_str_radix(&sort[at..at + 2], 16).ok());
        let object: ObjectId = parts.next()?.parse().ok()?;
        Some(Self { tier, sort: sort.collect::<Option<_>>()?, object: object.to_string() })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.tier, checksum::hex(&self.sort), self.object)
    }
}

/// How a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// All hits, then the first of them.
    Sort,
    /// Along the titles, until the page is full.
    Walk,
}

impl Way {
    /// A walk is fast only where nearly everything is a hit: elsewhere a page may lie behind all that is none.
    async fn of(tx: &mut PgConnection, asked: &Asked, total: u64) -> Result<Self, ProjectionError> {
        if asked.exact.is_some() {
            return Ok(Self::Sort);
        }
        let objects = count::objects(tx).await?;
        Ok(if total >= objects - objects / 10 { Self::Walk } else { Self::Sort })
    }
}

/// The hits after a place, tier by tier.
async fn page(
    tx: &mut PgConnection,
    asked: &Asked,
    horizon: Option<i64>,
    way: Way,
    after: &Place,
    limit: usize,
) -> Result<Vec<Place>, ProjectionError> {
    let mut found: Vec<Place> = Vec::new();
    for (tier, condition) in asked.tiers().into_iter().enumerate().skip(after.tier) {
        let start = if tier == after.tier { after.clone() } else { Place { tier, ..Place::default() } };
        found.extend(tier_page(tx, condition, horizon, way, &start, limit - found.len()).await?);
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

async fn tier_page(
    tx: &mut PgConnection,
    condition: Option<String>,
    horizon: Option<i64>,
    way: Way,
    after: &Place,
    limit: usize,
) -> Result<Vec<Place>, ProjectionError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = if let Some(condition) = condition {
        // `offset 0` keeps the planner from walking.
        let sql = match way {
            Way::Sort => {
                "select sort, object from (select sort, object from catalog_search
                    where words @@ $4::tsquery and ($1::bigint is null or public_from <= $1)
                        and (sort, object) > ($2, $3) offset 0) as hits
                order by sort, object limit $5"
            }
            Way::Walk => {
                "select sort, object from catalog_search
                where words @@ $4::tsquery and ($1::bigint is null or public_from <= $1) and (sort, object) > ($2, $3)
                order by sort, object limit $5"
            }
        };
        sqlx::query(sql).bind(horizon).bind(&after.sort).bind(&after.object).bind(condition).bind(limit)
    } else {
        let sql = "select sort, object from catalog_search
            where ($1::bigint is null or public_from <= $1) and (sort, object) > ($2, $3)
            order by sort, object limit $4";
        sqlx::query(sql).bind(horizon).bind(&after.sort).bind(&after.object).bind(limit)
    };
    let rows = query.fetch_all(tx).await.map_err(database("could not read a page of hits"))?;
    Ok(rows.iter().map(|row| Place { tier: after.tier, sort: row.get(0), object: row.get(1) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back() {
        let place = Place { tier: 2, sort: vec![0, 255, b'a'], object: "0123456789abcdef".to_owned() };
        assert_eq!(Place::parse(&place.to_string()), Some(place));
    }
    #[test]
    fn a_place_that_somebody_made_up_is_none() {
        for text in ["", "1", "1.zz.0123456789abcdef", "x.00.0123456789abcdef", "1.00.' or 1=1"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
