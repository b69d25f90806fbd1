//! Taking a page in: its records through the pipeline of ingest, those that are gone withdrawn, and then the event that says
//! so and how the list goes on. Only when that is durable, the next page is asked for.

use std::collections::{BTreeMap, BTreeSet};

use fonds_projections::harvests;
use fonds_schemas::event::Harvested;
use fonds_schemas::{HarvestedRecord, ObjectId, Timestamp};

use super::HarvestError;
use super::limits::{EVENT_BYTES_MAX, TOLD_BYTES_MAX};
use super::page::Page;
use super::walk::{Leads, Walk};
use crate::ingest::limits::{CHUNK_BYTES, CHUNK_OBJECTS};
use crate::ingest::plan::{self, Planned};
use crate::ingest::problem::{Place, Problem};
use crate::ingest::reader::Chunk;

/// Whether a page leaves a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// In any case: a list of many pages goes on from there.
    Always,
    /// Only if it brings news: who asks every five minutes does not fill the ledger.
    News,
}

impl Walk<'_> {
    /// Takes in a page that leads there.
    pub(super) async fn keep(&mut self, mut page: Page, leads: Leads, keeps: Keeps) -> Result<(), HarvestError> {
        self.report.pages += 1;
        self.report.records += page.answer.records.len() as u64;
        for problem in std::mem::take(&mut page.problems) {
            self.report.note(problem);
        }
        self.report.is_unmapped(std::mem::take(&mut page.unmapped));
        let mut objects: BTreeMap<String, Vec<ObjectId>> = BTreeMap::new();
        for (planned, header) in &page.objects {
            objects.entry(header.clone()).or_default().push(planned.id);
        }
        let before = self.report.counts;
        for chunk in chunks(std::mem::take(&mut page.objects)) {
            let done = self.run.take(chunk).await?;
            let counts = &mut self.report.counts;
            counts.accessioned += done.counts.accessioned;
            counts.described += done.counts.described;
            counts.unchanged += done.counts.unchanged;
            for problem in done.problems {
                self.report.note(problem);
            }
        }
        self.withdraw(&page, &mut objects).await?;
        let after = self.report.counts;
        let has_changed = (before.accessioned, before.described) != (after.accessioned, after.described);
        let records = told(&page, objects, &mut |why| {
            self.report.note(Problem::warning(Place::file(&self.report.source.clone()), why));
        });
        let is_news = keeps == Keeps::Always || has_changed || self.are_news(&records).await?;
        match leads {
            Leads::To(token) => self.list.go_on(token),
            Leads::Nowhere => {}
            Leads::Back => self.list.begin_anew(),
        }
        if is_news && !self.request.check {
            self.record(&page.answer.response_date, records).await?;
        }
        Ok(())
    }

    /// Withdraws what is gone there, and notes what it is here.
    async fn withdraw(
        &mut self,
        page: &Page,
        objects: &mut BTreeMap<String, Vec<ObjectId>>,
    ) -> Result<(), HarvestError> {
        let gone: Vec<_> = page.headers().filter(|header| header.deleted).collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.report.deleted += gone.len() as u64;
        // What a record became here, its parts included, must be known also of the pages before.
        if !self.request.check {
            self.archive.settle().await?;
        }
        let base = self.client.base().to_owned();
        let names: Vec<&str> = gone.iter().map(|header| header.identifier.as_str()).collect();
        let known = harvests::known(&self.archive.stores.pg, &base, &names).await?;
        for chunk in gone.chunks(CHUNK_OBJECTS) {
            let mut asked: BTreeMap<ObjectId, &str> = BTreeMap::new();
            let mut places = Vec::new();
            for header in chunk {
                let derived = ObjectId::derived(&self.namespace, &header.identifier);
                let parts = known.iter().filter(|(_, name, ..)| *name == header.identifier).map(|(object, ..)| *object);
                for object in std::iter::once(derived).chain(parts) {
                    if asked.insert(object, &header.identifier).is_none() {
                        let place = Place { line: Some(header.line), ..Place::file(&base) };
                        places.push((object, place));
                    }
                }
            }
            let reason = format!("deleted from {base}, where it was harvested");
            let came = self.run.withdraw(places, &reason).await?;
            self.report.withdrawn += came.count;
            self.report.counts.described += came.count;
            for object in came.here {
                if let Some(name) = asked.get(&object) {
                    objects.entry((*name).to_owned()).or_default().push(object);
                }
            }
            for problem in came.problems {
                self.report.note(problem);
            }
        }
        Ok(())
    }

    /// Whether something of the records is not known yet.
    async fn are_news(&self, records: &[HarvestedRecord]) -> Result<bool, HarvestError> {
        let names: Vec<&str> = records.iter().map(|record| record.identifier.as_str()).collect();
        let known = harvests::known(&self.archive.stores.pg, self.client.base(), &names).await?;
        let known: BTreeSet<(ObjectId, String, String, bool)> = known.into_iter().collect();
        Ok(records.iter().any(|record| {
            let HarvestedRecord { datestamp, deleted, identifier, objects, .. } = record;
            objects.iter().any(|id| !known.contains(&(*id, identifier.clone(), datestamp.clone(), *deleted)))
        }))
    }

    /// When the repository answered. One that does not know the time has answered now.
    fn moment(&self, response_date: &str) -> String {
        let read = Timestamp::parse(response_date.trim());
        read.unwrap_or_else(|_no_moment| self.archive.clock.now()).to_seconds_string()
    }

    /// Records that the page is here, and how the list goes on.
    async fn record(&mut self, response_date: &str, records: Vec<HarvestedRecord>) -> Result<(), HarvestError> {
        let list = &self.list;
        let event = Harvested {
            base_url: self.client.base().to_owned(),
            complete: list.complete.clone(),
            from: list.from.clone(),
            harvest: self.harvest,
            metadata_namespace: self.format.namespace.clone(),
            namespace: self.namespace.clone(),
            prefix: self.format.prefix.clone(),
            records: Vec::new(),
            response_date: self.moment(response_date),
            set: list.set.clone(),
            started: crate::ingest::problem::escape(&list.started),
            token: list.token.clone(),
            until: list.until.clone(),
        };
        let mut events = Vec::new();
        for records in pieces(records) {
            events.push(Harvested { records, ..event.clone() });
        }
        let acting = self.run.acting().await?;
        self.version = self.archive.record_harvest(acting, self.harvest, self.version, events).await?;
        // What leaves no trace is asked for again.
        self.report.complete.clone_from(&self.list.complete);
        Ok(())
    }
}

