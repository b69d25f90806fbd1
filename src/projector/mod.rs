//! The projector: reads the ledger once and hands every projection what it has not applied yet.
//!
//! One process folds at a time, the keeper of the data directory (`keeper`). Projections are independent: one that
//! cannot apply an event stops where it stands and says so in `/readyz`; the others go on. It never skips.

mod fold;
pub mod status;

use std::sync::Arc;
use std::time::Duration;

use fonds_projections::{ALL, Projection, ProjectionError, Stores, catalog, feed};
use fonds_schemas::event::{EmbargoLapsed, PublicationMarked};
use fonds_schemas::{Event, Object, Stream};
use futures::future::join_all;
use tokio::sync::{Mutex, watch};
use tracing::{error, info};

use crate::clock::Clock;
use crate::commands::agents::unbatched;
use crate::ledger::{Append, Condition, Ledger, LedgerError};

pub use status::{Standing, Status};

/// Events of one batch: large enough that a commit is a small part of the work, small enough that a batch of long
/// records stays in some ten megabytes.
const BATCH_EVENTS: u32 = 4_000;
/// How often harvesters learn of changes while many arrive, and how often embargoes are looked at.
const MARK_EVERY: Duration = Duration::from_secs(1);

/// Why the projector cannot go on at all.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// The ledger cannot be read or appended to.
    #[error("the projector could not use the ledger")]
    Ledger(#[from] LedgerError),
    /// A projection cannot say where it stands.
    #[error("the projector could not ask a projection")]
    Projection(#[from] ProjectionError),
    /// The history of an object contradicts itself.
    #[error("the projector could not fold the events of an object")]
    History(#[from] fonds_schemas::object::BadHistory),
}

/// Reads the ledger and folds it into every projection of [`ALL`].
#[derive(Clone)]
pub struct Projector {
    ledger: Ledger,
    stores: Stores,
    clock: Clock,
    status: Arc<watch::Sender<Status>>,
    /// Held while a batch is applied; whoever needs the projections to stand still takes it.
    folding: Arc<Mutex<()>>,
    /// Whether harvesters are told: a rebuild's shadow only repeats what was told before.
    tells: bool,
}

impl Projector {
    /// A projector that makes missing tables and knows where each projection stands.
    pub async fn open(ledger: Ledger, stores: Stores, clock: Clock) -> Result<Self, ProjectorError> {
        for projection in ALL {
            projection.create(&stores).await?;
            projection.index(&stores).await?;
        }
        Self::without_indexes(ledger, stores, clock, true).await
    }

    /// The projector of a rebuild: tables exist, indexes come at the end, harvesters are told nothing.
    pub async fn for_shadow(ledger: Ledger, stores: Stores, clock: Clock) -> Result<Self, ProjectorError> {
        for projection in ALL {
            projection.create(&stores).await?;
        }
        Self::without_indexes(ledger, stores, clock, false).await
    }

    async fn without_indexes(
        ledger: Ledger,
        stores: Stores,
        clock: Clock,
        tells: bool,
    ) -> Result<Self, ProjectorError> {
        let mut standings = Vec::new();
        for projection in ALL {
            let applied = projection.position(&stores).await?;
            standings.push(Standing { name: projection.name().to_owned(), applied, stopped: None });
        }
        let (status, _) = watch::channel(Status { standings });
        Ok(Self { ledger, stores, clock, status: Arc::new(status), folding: Arc::default(), tells })
    }

    /// Where every projection stands; changes with every batch.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// The ledger that it reads.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Where it folds to.
    #[must_use]
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Where it takes the time from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Keeps the projections still for as long as the guard lives.
    pub async fn hold(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.folding.lock().await
    }

    /// Applies batches until every projection that is not stopped stands at `size` events.
    pub async fn catch_up(&self, size: u64) -> Result<(), ProjectorError> {
        let mut next = None;
        loop {
            let Some(from) = self.status.borrow().lowest().filter(|from| *from < size) else { return Ok(()) };
            let batch = match next.take() {
                Some(batch) => batch,
                None => fold::read(&self.ledger, from, limit(from, size)).await?,
            };
            let to = batch.to();
            if to == from {
                return Ok(());
            }
            // While the stores apply this batch, the next is read and folded.
            let ahead = async {
                if to < size { fold::read(&self.ledger, to, limit(to, size)).await.map(Some) } else { Ok(None) }
            };
            let (ahead, ()) = tokio::join!(ahead, self.apply(&batch));
            next = ahead?.filter(|batch| self.status.borrow().lowest() == Some(batch.from));
        }
    }

    async fn apply(&self, batch: &fonds_projections::Batch) {
        let _still = self.folding.lock().await;
        let standings = self.status.borrow().standings.clone();
        let work =
            ALL.iter().zip(&standings).map(|(projection, standing)| self.apply_one(*projection, standing, batch));
        let standings = join_all(work).await;
        self.status.send_replace(Status { standings });
    }

    async fn apply_one(
        &self,
        projection: &dyn Projection,
        standing: &Standing,
        batch: &fonds_projections::Batch,
    ) -> Standing {
        let mut standing = standing.clone();
        let rest = if standing.stopped.is_none() { batch.since(standing.applied) } else { None };
        let Some(rest) = rest.filter(|rest| rest.from == standing.applied) else { return standing };
        match projection.apply(&self.stores, &rest).await {
            Ok(()) => standing.applied = rest.to(),
            Err(error) => {
                let why = format!("{:#}", anyhow::Error::new(error));
                error!(
                    projection.name = standing.name,
                    projection.applied = standing.applied,
                    "{} stops: {why}",
                    standing.name
                );
                standing.stopped = Some(why);
            }
        }
        standing
    }

    /// Brings everything up to date: projections, lapsed embargoes, and what harvesters are told.
    pub async fn settle(&self) -> Result<(), ProjectorError> {
        loop {
            let size = self.ledger.head().await?.size;
            self.catch_up(size).await?;
            if !self.tell().await? {
                return Ok(());
            }
        }
    }

    /// Records lapsed embargoes and marks what became visible; says whether anything was recorded.
    async fn tell(&self) -> Result<bool, ProjectorError> {
        if !self.tells || self.status.borrow().stopped(&["catalog", "feed"]) {
            return Ok(false);
        }
        let lapsed = self.record_lapsed().await?;
        if let Some(through) = feed::unpublished(&self.stores.pg).await? {
            let mark = Event::PublicationMarked(PublicationMarked { through });
            self.ledger.append(Append { drafts: vec![unbatched(mark)], conditions: Vec::new() }).await?;
            return Ok(true);
        }
        Ok(lapsed)
    }

    async fn record_lapsed(&self) -> Result<bool, ProjectorError> {
        let mut recorded = false;
        for (object, version, until) in catalog::lapsed(&self.stores.pg, self.clock.now()).await? {
            let event = Event::EmbargoLapsed(EmbargoLapsed { object, until });
            let unchanged = Condition::StreamAt(Stream::Object(object), version);
            match self.ledger.append(Append { drafts: vec![unbatched(event)], conditions: vec![unchanged] }).await {
                Ok(_) => recorded = true,
                // Somebody changed the object in between; the next round looks at it again.
                Err(LedgerError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(recorded)
    }

    /// Folds whatever is appended until `stop` says so. A database that is away for a moment is waited for.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut size = self.ledger.watch();
        let mut tick = tokio::time::interval(MARK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        info!("the projector folds {} projections", ALL.len());
        loop {
            let due = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                changed = size.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    false
                }
                _ = tick.tick() => true,
            };
            let stands = *size.borrow_and_update();
            if let Err(error) = self.round(stands, due).await {
                error!("the projector waits: {:#}", anyhow::Error::new(error));
            }
        }
    }

    async fn round(&self, size: u64, due: bool) -> Result<(), ProjectorError> {
        self.catch_up(size).await?;
        if due && self.tell().await? {
            let size = self.ledger.head().await?.size;
            self.catch_up(size).await?;
        }
        Ok(())
    }
}

fn limit(from: u64, size: u64) -> u32 {
    u32::try_from(size - from).unwrap_or(BATCH_EVENTS).min(BATCH_EVENTS)
}

/// The state of an object in whichever form the fold needs it.
type Folded = Arc<Object>;
