//! The ledger against a real PostgreSQL: what it promises to whoever appends and to whoever reads.

mod lost;
mod model;
mod refused;
mod tamper;

use std::collections::BTreeSet;

use fonds::clock::{self, Clock};
use fonds::ledger::{Append, Condition, Draft, Ledger, LedgerError, Receipt, migrate, verify};
use fonds_schemas::event::{Accessioned, Described};
use fonds_schemas::{Access, AgentId, Event, EventId, Level, ObjectId, Property, Sha256, Statement, Stream, Timestamp};
use sqlx::PgPool;

use crate::support::database;

const NOON: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

/// A ledger of this test's own that holds its opening.
async fn opened() -> (PgPool, Ledger) {
    let pg = database().await;
    migrate(&pg, None).await.unwrap();
    let ledger = Ledger::open(pg.clone(), Clock::standing_at(NOON), "A museum").await.unwrap();
    (pg, ledger)
}

fn object(name: u64) -> ObjectId {
    ObjectId::derived("test", &name.to_string())
}

fn stream(name: u64) -> Stream {
    Stream::Object(object(name))
}

fn title(text: &str) -> Vec<Statement> {
    vec![Statement::new(Property::parse("title").unwrap(), text)]
}

fn accessioned(name: u64) -> Event {
    Event::Accessioned(Accessioned {
        access: Access::Public,
        level: Level::Work,
        object: object(name),
        relations: Vec::new(),
        source: None,
        statements: title("Moon jar"),
    })
}

fn described(name: u64, text: &str) -> Event {
    Event::Described(Described { asserted: title(text), object: object(name), reason: None, retracted: Vec::new() })
}

fn draft(event: Event) -> Draft {
    Draft {
        event_id: clock::event_id(),
        event,
        agent: AgentId::derived("person", "A registrar"),
        on_behalf_of: None,
        batch: None,
        causation: None,
        correlation: None,
        occurred_at: None,
        blobs: Vec::new(),
    }
}

fn append(events: impl IntoIterator<Item = Event>) -> Append {
    Append { drafts: events.into_iter().map(draft).collect(), conditions: Vec::new() }
}

fn on(condition: Condition, event: Event) -> Append {
    Append { drafts: vec![draft(event)], conditions: vec![condition] }
}

async fn check_verified(pg: &PgPool, events: u64) {
    let verdict = verify(pg, |_, _| {}).await.unwrap();
    assert_eq!((verdict.checked, verdict.wrong), (events, None));
}

#[tokio::test]
async fn a_ledger_begins_with_its_opening() {
    let (pg, ledger) = opened().await;
    let events = ledger.read(0, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].envelope.stream, events[0].envelope.kind.as_str()), (Stream::Ledger, "ledger_opened"));
    assert_eq!(events[0].envelope.recorded_at, NOON);
    check_verified(&pg, 1).await;
}

#[tokio::test]
async fn two_that_open_it_at_once_open_it_once() {
    let pg = database().await;
    migrate(&pg, None).await.unwrap();
    let open = || Ledger::open(pg.clone(), Clock::System, "A museum");
    let (one, two) = tokio::join!(open(), open());
    assert_eq!((one.unwrap().head().await.unwrap().size, two.unwrap().head().await.unwrap().size), (1, 1));
}

#[tokio::test]
async fn events_are_read_back_as_they_were_told() {
    let (pg, ledger) = opened().await;
    let mut told = draft(accessioned(1));
    told.on_behalf_of = Some(AgentId::derived("organisation", "A museum"));
    told.batch = Some(clock::batch_id());
    told.causation = Some(clock::event_id());
    told.correlation = Some(clock::event_id());
    told.occurred_at = Some(Timestamp::from_micros(-1));
    told.blobs = vec![Sha256::of(b"bytes")];
    let told_again = draft(described(1, "달항아리 \u{1b170} \"\u{1}\\"));
    let drafts = vec![told.clone(), told_again.clone()];
    let receipt = ledger.append(Append { drafts, conditions: Vec::new() }).await.unwrap();
    assert_eq!((receipt.first_seq, receipt.last_seq, receipt.recorded_at), (1, 2, NOON));
    let events = ledger.stream(stream(1), None).await.unwrap();
    assert_eq!(events.iter().map(|event| event.leaf_hash).collect::<Vec<_>>(), receipt.leaf_hashes);
    assert_eq!(events[0].event, Some(told.event));
    assert_eq!(events[1].event, Some(told_again.event));
    let envelope = &events[0].envelope;
    assert_eq!((envelope.batch, envelope.causation), (told.batch, told.causation));
    assert_eq!((envelope.correlation, envelope.occurred_at), (told.correlation, told.occurred_at));
    assert_eq!((envelope.version, envelope.stream_prev, envelope.blobs.len()), (0, None, 1));
    assert_eq!(events[1].envelope.stream_prev, Some(events[0].leaf_hash));
    assert_eq!(ledger.stream(stream(1), Some(1)).await.unwrap().len(), 1);
    assert_eq!(ledger.streams(&[stream(1), Stream::Ledger], 2).await.unwrap().len(), 2);
    assert_eq!(ledger.event(told.event_id).await.unwrap().map(|event| event.envelope.seq), Some(1));
    assert_eq!(ledger.event(clock::event_id()).await.unwrap(), None);
    check_verified(&pg, 3).await;
}

