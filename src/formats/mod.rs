//! Metadata formats: one file each, an object in, XML out.
//!
//! A format is a pure function of the object; the publication feed renders it once, when the object changes, and every
//! harvest serves those bytes. Whoever changes one moves the code version of the feed on; one that comes is rendered where the
//! settings name it.
//!
//! Each has its crosswalk: a table of where every property of the list goes, or why it is left out. What a record names of
//! other objects is nothing: the target may not be public, and a public record must not tell of it.

pub mod bibframe;
pub mod calendar;
pub mod carare;
pub mod coverage;
pub mod crm;
pub mod datacite;
pub mod dcterms;
pub mod ead;
pub mod ead3;
pub mod edm;
pub mod element;
pub mod files;
pub mod lido;
pub mod marcxml;
pub mod mets;
pub mod mods;
pub mod oai_datacite;
pub mod oai_dc;
pub mod premis;
pub mod rdf;
pub mod round_trip;
pub mod said;
pub mod views;
pub mod xml;

use std::sync::Arc;

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
    // What a description says in the terms of Dublin Core, unshortened.
    &dcterms::DcTerms,
    // A thing with its files and their order, for viewers and digitisation programmes.
    &mets::Mets,
    // What keepers hand on: digests, sizes, formats, rights.
    &premis::Premis,
    // The fourth kernel of DataCite as OpenAIRE asks for it.
    &oai_datacite::OaiDataCite,
    // What libraries put in the place of MARC: works, instances, items.
    &bibframe::Bibframe,
    // What museums and research projects integrate: things and what happened to them.
    &crm::Crm,
    // What portals of archaeology and architecture read.
    &carare::Carare,
];

/// The format that every repository has.
const ALWAYS: &str = "oai_dc";

/// The prefixes of the formats that are published unless the settings say otherwise: those that portals ask for. The others
/// are asked for by few, and each costs as much as one of these.
pub const USUAL: &[&str] = &["oai_dc", "edm", "lido", "mods", "marcxml", "datacite", "ead3", "ead"];

/// A prefix that no format has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no metadata format {given:?}: there are {}", prefixes())]
pub struct UnknownFormat {
    /// What was given.
    pub given: String,
}

fn prefixes() -> String {
    ALL.iter().map(|format| format.prefix()).collect::<Vec<_>>().join(", ")
}

/// The format of that prefix.
pub fn find(prefix: &str) -> Result<&'static dyn Format, UnknownFormat> {
    let found = ALL.iter().find(|format| format.prefix() == prefix).copied();
    found.ok_or_else(|| UnknownFormat { given: prefix.to_owned() })
}

/// The formats of those prefixes, in the order of [`ALL`]; simple Dublin Core is always among them.
pub fn published(wanted: &[String]) -> Result<Arc<[&'static dyn Format]>, UnknownFormat> {
    for prefix in wanted {
        find(prefix)?;
    }
    let is_wanted = |format: &&&'static dyn Format| {
        format.prefix() == ALWAYS || wanted.iter().any(|prefix| prefix == format.prefix())
    };
    Ok(ALL.iter().filter(is_wanted).copied().collect())
}

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
    fn simple_dublin_core_is_always_published_and_the_order_is_that_of_the_list() {
        let published = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|prefix| (*prefix).to_owned()).collect();
            published(&wanted).map(|all| all.iter().map(|format| format.prefix()).collect::<Vec<_>>())
        };
        assert_eq!(published(&[]), Ok(vec!["oai_dc"]));
        assert_eq!(published(&["mods", "edm", "mods"]), Ok(vec!["oai_dc", "edm", "mods"]));
        assert_eq!(published(USUAL), Ok(USUAL.to_vec()));
        assert_eq!(published(&["MODS"]), Err(UnknownFormat { given: "MODS".to_owned() }));
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