/// What the event tells of the records that are something here.
fn told(
    page: &Page,
    mut objects: BTreeMap<String, Vec<ObjectId>>,
    warn: &mut dyn FnMut(String),
) -> Vec<HarvestedRecord> {
    let mut records = Vec::new();
    for header in page.headers() {
        let Some(mut objects) = objects.remove(&header.identifier) else { continue };
        objects.sort();
        objects.dedup();
        let (identifier, datestamp, deleted) = (header.identifier.clone(), header.datestamp.clone(), header.deleted);
        records.push(HarvestedRecord { datestamp, deleted, earlier: header.earlier.clone(), identifier, objects });
    }
    if records.iter().map(bytes).sum::<usize>() > TOLD_BYTES_MAX {
        warn(format!("where its records come from is told in more than {TOLD_BYTES_MAX} bytes, and is left out"));
        for record in &mut records {
            record.earlier.clear();
        }
    }
    records
}

/// About how many bytes an event needs for a record.
fn bytes(record: &HarvestedRecord) -> usize {
    let earlier = record.earlier.iter().map(|origin| {
        let texts = [&origin.base_url, &origin.datestamp, &origin.harvest_date, &origin.identifier];
        texts.iter().map(|text| text.len()).sum::<usize>() + origin.metadata_namespace.len() + 100
    });
    record.identifier.len() + 100 + record.objects.len() * 20 + earlier.sum::<usize>()
}

/// The records in pieces that events can hold; one piece at least, because it says how the list goes on.
fn pieces(records: Vec<HarvestedRecord>) -> Vec<Vec<HarvestedRecord>> {
    let mut pieces = vec![Vec::new()];
    let mut filled = 0;
    for record in records {
        let bytes = bytes(&record);
        if filled > 0 && filled + bytes > EVENT_BYTES_MAX {
            pieces.push(Vec::new());
            filled = 0;
        }
        filled += bytes;
        if let Some(last) = pieces.last_mut() {
            last.push(record);
        }
    }
    pieces
}

/// The objects in chunks as ingest takes them.
fn chunks(objects: Vec<(Planned, String)>) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut filled = usize::MAX;
    for (planned, _) in objects {
        let bytes = plan::bytes(&planned.statements);
        let is_full = chunks.last().is_none_or(|chunk| chunk.objects.len() >= CHUNK_OBJECTS) || filled >= CHUNK_BYTES;
        if is_full {
            chunks.push(Chunk::default());
            filled = 0;
        }
        filled += bytes;
        if let Some(chunk) = chunks.last_mut() {
            chunk.objects.push(planned);
            chunk.rows += 1;
        }
    }
    chunks
}
