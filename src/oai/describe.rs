//! What `Identify` says of the repository in containers of others, and what every record says of its metadata.
//!
//! The containers are those of the Implementation Guidelines (<http://www.openarchives.org/OAI/2.0/guidelines.htm>). What was
//! harvested elsewhere says from where (`provenance`).

use std::fmt::Write as _;

use fonds_schemas::{ObjectId, Origin};

use super::render::Identity;
use crate::formats::xml;

/// Where all these vocabularies are.
const HOME: &str = "http://www.openarchives.org/OAI/2.0/";

/// Opens an element of a vocabulary of its own, and says where its schema is.
fn open(out: &mut String, name: &str, vocabulary: &str, schema: &str) {
    let _ = write!(
        out,
        "<{name} xmlns=\"{HOME}{vocabulary}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"{HOME}{vocabulary} {HOME}{schema}\""
    );
}

/// Everything that `Identify` ends with.
pub(super) fn descriptions(out: &mut String, identity: &Identity<'_>) {
    // The scheme of oai-identifier asks for a domain name; an archive at a bare address has none to describe.
    if is_domain(identity.host) {
        identifiers(out, identity.host);
    }
    if let Some(license) = identity.record_rights {
        out.push_str("<description>");
        open(out, "rightsManifest", "rights/", "rightsManifest.xsd");
        let _ = write!(out, " appliesTo=\"{HOME}entity#metadata\"><rights><rightsReference");
        xml::attribute(out, "ref", license);
        out.push_str("/></rights></rightsManifest></description>");
    }
    if !identity.oai.friends.is_empty() {
        out.push_str("<description>");
        open(out, "friends", "friends/", "friends.xsd");
        out.push('>');
        for friend in &identity.oai.friends {
            xml::element(out, "baseURL", friend);
        }
        out.push_str("</friends></description>");
    }
    // The container is about an icon: without one there is nothing to say that Identify does not say already.
    if let Some(logo) = &identity.archive.logo {
        out.push_str("<description>");
        open(out, "branding", "branding/", "branding.xsd");
        out.push_str("><collectionIcon>");
        xml::element(out, "url", logo);
        let home = identity.base.strip_suffix("/oai").unwrap_or(identity.base);
        xml::element(out, "link", identity.archive.homepage.as_deref().unwrap_or(home));
        xml::element(out, "title", &identity.archive.name);
        out.push_str("</collectionIcon></branding></description>");
    }
}

fn identifiers(out: &mut String, host: &str) {
    out.push_str("<description>");
    open(out, "oai-identifier", "oai-identifier", "oai-identifier.xsd");
    out.push('>');
    xml::element(out, "scheme", "oai");
    xml::element(out, "repositoryIdentifier", host);
    xml::element(out, "delimiter", ":");
    let sample = ObjectId::derived("sample", "sample");
    xml::element(out, "sampleIdentifier", &format!("oai:{host}:{sample}"));
    out.push_str("</oai-identifier></description>");
}

fn is_domain(host: &str) -> bool {
    host.contains('.') && host.split('.').all(|label| label.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Where a record comes from that was harvested: the last place outermost, in it where that had it from. Source:
/// Implementation Guidelines, "XML Schema to hold provenance information".
pub(super) fn provenance(origins: &[Origin]) -> String {
    let mut out = String::from("<about>");
    open(&mut out, "provenance", "provenance", "provenance.xsd");
    out.push('>');
    for origin in origins {
        out.push_str("<originDescription");
        xml::attribute(&mut out, "harvestDate", &origin.harvest_date);
        xml::attribute(&mut out, "altered", if origin.altered { "true" } else { "false" });
        out.push('>');
        xml::element(&mut out, "baseURL", &origin.base_url);
        xml::element(&mut out, "identifier", &origin.identifier);
        xml::element(&mut out, "datestamp", &origin.datestamp);
        xml::element(&mut out, "metadataNamespace", &origin.metadata_namespace);
    }
    out.push_str(&"</originDescription>".repeat(origins.len()));
    out.push_str("</provenance></about>");
    out
}

/// What every record says of its metadata: the licence, where there is one.
pub(super) fn about(record_rights: Option<&str>) -> String {
    let mut out = String::new();
    if let Some(license) = record_rights {
        out.push_str("<about>");
        open(&mut out, "rights", "rights/", "rights.xsd");
        out.push_str("><rightsReference");
        xml::attribute(&mut out, "ref", license);
        out.push_str("/></rights></about>");
    }
    out
}
