//! The archive: ledger, bytes and projections put together, and the one door through which everything is read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use fonds_projections::annotations::Mark;
use fonds_projections::feed::{Shelf, Window};
use fonds_projections::files::Placed;
use fonds_projections::graph::Triples;
use fonds_projections::{ProjectionError, Stores, annotations, catalog, feed, files, harvests};
use fonds_schemas::{Act, Addresses, Decision, FileId, Object, ObjectId, Scope, StoredFile, Timestamp, may};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Row as _};
use tokio_util::sync::CancellationToken;

use crate::asking::Asking;
use crate::clock::Clock;
use crate::config::Settings;
use crate::derivatives::{Packs, PacksError, Worker};
use crate::formats;
use crate::keeper::{Keeper, KeeperError};
use crate::ledger::{self, Ledger, LedgerError};
use crate::postgres::{Database, PostgresError};
use crate::projector::ProjectorError;
use crate::rebuild;
use crate::remembered::Remembered;
use crate::storage::{Storage, StorageError};

/// The archive, shared by everything that serves.
pub type App = Arc<Archive>;

/// The schema whose tables answer.
pub const LIVE: &str = "live";
/// Connections to PostgreSQL of one process: projections, the ledger's writer and a few readers on two cores. The
/// private server allows 40.
const CONNECTIONS: u32 = 12;
/// Connections of harvesters, beside those.
const HARVESTERS: u32 = 4;
/// Statements and files of objects that are remembered, of half a kilobyte each.
const REMEMBERED_MAX: u64 = 60_000;
/// Files that are remembered, of half a kilobyte each, or as much for every 64 pages.
const PLACEMENTS_MAX: u64 = 20_000;
/// Images with a text or annotations that are remembered, of some dozen bytes each.
const MARKS_MAX: u64 = 200_000;
/// Windows of the publication feed that are remembered: of the last seconds.
const WINDOWS_MAX: u64 = 64;
/// Lists of shelves that are remembered: there is one, of up to 32,768.
const SHELVES_MAX: u64 = 4 << 15;
/// Objects that are looked up one by one, and then remembered; of more, only what is asked is read.
const ONE_BY_ONE_MAX: usize = 32;

/// Ledger, bytes and projections of one data directory.
pub struct Archive {
    /// What it was told.
    pub settings: Settings,
    /// Where moments come from.
    pub clock: Clock,
    /// Every event.
    pub ledger: Ledger,
    /// Every byte.
    pub storage: Storage,
    /// The tiles that were made of images.
    pub packs: Packs,
    /// What the events amount to.
    pub stores: Stores,
    /// This process's part in folding; see [`Keeper`].
    pub keeper: Keeper,
    /// For harvesters: connections in which nobody ever begins a transaction, so that none needs to be asked first whether
    /// it is free.
    pub harvesters: PgPool,
    /// How to connect as who serves: a rebuild makes its own pool.
    pub serving: PgConnectOptions,
    database: Database,
    objects: Remembered<ObjectId, Arc<Object>>,
    placements: Remembered<FileId, Arc<Placed>>,
    marks: Remembered<ObjectId, Arc<Vec<Mark>>>,
    /// By the second in which it is asked, and the size of the ledger then.
    windows: Remembered<(i64, u64), Window>,
    /// By how many objects are on one of them.
    shelves: Remembered<u64, Arc<Vec<Shelf>>>,
    harvested: Remembered<(), bool>,
}

