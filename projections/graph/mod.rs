//! Who made what where: EDM and PROV-O triples in Oxigraph, read by SPARQL.
//!
//! What the public may see stands in the default graph, and queries reach nothing else ([`query`]); named graphs hold
//! what they must not reach (`fold`). An object under embargo comes into sight with the event `embargo_lapsed`, or
//! with any other event after its moment. The position is a quad in the transaction of the quads that it speaks of.

mod cost;
pub mod dcat;
pub mod edm;
mod fold;
mod prov;
pub mod query;
mod stage;
mod vocabulary;
pub mod void;
pub mod write;

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use fonds_schemas::{Addresses, Sha256};
use oxigraph::model::vocab::xsd;
use oxigraph::model::{GraphNameRef, Literal, NamedNodeRef, Quad, Term};
use oxigraph::store::{StorageError, Store};
use sha2::{Digest as _, Sha256 as Algorithm};
use tokio::sync::Mutex;

use self::stage::Stage;
use self::vocabulary::{APPLIED, FOLDED_WITH, STANDING_GRAPH};
use crate::{Batch, Projection, ProjectionError, Stores};

const NAME: &str = "graph";
const CODE_VERSION: u32 = 1;
/// Quads from which a batch that only adds is staged. Below, the stale position that a stage leaves behind, and its
/// files, would outweigh what it saves.
const ADDITION_QUADS_MIN: usize = 2_000;
/// Quads in the store's log that a start reads again in a moment.
const LOGGED_QUADS_MAX: usize = 20_000;

/// The projection.
pub struct Graph;

/// The triple store: on disk in the shipped binary, in memory without the feature `rocksdb`.
///
/// Only one process may open a folder.
#[derive(Clone)]
pub struct Triples {
    /// The store that answers now; a rebuild puts another in its place.
    current: Arc<RwLock<Store>>,
    /// What is folded and not in the store yet. Only the fold takes it.
    stage: Arc<Mutex<Option<Stage>>>,
    /// Quads written that may be in the store's log only, which a power cut takes and which each start reads again.
    logged: Arc<AtomicUsize>,
}

impl Triples {
    /// A store in memory, empty.
    pub fn in_memory() -> Result<Self, ProjectionError> {
        let store = Store::new().map_err(triples("could not make a triple store in memory"))?;
        Ok(Self::of(store))
    }

    /// The store in that folder, made where there is none.
    #[cfg(feature = "rocksdb")]
    pub fn open(folder: &std::path::Path) -> Result<Self, ProjectionError> {
        stage::tidy(folder).map_err(triples("could not tidy the folder of the triple store"))?;
        Ok(Self::of(Store::open(folder).map_err(triples("could not open the triple store"))?))
    }

    /// A store in memory: without the feature `rocksdb` the graph is folded again at every start, and nothing of the
    /// folder is read or written.
    #[cfg(not(feature = "rocksdb"))]
    pub fn open(_folder: &std::path::Path) -> Result<Self, ProjectionError> {
        Self::in_memory()
    }

    fn of(store: Store) -> Self {
        Self { current: Arc::new(RwLock::new(store)), stage: Arc::default(), logged: Arc::default() }
    }

