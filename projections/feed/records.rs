//! The rows of records: what stands, what it was replaced by, and what a move of its wholes makes of it.

use std::borrow::Cow;
use std::collections::HashMap;

use fonds_schemas::{ObjectId, Sha256};
use sqlx::{PgConnection, Row as _};

use super::members::{Members, Turn};
use super::sets::Sets;
use super::wholes::{Wholes, collect_below, read_id, take_below};
use crate::copy::{self, Field, copy};
use crate::{ProjectionError, database};

/// Objects below one that moved that are dealt with at once.
const BELOW_OBJECTS: i64 = 200;

/// A state of a record.
pub(super) struct Row {
    pub(super) object: ObjectId,
    pub(super) prefix: Cow<'static, str>,
    pub(super) from_seq: u64,
    pub(super) to_seq: Option<u64>,
    /// Absent from a record that is gone.
    pub(super) payload: Option<(Sha256, String)>,
    /// None of a record that is gone: which they were may be why it is.
    pub(super) sets: Sets,
}

/// The state of a record that no other has replaced.
pub(super) struct Latest {
    pub(super) prefix: Cow<'static, str>,
    pub(super) from_seq: u64,
    /// Absent from a record that is gone.
    pub(super) payload_sha256: Option<Sha256>,
    pub(super) sets: Sets,
    /// Its place among the new rows, unless it is in the table.
    pub(super) place: Option<usize>,
}

/// A state in the table that was replaced.
pub(super) struct Closed {
    pub(super) object: ObjectId,
    pub(super) prefix: Cow<'static, str>,
    pub(super) from_seq: u64,
    pub(super) to_seq: u64,
}

/// The states that stand for those objects.
pub(super) async fn latest(
    tx: &mut PgConnection,
    objects: &[String],
) -> Result<HashMap<ObjectId, Vec<Latest>>, ProjectionError> {
    let mut latest: HashMap<ObjectId, Vec<Latest>> = HashMap::new();
    if objects.is_empty() {
        return Ok(latest);
    }
    let sql = "select object, prefix, from_seq, payload_sha256, sets from feed_record
        where object = any($1) and to_seq is null order by object, prefix";
    let rows = sqlx::query(sql).bind(objects).fetch_all(tx).await;
    for row in rows.map_err(database("could not read what the publication feed says of changed objects"))? {
        let text: String = row.get(0);
        let digest = row.get::<Option<Vec<u8>>, _>(3).map(<[u8; 32]>::try_from).transpose();
        let digest = digest.map_err(|bytes| ProjectionError::Row {
            what: "record of the publication feed",
            id: text.clone(),
            source: format!("a digest of {} bytes", bytes.len()).into(),
        })?;
        latest.entry(read_id(&text)?).or_default().push(Latest {
            prefix: Cow::Owned(row.get(1)),
            from_seq: row.get::<i64, _>(2).unsigned_abs(),
            payload_sha256: digest.map(Sha256::from_digest),
            sets: Sets::read(row.get(4)),
            place: None,
        });
    }
    Ok(latest)
}

/// Ends states in the table.
pub(super) async fn close(tx: &mut PgConnection, closed: &[Closed]) -> Result<(), ProjectionError> {
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

/// Writes new states.
pub(super) async fn insert(tx: &mut PgConnection, rows: &[Row]) -> Result<(), ProjectionError> {
    let mut rows: Vec<(String, &Row)> = rows.iter().map(|row| (row.object.to_string(), row)).collect();
    // A list is of one format: what it reads then lies together, as far as a batch goes.
    rows.sort_by_key(|(_, row)| &row.prefix);
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
            Field::Text(row.sets.as_str()),
        ]
    });
    let table = "feed_record (object, prefix, from_seq, to_seq, deleted, payload_sha256, payload, sets)";
    copy(tx, table, copy::rows(rows), "could not write records to the publication feed").await
}

/// Gives what is below an object the sets that it is in since that event, some objects at a time; says whether any record
/// became another one. Everything before must be written.
pub(super) async fn move_below(
    tx: &mut PgConnection,
    wholes: &mut Wholes,
    object: ObjectId,
    seq: u64,
) -> Result<bool, ProjectionError> {
    collect_below(tx, object).await?;
    let mut moved = false;
    loop {
        let objects = take_below(tx, BELOW_OBJECTS).await?;
        if objects.is_empty() {
            return Ok(moved);
        }
        wholes.expect(tx, &objects).await?;
        moved |= move_some(tx, wholes, &objects, seq).await?;
    }
}

async fn move_some(
    tx: &mut PgConnection,
    wholes: &mut Wholes,
    objects: &[ObjectId],
    seq: u64,
) -> Result<bool, ProjectionError> {
    let names: Vec<String> = objects.iter().map(ObjectId::to_string).collect();
    let standing = latest(tx, &names).await?;
    let mut members = Members::default();
    let (mut moved, mut sets_of_moved) = (Vec::new(), Vec::new());
    for (object, name) in objects.iter().zip(names) {
        let live = standing.get(object).into_iter().flatten().filter(|one| one.payload_sha256.is_some());
        let live: Vec<&Latest> = live.collect();
        let Some(before) = live.first().map(|one| &one.sets) else { continue };
        let after = wholes.sets(tx, *object).await?;
        if *before == after {
            continue;
        }
        members.count(before, &after);
        for record in &live {
            let (prefix, before) = (&record.prefix, &record.sets);
            members.turn(&Turn { object: *object, prefix, seq, before, after: &after, has_past: true });
        }
        moved.push(name);
        sets_of_moved.push(after.as_str().to_owned());
    }
    if moved.is_empty() {
        return Ok(false);
    }
    let doing = "could not announce what is part of an object that moved";
    // The record says what it said, in other sets. A payload never leaves the database for that.
    let sql = "insert into feed_record (object, prefix, from_seq, to_seq, deleted, payload_sha256, payload, sets)
        select r.object, r.prefix, $3, null, false, r.payload_sha256, r.payload, m.sets
        from unnest($1::text[], $2::text[]) as m (object, sets) join feed_record r on r.object = m.object
        where r.to_seq is null and not r.deleted";
    let done = sqlx::query(sql).bind(&moved).bind(&sets_of_moved).bind(seq.cast_signed()).execute(&mut *tx).await;
    done.map_err(database(doing))?;
    let sql = "update feed_record set to_seq = $2
        where object = any($1) and to_seq is null and not deleted and from_seq < $2";
    let done = sqlx::query(sql).bind(&moved).bind(seq.cast_signed()).execute(&mut *tx).await;
    done.map_err(database(doing))?;
    members.write(tx).await?;
    Ok(true)
}
