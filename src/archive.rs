//! The archive: ledger, bytes and projections put together, and the one door through which everything is read.

use std::sync::Arc;

use fonds_projections::files::Placed;
use fonds_projections::{ProjectionError, Stores, catalog, files};
use fonds_schemas::{Act, Decision, FileId, Object, ObjectId, Scope, may};

use crate::asking::Asking;
use crate::clock::Clock;
use crate::config::Settings;
use crate::ledger::Ledger;
use crate::storage::Storage;

/// The archive, shared by everything that serves.
pub type App = Arc<Archive>;

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
    /// What the events amount to.
    pub stores: Stores,
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
    /// The object as it stands, if the asker may do that to it.
    pub async fn object(&self, asking: Asking, id: ObjectId, act: Act) -> Result<Object, Denied> {
        let object = catalog::object(&self.stores.pg, id).await?.ok_or(Denied::Unknown)?;
        decide(may(&asking.viewer, &object.standing, act, asking.at))?;
        Ok(object)
    }

    /// The object as it stood when `seq` was the last event. What may be seen is decided by how it stands *today*:
    /// what was withdrawn is not shown by going back.
    pub async fn object_at(&self, asking: Asking, id: ObjectId, seq: u64) -> Result<Object, Denied> {
        let today = self.object(asking, id, Act::See).await?;
        if seq >= today.seq {
            return Ok(today);
        }
        catalog::object_at(&self.stores.pg, id, seq).await?.ok_or(Denied::Unknown)
    }

    /// The file and its object's id, if the asker may do that to the object.
    pub async fn file(&self, asking: Asking, id: FileId, act: Act) -> Result<Placed, Denied> {
        let placed = files::find(&self.stores.pg, id).await?.ok_or(Denied::Unknown)?;
        decide(may(&asking.viewer, &placed.standing, act, asking.at))?;
        Ok(placed)
    }
}
