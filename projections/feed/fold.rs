//! How events become rows of the publication feed.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fonds_schemas::{Event, Object, ObjectId, Recorded, Sha256};
use sqlx::{PgConnection, Row as _};

use super::NAME;
use super::activity::{self, Shown};
use super::format::Setting;
use super::members::{Members, Turn};
use super::records::{self, Closed, Latest, Row};
use super::sets::Sets;
use super::tally::Tally;
use super::wholes::{Moved, Wholes};
use crate::catalog::begin;
use crate::{Batch, Change, ProjectionError, Stores, database, position};

/// Bytes of payload that wait to be written: more of them at once are no faster, and memory that is used again is.
const WAITING_BYTES_MAX: usize = 4 << 20;

/// Applies a batch and moves the position in one transaction.
pub(super) async fn apply(stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
    let doing = "could not commit to the publication feed";
    let mut tx = begin(&stores.pg).await?;
    // First, because it holds off every other process that folds, and what is read next is then true until the commit.
    position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
    let mut fold = Fold::of(&mut tx, batch).await?;
    for (place, change) in batch.changes.iter().enumerate() {
        let recorded = batch.event_of(change);
        if fold.change(&mut tx, stores, change, recorded).await? {
            // What the move made of other objects is in the table; some of them may come again in this batch.
            fold.write(&mut tx).await?;
            if records::move_below(&mut tx, &mut fold.wholes, change.after.id, recorded.envelope.seq).await? {
                fold.tip = Some(recorded.envelope.seq);
            }
            fold.latest = records::latest(&mut tx, &known(&batch.changes[place + 1..], Whose::Any)).await?;
        } else if fold.waiting_bytes > WAITING_BYTES_MAX {
            fold.write(&mut tx).await?;
        }
    }
    fold.write(&mut tx).await?;
    activity::wait(&mut tx, &fold.shown).await?;
    let news = [fold.tip, fold.shown.last().map(|shown| shown.seq)];
    if let Some(last) = news.into_iter().flatten().max() {
        move_tip(&mut tx, last).await?;
    }
    mark(&mut tx, &batch.events).await?;
    tx.commit().await.map_err(database(doing))
}

/// Whose states are looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Of objects that were there before.
    Known,
    /// Of all.
    Any,
}

/// The objects of changes, each once.
fn known(changes: &[Change], whose: Whose) -> Vec<String> {
    let changes = changes.iter().filter(|change| whose == Whose::Any || change.before.is_some());
    let objects: BTreeSet<ObjectId> = changes.map(|change| change.after.id).collect();
    objects.iter().map(ObjectId::to_string).collect()
}

struct Fold {
    /// Looked up by object, never walked through.
    latest: HashMap<ObjectId, Vec<Latest>>,
    rows: Vec<Row>,
    /// Bytes of payload of the rows.
    waiting_bytes: usize,
    closed: Vec<Closed>,
    /// Who is part of what.
    wholes: Wholes,
    members: Members,
    tally: Tally,
    /// The last event that made a row of a record.
    tip: Option<u64>,
    /// What the public reads otherwise, in whatever form.
    shown: Vec<Shown>,
}

/// What becomes of a record.
struct Put {
    object: ObjectId,
    prefix: Cow<'static, str>,
    seq: u64,
    payload: Option<(Sha256, String)>,
    sets: Sets,
    /// Whether the object was there before the event.
    has_past: bool,
}

