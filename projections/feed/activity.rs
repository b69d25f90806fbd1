//! The publication feed without a metadata format: that an object became public, shows something else, or is public no more.
//!
//! An event that changes what the public can read of an object leaves a row that waits. The mark that makes the event
//! visible turns the rows that it covers into activities: one for each object, numbered from 1 without a gap, in the
//! order of their last events. So an import that stores five hundred pages on a book is one activity and not five
//! hundred of the same second, which a consumer would have to take for one (Change Discovery 1.0 §3.5.4). Events and marks
//! come from the ledger, so a rebuild gives every activity the number that it had.
//!
//! What a manifest shows is not rendered and not digested here: the batch has the object before and after each event, and
//! comparing the two is cheaper than either. That is why no row says what an object last showed.

use std::ops::Range;

use fonds_schemas::{Asserted, Event, Object, ObjectId, Recorded, Relation, RelationKind, Statement};
use sqlx::{PgConnection, PgPool, Row as _};

use crate::copy::{self, Field, copy};
use crate::{Change, ProjectionError, database};

/// The tables, with the keys that folding needs.
pub(super) const TABLES: &[&str] = &[
    // What no mark covers yet. Rows go when they have become activities, and are looked for by range: what is left of
    // rows that went is never walked through.
    "create table if not exists feed_change (
        seq bigint primary key, object text collate \"C\" not null, was_public boolean not null, is_public boolean not null)",
    "create table if not exists feed_activity (
        number bigint primary key, object text collate \"C\" not null, kind text not null, published_at bigint not null)",
];

/// What happened to an object, as far as the public can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// It became public, for the first time or again.
    Created,
    /// It was public and is, and shows something else.
    Updated,
    /// It is public no more.
    Deleted,
}

impl ActivityKind {
    const ALL: &[Self] = &[Self::Created, Self::Updated, Self::Deleted];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// Something that happened to an object, as far as the public can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its place among all activities, from 1, without a gap and for ever.
    pub number: u64,
    /// The object.
    pub object: ObjectId,
    /// What happened.
    pub kind: ActivityKind,
    /// When it became visible, in seconds since 1970: the datestamp of the records that changed with it.
    pub published_at: i64,
}

/// An event after which the public reads something else of an object.
pub(super) struct Shown {
    pub(super) seq: u64,
    object: ObjectId,
    was_public: bool,
    is_public: bool,
}

impl Shown {
    /// What of that a change is; nothing where the public reads what it read before.
    pub(super) fn of(change: &Change, recorded: &Recorded) -> Option<Self> {
        let (before, after) = (change.before.as_deref(), &*change.after);
        // As it was decided then: an embargo that has lifted since is told with the first event that comes after it.
        let was_public = before.is_some_and(|before| before.is_public(before.modified_at));
        let is_public = after.is_public(recorded.envelope.recorded_at);
        let is_news = match (was_public, is_public) {
            (false, false) => false,
            // What a body said that was erased by law is not known any more. That it changed something is likely, and was
            // told: the numbers of all later activities stay as they were.
            (true, true) => {
                recorded.event.as_ref().is_none_or(is_said_of_images)
                    || before.is_some_and(|before| shows_another(before, after))
            }
            (false, true) | (true, false) => true,
        };
        is_news.then_some(Self { seq: recorded.envelope.seq, object: after.id, was_public, is_public })
    }
}

/// Whether an event changes the texts and annotations of images: the manifest leads to them, and consumers index them
/// (§3.5.3).
const fn is_said_of_images(event: &Event) -> bool {
    matches!(event, Event::Annotated(_) | Event::AnnotationRetracted(_) | Event::Transcribed(_))
}

/// Whether the manifests of two states of an object differ, or the descriptions that lead there.
///
/// A statement counts with its authority and its date, which only the RDF shows: consumers index that (§3.5.3). Of
/// relations only those to a larger whole are in a manifest. That the whole is called something else now, or is seen no
/// more, is news of the whole and not of its parts, of which there can be a million.
#[must_use]
pub fn shows_another(before: &Object, after: &Object) -> bool {
    fn said(object: &Object) -> impl Iterator<Item = &Statement> {
        object.statements.iter().map(|Asserted { statement, .. }| statement)
    }
    fn wholes(object: &Object) -> impl Iterator<Item = &Relation> {
        object.relations.iter().filter(|relation| relation.kind == RelationKind::PartOf)
    }
    !said(before).eq(said(after))
        || before.files != after.files
        || before.arrangement != after.arrangement
        || !wholes(before).eq(wholes(after))
}

