//! Commands on agents and batches: who acts, and in which act.

use fonds_schemas::event::{AgentRegistered, BatchClosed, BatchCounts, BatchKind, BatchOpened};
use fonds_schemas::{AgentId, AgentKind, BatchId, Event, Sha256, Stream};

use super::{Acting, CommandError, Refused, draft};
use crate::archive::Archive;
use crate::clock;
use crate::ledger::{Append, Condition, Draft, LedgerError, Receipt};

/// The name of the software agent that is fonds itself.
pub const SOFTWARE: &str = "fonds";
/// Bytes of a name or a label.
const NAME_BYTES_MAX: usize = 200;

impl Archive {
    /// The agent that is this program, in this version.
    #[must_use]
    pub fn software() -> AgentId {
        AgentId::derived(AgentKind::Software.as_str(), SOFTWARE)
    }

    /// Registers a person, an organisation or software under a name; the same name and kind is the same agent.
    pub async fn register_agent(
        &self,
        kind: AgentKind,
        name: &str,
        version: Option<&str>,
    ) -> Result<AgentId, CommandError> {
        let name = checked_name(name)?;
        let agent = AgentId::derived(kind.as_str(), &name);
        let version = version.map(ToOwned::to_owned);
        let event = Event::AgentRegistered(AgentRegistered { agent, digest: None, kind, name, version });
        let known = Condition::NoStream(Stream::Agent(agent));
        let appended = self.ledger.append(Append { drafts: vec![unbatched(event)], conditions: vec![known] }).await;
        match appended {
            Ok(_) | Err(LedgerError::Conflict { .. }) => Ok(agent),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a batch. `profile` is the name and digest of the mapping profile that reads the source.
    pub async fn open_batch(
        &self,
        agent: AgentId,
        kind: BatchKind,
        label: &str,
        source: Option<&str>,
        profile: Option<(&str, Sha256)>,
    ) -> Result<BatchId, CommandError> {
        let batch = clock::batch_id();
        let event = Event::BatchOpened(BatchOpened {
            batch,
            kind,
            label: checked_name(label)?,
            profile: profile.map(|(name, _)| name.to_owned()),
            profile_sha256: profile.map(|(_, digest)| digest),
            source: source.map(ToOwned::to_owned),
        });
        self.record(Acting { agent, on_behalf_of: None, batch }, vec![event], Vec::new()).await?;
        Ok(batch)
    }

    /// Closes a batch.
    pub async fn close_batch(&self, acting: Acting, counts: BatchCounts) -> Result<Receipt, CommandError> {
        let event = Event::BatchClosed(BatchClosed { batch: acting.batch, counts });
        let opened = Condition::Exists(Stream::Batch(acting.batch));
        self.record(acting, vec![event], vec![opened]).await
    }
}

/// An event of fonds itself, outside any batch.
pub(crate) fn unbatched(event: Event) -> Draft {
    let acting = Acting { agent: Archive::software(), on_behalf_of: None, batch: BatchId::from_random([0; 10]) };
    Draft { batch: None, ..draft(acting, event) }
}

/// A name without white space at its ends, cut at its limit between characters.
pub(super) fn checked_name(name: &str) -> Result<String, Refused> {
    let name = name.trim();
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(Refused::Name(name.len()));
    }
    Ok(name.to_owned())
}
