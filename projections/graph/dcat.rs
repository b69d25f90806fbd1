//! What registries of data sets read: the archive as a catalogue in DCAT 3 (<https://www.w3.org/TR/vocab-dcat-3/>), with the services
//! and the forms in which its data set is had.
//!
//! As in `VoID`, nothing is counted: a count could tell of objects that nobody may see. There are no dumps to be named.

use fonds_schemas::Addresses;
pub use oxigraph::model::Quad;
use oxigraph::model::vocab::rdf;
use oxigraph::model::{Literal, NamedNode, NamedNodeRef, Term};

use super::vocabulary::{
    DCAT_ACCESS_SERVICE, DCAT_ACCESS_URL, DCAT_CATALOG, DCAT_DATA_SERVICE, DCAT_DATASET, DCAT_DISTRIBUTION,
    DCAT_ENDPOINT_DESCRIPTION, DCAT_ENDPOINT_URL, DCAT_HAS_DATASET, DCAT_HAS_DISTRIBUTION, DCAT_HAS_SERVICE,
    DCAT_LANDING_PAGE, DCAT_MEDIA_TYPE, DCAT_SERVES_DATASET, DCTERMS_CONFORMS_TO, DCTERMS_DESCRIPTION, DCTERMS_LICENSE,
    DCTERMS_PUBLISHER, DCTERMS_TITLE, FOAF_AGENT, FOAF_HOMEPAGE, FOAF_NAME, FOAF_PRIMARY_TOPIC, OWL_SAME_AS,
};
use super::void::quad;
use crate::feed::{Format, Publishing};

/// What is described.
#[derive(Clone, Copy)]
pub struct Archive<'a> {
    /// The public addresses.
    pub addresses: &'a Addresses,
    /// The name of the archive.
    pub name: &'a str,
    /// What is said of it elsewhere.
    pub publishing: &'a Publishing,
    /// The metadata formats that harvesters get.
    pub formats: &'a [&'a dyn Format],
}

/// A service through which the data set is had.
struct Service {
    /// What its name ends with.
    name: &'static str,
    title: &'static str,
    /// Its path, and that of what describes it.
    path: &'static str,
    described_by: &'static str,
    conforms_to: &'static str,
}

const SERVICES: &[Service] = &[
    Service {
        name: "oai",
        title: "OAI-PMH",
        path: "/oai",
        described_by: "/oai?verb=Identify",
        conforms_to: "http://www.openarchives.org/OAI/2.0/",
    },
    Service {
        name: "sparql",
        title: "SPARQL",
        path: "/sparql",
        described_by: "/sparql",
        conforms_to: "http://www.w3.org/TR/sparql11-protocol/",
    },
    Service {
        name: "changes",
        title: "IIIF Change Discovery",
        path: "/iiif/discovery/1/all-changes",
        described_by: "/iiif/discovery/1/all-changes",
        conforms_to: "http://iiif.io/api/discovery/1/",
    },
    Service {
        name: "api",
        title: "API",
        path: "/api/v1",
        described_by: "/api/v1/openapi.json",
        conforms_to: "https://spec.openapis.org/oas/v3.1.0",
    },
];

/// The description of an archive.
#[must_use]
pub fn catalog(archive: Archive<'_>) -> Vec<Quad> {
    let page = format!("{}/dcat", archive.addresses.base());
    let mut description = Description { archive, quads: Vec::with_capacity(128), page };
    let [catalog, dataset] = ["catalog", "dataset"].map(|name| description.name(name));
    let page = NamedNode::new_unchecked(description.page.clone());
    description.say(&page, FOAF_PRIMARY_TOPIC, catalog.clone());
    description.say(&catalog, rdf::TYPE, DCAT_CATALOG);
    description.say(&catalog, DCAT_HAS_DATASET, dataset.clone());
    description.say(&dataset, rdf::TYPE, DCAT_DATASET);
    let text = format!("Everything that {} shows to everybody, and what harvesters are told of it.", archive.name);
    for (node, description_of) in [(&catalog, &text), (&dataset, &text)] {
        description.say(node, DCTERMS_TITLE, Literal::new_simple_literal(archive.name));
        description.say(node, DCTERMS_DESCRIPTION, english(description_of));
        description.publish(node);
    }
    description.say(&dataset, DCAT_LANDING_PAGE, NamedNode::new_unchecked(format!("{}/", archive.addresses.base())));
    let void = format!("{}/.well-known/void#dataset", archive.addresses.base());
    description.say(&dataset, OWL_SAME_AS, NamedNode::new_unchecked(void));
    description.publisher();
    for service in SERVICES {
        description.service(service, &catalog, &dataset);
    }
    description.distributions(&dataset);
    description.quads
}

