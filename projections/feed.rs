//! The publication feed: what the public may see, since when. Every harvest protocol reads it, so they cannot disagree.

use async_trait::async_trait;
use fonds_schemas::*;
use sqlx::PgPool;

use crate::{Batch, Projection, ProjectionError, Stores};

/// The projection.
pub struct Feed;

#[async_trait]
impl Projection for Feed {
    fn name(&self) -> &'static str {
        "feed"
    }
    fn code_version(&self) -> u32 {
        1
    }
    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        crate::position::create(stores, "feed", 1).await
    }
    async fn index(&self, _stores: &Stores) -> Result<(), ProjectionError> {
        Ok(())
    }
    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        crate::position::applied(&stores.pg, "feed").await
    }
    async fn apply(&self, _stores: &Stores, _batch: &Batch) -> Result<(), ProjectionError> {
        todo!()
    }
    async fn digest(&self, _stores: &Stores) -> Result<Sha256, ProjectionError> {
        todo!()
    }
}

/// A metadata format: one file each in `src/formats/`.
pub trait Format: Send + Sync {
    /// The metadataPrefix.
    fn prefix(&self) -> &'static str;
    /// Address of the XML schema.
    fn schema(&self) -> &'static str;
    /// The XML namespace.
    fn namespace(&self) -> &'static str;
    /// The element that goes inside `<metadata>`: well-formed XML 1.0, no declaration.
    fn render(&self, object: &Object, addresses: &Addresses) -> String;
}
