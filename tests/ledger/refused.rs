//! What the ledger and the database under it do not let happen.

use fonds::clock::Clock;
use fonds::ledger::{Append, Ledger, LedgerError, MIGRATIONS, migrate, prepare};
use fonds_schemas::event::PublicationMarked;
use fonds_schemas::{Event, Sha256, Timestamp};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};

use super::{accessioned, append, check_verified, described, draft, opened};
use crate::support::{checkout, database};

async fn check_refused_by_database(pg: &PgPool, sql: &'static str, message: &str) {
    let error = sqlx::raw_sql(sql).execute(pg).await.unwrap_err().to_string();
    assert!(error.contains(message), "{sql}: {error}");
}

const CHANGES: &[&str] = &[
    "update ledger.event set leaf = ''",
    "delete from ledger.event",
    "truncate ledger.event",
    "update ledger.event_body set body = ''",
    "update ledger.event_body set body = null, salt = null, erased_by = 9 where seq = 0",
    "delete from ledger.event_body",
    "truncate ledger.event_body",
    "delete from ledger.ledger_head",
    "truncate ledger.ledger_head",
];

#[tokio::test]
async fn the_database_refuses_changes_even_to_the_owner() {
    let (pg, ledger) = opened().await;
    ledger.append(append([accessioned(1)])).await.unwrap();
    for change in CHANGES {
        check_refused_by_database(&pg, change, "the ledger is never changed").await;
    }
    check_refused_by_database(&pg, "update ledger.ledger_head set size = 1", "never goes back").await;
    check_refused_by_database(&pg, "select ledger.erase_body(1, 1)", "orders no erasure").await;
    let replica = "set session_replication_role = replica; delete from ledger.event";
    check_refused_by_database(&pg, replica, "the ledger is never changed").await;
    check_verified(&pg, 2).await;
}

#[tokio::test]
async fn a_plain_role_appends_and_reads_and_nothing_else() {
    let owner = database().await;
    let role = format!("plain_{}", uuid::Uuid::new_v4().simple());
    sqlx::query(AssertSqlSafe(format!("create role {role} login"))).execute(&owner).await.unwrap();
    migrate(&owner, Some(&role)).await.unwrap();
    migrate(&owner, Some(&role)).await.unwrap();
    let options = (*owner.connect_options()).clone().username(&role);
    let plain = PgPoolOptions::new().connect_with(options).await.unwrap();
    let ledger = Ledger::open(plain.clone(), Clock::System, "A museum").await.unwrap();
    ledger.append(append([accessioned(1), described(1, "A jar")])).await.unwrap();
    assert_eq!(ledger.read(0, 10).await.unwrap().len(), 3);
    for change in CHANGES {
        check_refused_by_database(&plain, change, "permission denied").await;
    }
    check_refused_by_database(&plain, "select ledger.erase_body(1, 2)", "permission denied").await;
    let disable = "alter table ledger.event disable trigger all";
    check_refused_by_database(&plain, disable, "must be owner").await;
    check_verified(&plain, 3).await;
    let dropped = format!("drop owned by {role}; drop role {role}");
    sqlx::raw_sql(AssertSqlSafe(dropped)).execute(&owner).await.unwrap();
}

#[tokio::test]
async fn a_database_that_may_lose_what_it_acknowledged_is_refused() {
    let (pg, ledger) = opened().await;
    drop(ledger);
    let name: String = sqlx::query_scalar("select current_database()").fetch_one(&pg).await.unwrap();
    let weaken = format!("alter database {name} set synchronous_commit = off");
    sqlx::query(AssertSqlSafe(weaken)).execute(&pg).await.unwrap();
    let error = Ledger::open(pg, Clock::System, "A museum").await.err().unwrap();
    let message = "the database runs with synchronous_commit = off: acknowledged events could be lost; set it to on";
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn a_ledger_that_lost_its_end_is_not_opened() {
    let (pg, ledger) = opened().await;
    ledger.append(append([accessioned(1)])).await.unwrap();
    let cut = "alter table ledger.event disable trigger all; delete from ledger.event where seq = 1";
    sqlx::raw_sql(cut).execute(&pg).await.unwrap();
    let error = Ledger::open(pg, Clock::System, "A museum").await.err().unwrap();
    assert!(matches!(error, LedgerError::Torn { size: 2, last: Some(0), root_fits: true }), "{error}");
}

async fn check_refused(append: Append, message: &str) {
    let (pg, ledger) = opened().await;
    let error = ledger.append(append).await.unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    check_verified(&pg, 1).await;
}

#[tokio::test]
async fn an_append_without_events_is_refused() {
    check_refused(Append::default(), "an append without events").await;
}

#[tokio::test]
async fn an_append_that_names_an_event_twice_is_refused() {
    let event = draft(accessioned(1));
    let append = Append { drafts: vec![event.clone(), event], conditions: Vec::new() };
    check_refused(append, "twice").await;
}

#[tokio::test]
async fn an_append_of_too_many_events_is_refused() {
    let events = (0..=prepare::APPEND_EVENTS_MAX as u64).map(accessioned);
    check_refused(append(events), "an append of 10001 events, at most 10000 are allowed").await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let text = "x".repeat(8 * 1024 * 1024);
    check_refused(append([described(1, &text)]), "at most 8388608 are allowed").await;
}

#[tokio::test]
async fn an_event_that_speaks_of_too_many_files_is_refused() {
    let mut event = draft(accessioned(1));
    event.blobs = vec![Sha256::of(b""); prepare::BLOBS_MAX + 1];
    check_refused(Append { drafts: vec![event], conditions: Vec::new() }, "speaks of 901 files").await;
}

#[tokio::test]
async fn an_integer_that_not_every_reader_keeps_is_refused() {
    let event = Event::PublicationMarked(PublicationMarked { through: 1 << 53 });
    check_refused(append([event]), "is not canonical").await;
}

#[tokio::test]
async fn a_moment_that_could_not_be_read_back_is_refused() {
    let mut event = draft(accessioned(1));
    event.occurred_at = Some(Timestamp::from_micros(i64::MAX));
    check_refused(Append { drafts: vec![event], conditions: Vec::new() }, "could not be read back").await;
}

#[tokio::test]
async fn as_many_files_as_are_allowed_fit_into_an_envelope() {
    let (pg, ledger) = opened().await;
    let mut event = draft(accessioned(1));
    event.blobs = vec![Sha256::of(b""); prepare::BLOBS_MAX];
    ledger.append(Append { drafts: vec![event], conditions: Vec::new() }).await.unwrap();
    check_verified(&pg, 2).await;
}

#[test]
fn every_migration_is_compiled_in_and_says_why_it_is_safe() {
    let folder = checkout().join("migrations");
    let files = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(MIGRATIONS.iter().count(), files, "touch src/ledger/migrate.rs");
    assert!(MIGRATIONS.iter().all(|migration| migration.sql.as_str().starts_with("-- ")));
}
