//! The writer's own connection: its settings, the lock of the head, and what is asked and written under it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use fonds_schemas::merkle::Frontier;
use fonds_schemas::{EventId, Sha256, Stream};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{Connection as _, PgConnection, Row as _};
use uuid::Uuid;

use super::error::database;
use super::group::{Group, Known, StreamHead, Taken};
use super::{Condition, LedgerError};

/// Seconds that an append waits for the head while another process holds it, and that the database waits for a process
/// that holds it and does nothing: one that was stopped in the middle must not stop all others for ever.
const PATIENCE_SECONDS: u32 = 30;

/// The head, locked until the transaction ends.
pub(super) struct LockedHead {
    /// Which ledger.
    pub ledger: Uuid,
    /// Who may write to it.
    pub epoch: i64,
    /// The tree so far.
    pub frontier: Frontier,
    /// When the last event was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// Connects, and refuses a database that may lose what it acknowledged. The session asks for itself, because a role or
/// a database can be given settings of its own.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, LedgerError> {
    let doing = "could not connect to record events";
    let mut connection = PgConnection::connect_with(options).await.map_err(database(doing))?;
    // The plan of a prepared query is kept; one made while the tables are small must not read them whole for ever.
    let sql = format!(
        "set lock_timeout = '{PATIENCE_SECONDS}s';
         set idle_in_transaction_session_timeout = '{PATIENCE_SECONDS}s';
         set enable_seqscan = off"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.map_err(database(doing))?;
    let sql = "select name, setting from pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums') order by name";
    for row in sqlx::query(sql).fetch_all(&mut connection).await.map_err(database(doing))? {
        let (setting, value): (String, String) = (row.get(0), row.get(1));
        // remote_apply waits for a standby on top of what `on` does.
        match (setting.as_str(), value.as_str()) {
            (_, "on") | ("synchronous_commit", "remote_apply") => {}
            ("data_checksums", _) => {
                tracing::warn!("the database has no page checksums: damage on disk is found by `fonds verify` only");
            }
            _ => return Err(LedgerError::NotDurable { setting, value }),
        }
    }
    Ok(connection)
}

/// Begins a transaction and locks the head: whatever is read from here on stays true until it ends.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<LockedHead, LedgerError> {
    let doing = "could not lock the head of the ledger";
    let sql =
        "begin; select ledger, epoch, size, frontier, recorded_at from ledger.ledger_head where id = 1 for update";
    let row = sqlx::raw_sql(sql).fetch_one(connection).await.map_err(database(doing))?;
    let size = row.get::<i64, _>(2).unsigned_abs();
    let frontier: Vec<u8> = row.get(3);
    Ok(LockedHead {
        ledger: row.get(0),
        epoch: row.get(1),
        frontier: Frontier::from_bytes(size, &frontier)?,
        recorded_at: row.get(4),
    })
}

/// Ends the transaction without a change.
pub(super) async fn roll_back(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("rollback").execute(connection).await.map(drop)
}

/// Makes the transaction durable. After an error nobody knows whether it is.
pub(super) async fn commit(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("commit").execute(connection).await.map(drop)
}

/// Asks for the last events of streams and for the events of those names.
pub(super) async fn known(
    connection: &mut PgConnection,
    streams: &[Stream],
    names: &[Uuid],
) -> Result<Known, LedgerError> {
    let doing = "could not look up streams";
    let mut known = Known::default();
    let texts: Vec<String> = streams.iter().map(Stream::to_string).collect();
    let sql = "select asked.place, last.version, last.leaf_hash
        from unnest($1::text[]) with ordinality as asked(stream, place)
        cross join lateral (select version, leaf_hash from ledger.event
            where stream = asked.stream order by version desc limit 1) as last";
    for row in sqlx::query(sql).bind(&texts).fetch_all(&mut *connection).await.map_err(database(doing))? {
        let place = usize::try_from(row.get::<i64, _>(0) - 1).unwrap_or(usize::MAX);
        let head = StreamHead {
            version: row.get::<i64, _>(1).unsigned_abs(),
            leaf_hash: Sha256::from_digest(row.get::<[u8; 32], _>(2)),
        };
        if let Some(stream) = streams.get(place) {
            known.streams.insert(*stream, head);
        }
    }
    let sql = "select e.seq, e.leaf, e.leaf_hash, b.salt from unnest($1::uuid[]) as asked (event_id)
        cross join lateral (select seq, leaf, leaf_hash from ledger.event where event_id = asked.event_id offset 0) as e
        cross join lateral (select salt from ledger.event_body where seq = e.seq offset 0) as b";
    let rows = sqlx::query(sql).bind(names).fetch_all(connection).await;
    for row in rows.map_err(database("could not look up event ids"))? {
        let taken = taken(&row)?;
        known.names.insert(taken.envelope.event_id, taken);
    }
    Ok(known)
}