#[tokio::test]
async fn long_bodies_come_in_several_reads() {
    let (_pg, ledger) = opened().await;
    let long = "jar ".repeat(1_900_000);
    for name in 0..6 {
        ledger.append(append([described(name, &long)])).await.unwrap();
    }
    let first = ledger.read(0, 10).await.unwrap();
    assert_eq!(first.len(), 6, "the opening, and four bodies of 7.6 MB up to the one that reaches 32 MiB");
    let rest = ledger.read(first.len() as u64, 10).await.unwrap();
    assert_eq!((rest.len(), rest[0].envelope.seq), (1, 6));
    assert!(ledger.read(7, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn asking_twice_gives_the_first_receipt() {
    let (_pg, ledger) = opened().await;
    let mut asked = append([accessioned(1), described(1, "A jar")]);
    asked.conditions = vec![Condition::NoStream(stream(1))];
    let first = ledger.append(asked.clone()).await.unwrap();
    ledger.append(append([described(1, "Another title")])).await.unwrap();
    assert_eq!(ledger.append(asked).await.unwrap(), first);
    assert_eq!(ledger.head().await.unwrap().size, 4);
}

#[tokio::test]
async fn asking_twice_at_once_gives_one_receipt() {
    let (_pg, ledger) = opened().await;
    let asked = append([accessioned(1)]);
    let receipts: Vec<Receipt> =
        futures::future::try_join_all((0..16).map(|_| ledger.append(asked.clone()))).await.unwrap();
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    assert_eq!(ledger.head().await.unwrap().size, 2);
}

#[tokio::test]
async fn a_name_taken_by_another_event_is_refused() {
    let (_pg, ledger) = opened().await;
    let first = append([accessioned(1)]);
    ledger.append(first.clone()).await.unwrap();
    let mut other = append([described(1, "A jar")]);
    other.drafts[0].event_id = first.drafts[0].event_id;
    let mut half = first.clone();
    half.drafts.push(draft(described(1, "A jar")));
    for refused in [other, half] {
        let error = ledger.append(refused).await.unwrap_err();
        assert!(matches!(error, LedgerError::EventIdTaken { seq: 1, .. }), "{error}");
    }
    assert_eq!(ledger.head().await.unwrap().size, 2);
}

#[tokio::test]
async fn an_erased_body_keeps_every_proof_and_its_receipt() {
    let (pg, ledger) = opened().await;
    let asked = append([accessioned(1)]);
    let receipt = ledger.append(asked.clone()).await.unwrap();
    ledger.append(append([described(1, "erased by law")])).await.unwrap();
    let root = ledger.head().await.unwrap().root;
    sqlx::query("select ledger.erase_body(1, 2)").execute(&pg).await.unwrap();
    assert_eq!(ledger.append(asked).await.unwrap(), receipt);
    let event = &ledger.read(1, 1).await.unwrap()[0];
    assert_eq!((event.event.as_ref(), event.envelope.seq), (None, 1));
    assert_eq!(ledger.head().await.unwrap().root, root);
    check_verified(&pg, 3).await;
}

async fn check_conflict(ledger: &Ledger, condition: Condition, message: &str) {
    let before = ledger.head().await.unwrap();
    let error = ledger.append(on(condition, described(1, "refused"))).await.unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(ledger.head().await.unwrap(), before);
}

fn no_event(kinds: &[&'static str], stream: Option<Stream>, after: Option<u64>) -> Condition {
    Condition::NoEvent { kinds: kinds.to_vec(), stream, after }
}

#[tokio::test]
async fn a_condition_that_does_not_hold_refuses_the_append() {
    let (pg, ledger) = opened().await;
    ledger.append(append([accessioned(1), described(1, "A jar"), accessioned(2)])).await.unwrap();
    let (one, none) = (object(1), object(9));
    let refused = [
        (
            Condition::StreamAt(stream(1), 0),
            format!("object:{one} stands at version 0 does not hold: it stands at version 1"),
        ),
        (
            Condition::StreamAt(stream(9), 0),
            format!("object:{none} stands at version 0 does not hold: it has no event"),
        ),
        (Condition::NoStream(stream(1)), format!("object:{one} has no event does not hold: it stands at version 1")),
        (Condition::Exists(stream(9)), format!("object:{none} exists does not hold: it has no event")),
        (
            no_event(&["access_set", "accessioned"], None, Some(1)),
            "there is no event of type access_set or accessioned after 1 does not hold: event 3 is one".to_owned(),
        ),
        (
            no_event(&["described"], Some(stream(1)), None),
            format!("there is no event of type described in object:{one} does not hold: event 2 is one"),
        ),
    ];
    for (condition, message) in refused {
        check_conflict(&ledger, condition, &format!("the condition that {message}")).await;
    }
    check_verified(&pg, 4).await;
}

#[tokio::test]
async fn a_condition_that_holds_lets_the_append_in() {
    let (_pg, ledger) = opened().await;
    ledger.append(append([accessioned(1), described(1, "A jar"), accessioned(2)])).await.unwrap();
    let held = [
        Condition::StreamAt(stream(1), 1),
        Condition::Exists(stream(1)),
        Condition::NoStream(stream(9)),
        no_event(&["accessioned"], None, Some(3)),
        no_event(&["described"], Some(stream(2)), None),
        no_event(&["access_set"], None, None),
    ];
    for condition in held {
        ledger.append(on(condition, described(7, "let in"))).await.unwrap();
    }
}

#[tokio::test]
async fn of_many_who_want_to_be_first_one_is() {
    let (pg, ledger) = opened().await;
    let conditions = [Condition::NoStream(stream(1)), no_event(&["accessioned"], None, None)];
    for condition in conditions {
        let before = ledger.head().await.unwrap().size;
        let asked = (0..32u64).map(|place| {
            // Every other one wants nothing that the others take.
            let free = append([described(100 + place, "free")]);
            ledger.append(if place % 2 == 0 { on(condition.clone(), accessioned(1)) } else { free })
        });
        let answers = futures::future::join_all(asked).await;
        let taken = u64::from(condition == Condition::NoStream(stream(1)));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count() as u64, 16 + taken);
        assert_eq!(ledger.head().await.unwrap().size, before + 16 + taken);
    }
    check_verified(&pg, 34).await;
}

#[tokio::test]
async fn whoever_watches_sees_what_another_process_appends() {
    let (pg, ledger) = opened().await;
    let other = Ledger::open(pg, Clock::System, "A museum").await.unwrap();
    let mut seen = ledger.watch();
    other.append(append([accessioned(1)])).await.unwrap();
    assert_eq!(*other.watch().borrow(), 2);
    assert_eq!(*seen.wait_for(|size| *size == 2).await.unwrap(), 2);
}

/// Reads in small steps until the ledger has that many events, as a slow projection does.
async fn read_slowly(ledger: Ledger, until: u64) -> Vec<(u64, EventId)> {
    let mut seen = Vec::new();
    while (seen.len() as u64) < until {
        let events = ledger.read(seen.len() as u64, 7).await.unwrap();
        seen.extend(events.iter().map(|event| (event.envelope.seq, event.envelope.event_id)));
        tokio::task::yield_now().await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_in_two_processes_leave_no_gap() {
    let (pg, ledger) = opened().await;
    let other = Ledger::open(pg.clone(), Clock::System, "A museum").await.unwrap();
    let total = 1 + 64 * 5 * 3;
    let reader = tokio::spawn(read_slowly(other.clone(), total));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..64u64 {
        let ledger = if writer % 2 == 0 { ledger.clone() } else { other.clone() };
        writers.spawn(async move {
            let mut told = Vec::new();
            for round in 0..5u64 {
                let asked =
                    append([described(writer, "its own"), described(1000, "everybody's"), described(round, "r")]);
                let receipt = ledger.append(asked.clone()).await.unwrap();
                let ids = asked.drafts.iter().map(|draft| draft.event_id);
                told.extend((receipt.first_seq..=receipt.last_seq).zip(ids));
            }
            told
        });
    }
    let told: BTreeSet<(u64, EventId)> = writers.join_all().await.into_iter().flatten().collect();
    let seen = reader.await.unwrap();
    assert!(seen.iter().map(|(seq, _)| *seq).eq(0..total));
    assert_eq!(seen[1..].iter().copied().collect::<BTreeSet<_>>(), told);
    check_verified(&pg, total).await;
}
