//! Who made what where: EDM and PROV-O triples in Oxigraph, read by SPARQL.

use async_trait::async_trait;
use fonds_schemas::*;
use sqlx::PgPool;

use crate::{Batch, Projection, ProjectionError, Stores};

/// The projection.
pub struct Graph;

#[async_trait]
impl Projection for Graph {
    fn name(&self) -> &'static str {
        "graph"
    }
    fn code_version(&self) -> u32 {
        1
    }
    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        crate::position::create(stores, "graph", 1).await
    }
    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }
    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        crate::position::applied(&stores.pg, "graph").await
    }
    async fn apply(&self, _stores: &Stores, _batch: &Batch) -> Result<(), ProjectionError> {
        todo!()
    }
    async fn digest(&self, _stores: &Stores) -> Result<Sha256, ProjectionError> {
        todo!()
    }
}

/// The triple store: on disk in the shipped binary, in memory without the feature `rocksdb`.
#[derive(Clone)]
pub struct Triples {
    /// The store.
    pub store: oxigraph::store::Store,
}
impl Triples {
    /// A store in memory, empty.
    pub fn in_memory() -> Result<Self, ProjectionError> {
        todo!()
    }
    /// The store in that folder; without the feature `rocksdb` a new one in memory.
    pub fn open(_folder: &std::path::Path) -> Result<Self, ProjectionError> {
        todo!()
    }
}
