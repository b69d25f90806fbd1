//! Formats in RDF/XML: a reader of RDF finds in them what was said, and nothing that is broken.

use std::collections::BTreeSet;

use fonds_schemas::{Language, Level, Object, Statement};
use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::{NamedOrBlankNode, Term, Triple};

use super::made::{BASE, dated, file, named, object, objects, publishing, render, said, said_in, with_files};

/// The formats.
const FORMATS: &[&str] = &["edm", "bibframe", "crm"];
const BIBFRAME: &str = "http://id.loc.gov/ontologies/bibframe/";
const CRM: &str = "http://www.cidoc-crm.org/cidoc-crm/";
const LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";
const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/// The triples of a record.
struct Graph(Vec<Triple>);

impl Graph {
    fn of(prefix: &str, object: &Object) -> Self {
        let record = render(prefix, object, &publishing()).unwrap();
        Self::read(&record).map_err(|problem| format!("{problem}: {record}")).unwrap()
    }

    fn read(record: &str) -> Result<Self, String> {
        let quads = RdfParser::from_format(RdfFormat::RdfXml).for_reader(record.as_bytes());
        let triples = quads.map(|quad| quad.map(Triple::from).map_err(|problem| problem.to_string()));
        triples.collect::<Result<_, _>>().map(Self)
    }

    /// What one reaches from a thing by these properties, one after the other: IRIs and texts as they are.
    fn reach(&self, from: &str, path: &[&str]) -> BTreeSet<String> {
        let mut here: BTreeSet<String> = [from.to_owned()].into();
        for property in path {
            let reached = self
                .0
                .iter()
                .filter(|triple| here.contains(&subject(&triple.subject)) && triple.predicate.as_str() == *property);
            here = reached.map(|triple| text(&triple.object)).collect();
        }
        here
    }
}

fn subject(node: &NamedOrBlankNode) -> String {
    match node {
        NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
        NamedOrBlankNode::BlankNode(node) => node.to_string(),
    }
}

fn text(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => node.as_str().to_owned(),
        Term::Literal(literal) => literal.value().to_owned(),
        other @ Term::BlankNode(_) => other.to_string(),
    }
}

fn jar() -> Object {
    let korean = Language::parse("ko").unwrap();
    let statements = vec![
        said("title", "Moon jar"),
        said_in("title", "달항아리", "ko"),
        said("alternative", "Large jar"),
        named("creator", "A potter", "http://vocab.getty.edu/ulan/1"),
        said("publisher", "The kiln"),
        dated("date_created", "late 17th century", "1650/1699"),
        dated("date_issued", "May 1906", "1906-05"),
        named("object_type", "jar", "http://vocab.getty.edu/aat/300195348"),
        said("technique", "throwing"),
        said("place", "Gwangju"),
        said("coordinates", "37.43,127.25"),
        said("subject", "the moon"),
        said("language", "kor"),
        said("note", "cracked"),
        said("department", "Ceramics"),
        Statement { language: Some(korean), ..said("inscription", "명") },
        said("rights", "https://creativecommons.org/licenses/by/4.0/deed.en"),
    ];
    with_files(&object("1979.413.1", statements), vec![file(1, "image/tiff", 1)])
}

fn check(prefix: &str, path: &[&str], wanted: &[&str]) {
    check_from(prefix, "", path, wanted);
}

/// What one finds of the jar from its name with that end.
fn check_from(prefix: &str, end: &str, path: &[&str], wanted: &[&str]) {
    let jar = jar();
    let name = format!("{BASE}/id/{}{end}", jar.id);
    let vocabulary = if prefix == "crm" { CRM } else { BIBFRAME };
    let full = |step: &&str| if step.contains("://") { (*step).to_owned() } else { format!("{vocabulary}{step}") };
    let path: Vec<String> = path.iter().map(full).collect();
    let found = Graph::of(prefix, &jar).reach(&name, &path.iter().map(String::as_str).collect::<Vec<_>>());
    let wanted: BTreeSet<String> = wanted.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(found, wanted, "{prefix}: {path:?}");
}

#[test]
fn every_record_is_rdf() {
    for prefix in FORMATS {
        let mut read = 0;
        for (name, object) in objects() {
            let Some(record) = render(prefix, &object, &publishing()) else { continue };
            let graph = Graph::read(&record).unwrap_or_else(|problem| panic!("{prefix}, {name}: {problem}\n{record}"));
            assert!(!graph.0.is_empty(), "{prefix}, {name}");
            read += 1;
        }
        assert!(read > 100, "{prefix}: {read}");
    }
}

