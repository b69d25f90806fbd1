//! One test binary: each file a protocol, a part or a house rule.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod events;
mod ledger;
mod house;
mod postgres;
mod projections;
mod graph;
mod oai;
mod iiif;
mod ingest;
mod storage;
mod support;
