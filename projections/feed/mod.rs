//! The publication feed: what the public may see, since when. Every harvest protocol reads it, so they cannot disagree.
//!
//! A row is one state of one record: an object in one metadata format, rendered once, or the news that it is gone.
//! Rows are ordered by the event that made them. They become visible, with a datestamp, by a `PublicationMarked` event;
//! nothing is updated for that, so a rebuild gives every record the datestamp that it had. What was never public has no
//! row. Nothing here looks at who asks: the feed holds only what everybody may see. What is taken back is served no more
//! from the moment that this projection has folded it; the few milliseconds before are the only ones in which a harvester
//! can get what a page would refuse.
//!
//! Beside the records there are activities: what happened to an object, whatever a format shows of it ([`Activity`]).

mod activity;
mod fold;
mod format;
mod read;

pub use activity::{Activity, ActivityKind, activities, activities_told, shows_another};
pub use format::{Format, Place, Publishing, Row, Setting, lost, noted, to};
pub use read::{
    Contents, Page, Published, SETTLING_SECONDS, Span, Window, count, page, prefixes, record, through_at, unpublished,
    window,
};

use async_trait::async_trait;
use fonds_schemas::Sha256;

use crate::{Batch, Projection, ProjectionError, Stores, database, position};

/// The name of the projection.
pub const NAME: &str = "feed";
/// Moves on with the shape of the tables, and with every format added or changed: payloads are then rendered anew.
const CODE_VERSION: u32 = 4;

/// The projection.
pub struct Feed;

/// The tables, with the keys that folding needs.
///
/// Payloads are read far more often than written, so they are neither compressed nor, up to 8 kB, kept out of line.
const TABLES: &[&str] = &[
    "create table if not exists feed_record (
        object text collate \"C\" not null,
        prefix text collate \"C\" not null,
        from_seq bigint not null,
        to_seq bigint,
        deleted boolean not null,
        payload_sha256 bytea,
        payload text,
        primary key (object, prefix, from_seq))
        with (toast_tuple_target = 8160)",
    // Only once: this waits for whoever reads, and a verb beside a running server comes through here too.
    "do $$ begin
        if (select attstorage <> 'e' from pg_attribute
            where attrelid = 'feed_record'::regclass and attname = 'payload')
        then
            alter table feed_record
                alter column payload set storage external, alter column payload set statistics 0;
        end if;
    end $$",
    // The moment at which everything through an event became visible, in seconds since 1970, and how many activities
    // there were then.
    "create table if not exists feed_mark (
        through bigint primary key, seq bigint not null, published_at bigint not null, activities bigint not null)",
    // The last event that made a row of a record or a change.
    "create table if not exists feed_tip (single boolean primary key check (single), from_seq bigint not null)",
];

/// The indexes that only readers need.
const INDEXES: &[&str] = &[
    // A list: the states that stand, in their order.
    "create index if not exists feed_record_standing on feed_record (prefix, from_seq) where to_seq is null",
    // States that were replaced a moment ago, by something that is not visible yet.
    "create index if not exists feed_record_replaced on feed_record (prefix, to_seq) where to_seq is not null",
    // The place of a date.
    "create index if not exists feed_mark_published on feed_mark (published_at, through)",
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
        for sql in TABLES.iter().chain(activity::TABLES) {
            let done = sqlx::query(*sql).execute(&stores.pg).await;
            done.map_err(database("could not make the tables of the publication feed"))?;
        }
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in INDEXES {
            let done = sqlx::query(*sql).execute(&stores.pg).await;
            done.map_err(database("could not make the indexes of the publication feed"))?;
        }
        position::analyze(&stores.pg, &["feed_record", "feed_activity"]).await
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        fold::apply(stores, batch).await
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        // Payloads are covered by themselves and not by their stored digest: a rebuild must find a payload that rotted.
        let columns = "object, prefix, from_seq, to_seq, deleted, payload_sha256, payload";
        let records = position::table_digest(&stores.pg, "feed_record", columns, "object, prefix, from_seq").await?;
        let columns = "through, seq, published_at, activities";
        let marks = position::table_digest(&stores.pg, "feed_mark", columns, "through").await?;
        let columns = "number, object, kind, published_at";
        let activities = position::table_digest(&stores.pg, "feed_activity", columns, "number").await?;
        let columns = "seq, object, was_public, is_public";
        let waiting = position::table_digest(&stores.pg, "feed_change", columns, "seq").await?;
        Ok(Sha256::of(format!("{records}{marks}{activities}{waiting}").as_bytes()))
    }
}
