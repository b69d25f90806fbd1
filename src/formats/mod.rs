//! Metadata formats: one file each, an object in, XML out.
//!
//! A format is a pure function of the object; the publication feed renders it once, when the object changes, and every
//! harvest serves those bytes. Whoever adds or changes one moves the code version of the feed on.
//!
//! Each has its crosswalk: a table of where every property of the list goes, or why it is left out. What a record names of
//! other objects is nothing: the target may not be public, and a public record must not tell of it.

pub mod coverage;
pub mod datacite;
pub mod ead;
pub mod ead3;
pub mod edm;
pub mod element;
pub mod lido;
pub mod marcxml;
pub mod mods;
pub mod oai_dc;
pub mod round_trip;
pub mod said;
pub mod views;
pub mod xml;

use fonds_projections::feed::Format;

/// Every format, in the order in which `ListMetadataFormats` names them.
pub const ALL: &[&dyn Format] = &[
    // Simple Dublin Core, which OAI-PMH asks every repository for.
    &oai_dc::OaiDc,
    // What Europeana and its aggregators take.
    &edm::Edm,
    // What museums hand to portals: events, actors, images.
    &lido::Lido,
    // What libraries read, and the hubs of the Digital Public Library of America.
    &mods::Mods,
    // What library catalogues load.
    &marcxml::MarcXml,
    // What registries of research data take.
    &datacite::DataCite,
    // What archives' portals read, of levels of archival description.
    &ead3::Ead3,
    // The same before its third version, for Archives Portal Europe.
    &ead::Ead,
];

#[cfg(test)]
mod tests {
    use fonds_projections::feed::Place;

    use super::*;

    #[test]
    fn every_property_is_carried_or_left_out_with_a_reason() {
        for format in ALL {
            let wanted: Vec<_> = fonds_schemas::property::ALL.iter().map(|term| term.name).collect();
            let rows: Vec<_> = format.crosswalk().iter().map(|row| row.property).collect();
            assert_eq!(rows, wanted, "{}", format.prefix());
            for row in format.crosswalk() {
                let (Place::In { element: text, .. } | Place::Lost { why: text }) = row.place;
                assert!(!text.is_empty(), "{}: {}", format.prefix(), row.property);
            }
        }
    }

    #[test]
    fn prefixes_are_what_oai_pmh_and_its_tokens_can_carry() {
        for format in ALL {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c);
            assert!(format.prefix().chars().all(fits), "{}", format.prefix());
            assert!(format.prefix().len() <= crate::oai::PREFIX_BYTES_MAX, "{}", format.prefix());
        }
    }
}
