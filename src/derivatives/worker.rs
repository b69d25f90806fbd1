//! The worker that makes tile packs: every page of every image, in the order in which they came, once.
//!
//! Where it stands is a place in the ledger, in a file beside the packs: killed, it goes on from there, and what it had
//! made is found. Its threads are of low priority, so that who looks at images does not wait for those that are made.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fonds_projections::files::{self, Placed};
use fonds_projections::{PgPool, ProjectionError};
use fonds_schemas::StoredFile;
use fonds_workers::pack::PIPELINE;
use fonds_workers::picture::MEDIA_TYPES;
use rustix::process::setpriority_process;
use rustix::thread::gettid;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::{Found, Master, Packs, PacksError};
use crate::projector::Status;
use crate::storage::{Storage, StorageError};

/// The file that says where the worker stands.
const CURSOR: &str = "done";
/// Files that are looked at at once.
const PAGE: u32 = 256;
/// Pixels of an image that is made alone: two such at once would take a gigabyte each.
const ALONE_PIXELS: u64 = 50_000_000;
/// How much less the system's scheduler favours the threads that decode: half way down.
const NICENESS: i32 = 10;

/// Why the worker stopped.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The folder of packs cannot be used.
    #[error(transparent)]
    Packs(#[from] PacksError),
    /// It is not known which files there are.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The bytes of a master cannot be read.
    #[error("could not read the bytes of file {file}")]
    Storage {
        /// Which.
        file: fonds_schemas::FileId,
        /// Why.
        #[source]
        source: StorageError,
    },
    /// A thread could not be started.
    #[error("could not start a thread that decodes")]
    Thread(#[source] std::io::Error),
}

/// What was made since the worker was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Made {
    /// Packs.
    pub made: u64,
    /// Images, or pages of them, of which none can be made; the reasons are written down.
    pub failed: u64,
}

/// How many files were not looked at yet, images or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting(pub u64);

/// How long to wait before trying again where something was in the way.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Makes packs.
pub struct Worker {
    packs: Packs,
    storage: Storage,
    pg: PgPool,
    permits: Arc<Semaphore>,
    parallel: u32,
    stop: CancellationToken,
    made: AtomicU64,
    failed: AtomicU64,
}

