//! Known records, and one change at a time.

use super::*;

const HEAD: &str = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
    xmlns:d=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
    xmlns:edm=\"http://www.europeana.eu/schemas/edm/\" xmlns:ore=\"http://www.openarchives.org/ore/terms/\" \
    xmlns:skos=\"http://www.w3.org/2004/02/skos/core#\" \
    xmlns:ebucore=\"http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#\">";

fn found(kind: &str, described: &str, shown: &str, things: &str) -> Tiers {
    let edm = format!(
        "{HEAD}<edm:ProvidedCHO rdf:about=\"#o\"><edm:type>{kind}</edm:type>{described}</edm:ProvidedCHO>\
         <ore:Aggregation rdf:about=\"#a\">{shown}</ore:Aggregation>{things}</rdf:RDF>"
    );
    tiers(&edm).unwrap()
}

/// The content tier of a record with one file, of that type, sides and rights.
fn content(kind: &str, mime: &str, (width, height): (u32, u32), rights: &str) -> u8 {
    let shown = format!("<edm:isShownBy rdf:resource=\"#f\"/><edm:rights rdf:resource=\"{rights}\"/>");
    let file = format!(
        "<edm:WebResource rdf:about=\"#f\"><ebucore:hasMimeType>{mime}</ebucore:hasMimeType>\
         <ebucore:width>{width}</ebucore:width><ebucore:height>{height}</ebucore:height></edm:WebResource>"
    );
    found(kind, "", &shown, &file).content.tier
}

const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const IN_COPYRIGHT: &str = "http://rightsstatements.org/vocab/InC/1.0/";

#[test]
fn images_by_their_pixels() {
    for (sides, tier) in [((1000, 950), 4), ((1000, 949), 2), ((700, 600), 2), ((599, 700), 1), ((10, 9999), 0)] {
        assert_eq!(content("IMAGE", "image/jpeg", sides, CC0), tier, "{sides:?}");
    }
    assert_eq!(content("IMAGE", "audio/mpeg", (0, 0), CC0), 0, "no thumbnail");
}

#[test]
fn other_media() {
    assert_eq!(content("TEXT", "application/pdf", (0, 0), CC0), 4);
    assert_eq!(content("TEXT", "text/plain", (0, 0), CC0), 0);
    assert_eq!(content("SOUND", "audio/mpeg", (0, 0), CC0), 4);
    assert_eq!(content("VIDEO", "video/mp4", (640, 480), CC0), 4);
    assert_eq!(content("VIDEO", "video/mp4", (640, 360), CC0), 1);
    assert_eq!(content("3D", "model/gltf-binary", (0, 0), CC0), 4);
    assert_eq!(content("3D", "image/jpeg", (4000, 4000), CC0), 0);
}

#[test]
fn rights_are_a_lid() {
    let tier = |rights: &str| content("IMAGE", "image/jpeg", (4000, 3000), rights);
    assert_eq!(tier("http://creativecommons.org/licenses/by-sa/4.0/"), 4);
    assert_eq!(tier("http://creativecommons.org/licenses/by-nc-nd/4.0/"), 3);
    assert_eq!(tier(IN_COPYRIGHT), 2);
    assert_eq!(tier("https://creativecommons.org/publicdomain/zero/1.0/"), 2, "https is another address");
}

#[test]
fn a_landing_page_is_something_but_no_image() {
    let shown = "<edm:isShownAt rdf:resource=\"#p\"/>";
    assert_eq!(found("TEXT", "", shown, "").content.tier, 1);
    assert_eq!(found("IMAGE", "", shown, "").content.tier, 0);
    assert_eq!(found("TEXT", "<edm:type>IMAGE</edm:type>", shown, "").content.tier, 0, "two types");
}

/// The example of the facts about Europeana: one step makes it better.
const DESCRIBED: &str = "<d:type rdf:resource=\"#c\"/><d:creator>Ada</d:creator><dcterms:created>1815</dcterms:created>\
    <dcterms:spatial>London</dcterms:spatial>";
const CONCEPT: &str = "<skos:Concept rdf:about=\"#c\"><skos:prefLabel xml:lang=\"en\">engine</skos:prefLabel>\
    <skos:exactMatch rdf:resource=\"http://vocab.getty.edu/aat/1\"/></skos:Concept>";

#[test]
fn a_language_on_the_title_lifts_a_record() {
    let before = found("TEXT", &format!("<d:title>Engine</d:title>{DESCRIBED}"), "", CONCEPT).metadata;
    assert_eq!(
        (before.tier, before.language, before.enabling, before.contextual),
        (Grade::A, Grade::A, Grade::C, Grade::B)
    );
    assert_eq!(before.improvements, ["say the language of 1 of: dc:title, dcterms:spatial"]);
    let after = found("TEXT", &format!("<d:title xml:lang=\"en\">Engine</d:title>{DESCRIBED}"), "", CONCEPT).metadata;
    assert_eq!((after.tier, after.language), (Grade::B, Grade::B));
}

#[test]
fn links_are_looked_up_by_europeana() {
    let described = "<d:title xml:lang=\"en\">Engine</d:title><d:creator rdf:resource=\"http://viaf.org/viaf/1\"/>\
        <dcterms:spatial rdf:resource=\"http://sws.geonames.org/1/\"/><dcterms:created>1815</dcterms:created>\
        <d:type xml:lang=\"en\">machine</d:type>";
    let found = found("TEXT", described, "", "");
    assert_eq!((found.metadata.tier, found.metadata_if_dereferenced), (Grade::A, Grade::C));
}

#[test]
fn a_bare_record_says_what_it_lacks() {
    let found = found("TEXT", "", "", "");
    assert_eq!((found.content.tier, found.metadata.tier), (0, Grade::None));
    assert_eq!(found.metadata.improvements.len(), 2);
    assert!(found.content.improvement.is_some());
}

#[test]
fn what_is_no_record_is_refused() {
    assert_eq!(tiers("<html/>"), Err(BadEdm::NotRdf));
    assert_eq!(tiers("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), Err(BadEdm::DocumentType));
    assert!(matches!(tiers(&format!("{HEAD}<a></b>")), Err(BadEdm::Xml { .. })));
    assert_eq!(tiers(&" ".repeat(5 << 20)), Err(BadEdm::TooLarge));
}

/// Europeana's own records, with the tiers that its own indexing gives them.
#[test]
fn the_reference_gives_the_same() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/xml/edm/");
    for (name, content, metadata) in [("tier_calculation_rdf", 1, Grade::A), ("rdf_tier_for_overwrite", 2, Grade::A)] {
        let path = format!("{folder}metis-framework__resources_europeana_record_{name}.xml");
        let Ok(edm) = std::fs::read_to_string(&path) else {
            eprintln!("SKIPPED: {path} is not here");
            continue;
        };
        let found = tiers(&edm).unwrap();
        assert_eq!((found.content.tier, found.metadata.tier), (content, metadata), "{name}: {found:?}");
    }
}