/// Lets rows wait for their mark.
pub(super) async fn wait(tx: &mut PgConnection, shown: &[Shown]) -> Result<(), ProjectionError> {
    let rows: Vec<(String, &Shown)> = shown.iter().map(|row| (row.object.to_string(), row)).collect();
    let rows = rows.iter().map(|(object, row)| {
        [
            Field::Bigint(row.seq.cast_signed()),
            Field::Text(object),
            Field::Boolean(row.was_public),
            Field::Boolean(row.is_public),
        ]
    });
    let table = "feed_change (seq, object, was_public, is_public)";
    copy(tx, table, copy::rows(rows), "could not write changes to the publication feed").await
}

/// Makes activities of what waits `after` one event and up to another, behind the `told` that there are; says how many
/// there are then.
pub(super) async fn tell(
    tx: &mut PgConnection,
    (after, through): (i64, i64),
    told: i64,
    published_at: i64,
) -> Result<i64, ProjectionError> {
    // What came and went between two marks was never told, and nothing needs to be.
    let sql = "with waiting as (
            delete from feed_change where seq > $1 and seq <= $2 returning seq, object, was_public, is_public
        ), net as (
            select object, max(seq) as seq, (array_agg(was_public order by seq))[1] as was_public,
                (array_agg(is_public order by seq desc))[1] as is_public
            from waiting group by object
        ), told as (
            insert into feed_activity (number, object, kind, published_at)
            select $3 + row_number() over (order by seq), object,
                case when not was_public then 'created' when is_public then 'updated' else 'deleted' end, $4
            from net where was_public or is_public
            returning number
        )
        select count(*) from told";
    let row = sqlx::query(sql).bind(after).bind(through).bind(told).bind(published_at).fetch_one(tx).await;
    let row = row.map_err(database("could not number what the publication feed shows"))?;
    Ok(told + row.get::<i64, _>(0))
}

/// How many activities there are once event `visible` is visible: `Window::through`, or another event that ends a mark.
pub async fn activities_told(pg: &PgPool, visible: u64) -> Result<u64, ProjectionError> {
    let sql = "select activities from feed_mark where through = $1";
    let row = sqlx::query(sql).bind(visible.cast_signed()).fetch_optional(pg).await;
    let row = row.map_err(database("could not count the activities of the publication feed"))?;
    Ok(row.map_or(0, |row| row.get::<i64, _>(0).unsigned_abs()))
}

/// The activities of those numbers, all of which must have been told.
pub async fn activities(pg: &PgPool, numbers: Range<u64>) -> Result<Vec<Activity>, ProjectionError> {
    let sql = "select number, object, kind, published_at from feed_activity
        where number >= $1 and number < $2 order by number";
    let (start, end) = (numbers.start.cast_signed(), numbers.end.cast_signed());
    let rows = sqlx::query(sql).bind(start).bind(end).fetch_all(pg).await;
    let rows = rows.map_err(database("could not read activities of the publication feed"))?;
    let wrong = |number: u64, source: Box<dyn std::error::Error + Send + Sync>| ProjectionError::Row {
        what: "activity of the publication feed",
        id: number.to_string(),
        source,
    };
    let mut activities = Vec::with_capacity(rows.len());
    for (row, number) in rows.iter().zip(numbers.clone()) {
        let object = ObjectId::parse(row.get(1)).map_err(|bad| wrong(number, bad.into()))?;
        let kind = ActivityKind::ALL.iter().find(|kind| kind.as_str() == row.get::<&str, _>(2));
        let kind = *kind.ok_or_else(|| wrong(number, "no such kind of activity".into()))?;
        activities.push(Activity { number, object, kind, published_at: row.get(3) });
    }
    // A page that is kept for ever must not be one from which something is missing.
    let found: Option<u64> = rows.last().map(|row| row.get::<i64, _>(0).unsigned_abs());
    match found {
        Some(last) if last + 1 != numbers.end || activities.len() as u64 != numbers.end - numbers.start => {
            Err(wrong(last, "activities are missing before or after this one".into()))
        }
        None if !numbers.is_empty() => Err(wrong(numbers.start, "it is missing".into())),
        Some(_) | None => Ok(activities),
    }
}
