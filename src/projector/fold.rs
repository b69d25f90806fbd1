//! Reads a batch of events and folds the objects that they touch, once for all projections.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fonds_projections::{Batch, Change};
use fonds_schemas::object::BadHistory;
use fonds_schemas::{Object, ObjectId, Recorded, Stream};

use super::{Folded, ProjectorError};
use crate::ledger::Ledger;

/// Reads at most `limit` events from `from` on, with what they did to each object.
pub async fn read(ledger: &Ledger, from: u64, limit: usize) -> Result<Batch, ProjectorError> {
    let events = ledger.read(from, u32::try_from(limit).unwrap_or(u32::MAX)).await?;
    let mut objects = earlier(ledger, from, &events).await?;
    let mut changes = Vec::with_capacity(events.len());
    for (event, recorded) in events.iter().enumerate() {
        let Stream::Object(id) = recorded.envelope.stream else { continue };
        let before = objects.get(&id).cloned();
        let after = folded(before.as_ref(), recorded)?;
        if let Some(after) = after {
            objects.insert(id, after.clone());
            changes.push(Change { event, before, after });
        }
    }
    Ok(Batch { from, events: events.into_iter().map(Arc::new).collect(), changes })
}

/// The objects that the events go on with, as they stood before.
async fn earlier(ledger: &Ledger, from: u64, events: &[Recorded]) -> Result<HashMap<ObjectId, Folded>, ProjectorError> {
    let mut known = BTreeSet::new();
    let mut wanted = BTreeSet::new();
    for recorded in events {
        let Stream::Object(_) = recorded.envelope.stream else { continue };
        if known.insert(recorded.envelope.stream) && recorded.envelope.version > 0 {
            wanted.insert(recorded.envelope.stream);
        }
    }
    let wanted: Vec<Stream> = wanted.into_iter().collect();
    let mut objects = HashMap::new();
    if wanted.is_empty() {
        return Ok(objects);
    }
    for recorded in ledger.streams_without(&wanted, from, Object::UNFOLDED).await? {
        let Stream::Object(id) = recorded.envelope.stream else { continue };
        if let Some(after) = folded(objects.get(&id), &recorded)? {
            objects.insert(id, after);
        }
    }
    Ok(objects)
}

fn folded(before: Option<&Folded>, recorded: &Recorded) -> Result<Option<Folded>, BadHistory> {
    let mut state = before.map(|object| Object::clone(object));
    Object::fold(&mut state, recorded)?;
    Ok(state.map(Arc::new))
}
