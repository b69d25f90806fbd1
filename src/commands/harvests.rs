//! Commands on harvests: what was taken in of another repository, and how its list goes on.

use fonds_schemas::event::Harvested;
use fonds_schemas::{Event, HarvestId, Stream};

use super::{Acting, CommandError, Refused};
use crate::archive::Archive;
use crate::ledger::{Condition, LedgerError};

impl Archive {
    /// Records a page of a harvest that stood at `version` (`None` where it never began): all of its events or none. Refuses
    /// where somebody else went on with it since. Returns the version that it stands at now.
    pub async fn record_harvest(
        &self,
        acting: Acting,
        harvest: HarvestId,
        version: Option<u64>,
        pages: Vec<Harvested>,
    ) -> Result<Option<u64>, CommandError> {
        if pages.is_empty() {
            return Ok(version);
        }
        let stream = Stream::Harvest(harvest);
        let condition = version.map_or(Condition::NoStream(stream), |version| Condition::StreamAt(stream, version));
        let count = pages.len() as u64;
        let events = pages.into_iter().map(Event::Harvested).collect();
        match self.record(acting, events, vec![condition]).await {
            Ok(_) => Ok(Some(version.map_or(count - 1, |version| version + count))),
            Err(CommandError::Ledger(LedgerError::Conflict { .. })) => Err(Refused::HarvestedMeanwhile(harvest).into()),
            Err(error) => Err(error),
        }
    }
}