impl Fold {
    async fn of(tx: &mut PgConnection, batch: &Batch) -> Result<Self, ProjectionError> {
        let latest = records::latest(tx, &known(&batch.changes, Whose::Known)).await?;
        let wholes = Wholes::of(tx, batch).await?;
        let (members, tally) = (Members::default(), Tally::default());
        let (rows, closed, shown) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { latest, rows, waiting_bytes: 0, closed, wholes, members, tally, tip: None, shown })
    }

    /// Every change is looked at, not the last one of an object in the batch: where batches begin and end must not show.
    /// Says whether what is part of the object must be looked at, too.
    async fn change(
        &mut self,
        tx: &mut PgConnection,
        stores: &Stores,
        change: &Change,
        recorded: &Recorded,
    ) -> Result<bool, ProjectionError> {
        let object = &*change.after;
        let is_public = object.is_public(recorded.envelope.recorded_at);
        let moved = Moved::of(change.before.as_deref(), object, is_public);
        self.wholes.touch(change.before.as_deref(), object, &moved);
        let is_part = !moved.after.wholes.is_empty();
        let sets = if is_part { self.wholes.sets(tx, object.id).await? } else { Sets::default() };
        let live = self.latest.get(&object.id).into_iter().flatten().find(|one| one.payload_sha256.is_some());
        let before = live.map(|one| one.sets.clone()).unwrap_or_default();
        if before != sets {
            self.members.count(&before, &sets);
        }
        if is_public {
            self.publish(stores, change, recorded, &sets);
        } else {
            self.take_back(change, recorded.envelope.seq);
        }
        self.shown.extend(Shown::of(change, recorded));
        Ok(moved.is_news_below() && self.wholes.has_parts(object.id))
    }

    fn publish(&mut self, stores: &Stores, change: &Change, recorded: &Recorded, sets: &Sets) {
        let (seq, object) = (recorded.envelope.seq, &*change.after);
        let setting = Setting { addresses: &stores.addresses, publishing: &stores.publishing };
        for format in stores.formats.iter() {
            let known =
                self.latest.get(&object.id).and_then(|all| all.iter().find(|one| one.prefix == format.prefix()));
            // A record that is there was rendered of the object as it was before the event.
            let is_there = known.is_some_and(|known| known.payload_sha256.is_some());
            let has_moved = known.is_none_or(|known| known.sets != *sets);
            let unmoved =
                |before: &Arc<Object>| recorded.event.as_ref().is_some_and(|event| format.is_unmoved(before, event));
            if is_there && !has_moved && change.before.as_ref().is_some_and(unmoved) {
                continue;
            }
            let Some(payload) = format.render(object, &setting) else {
                // A record that there was is gone now; one that never was is not mentioned.
                if is_there {
                    let (prefix, sets) = (Cow::Borrowed(format.prefix()), sets.clone());
                    self.put(Put { object: object.id, prefix, seq, payload: None, sets, has_past: true });
                }
                continue;
            };
            let sha256 = Sha256::of(payload.as_bytes());
            // A change that this format does not show is no news to its harvesters.
            if has_moved || known.is_none_or(|known| known.payload_sha256 != Some(sha256)) {
                let (prefix, payload) = (Cow::Borrowed(format.prefix()), Some((sha256, payload)));
                let (object, sets, has_past) = (object.id, sets.clone(), change.before.is_some());
                self.put(Put { object, prefix, seq, payload, sets, has_past });
            }
        }
    }

    /// Tells, in every format it ever had, that the record is gone. What was never there is not mentioned.
    fn take_back(&mut self, change: &Change, seq: u64) {
        let object = change.after.id;
        let known = self.latest.get(&object).map_or(&[][..], Vec::as_slice);
        let live = known.iter().filter(|one| one.payload_sha256.is_some()).map(|one| one.prefix.clone());
        for prefix in live.collect::<Vec<_>>() {
            let (payload, sets, has_past) = (None, Sets::default(), true);
            self.put(Put { object, prefix, seq, payload, sets, has_past });
        }
    }

    fn put(&mut self, put: Put) {
        let Put { object, prefix, seq, payload, sets, has_past } = put;
        let next = Latest {
            prefix: prefix.clone(),
            from_seq: seq,
            payload_sha256: payload.as_ref().map(|(sha256, _)| *sha256),
            sets: sets.clone(),
            place: Some(self.rows.len()),
        };
        let known = self.latest.entry(object).or_default();
        let mut before = Sets::default();
        match known.iter_mut().find(|one| one.prefix == prefix) {
            None => {
                self.tally.count(prefix.clone());
                known.push(next);
            }
            Some(slot) => {
                let last = std::mem::replace(slot, next);
                before = last.sets;
                if let Some(place) = last.place {
                    self.rows[place].to_seq = Some(seq);
                } else {
                    let (prefix, from_seq) = (last.prefix, last.from_seq);
                    self.closed.push(Closed { object, prefix, from_seq, to_seq: seq });
                }
            }
        }
        self.members.turn(&Turn { object, prefix: &prefix, seq, before: &before, after: &sets, has_past });
        self.waiting_bytes += payload.as_ref().map_or(0, |(_, text)| text.len());
        self.rows.push(Row { object, prefix, from_seq: seq, to_seq: None, payload, sets });
        self.tip = Some(seq);
    }

    /// Writes everything so far.
    async fn write(&mut self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        records::close(tx, &std::mem::take(&mut self.closed)).await?;
        let rows = std::mem::take(&mut self.rows);
        self.waiting_bytes = 0;
        records::insert(tx, &rows).await?;
        for row in &rows {
            // From now on it is in the table that they are replaced.
            self.latest.entry(row.object).or_default().iter_mut().for_each(|latest| latest.place = None);
        }
        self.tally.write(tx).await?;
        self.members.write(tx).await?;
        self.wholes.write(tx).await
    }
}

