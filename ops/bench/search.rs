//! How fast the projections in Postgres take in a collection, how large they are, and how long a search takes.
//!
//! Reads JSON Lines of museum records (gzip), makes an accession of each, folds them in batches, and searches. It
//! prints figures and judges none. Run against a server of your own:
//!
//! ```sh
//! FONDS_TEST_DATABASE_URL=postgres://… FONDS_DATA=…/data cargo bench -p fonds-projections --no-default-features --bench search
//! ```
//!
//! `FONDS_BENCH_INDEX=after` makes the indexes after the fold, as a rebuild does; else before it, as a new archive does.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads its clock and its surroundings")]
#![expect(clippy::cast_precision_loss, reason = "figures are printed, not computed with")]

use std::io::BufRead as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fonds_projections::search::{Query, search};
use fonds_projections::{Batch, Change, Projection, Stores, catalog, files, graph, provenance, tokens};
use fonds_schemas::event::Accessioned;
use fonds_schemas::{
    Access, Addresses, AgentId, BatchId, Envelope, Event, EventId, Level, Object, Property, Recorded, Sha256,
    SourceKey, Statement, Stream, Timestamp, Viewer,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Row as _};

/// Events in a batch, as the projector cuts them.
const BATCH_EVENTS: usize = 2_000;
/// Rounds of all queries.
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() {
    let data = std::env::var("FONDS_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let records = read(&format!("{data}/metadata-156k/records.jsonl.gz"));
    println!("{} records", records.len());
    let stores = Stores {
        pg: database().await,
        triples: graph::Triples::in_memory().unwrap(),
        formats: [].into(),
        addresses: Addresses::new("http://localhost"),
        publishing: fonds_projections::feed::Publishing::of("Museum", "en"),
        language: "en".to_owned(),
    };
    let after = std::env::var("FONDS_BENCH_INDEX").is_ok_and(|when| when == "after");
    let projections: [&dyn Projection; 4] =
        [&catalog::Catalog, &files::Files, &provenance::Provenance, &tokens::Tokens];
    for projection in projections {
        projection.create(&stores).await.unwrap();
        if !after {
            projection.index(&stores).await.unwrap();
        }
    }
    fold(&stores, &projections, &records).await;
    for projection in projections {
        let (wall, cpu) = (Instant::now(), cpu(&stores.pg).await);
        projection.index(&stores).await.unwrap();
        let cpu = self::cpu(&stores.pg).await.saturating_sub(cpu);
        println!("index {}: {:.1?}, {cpu:.1?} of processor", projection.name(), wall.elapsed());
    }
    sizes(&stores.pg).await;
    for round in ["first round", "later rounds"] {
        println!("{round}");
        ask(&stores.pg, if round == "first round" { 1 } else { ROUNDS }).await;
    }
    for projection in projections {
        let wall = Instant::now();
        let digest = projection.digest(&stores).await.unwrap();
        println!("digest {}: {digest} in {:.1?}", projection.name(), wall.elapsed());
    }
    let wall = Instant::now();
    println!("state digest: {} in {:.1?}", catalog::state_digest(&stores.pg).await.unwrap(), wall.elapsed());
}

async fn database() -> PgPool {
    let options: PgConnectOptions = std::env::var("FONDS_TEST_DATABASE_URL").unwrap().parse().unwrap();
    let server = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap();
    sqlx::query("drop database if exists bench_search with (force)").execute(&server).await.unwrap();
    sqlx::query("create database bench_search").execute(&server).await.unwrap();
    // One connection, so that its processor time is all there is.
    PgPoolOptions::new().max_connections(1).connect_with(options.database("bench_search")).await.unwrap()
}

fn read(path: &str) -> Vec<Vec<Statement>> {
    let file = std::fs::File::open(path).unwrap();
    let lines = std::io::BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    lines.map(|line| statements(&serde_json::from_str(&line.unwrap()).unwrap())).collect()
}

fn statements(record: &serde_json::Value) -> Vec<Statement> {
    let mapping = [
        ("title", "title"),
        ("creators", "creator"),
        ("date", "date_created"),
        ("type", "object_type"),
        ("medium", "material"),
        ("dimensions", "dimensions"),
        ("credit", "credit_line"),
        ("acquired", "acquired"),
        ("subjects", "subject"),
        ("creator_nationality", "culture"),
        ("department", "department"),
        ("birth_place", "place"),
        ("institution", "holding_institution"),
        ("accession", "identifier"),
        ("id", "identifier"),
        ("provenance", "provenance"),
        ("inscription", "inscription"),
        ("movements", "style"),
        ("url", "landing_page"),
        ("thumbnail", "image_url"),
        ("images", "image_url"),
    ];
    let mut statements = Vec::new();
    let mut add = |property, value: &serde_json::Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        statements.push(Statement::new(Property::parse(property).unwrap(), text));
    };
    for (field, property) in mapping {
        match &record[field] {
            serde_json::Value::Null => {}
            serde_json::Value::Array(values) => values.iter().for_each(|value| add(property, value)),
            value => add(property, value),
        }
    }
    statements
}

