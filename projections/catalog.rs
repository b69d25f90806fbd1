//! The catalogue: every object as it is and as it was, and the index that searches it.

use async_trait::async_trait;
use fonds_schemas::*;
use sqlx::PgPool;

use crate::{Batch, Projection, ProjectionError, Stores};

/// The projection.
pub struct Catalog;

#[async_trait]
impl Projection for Catalog {
    fn name(&self) -> &'static str {
        "catalog"
    }
    fn code_version(&self) -> u32 {
        1
    }
    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        crate::position::create(stores, "catalog", 1).await
    }
    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }
    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        crate::position::applied(&stores.pg, "catalog").await
    }
    async fn apply(&self, _stores: &Stores, _batch: &Batch) -> Result<(), ProjectionError> {
        todo!()
    }
    async fn digest(&self, _stores: &Stores) -> Result<Sha256, ProjectionError> {
        todo!()
    }
}

/// The object as it stands now, whoever asks: callers decide by `may`.
pub async fn object(_pg: &PgPool, _id: ObjectId) -> Result<Option<Object>, ProjectionError> {
    todo!()
}
/// The objects of those ids that exist, in the order asked.
pub async fn objects(_pg: &PgPool, _ids: &[ObjectId]) -> Result<Vec<Object>, ProjectionError> {
    todo!()
}
/// The object as it stood when the ledger had `seq` for its last event.
pub async fn object_at(_pg: &PgPool, _id: ObjectId, _seq: u64) -> Result<Option<Object>, ProjectionError> {
    todo!()
}
/// Who links here: objects whose relations point at `target`, at most `limit`, by id.
pub async fn pointing_at(
    _pg: &PgPool,
    _target: ObjectId,
    _limit: u32,
) -> Result<Vec<(RelationKind, ObjectId)>, ProjectionError> {
    todo!()
}
