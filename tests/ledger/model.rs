//! Random appends against a ledger that is a list in memory: same answers, same events, same root.

use std::collections::HashMap;

use fonds::ledger::{Append, Condition, Draft, Ledger};
use fonds_schemas::envelope::body_digest;
use fonds_schemas::merkle::{Frontier, leaf_hash};
use fonds_schemas::{Envelope, EventId, Recorded, Sha256, Stream};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{PgPool, Row as _};

use super::{accessioned, check_verified, described, draft, opened, stream};

/// Streams that the appends speak of: few, so that they meet.
const STREAMS: u64 = 4;

/// What is asked for; a condition is drawn against a version that is often the right one.
#[derive(Debug, Clone)]
enum Asked {
    New { events: Vec<(u64, bool, String)>, condition: Option<(u64, u8, u64)> },
    Again { append: usize, changed: bool },
}

fn asked() -> impl Strategy<Value = Asked> {
    let event = (0..STREAMS, any::<bool>(), any::<String>());
    let condition = proptest::option::of((0..STREAMS, 0u8..5, 0u64..6));
    prop_oneof![
        4 => (prop::collection::vec(event, 1..5), condition)
            .prop_map(|(events, condition)| Asked::New { events, condition }),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(append, changed)| Asked::Again { append, changed }),
    ]
}

/// The ledger as a list.
#[derive(Default)]
struct Model {
    events: Vec<(Draft, u64)>,
    versions: HashMap<Stream, u64>,
    names: HashMap<EventId, usize>,
}

impl Model {
    fn holds(&self, condition: &Condition) -> bool {
        let version = |stream| self.versions.get(stream).copied();
        match condition {
            Condition::StreamAt(stream, wanted) => version(stream) == Some(*wanted),
            Condition::NoStream(stream) => version(stream).is_none(),
            Condition::Exists(stream) => version(stream).is_some(),
            Condition::NoEvent { kinds, stream, after } => {
                !self.events.iter().enumerate().any(|(place, (draft, _))| {
                    // The opening, which the model does not hold, is at 0.
                    let seq = place as u64 + 1;
                    let in_it = stream.is_none_or(|stream| stream == draft.event.stream());
                    kinds.contains(&draft.event.kind()) && in_it && after.is_none_or(|after| seq > after)
                })
            }
        }
    }

    /// The `seq` of the first event, or a refusal.
    fn append(&mut self, append: &Append) -> Option<u64> {
        if let Some(first) = self.names.get(&append.drafts[0].event_id) {
            let stored = self.events[*first..].iter().map(|(draft, _)| draft);
            let same = stored.zip(&append.drafts).all(|(stored, asked)| stored.event == asked.event);
            return same.then_some(*first as u64 + 1);
        }
        if !append.conditions.iter().all(|condition| self.holds(condition)) {
            return None;
        }
        let first = self.events.len();
        for draft in &append.drafts {
            let stream = draft.event.stream();
            let version = self.versions.get(&stream).map_or(0, |version| version + 1);
            self.versions.insert(stream, version);
            self.names.insert(draft.event_id, self.events.len());
            self.events.push((draft.clone(), version));
        }
        Some(first as u64 + 1)
    }
}

fn condition((name, which, number): (u64, u8, u64)) -> Condition {
    match which {
        0 => Condition::StreamAt(stream(name), number),
        1 => Condition::NoStream(stream(name)),
        2 => Condition::Exists(stream(name)),
        3 => Condition::NoEvent { kinds: vec!["accessioned"], stream: Some(stream(name)), after: Some(number) },
        _ => Condition::NoEvent { kinds: vec!["described"], stream: None, after: Some(number * 4) },
    }
}

fn to_append(asked: &Asked, before: &[Append]) -> Option<Append> {
    match asked {
        Asked::New { events, condition: drawn } => {
            let events = events
                .iter()
                .map(|(name, new, text)| draft(if *new { accessioned(*name) } else { described(*name, text) }));
            Some(Append { drafts: events.collect(), conditions: drawn.map(condition).into_iter().collect() })
        }
        Asked::Again { append, changed } => {
            let mut again = before.get(append % before.len().max(1))?.clone();
            if *changed {
                again.drafts[0].event = described(99, "another content under the same name");
            }
            Some(again)
        }
    }
}

/// What is stored, read without the ledger's own code, and written anew to the same bytes.
async fn check_stored(pg: &PgPool, model: &Model, root: Sha256) {
    let sql = "select leaf, salt, body from ledger.event join ledger.event_body using (seq) order by seq";
    let mut frontier = Frontier::default();
    for (place, row) in sqlx::query(sql).fetch_all(pg).await.unwrap().iter().enumerate() {
        let (leaf, salt, body): (Vec<u8>, [u8; 16], Vec<u8>) = (row.get(0), row.get(1), row.get(2));
        let envelope = Envelope::from_leaf(&leaf).unwrap();
        assert_eq!(envelope.to_leaf().unwrap(), leaf);
        assert_eq!(body_digest(&salt, &body), envelope.body_digest);
        let hash = leaf_hash(&leaf);
        frontier.push(hash);
        let event = Recorded::read(envelope.clone(), hash, Some(&body)).unwrap().event.unwrap();
        assert_eq!(event.to_body().unwrap(), body);
        if let Some((draft, version)) = place.checked_sub(1).map(|place| &model.events[place]) {
            assert_eq!((&event, envelope.event_id), (&draft.event, draft.event_id));
            assert_eq!((envelope.version, envelope.seq), (*version, place as u64));
        }
    }
    assert_eq!((frontier.size(), frontier.root()), (model.events.len() as u64 + 1, root));
}

async fn check_history(history: Vec<Asked>) {
    let (pg, ledger): (PgPool, Ledger) = opened().await;
    let (mut model, mut before) = (Model::default(), Vec::new());
    for asked in &history {
        let Some(append) = to_append(asked, &before) else { continue };
        let wanted = model.append(&append);
        let found = ledger.append(append.clone()).await;
        assert_eq!(found.as_ref().ok().map(|receipt| receipt.first_seq), wanted, "{append:?}: {found:?}");
        if wanted.is_some() && matches!(asked, Asked::New { .. }) {
            before.push(append);
        }
    }
    check_stored(&pg, &model, ledger.head().await.unwrap().root).await;
    check_verified(&pg, model.events.len() as u64 + 1).await;
}

/// Histories that are tried: each has a database of its own.
const CASES: u32 = 12;

#[test]
fn the_ledger_is_a_list() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: CASES, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let history = prop::collection::vec(asked(), 1..25);
    let run = |history| {
        runtime.block_on(check_history(history));
        Ok(())
    };
    TestRunner::new(config).run(&history, run).unwrap();
}