fn taken(row: &PgRow) -> Result<Taken, LedgerError> {
    let envelope = serde_json::from_slice(row.get(1))
        .map_err(|source| LedgerError::Stored { seq: row.get(0), why: source.to_string() })?;
    Ok(Taken { envelope, leaf_hash: Sha256::from_digest(row.get(2)), salt: row.get(3) })
}

/// The `seq` of an event that breaks the condition, for each condition that speaks of events by their type.
pub(super) async fn offending(
    connection: &mut PgConnection,
    conditions: &[Condition],
) -> Result<Vec<Option<u64>>, LedgerError> {
    let mut found = Vec::with_capacity(conditions.len());
    for condition in conditions {
        let Condition::NoEvent { kinds, stream, after } = condition else {
            found.push(None);
            continue;
        };
        let (kinds, stream) = (kinds.as_slice(), stream.map(|stream| stream.to_string()));
        let after = after.map_or(-1, u64::cast_signed);
        let query = match stream {
            Some(stream) => sqlx::query_scalar(
                "select seq from ledger.event where stream = $3 and type = any($1) and seq > $2 order by seq limit 1",
            )
            .bind(kinds)
            .bind(after)
            .bind(stream),
            None => sqlx::query_scalar(
                "select min(first.seq) from unnest($1::text[]) as asked(type)
                 cross join lateral (select seq from ledger.event
                    where type = asked.type and seq > $2 order by seq limit 1) as first",
            )
            .bind(kinds)
            .bind(after),
        };
        let seq: Option<Option<i64>> =
            query.fetch_optional(&mut *connection).await.map_err(database("could not check a condition"))?;
        found.push(seq.flatten().map(i64::unsigned_abs));
    }
    Ok(found)
}

/// Writes what was let in, and the head, in one statement.
pub(super) async fn write(connection: &mut PgConnection, group: &Group) -> Result<(), LedgerError> {
    let sql = "with events as (
            insert into ledger.event
                (seq, event_id, stream, version, type, schema_version, recorded_at, leaf, leaf_hash)
            select $1 + place - 1, event_id, stream, version, type, schema_version, $2, leaf, leaf_hash
            from unnest($3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::integer[], $8::bytea[], $9::bytea[])
                with ordinality as t(event_id, stream, version, type, schema_version, leaf, leaf_hash, place)),
        bodies as (
            insert into ledger.event_body (seq, salt, body)
            select $1 + place - 1, salt, body
            from unnest($10::bytea[], $11::bytea[]) with ordinality as t(salt, body, place))
        update ledger.ledger_head set size = $12, root = $13, frontier = $14, recorded_at = $2 where id = 1";
    let columns = &group.columns;
    let frontier = group.frontier();
    let written = sqlx::query(sql)
        .bind(group.first_seq().cast_signed())
        .bind(group.recorded_at().datetime())
        .bind(&columns.event_ids)
        .bind(&columns.streams)
        .bind(&columns.versions)
        .bind(&columns.kinds)
        .bind(&columns.schema_versions)
        .bind(&columns.leaves)
        .bind(&columns.leaf_hashes)
        .bind(&columns.salts)
        .bind(&columns.bodies)
        .bind(frontier.size().cast_signed())
        .bind(*frontier.root().as_bytes())
        .bind(frontier.to_bytes())
        .execute(connection)
        .await;
    written.map_err(database("could not write events"))?;
    Ok(())
}

/// Whether the events from `first_seq` on are the ones that the group wrote. Waits for the lock of the head first: a
/// commit that is still under way holds it.
pub(super) async fn was_committed(connection: &mut PgConnection, group: &Group) -> Result<bool, LedgerError> {
    lock(connection).await?;
    let sql = "select event_id from ledger.event where seq = $1";
    let found: Option<Uuid> = sqlx::query_scalar(sql)
        .bind(group.first_seq().cast_signed())
        .fetch_optional(&mut *connection)
        .await
        .map_err(database("could not ask whether events were recorded"))?;
    roll_back(connection).await.map_err(|source| LedgerError::Database {
        doing: "could not ask whether events were recorded",
        source: Arc::new(source),
    })?;
    let ours = group.columns.event_ids.first().copied();
    Ok(found.map(EventId) == ours.map(EventId) && found.is_some())
}