struct Description<'a> {
    archive: Archive<'a>,
    quads: Vec<Quad>,
    page: String,
}

impl Description<'_> {
    fn name(&self, name: &str) -> NamedNode {
        NamedNode::new_unchecked(format!("{}#{name}", self.page))
    }

    fn at(&self, path: &str) -> NamedNode {
        NamedNode::new_unchecked(format!("{}{path}", self.archive.addresses.base()))
    }

    fn say(&mut self, subject: &NamedNode, predicate: NamedNodeRef<'_>, object: impl Into<Term>) {
        self.quads.push(quad(subject.as_str(), predicate, object));
    }

    /// Whose it is, and what may be done with it.
    fn publish(&mut self, node: &NamedNode) {
        let publisher = self.name("publisher");
        self.say(node, DCTERMS_PUBLISHER, publisher);
        if let Some(license) = self.archive.publishing.record_rights.clone() {
            self.say(node, DCTERMS_LICENSE, NamedNode::new_unchecked(license));
        }
    }

    fn publisher(&mut self) {
        let publisher = self.name("publisher");
        self.say(&publisher, rdf::TYPE, FOAF_AGENT);
        self.say(&publisher, FOAF_NAME, Literal::new_simple_literal(&self.archive.publishing.institution));
        // An address that a person wrote need not be one that RDF takes.
        let homepage = self.archive.publishing.homepage.as_deref().and_then(|page| NamedNode::new(page).ok());
        let homepage = homepage.unwrap_or_else(|| self.at("/"));
        self.say(&publisher, FOAF_HOMEPAGE, homepage);
    }

    fn service(&mut self, service: &Service, catalog: &NamedNode, dataset: &NamedNode) {
        let node = self.name(service.name);
        self.say(catalog, DCAT_HAS_SERVICE, node.clone());
        self.say(&node, rdf::TYPE, DCAT_DATA_SERVICE);
        self.say(&node, DCTERMS_TITLE, english(service.title));
        let (endpoint, described_by) = (self.at(service.path), self.at(service.described_by));
        self.say(&node, DCAT_ENDPOINT_URL, endpoint);
        self.say(&node, DCAT_ENDPOINT_DESCRIPTION, described_by);
        self.say(&node, DCTERMS_CONFORMS_TO, NamedNode::new_unchecked(service.conforms_to));
        self.say(&node, DCAT_SERVES_DATASET, dataset.clone());
    }

    /// The forms in which everything is had: a harvest in each metadata format, all triples, all manifests, all pages.
    fn distributions(&mut self, dataset: &NamedNode) {
        for format in self.archive.formats {
            let prefix = format.prefix();
            let node = self.distribution(dataset, &format!("oai-{prefix}"), &format!("Records in {prefix}"));
            let list = self.at(&format!("/oai?verb=ListRecords&metadataPrefix={prefix}"));
            self.accessed(&node, list, "text/xml", Some("oai"));
            self.say(&node, DCTERMS_CONFORMS_TO, NamedNode::new_unchecked(format.conforms_to()));
        }
        let others = [
            ("triples", "Everything as RDF", "/sparql", "text/turtle", Some("sparql")),
            (
                "manifests",
                "IIIF manifests, and how they changed",
                SERVICES[2].path,
                "application/ld+json",
                Some("changes"),
            ),
            ("pages", "The pages of all objects", "/sitemap.xml", "application/xml", None),
        ];
        for (name, title, path, media_type, service) in others {
            let node = self.distribution(dataset, name, title);
            let address = self.at(path);
            self.accessed(&node, address, media_type, service);
        }
    }

    fn distribution(&mut self, dataset: &NamedNode, name: &str, title: &str) -> NamedNode {
        let node = self.name(&format!("{name}-distribution"));
        self.say(dataset, DCAT_HAS_DISTRIBUTION, node.clone());
        self.say(&node, rdf::TYPE, DCAT_DISTRIBUTION);
        self.say(&node, DCTERMS_TITLE, english(title));
        if let Some(license) = self.archive.publishing.record_rights.clone() {
            self.say(&node, DCTERMS_LICENSE, NamedNode::new_unchecked(license));
        }
        node
    }

    fn accessed(&mut self, node: &NamedNode, address: NamedNode, media_type: &str, service: Option<&str>) {
        self.say(node, DCAT_ACCESS_URL, address);
        // Media types are named by the registry of IANA.
        let media_type = format!("https://www.iana.org/assignments/media-types/{media_type}");
        self.say(node, DCAT_MEDIA_TYPE, NamedNode::new_unchecked(media_type));
        if let Some(service) = service {
            let service = self.name(service);
            self.say(node, DCAT_ACCESS_SERVICE, service);
        }
    }
}

fn english(text: &str) -> Literal {
    Literal::new_language_tagged_literal_unchecked(text, "en")
}
