//! How events become rows of the publication feed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use fonds_schemas::{Event, Object, ObjectId, Recorded, Sha256};
use sqlx::{PgConnection, Row as _};

use super::NAME;
use super::activity::{self, Shown};
use super::format::Setting;
use crate::catalog::begin;
use crate::copy::{Field, copy, encoded};
use crate::{Batch, Change, ProjectionError, Stores, database, position};

/// Applies a batch and moves the position in one transaction.
pub(super) async fn apply(stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
    let doing = "could not commit to the publication feed";
    let mut tx = begin(&stores.pg).await?;
    // First, because it holds off every other process that folds, and what is read next is then true until the commit.
    position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
    let latest = latest(&mut tx, batch).await?;
    let mut fold = Fold { latest, rows: Vec::new(), closed: Vec::new(), shown: Vec::new() };
    for change in &batch.changes {
        fold.change(stores, change, batch.event_of(change));
    }
    close(&mut tx, &fold.closed).await?;
    insert(&mut tx, &fold.rows).await?;
    activity::wait(&mut tx, &fold.shown).await?;
    let news = [fold.rows.last().map(|row| row.from_seq), fold.shown.last().map(|shown| shown.seq)];
    if let Some(last) = news.into_iter().flatten().max() {
        move_tip(&mut tx, last).await?;
    }
    mark(&mut tx, &batch.events).await?;
    tx.commit().await.map_err(database(doing))
}

/// A state of a record.
struct Row {
    object: ObjectId,
    prefix: Cow<'static, str>,
    from_seq: u64,
    to_seq: Option<u64>,
    /// Absent from a record that is gone.
    payload: Option<(Sha256, String)>,
}

/// The state of a record that no other has replaced.
struct Latest {
    prefix: Cow<'static, str>,
    from_seq: u64,
    /// Absent from a record that is gone.
    payload_sha256: Option<Sha256>,
    /// Its place among the new rows, unless it is in the table.
    place: Option<usize>,
}

/// A state in the table that was replaced.
struct Closed {
    object: ObjectId,
    prefix: Cow<'static, str>,
    from_seq: u64,
    to_seq: u64,
}

struct Fold {
    /// Looked up by object, never walked through.
    latest: HashMap<ObjectId, Vec<Latest>>,
    rows: Vec<Row>,
    closed: Vec<Closed>,
    /// What the public reads otherwise, in whatever form.
    shown: Vec<Shown>,
}

impl Fold {
    /// Every change is looked at, not the last one of an object in the batch: where batches begin and end must not show.
    fn change(&mut self, stores: &Stores, change: &Change, recorded: &Recorded) {
        let (seq, object) = (recorded.envelope.seq, &*change.after);
        if object.is_public(recorded.envelope.recorded_at) {
            self.publish(stores, change, recorded);
        } else {
            self.take_back(object.id, seq);
        }
        self.shown.extend(Shown::of(change, recorded));
    }

    fn publish(&mut self, stores: &Stores, change: &Change, recorded: &Recorded) {
        let (seq, object) = (recorded.envelope.seq, &*change.after);
        let setting = Setting { addresses: &stores.addresses, publishing: &stores.publishing };
        for format in stores.formats {
            let known =
                self.latest.get(&object.id).and_then(|all| all.iter().find(|one| one.prefix == format.prefix()));
            // A record that is there was rendered of the object as it was before the event.
            let is_there = known.is_some_and(|known| known.payload_sha256.is_some());
            let unmoved =
                |before: &Arc<Object>| recorded.event.as_ref().is_some_and(|event| format.is_unmoved(before, event));
            if is_there && change.before.as_ref().is_some_and(unmoved) {
                continue;
            }
            let Some(payload) = format.render(object, &setting) else {
                // A record that there was is gone now; one that never was is not mentioned.
                if is_there {
                    self.put(object.id, Cow::Borrowed(format.prefix()), seq, None);
                }
                continue;
            };
            let sha256 = Sha256::of(payload.as_bytes());
            // A change that this format does not show is no news to its harvesters.
            if known.is_none_or(|known| known.payload_sha256 != Some(sha256)) {
                self.put(object.id, Cow::Borrowed(format.prefix()), seq, Some((sha256, payload)));
            }
        }
    }

    /// Tells, in every format it ever had, that the record is gone. What was never there is not mentioned.
    fn take_back(&mut self, object: ObjectId, seq: u64) {
        let known = self.latest.get(&object).map_or(&[][..], Vec::as_slice);
        let live = known.iter().filter(|one| one.payload_sha256.is_some()).map(|one| one.prefix.clone());
        for prefix in live.collect::<Vec<_>>() {
            self.put(object, prefix, seq, None);
        }
    }

