//! One test binary: each file a protocol, a part or a house rule.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod access;
mod annotations;
mod api;
mod derivatives;
mod events;
mod formats;
mod graph;
mod harvest;
mod house;
mod iiif;
mod ingest;
mod ingest_archive;
mod ingest_bags;
mod ingest_xml;
mod large;
mod ledger;
mod linked;
mod oai;
mod postgres;
mod projections;
mod projector;
mod storage;
mod support;
