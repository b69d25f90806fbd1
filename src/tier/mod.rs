//! What Europeana makes of a record: the tiers of its Publishing Framework for contents (0 to 4) and metadata (0, A, B, C),
//! worked out as Metis does it, with the reason and the cheapest step up.
//!
//! A pure function of the EDM that is sent. Metis loads the links too; here, what the record says of its files is believed.

mod content;
mod metadata;
mod record;

use serde::Serialize;

pub use content::Content;
pub use metadata::{Grade, Metadata};
pub use record::{BadEdm, Record};

/// The tiers of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tiers {
    /// Of what it shows.
    pub content: Content,
    /// Of what it says.
    pub metadata: Metadata,
    /// The metadata tier once Europeana has looked up the links that it can look up.
    pub metadata_if_dereferenced: Grade,
}

/// The tiers of a record as external EDM (what is sent), or as the internal EDM that Metis makes of it.
pub fn tiers(edm: &str) -> Result<Tiers, BadEdm> {
    let record = Record::parse(edm)?;
    let metadata = Metadata::of(&record, false);
    let metadata_if_dereferenced = Metadata::of(&record, true).tier;
    Ok(Tiers { content: Content::of(&record), metadata, metadata_if_dereferenced })
}

#[cfg(test)]
mod tests;
