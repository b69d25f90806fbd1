//! Records in the formats that museums, libraries and archives exchange, each mapped by its crosswalk.
//!
//! ```text
//! source (encoding, lines) → parse (tokens, namespaces) → build (one record, bounded) → records → apply (crosswalk)
//! ```
//!
//! One record is in memory at a time. Nothing outside of the file is ever fetched.

mod apply;
mod build;
pub mod crosswalk;
mod dates;
mod files;
mod harvested;
mod mets;
mod parse;
mod path;
mod records;
mod source;
mod tree;
mod values;
mod written;

pub use files::{Files, Told};
