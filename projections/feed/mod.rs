//! The publication feed: what the public may see, since when. Every harvest protocol reads it, so they cannot disagree.
//!
//! A row is one state of one record: an object in one metadata format, rendered once, or the news that it is gone.
//! Rows are ordered by the event that made them. They become visible, with a datestamp, by a `PublicationMarked` event;
//! nothing is updated for that, so a rebuild gives every record the datestamp that it had. What was never public has no
//! row. Nothing here looks at who asks: the feed holds only what everybody may see. What is taken back is served no more
//! from the moment that this projection has folded it; the few milliseconds before are the only ones in which a harvester
//! can get what a page would refuse.
//!
//! A record is in the sets of what its object is part of ([`Sets`]), as far as that is public. Joining and leaving a set is a
//! change of the record: it comes again in every list, and the lists of the set that it left tell a deletion.
//!
//! Beside the records there are activities: what happened to an object, whatever a format shows of it ([`Activity`]).

mod activity;
mod fold;
mod format;
mod listed;
mod members;
mod read;
mod records;
mod sets;
mod shelf;
mod stands;
mod tally;
mod wholes;

pub use activity::{Activity, ActivityKind, activities, activities_told, shows_another};
pub use format::{Format, Place, Publishing, Row, Setting, lost, noted, to};
pub use listed::{ListedSet, any_set, count_sets, set_of_key, sets};
pub use read::{
    Contents, Page, Position, Published, SETTLING_SECONDS, Span, Window, count, page, prefixes, record, through_at,
    unpublished, window,
};
pub use sets::{LEVELS_MAX, SetKey, Sets, implied};
pub use shelf::{Shelf, Shelved, shelf, shelves};
pub use stands::{Stand, stand};

use async_trait::async_trait;
use fonds_schemas::Sha256;
use sqlx::AssertSqlSafe;

use crate::{Batch, Projection, ProjectionError, Stores, database, position};

/// The name of the projection.
pub const NAME: &str = "feed";
/// Moves on with the shape of the tables, and with every format added or changed: payloads are then rendered anew.
const CODE_VERSION: u32 = 7;

/// The projection.
pub struct Feed;

/// The tables, with the keys that folding needs.
const TABLES: &[&str] = &[
    // Each format has a table of its own in it: a list reads the rows of one format, and they lie together.
    "create table if not exists feed_record (
        object text collate \"C\" not null,
        prefix text collate \"C\" not null,
        from_seq bigint not null,
        to_seq bigint,
        deleted boolean not null,
        payload_sha256 bytea,
        payload text,
        sets text collate \"C\" not null,
        primary key (object, prefix, from_seq))
        partition by list (prefix)",
    // The moment at which everything through an event became visible, in seconds since 1970, and how many activities
    // there were then.
    "create table if not exists feed_mark (
        through bigint primary key, seq bigint not null, published_at bigint not null, activities bigint not null)",
    tally::TABLE,
    // The last event that made a row of a record or a change.
    "create table if not exists feed_tip (single boolean primary key check (single), from_seq bigint not null)",
];

/// The table of the records in a format. Readers name it themselves: to find it anew among all costs more than to read a
/// record. A prefix that is no format's has none.
fn table_of(prefix: &str) -> String {
    format!("\"feed_record_of_{}\"", prefix.replace('"', ""))
}

/// Makes the table of a format. Payloads are read far more often than written, so they are neither compressed nor, up to
/// 8 kB, kept out of line.
fn create_table_of(prefix: &str) -> [String; 2] {
    let table = table_of(prefix);
    let literal = prefix.replace('\'', "''");
    [
        format!(
            "create table if not exists {table} partition of feed_record for values in ('{literal}')
                with (toast_tuple_target = 8160)"
        ),
        // Only once: this waits for whoever reads, and a verb beside a running server comes through here too.
        format!(
            "do $$ begin
                if (select attstorage <> 'e' from pg_attribute
                    where attrelid = '{table}'::regclass and attname = 'payload')
                then
                    alter table {table} alter column payload set storage external, alter column payload set statistics 0;
                end if;
            end $$"
        ),
    ]
}

/// The indexes that only readers need.
const INDEXES: &[&str] = &[
    // A list: the states that stand, in their order.
    "create index if not exists feed_record_standing on feed_record (from_seq, object) where to_seq is null",
    // States that were replaced a moment ago, by something that is not visible yet.
    "create index if not exists feed_record_replaced on feed_record (to_seq) where to_seq is not null",
    // The place of a date.
    "create index if not exists feed_mark_published on feed_mark (published_at, through)",
];

/// What a digest covers: tables, their columns, and an order. Payloads are covered by themselves and not by their stored
/// digest: a rebuild must find a payload that rotted.
const CONTENT: &[(&str, &str, &str)] = &[
    (
        "feed_record",
        "object, prefix, from_seq, to_seq, deleted, payload_sha256, payload, sets",
        "object, prefix, from_seq",
    ),
    ("feed_tally", "prefix, records", "prefix"),
    ("feed_mark", "through, seq, published_at, activities", "through"),
    ("feed_activity", "number, object, kind, published_at", "number"),
    ("feed_change", "seq, object, was_public, is_public", "seq"),
    ("feed_object", "object, title", "object"),
    ("feed_whole", "object, whole", "object, whole"),
    ("feed_member", "set_key, prefix, object, from_seq, to_seq, gone", "object, prefix, set_key, from_seq"),
    ("feed_set", "set_key, spec, members", "set_key"),
];

#[async_trait]
impl Projection for Feed {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        let others = activity::TABLES.iter().chain(wholes::TABLES).chain(members::TABLES);
        for sql in TABLES.iter().chain(others) {
            let done = sqlx::query(*sql).execute(&stores.pg).await;
            done.map_err(database("could not make the tables of the publication feed"))?;
        }
        for sql in stores.formats.iter().flat_map(|format| create_table_of(format.prefix())) {
            let done = sqlx::query(AssertSqlSafe(sql)).execute(&stores.pg).await;
            done.map_err(database("could not make the table of a format of the publication feed"))?;
        }
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in INDEXES.iter().chain(members::INDEXES) {
            let done = sqlx::query(*sql).execute(&stores.pg).await;
            done.map_err(database("could not make the indexes of the publication feed"))?;
        }
        let formats: Vec<String> = stores.formats.iter().map(|format| table_of(format.prefix())).collect();
        let others = ["feed_activity", "feed_member", "feed_whole", "feed_object"];
        let tables: Vec<&str> = formats.iter().map(|table| table.trim_matches('"')).chain(others).collect();
        position::analyze(&stores.pg, &tables).await
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        fold::apply(stores, batch).await
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        let mut digests = String::new();
        for (table, columns, order) in CONTENT {
            let digest = position::table_digest(&stores.pg, table, columns, order).await?;
            digests.push_str(&digest.to_string());
        }
        Ok(Sha256::of(digests.as_bytes()))
    }
}
