//! fonds: an event-sourced archival repository.
//!
//! ARCHITECTURE.md has the map. `schemas`, `projections` and `workers` are leaf packages; everything that touches the
//! outside world is here.

pub mod api;
pub mod archive;
pub mod asking;
pub mod clock;
pub mod commands;
pub mod config;
pub mod control;
pub mod demo;
pub mod derivatives;
pub mod formats;
pub mod harvest;
pub mod health;
pub mod iiif;
pub mod ingest;
pub mod keeper;
pub mod ledger;
pub mod linked;
pub mod oai;
pub mod postgres;
pub mod projector;
pub mod rebuild;
pub mod remembered;
pub mod server;
pub mod storage;
pub mod story;
pub mod tier;
pub mod verbs;
pub mod web;

/// Chooses the TLS provider of this process, where nobody has; without one, a client that could speak TLS panics when
/// it is made, also one for a unix socket.
pub fn choose_tls() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider is chosen already");
    }
}
