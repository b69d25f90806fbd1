//! Is the ledger what it was? Every digest, every chain and the root computed again from what is stored.
//!
//! It trusts nothing but the bytes of leaves and bodies: columns, hashes and head are compared with what follows from
//! them. What it cannot find is history rewritten *as a whole*, head included; for that somebody outside must hold an
//! older root. It only reads, and may run beside a server.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use fonds_schemas::envelope::body_digest;
use fonds_schemas::event::BadBody;
use fonds_schemas::merkle::{self, Frontier};
use fonds_schemas::{Envelope, Event, Sha256, Stream, Timestamp, canonical};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::LedgerError;
use super::error::database;

/// Events read at once: some megabytes of memory, and one answer of progress.
const STEP_EVENTS: u64 = 2_048;

/// What became of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How many events were found right, from the first on.
    pub checked: u64,
    /// The root of the tree over them.
    pub root: Sha256,
    /// The first that is wrong, if one is.
    pub wrong: Option<Wrong>,
}

/// An event that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Its place.
    pub seq: u64,
    /// What is wrong.
    pub why: String,
}

/// The head as it was when the verification began.
struct Stored {
    ledger: Uuid,
    size: u64,
    root: Sha256,
    frontier: Vec<u8>,
    recorded_at: Timestamp,
    /// The highest place that an event or a body is stored at.
    last: Option<u64>,
}

/// What the events so far amount to. It grows by some hundred bytes for every stream.
struct Chain {
    ledger: Uuid,
    /// How many events the head counts.
    size: u64,
    frontier: Frontier,
    /// The subtrees that the head says the whole tree has, by the size at which they are complete.
    subtrees: HashMap<u64, Sha256>,
    recorded_at: Timestamp,
    streams: HashMap<Stream, (u64, Sha256)>,
}

/// Recomputes the whole ledger and names the first event that is wrong. `progress` is told how many events of how many
/// are done.
pub async fn verify(pg: &PgPool, mut progress: impl FnMut(u64, u64)) -> Result<Verdict, LedgerError> {
    let head = stored_head(pg).await?;
    let mut chain = Chain {
        ledger: head.ledger,
        size: head.size,
        frontier: Frontier::default(),
        subtrees: subtrees(head.size, &head.frontier),
        recorded_at: Timestamp::from_micros(i64::MIN),
        streams: HashMap::new(),
    };
    let mut wrong = None;
    while chain.frontier.size() < head.size && wrong.is_none() {
        let from = chain.frontier.size();
        let rows = rows(pg, from, (from + STEP_EVENTS).min(head.size)).await?;
        wrong = chain.check_all(&rows);
        progress(chain.frontier.size(), head.size);
    }
    let wrong = wrong.or_else(|| chain.wrong_head(&head));
    Ok(Verdict { checked: chain.frontier.size(), root: chain.frontier.root(), wrong })
}

async fn stored_head(pg: &PgPool) -> Result<Stored, LedgerError> {
    let sql = "select ledger, size, root, frontier, recorded_at,
            greatest((select max(seq) from ledger.event), (select max(seq) from ledger.event_body))
        from ledger.ledger_head where id = 1";
    let row = sqlx::query(sql).fetch_one(pg).await.map_err(database("could not read the head of the ledger"))?;
    Ok(Stored {
        ledger: row.get(0),
        size: row.get::<i64, _>(1).unsigned_abs(),
        root: Sha256::from_digest(row.get(2)),
        frontier: row.get(3),
        recorded_at: row.get::<DateTime<Utc>, _>(4).into(),
        last: row.get::<Option<i64>, _>(5).map(i64::unsigned_abs),
    })
}

async fn rows(pg: &PgPool, from: u64, to: u64) -> Result<Vec<PgRow>, LedgerError> {
    let sql = "select e.seq, e.event_id, e.stream, e.version, e.type, e.schema_version, e.recorded_at, e.leaf,
            e.leaf_hash, b.seq is not null, b.salt, b.body, b.erased_by
        from ledger.event e left join ledger.event_body b on b.seq = e.seq and b.seq >= $1 and b.seq < $2
        where e.seq >= $1 and e.seq < $2 order by e.seq";
    let query = sqlx::query(sql).bind(from.cast_signed()).bind(to.cast_signed()).persistent(false);
    query.fetch_all(pg).await.map_err(database("could not read events to verify them"))
}

/// The subtrees of a stored frontier, each by the number of leaves up to its end.
fn subtrees(size: u64, frontier: &[u8]) -> HashMap<u64, Sha256> {
    let mut roots = HashMap::new();
    let mut end = 0;
    let (hashes, _) = frontier.as_chunks::<32>();
    let heights = (0..u64::BITS).rev().filter(|height| size >> height & 1 == 1);
    for (height, hash) in heights.zip(hashes) {
        end += 1 << height;
        roots.insert(end, Sha256::from_digest(*hash));
    }
    roots
}

impl Chain {
    fn check_all(&mut self, rows: &[PgRow]) -> Option<Wrong> {
        for row in rows {
            let seq = self.frontier.size();
            if let Err(why) = self.check(seq, row) {
                return Some(Wrong { seq, why });
            }
            let wanted = self.subtrees.get(&self.frontier.size());
            // The last subtree of the frontier is the one that this event completes.
            if wanted.is_some_and(|wanted| !self.frontier.to_bytes().ends_with(wanted.as_bytes())) {
                let begin = self.begin_of_last_subtree();
                let why = format!("the events from {begin} to {seq} are not the ones that the head counts in its tree");
                return Some(Wrong { seq: begin, why });
            }
        }
        rows.is_empty().then(|| self.missing())
    }

    fn missing(&self) -> Wrong {
        Wrong { seq: self.frontier.size(), why: "it is missing".to_owned() }
    }

