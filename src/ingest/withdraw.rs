//! What a source takes back as a whole: its objects are withdrawn, and nothing that was said of them is lost.
//!
//! As with everything that a source says: where people decided since who may see the object, their word stands.

use std::collections::HashMap;

use fonds_schemas::{Access, Object, ObjectId, Recorded, Stream};

use super::compare;
use super::problem::{Place, Problem, chain};
use super::run::{IngestError, Run, command};
use crate::commands::CommandError;

/// What became of objects whose source says that they are gone.
#[derive(Debug, Default)]
pub(crate) struct Withdrawn {
    /// How many are withdrawn by this.
    pub count: u64,
    /// Those that are or were here, withdrawn by this or before.
    pub here: Vec<ObjectId>,
    /// What was left as it is, and why.
    pub problems: Vec<Problem>,
}

impl Run<'_> {
    /// Withdraws those of the objects that are here.
    pub(crate) async fn withdraw(
        &self,
        objects: Vec<(ObjectId, Place)>,
        reason: &str,
    ) -> Result<Withdrawn, IngestError> {
        let mut came = Withdrawn::default();
        let streams: Vec<Stream> = objects.iter().map(|(object, _)| Stream::Object(*object)).collect();
        let mut histories: HashMap<ObjectId, Vec<Recorded>> = HashMap::new();
        for recorded in self.archive.ledger.streams_without(&streams, u64::MAX, Object::UNFOLDED).await? {
            if let Stream::Object(id) = recorded.envelope.stream {
                histories.entry(id).or_default().push(recorded);
            }
        }
        self.learn_kinds(histories.values().flatten()).await?;
        for (id, place) in objects {
            let Some(history) = histories.remove(&id) else { continue };
            let mut object = None;
            for recorded in &history {
                Object::fold(&mut object, recorded)?;
            }
            let Some(object) = object else { continue };
            came.here.push(id);
            let claims = compare::claims(&history, |batch| self.is_ingest(batch));
            match object.standing.access {
                Access::Withdrawn => continue,
                Access::Public | Access::Restricted | Access::Embargoed { .. } => {}
            }
            if claims.access() != Some(object.standing.access) {
                let why = format!("somebody decided here who may see it: it stays {}", object.standing.access.as_str());
                came.problems.push(Problem::warning(place, why));
                continue;
            }
            if self.request.check {
                came.count += 1;
                continue;
            }
            let acting = self.acting().await?;
            match self.archive.set_access(acting, id, Access::Withdrawn, reason.to_owned()).await {
                Ok(_) => came.count += 1,
                Err(CommandError::Refused(why)) => came.problems.push(Problem::refused(place, chain(&why))),
                Err(error) => return Err(command("withdraw an object")(error)),
            }
        }
        Ok(came)
    }
}
