//! Every public object, shelf by shelf: for crawlers, which read all addresses in files of a bounded length.
//!
//! A shelf is all objects whose ids begin alike. Ids are hashes, so shelves fill evenly; and an object stays on its shelf,
//! whatever changes, so a file that was read once is read again only if something on that shelf changed.

use std::collections::BTreeMap;

use fonds_schemas::ObjectId;
use sqlx::{PgPool, Row as _};

use super::stands::DATESTAMP;
use crate::{ProjectionError, database};

/// Characters that the longest name of a shelf has: 32,768 shelves, which hold some hundred million objects.
const NAME_CHARS_MAX: usize = 3;
/// The format whose datestamps are told: the one that every object has a record in.
const PREFIX: &str = "oai_dc";

/// A shelf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelf {
    /// What the ids on it begin with; nothing where all are on one shelf.
    pub name: String,
    /// How many objects are on it.
    pub objects: u64,
    /// When an object on it came, changed or went for the last time, in seconds since 1970; `None` while that has no datestamp.
    pub changed_at: Option<i64>,
}

/// An object on a shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelved {
    /// The object.
    pub object: ObjectId,
    /// The datestamp of its record, in seconds since 1970; `None` while it has none.
    pub changed_at: Option<i64>,
}

/// The shelves on which there is something: as few as there can be with at most `most` objects on each.
pub async fn shelves(pg: &PgPool, most: u64) -> Result<Vec<Shelf>, ProjectionError> {
    // Both are counted in indexes, without a look at a record.
    let sql = format!(
        "with held as (select left(object, $1) as name, count(*) as objects from feed_object group by 1
        ), moved as (
            select left(object, $1) as name, max(from_seq) as from_seq from feed_record
            where prefix = $2 and to_seq is null group by 1
        )
        select name, objects, {DATESTAMP} from held join moved using (name) order by name"
    );
    let longest = i32::try_from(NAME_CHARS_MAX).unwrap_or(i32::MAX);
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(longest).bind(PREFIX).fetch_all(pg).await;
    let rows = rows.map_err(database("could not count the objects of the publication feed"))?;
    let smallest = rows.iter().map(|row| Shelf {
        name: row.get(0),
        objects: row.get::<i64, _>(1).unsigned_abs(),
        changed_at: row.get(2),
    });
    Ok(joined(&smallest.collect::<Vec<_>>(), most))
}

/// Joins shelves to as few as there can be.
fn joined(smallest: &[Shelf], most: u64) -> Vec<Shelf> {
    let of_length = |chars: usize| {
        let mut shelves: BTreeMap<&str, Shelf> = BTreeMap::new();
        for shelf in smallest {
            let name = shelf.name.get(..chars).unwrap_or(&shelf.name);
            let known =
                shelves.entry(name).or_insert_with(|| Shelf { name: name.to_owned(), objects: 0, ..shelf.clone() });
            known.objects += shelf.objects;
            // What has no datestamp yet is later than all that have one.
            known.changed_at = known.changed_at.zip(shelf.changed_at).map(|(one, other)| one.max(other));
        }
        shelves
    };
    let fits = |shelves: &BTreeMap<&str, Shelf>| shelves.values().all(|shelf| shelf.objects <= most);
    let chosen = (0..NAME_CHARS_MAX).map(of_length).find(fits).unwrap_or_else(|| of_length(NAME_CHARS_MAX));
    chosen.into_values().collect()
}

/// What is on a shelf, by id: at most `most`.
pub async fn shelf(pg: &PgPool, name: &str, most: u32) -> Result<Vec<Shelved>, ProjectionError> {
    // A record that no other has replaced is one at most of an object in a format. No id goes beyond a tilde.
    let sql = format!(
        "select o.object, {DATESTAMP} from feed_object o
        join feed_record r on r.object = o.object and r.prefix = $3 and r.to_seq is null and not r.deleted
        where o.object >= $1 and o.object < $1 || '~' order by o.object limit $2"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(name).bind(i64::from(most)).bind(PREFIX);
    let rows = query.fetch_all(pg).await.map_err(database("could not list the objects of the publication feed"))?;
    let read = |row: &sqlx::postgres::PgRow| {
        let text: &str = row.get(0);
        let object = ObjectId::parse(text).map_err(|bad| ProjectionError::Row {
            what: "object of the publication feed",
            id: text.to_owned(),
            source: bad.into(),
        })?;
        Ok(Shelved { object, changed_at: row.get(1) })
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, objects: u64, changed_at: Option<i64>) -> Shelf {
        Shelf { name: name.to_owned(), objects, changed_at }
    }

    #[test]
    fn shelves_are_as_few_as_there_can_be() {
        let smallest = [of("00a", 4, Some(1)), of("00b", 5, Some(3)), of("0ab", 2, Some(2)), of("zzz", 9, None)];
        assert_eq!(joined(&smallest, 20), [of("", 20, None)]);
        assert_eq!(joined(&smallest, 19), [of("0", 11, Some(3)), of("z", 9, None)]);
        assert_eq!(joined(&smallest, 9), [of("00", 9, Some(3)), of("0a", 2, Some(2)), of("zz", 9, None)]);
        assert_eq!(joined(&smallest, 1), smallest);
        assert_eq!(joined(&[], 1), []);
    }
}
