//! An answer of OAI-PMH as a harvester reads it: what stands around its records.
//!
//! Source: OAI-PMH 2.0, section 3.2; Implementation Guidelines, "XML Schema to hold provenance information in the about
//! part of a record".

use fonds_schemas::Origin;

use super::harvested::is_oai;
use super::tree::{Element, inline};

/// The namespace of the provenance container.
pub const PROVENANCE: &str = "http://www.openarchives.org/OAI/2.0/provenance";
/// Repositories that a record came through: hubs of hubs are four.
const HOPS_MAX: usize = 8;
/// Bytes of what is said of one of them: longer is no address and no name.
const SAID_BYTES_MAX: usize = 1_024;

/// What stood around the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// When the repository answered; empty where it does not say, and then it is no answer of OAI-PMH.
    pub response_date: String,
    /// What it refused.
    pub errors: Vec<Error>,
    /// What ended the page.
    pub resumption: Option<Resumption>,
    /// The headers of the records, in their order.
    pub records: Vec<Header>,
    /// Records that were counted.
    pub rows: u64,
}

/// Why it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The code: `badResumptionToken`.
    pub code: String,
    /// What it says.
    pub text: String,
}

/// A resumption token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resumption {
    /// The token; empty at the end of a list of several pages.
    pub token: String,
    /// How many records the list has, where it says so.
    pub size: Option<u64>,
}

/// The header of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it is called.
    pub identifier: String,
    /// When it changed last.
    pub datestamp: String,
    /// Whether it is gone.
    pub deleted: bool,
    /// Where the repository had it from, the nearest first.
    pub earlier: Vec<Origin>,
    /// The line on which the record begins.
    pub line: u64,
}

/// Reads an `error`.
pub(super) fn error(element: &Element) -> Error {
    Error { code: element.attribute("", "code").unwrap_or_default().to_owned(), text: element.text(&inline) }
}

/// Reads a `resumptionToken`.
pub(super) fn resumption(element: &Element) -> Resumption {
    let size = element.attribute("", "completeListSize").and_then(|size| size.trim().parse().ok());
    // Blanks around it are the work of whoever indented the answer.
    Resumption { token: element.written().trim().to_owned(), size }
}

/// Reads where a record came from, if that is what an `about` tells. What cannot be is left out, with all that was before it.
pub(super) fn provenance(about: &Element) -> Vec<Origin> {
    let is = |element: &&Element, local: &str| element.name.is(PROVENANCE, local);
    let Some(container) = about.children().find(|child| is(child, "provenance")) else { return Vec::new() };
    let mut origins = Vec::new();
    let mut next = container.children().find(|child| is(child, "originDescription"));
    while let Some(description) = next.filter(|_| origins.len() < HOPS_MAX) {
        let Some(origin) = origin(description) else { break };
        origins.push(origin);
        next = description.children().find(|child| is(child, "originDescription"));
    }
    origins
}

fn origin(description: &Element) -> Option<Origin> {
    let said = |local: &str| {
        let child = description.children().find(|child| child.name.is(PROVENANCE, local) || is_oai(&child.name, local));
        child.and_then(|child| kept(&child.text(&inline)))
    };
    let altered = match description.attribute("", "altered")?.trim() {
        "true" | "1" => true,
        "false" | "0" => false,
        _ => return None,
    };
    Some(Origin {
        altered,
        base_url: said("baseURL")?,
        datestamp: said("datestamp").filter(|date| is_moment(date))?,
        harvest_date: description.attribute("", "harvestDate").and_then(kept).filter(|date| is_moment(date))?,
        identifier: said("identifier")?,
        metadata_namespace: said("metadataNamespace")?,
    })
}

/// A text that names something.
fn kept(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= SAID_BYTES_MAX && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// Whether it is a moment as OAI-PMH writes one: `2026-11-21` or `2026-11-21T10:00:00Z`.
#[must_use]
pub fn is_moment(text: &str) -> bool {
    let shape = match text.len() {
        10 => "0000-00-00",
        20 => "0000-00-00T00:00:00Z",
        _ => return false,
    };
    let fits = |(character, wanted): (u8, u8)| {
        if wanted == b'0' { character.is_ascii_digit() } else { character == wanted }
    };
    text.bytes().zip(shape.bytes()).all(fits)
}