#[test]
fn bibframe_is_a_work_an_instance_and_an_item() {
    let jar = jar();
    let name = format!("{BASE}/id/{}", jar.id);
    let (work, instance) = (format!("{name}#work"), format!("{name}#instance"));
    for (end, class) in [("#work", "Work"), ("#instance", "Instance"), ("", "Item")] {
        check_from("bibframe", end, &[TYPE], &[&format!("{BIBFRAME}{class}")]);
    }
    check("bibframe", &["itemOf"], &[&instance]);
    check("bibframe", &["itemOf", "instanceOf"], &[&work]);
    check_from("bibframe", "#work", &["hasInstance", "hasItem"], &[&name]);
}

#[test]
fn bibframe_says_of_the_work_what_the_thing_is_about() {
    let work = |path: &[&str], wanted: &[&str]| check_from("bibframe", "#work", path, wanted);
    work(&["title", "mainTitle"], &["Moon jar", "달항아리", "Large jar"]);
    work(&["contribution", "agent"], &["http://vocab.getty.edu/ulan/1"]);
    work(&["contribution", "agent", LABEL], &["A potter"]);
    work(&["contribution", "role"], &["http://id.loc.gov/vocabulary/relators/cre"]);
    work(&["genreForm"], &["http://vocab.getty.edu/aat/300195348"]);
    work(&["subject", LABEL], &["the moon", "Gwangju"]);
    work(&["language"], &["http://id.loc.gov/vocabulary/languages/kor"]);
}

#[test]
fn bibframe_says_of_the_instance_how_it_was_made_and_of_the_item_where_it_is() {
    let instance = |path: &[&str], wanted: &[&str]| check_from("bibframe", "#instance", path, wanted);
    instance(&["provisionActivity", "date"], &["1650/1699", "1906-05"]);
    instance(&["provisionActivity", "agent", LABEL], &["The kiln"]);
    instance(&["productionMethod", LABEL], &["throwing"]);
    instance(&["note", LABEL], &["cracked", "명"]);
    check("bibframe", &["heldBy", LABEL], &["Museum of Tests & Trials"]);
    check("bibframe", &["sublocation", LABEL], &["Ceramics"]);
    check("bibframe", &["shelfMark", LABEL], &["1979.413.1"]);
    check("bibframe", &["usageAndAccessPolicy"], &["http://creativecommons.org/licenses/by/4.0/"]);
}

#[test]
fn crm_puts_what_happened_into_events() {
    check("crm", &[TYPE], &[&format!("{CRM}E22_Human-Made_Object")]);
    let made = "P108i_was_produced_by";
    check("crm", &[made, TYPE], &[&format!("{CRM}E12_Production")]);
    check("crm", &[made, "P14_carried_out_by"], &["http://vocab.getty.edu/ulan/1"]);
    check("crm", &[made, "P32_used_general_technique", LABEL], &["throwing"]);
    check("crm", &[made, "P4_has_time-span", "P82a_begin_of_the_begin"], &["1650-01-01T00:00:00Z"]);
    check("crm", &[made, "P4_has_time-span", "P82b_end_of_the_end"], &["1699-12-31T23:59:59Z"]);
    let event = "P12i_was_present_at";
    check("crm", &[event, "P14_carried_out_by", LABEL], &["The kiln"]);
    check("crm", &[event, "P4_has_time-span", "P82b_end_of_the_end"], &["1906-05-31T23:59:59Z"]);
    check("crm", &[event, "P7_took_place_at", LABEL], &["Gwangju"]);
    check("crm", &[event, "P7_took_place_at", "P168_place_is_defined_by"], &["POINT(127.25 37.43)"]);
}

#[test]
fn crm_says_what_the_thing_is_called_and_carries() {
    check("crm", &["P102_has_title", "P190_has_symbolic_content"], &["Moon jar", "달항아리", "Large jar"]);
    check("crm", &["P48_has_preferred_identifier", "P190_has_symbolic_content"], &["1979.413.1"]);
    check("crm", &["P2_has_type"], &["http://vocab.getty.edu/aat/300195348"]);
    check("crm", &["P128_carries", "P129_is_about", LABEL], &["the moon"]);
    check("crm", &["P128_carries", "P190_has_symbolic_content"], &["명"]);
    check("crm", &["P67i_is_referred_to_by", "P190_has_symbolic_content"], &["cracked"]);
    check("crm", &["P50_has_current_keeper", "P107_has_current_or_former_member", LABEL], &["Ceramics"]);
    check("crm", &["P104_is_subject_to"], &["http://creativecommons.org/licenses/by/4.0/"]);
    let image = format!("{BASE}/iiif/image/2/{}/full/full/0/default.jpg", file(1, "image/tiff", 1).file);
    check("crm", &["P138i_has_representation"], &[&image]);
}

#[test]
fn an_undertaking_is_no_thing_to_crm() {
    let of = |level| render("crm", &Object { level, ..jar() }, &publishing());
    assert!(of(Level::Project).is_none());
    assert!(of(Level::Fonds).unwrap().contains("<crm:E78_Curated_Holding rdf:about="));
}
