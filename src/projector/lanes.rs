//! One reading of the ledger, folded by every projection at its own pace.
//!
//! A reader decodes batches and hands each to a lane a projection. Reader and lanes each have a thread, so that what they
//! compute holds up nobody who is being served.

use std::sync::Arc;

use fonds_projections::{ALL, Batch, ProjectionError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::error;

use super::{BATCH_EVENTS, Projector, ProjectorError, Standing, Still, fold};

/// Batches that wait before a lane: enough that no lane waits for another one's commit.
const BATCHES_AHEAD: usize = 2;

impl Projector {
    /// Brings every projection that is not stopped to `size` events. Goes on to the end when the caller goes away:
    /// what folds must never be overtaken by another fold.
    pub(super) async fn fold(&self, still: Still, from: u64, size: u64) -> Result<Still, ProjectorError> {
        let projector = self.clone();
        let folded = async move { projector.in_lanes(from, size).await.map(|()| still) };
        tokio::spawn(folded).await?
    }

    async fn in_lanes(self, from: u64, size: u64) -> Result<(), ProjectorError> {
        let (senders, lanes): (Vec<_>, Vec<_>) = (0..ALL.len())
            .map(|place| {
                let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
                (sender, in_thread(self.clone().lane(place, receiver)))
            })
            .unzip();
        let read = in_thread(self.clone().read(from, size, senders)).await;
        for lane in lanes {
            lane.await?;
        }
        read?
    }

    /// Reads up to `size` for all lanes. That it ends is how they know that there is no more.
    async fn read(self, from: u64, size: u64, lanes: Vec<mpsc::Sender<Arc<Batch>>>) -> Result<(), ProjectorError> {
        let mut from = from;
        while from < size {
            if self.stopping.is_cancelled() {
                return Err(ProjectorError::Stopping);
            }
            let limit = usize::try_from(size - from).unwrap_or(BATCH_EVENTS).min(BATCH_EVENTS);
            let batch = Arc::new(fold::read(&self.ledger, from, limit).await?);
            if batch.events.is_empty() {
                return Ok(());
            }
            from = batch.to();
            for lane in &lanes {
                if lane.send(Arc::clone(&batch)).await.is_err() {
                    // It panicked, which whoever waits for it will find; the others finish what they have.
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Applies what arrives to the projection at `place` of [`ALL`].
    async fn lane(self, place: usize, mut batches: mpsc::Receiver<Arc<Batch>>) {
        let projection = ALL[place];
        let mut standing = self.status.borrow().standings[place].clone();
        standing.folded = standing.applied;
        while let Some(batch) = batches.recv().await {
            let rest = if standing.stopped.is_none() { batch.since(standing.folded) } else { None };
            let Some(rest) = rest.filter(|rest| rest.from == standing.folded) else { continue };
            match projection.apply(&self.stores, &rest).await {
                Ok(()) => standing.folded = rest.to(),
                Err(error) => stop(&mut standing, error),
            }
            if !projection.is_staged() {
                standing.applied = standing.folded;
            }
            self.publish(place, &standing);
        }
        if standing.applied < standing.folded && standing.stopped.is_none() {
            match projection.commit(&self.stores).await {
                Ok(()) => standing.applied = standing.folded,
                Err(error) => stop(&mut standing, error),
            }
            self.publish(place, &standing);
        }
    }

    fn publish(&self, place: usize, standing: &Standing) {
        self.status.send_modify(|status| status.standings[place].clone_from(standing));
    }
}

fn stop(standing: &mut Standing, error: ProjectionError) {
    let why = format!("{:#}", anyhow::Error::new(error));
    let (name, applied) = (&standing.name, standing.applied);
    error!(projection.name = name, projection.applied = applied, "{name} stops: {why}");
    standing.stopped = Some(why);
}

/// Runs what computes between its waits in a thread of its own.
fn in_thread<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work))
}
