//! Commands on objects: accession, description, relations, access.

use std::collections::BTreeSet;

use fonds_schemas::{Access, Object, ObjectId, Relation, RelationKind, Stream};

use super::{Accession, Acting, Arrange, CommandError, Edit, Refused, decide};
use crate::archive::Archive;
use crate::ledger::{Condition, LedgerError, Receipt};

/// Levels of hierarchy that are followed upwards to find a cycle.
const DEPTH_MAX: usize = 64;

impl Archive {
    /// Brings objects into being, all of them or none; one append, so many are cheap. Refuses those that exist.
    pub async fn accession(&self, acting: Acting, accessions: Vec<Accession>) -> Result<Receipt, CommandError> {
        let conditions = accessions.iter().map(|new| Condition::NoStream(Stream::Object(new.object))).collect();
        let events: Result<Vec<_>, _> = accessions.into_iter().map(decide::accession).collect();
        match self.record(acting, events?, conditions).await {
            Err(CommandError::Ledger(LedgerError::Conflict {
                condition: Condition::NoStream(Stream::Object(id)),
                ..
            })) => Err(Refused::Exists(id).into()),
            other => other,
        }
    }

    /// Changes the description of an object.
    pub async fn describe(&self, acting: Acting, object: ObjectId, edit: Edit) -> Result<Receipt, CommandError> {
        let now = self.object_now(object).await?;
        let event = decide::describe(&now, edit)?;
        self.change(acting, &now, event).await
    }

    /// Asserts and retracts relations of an object.
    pub async fn relate(
        &self,
        acting: Acting,
        object: ObjectId,
        asserted: Vec<Relation>,
        retracted: Vec<Relation>,
        reason: Option<String>,
    ) -> Result<Receipt, CommandError> {
        let now = self.object_now(object).await?;
        let ancestors = self.wholes_of(&asserted).await?;
        let event = decide::relate(&now, asserted, retracted, reason, &ancestors)?;
        self.change(acting, &now, event).await
    }

    /// Says how the files of an object are shown.
    pub async fn arrange(&self, acting: Acting, object: ObjectId, arrange: Arrange) -> Result<Receipt, CommandError> {
        let now = self.object_now(object).await?;
        let event = decide::arrange(&now, arrange)?;
        self.change(acting, &now, event).await
    }

    /// Decides who may see an object.
    pub async fn set_access(
        &self,
        acting: Acting,
        object: ObjectId,
        access: Access,
        reason: String,
    ) -> Result<Receipt, CommandError> {
        let now = self.object_now(object).await?;
        let event = decide::set_access(&now, access, reason)?;
        self.change(acting, &now, event).await
    }

    /// Appends an event that was decided on that state of the object; a change in between refuses it.
    pub(super) async fn change(
        &self,
        acting: Acting,
        seen: &Object,
        event: fonds_schemas::Event,
    ) -> Result<Receipt, CommandError> {
        let unchanged = Condition::StreamAt(Stream::Object(seen.id), seen.version);
        match self.record(acting, vec![event], vec![unchanged]).await {
            Err(CommandError::Ledger(LedgerError::Conflict { condition: Condition::StreamAt(..), .. })) => {
                let found = self.object_now(seen.id).await?.version;
                Err(Refused::Stale { object: seen.id, expected: seen.version, found }.into())
            }
            other => other,
        }
    }

    /// Everything that the targets of these `part_of` relations are part of, the targets included.
    async fn wholes_of(&self, asserted: &[Relation]) -> Result<Vec<ObjectId>, CommandError> {
        let part_of = |relation: &&Relation| relation.kind == RelationKind::PartOf;
        let mut next: Vec<ObjectId> = asserted.iter().filter(part_of).map(|relation| relation.target).collect();
        let mut seen = BTreeSet::new();
        for _ in 0..DEPTH_MAX {
            next.retain(|id| seen.insert(*id));
            let mut above = Vec::new();
            for id in next {
                match self.object_now(id).await {
                    Ok(whole) => above.extend(whole.relations.iter().filter(part_of).map(|relation| relation.target)),
                    // A relation may point at what is still to come.
                    Err(CommandError::Refused(Refused::NoSuchObject(_))) => {}
                    Err(error) => return Err(error),
                }
            }
            if above.is_empty() {
                break;
            }
            next = above;
        }
        Ok(seen.into_iter().collect())
    }
}
