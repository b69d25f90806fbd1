//! The one task of a process that appends: it takes whatever waits, writes it in one transaction and then tells
//! everybody.
//!
//! A commit costs the disk a flush, whether it holds one event or a thousand; so callers that come while one flush
//! runs share the next. Nothing is acknowledged before its commit returned. After an error nothing is acknowledged
//! and nothing is tried again, with one exception: a connection that broke while idle is opened anew.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fonds_schemas::{Stream, Timestamp};
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use uuid::Uuid;

use super::group::Group;
use super::prepare::PreparedAppend;
use super::session::{self, LockedHead};
use super::{Condition, LedgerError, Receipt};
use crate::clock::Clock;

/// Events in one transaction, unless a single append has more: a transaction of this size takes less than a second.
const GROUP_EVENTS_MAX: usize = 8_192;
/// Bytes of bodies in one transaction, unless a single append has more.
const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long the writer tries to reach the database after a connection was lost during a commit: PostgreSQL recovers
/// from a crash within seconds.
const RECONNECT_FOR: Duration = Duration::from_secs(30);
/// How long it waits between two tries.
const RECONNECT_EVERY: Duration = Duration::from_millis(100);

/// What a caller gets.
pub(super) type Answer = Result<Receipt, LedgerError>;

/// An append in the queue.
pub(super) struct Waiting {
    /// What is to be recorded.
    pub append: PreparedAppend,
    /// Where the answer goes; nobody may be there any more.
    pub answer: oneshot::Sender<Answer>,
    /// Its share of the memory that the queue may use.
    pub permit: OwnedSemaphorePermit,
}

/// The writer of one process.
pub(super) struct Writer {
    /// How to connect.
    pub options: Arc<PgConnectOptions>,
    /// The connection, while there is one that works.
    pub connection: Option<PgConnection>,
    /// Which ledger it writes.
    pub ledger: Uuid,
    /// The epoch in which it opened it.
    pub epoch: i64,
    /// Where moments come from.
    pub clock: Clock,
    /// The queue.
    pub queue: mpsc::Receiver<Waiting>,
    /// Taken from the queue, but too much for the group that was just written.
    pub left_over: Option<Waiting>,
    /// Who wants to know that the ledger grew.
    pub size: watch::Sender<u64>,
}

/// How a transaction failed.
enum Failure {
    /// Nothing was recorded.
    Nothing(LedgerError),
    /// The connection was lost during the commit.
    Unknown { group: Box<Group>, answers: Vec<Answer>, source: sqlx::Error },
}

impl Writer {
    /// Writes until nobody can ask any more.
    pub async fn run(mut self) {
        loop {
            let first = match self.left_over.take() {
                Some(waiting) => waiting,
                None => match self.queue.recv().await {
                    Some(waiting) => waiting,
                    None => return,
                },
            };
            self.write(first).await;
        }
    }

    /// Writes one group that holds at least this append.
    async fn write(&mut self, first: Waiting) {
        let (mut callers, mut permits) = (Vec::new(), Vec::new());
        let answers = match self.attempt(first, &mut callers, &mut permits).await {
            Ok(answers) => answers,
            Err(Failure::Nothing(error)) => {
                self.connection = None;
                tracing::error!("nothing of {} appends was recorded: {}", callers.len(), Chain(&error));
                refuse_all(&error, callers.len())
            }
            Err(Failure::Unknown { group, answers, source }) => {
                self.connection = None;
                self.settle(&group, answers, source).await
            }
        };
        for (caller, answer) in callers.into_iter().zip(answers) {
            // A caller that went away finds its events by their ids.
            let _gone = caller.send(answer);
        }
    }

    /// One transaction. The queue is drained after the head is locked: whoever comes while the writer waits for the
    /// lock is taken along.
    async fn attempt(
        &mut self,
        first: Waiting,
        callers: &mut Vec<oneshot::Sender<Answer>>,
        permits: &mut Vec<OwnedSemaphorePermit>,
    ) -> Result<Vec<Answer>, Failure> {
        let locked = self.lock().await;
        let mut appends = Vec::new();
        for waiting in self.drain(first) {
            appends.push(waiting.append);
            callers.push(waiting.answer);
            permits.push(waiting.permit);
        }
        let (mut connection, head) = locked.map_err(Failure::Nothing)?;
        let (group, answers) = self.decide(&mut connection, head, appends).await.map_err(Failure::Nothing)?;
        if group.columns.event_ids.is_empty() {
            if session::roll_back(&mut connection).await.is_ok() {
                self.connection = Some(connection);
            }
            return Ok(answers);
        }
        session::write(&mut connection, &group).await.map_err(Failure::Nothing)?;
        if let Err(source) = session::commit(&mut connection).await {
            return Err(Failure::Unknown { group: Box::new(group), answers, source });
        }
        self.connection = Some(connection);
        self.grown(&group);
        Ok(answers)
    }