/// The right to make packs in one folder, held until it is dropped or the process dies.
pub struct Alone(#[expect(dead_code, reason = "what is held is the lock on it")] File);

impl Worker {
    /// A worker that makes `parallel` packs at once and stops when it is told.
    #[must_use]
    pub fn new(packs: Packs, storage: Storage, pg: PgPool, parallel: usize, stop: CancellationToken) -> Self {
        let parallel = u32::try_from(parallel.max(1)).unwrap_or(1);
        let permits = Arc::new(Semaphore::new(parallel as usize));
        let (made, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { packs, storage, pg, permits, parallel, stop, made, failed }
    }

    /// What came of it so far.
    pub fn so_far(&self) -> Made {
        Made { made: self.made.load(Ordering::Relaxed), failed: self.failed.load(Ordering::Relaxed) }
    }

    /// How much is left.
    pub async fn waiting(&self) -> Result<Waiting, WorkerError> {
        Ok(Waiting(files::count_after(&self.pg, self.cursor()).await?))
    }

    /// Takes the right to work, unless another process has it.
    pub fn alone(&self) -> Result<Option<Alone>, PacksError> {
        let path = self.packs.folder().join("lock");
        let failed = |source| PacksError { path: path.clone(), doing: "taking the lock", source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Alone(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Makes what is missing, now and whenever files were added, until it is told to stop. `moved` changes when the
    /// projections move on.
    pub async fn keep(&self, mut moved: watch::Receiver<Status>) {
        while !self.stop.is_cancelled() {
            let before = moved.borrow_and_update().applied(files::NAME);
            match self.alone() {
                Ok(Some(_alone)) => match self.catch_up(&|_made| ()).await {
                    Ok(()) => {
                        tokio::select! {
                            () = self.stop.cancelled() => {}
                            // An error: nothing will move any more, and the process ends.
                            _ = moved.wait_for(|status| status.applied(files::NAME) > before) => {}
                        }
                        continue;
                    }
                    Err(error) => {
                        error!(error = &error as &dyn std::error::Error, "tiles are not made at the moment: {error}");
                    }
                },
                Ok(None) => debug!("another process makes the tiles"),
                Err(error) => error!(error = &error as &dyn std::error::Error, "tiles cannot be made: {error}"),
            }
            // Whether it was told to stop or the time is over, the loop sees.
            drop(tokio::time::timeout(AGAIN_AFTER, self.stop.cancelled()).await);
        }
    }

    /// Makes what is missing, until nothing is or it is told to stop; `each` is told of every image that is done with.
    ///
    /// A master whose bytes cannot be read now is left for the next time, and does not keep the others from being made.
    pub async fn catch_up(&self, each: &(dyn Fn(Made) + Sync)) -> Result<(), WorkerError> {
        let mut behind = self.cursor();
        let mut unread = None;
        loop {
            let page = files::stored_after(&self.pg, behind, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            behind = *last;
            for seq in self.make_page(page, each).await? {
                unread = unread.min(Some(seq)).or(Some(seq));
            }
            if self.stop.is_cancelled() {
                break;
            }
            self.stand_at(unread.map_or(behind, |first: u64| first.saturating_sub(1)))?;
        }
        Ok(())
    }

    /// Makes the packs of some files; says in whose place in the ledger bytes could not be read.
    async fn make_page(&self, page: Vec<(u64, Placed)>, each: &(dyn Fn(Made) + Sync)) -> Result<Vec<u64>, WorkerError> {
        let mut tasks = JoinSet::new();
        let mut unread = Vec::new();
        let images = page.into_iter().filter(|(_, placed)| is_image(&placed.file));
        for (seq, placed) in images {
            let Some(permit) = self.permit(&placed.file).await else { break };
            let (packs, storage, stop) = (self.packs.clone(), self.storage.clone(), self.stop.clone());
            tasks.spawn(async move {
                let outcome = make(&packs, &storage, placed.file, stop).await;
                drop(permit);
                (seq, outcome)
            });
            while let Some(done) = tasks.try_join_next() {
                unread.extend(self.count(done, each)?);
            }
        }
        while let Some(done) = tasks.join_next().await {
            unread.extend(self.count(done, each)?);
        }
        Ok(unread)
    }

    /// The right to decode a file, page after page; `None` when told to stop. A large image takes all there is.
    async fn permit(&self, file: &StoredFile) -> Option<OwnedSemaphorePermit> {
        let mut sides = file.all_pages().filter_map(|page| page.sides);
        let is_large = sides.any(|(width, height)| u64::from(width) * u64::from(height) > ALONE_PIXELS);
        let share = if is_large { self.parallel } else { 1 };
        let permit = Arc::clone(&self.permits).acquire_many_owned(share);
        tokio::select! {
            () = self.stop.cancelled() => None,
            permit = permit => permit.ok(),
        }
    }

    fn count(
        &self,
        done: Result<Outcome, JoinError>,
        each: &(dyn Fn(Made) + Sync),
    ) -> Result<Option<u64>, WorkerError> {
        let (seq, outcome) = done.map_err(|stopped| WorkerError::Thread(std::io::Error::other(stopped)))?;
        let Made { made, failed } = match outcome {
            Ok(made) => made,
            Err(error @ WorkerError::Storage { .. }) => {
                warn!(error = &error as &dyn std::error::Error, "{error}");
                return Ok(Some(seq));
            }
            Err(error) => return Err(error),
        };
        self.made.fetch_add(made, Ordering::Relaxed);
        self.failed.fetch_add(failed, Ordering::Relaxed);
        if made + failed > 0 {
            each(self.so_far());
        }
        Ok(None)
    }

    /// The place in the ledger up to which every file was looked at by this pipeline.
    fn cursor(&self) -> u64 {
        let text = std::fs::read_to_string(self.packs.folder().join(CURSOR)).unwrap_or_default();
        let place = text.trim().split_once(' ').filter(|(pipeline, _)| *pipeline == PIPELINE.to_string());
        place.and_then(|(_, seq)| seq.parse().ok()).unwrap_or_default()
    }

    fn stand_at(&self, seq: u64) -> Result<(), PacksError> {
        let path = self.packs.folder().join(CURSOR);
        let draft = path.with_extension("draft");
        let written =
            std::fs::write(&draft, format!("{PIPELINE} {seq}\n")).and_then(|()| std::fs::rename(&draft, &path));
        written.map_err(|source| PacksError { path, doing: "writing where the worker stands", source })
    }
}

type Outcome = (u64, Result<Made, WorkerError>);

/// Whether a file is of a kind that is cut into tiles.
fn is_image(file: &StoredFile) -> bool {
    file.is_image() && MEDIA_TYPES.contains(&file.media_type.as_str())
}

/// Makes the packs of a file that are not there, page after page. What came of a page does not matter to the others; told
/// to stop, it leaves the rest for the next time.
async fn make(
    packs: &Packs,
    storage: &Storage,
    file: StoredFile,
    stop: CancellationToken,
) -> Result<Made, WorkerError> {
    let file = Arc::new(file);
    let (mut all, mut opened) = (Made::default(), None);
    for page in file.all_pages() {
        let (looking, master) = (packs.clone(), Master::of(page));
        // What is on the disk, not what is held open: the folder may have been emptied.
        let there = tokio::task::spawn_blocking(move || looking.look(master)).await;
        match there.map_err(|stopped| WorkerError::Thread(std::io::Error::other(stopped)))?? {
            Found::Pack(_) | Found::Failed(_) => continue,
            Found::Nothing => {}
        }
        // Once for all pages: the bytes may come from far away.
        let bytes = if let Some(bytes) = &opened {
            Arc::clone(bytes)
        } else {
            let bytes = storage.open_file(&file.path).await;
            let bytes = bytes.map_err(|source| WorkerError::Storage { file: file.file, source })?;
            Arc::clone(opened.insert(Arc::new(bytes)))
        };
        match make_one(packs, &file, page.number, bytes, stop.clone()).await? {
            Some(Found::Pack(_)) => all.made += 1,
            Some(Found::Failed(why)) => {
                info!(file.id = %file.file, "no tiles are made of {}: {why}", page.id());
                all.failed += 1;
            }
            Some(Found::Nothing) => {}
            None => break,
        }
    }
    Ok(all)
}

/// Makes the pack of a page; `None` where it was told to stop.
async fn make_one(
    packs: &Packs,
    file: &Arc<StoredFile>,
    number: u32,
    bytes: Arc<File>,
    stop: CancellationToken,
) -> Result<Option<Found>, WorkerError> {
    let (making, of) = (packs.clone(), Arc::clone(file));
    let work = move || of.page(number).map(|page| making.make(page, bytes, &|| !stop.is_cancelled()));
    if let Some(made) = in_background(work).await.map_err(WorkerError::Thread)? {
        return Ok(made.transpose()?.flatten());
    }
    // A decoder that panics is a bug of a library: it must not come again with every start.
    let why = "its decoder broke down".to_owned();
    packs.note(Master { sha256: file.sha256, page: number }, &why)?;
    Ok(Some(Found::Failed(why)))
}

/// Runs work on a thread of its own that others go before; `None` where it panicked.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> std::io::Result<Option<T>> {
    let (send, receive) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("packs".to_owned()).spawn(move || {
        // Linux counts niceness by thread. Where it is refused, the work is only less polite.
        if let Err(error) = setpriority_process(Some(gettid()), NICENESS) {
            debug!("the thread that makes packs goes before others: {error}");
        }
        // Whoever waited may have gone.
        drop(send.send(work()));
    })?;
    Ok(receive.await.ok())
}
