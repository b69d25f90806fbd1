//! Quads on their way into the store: sorted into files, batch after batch, which the store takes over all at once.
//!
//! That is several times as fast as writing them one by one, and the store has the less to merge the fewer times it
//! takes files over. The position is among the quads, and the store takes the files over in one step, durably: so
//! either all of a stage is in the graph, and the position says so, or nothing is.

use std::collections::HashMap;

use fonds_schemas::ObjectId;
use oxigraph::model::{GraphNameRef, Quad};
use oxigraph::store::{StorageError, Store};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::vocabulary::HELD_GRAPH;

/// Memory for sorting quads, which is done a thousand quads a megabyte at a time.
const SORTING_MEGABYTES: usize = 200;
/// Quads of one stage: twenty-five files for each index. From twenty on the store slows single writes down until it has
/// merged, from thirty-six on it stops them.
const QUADS_MAX: usize = 5_000_000;
/// Batches that wait to be sorted.
const BATCHES_AHEAD: usize = 2;

/// Removes the files of a stage that a killed process left. Its quads are folded again.
#[cfg(feature = "rocksdb")]
pub(super) fn tidy(folder: &std::path::Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let is_sorted = path.extension().is_some_and(|extension| extension == "sst");
        if is_sorted && path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"bulk-")) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// What is sorted.
enum Part {
    Batch(Vec<Quad>),
    /// Nothing comes after the position, and without it nothing is committed.
    Position(Quad),
}

/// Quads that are not in the graph yet.
pub(super) struct Stage {
    quads: mpsc::Sender<Part>,
    sorting: JoinHandle<Result<(), StorageError>>,
    /// How many events the graph has applied once it has these.
    pub(super) applied: u64,
    /// The objects staged: whether they are shown.
    pub(super) shown: HashMap<ObjectId, bool>,
    /// Whether something of it is held back from queries.
    pub(super) holds: bool,
    count: usize,
}

impl Stage {
    /// An empty stage for a graph that has applied so many events.
    pub(super) fn begin(store: Store, applied: u64) -> Self {
        let (quads, mut parts) = mpsc::channel(BATCHES_AHEAD);
        let sorting = tokio::task::spawn_blocking(move || {
            let loader = store.bulk_loader().with_num_threads(1);
            let mut loader = loader.with_max_memory_size_in_megabytes(SORTING_MEGABYTES);
            let mut is_whole = false;
            let arriving = std::iter::from_fn(|| parts.blocking_recv()).flat_map(|part| match part {
                Part::Batch(quads) => quads,
                Part::Position(position) => {
                    is_whole = true;
                    vec![position]
                }
            });
            loader.load_quads(arriving)?;
            if is_whole { loader.commit() } else { Ok(()) }
        });
        Self { quads, sorting, applied, shown: HashMap::new(), holds: false, count: 0 }
    }

    /// Takes on what a batch adds; the graph then has applied `to` events.
    pub(super) async fn add(&mut self, quads: Vec<Quad>, to: u64, shown: HashMap<ObjectId, bool>) {
        self.count += quads.len();
        self.holds |= quads.iter().any(|quad| quad.graph_name.as_ref() == GraphNameRef::NamedNode(HELD_GRAPH));
        self.shown.extend(shown);
        self.applied = to;
        // Where nobody takes them any more, sorting has failed, and `commit` says why.
        let _failed = self.quads.send(Part::Batch(quads)).await;
    }

    /// Whether it should be committed before more is added.
    pub(super) fn is_full(&self) -> bool {
        self.count >= QUADS_MAX
    }

    /// Puts everything into the graph, the position last.
    pub(super) async fn commit(self, position: Quad) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let _failed = self.quads.send(Part::Position(position)).await;
        drop(self.quads);
        Ok(self.sorting.await??)
    }
}
