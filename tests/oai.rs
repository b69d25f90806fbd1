//! OAI-PMH 2.0 over the publication feed, on a real database.

mod checklist;
mod feed;
mod harvest;
mod schema;
mod world;