async fn move_tip(tx: &mut PgConnection, from_seq: u64) -> Result<(), ProjectionError> {
    let sql = "insert into feed_tip (single, from_seq) values (true, $1)
        on conflict (single) do update set from_seq = excluded.from_seq";
    let done = sqlx::query(sql).bind(from_seq.cast_signed()).execute(tx).await;
    done.map_err(database("could not move the tip of the publication feed")).map(drop)
}

/// Keeps the marks of a batch. A mark that covers nothing new (two processes marked at once) is left out.
async fn mark(tx: &mut PgConnection, events: &[Arc<Recorded>]) -> Result<(), ProjectionError> {
    let doing = "could not mark what the publication feed shows";
    for recorded in events {
        let seq = recorded.envelope.seq;
        let Some(through) = recorded.event.as_ref().and_then(|event| marked_through(event, seq)) else { continue };
        let through = through.cast_signed();
        let sql = "select through, activities from feed_mark order by through desc limit 1";
        let last = sqlx::query(sql).fetch_optional(&mut *tx).await.map_err(database(doing))?;
        let (after, told) = last.map_or((-1, 0), |last| (last.get::<i64, _>(0), last.get::<i64, _>(1)));
        if through <= after {
            continue;
        }
        let published_at = recorded.envelope.recorded_at.seconds();
        let told = activity::tell(tx, (after, through), told, published_at).await?;
        let sql = "insert into feed_mark (through, seq, published_at, activities) values ($1, $2, $3, $4)";
        let done = sqlx::query(sql).bind(through).bind(seq.cast_signed()).bind(published_at).bind(told);
        done.execute(&mut *tx).await.map_err(database(doing))?;
    }
    Ok(())
}

/// The last event that an event makes visible, if it does so.
fn marked_through(event: &Event, seq: u64) -> Option<u64> {
    match event {
        // The earliest moment that a record can have: nothing is visible yet, and nothing will ever be earlier.
        Event::LedgerOpened(_) => Some(seq),
        // A mark speaks of the past; what comes after it cannot have been visible at its moment.
        Event::PublicationMarked(body) => Some(body.through.min(seq)),
        // What these do to objects comes as changes; the others are not about objects.
        Event::AgentRegistered(_)
        | Event::BatchOpened(_)
        | Event::BatchClosed(_)
        | Event::Accessioned(_)
        | Event::Described(_)
        | Event::Related(_)
        | Event::FileStored(_)
        | Event::FileDetached(_)
        | Event::Arranged(_)
        | Event::AccessSet(_)
        | Event::EmbargoLapsed(_)
        | Event::Annotated(_)
        | Event::AnnotationRetracted(_)
        | Event::Transcribed(_)
        | Event::TokenIssued(_)
        | Event::Harvested(_)
        | Event::TokenRevoked(_) => None,
    }
}