/// Why the archive cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be made.
    #[error("could not make the data directory {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No database.
    #[error("there is no PostgreSQL to work with")]
    Postgres(#[from] PostgresError),
    /// The database is there but does not let itself be used.
    #[error("could not use the database")]
    Database(#[from] sqlx::Error),
    /// The ledger is not as it must be.
    #[error("could not open the ledger")]
    Ledger(#[from] LedgerError),
    /// The storage root is not as it must be.
    #[error("could not open the storage root")]
    Storage(#[from] StorageError),
    /// The folder of tile packs cannot be used.
    #[error("could not open the folder of tile packs")]
    Packs(#[from] PacksError),
    /// A projection cannot be opened.
    #[error("could not open a projection")]
    Projection(#[from] ProjectionError),
    /// A metadata format is to be published that there is not.
    #[error("could not tell which metadata formats to publish")]
    Formats(#[from] formats::UnknownFormat),
    /// The projector cannot start.
    #[error("could not start the projector")]
    Projector(#[from] ProjectorError),
    /// Who folds cannot be settled.
    #[error("could not find out who keeps the data directory")]
    Keeper(#[from] KeeperError),
}

/// Why something is not shown or done.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// There is no such thing, or the asker may not know that there is.
    #[error("there is no such thing here")]
    Unknown,
    /// It was public and is withdrawn.
    #[error("it was withdrawn")]
    Gone,
    /// This needs a token of that scope.
    #[error("this needs a token with the scope {}", .0.as_str())]
    Needs(Scope),
    /// A projection could not answer.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
}

fn decide(decision: Decision) -> Result<(), Denied> {
    match decision {
        Decision::Allowed => Ok(()),
        Decision::Unknown => Err(Denied::Unknown),
        Decision::Gone => Err(Denied::Gone),
        Decision::Needs(scope) => Err(Denied::Needs(scope)),
    }
}

impl Archive {
    /// Opens everything under the data directory, which is made where it is missing. `doing` is what this process is
    /// for (`serve`, `ingest`), which another one is told that finds the directory kept.
    pub async fn open(settings: Settings, clock: Clock, doing: &str) -> Result<Self, OpenError> {
        // Boxed: what is needed once to open would lie on the stack of every verb.
        Box::pin(Self::open_all(settings, clock, doing)).await
    }

    async fn open_all(settings: Settings, clock: Clock, doing: &str) -> Result<Self, OpenError> {
        crate::choose_tls();
        let data = settings.data.clone();
        std::fs::create_dir_all(&data).map_err(|source| OpenError::Folder { path: data.clone(), source })?;
        let database = Database::open(&settings).await?;
        prepare(&database).await?;
        let serving = database.serving.clone();
        let pg = pool(&serving, LIVE).await?;
        let ledger = Ledger::open(pg.clone(), clock.clone(), &settings.archive.name).await?;
        let storage = Storage::open(&settings).await?;
        let packs = Packs::open(&data)?;
        let addresses = Addresses::new(&rebuild::public_url(&settings, doing));
        let lock = Keeper::claim(&data, doing, &serving).await?;
        // The triples have one owner. A process that does not keep the directory asks no SPARQL.
        let triples =
            if lock.is_some() { Triples::open(&rebuild::graph_folder(&data))? } else { Triples::in_memory()? };
        let language = settings.archive.language.clone();
        let publishing = settings.publishing();
        let formats = formats::published(&settings.oai.formats)?;
        let stores = Stores { pg, triples, formats, addresses, publishing, language };
        let keeper = Keeper::start(lock, &data, &ledger, &stores, &serving, &clock).await?;
        let harvesters = PgPoolOptions::new().max_connections(HARVESTERS).test_before_acquire(false);
        let harvesters = harvesters.connect_lazy_with(serving.clone().options([("search_path", LIVE)]));
        Ok(Self {
            settings,
            clock,
            ledger,
            storage,
            packs,
            stores,
            keeper,
            harvesters,
            serving,
            database,
            objects: Remembered::new(catalog::NAME, REMEMBERED_MAX, |object| {
                1 + object.statements.len() + object.files.iter().map(weight).sum::<usize>()
            }),
            placements: Remembered::new(files::NAME, PLACEMENTS_MAX, |placed| weight(&placed.file)),
            harvested: Remembered::new(harvests::NAME, 1, |_| 1),
            windows: Remembered::new(feed::NAME, WINDOWS_MAX, |_| 1),
            shelves: Remembered::new(feed::NAME, SHELVES_MAX, |shelves| 1 + shelves.len()),
            marks: Remembered::new(annotations::NAME, MARKS_MAX, |marks| 1 + marks.len()),
        })
    }

    /// A worker that makes the tiles of this archive's images.
    #[must_use]
    pub fn worker(&self, stop: CancellationToken) -> Worker {
        Worker::new(
            self.packs.clone(),
            self.storage.clone(),
            self.stores.pg.clone(),
            self.settings.limits.decodes,
            stop,
        )
    }

    /// Waits until everything recorded so far can be found by everybody.
    pub async fn settle(&self) -> Result<(), KeeperError> {
        self.keeper.settle(self).await
    }

    /// Stops folding, lets go of the data directory and, if nobody else uses it, stops the private PostgreSQL.
    pub async fn close(self) -> Result<(), OpenError> {
        let Self { keeper, ledger, stores, harvesters, database, .. } = self;
        let lock = keeper.stop().await;
        // The last one that goes stops the ledger's writer.
        drop(ledger);
        harvesters.close().await;
        stores.pg.close().await;
        drop(stores);
        drop(lock);
        Ok(database.close().await?)
    }

    /// The object as it stands, if the asker may do that to it.
    pub async fn object(&self, asking: Asking, id: ObjectId, act: Act) -> Result<Object, Denied> {
        let found = self.described(id).await?.ok_or(Denied::Unknown)?;
        decide(may(&asking.viewer, &found.standing, act, asking.at))?;
        let mut object = Object::clone(&found);
        self.hide_relations(asking, std::slice::from_mut(&mut object)).await?;
        Ok(object)
    }

    /// The object as it stood when `seq` was the last event. What may be seen is decided by how it stands *today*:
    /// what was withdrawn is not shown by going back.
    pub async fn object_at(&self, asking: Asking, id: ObjectId, seq: u64) -> Result<Object, Denied> {
        let today = self.object(asking, id, Act::See).await?;
        if seq >= today.seq {
            return Ok(today);
        }
        let mut then = catalog::object_at(&self.stores.pg, id, seq).await?.ok_or(Denied::Unknown)?;
        // What was not public when it was said is not shown to the public now: it may be why it was not.
        decide(may(&asking.viewer, &then.standing, Act::See, then.modified_at))?;
        self.hide_relations(asking, std::slice::from_mut(&mut then)).await?;
        Ok(then)
    }

    /// Leaves out relations to what the asker may not see: a relation names its target. For whoever sees everything,
    /// they stay, also to what is still to come.
    pub async fn hide_relations(&self, asking: Asking, objects: &mut [Object]) -> Result<(), ProjectionError> {
        if asking.viewer.holds(Scope::Read) {
            return Ok(());
        }
        let targets = objects.iter().flat_map(|object| &object.relations).map(|relation| relation.target);
        let targets: Vec<ObjectId> = targets.collect();
        if targets.is_empty() {
            return Ok(());
        }
        let seen: BTreeSet<ObjectId> = if targets.len() <= ONE_BY_ONE_MAX {
            self.visible(asking, &targets).await?.iter().map(|object| object.id).collect()
        } else {
            catalog::visible(&self.stores.pg, &asking.viewer, asking.at, &targets).await?
        };
        for object in objects {
            object.relations.retain(|relation| seen.contains(&relation.target));
        }
        Ok(())
    }

    /// The file and its object's id, if the asker may do that to the object.
    pub async fn file(&self, asking: Asking, id: FileId, act: Act) -> Result<Arc<Placed>, Denied> {
        let placed = self.placed(id).await?.ok_or(Denied::Unknown)?;
        decide(may(&asking.viewer, &placed.standing, act, asking.at))?;
        Ok(placed)
    }

    /// Which images of an object have a text or annotations; whoever asks.
    pub async fn marks(&self, id: ObjectId) -> Result<Arc<Vec<Mark>>, ProjectionError> {
        let read = async { annotations::marks(&self.stores.pg, id).await.map(Arc::new).map(Some) };
        Ok(self.marks.get(&self.keeper, id, read).await?.unwrap_or_default())
    }

    /// Those of these objects that the asker may see, in their order: what names a hidden object does not say that it is
    /// there.
    pub async fn visible(&self, asking: Asking, ids: &[ObjectId]) -> Result<Vec<Arc<Object>>, ProjectionError> {
        let mut objects = Vec::new();
        for id in ids {
            objects.extend(self.described(*id).await?);
        }
        objects.retain(|object| may(&asking.viewer, &object.standing, Act::See, asking.at).is_allowed());
        Ok(objects)
    }

    /// How far the publication feed may be read at that moment; `None` while it has not even begun.
    pub async fn window(&self, at: Timestamp) -> Result<Option<Window>, ProjectionError> {
        let ledger_size = *self.ledger.watch().borrow();
        let read = feed::window(&self.stores.pg, at, ledger_size);
        self.windows.get(&self.keeper, (at.seconds(), ledger_size), read).await
    }

    /// The shelves of all public objects, with at most `most` on each. Counting a million takes a second.
    pub async fn shelves(&self, most: u64) -> Result<Arc<Vec<Shelf>>, ProjectionError> {
        let read = async { feed::shelves(&self.harvesters, most).await.map(Arc::new).map(Some) };
        Ok(self.shelves.get(&self.keeper, most, read).await?.unwrap_or_default())
    }

    /// Whether any object was harvested from another repository.
    pub async fn has_harvested(&self) -> Result<bool, ProjectionError> {
        let read = async { harvests::any(&self.stores.pg).await.map(Some) };
        Ok(self.harvested.get(&self.keeper, (), read).await?.unwrap_or(true))
    }

    async fn described(&self, id: ObjectId) -> Result<Option<Arc<Object>>, ProjectionError> {
        let read = async { Ok(catalog::object(&self.stores.pg, id).await?.map(Arc::new)) };
        self.objects.get(&self.keeper, id, read).await
    }

    async fn placed(&self, id: FileId) -> Result<Option<Arc<Placed>>, ProjectionError> {
        let read = async { Ok(files::find(&self.stores.pg, id).await?.map(Arc::new)) };
        self.placements.get(&self.keeper, id, read).await
    }
}

/// How heavy a file is to remember.
fn weight(file: &StoredFile) -> usize {
    1 + file.pages.len() / 64
}

/// Makes the ledger and the schema of the live tables, as the owner of the database.
async fn prepare(database: &Database) -> Result<(), OpenError> {
    let owner = PgPoolOptions::new().max_connections(1).connect_with(database.owner.clone()).await?;
    let role = database.serving.get_username();
    let serving = (role != database.owner.get_username()).then_some(role);
    ledger::migrate(&owner, serving).await?;
    owner.close().await;
    Ok(())
}

/// A pool whose unqualified tables are those of `schema`, which is made where it is missing.
pub async fn pool(serving: &PgConnectOptions, schema: &str) -> Result<PgPool, sqlx::Error> {
    let options = serving.clone().options([("search_path", schema)]);
    let pg = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
    let pg = pg.before_acquire(|connection, _| Box::pin(is_free(connection))).connect_with(options).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("create schema if not exists {schema}"))).execute(&pg).await?;
    Ok(pg)
}

/// Whether a connection is there and in no transaction. One whose user went away while it began a transaction (a visitor
/// who closed the page) comes back to the pool inside it, and whoever wrote next would write into nowhere.
///
/// Asked as one message: of a prepared statement each message would have a time of its own.
async fn is_free(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("select transaction_timestamp() = statement_timestamp()").fetch_one(connection).await?.try_get(0)
}
