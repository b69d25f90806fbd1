//! Who is public and part of what, as far as the fold has come: what sets are made of.
//!
//! A batch changes it in memory, event by event; what the batch has not touched is read when it is asked for.

use std::collections::{BTreeSet, HashMap, HashSet};

use fonds_schemas::{Object, ObjectId};
use sqlx::{PgConnection, Row as _};

use super::sets::{LEVELS_MAX, Node, Sets, sets_of};
use crate::copy::{self, Field, copy};
use crate::{Batch, ProjectionError, database};

/// The tables, with the keys that folding needs.
pub(super) const TABLES: &[&str] = &[
    // Every public object, with the name that it has as a set.
    "create table if not exists feed_object (object text collate \"C\" primary key, title text not null)",
    // What public objects are part of, whether or not that is public.
    "create table if not exists feed_whole (
        object text collate \"C\" not null, whole text collate \"C\" not null, primary key (object, whole))",
    "create index if not exists feed_whole_parts on feed_whole (whole, object)",
    // What is below an object that moves: filled and emptied within a batch.
    "create table if not exists feed_below (object text collate \"C\" primary key, level integer not null)",
    "create index if not exists feed_below_level on feed_below (level)",
];

/// Characters of the name of a set. A title may have 64 kB, and a list of sets shows many.
const TITLE_CHARS_MAX: usize = 500;
/// Objects that are remembered before the rest is looked up anew, of up to a kilobyte each.
const KNOWN_MAX: usize = 50_000;

/// Who is public and part of what.
pub(super) struct Wholes {
    known: HashMap<ObjectId, Node>,
    /// The objects of the batch that something is or may be part of.
    have_parts: HashSet<ObjectId>,
    touched: Vec<Touched>,
    places: HashMap<ObjectId, usize>,
}

/// An object whose rows may have to be written anew.
struct Touched {
    object: ObjectId,
    /// As the tables have it.
    before: (Node, String),
    after: (Node, String),
}

/// What an event changes of an object as a whole of others.
pub(super) struct Moved {
    pub(super) before: Node,
    pub(super) after: Node,
}

impl Moved {
    /// Of an object that changes at an event.
    pub(super) fn of(before: Option<&Object>, after: &Object, is_public: bool) -> Self {
        let before = before.map(|before| Node::of(before, before.is_public(before.modified_at))).unwrap_or_default();
        Self { before, after: Node::of(after, is_public) }
    }

    /// Whether the sets below it may become others.
    pub(super) fn is_news_below(&self) -> bool {
        self.before != self.after
    }
}

fn title(object: Option<&Object>) -> String {
    // The one character that the database cannot keep must not stop the fold.
    let kept = |character| if character == '\0' { char::REPLACEMENT_CHARACTER } else { character };
    object.map(|object| object.title().chars().take(TITLE_CHARS_MAX).map(kept).collect()).unwrap_or_default()
}

impl Wholes {
    /// Reads at once what the events of a batch will most likely ask for.
    pub(super) async fn of(tx: &mut PgConnection, batch: &Batch) -> Result<Self, ProjectionError> {
        let mut wholes =
            Self { known: HashMap::new(), have_parts: HashSet::new(), touched: Vec::new(), places: HashMap::new() };
        let mut moving = BTreeSet::new();
        let mut wanted = BTreeSet::new();
        for change in &batch.changes {
            let is_public = change.after.is_public(batch.event_of(change).envelope.recorded_at);
            let moved = Moved::of(change.before.as_deref(), &change.after, is_public);
            if moved.is_news_below() {
                moving.insert(change.after.id);
            }
            if !moved.after.wholes.is_empty() {
                wanted.insert(change.after.id);
                wanted.extend(&moved.after.wholes);
            }
        }
        let sql = "select asked.object from unnest($1::text[]) as asked (object)
            where exists (select from feed_whole where whole = asked.object)";
        let asked: Vec<String> = moving.iter().map(ObjectId::to_string).collect();
        let found = sqlx::query_scalar::<_, String>(sql).bind(asked).fetch_all(&mut *tx).await;
        for text in found.map_err(database("could not ask which objects have parts"))? {
            wholes.have_parts.insert(read_id(&text)?);
        }
        for _ in 0..LEVELS_MAX {
            wanted.retain(|object| !wholes.known.contains_key(object));
            if wanted.is_empty() || wholes.known.len() > KNOWN_MAX {
                break;
            }
            wholes.load(tx, &wanted).await?;
            wanted = wanted.iter().flat_map(|object| wholes.known[object].wholes.clone()).collect();
        }
        Ok(wholes)
    }

    /// Looks up objects that are not known.
    async fn load(&mut self, tx: &mut PgConnection, objects: &BTreeSet<ObjectId>) -> Result<(), ProjectionError> {
        let sql = "select asked.object, exists (select from feed_object where object = asked.object),
                array(select whole from feed_whole where object = asked.object order by whole)
            from unnest($1::text[]) as asked (object)";
        let asked: Vec<String> = objects.iter().map(ObjectId::to_string).collect();
        let rows = sqlx::query(sql).bind(asked).fetch_all(tx).await;
        for row in rows.map_err(database("could not read what objects are part of"))? {
            let wholes = row.get::<Vec<String>, _>(2).iter().map(|text| read_id(text)).collect::<Result<_, _>>()?;
            self.known.insert(read_id(row.get(0))?, Node { public: row.get(1), wholes });
        }
        Ok(())
    }

