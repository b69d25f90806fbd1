//! Who gets which place: the decision of a group commit, without IO.
//!
//! Under the lock of the head the writer asks the database for what the group refers to ([`Known`]), lets every append
//! of the group in or refuses it here, one after the other, and then writes what was let in. An append sees the ones
//! before it in the group as if they were committed: they will be, in the same transaction.

use std::collections::HashMap;

use fonds_schemas::envelope::body_digest;
use fonds_schemas::merkle::{self, Frontier};
use fonds_schemas::{Envelope, EventId, Sha256, Stream, Timestamp};
use uuid::Uuid;

use super::prepare::{Prepared, PreparedAppend};
use super::{Condition, LedgerError, Receipt, Unmet};

/// The last event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamHead {
    /// Its version.
    pub version: u64,
    /// Its leaf hash.
    pub leaf_hash: Sha256,
}

/// An event that has one of the names that the group asks for.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    /// Its envelope.
    pub envelope: Envelope,
    /// Its leaf hash.
    pub leaf_hash: Sha256,
    /// The salt of its body, unless the body was erased.
    pub salt: Option<[u8; 16]>,
}

/// What the database knows of what the group refers to.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The last events of the streams named; a stream without events is absent.
    pub streams: HashMap<Stream, StreamHead>,
    /// The events that have a name of the group.
    pub names: HashMap<EventId, Taken>,
}

/// The columns of what is let in: one element an event, in order.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The names.
    pub event_ids: Vec<Uuid>,
    /// The streams.
    pub streams: Vec<String>,
    /// The places in the streams.
    pub versions: Vec<i64>,
    /// The types.
    pub kinds: Vec<String>,
    /// The versions of the bodies' shapes.
    pub schema_versions: Vec<i32>,
    /// The envelopes.
    pub leaves: Vec<Vec<u8>>,
    /// Their hashes.
    pub leaf_hashes: Vec<[u8; 32]>,
    /// The salts.
    pub salts: Vec<[u8; 16]>,
    /// The bodies.
    pub bodies: Vec<Vec<u8>>,
}

/// A group while it is decided.
pub(super) struct Group {
    ledger: Uuid,
    recorded_at: Timestamp,
    frontier: Frontier,
    first_seq: u64,
    known: Known,
    /// What was let in.
    pub columns: Columns,
}

impl Group {
    /// A group that starts at the locked head.
    pub fn new(ledger: Uuid, recorded_at: Timestamp, frontier: Frontier, known: Known) -> Self {
        let first_seq = frontier.size();
        Self { ledger, recorded_at, frontier, first_seq, known, columns: Columns::default() }
    }

    /// The tree with what was let in.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The `seq` of the first event that was let in.
    pub const fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The moment that the group is recorded at.
    pub const fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    /// Lets an append in, finds that it is recorded already, or refuses it. `stored[i]` is the `seq` of an event in the
    /// database that breaks `conditions[i]`, if that is a [`Condition::NoEvent`] and there is one.
    pub fn admit(&mut self, append: PreparedAppend, stored: &[Option<u64>]) -> Result<Receipt, LedgerError> {
        if let Some(receipt) = self.repeated(&append)? {
            return Ok(receipt);
        }
        for (place, condition) in append.conditions.iter().enumerate() {
            let stored = stored.get(place).copied().flatten();
            if let Some(found) = self.unmet(condition, stored) {
                return Err(LedgerError::Conflict { condition: condition.clone(), found });
            }
        }
        self.place(append.events)
    }

    /// The first receipt, if the very same append was recorded before.
    fn repeated(&self, append: &PreparedAppend) -> Result<Option<Receipt>, LedgerError> {
        let taken: Vec<Option<&Taken>> =
            append.events.iter().map(|event| self.known.names.get(&event.envelope.event_id)).collect();
        let Some(any) = taken.iter().flatten().next() else { return Ok(None) };
        let first = taken.first().copied().flatten().map_or(0, |taken| taken.envelope.seq);
        for ((place, event), taken) in (0u64..).zip(&append.events).zip(&taken) {
            let same = taken.is_some_and(|taken| taken.envelope.seq == first + place && is_same(event, taken));
            if !same {
                let (event_id, seq) = taken.map_or((any.envelope.event_id, any.envelope.seq), |taken| {
                    (taken.envelope.event_id, taken.envelope.seq)
                });
                return Err(LedgerError::EventIdTaken { event_id, seq });
            }
        }
        Ok(Some(Receipt {
            first_seq: first,
            last_seq: first + append.events.len() as u64 - 1,
            recorded_at: any.envelope.recorded_at,
            leaf_hashes: taken.iter().flatten().map(|taken| taken.leaf_hash).collect(),
        }))
    }

