//! Replies in XML, by the schema of OAI-PMH 2.0 (<http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd>). Pure functions.

use std::collections::HashMap;
use std::fmt::Write as _;

use fonds_projections::feed::{Format, ListedSet, Published};
use fonds_schemas::{ObjectId, Timestamp};

use super::error::Refusal;
use super::token::List;
use super::{Xml, describe};
use crate::config::{ArchiveSettings, OaiSettings};
use crate::formats::xml;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd\">";
/// Bytes around the payload of a record, generously: the page is then allocated once.
const RECORD_BYTES: usize = 256;

/// A reply with content. `responded` is in seconds since 1970, and is the watermark of the feed: a harvester that uses
/// it as its next `from` misses nothing.
pub(super) fn reply(responded: i64, base: &str, arguments: &[(&'static str, String)], content: &str) -> Xml {
    let mut out = String::with_capacity(content.len() + 1024);
    open(&mut out, responded, base, arguments);
    out.push_str(content);
    out.push_str("</OAI-PMH>\n");
    Xml(out)
}

/// A reply that refuses.
pub(super) fn refused(responded: i64, base: &str, arguments: &[(&'static str, String)], refusals: &[Refusal]) -> Xml {
    let mut content = String::new();
    for refusal in refusals {
        content.push_str("<error");
        xml::attribute(&mut content, "code", refusal.code.as_str());
        content.push('>');
        xml::text(&mut content, &refusal.message);
        content.push_str("</error>");
    }
    reply(responded, base, arguments, &content)
}

fn open(out: &mut String, responded: i64, base: &str, arguments: &[(&'static str, String)]) {
    out.push_str(HEAD);
    xml::element(out, "responseDate", &datestamp(responded));
    out.push_str("<request");
    for (name, value) in arguments {
        xml::attribute(out, name, value);
    }
    out.push('>');
    xml::text(out, base);
    out.push_str("</request>");
}

fn datestamp(second: i64) -> String {
    Timestamp::from_micros(second.saturating_mul(1_000_000)).to_seconds_string()
}

/// What `Identify` says.
pub(super) struct Identity<'a> {
    pub(super) archive: &'a ArchiveSettings,
    pub(super) oai: &'a OaiSettings,
    /// The licence of the records.
    pub(super) record_rights: Option<&'a str>,
    pub(super) base: &'a str,
    pub(super) host: &'a str,
    /// Seconds since 1970.
    pub(super) earliest: i64,
}

pub(super) fn identify(identity: &Identity<'_>) -> String {
    let mut out = String::with_capacity(1024);
    out.push_str("<Identify>");
    xml::element(&mut out, "repositoryName", &identity.archive.name);
    xml::element(&mut out, "baseURL", identity.base);
    xml::element(&mut out, "protocolVersion", "2.0");
    xml::element(&mut out, "adminEmail", &identity.archive.email);
    xml::element(&mut out, "earliestDatestamp", &datestamp(identity.earliest));
    xml::element(&mut out, "deletedRecord", "persistent");
    xml::element(&mut out, "granularity", "YYYY-MM-DDThh:mm:ssZ");
    xml::element(&mut out, "compression", "gzip");
    describe::descriptions(&mut out, identity);
    out.push_str("</Identify>");
    out
}

pub(super) fn formats<'a>(formats: impl Iterator<Item = &'a dyn Format>) -> String {
    let mut out = String::from("<ListMetadataFormats>");
    for format in formats {
        out.push_str("<metadataFormat>");
        xml::element(&mut out, "metadataPrefix", format.prefix());
        xml::element(&mut out, "schema", format.schema());
        xml::element(&mut out, "metadataNamespace", format.namespace());
        out.push_str("</metadataFormat>");
    }
    out.push_str("</ListMetadataFormats>");
    out
}

/// What all records have in common.
pub(super) struct Frame<'a> {
    pub(super) host: &'a str,
    /// What stands behind every payload.
    pub(super) about: String,
    /// What stands behind the payloads of objects that were harvested.
    pub(super) origins: HashMap<ObjectId, String>,
}

/// The reply of `GetRecord`.
pub(super) fn record(frame: &Frame<'_>, published: &Published) -> String {
    let mut out = String::with_capacity(published.payload.len() + 2 * RECORD_BYTES);
    out.push_str("<GetRecord>");
    push_record(&mut out, frame, &datestamp(published.datestamp), published);
    out.push_str("</GetRecord>");
    out
}

/// The end of a page of a list of several pages.
pub(super) struct Resumption {
    /// Empty on the last page.
    pub(super) text: String,
    /// Seconds since 1970.
    pub(super) expires: i64,
    pub(super) size: u64,
    /// How many records came on the pages before.
    pub(super) cursor: u64,
}

/// One page of a list.
pub(super) struct Stretch<'a> {
    pub(super) list: List,
    pub(super) frame: Frame<'a>,
    pub(super) records: &'a [Published],
    pub(super) resumption: Option<&'a Resumption>,
}

pub(super) fn list(stretch: &Stretch<'_>) -> String {
    let around = RECORD_BYTES + stretch.frame.about.len();
    let bytes = stretch.records.iter().map(|record| record.payload.len() + around).sum::<usize>();
    let mut out = String::with_capacity(bytes + 1024);
    let name = match stretch.list {
        List::Identifiers => "ListIdentifiers",
        List::Records => "ListRecords",
    };
    let _ = write!(out, "<{name}>");
    // Neighbours mostly became visible at the same moment: it is written out once for all of them.
    let mut written = (i64::MIN, String::new());
    for record in stretch.records {
        if written.0 != record.datestamp {
            written = (record.datestamp, datestamp(record.datestamp));
        }
        match stretch.list {
            List::Identifiers => push_header(&mut out, stretch.frame.host, &written.1, record),
            List::Records => push_record(&mut out, &stretch.frame, &written.1, record),
        }
    }
    if let Some(resumption) = stretch.resumption {
        push_resumption(&mut out, resumption);
    }
    let _ = write!(out, "</{name}>");
    out
}

/// Begins a description of our own, in the one vocabulary that every harvester reads.
const REMARK: &str = "<setDescription><oai_dc:dc xmlns:oai_dc=\"http://www.openarchives.org/OAI/2.0/oai_dc/\" \
    xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
    xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd\">";
/// What every set says of itself (§2.6 leaves open what becomes of a record that leaves one).
const MANAGED: &str = "This set is managed: a record that leaves it is told as deleted in the lists of this set, with the \
    date on which it left. GetRecord and lists without a set go on showing it.";
/// What a set says of itself that has no members any more.
const CLOSED: &str = "This set is closed: no record is in it any more. Its lists tell which records left it, and when.";

/// One page of the list of sets.
pub(super) fn sets(sets: &[ListedSet], resumption: Option<&Resumption>) -> String {
    let mut out = String::from("<ListSets>");
    for set in sets {
        out.push_str("<set>");
        xml::element(&mut out, "setSpec", &set.spec);
        xml::element(&mut out, "setName", &set.name);
        if let Some(description) = &set.description {
            let _ = write!(out, "<setDescription>{description}</setDescription>");
        }
        out.push_str(REMARK);
        xml::element(&mut out, "dc:description", if set.open { MANAGED } else { CLOSED });
        out.push_str("</oai_dc:dc></setDescription></set>");
    }
    if let Some(resumption) = resumption {
        push_resumption(&mut out, resumption);
    }
    out.push_str("</ListSets>");
    out
}

fn push_record(out: &mut String, frame: &Frame<'_>, datestamp: &str, record: &Published) {
    out.push_str("<record>");
    push_header(out, frame.host, datestamp, record);
    if !record.deleted {
        out.push_str("<metadata>");
        out.push_str(&record.payload);
        out.push_str("</metadata>");
        out.push_str(&frame.about);
        // Looked up by object, never walked through.
        if let Some(origin) = frame.origins.get(&record.object) {
            out.push_str(origin);
        }
    }
    out.push_str("</record>");
}

fn push_header(out: &mut String, host: &str, datestamp: &str, record: &Published) {
    out.push_str(if record.deleted { "<header status=\"deleted\">" } else { "<header>" });
    // Neither host nor id holds a character that XML minds.
    let _ = write!(out, "<identifier>oai:{host}:{}</identifier><datestamp>{datestamp}</datestamp>", record.object);
    for spec in record.sets.deepest() {
        xml::element(out, "setSpec", spec);
    }
    out.push_str("</header>");
}

fn push_resumption(out: &mut String, resumption: &Resumption) {
    out.push_str("<resumptionToken");
    if !resumption.text.is_empty() {
        xml::attribute(out, "expirationDate", &datestamp(resumption.expires));
    }
    xml::attribute(out, "completeListSize", &resumption.size.to_string());
    xml::attribute(out, "cursor", &resumption.cursor.to_string());
    out.push('>');
    xml::text(out, &resumption.text);
    out.push_str("</resumptionToken>");
}