    /// The store that answers now.
    #[must_use]
    pub fn store(&self) -> Store {
        // Nothing panics while it holds the lock, so a poisoned one still holds a whole store.
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts the store of `other` in the place of this one, for every clone of both. Queries under way finish on the old.
    pub fn replace_by(&self, other: &Self) {
        let store = other.store();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = store;
        self.logged.store(other.logged.load(Ordering::Acquire), Ordering::Release);
    }

    /// How many events the graph has applied.
    pub fn applied(&self) -> Result<u64, ProjectionError> {
        let positions =
            standing(&self.store(), APPLIED).map_err(triples("could not read the position of the graph"))?;
        // A stage leaves the positions before it in place, so the last one is the greatest.
        Ok(positions.iter().filter_map(position_of).max().unwrap_or(0))
    }

    /// Has the store write out what is only in its log, where reading that again would hold up the next start.
    pub async fn close(&self) -> Result<(), ProjectionError> {
        self.write_out(LOGGED_QUADS_MAX).await
    }

    /// Has the store write out what is only in its log, if it is more than `spared` quads.
    async fn write_out(&self, spared: usize) -> Result<(), ProjectionError> {
        if self.logged.load(Ordering::Acquire) > spared {
            let store = self.store();
            aside("could not write out the triple store", move || write_out(&store)).await?;
            self.logged.store(0, Ordering::Release);
        }
        Ok(())
    }

    /// Empties the store where it was folded with other addresses or by other code: every quad would then be another.
    fn prepare(&self, addresses: &Addresses) -> Result<(), StorageError> {
        let wanted =
            standing_quad(FOLDED_WITH, Literal::new_simple_literal(format!("{CODE_VERSION} {}", addresses.base())));
        let store = self.store();
        if store.contains(&wanted)? {
            return Ok(());
        }
        self.logged.fetch_add(1, Ordering::AcqRel);
        store.clear()?;
        store.insert(&wanted)
    }

    /// Folds a batch: stages what it adds, or, where it does more, commits what is staged and then the batch.
    async fn fold(&self, addresses: &Addresses, batch: &Batch) -> Result<(), ProjectionError> {
        let mut stage = self.stage.lock().await;
        let plan = fold::plan(&self.store(), stage.as_ref(), addresses, batch);
        let mut plan = plan.map_err(triples("could not read the graph"))?;
        if let Some(additions) = plan.additions(ADDITION_QUADS_MIN) {
            if stage.is_none() {
                // What a stage leaves in the store is durable, so what came before it must be.
                self.write_out(0).await?;
            }
            let open = stage.get_or_insert_with(|| Stage::begin(self.store(), batch.from));
            open.add(additions, batch.to(), plan.shown).await;
            if !open.is_full() {
                return Ok(());
            }
            return self.commit(stage.take()).await;
        }
        // What is staged is part of what this batch changes: it is read again once it is there.
        let plan = match stage.take() {
            None => plan,
            open => {
                self.commit(open).await?;
                fold::plan(&self.store(), None, addresses, batch).map_err(triples("could not read the graph"))?
            }
        };
        let (store, to) = (self.clone(), batch.to());
        aside("could not write the graph", move || store.write(&plan, to)).await
    }

    async fn commit(&self, stage: Option<Stage>) -> Result<(), ProjectionError> {
        let Some(stage) = stage else { return Ok(()) };
        let position = standing_quad(APPLIED, Literal::from(stage.applied));
        let done = stage.commit(position).await;
        done.map_err(|source| ProjectionError::Triples { doing: "could not write the graph", source })
    }

    /// Writes a plan together with the position, all or nothing.
    fn write(&self, plan: &fold::Plan, to: u64) -> Result<(), StorageError> {
        let store = self.store();
        self.logged.fetch_add(plan.insert.len() + plan.remove.len() + 1, Ordering::AcqRel);
        let stale = standing(&store, APPLIED)?;
        let mut transaction = store.start_transaction()?;
        for quad in stale.iter().chain(&plan.remove) {
            transaction.remove(quad);
        }
        for quad in &plan.insert {
            transaction.insert(quad);
        }
        transaction.insert(&standing_quad(APPLIED, Literal::from(to)));
        transaction.commit()
    }

    /// The number of quads and the sum, modulo 2^256, of the SHA-256 of each as a line of N-Quads; the position is not
    /// content. A sum needs no order and no memory. It finds bugs; it does not withstand a forger.
    fn digest(&self) -> Result<Sha256, StorageError> {
        let mut sum = [0u64; 4];
        let mut count = 0u64;
        for quad in self.store().quads_for_pattern(None, None, None, None) {
            let quad = quad?;
            if quad.graph_name.as_ref() == GraphNameRef::NamedNode(STANDING_GRAPH) {
                continue;
            }
            add(&mut sum, &Algorithm::digest(quad.to_string().as_bytes()));
            count += 1;
        }
        let mut hash = Algorithm::new().chain_update(count.to_be_bytes());
        for word in sum {
            hash.update(word.to_be_bytes());
        }
        Ok(Sha256::from_digest(hash.finalize().into()))
    }
}

#[async_trait]
impl Projection for Graph {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        // The row tells the code version, as for every projection; its position is not used.
        crate::position::create(stores, NAME, CODE_VERSION).await?;
        let (store, addresses) = (stores.triples.clone(), stores.addresses.clone());
        aside("could not prepare the triple store", move || store.prepare(&addresses)).await
    }

    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        // The store keeps its own.
        Ok(())
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        stores.triples.applied()
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        let staged = stores.triples.stage.lock().await.as_ref().map(|stage| stage.applied);
        if staged.map_or_else(|| stores.triples.applied(), Ok)? != batch.from {
            return Err(ProjectionError::Deposed { name: NAME, expected: batch.from });
        }
        let folded = stores.triples.fold(&stores.addresses, batch).await;
        if folded.is_err() {
            // What was staged before is folded again, from where the store stands.
            stores.triples.stage.lock().await.take();
        }
        folded
    }

    fn is_staged(&self) -> bool {
        true
    }

    async fn commit(&self, stores: &Stores) -> Result<(), ProjectionError> {
        let stage = stores.triples.stage.lock().await.take();
        stores.triples.commit(stage).await
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        let store = stores.triples.clone();
        aside("could not read the graph for its digest", move || store.digest()).await
    }
}

