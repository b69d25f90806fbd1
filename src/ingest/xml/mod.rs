//! Records in the formats that museums, libraries and archives exchange, each mapped by its crosswalk.
//!
//! ```text
//! source (encoding, lines) → parse (tokens, namespaces) → build (one record, bounded) → records → apply (crosswalk)
//! ```
//!
//! One record is in memory at a time. Nothing outside of the file is ever fetched.

use std::sync::Arc;

pub(crate) mod answer;
mod apply;
mod build;
pub mod crosswalk;
mod dates;
mod files;
mod harvested;
mod mets;
mod numbering;
mod origin;
pub(crate) mod parse;
mod path;
pub(crate) mod records;
pub(crate) mod source;
mod tree;
mod values;
mod words;
mod written;

pub use files::{Files, Told};
pub use origin::NAMESPACE as OF_ARCHIVES;

use crosswalk::Crosswalk;

use super::row::Read;

/// What a text of records amounts to, whatever their formats; `file` is for messages.
#[must_use]
pub fn read(text: &str, crosswalks: &Arc<[Crosswalk]>, file: &str) -> Vec<Read> {
    let parser = parse::Parser::new(source::Source::of_text(text));
    records::Records::new(parser, Arc::clone(crosswalks), file.into(), file.to_owned()).collect()
}
