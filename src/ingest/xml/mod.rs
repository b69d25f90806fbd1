//! Records in the formats that museums, libraries and archives exchange, each mapped by its crosswalk.
//!
//! ```text
//! source (encoding, lines) → parse (tokens, namespaces) → build (one record, bounded) → records → apply (crosswalk)
//! ```
//!
//! One record is in memory at a time. Nothing outside of the file is ever fetched.

pub(crate) mod answer;
mod apply;
mod build;
pub mod crosswalk;
mod dates;
mod files;
mod harvested;
mod mets;
pub(crate) mod parse;
mod path;
pub(crate) mod records;
pub(crate) mod source;
mod tree;
mod values;
mod written;

pub use files::{Files, Told};