    /// Takes over what an event says of an object.
    pub(super) fn touch(&mut self, before: Option<&Object>, after: &Object, moved: &Moved) {
        self.have_parts.extend(&moved.after.wholes);
        self.known.insert(after.id, moved.after.clone());
        let now = if moved.after.public { title(Some(after)) } else { String::new() };
        if let Some(place) = self.places.get(&after.id) {
            self.touched[*place].after = (moved.after.clone(), now);
            return;
        }
        let then = if moved.before.public { title(before) } else { String::new() };
        self.places.insert(after.id, self.touched.len());
        let (before, after_row) = ((moved.before.clone(), then), (moved.after.clone(), now));
        self.touched.push(Touched { object: after.id, before, after: after_row });
    }

    /// Whether anything may be part of an object.
    pub(super) fn has_parts(&self, object: ObjectId) -> bool {
        self.have_parts.contains(&object)
    }

    /// The sets of an object.
    pub(super) async fn sets(&mut self, tx: &mut PgConnection, object: ObjectId) -> Result<Sets, ProjectionError> {
        loop {
            let mut missing = BTreeSet::new();
            let sets = sets_of(object, &|id| self.known.get(&id).cloned(), &mut missing);
            if missing.is_empty() {
                return Ok(sets);
            }
            self.load(tx, &missing).await?;
        }
    }

    /// Looks up objects and what they are part of, and forgets others where they have become too many. Everything must be
    /// written.
    pub(super) async fn expect(&mut self, tx: &mut PgConnection, objects: &[ObjectId]) -> Result<(), ProjectionError> {
        if self.known.len() > KNOWN_MAX {
            self.known.clear();
        }
        let mut wanted: BTreeSet<ObjectId> = objects.iter().copied().collect();
        for _ in 0..2 {
            wanted.retain(|object| !self.known.contains_key(object));
            if wanted.is_empty() {
                break;
            }
            self.load(tx, &wanted).await?;
            wanted = wanted.iter().flat_map(|object| self.known[object].wholes.clone()).collect();
        }
        Ok(())
    }

    /// Writes what events have changed.
    pub(super) async fn write(&mut self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        self.places.clear();
        let touched = std::mem::take(&mut self.touched);
        let named = |one: &&Touched| (one.before.0.public, &one.before.1) != (one.after.0.public, &one.after.1);
        let placed = |one: &&Touched| one.before.0.wholes != one.after.0.wholes;
        let doing = "could not write which objects are public and part of what";
        let outdated: Vec<String> =
            touched.iter().filter(named).filter(|one| one.before.0.public).map(|one| one.object.to_string()).collect();
        if !outdated.is_empty() {
            let done = sqlx::query("delete from feed_object where object = any($1)").bind(outdated).execute(&mut *tx);
            done.await.map_err(database(doing))?;
        }
        let outdated: Vec<String> = touched
            .iter()
            .filter(placed)
            .filter(|one| !one.before.0.wholes.is_empty())
            .map(|one| one.object.to_string())
            .collect();
        if !outdated.is_empty() {
            let done = sqlx::query("delete from feed_whole where object = any($1)").bind(outdated).execute(&mut *tx);
            done.await.map_err(database(doing))?;
        }
        let public = touched.iter().filter(named).filter(|one| one.after.0.public);
        let rows: Vec<(String, &str)> = public.map(|one| (one.object.to_string(), one.after.1.as_str())).collect();
        let rows = rows.iter().map(|(object, title)| [Field::Text(object), Field::Text(title)]);
        copy(tx, "feed_object (object, title)", copy::rows(rows), doing).await?;
        let parts = touched.iter().filter(placed);
        let edges = parts.flat_map(|one| one.after.0.wholes.iter().map(|whole| (one.object, *whole)));
        let rows: Vec<[String; 2]> = edges.map(|(object, whole)| [object.to_string(), whole.to_string()]).collect();
        let rows = rows.iter().map(|[object, whole]| [Field::Text(object), Field::Text(whole)]);
        copy(tx, "feed_whole (object, whole)", copy::rows(rows), doing).await
    }
}

pub(super) fn read_id(text: &str) -> Result<ObjectId, ProjectionError> {
    ObjectId::parse(text).map_err(|source| ProjectionError::Row {
        what: "object of the publication feed",
        id: text.to_owned(),
        source: source.into(),
    })
}

/// Collects the public objects that lie below an object, so deep that its place can matter to their sets.
pub(super) async fn collect_below(tx: &mut PgConnection, object: ObjectId) -> Result<(), ProjectionError> {
    let doing = "could not find what is part of an object that moved";
    // The object itself stands there, too, so that a circle does not come back to it.
    let sql = "insert into feed_below (object, level) values ($1, 0)";
    sqlx::query(sql).bind(object.to_string()).execute(&mut *tx).await.map_err(database(doing))?;
    let sql = "insert into feed_below (object, level)
        select distinct w.object, $1::integer from feed_below b join feed_whole w on w.whole = b.object where b.level = $1 - 1
        on conflict do nothing";
    for level in 1..=i32::try_from(LEVELS_MAX).unwrap_or(i32::MAX).saturating_add(1) {
        let done = sqlx::query(sql).bind(level).execute(&mut *tx).await.map_err(database(doing))?;
        if done.rows_affected() == 0 {
            break;
        }
    }
    let sql = "delete from feed_below where level = 0";
    sqlx::query(sql).execute(tx).await.map_err(database(doing)).map(drop)
}

/// Takes some of the collected objects; none are left where none come.
pub(super) async fn take_below(tx: &mut PgConnection, most: i64) -> Result<Vec<ObjectId>, ProjectionError> {
    let sql = "delete from feed_below where object in (select object from feed_below order by object limit $1)
        returning object";
    let taken = sqlx::query_scalar::<_, String>(sql).bind(most).fetch_all(tx).await;
    let taken = taken.map_err(database("could not read what is part of an object that moved"))?;
    let mut taken = taken.iter().map(|text| read_id(text)).collect::<Result<Vec<_>, _>>()?;
    taken.sort_unstable();
    Ok(taken)
}
