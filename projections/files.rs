//! Which file lies where, and on which object.

use async_trait::async_trait;
use fonds_schemas::*;
use sqlx::PgPool;

use crate::{Batch, Projection, ProjectionError, Stores};

/// The projection.
pub struct Files;

#[async_trait]
impl Projection for Files {
    fn name(&self) -> &'static str {
        "files"
    }
    fn code_version(&self) -> u32 {
        1
    }
    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        crate::position::create(stores, "files", 1).await
    }
    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }
    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        crate::position::applied(&stores.pg, "files").await
    }
    async fn apply(&self, _stores: &Stores, _batch: &Batch) -> Result<(), ProjectionError> {
        todo!()
    }
    async fn digest(&self, _stores: &Stores) -> Result<Sha256, ProjectionError> {
        todo!()
    }
}

/// A file, the object that it is on, and who may see that.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The object.
    pub object: ObjectId,
    /// The standing of the object now.
    pub standing: Standing,
    /// The file.
    pub file: StoredFile,
}
/// The file of that id, whoever asks: callers decide by `may`.
pub async fn find(_pg: &PgPool, _file: FileId) -> Result<Option<Placed>, ProjectionError> {
    todo!()
}
