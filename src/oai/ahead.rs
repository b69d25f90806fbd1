//! The next page of a list, read while a harvester still reads this one.
//!
//! Harvesters ask for one page after the other: what a page takes to be read from the database they would wait for each
//! time. What was read ahead is served only if nothing was folded into the feed since, so it is what would be read now.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fonds_projections::feed::{self, Contents, Page, Position, Span};
use fonds_projections::{PgPool, ProjectionError};
use tokio::sync::OnceCell;

use super::answer::{PAGE_BYTES_MAX, PAGE_RECORDS_MAX};
use crate::keeper::Keeper;

/// Pages that wait for their harvesters, of two megabytes and a record each. Further harvesters wait for theirs.
const PAGES_MAX: usize = 8;
/// How long a page waits: a harvester that takes longer is not in a hurry, or has gone.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A page that is read or will be.
type Cell = Arc<OnceCell<Arc<Page>>>;

/// Pages that were read ahead.
#[derive(Clone, Default)]
pub struct Ahead(Arc<Mutex<Vec<Waiting>>>);

struct Waiting {
    span: Span<'static>,
    /// How many events the feed had applied.
    applied: u64,
    since: Instant,
    cell: Cell,
}

impl Ahead {
    /// The first records of the stretch, with their payloads.
    pub(super) async fn page(
        &self,
        pg: &PgPool,
        keeper: &Keeper,
        span: Span<'static>,
    ) -> Result<Arc<Page>, ProjectionError> {
        // A process that does not fold does not hear of what is folded.
        let Some(projector) = keeper.projector() else { return read(pg, span).await };
        let applied = projector.applied(feed::NAME);
        let page = match self.take(&span, applied) {
            Some(cell) => cell.get_or_try_init(|| read(pg, span)).await?.clone(),
            None => read(pg, span).await?,
        };
        let last = page.records.last().filter(|_| page.more);
        if let Some(last) = last.filter(|_| projector.applied(feed::NAME) == applied) {
            let after = Position { seq: last.from_seq, object: Some(last.object) };
            self.begin(pg.clone(), Span { after, ..span }, applied);
        }
        Ok(page)
    }

    /// Takes a page out that is as it would be read now.
    fn take(&self, span: &Span<'static>, applied: u64) -> Option<Cell> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.iter().position(|one| one.span == *span && one.applied == applied)?;
        Some(waiting.swap_remove(place).cell)
    }

    /// Begins to read a page, if there is room for it.
    fn begin(&self, pg: PgPool, span: Span<'static>, applied: u64) {
        let cell = Cell::default();
        {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.retain(|one| one.applied == applied && one.since.elapsed() < LONGEST_WAIT);
            if waiting.len() >= PAGES_MAX || waiting.iter().any(|one| one.span == span) {
                return;
            }
            waiting.push(Waiting { span, applied, since: Instant::now(), cell: Arc::clone(&cell) });
        }
        tokio::spawn(async move {
            // Where it fails, the harvester asks again, and is told.
            drop(cell.get_or_try_init(|| read(&pg, span)).await);
        });
    }
}

async fn read(pg: &PgPool, span: Span<'_>) -> Result<Arc<Page>, ProjectionError> {
    let contents = Contents::Payloads { bytes_max: PAGE_BYTES_MAX };
    feed::page(pg, &span, PAGE_RECORDS_MAX, contents).await.map(Arc::new)
}
