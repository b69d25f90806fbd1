//! Harvesting: our own archives by each other, over a real port, and repositories that break the rules.

mod broken;
mod hostile;
mod ours;
mod stopped;
mod world;