    fn begin_of_last_subtree(&self) -> u64 {
        let size = self.frontier.size();
        size & size.wrapping_sub(1)
    }

    /// Checks one event against its bytes and against the events before, and takes it into account.
    fn check(&mut self, seq: u64, row: &PgRow) -> Result<(), String> {
        let found = row.get::<i64, _>(0);
        if found != seq.cast_signed() {
            return Err("it is missing".to_owned());
        }
        let leaf: &[u8] = row.get(7);
        let leaf_hash = merkle::leaf_hash(leaf);
        if row.get::<&[u8], _>(8) != leaf_hash.as_bytes() {
            return Err("its envelope does not have the hash that was stored with it".to_owned());
        }
        let envelope = Envelope::from_leaf(leaf).map_err(|error| chain_text(&error))?;
        check_columns(&envelope, row)?;
        self.check_place(&envelope, seq)?;
        check_body(&envelope, row, self.size)?;
        self.recorded_at = envelope.recorded_at;
        self.streams.insert(envelope.stream, (envelope.version, leaf_hash));
        self.frontier.push(leaf_hash);
        Ok(())
    }

    /// What the envelope says of its place, against the events before.
    fn check_place(&self, envelope: &Envelope, seq: u64) -> Result<(), String> {
        if envelope.seq != seq {
            return Err(format!("its envelope says that it is event {}", envelope.seq));
        }
        if envelope.ledger != self.ledger {
            return Err(format!("its envelope belongs to another ledger, {}", envelope.ledger));
        }
        if (envelope.kind == "ledger_opened") != (seq == 0) {
            return Err(format!("{} is not the type of an event at this place", envelope.kind));
        }
        if envelope.recorded_at < self.recorded_at {
            return Err(format!("it was recorded at {}, before the event before it", envelope.recorded_at));
        }
        let last = self.streams.get(&envelope.stream);
        let version = last.map_or(0, |(version, _)| version + 1);
        if envelope.version != version {
            return Err(format!("it is version {} of {}, not {version}", envelope.version, envelope.stream));
        }
        if envelope.stream_prev != last.map(|(_, leaf_hash)| *leaf_hash) {
            return Err(format!("it does not follow on the event before it in {}", envelope.stream));
        }
        Ok(())
    }

    /// What the head says, once all events it counts are right.
    fn wrong_head(&self, head: &Stored) -> Option<Wrong> {
        let size = head.size;
        let wrong = |seq: u64, why: String| Some(Wrong { seq, why });
        match head.last {
            Some(last) if last >= size => {
                return wrong(
                    size,
                    format!("something is stored from here on, but the head counts only {size} events"),
                );
            }
            Some(_) | None => {}
        }
        let last = size.saturating_sub(1);
        if self.frontier.root() != head.root {
            return wrong(
                last,
                format!("the root up to here is {}, the head says {}", self.frontier.root(), head.root),
            );
        }
        if self.frontier.to_bytes() != head.frontier {
            return wrong(last, "the frontier of the tree up to here is not the one of the head".to_owned());
        }
        if size > 0 && self.recorded_at != head.recorded_at {
            return wrong(last, format!("it was recorded at {}, the head says {}", self.recorded_at, head.recorded_at));
        }
        None
    }
}

/// The columns repeat the envelope, for searching: what they say must be what it says.
fn check_columns(envelope: &Envelope, row: &PgRow) -> Result<(), String> {
    let recorded_at: Timestamp = row.get::<DateTime<Utc>, _>(6).into();
    let same = [
        ("event_id", row.get::<Uuid, _>(1) == envelope.event_id.0),
        ("stream", row.get::<&str, _>(2) == envelope.stream.to_string()),
        ("version", row.get::<i64, _>(3) == envelope.version.cast_signed()),
        ("type", row.get::<&str, _>(4) == envelope.kind),
        ("schema_version", row.get::<i32, _>(5) == envelope.schema_version.cast_signed()),
        ("recorded_at", recorded_at == envelope.recorded_at),
    ];
    match same.iter().find(|(_, same)| !same) {
        Some((column, _)) => Err(format!("the column {column} does not say what the envelope says")),
        None => Ok(()),
    }
}

/// The body against what the envelope commits to. An erased one has nothing left to compare; that it was erased by a
/// later event of this ledger is all that can be asked.
fn check_body(envelope: &Envelope, row: &PgRow, size: u64) -> Result<(), String> {
    if !row.get::<bool, _>(9) {
        return Err("its body is missing".to_owned());
    }
    let salt: Option<[u8; 16]> = row.try_get(10).map_err(|error| chain_text(&error))?;
    let (salt, body) = match (salt, row.get::<Option<&[u8]>, _>(11), row.get::<Option<i64>, _>(12)) {
        (Some(salt), Some(body), None) => (salt, body),
        (None, None, Some(by)) if (envelope.seq + 1..size).contains(&by.unsigned_abs()) => return Ok(()),
        _ => return Err("its body is neither there nor erased by a later event".to_owned()),
    };
    if body.len() as u64 != envelope.body_len || body_digest(&salt, body) != envelope.body_digest {
        return Err("its body is not the one that its envelope commits to".to_owned());
    }
    canonical::check(body).map_err(|error| format!("its body is {error}"))?;
    match Event::from_body(&envelope.kind, envelope.schema_version, body) {
        Ok(event) if event.stream() == envelope.stream => Ok(()),
        Ok(event) => Err(format!("its body belongs to {}, its envelope to {}", event.stream(), envelope.stream)),
        // A later release wrote it; that the bytes are the ones committed to is checked.
        Err(BadBody::Unknown { .. }) => Ok(()),
        Err(error @ BadBody::Json { .. }) => Err(chain_text(&error)),
    }
}

/// An error and its causes in one line.
fn chain_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
