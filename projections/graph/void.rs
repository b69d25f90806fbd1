//! What the data set says of itself: `VoID`, and the description of the SPARQL service.
//!
//! Nothing is counted here: a count could tell of objects that nobody may see.

use fonds_schemas::Addresses;
use oxigraph::model::vocab::rdf;
use oxigraph::model::{GraphName, Literal, NamedNode, NamedNodeRef, Quad, Term};

use super::vocabulary::{
    DCTERMS_LICENSE, DCTERMS_PUBLISHER, DCTERMS_TITLE, FOAF_HOMEPAGE, FOAF_PRIMARY_TOPIC, OWL_SAME_AS, RDFS_SEE_ALSO,
    SD_ENDPOINT, SD_RESULT_FORMAT, SD_SERVICE, SD_SPARQL_11_QUERY, SD_SUPPORTED_LANGUAGE, VOID_DATASET,
    VOID_DESCRIPTION, VOID_FEATURE, VOID_SPARQL_ENDPOINT, VOID_URI_SPACE, VOID_VOCABULARY,
};
use super::write::FORMATS;
use crate::feed::Publishing;

/// The formats of tables of results, by the names of the W3C's registry.
const RESULT_FORMATS: &[&str] =
    &["SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"];

/// The vocabularies that most of the data is written in.
const VOCABULARIES: &[&str] = &[
    "http://www.europeana.eu/schemas/edm/",
    "http://purl.org/dc/elements/1.1/",
    "http://purl.org/dc/terms/",
    "http://www.openarchives.org/ore/terms/",
    "http://www.w3.org/ns/prov#",
];

/// The description of the data set of an archive of that name.
#[must_use]
pub fn dataset(addresses: &Addresses, name: &str, publishing: &Publishing) -> Vec<Quad> {
    let base = addresses.base();
    let page = format!("{base}/.well-known/void");
    let dataset = format!("{page}#dataset");
    let mut quads = vec![
        quad(&page, rdf::TYPE, VOID_DESCRIPTION),
        quad(&page, FOAF_PRIMARY_TOPIC, NamedNode::new_unchecked(dataset.clone())),
        quad(&dataset, rdf::TYPE, VOID_DATASET),
        quad(&dataset, DCTERMS_TITLE, Literal::new_simple_literal(name)),
        quad(&dataset, VOID_SPARQL_ENDPOINT, NamedNode::new_unchecked(endpoint(addresses))),
        quad(&dataset, VOID_URI_SPACE, Literal::new_simple_literal(format!("{base}/id/"))),
    ];
    // Who publishes it, and how else it is had, the description as a catalogue says.
    let catalog = format!("{base}/dcat");
    quads.push(quad(&page, RDFS_SEE_ALSO, NamedNode::new_unchecked(catalog.clone())));
    quads.push(quad(&dataset, OWL_SAME_AS, NamedNode::new_unchecked(format!("{catalog}#dataset"))));
    quads.push(quad(&dataset, DCTERMS_PUBLISHER, NamedNode::new_unchecked(format!("{catalog}#publisher"))));
    quads.push(quad(&dataset, FOAF_HOMEPAGE, NamedNode::new_unchecked(format!("{base}/"))));
    if let Some(license) = publishing.record_rights.clone() {
        quads.push(quad(&dataset, DCTERMS_LICENSE, NamedNode::new_unchecked(license)));
    }
    for vocabulary in VOCABULARIES {
        quads.push(quad(&dataset, VOID_VOCABULARY, NamedNode::new_unchecked(*vocabulary)));
    }
    for format in FORMATS {
        quads.push(quad(&dataset, VOID_FEATURE, NamedNode::new_unchecked(format.iri())));
    }
    quads
}

/// The description of the SPARQL service.
#[must_use]
pub fn service(addresses: &Addresses) -> Vec<Quad> {
    let endpoint = endpoint(addresses);
    let service = format!("{endpoint}#service");
    let mut quads = vec![
        quad(&service, rdf::TYPE, SD_SERVICE),
        quad(&service, SD_ENDPOINT, NamedNode::new_unchecked(endpoint)),
        quad(&service, SD_SUPPORTED_LANGUAGE, SD_SPARQL_11_QUERY),
    ];
    let tables = RESULT_FORMATS.iter().map(|name| format!("http://www.w3.org/ns/formats/{name}"));
    for format in tables.chain(FORMATS.iter().map(|format| format.iri().to_owned())) {
        quads.push(quad(&service, SD_RESULT_FORMAT, NamedNode::new_unchecked(format)));
    }
    quads
}

fn endpoint(addresses: &Addresses) -> String {
    format!("{}/sparql", addresses.base())
}

/// A statement of the description.
pub(super) fn quad(subject: &str, predicate: NamedNodeRef<'_>, object: impl Into<Term>) -> Quad {
    Quad::new(NamedNode::new_unchecked(subject), predicate, object, GraphName::DefaultGraph)
}