    fn put(&mut self, object: ObjectId, prefix: Cow<'static, str>, seq: u64, payload: Option<(Sha256, String)>) {
        let next = Latest {
            prefix: prefix.clone(),
            from_seq: seq,
            payload_sha256: payload.as_ref().map(|(sha256, _)| *sha256),
            place: Some(self.rows.len()),
        };
        let known = self.latest.entry(object).or_default();
        match known.iter_mut().find(|one| one.prefix == prefix) {
            None => known.push(next),
            Some(slot) => {
                let last = std::mem::replace(slot, next);
                if let Some(place) = last.place {
                    self.rows[place].to_seq = Some(seq);
                } else {
                    let (prefix, from_seq) = (last.prefix, last.from_seq);
                    self.closed.push(Closed { object, prefix, from_seq, to_seq: seq });
                }
            }
        }
        self.rows.push(Row { object, prefix, from_seq: seq, to_seq: None, payload });
    }
}

/// The states that stand for the objects of a batch that were there before it.
async fn latest(tx: &mut PgConnection, batch: &Batch) -> Result<HashMap<ObjectId, Vec<Latest>>, ProjectionError> {
    let mut latest: HashMap<ObjectId, Vec<Latest>> = HashMap::new();
    let before = batch.changes.iter().filter(|change| change.before.is_some());
    let mut objects: Vec<String> = before.map(|change| change.after.id.to_string()).collect();
    objects.sort_unstable();
    objects.dedup();
    if objects.is_empty() {
        return Ok(latest);
    }
    let sql = "select object, prefix, from_seq, payload_sha256 from feed_record
        where object = any($1) and to_seq is null order by object, prefix";
    let rows = sqlx::query(sql).bind(&objects).fetch_all(tx).await;
    for row in rows.map_err(database("could not read what the publication feed says of changed objects"))? {
        let text: String = row.get(0);
        let digest: Option<Vec<u8>> = row.get(3);
        let digest = digest.map(<[u8; 32]>::try_from).transpose();
        let wrong = |source: Box<dyn std::error::Error + Send + Sync>| ProjectionError::Row {
            what: "record of the publication feed",
            id: text.clone(),
            source,
        };
        let object = ObjectId::parse(&text).map_err(|bad| wrong(bad.into()))?;
        let digest = digest.map_err(|bytes| wrong(format!("a digest of {} bytes", bytes.len()).into()))?;
        latest.entry(object).or_default().push(Latest {
            prefix: Cow::Owned(row.get(1)),
            from_seq: row.get::<i64, _>(2).unsigned_abs(),
            payload_sha256: digest.map(Sha256::from_digest),
            place: None,
        });
    }
    Ok(latest)
}

async fn close(tx: &mut PgConnection, closed: &[Closed]) -> Result<(), ProjectionError> {
    if closed.is_empty() {
        return Ok(());
    }
    let sql = "update feed_record as r set to_seq = c.to_seq
        from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as c (object, prefix, from_seq, to_seq)
        where r.object = c.object and r.prefix = c.prefix and r.from_seq = c.from_seq";
    let done = sqlx::query(sql)
        .bind(closed.iter().map(|one| one.object.to_string()).collect::<Vec<_>>())
        .bind(closed.iter().map(|one| one.prefix.to_string()).collect::<Vec<_>>())
        .bind(closed.iter().map(|one| one.from_seq.cast_signed()).collect::<Vec<_>>())
        .bind(closed.iter().map(|one| one.to_seq.cast_signed()).collect::<Vec<_>>())
        .execute(tx)
        .await;
    done.map_err(database("could not end replaced states in the publication feed")).map(drop)
}

async fn insert(tx: &mut PgConnection, rows: &[Row]) -> Result<(), ProjectionError> {
    let rows: Vec<(String, &Row)> = rows.iter().map(|row| (row.object.to_string(), row)).collect();
    let rows = rows.iter().map(|(object, row)| {
        let payload = row.payload.as_ref();
        [
            Field::Text(object),
            Field::Text(&row.prefix),
            Field::Bigint(row.from_seq.cast_signed()),
            Field::bigint(row.to_seq.map(u64::cast_signed)),
            Field::Boolean(payload.is_none()),
            payload.map_or(Field::Null, |(sha256, _)| Field::Bytes(sha256.as_bytes())),
            Field::text(payload.map(|(_, text)| text.as_str())),
        ]
    });
    let table = "feed_record (object, prefix, from_seq, to_seq, deleted, payload_sha256, payload)";
    copy(tx, table, encoded(rows), "could not write records to the publication feed").await
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
        | Event::TokenRevoked(_) => None,
    }
}
