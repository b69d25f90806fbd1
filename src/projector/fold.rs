//! Reads a batch of events and folds the objects that they touch, once for all projections.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fonds_projections::{Batch, Change};
use fonds_schemas::object::BadHistory;
use fonds_schemas::{Object, ObjectId, Recorded, Stream};

use super::{Folded, ProjectorError};
use crate::ledger::Ledger;

/// Statements, relations and runs of files that the versions of objects in one batch may have: some forty times what those
/// of a large intake have, and at most some hundred megabytes.
const BATCH_PARTS_MAX: usize = 400_000;

/// Reads at most `limit` events from `from` on, with what they did to each object; fewer where the objects are large.
pub async fn read(ledger: &Ledger, from: u64, limit: usize) -> Result<Batch, ProjectorError> {
    let events = ledger.read(from, u32::try_from(limit).unwrap_or(u32::MAX)).await?;
    let mut objects = earlier(ledger, from, &events).await?;
    let mut changes = Vec::with_capacity(events.len());
    let (mut read, mut parts) = (events.len(), 0);
    for (event, recorded) in events.iter().enumerate() {
        let Stream::Object(id) = recorded.envelope.stream else { continue };
        let before = objects.get(&id).cloned();
        let after = folded(before.as_ref(), recorded)?;
        if let Some(after) = after {
            parts += after.statements.len() + after.relations.len() + after.files.runs();
            objects.insert(id, after.clone());
            changes.push(Change { event, before, after });
            if parts > BATCH_PARTS_MAX {
                read = event + 1;
                break;
            }
        }
    }
    Ok(Batch { from, events: events.into_iter().take(read).map(Arc::new).collect(), changes })
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
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let mut objects: HashMap<ObjectId, Option<Object>> = HashMap::new();
    for recorded in ledger.streams_without(&wanted, from, Object::UNFOLDED).await? {
        let Stream::Object(id) = recorded.envelope.stream else { continue };
        Object::fold(objects.entry(id).or_default(), &recorded)?;
    }
    Ok(objects.into_iter().filter_map(|(id, object)| Some((id, Arc::new(object?)))).collect())
}

fn folded(before: Option<&Folded>, recorded: &Recorded) -> Result<Option<Folded>, BadHistory> {
    let mut state = before.map(|object| Object::clone(object));
    Object::fold(&mut state, recorded)?;
    Ok(state.map(Arc::new))
}