/// Names what was being done when the store refused.
fn triples<E: Error + Send + Sync + 'static>(doing: &'static str) -> impl FnOnce(E) -> ProjectionError {
    move |source| ProjectionError::Triples { doing, source: Box::new(source) }
}

/// Runs what blocks where it holds up nobody.
async fn aside<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, ProjectionError> {
    tokio::task::spawn_blocking(work).await.map_err(triples(doing))?.map_err(triples(doing))
}

#[cfg(feature = "rocksdb")]
fn write_out(store: &Store) -> Result<(), StorageError> {
    store.flush()
}

#[cfg(not(feature = "rocksdb"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
fn write_out(_store: &Store) -> Result<(), StorageError> {
    Ok(())
}

fn standing_quad(predicate: NamedNodeRef<'_>, object: Literal) -> Quad {
    Quad::new(STANDING_GRAPH, predicate, object, STANDING_GRAPH)
}

fn standing(store: &Store, predicate: NamedNodeRef<'_>) -> Result<Vec<Quad>, StorageError> {
    let subject = Some(STANDING_GRAPH.into());
    store.quads_for_pattern(subject, Some(predicate), None, Some(GraphNameRef::NamedNode(STANDING_GRAPH))).collect()
}

fn position_of(quad: &Quad) -> Option<u64> {
    match &quad.object {
        Term::Literal(literal) if literal.datatype() == xsd::INTEGER => literal.value().parse().ok(),
        Term::Literal(_) | Term::NamedNode(_) | Term::BlankNode(_) => None,
    }
}

/// Adds a number of 256 bits, in big-endian bytes, to one in words of which the first is the highest.
fn add(sum: &mut [u64; 4], digest: &[u8]) {
    let mut carry = 0u64;
    for (word, bytes) in sum.iter_mut().zip(digest.chunks_exact(8)).rev() {
        let addend = bytes.iter().fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
        let (once, first) = word.overflowing_add(addend);
        let (twice, second) = once.overflowing_add(carry);
        *word = twice;
        carry = u64::from(first) + u64::from(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carry_goes_all_the_way_up() {
        let mut sum = [0, u64::MAX, u64::MAX, u64::MAX];
        let mut one = [0u8; 32];
        one[31] = 1;
        add(&mut sum, &one);
        assert_eq!(sum, [1, 0, 0, 0]);
    }
}
