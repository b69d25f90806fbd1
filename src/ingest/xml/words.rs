//! Texts of records: what is cut off, what is a date or an address, and what fits a statement.

use std::borrow::Cow;

use fonds_schemas::statement::TEXT_BYTES_MAX;
use fonds_schemas::{Property, property};

use super::crosswalk::Rule;
use super::dates;
use super::tree::Name;

/// Properties whose texts are dates.
const DATES: &[&str] = &["date_created", "date_issued", "acquired"];
/// How an authority's IRI begins; a number in a list of somebody's is none.
const IRIS: &[&str] = &["http://", "https://", "urn:", "info:"];

/// The property that an element's own name is.
pub(super) fn own(name: &Name) -> Option<Property> {
    let iri = format!("{}{}", name.namespace, name.local);
    let term = property::ALL.iter().find(|term| term.iri == iri);
    Property::parse(term.map_or(iri.as_str(), |term| term.name)).ok()
}

/// Whether the text is an address that an authority may have.
pub(super) fn is_iri(text: &str) -> bool {
    IRIS.iter().any(|start| text.starts_with(start)) && property::is_iri(text)
}

/// The characters of a field from one place to another, the last one not included.
pub(super) fn piece(text: &str, [start, end]: [usize; 2]) -> String {
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}

/// The date that a text is, of a property whose texts are dates.
pub(super) fn guessed(property: &Property, text: &str) -> Option<String> {
    DATES.contains(&property.as_str()).then(|| dates::of(text)).flatten()
}

/// A text without what its rule leaves out.
pub(super) fn cut(text: &str, rule: &Rule, is_exact: bool) -> String {
    let sliced: Cow<'_, str> = match rule.slice {
        Some(slice) => Cow::Owned(piece(text, slice)),
        None => Cow::Borrowed(text),
    };
    let text = sliced.trim();
    match &rule.trim {
        Some(silent) if !is_exact => text.trim_end_matches(|c: char| silent.contains(c)).to_owned(),
        Some(_) | None => text.to_owned(),
    }
}

/// A text in pieces that statements can hold, cut between lines.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.len() <= TEXT_BYTES_MAX {
            rest = None;
            return Some(text);
        }
        let head = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        let Some(end) = head.rfind('\n') else {
            // One line of that length is refused by the statement.
            rest = None;
            return Some(text);
        };
        rest = Some(&text[end + 1..]);
        Some(&text[..end])
    })
}
