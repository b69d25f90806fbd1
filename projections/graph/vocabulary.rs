//! The RDF terms that the graph uses, by vocabulary. Nothing else in fonds spells an RDF namespace.
//!
//! What no public vocabulary has a term for is a name of our own under `urn:fonds:`.

use oxigraph::model::NamedNodeRef;

macro_rules! terms {
    ($($(#[$doc:meta])* $name:ident = $iri:literal),+ $(,)?) => {
        $($(#[$doc])* pub(super) const $name: NamedNodeRef<'static> = NamedNodeRef::new_unchecked($iri);)+
    };
}

// Europeana Data Model 5.2.8, and what it borrows.
terms! {
    EDM_PROVIDED_CHO = "http://www.europeana.eu/schemas/edm/ProvidedCHO",
    EDM_WEB_RESOURCE = "http://www.europeana.eu/schemas/edm/WebResource",
    EDM_AGGREGATED_CHO = "http://www.europeana.eu/schemas/edm/aggregatedCHO",
    EDM_DATA_PROVIDER = "http://www.europeana.eu/schemas/edm/dataProvider",
    EDM_HAS_VIEW = "http://www.europeana.eu/schemas/edm/hasView",
    EDM_IS_SHOWN_AT = "http://www.europeana.eu/schemas/edm/isShownAt",
    EDM_IS_SHOWN_BY = "http://www.europeana.eu/schemas/edm/isShownBy",
    EDM_RIGHTS = "http://www.europeana.eu/schemas/edm/rights",
    EDM_TYPE = "http://www.europeana.eu/schemas/edm/type",
    ORE_AGGREGATION = "http://www.openarchives.org/ore/terms/Aggregation",
    ORE_AGGREGATES = "http://www.openarchives.org/ore/terms/aggregates",
    SVCS_HAS_SERVICE = "http://rdfs.org/sioc/services#has_service",
    EBUCORE_BYTES = "http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#fileByteSize",
    EBUCORE_FILE_NAME = "http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#filename",
    EBUCORE_HEIGHT = "http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#height",
    EBUCORE_MIME_TYPE = "http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#hasMimeType",
    EBUCORE_WIDTH = "http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#width",
    // The digest as an IRI, `urn:sha256:…`, as Fedora writes it.
    PREMIS_DIGEST = "http://www.loc.gov/premis/rdf/v1#hasMessageDigest",
    PREMIS_FILE = "http://www.loc.gov/premis/rdf/v3/File",
}

// Dublin Core.
terms! {
    DC_IDENTIFIER = "http://purl.org/dc/elements/1.1/identifier",
    DC_RIGHTS = "http://purl.org/dc/elements/1.1/rights",
    DCTERMS_IS_FORMAT_OF = "http://purl.org/dc/terms/isFormatOf",
    DCTERMS_IS_PART_OF = "http://purl.org/dc/terms/isPartOf",
    DCTERMS_IS_REFERENCED_BY = "http://purl.org/dc/terms/isReferencedBy",
    DCTERMS_RELATION = "http://purl.org/dc/terms/relation",
    DCTERMS_TITLE = "http://purl.org/dc/terms/title",
    DCTERMS_TYPE = "http://purl.org/dc/terms/type",
    /// Dates of the Extended Date/Time Format (ISO 8601-2), as the Library of Congress types them.
    EDTF = "http://id.loc.gov/datatypes/edtf/EDTF",
}

// How objects stand to one another.
terms! {
    BF_INSTANCE_OF = "http://id.loc.gov/ontologies/bibframe/instanceOf",
    BF_ITEM_OF = "http://id.loc.gov/ontologies/bibframe/itemOf",
    CRM_DOCUMENTS = "http://www.cidoc-crm.org/cidoc-crm/P70_documents",
    CRM_PRODUCED_BY = "http://www.cidoc-crm.org/cidoc-crm/P108i_was_produced_by",
    PROV_WAS_DERIVED_FROM = "http://www.w3.org/ns/prov#wasDerivedFrom",
}

// PROV-O.
terms! {
    PROV_ACTIVITY = "http://www.w3.org/ns/prov#Activity",
    PROV_ENDED_AT = "http://www.w3.org/ns/prov#endedAtTime",
    PROV_GENERATED = "http://www.w3.org/ns/prov#generated",
    PROV_INFLUENCED = "http://www.w3.org/ns/prov#influenced",
    PROV_ORGANIZATION = "http://www.w3.org/ns/prov#Organization",
    PROV_PERSON = "http://www.w3.org/ns/prov#Person",
    PROV_SOFTWARE_AGENT = "http://www.w3.org/ns/prov#SoftwareAgent",
    PROV_WAS_ASSOCIATED_WITH = "http://www.w3.org/ns/prov#wasAssociatedWith",
    PROV_WAS_INFORMED_BY = "http://www.w3.org/ns/prov#wasInformedBy",
}

// What the data set says of itself: VoID and SPARQL 1.1 Service Description.
terms! {
    VOID_DATASET = "http://rdfs.org/ns/void#Dataset",
    VOID_DESCRIPTION = "http://rdfs.org/ns/void#DatasetDescription",
    VOID_FEATURE = "http://rdfs.org/ns/void#feature",
    VOID_SPARQL_ENDPOINT = "http://rdfs.org/ns/void#sparqlEndpoint",
    VOID_URI_SPACE = "http://rdfs.org/ns/void#uriSpace",
    VOID_VOCABULARY = "http://rdfs.org/ns/void#vocabulary",
    FOAF_PRIMARY_TOPIC = "http://xmlns.com/foaf/0.1/primaryTopic",
    SD_ENDPOINT = "http://www.w3.org/ns/sparql-service-description#endpoint",
    SD_RESULT_FORMAT = "http://www.w3.org/ns/sparql-service-description#resultFormat",
    SD_SERVICE = "http://www.w3.org/ns/sparql-service-description#Service",
    SD_SUPPORTED_LANGUAGE = "http://www.w3.org/ns/sparql-service-description#supportedLanguage",
    SD_SPARQL_11_QUERY = "http://www.w3.org/ns/sparql-service-description#SPARQL11Query",
}

// The data set as a catalogue of data sets tells of it.
terms! {
    DCAT_ACCESS_SERVICE = "http://www.w3.org/ns/dcat#accessService",
    DCAT_ACCESS_URL = "http://www.w3.org/ns/dcat#accessURL",
    DCAT_CATALOG = "http://www.w3.org/ns/dcat#Catalog",
    DCAT_DATA_SERVICE = "http://www.w3.org/ns/dcat#DataService",
    DCAT_DATASET = "http://www.w3.org/ns/dcat#Dataset",
    DCAT_DISTRIBUTION = "http://www.w3.org/ns/dcat#Distribution",
    DCAT_ENDPOINT_DESCRIPTION = "http://www.w3.org/ns/dcat#endpointDescription",
    DCAT_ENDPOINT_URL = "http://www.w3.org/ns/dcat#endpointURL",
    DCAT_HAS_DATASET = "http://www.w3.org/ns/dcat#dataset",
    DCAT_HAS_DISTRIBUTION = "http://www.w3.org/ns/dcat#distribution",
    DCAT_HAS_SERVICE = "http://www.w3.org/ns/dcat#service",
    DCAT_LANDING_PAGE = "http://www.w3.org/ns/dcat#landingPage",
    DCAT_MEDIA_TYPE = "http://www.w3.org/ns/dcat#mediaType",
    DCAT_SERVES_DATASET = "http://www.w3.org/ns/dcat#servesDataset",
    DCTERMS_CONFORMS_TO = "http://purl.org/dc/terms/conformsTo",
    DCTERMS_DESCRIPTION = "http://purl.org/dc/terms/description",
    DCTERMS_LICENSE = "http://purl.org/dc/terms/license",
    DCTERMS_PUBLISHER = "http://purl.org/dc/terms/publisher",
    RDFS_SEE_ALSO = "http://www.w3.org/2000/01/rdf-schema#seeAlso",
    OWL_SAME_AS = "http://www.w3.org/2002/07/owl#sameAs",
    FOAF_AGENT = "http://xmlns.com/foaf/0.1/Agent",
    FOAF_HOMEPAGE = "http://xmlns.com/foaf/0.1/homepage",
    FOAF_NAME = "http://xmlns.com/foaf/0.1/name",
}

// The named graphs that no query reaches, and what stands in the first of them.
terms! {
    /// Where the projection stands and what it was folded with.
    STANDING_GRAPH = "urn:fonds:graph",
    /// What is true but must not be seen yet.
    HELD_GRAPH = "urn:fonds:held",
    APPLIED = "urn:fonds:graph:applied",
    FOLDED_WITH = "urn:fonds:graph:folded-with",
}

/// The prefixes that Turtle, RDF/XML and JSON-LD are written with.
pub(super) const PREFIXES: &[(&str, &str)] = &[
    ("bf", "http://id.loc.gov/ontologies/bibframe/"),
    ("crm", "http://www.cidoc-crm.org/cidoc-crm/"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("ebucore", "http://www.ebu.ch/metadata/ontologies/ebucore/ebucore#"),
    ("edm", "http://www.europeana.eu/schemas/edm/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("ore", "http://www.openarchives.org/ore/terms/"),
    ("premis", "http://www.loc.gov/premis/rdf/v1#"),
    ("premis3", "http://www.loc.gov/premis/rdf/v3/"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("schema", "http://schema.org/"),
    ("sd", "http://www.w3.org/ns/sparql-service-description#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("svcs", "http://rdfs.org/sioc/services#"),
    ("wgs84", "http://www.w3.org/2003/01/geo/wgs84_pos#"),
    ("void", "http://rdfs.org/ns/void#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];
