//! OAI-PMH 2.0 over the publication feed, on a real database.

mod activities;
mod checklist;
mod feed;
mod harvest;
mod schema;
pub mod world;