fn batch(from: usize, records: &[Vec<Statement>]) -> Batch {
    let agent = AgentId::from_random([7; 10]);
    let mut events = Vec::new();
    let mut changes = Vec::new();
    for (place, statements) in records.iter().enumerate() {
        let seq = (from + place) as u64;
        let source = SourceKey { identifier: seq.to_string(), namespace: "bench".to_owned() };
        let body = Accessioned {
            access: Access::Public,
            level: Level::Work,
            object: source.object_id(),
            relations: Vec::new(),
            source: Some(source),
            statements: statements.clone(),
        };
        let envelope = Envelope {
            agent,
            batch: Some(BatchId::from_random([1; 10])),
            blobs: Vec::new(),
            body_digest: Sha256::of(b""),
            body_len: 0,
            causation: None,
            correlation: None,
            event_id: EventId(uuid::Uuid::from_u128(u128::from(seq) << 64 | 7)),
            ledger: uuid::Uuid::nil(),
            occurred_at: None,
            on_behalf_of: None,
            recorded_at: Timestamp::from_micros(seq.cast_signed()),
            schema_version: 1,
            seq,
            stream: Stream::Object(body.object),
            stream_prev: None,
            kind: "accessioned".to_owned(),
            v: 1,
            version: 0,
        };
        let event = Some(Event::Accessioned(body));
        let recorded = Recorded { envelope, event, leaf_hash: Sha256::of(b"") };
        let mut after = None;
        Object::fold(&mut after, &recorded).unwrap();
        events.push(Arc::new(recorded));
        changes.push(Change { event: place, before: None, after: Arc::new(after.unwrap()) });
    }
    Batch { from: from as u64, events, changes }
}

async fn fold(stores: &Stores, projections: &[&dyn Projection], records: &[Vec<Statement>]) {
    let mut spent = vec![(Duration::ZERO, Duration::ZERO); projections.len()];
    for (place, records) in records.chunks(BATCH_EVENTS).enumerate() {
        let batch = batch(place * BATCH_EVENTS, records);
        for (projection, spent) in projections.iter().zip(&mut spent) {
            let (wall, cpu) = (Instant::now(), cpu(&stores.pg).await);
            projection.apply(stores, &batch).await.unwrap();
            spent.0 += wall.elapsed();
            spent.1 += self::cpu(&stores.pg).await.saturating_sub(cpu);
        }
    }
    for (projection, (wall, cpu)) in projections.iter().zip(spent) {
        let rate = records.len() as f64 / wall.as_secs_f64();
        println!("apply {}: {wall:.1?}, {cpu:.1?} of processor, {rate:.0} events/s", projection.name());
    }
}

/// Processor time of this process and of its one connection's server process, where they share a machine.
async fn cpu(pg: &PgPool) -> Duration {
    let row = sqlx::query("select pg_backend_pid()").fetch_one(pg).await.unwrap();
    let pid: i32 = row.get(0);
    let ticks = |pid: &str| -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.get(11..13).map_or(0, |times| times.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum())
    };
    // Linux counts in hundredths of a second.
    Duration::from_millis(10 * (ticks("self") + ticks(&pid.to_string())))
}

async fn sizes(pg: &PgPool) {
    let sql = "select c.relname, pg_relation_size(c.oid), coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and pg_relation_size(c.oid) > 1000000 order by 2 desc";
    for row in sqlx::query(sql).fetch_all(pg).await.unwrap() {
        let mib = |column: usize| row.get::<i64, _>(column) as f64 / 1_048_576.0;
        println!("size {}: {:.0} MiB, {:.0} MiB beside it", row.get::<&str, _>(0), mib(1), mib(2));
    }
}

fn queries() -> Vec<Query> {
    let words = [
        "",
        "turner",
        "landscape",
        "moon",
        "woman",
        "portrait of woman",
        "black and white",
        "photograph",
        "graphite on paper",
        "harris",
        "blake dante",
        "car",
        "baseball",
        "2001.35.27223",
        "2001.35",
        "\u{10d}apek",
        "untitled",
        "the",
        "sea",
        "japanese vase",
        "silver bowl",
        "wint",
        "paintings",
        "dogs",
        "st paul",
        "venice",
        "no such words",
        "a",
        "frightened figures probably",
        "william",
        "kodak safety film",
        "purchased",
        "gift",
        "heinz family fund",
        "hill",
    ];
    let mut queries: Vec<Query> =
        words.iter().map(|words| Query { words: (*words).to_owned(), limit: 20, ..Query::default() }).collect();
    let facets = [
        ("", "creator", "Joseph Mallord William Turner"),
        ("", "object_type", "Photographic Negative"),
        ("", "subject", "hill"),
        ("castle", "subject", "hill"),
        ("woman", "creator", "Charles \"Teenie\" Harris"),
        ("", "level", "work"),
        ("street", "culture", "American"),
    ];
    queries.extend(facets.iter().map(|(words, facet, value)| Query {
        words: (*words).to_owned(),
        facets: vec![((*facet).to_owned(), (*value).to_owned())],
        limit: 20,
        ..Query::default()
    }));
    queries
}

async fn ask(pg: &PgPool, rounds: usize) {
    let mut times = Vec::new();
    for query in queries() {
        let mut best = Duration::MAX;
        let mut total = 0;
        for _ in 0..rounds {
            let wall = Instant::now();
            let found = search(pg, &Viewer::Public, Timestamp::from_micros(0), &query).await.unwrap();
            times.push(wall.elapsed());
            best = best.min(wall.elapsed());
            total = found.total;
        }
        println!("{:>9.1?}  {total:>7} hits  {:?} {:?}", best, query.words, query.facets);
    }
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!(
        "{} searches: p50 {:.1?}, p90 {:.1?}, p99 {:.1?}, max {:.1?}",
        times.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
}
