//! How many events a second the ledger takes, durable, with everything that is hashed.
//!
//! `cargo bench --bench append` with `FONDS_BENCH_DATABASE_URL` (or `FONDS_TEST_DATABASE_URL`) naming a PostgreSQL
//! whose settings are the real ones; it makes a database there and drops it. Prints figures and asserts nothing: they
//! are ratios to what the disk does, which is printed beside them. `FONDS_BENCH_SECONDS` sets the time of each row.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fonds::clock::{self, Clock};
use fonds::ledger::{Append, Draft, Ledger, migrate, verify};
use fonds_schemas::event::Accessioned;
use fonds_schemas::{Access, AgentId, Event, Level, Property, SourceKey, Statement};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

/// Clients, and events that each sends at a time.
const ROWS: &[(u32, u32)] = &[(1, 1), (16, 1), (64, 1), (1, 100), (4, 100), (8, 100)];
/// Events read at once when reading back.
const READ_EVENTS: u32 = 2_000;
/// Flushes that measure the disk.
const FLUSHES: u32 = 200;

#[expect(clippy::disallowed_methods, reason = "a benchmark is told by the environment and has no settings")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = environment("FONDS_BENCH_DATABASE_URL").or_else(|| environment("FONDS_TEST_DATABASE_URL"));
    let url = url.context("FONDS_BENCH_DATABASE_URL must name a PostgreSQL server")?;
    let seconds = environment("FONDS_BENCH_SECONDS").and_then(|text| text.parse().ok()).unwrap_or(5);
    let server: PgConnectOptions = url.parse()?;
    let admin = PgPoolOptions::new().max_connections(1).connect_with(server.clone()).await?;
    let name = format!("bench_{}", uuid::Uuid::new_v4().simple());
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&admin).await?;
    println!("disk: {:.0} fdatasync/s of 8 kB in the folder for temporary files", flushes_per_second()?);
    let outcome = measure(server.database(&name), Duration::from_secs(seconds)).await;
    sqlx::query(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(&admin).await?;
    outcome
}

/// What the disk does: appends of one page, each flushed.
fn flushes_per_second() -> anyhow::Result<f64> {
    let path = std::env::temp_dir().join(format!("fonds-flush-{}", std::process::id()));
    let mut file = std::fs::File::create(&path)?;
    let begin = Instant::now();
    for _ in 0..FLUSHES {
        file.write_all(&[7; 8192])?;
        file.sync_data()?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(f64::from(FLUSHES) / seconds)
}

async fn measure(options: PgConnectOptions, time: Duration) -> anyhow::Result<()> {
    let pg = PgPoolOptions::new().max_connections(8).connect_with(options).await?;
    migrate(&pg, None).await?;
    let ledger = Ledger::open(pg.clone(), Clock::System, "A benchmark").await?;
    for (clients, events) in ROWS {
        append_row(&pg, &ledger, *clients, *events, time).await?;
    }
    let size = ledger.head().await?.size;
    let begin = Instant::now();
    let mut from = 0;
    while from < size {
        from += ledger.read(from, READ_EVENTS).await?.len() as u64;
    }
    println!("reading back and decoding {size} events: {:>10.0} events/s", rate(size, begin));
    let begin = Instant::now();
    let verdict = verify(&pg, |_, _| {}).await?;
    println!("verifying {size} events: {:>10.0} events/s, wrong: {:?}", rate(size, begin), verdict.wrong);
    let sql = "select pg_total_relation_size('ledger.event') + pg_total_relation_size('ledger.event_body')";
    let bytes: i64 = sqlx::query_scalar(sql).fetch_one(&pg).await?;
    println!("on disk: {} bytes an event", bytes.unsigned_abs() / size.max(1));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(events: u64, begin: Instant) -> f64 {
    events as f64 / begin.elapsed().as_secs_f64()
}

/// Many clients append until the time is over.
async fn append_row(pg: &PgPool, ledger: &Ledger, clients: u32, events: u32, time: Duration) -> anyhow::Result<()> {
    let count = Arc::new(AtomicU64::new(0));
    let commits = "select xact_commit from pg_stat_database where datname = current_database()";
    let before: i64 = sqlx::query_scalar(commits).fetch_one(pg).await?;
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (ledger, count) = (ledger.clone(), Arc::clone(&count));
        tasks.spawn(async move {
            while begin.elapsed() < time {
                let drafts = (0..events).map(|_| draft()).collect::<Result<_, _>>()?;
                ledger.append(Append { drafts, conditions: Vec::new() }).await?;
                count.fetch_add(u64::from(events), Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let after: i64 = sqlx::query_scalar(commits).fetch_one(pg).await?;
    let count = count.load(Ordering::Relaxed);
    let (rate, commits) = (rate(count, begin), after.abs_diff(before).max(1));
    println!("{clients:>3} clients, {events:>3} at a time: {rate:>8.0} events/s, {} a commit", count / commits);
    Ok(())
}

/// A record of the size that catalogues have: a body of about 700 bytes.
fn draft() -> anyhow::Result<Draft> {
    let object = clock::object_id();
    let statement = |property: &str, text: &str| anyhow::Ok(Statement::new(Property::parse(property)?, text));
    let source = SourceKey { namespace: "museum.example.org".to_owned(), identifier: object.to_string() };
    let event = Event::Accessioned(Accessioned {
        access: Access::Public,
        level: Level::Work,
        object,
        relations: Vec::new(),
        source: Some(source),
        statements: vec![
            statement("title", "Moon jar with a slightly leaning shoulder")?,
            statement("creator", "Unknown potter of the official kilns")?,
            statement("date_created", "second half of the seventeenth century")?,
            statement("material", "Porcelain")?,
            statement("dimensions", "Height 41.2 cm, diameter 40.8 cm")?,
            statement("credit_line", "Gift of the friends of the museum")?,
        ],
    });
    Ok(Draft {
        event_id: clock::event_id(),
        event,
        agent: AgentId::derived("software", "A benchmark"),
        on_behalf_of: None,
        batch: None,
        causation: None,
        correlation: None,
        occurred_at: None,
        blobs: Vec::new(),
    })
}
