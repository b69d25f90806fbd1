//! OAI-PMH 2.0 over the publication feed, on a real database.

mod activities;
mod ahead;
mod checklist;
mod described;
mod feed;
mod harvest;
mod http;
mod published;
mod race;
pub mod schema;
mod selftest;
mod sets;
mod sets_moving;
pub mod world;
