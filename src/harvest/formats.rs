//! Which format is harvested where nobody says: the richest that is read here and that leaves no record out.

use super::repository::Offered;

/// A format that is read, and how repositories name it.
#[derive(Debug, Clone, Copy)]
pub struct Readable {
    /// The crosswalk that reads it.
    pub crosswalk: &'static str,
    /// Its namespaces, as `ListMetadataFormats` tells them.
    pub namespaces: &'static [&'static str],
    /// Prefixes that mean it, where a repository tells another namespace.
    pub prefixes: &'static [&'static str],
    /// What it says that the next ones do not.
    pub why: &'static str,
}

/// Every format that is read, the richest first.
pub const ALL: &[Readable] = &[
    Readable {
        crosswalk: "lido",
        namespaces: &["http://www.lido-schema.org", "http://www.lido-schema.org/"],
        prefixes: &["lido", "oai_lido"],
        why: "it tells who did what to a thing when and where, with authorities",
    },
    Readable {
        crosswalk: "edm",
        namespaces: &["http://www.europeana.eu/schemas/edm/", "http://www.europeana.eu/schemas/edm"],
        prefixes: &["edm", "oai_edm"],
        why: "it tells authorities, rights and where images are",
    },
    Readable {
        crosswalk: "mods",
        namespaces: &["http://www.loc.gov/mods/v3", "http://www.loc.gov/mods/v3/"],
        prefixes: &["mods", "oai_mods", "mods3", "MODS"],
        why: "it tells names by their roles, and authorities",
    },
    Readable {
        crosswalk: "mets",
        namespaces: &["http://www.loc.gov/METS/", "http://www.loc.gov/METS"],
        prefixes: &["mets", "oai_mets"],
        why: "it tells what another format says, and which files there are",
    },
    Readable {
        crosswalk: "ead",
        namespaces: &["http://ead3.archivists.org/schema/", "urn:isbn:1-931666-22-9"],
        prefixes: &["ead3", "ead", "oai_ead"],
        why: "it tells which unit is part of which",
    },
    Readable {
        crosswalk: "marcxml",
        namespaces: &["http://www.loc.gov/MARC21/slim", "http://www.loc.gov/MARC21/slim/"],
        prefixes: &["marcxml", "marc21", "oai_marc21", "marc"],
        why: "it tells names by their roles",
    },
    Readable {
        crosswalk: "dc",
        namespaces: &[
            "http://dspace.org/qualifieddc/",
            "http://worldcat.org/xmlschemas/qdc-1.0/",
            "http://www.openarchives.org/OAI/2.0/oai_dcterms/",
            "http://www.openarchives.org/OAI/2.0/oai_dcterms",
            "http://purl.org/dc/terms/",
        ],
        prefixes: &["qdc", "oai_qdc", "oai_dcterms", "dcterms"],
        why: "it has the terms of Dublin Core",
    },
    Readable {
        crosswalk: "dc",
        namespaces: &["http://www.openarchives.org/OAI/2.0/oai_dc/"],
        prefixes: &["oai_dc"],
        why: "every repository has it",
    },
];

/// Those of the offered formats that are read, the richest first.
#[must_use]
pub fn readable(offered: &[Offered]) -> Vec<(&Offered, &'static Readable)> {
    let mut found: Vec<(&Offered, &'static Readable)> = Vec::new();
    for format in ALL {
        // What its namespace says counts more than what it is called.
        let by_namespace = offered.iter().filter(|one| format.namespaces.contains(&one.namespace.trim()));
        let by_prefix = offered.iter().filter(|one| {
            format.prefixes.contains(&one.prefix.as_str())
                && !ALL.iter().any(|other| other.namespaces.contains(&one.namespace.trim()))
        });
        for one in by_namespace.chain(by_prefix) {
            if !found.iter().any(|(known, _)| known.prefix == one.prefix) {
                found.push((one, format));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::xml::crosswalk;

    #[test]
    fn every_crosswalk_has_its_place() {
        // What is left aside whole is not asked for.
        for shipped in crosswalk::ALL.iter().filter(|shipped| shipped.name != "eac") {
            assert!(ALL.iter().any(|format| format.crosswalk == shipped.name), "{}", shipped.name);
        }
        for format in ALL {
            assert!(crosswalk::ALL.iter().any(|shipped| shipped.name == format.crosswalk), "{}", format.crosswalk);
        }
    }

    fn check(offered: &[(&str, &str)], wanted: &[&str]) {
        let offered = offered
            .iter()
            .map(|(prefix, namespace)| Offered { prefix: (*prefix).to_owned(), namespace: (*namespace).to_owned() });
        let offered: Vec<Offered> = offered.collect();
        let found: Vec<&str> = readable(&offered).iter().map(|(one, _)| one.prefix.as_str()).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_richest_comes_first_and_what_is_not_read_not_at_all() {
        let (dc, mods) = ("http://www.openarchives.org/OAI/2.0/oai_dc/", "http://www.loc.gov/mods/v3");
        check(&[("oai_dc", dc), ("rdf", "http://x"), ("mods", mods)], &["mods", "oai_dc"]);
    }
    #[test]
    fn the_namespace_counts_and_then_the_name() {
        check(&[("edm", "http://www.w3.org/1999/02/22-rdf-syntax-ns#")], &["edm"]);
        check(&[("lido", "http://www.openarchives.org/OAI/2.0/oai_dc/")], &["lido"]);
        check(&[("simple", "http://www.openarchives.org/OAI/2.0/oai_dc/")], &["simple"]);
    }
}
