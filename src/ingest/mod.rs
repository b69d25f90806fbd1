//! Taking in what others made: tables, folders of files, or both, through a mapping profile.
//!
//! Everything that comes in here is hostile until it is a plan: bounded in size and depth, its paths kept inside its
//! folder, each mistake reported with file, row and column while the rest goes on. Nothing here appends but through
//! the commands.
//!
//! ```text
//! input → csv, json, xlsx, folder → rows → plan (profile) → reader (chunks) → decide (what is new) → carry_out
//!       → xml (records → crosswalk) ────────────────────────↗
//!       → bag (checked as a whole) → one of the others; zip → unpacked, then as the folder that it is a zip of
//! ```

pub mod bag;
mod carry_out;
mod compare;
pub mod csv;
mod decide;
mod encoding;
pub mod files;
mod folder;
mod generic;
pub mod input;
pub mod json;
pub mod limits;
mod lines;
pub mod paths;
pub mod plan;
pub mod problem;
pub mod profile;
pub mod progress;
pub mod reader;
pub mod report;
pub mod row;
pub(crate) mod run;
pub mod template;
mod texts;
mod withdraw;
mod xlsx;
pub mod xml;
mod zip;

pub use progress::Progress;
pub use report::Report;
pub use run::{IngestError, Request, ingest};