    /// Why a condition does not hold, if it does not.
    fn unmet(&self, condition: &Condition, stored: Option<u64>) -> Option<Unmet> {
        let version = |stream: &Stream| self.known.streams.get(stream).map(|head| head.version);
        let (stream, holds) = match condition {
            Condition::StreamAt(stream, wanted) => (stream, version(stream) == Some(*wanted)),
            Condition::NoStream(stream) => (stream, version(stream).is_none()),
            Condition::Exists(stream) => (stream, version(stream).is_some()),
            Condition::NoEvent { kinds, stream, after } => {
                let seq = stored.or_else(|| self.find(kinds, *stream, *after));
                return seq.map(|seq| Unmet::Event { seq });
            }
        };
        if holds { None } else { Some(Unmet::Stream { version: version(stream) }) }
    }

    /// The first event of those types among what was let in.
    fn find(&self, kinds: &[&'static str], stream: Option<Stream>, after: Option<u64>) -> Option<u64> {
        let stream = stream.map(|stream| stream.to_string());
        let rows = self.columns.kinds.iter().zip(&self.columns.streams);
        let mut places = (self.first_seq..).zip(rows);
        places
            .find(|(seq, (kind, in_stream))| {
                let later = after.is_none_or(|after| *seq > after);
                let in_it = stream.as_ref().is_none_or(|stream| stream == *in_stream);
                later && in_it && kinds.contains(&kind.as_str())
            })
            .map(|(seq, _)| seq)
    }

    /// Gives the events their places. Nothing of the group changes where one of them cannot be written.
    fn place(&mut self, events: Vec<Prepared>) -> Result<Receipt, LedgerError> {
        let mut frontier = self.frontier.clone();
        let mut heads: HashMap<Stream, StreamHead> = HashMap::new();
        let mut written = Vec::with_capacity(events.len());
        for mut event in events {
            let envelope = &mut event.envelope;
            let stream = envelope.stream;
            let last = heads.get(&stream).or_else(|| self.known.streams.get(&stream));
            envelope.ledger = self.ledger;
            envelope.recorded_at = self.recorded_at;
            envelope.seq = frontier.size();
            envelope.version = last.map_or(0, |head| head.version + 1);
            envelope.stream_prev = last.map(|head| head.leaf_hash);
            let leaf =
                envelope.to_leaf().map_err(|source| LedgerError::Envelope { event_id: envelope.event_id, source })?;
            let leaf_hash = merkle::leaf_hash(&leaf);
            frontier.push(leaf_hash);
            heads.insert(stream, StreamHead { version: envelope.version, leaf_hash });
            written.push((event, leaf, leaf_hash));
        }
        let first_seq = self.frontier.size();
        self.frontier = frontier;
        self.known.streams.extend(heads);
        let leaf_hashes = written.iter().map(|(_, _, leaf_hash)| *leaf_hash).collect();
        for (event, leaf, leaf_hash) in written {
            self.keep(event, leaf, leaf_hash);
        }
        let last_seq = self.frontier.size() - 1;
        Ok(Receipt { first_seq, last_seq, recorded_at: self.recorded_at, leaf_hashes })
    }

    fn keep(&mut self, event: Prepared, leaf: Vec<u8>, leaf_hash: Sha256) {
        let Prepared { envelope, salt, body } = event;
        let columns = &mut self.columns;
        columns.event_ids.push(envelope.event_id.0);
        columns.streams.push(envelope.stream.to_string());
        columns.versions.push(envelope.version.cast_signed());
        columns.kinds.push(envelope.kind.clone());
        columns.schema_versions.push(envelope.schema_version.cast_signed());
        columns.leaves.push(leaf);
        columns.leaf_hashes.push(*leaf_hash.as_bytes());
        columns.salts.push(salt);
        columns.bodies.push(body);
        // A second caller of the same group may ask for the same events: it gets the same receipt.
        self.known.names.insert(envelope.event_id, Taken { envelope, leaf_hash, salt: Some(salt) });
    }
}

/// Whether the event asked for is the one recorded under its name. The salt is new each time, so the body is hashed
/// with the stored one; of an erased body the name must do.
fn is_same(event: &Prepared, taken: &Taken) -> bool {
    let (asked, recorded) = (&event.envelope, &taken.envelope);
    let about_the_same = asked.kind == recorded.kind && asked.stream == recorded.stream;
    about_the_same && taken.salt.is_none_or(|salt| body_digest(&salt, &event.body) == recorded.body_digest)
}
