//! The lane of answers that need a processor: few at a time, each once for all who ask, and nothing kept that nobody asks
//! for any more.
//!
//! What a pack holds never comes here. The rest takes a permit; too many waiting for permits are sent away, so that
//! memory stays bounded. An image whose pack is not made yet is decoded from its master: a viewer asks for dozens of tiles
//! of it at once, the first asker decodes, the others wait for that.

use std::future::Future;
use std::io::Cursor;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use bytes::Bytes;
use fonds_schemas::{Page, Sha256};
use fonds_workers::picture::{self, Pixels};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::derivatives::Pack;
use crate::iiif::error::Error;
use crate::iiif::image::geometry::Sides;
use crate::iiif::image::render::{self, From, Wholes};
use crate::iiif::image::resolve::Plan;
use crate::iiif::image::write::write;
use crate::storage::StorageError;

/// KiB of decoded masters that are kept while their packs are made.
const MASTERS_KIB_MAX: u64 = 256 << 10;
/// Pixels of an image that is decoded from its master for a viewer: more are shown when their pack is made, a moment later.
const UNPACKED_PIXELS_MAX: u64 = 64_000_000;
/// Bytes of a master that is fetched for that: as many as so many pixels have. One of a thousand pages has more.
const UNPACKED_BYTES_MAX: u64 = 512 << 20;
/// KiB of encoded answers that are kept: a few thousand tiles.
const ANSWERS_KIB_MAX: u64 = 32 << 10;
/// KiB of small images that are kept decoded: some forty of 400 pixels, which are asked for most.
const WHOLES_KIB_MAX: u64 = 16 << 10;
/// How long a decoded master is kept after the last tile of it: a reader who turns the page comes back within it.
const MASTER_IDLE: Duration = Duration::from_secs(45);
/// How long an encoded answer is kept after it was last asked for.
const ANSWER_IDLE: Duration = Duration::from_mins(5);
/// Pieces of work that wait for a permit. Some viewers' worth of tiles; more would wait longer than a reader does.
const WAITING_MAX: usize = 256;

/// Whether a page is decoded from its master while somebody waits; else it is shown when its pack is made.
#[must_use]
pub fn is_decoded_for_a_viewer(page: Page<'_>, sides: Sides) -> bool {
    sides.area() <= UNPACKED_PIXELS_MAX && page.file.bytes <= UNPACKED_BYTES_MAX
}

/// Decodes and renders; made once for a router.
pub struct Engine {
    permits: OnceLock<Arc<Semaphore>>,
    waiting: AtomicUsize,
    /// By the digest of the master and the number of the page.
    masters: Cache<(Sha256, u32), Arc<Pixels>>,
    answers: Cache<String, Bytes>,
    wholes: Wholes,
    tidying: AtomicBool,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine at rest.
    #[must_use]
    pub fn new() -> Self {
        let masters = Cache::builder()
            .max_capacity(MASTERS_KIB_MAX)
            .weigher(|_, pixels: &Arc<Pixels>| kib(pixels.data.len()))
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(MASTER_IDLE)
            .build();
        let answers = Cache::builder()
            .max_capacity(ANSWERS_KIB_MAX)
            .weigher(|_, bytes: &Bytes| kib(bytes.len()))
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(ANSWER_IDLE)
            .build();
        let wholes = Wholes::builder()
            .max_capacity(WHOLES_KIB_MAX)
            .weigher(|_, pixels: &Arc<Pixels>| kib(pixels.data.len()))
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(ANSWER_IDLE)
            .build();
        let (permits, tidying) = (OnceLock::new(), AtomicBool::new(false));
        Self { permits, waiting: AtomicUsize::new(0), masters, answers, wholes, tidying }
    }

    /// The answer of that `ETag`, if it is at hand.
    pub async fn at_hand(&self, etag: &str) -> Option<Bytes> {
        self.answers.get(etag).await
    }

    /// The answer to a plan out of a pack; `etag` names it, and `decodes` answers are worked on at the same time.
    pub async fn of_pack(&self, pack: &Arc<Pack>, plan: &Plan, etag: &str, decodes: usize) -> Result<Bytes, Error> {
        let rendered = self.answers.try_get_with(etag.to_owned(), async {
            let (pack, wholes, plan) = (Arc::clone(pack), self.wholes.clone(), plan.clone());
            let permit = self.permit(decodes).await?;
            blocking(permit, move || answer(&From::Pack(&pack, &wholes), &plan)).await
        });
        Ok(rendered.await?)
    }

