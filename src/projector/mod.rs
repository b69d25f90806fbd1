//! The projector: reads the ledger once and hands every projection what it has not applied yet.
//!
//! One process folds at a time, the keeper of the data directory (`keeper`). Projections are independent: one that
//! cannot apply an event stops where it stands and says so in `/readyz`; the others go on. It never skips.

mod fold;
mod lanes;
pub mod status;

use std::sync::Arc;
use std::time::Duration;

use fonds_projections::{ALL, ProjectionError, Stores, catalog, feed};
use fonds_schemas::event::{EmbargoLapsed, PublicationMarked};
use fonds_schemas::{Event, Object, Stream};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::clock::Clock;
use crate::commands::agents::unbatched;
use crate::ledger::{Append, Condition, Ledger, LedgerError};

pub use status::{Standing, Status};

/// Events of one batch: large enough that a commit is a small part of the work, small enough that the batches under way
/// stay in some ten megabytes.
const BATCH_EVENTS: usize = 2_000;
/// Events after which harvesters are told of changes while many are waiting to be folded.
const ROUND_EVENTS: usize = 100_000;
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
    /// A thread of the fold ended early.
    #[error("a thread of the projector ended early")]
    Thread(#[from] tokio::task::JoinError),
    /// The process ends.
    #[error("the projector stops before it has folded everything; what is left is folded at the next start")]
    Stopping,
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
    /// Held while batches are applied; whoever needs the projections to stand still takes it.
    folding: Arc<Mutex<()>>,
    stopping: CancellationToken,
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
        Self::without_indexes(ledger, stores, clock, CancellationToken::new(), true).await
    }

    /// The projector of a rebuild beside this one, into empty stores: indexes come at the end, harvesters are told
    /// nothing, and it stops with this one.
    pub async fn shadow(&self, stores: Stores) -> Result<Self, ProjectorError> {
        for projection in ALL {
            projection.create(&stores).await?;
        }
        let stopping = self.stopping.child_token();
        Self::without_indexes(self.ledger.clone(), stores, self.clock.clone(), stopping, false).await
    }

    async fn without_indexes(
        ledger: Ledger,
        stores: Stores,
        clock: Clock,
        stopping: CancellationToken,
        tells: bool,
    ) -> Result<Self, ProjectorError> {
        let mut standings = Vec::new();
        for projection in ALL {
            let applied = projection.position(&stores).await?;
            standings.push(Standing { name: projection.name().to_owned(), applied, folded: applied, stopped: None });
        }
        let (status, _) = watch::channel(Status { standings });
        Ok(Self { ledger, stores, clock, status: Arc::new(status), folding: Arc::default(), stopping, tells })
    }

    /// Where every projection stands; changes with every batch.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// How many events the projection of that name has applied.
    #[must_use]
    pub fn applied(&self, name: &str) -> u64 {
        self.status.borrow().applied(name)
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

    /// Applies batches until every projection that is not stopped stands at `size` events.
    pub async fn catch_up(&self, size: u64) -> Result<(), ProjectorError> {
        let still = Arc::clone(&self.folding).lock_owned().await;
        self.bring_to(still, size).await.map(drop)
    }

    /// Brings the projections to the end of the ledger and keeps them there, all at the same place, for as long as
    /// the guard lives. Returns that place, too.
    pub async fn hold(&self) -> Result<(Still, u64), ProjectorError> {
        let still = Arc::clone(&self.folding).lock_owned().await;
        let size = self.ledger.head().await?.size;
        Ok((self.bring_to(still, size).await?, size))
    }

    async fn bring_to(&self, still: Still, size: u64) -> Result<Still, ProjectorError> {
        match self.lowest().filter(|from| *from < size) {
            Some(from) => self.fold(still, from, size).await,
            None => Ok(still),
        }
    }

    fn lowest(&self) -> Option<u64> {
        self.status.borrow().lowest()
    }

    /// Stops folding after the batches under way; whoever waits for more is told so.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits until nothing folds any more, and closes the triples.
    pub async fn close(&self) {
        let _still = self.folding.lock().await;
        if let Err(error) = self.stores.triples.close().await {
            error!("the triple store was not written out, so the next start takes longer: {error}");
        }
    }

    /// Cancelled when folding stops.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Takes every projection from where its store says that it stands. What had stopped goes on if it can take the next
    /// event now; and a database that was killed may have forgotten the last batches, whose commits wait for no disk.
    pub async fn resume(&self) -> Result<(), ProjectorError> {
        let _still = self.folding.lock().await;
        for (place, projection) in ALL.iter().enumerate() {
            let standing = self.status.borrow().standings[place].clone();
            let mut applied = projection.position(&self.stores).await?;
            if standing.stopped.is_some() {
                let next = fold::read(&self.ledger, applied, 1).await?;
                if !next.events.is_empty() {
                    if projection.apply(&self.stores, &next).await.is_err() {
                        continue;
                    }
                    projection.commit(&self.stores).await?;
                    applied = next.to();
                }
            } else if applied == standing.applied {
                continue;
            }
            info!(projection.name = standing.name, projection.applied = applied, "{} goes on", standing.name);
            let going = Standing { name: standing.name, applied, folded: applied, stopped: None };
            self.status.send_modify(|status| status.standings[place] = going);
        }
        Ok(())
    }

    /// Brings everything up to date: projections, lapsed embargoes, and what harvesters are told.
    pub async fn settle(&self) -> Result<(), ProjectorError> {
        self.resume().await?;
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
                // Somebody changed the object in between, perhaps by recording the same: there is more to fold, and the next
                // round looks at it again.
                Ok(_) | Err(LedgerError::Conflict { .. }) => recorded = true,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(recorded)
    }

    /// Folds whatever is appended until it is stopped. A database that is away for a moment is waited for.
    pub async fn run(self) {
        let mut size = self.ledger.watch();
        let mut tick = tokio::time::interval(MARK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        info!("the projector folds {} projections", ALL.len());
        loop {
            let due = tokio::select! {
                () = self.stopping.cancelled() => return,
                changed = size.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    false
                }
                _ = tick.tick() => true,
            };
            let stands = *size.borrow_and_update();
            match self.round(stands, due).await {
                Ok(()) | Err(ProjectorError::Stopping) => {}
                Err(error) => error!("the projector waits: {:#}", anyhow::Error::new(error)),
            }
        }
    }

    async fn round(&self, size: u64, due: bool) -> Result<(), ProjectorError> {
        if due {
            self.resume().await?;
        }
        // In steps, so that harvesters learn of what has arrived while more arrives.
        let from = self.lowest().unwrap_or(size);
        for to in (from..size).step_by(ROUND_EVENTS).skip(1) {
            self.catch_up(to).await?;
            self.tell().await?;
        }
        self.catch_up(size).await?;
        if due && self.tell().await? {
            let size = self.ledger.head().await?.size;
            self.catch_up(size).await?;
        }
        Ok(())
    }
}

/// The state of an object in whichever form the fold needs it.
type Folded = Arc<Object>;
/// Held while projections move.
pub type Still = OwnedMutexGuard<()>;
