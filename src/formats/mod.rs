//! Metadata formats: one file each, an object in, XML out.
//!
//! A format is a pure function of the object; the publication feed renders it once, when the object changes, and every
//! harvest serves those bytes. Whoever adds or changes one moves the code version of the feed on.

pub mod oai_dc;
pub mod xml;

use fonds_projections::feed::Format;

/// Every format, in the order in which `ListMetadataFormats` names them.
pub const ALL: &[&dyn Format] = &[
    // Simple Dublin Core, which OAI-PMH asks every repository for.
    &oai_dc::OaiDc,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_what_oai_pmh_and_its_tokens_can_carry() {
        for format in ALL {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c);
            assert!(format.prefix().chars().all(fits), "{}", format.prefix());
            assert!(format.prefix().len() <= crate::oai::PREFIX_BYTES_MAX, "{}", format.prefix());
        }
    }
}