    /// The same out of a master whose pack is not made yet; `load` fetches its bytes if they are needed.
    pub async fn of_master<F>(
        self: &Arc<Self>,
        page: Page<'_>,
        sides: Sides,
        plan: &Plan,
        etag: &str,
        decodes: usize,
        load: F,
    ) -> Result<Bytes, Error>
    where
        F: Future<Output = Result<Bytes, StorageError>> + Send + 'static,
    {
        let rendered = self.answers.try_get_with(etag.to_owned(), async {
            let master = self.master(page, sides, decodes, load).await?;
            let plan = plan.clone();
            let permit = self.permit(decodes).await?;
            blocking(permit, move || answer(&From::Master(&master), &plan)).await
        });
        Ok(rendered.await?)
    }

    /// The decoded master. The work goes on when the asker goes away, as viewers do at every turn of the wheel: whoever
    /// asks next would only begin it anew.
    async fn master<F>(
        self: &Arc<Self>,
        page: Page<'_>,
        sides: Sides,
        decodes: usize,
        load: F,
    ) -> Result<Arc<Pixels>, Error>
    where
        F: Future<Output = Result<Bytes, StorageError>> + Send + 'static,
    {
        let (key, media_type) = ((page.file.sha256, page.number), page.file.media_type.clone());
        if let Some(master) = self.masters.get(&key).await {
            return Ok(master);
        }
        let (engine, place) = (Arc::clone(self), page.place());
        let found = tokio::spawn(async move {
            let found = engine.masters.try_get_with(key, async {
                let permit = engine.permit(decodes).await?;
                let bytes = load.await.map_err(Error::Storage)?;
                let work = move || decode(bytes, &media_type, sides, place);
                blocking(permit, work).await.map(Arc::new)
            });
            let found = found.await;
            engine.tidy_up_later();
            found
        });
        Ok(found.await.map_err(|stopped| Error::Render(stopped.to_string()))??)
    }

    async fn permit(&self, decodes: usize) -> Result<OwnedSemaphorePermit, Error> {
        let permits = self.permits.get_or_init(|| Arc::new(Semaphore::new(decodes)));
        if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _place = Place::take(&self.waiting).ok_or(Error::Busy)?;
        Arc::clone(permits).acquire_owned().await.map_err(|closed| Error::Render(closed.to_string()))
    }

    /// The caches drop what is idle only when they are touched: without this, the last image that somebody looked at
    /// would stay in memory all night.
    fn tidy_up_later(self: &Arc<Self>) {
        if !self.tidying.swap(true, Ordering::SeqCst) {
            tokio::spawn(tidy_up(Arc::downgrade(self)));
        }
    }
}

fn answer(from: &From<'_>, plan: &Plan) -> Result<Bytes, Error> {
    write(render::render(from, plan)?, plan.format).map(Bytes::from)
}

fn decode(bytes: Bytes, media_type: &str, sides: Sides, page: u32) -> Result<Pixels, Error> {
    let rows = picture::open(Cursor::new(bytes), media_type, sides, page);
    rows.and_then(|mut rows| picture::read_whole(&mut *rows)).map_err(Error::Undecodable)
}

#[expect(clippy::disallowed_methods, reason = "what is idle is found by letting time pass; nothing waits for this")]
async fn tidy_up(engine: Weak<Engine>) {
    loop {
        tokio::time::sleep(MASTER_IDLE).await;
        let Some(engine) = engine.upgrade() else { return };
        engine.masters.run_pending_tasks().await;
        engine.answers.run_pending_tasks().await;
        engine.wholes.run_pending_tasks();
        engine.tidying.store(false, Ordering::SeqCst);
        let empty = engine.masters.entry_count() == 0 && engine.answers.entry_count() == 0;
        if empty || engine.tidying.swap(true, Ordering::SeqCst) {
            return;
        }
    }
}

/// A place in the queue, given back when it is dropped: also when the asker goes away.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::SeqCst) < WAITING_MAX).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs work that needs a processor. The permit goes with the work: a client that goes away does not free it early.
async fn blocking<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(permit);
        result
    });
    done.await.map_err(|stopped| Error::Render(stopped.to_string()))?
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}
