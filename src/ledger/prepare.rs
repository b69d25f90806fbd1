//! What of an append can be done before the ledger is locked: bodies written, checked, salted and hashed.

use std::collections::HashSet;

use fonds_schemas::envelope::{BODY_BYTES_MAX, ENVELOPE_VERSION, blob_commitment, body_digest};
use fonds_schemas::{Envelope, Event, Timestamp, canonical};

use super::{Append, Condition, Draft, LedgerError};
use crate::clock;

/// Events of one append: they are written in one transaction, which others wait for.
pub const APPEND_EVENTS_MAX: usize = 10_000;
/// Bytes of the bodies of one append: what the writer holds in memory twice.
pub const APPEND_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Files that one event speaks of: 67 bytes each leave 5 kB of an envelope for everything else.
pub const BLOBS_MAX: usize = 900;

/// An event that only lacks its place.
pub(super) struct Prepared {
    /// The envelope, with the places (`ledger`, `seq`, `version`, `stream_prev`, `recorded_at`) still to be set.
    pub envelope: Envelope,
    /// What makes the digest of a short body unguessable.
    pub salt: [u8; 16],
    /// The body.
    pub body: Vec<u8>,
}

/// An append whose events only lack their places.
pub(super) struct PreparedAppend {
    /// The events, in their order.
    pub events: Vec<Prepared>,
    /// What must be true.
    pub conditions: Vec<Condition>,
    /// Bytes of all bodies.
    pub bytes: usize,
}

/// Prepares an append, or says why no ledger would take it.
pub(super) fn prepare(append: Append) -> Result<PreparedAppend, LedgerError> {
    let Append { drafts, conditions } = append;
    if drafts.is_empty() {
        return Err(LedgerError::Nothing);
    }
    if drafts.len() > APPEND_EVENTS_MAX {
        return Err(LedgerError::TooMany { events: drafts.len() });
    }
    let mut names = HashSet::with_capacity(drafts.len());
    let mut events = Vec::with_capacity(drafts.len());
    let mut bytes = 0;
    for draft in drafts {
        if !names.insert(draft.event_id) {
            return Err(LedgerError::EventIdTwice { event_id: draft.event_id });
        }
        let event = prepare_one(&draft)?;
        bytes += event.body.len();
        if bytes > APPEND_BYTES_MAX {
            return Err(LedgerError::TooLarge { bytes });
        }
        events.push(event);
    }
    Ok(PreparedAppend { events, conditions, bytes })
}

fn prepare_one(draft: &Draft) -> Result<Prepared, LedgerError> {
    let event_id = draft.event_id;
    if draft.blobs.len() > BLOBS_MAX {
        return Err(LedgerError::TooManyBlobs { event_id, blobs: draft.blobs.len() });
    }
    let kind = draft.event.kind();
    let body = draft.event.to_body().map_err(|source| LedgerError::Body { event_id, kind, source })?;
    if body.len() > BODY_BYTES_MAX {
        return Err(LedgerError::BodyTooLarge { event_id, kind, bytes: body.len() });
    }
    canonical::check(&body).map_err(|source| LedgerError::NotCanonical { event_id, kind, source })?;
    check_readable(draft, kind, &body)?;
    let salt = clock::random();
    let envelope = Envelope {
        agent: draft.agent,
        batch: draft.batch,
        blobs: draft.blobs.iter().map(|sha256| blob_commitment(&salt, sha256)).collect(),
        body_digest: body_digest(&salt, &body),
        body_len: body.len() as u64,
        causation: draft.causation,
        correlation: draft.correlation,
        event_id,
        ledger: uuid::Uuid::nil(),
        occurred_at: draft.occurred_at,
        on_behalf_of: draft.on_behalf_of,
        recorded_at: Timestamp::from_micros(0),
        schema_version: Event::SCHEMA_VERSION,
        seq: 0,
        stream: draft.event.stream(),
        stream_prev: None,
        kind: kind.to_owned(),
        v: ENVELOPE_VERSION,
        version: 0,
    };
    Ok(Prepared { envelope, salt, body })
}

/// Reads back what was written: an event that cannot be read would stop every projection for ever, and what is
/// recorded cannot be taken back. (A moment after the year 9999 is such a thing.)
fn check_readable(draft: &Draft, kind: &'static str, body: &[u8]) -> Result<(), LedgerError> {
    let event_id = draft.event_id;
    let again = Event::from_body(kind, Event::SCHEMA_VERSION, body).map_err(|source| LedgerError::Unreadable {
        event_id,
        kind,
        source: Some(source),
    })?;
    let occurred_again = draft.occurred_at.map(|moment| Timestamp::parse(&moment.to_string()).ok());
    let occurred_reads = occurred_again.is_none_or(|again| again == draft.occurred_at);
    if again == draft.event && occurred_reads {
        Ok(())
    } else {
        Err(LedgerError::Unreadable { event_id, kind, source: None })
    }
}
