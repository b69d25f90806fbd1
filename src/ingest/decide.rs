//! What of a chunk is new: looked up, compared, not yet done.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use fonds_projections::catalog;
use fonds_schemas::event::BatchKind;
use fonds_schemas::{BatchId, Event, Object, ObjectId, Recorded, Stream};

use super::compare::{self, Difference};
use super::files::Wanted;
use super::plan::Planned;
use super::problem::{Place, Problem};
use super::reader::Chunk;
use super::run::{Done, IngestError, Run};
use super::xml;

/// What kind of act each batch was that was asked for; batches do not change their kind.
#[derive(Default)]
pub(super) struct Kinds(Mutex<HashMap<BatchId, bool>>);

/// An object whose description changes.
pub(super) struct Change {
    pub object: ObjectId,
    pub version: u64,
    pub difference: Difference,
    pub place: Place,
}

/// What is to be done for a chunk.
#[derive(Default)]
pub(super) struct Decided {
    pub new: Vec<Planned>,
    pub changes: Vec<Change>,
    pub files: Vec<Wanted>,
    pub done: Done,
}

impl Run<'_> {
    /// Looks up what is there and says what is new. Opens the batch if something is.
    pub(super) async fn decide(&self, mut chunk: Chunk) -> Result<Decided, IngestError> {
        self.leave_own(&mut chunk);
        let ids: Vec<ObjectId> = chunk.objects.iter().map(|planned| planned.id).collect();
        let known = catalog::objects(&self.archive.stores.pg, &ids).await?;
        let known: HashMap<ObjectId, Object> = known.into_iter().map(|object| (object.id, object)).collect();
        let mut decided = Decided::default();
        decided.done.rows = chunk.rows;
        decided.done.problems = chunk.problems;
        let mut differing = Vec::new();
        for mut planned in chunk.objects {
            let object = known.get(&planned.id);
            if !planned.files.is_empty() {
                let there: HashSet<_> = object.iter().flat_map(|o| &o.files).map(|file| file.file).collect();
                decided.files.push(Wanted { object: planned.id, files: std::mem::take(&mut planned.files), there });
            }
            match object {
                None => decided.new.push(planned),
                Some(object) if compare::stands(object, &planned) => {
                    level_stays(object, &planned, &mut decided.done);
                    decided.done.counts.unchanged += 1;
                }
                Some(_) => differing.push(planned),
            }
        }
        self.compare(differing, &mut decided).await?;
        let news = !decided.new.is_empty() || !decided.changes.is_empty();
        if news && !self.request.check {
            self.acting().await?;
        }
        Ok(decided)
    }

    /// Leaves aside what this archive sent out itself: it would be a second object that says what the first one says.
    fn leave_own(&self, chunk: &mut Chunk) {
        let own = format!("{}/id/", self.archive.stores.addresses.base());
        let is_own = |planned: &mut Planned| {
            planned.source.namespace == xml::OF_ARCHIVES && planned.source.identifier.starts_with(&own)
        };
        for planned in chunk.objects.extract_if(.., is_own) {
            let why = format!("it is a record of this archive ({}): it is left aside", planned.source.identifier);
            chunk.problems.push(Problem::note(planned.place, why));
        }
    }

    /// Compares rows with the histories of their objects, which the ledger has even where the catalogue is behind.
    /// Returns the rows whose objects do not exist.
    pub(super) async fn compare(&self, rows: Vec<Planned>, decided: &mut Decided) -> Result<Vec<Planned>, IngestError> {
        let mut missing = Vec::new();
        if rows.is_empty() {
            return Ok(missing);
        }
        let streams: Vec<Stream> = rows.iter().map(|planned| Stream::Object(planned.id)).collect();
        let before = self.archive.ledger.head().await?.size;
        let mut histories: HashMap<ObjectId, Vec<Recorded>> = HashMap::new();
        for recorded in self.archive.ledger.streams_without(&streams, before, Object::UNFOLDED).await? {
            if let Stream::Object(id) = recorded.envelope.stream {
                histories.entry(id).or_default().push(recorded);
            }
        }
        self.learn_kinds(histories.values().flatten()).await?;
        for planned in rows {
            let Some(history) = histories.get(&planned.id) else {
                missing.push(planned);
                continue;
            };
            let mut object = None;
            for recorded in history {
                Object::fold(&mut object, recorded)?;
            }
            let Some(object) = object else {
                missing.push(planned);
                continue;
            };
            level_stays(&object, &planned, &mut decided.done);
            let claims = compare::claims(history, |batch| self.is_ingest(batch));
            let difference = compare::difference(&object, &planned, &claims);
            if difference.is_empty() {
                decided.done.counts.unchanged += 1;
            } else {
                let (object, version, place) = (object.id, object.version, planned.place);
                decided.changes.push(Change { object, version, difference, place });
            }
        }
        Ok(missing)
    }

    pub(super) fn is_ingest(&self, batch: BatchId) -> bool {
        self.kinds.0.lock().is_ok_and(|kinds| kinds.get(&batch).copied().unwrap_or(false))
    }

    /// Asks the ledger for the kind of every batch that is not known yet.
    pub(super) async fn learn_kinds(&self, events: impl Iterator<Item = &Recorded>) -> Result<(), IngestError> {
        let unknown: Vec<Stream> = {
            let Ok(kinds) = self.kinds.0.lock() else { return Ok(()) };
            let mut seen = HashSet::new();
            let batches = events.filter_map(|recorded| recorded.envelope.batch);
            batches.filter(|id| !kinds.contains_key(id) && seen.insert(*id)).map(Stream::Batch).collect()
        };
        if unknown.is_empty() {
            return Ok(());
        }
        let before = self.archive.ledger.head().await?.size;
        let opened = self.archive.ledger.streams(&unknown, before).await?;
        if let Ok(mut kinds) = self.kinds.0.lock() {
            for recorded in opened {
                if let Some(Event::BatchOpened(body)) = &recorded.event {
                    kinds.insert(body.batch, body.kind == BatchKind::Ingest);
                }
            }
        }
        Ok(())
    }
}

/// A level is given once, at the accession.
fn level_stays(object: &Object, planned: &Planned, done: &mut Done) {
    if object.level != planned.level {
        let (is, said) = (object.level.as_str(), planned.level.as_str());
        let why = format!("the object is of level {is} and stays so; the row says {said}");
        done.problems.push(Problem::warning(planned.place.clone(), why));
    }
}
