//! Reading events back.
//!
//! A read trusts what is stored (the verifier does not) and only decodes it, so that folding the whole ledger is as
//! fast as parsing it. Queries are planned each time: a plan kept from the day when the tables were small would read
//! them whole.

use fonds_schemas::{Envelope, EventId, Recorded, Sha256, Stream};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::error::database;
use super::{Ledger, LedgerError};

/// Bytes of bodies after which a read ends: with the last body, of at most 8 MiB, what one answer may hold.
const READ_BYTES_MAX: i64 = 32 * 1024 * 1024;

impl Ledger {
    /// Events from `from` on, at most `limit`, in order, and no more than fit into 32 MiB and one body. None means
    /// that there are no more.
    pub async fn read(&self, from: u64, limit: u32) -> Result<Vec<Recorded>, LedgerError> {
        // Both sides are bounded: PostgreSQL does not carry a range over to the other side of a join, and would read
        // every body from the first on.
        let sql = "select seq, leaf, leaf_hash, body from (
                select e.seq, e.leaf, e.leaf_hash, b.body, sum(octet_length(b.body)) over (
                    order by e.seq rows between unbounded preceding and 1 preceding) as bytes_before
                from ledger.event e left join ledger.event_body b on b.seq = e.seq and b.seq >= $1 and b.seq < $2
                where e.seq >= $1 and e.seq < $2) as asked
            where bytes_before is null or bytes_before < $3 order by seq";
        let to = from.saturating_add(u64::from(limit)).min(i64::MAX as u64);
        let query = sqlx::query(sql).bind(from.min(to).cast_signed()).bind(to.cast_signed()).bind(READ_BYTES_MAX);
        let query = query.persistent(false);
        let rows = query.fetch_all(&self.inner.pg).await.map_err(database("could not read events"))?;
        rows.iter().map(recorded).collect()
    }

    /// The events of one stream up to and including the place `through` in the ledger (all if `None`), in order.
    pub async fn stream(&self, stream: Stream, through: Option<u64>) -> Result<Vec<Recorded>, LedgerError> {
        let before = through.map_or(u64::MAX, |through| through.saturating_add(1));
        self.streams(&[stream], before).await
    }

    /// The events before the place `before` in the ledger of many streams, ordered by `seq`.
    pub async fn streams(&self, streams: &[Stream], before: u64) -> Result<Vec<Recorded>, LedgerError> {
        self.streams_without(streams, before, &[]).await
    }

    /// The same, but the bodies of events of the types `unread` stay where they are, as if they had been erased: the text
    /// of a book need not be read to know its title.
    pub async fn streams_without(
        &self,
        streams: &[Stream],
        before: u64,
        unread: &[&str],
    ) -> Result<Vec<Recorded>, LedgerError> {
        // Stream by stream and body by body, each by its index, whatever the planner thinks it knows of a table that
        // grew since it last looked.
        let sql = "select e.seq, e.leaf, e.leaf_hash, (select b.body from ledger.event_body b
                where b.seq = e.seq and e.type <> all($3::text[]))
            from unnest($1::text[]) as asked (stream)
            cross join lateral (select seq, type, leaf, leaf_hash from ledger.event
                where stream = asked.stream and seq < $2 order by version offset 0) as e
            order by e.seq";
        let texts: Vec<String> = streams.iter().map(Stream::to_string).collect();
        let before = before.min(i64::MAX as u64).cast_signed();
        let query = sqlx::query(sql).bind(&texts).bind(before).bind(unread).persistent(false);
        let rows = query.fetch_all(&self.inner.pg).await.map_err(database("could not read the events of streams"))?;
        rows.iter().map(recorded).collect()
    }

    /// The event of that name.
    pub async fn event(&self, id: EventId) -> Result<Option<Recorded>, LedgerError> {
        let sql = "select e.seq, e.leaf, e.leaf_hash, (select b.body from ledger.event_body b where b.seq = e.seq)
            from ledger.event e where e.event_id = $1";
        let query = sqlx::query(sql).bind(id.0).persistent(false);
        let row = query.fetch_optional(&self.inner.pg).await.map_err(database("could not look up an event"))?;
        row.as_ref().map(recorded).transpose()
    }
}

fn recorded(row: &PgRow) -> Result<Recorded, LedgerError> {
    let wrong = |error: &dyn std::error::Error| LedgerError::Stored { seq: row.get(0), why: error.to_string() };
    let envelope: Envelope = serde_json::from_slice(row.get(1)).map_err(|error| wrong(&error))?;
    let leaf_hash = Sha256::from_digest(row.try_get(2).map_err(|error| wrong(&error))?);
    Recorded::read(envelope, leaf_hash, row.get(3)).map_err(|error| wrong(&error))
}