    /// Locks the head on the connection that is there, or on a new one where it broke while nobody used it.
    async fn lock(&mut self) -> Result<(PgConnection, LockedHead), LedgerError> {
        let kept = match self.connection.take() {
            Some(mut connection) => match session::lock(&mut connection).await {
                Ok(head) => Some((connection, head)),
                Err(error) if error.is_refusal() => return Err(error),
                Err(_broken) => None,
            },
            None => None,
        };
        let (connection, head) = if let Some(kept) = kept {
            kept
        } else {
            let mut connection = session::connect(&self.options).await?;
            let head = session::lock(&mut connection).await?;
            (connection, head)
        };
        if head.ledger == self.ledger && head.epoch == self.epoch {
            Ok((connection, head))
        } else {
            Err(LedgerError::Deposed)
        }
    }

    /// What waits, up to the size of a group.
    fn drain(&mut self, first: Waiting) -> Vec<Waiting> {
        let (mut events, mut bytes) = (first.append.events.len(), first.append.bytes);
        let mut taken = vec![first];
        while let Ok(waiting) = self.queue.try_recv() {
            events += waiting.append.events.len();
            bytes += waiting.append.bytes;
            if events > GROUP_EVENTS_MAX || bytes > GROUP_BYTES_MAX {
                self.left_over = Some(waiting);
                break;
            }
            taken.push(waiting);
        }
        taken
    }

    /// Asks the database for what the appends refer to, and decides them in their order.
    async fn decide(
        &self,
        connection: &mut PgConnection,
        head: LockedHead,
        appends: Vec<PreparedAppend>,
    ) -> Result<(Group, Vec<Answer>), LedgerError> {
        let streams: BTreeSet<Stream> = appends.iter().flat_map(streams_of).collect();
        let streams: Vec<Stream> = streams.into_iter().collect();
        let events = appends.iter().flat_map(|append| &append.events);
        let names: Vec<Uuid> = events.map(|event| event.envelope.event_id.0).collect();
        let known = session::known(connection, &streams, &names).await?;
        let recorded_at = self.clock.now().max(Timestamp::from(head.recorded_at));
        let mut group = Group::new(self.ledger, recorded_at, head.frontier, known);
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            let offending = session::offending(connection, &append.conditions).await?;
            answers.push(group.admit(append, &offending));
        }
        Ok((group, answers))
    }

    /// Finds out what became of a commit whose answer was lost.
    async fn settle(&mut self, group: &Group, answers: Vec<Answer>, source: sqlx::Error) -> Vec<Answer> {
        let source = Arc::new(source);
        let mut ticks = tokio::time::interval(RECONNECT_EVERY);
        let found = tokio::time::timeout(RECONNECT_FOR, async {
            loop {
                ticks.tick().await;
                if let Ok(found) = self.was_committed(group).await {
                    return found;
                }
            }
        });
        let error = match found.await {
            Ok(true) => {
                self.grown(group);
                return answers;
            }
            Ok(false) => LedgerError::Database { doing: "could not commit events", source },
            Err(_elapsed) => LedgerError::OutcomeUnknown { source },
        };
        tracing::error!("a commit of {} appends was not confirmed: {}", answers.len(), Chain(&error));
        refuse_all(&error, answers.len())
    }

    async fn was_committed(&mut self, group: &Group) -> Result<bool, LedgerError> {
        let mut connection = session::connect(&self.options).await?;
        let found = session::was_committed(&mut connection, group).await?;
        self.connection = Some(connection);
        Ok(found)
    }

    fn grown(&self, group: &Group) {
        raise(&self.size, group.frontier().size());
    }
}

/// Tells the size, unless a larger one is known.
pub(super) fn raise(size: &watch::Sender<u64>, to: u64) {
    size.send_if_modified(|known| {
        let grown = to > *known;
        *known = to.max(*known);
        grown
    });
}

/// The streams that an append writes to or asks about.
fn streams_of(append: &PreparedAppend) -> impl Iterator<Item = Stream> {
    let written = append.events.iter().map(|event| event.envelope.stream);
    let asked = append.conditions.iter().filter_map(|condition| match condition {
        Condition::StreamAt(stream, _) | Condition::NoStream(stream) | Condition::Exists(stream) => Some(*stream),
        Condition::NoEvent { .. } => None,
    });
    written.chain(asked)
}

/// The same refusal for everybody who waited for the transaction.
fn refuse_all(error: &LedgerError, callers: usize) -> Vec<Answer> {
    (0..callers).map(|_| Err(error.for_another_caller())).collect()
}

/// An error with its causes, for the log.
struct Chain<'a>(&'a LedgerError);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = std::error::Error::source(self.0);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
