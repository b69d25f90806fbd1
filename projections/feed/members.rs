//! Which record is in which set since when, and which has left it: a list of a set is a range of these rows.
//!
//! A state of a record has a row for each of its sets, at every level. Leaving a set is a state, too: the lists of that
//! set tell it as a deletion, for as long as the record does not come back.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use fonds_schemas::ObjectId;
use sqlx::PgConnection;

use super::sets::{SetKey, Sets};
use crate::copy::{self, Field, copy};
use crate::{ProjectionError, database};

/// The tables, with the keys that folding needs.
pub(super) const TABLES: &[&str] = &[
    "create table if not exists feed_member (
        set_key bytea not null, prefix text collate \"C\" not null, object text collate \"C\" not null,
        from_seq bigint not null, to_seq bigint, gone boolean not null,
        primary key (object, prefix, set_key, from_seq))",
    // Every set that there ever was. One that has no members any more stays known, so that harvesters learn what left it.
    "create table if not exists feed_set (
        set_key bytea primary key, spec text collate \"C\" not null, members bigint not null)",
];

/// The indexes that only readers need.
pub(super) const INDEXES: &[&str] = &[
    "create index if not exists feed_member_standing on feed_member (set_key, prefix, from_seq, object)
        where to_seq is null",
    "create index if not exists feed_member_replaced on feed_member (set_key, prefix, to_seq) where to_seq is not null",
    "create index if not exists feed_set_order on feed_set (spec)",
];

/// What changes in sets until it is written.
#[derive(Default)]
pub(super) struct Members {
    rows: Vec<Member>,
    /// Which of the rows stand. Looked up by record, never walked through.
    standing: HashMap<(ObjectId, Cow<'static, str>), BTreeMap<SetKey, usize>>,
    closed: Vec<Closed>,
    /// Sets, and by how many members they grow.
    grown: BTreeMap<String, i64>,
}

struct Member {
    key: SetKey,
    prefix: Cow<'static, str>,
    object: ObjectId,
    from_seq: u64,
    to_seq: Option<u64>,
    gone: bool,
}

/// A row in the table that stands no more.
struct Closed {
    key: SetKey,
    prefix: Cow<'static, str>,
    object: ObjectId,
    to_seq: u64,
}

/// A record that changes.
pub(super) struct Turn<'a> {
    pub(super) object: ObjectId,
    pub(super) prefix: &'a Cow<'static, str>,
    pub(super) seq: u64,
    /// The sets that it was in; none where it was not there.
    pub(super) before: &'a Sets,
    /// The sets that it is in; none where it is gone.
    pub(super) after: &'a Sets,
    /// Whether it may have left a set earlier.
    pub(super) has_past: bool,
}

impl Members {
    /// Takes over that a record is another one now, in these sets.
    pub(super) fn turn(&mut self, turn: &Turn<'_>) {
        if turn.before.as_str().is_empty() && turn.after.as_str().is_empty() {
            return;
        }
        let (before, after) = (turn.before.every_level(), turn.after.every_level());
        for key in before.keys() {
            self.close(turn, *key);
            if !after.contains_key(key) {
                self.open(turn, *key, true);
            }
        }
        for key in after.keys() {
            // Where it comes back, it has not left any more.
            if !before.contains_key(key) && turn.has_past {
                self.close(turn, *key);
            }
            self.open(turn, *key, false);
        }
    }

    /// Takes over that an object is in other sets now.
    pub(super) fn count(&mut self, before: &Sets, after: &Sets) {
        for (sets, by) in [(before, -1), (after, 1)] {
            for (_, spec) in sets.every_level() {
                *self.grown.entry(spec.to_owned()).or_default() += by;
            }
        }
    }

    fn close(&mut self, turn: &Turn<'_>, key: SetKey) {
        let standing = self.standing.get_mut(&(turn.object, turn.prefix.clone()));
        if let Some(place) = standing.and_then(|standing| standing.remove(&key)) {
            self.rows[place].to_seq = Some(turn.seq);
            return;
        }
        let (prefix, object, to_seq) = (turn.prefix.clone(), turn.object, turn.seq);
        self.closed.push(Closed { key, prefix, object, to_seq });
    }

    fn open(&mut self, turn: &Turn<'_>, key: SetKey, gone: bool) {
        let standing = self.standing.entry((turn.object, turn.prefix.clone())).or_default();
        standing.insert(key, self.rows.len());
        let (object, prefix, from_seq) = (turn.object, turn.prefix.clone(), turn.seq);
        self.rows.push(Member { key, prefix, object, from_seq, to_seq: None, gone });
    }

    /// Writes what has changed.
    pub(super) async fn write(&mut self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let Self { rows, closed, grown, .. } = std::mem::take(self);
        close(tx, &closed).await?;
        let rows: Vec<(String, &Member)> = rows.iter().map(|row| (row.object.to_string(), row)).collect();
        let rows = rows.iter().map(|(object, row)| {
            [
                Field::Bytes(row.key.as_bytes()),
                Field::Text(&row.prefix),
                Field::Text(object),
                Field::Bigint(row.from_seq.cast_signed()),
                Field::bigint(row.to_seq.map(u64::cast_signed)),
                Field::Boolean(row.gone),
            ]
        });
        let table = "feed_member (set_key, prefix, object, from_seq, to_seq, gone)";
        copy(tx, table, copy::rows(rows), "could not write the members of sets").await?;
        grow(tx, &grown).await
    }
}

async fn close(tx: &mut PgConnection, closed: &[Closed]) -> Result<(), ProjectionError> {
    if closed.is_empty() {
        return Ok(());
    }
    let sql = "update feed_member as m set to_seq = c.to_seq
        from unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[]) as c (set_key, prefix, object, to_seq)
        where m.object = c.object and m.prefix = c.prefix and m.set_key = c.set_key and m.to_seq is null";
    let done = sqlx::query(sql)
        .bind(closed.iter().map(|one| one.key.as_bytes().to_vec()).collect::<Vec<_>>())
        .bind(closed.iter().map(|one| one.prefix.to_string()).collect::<Vec<_>>())
        .bind(closed.iter().map(|one| one.object.to_string()).collect::<Vec<_>>())
        .bind(closed.iter().map(|one| one.to_seq.cast_signed()).collect::<Vec<_>>())
        .execute(tx)
        .await;
    done.map_err(database("could not end states of members of sets")).map(drop)
}

async fn grow(tx: &mut PgConnection, grown: &BTreeMap<String, i64>) -> Result<(), ProjectionError> {
    if grown.is_empty() {
        return Ok(());
    }
    let sql = "insert into feed_set as known (set_key, spec, members)
        select * from unnest($1::bytea[], $2::text[], $3::bigint[])
        on conflict (set_key) do update set members = known.members + excluded.members";
    let done = sqlx::query(sql)
        .bind(grown.keys().map(|spec| SetKey::of(spec).as_bytes().to_vec()).collect::<Vec<_>>())
        .bind(grown.keys().cloned().collect::<Vec<_>>())
        .bind(grown.values().copied().collect::<Vec<_>>())
        .execute(tx)
        .await;
    done.map_err(database("could not count the members of sets")).map(drop)
}
