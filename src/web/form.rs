//! What the search form says, read from and written to an address.

use fonds_projections::search::Query;
use fonds_schemas::property;

/// Bytes of an address's query that are read.
const QUERY_BYTES_MAX: usize = 8_192;
/// Bytes of the words of a search.
const WORDS_BYTES_MAX: usize = 1_000;
/// Facet values of one search. People choose a handful; more is a crawler.
const FACETS_MAX: usize = 16;
/// Hits on a page unless the address says otherwise, and at most.
pub const PAGE_HITS: (u32, u32) = (24, 100);

/// Digits of an escape.
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Why an address asks for no search.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// Longer than any form.
    #[error("the query of the address has {0} bytes, at most {QUERY_BYTES_MAX} are read")]
    TooLong(usize),
    /// Longer than any search.
    #[error("the words have {0} bytes, at most {WORDS_BYTES_MAX} are searched for")]
    Words(usize),
    /// More facets than a person chooses.
    #[error("at most {FACETS_MAX} facet values are taken")]
    Facets,
    /// A facet that there is not.
    #[error("there is no facet {0:?}")]
    Facet(String),
    /// Not a number of hits.
    #[error("limit must be a number from 1 to {}", PAGE_HITS.1)]
    Limit,
    /// A parameter that there is not.
    #[error("there is no parameter {0:?}; there are q, f.FACET, image, limit and after")]
    Parameter(String),
}

/// Reads a search from the query of an address: `q`, `f.PROPERTY` (repeatable), `image`, `limit`, `after`.
pub fn query(text: &str) -> Result<Query, BadForm> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(BadForm::TooLong(text.len()));
    }
    let mut query = Query { limit: PAGE_HITS.0, ..Query::default() };
    for (name, value) in pairs(text) {
        match name.as_str() {
            "q" if value.len() > WORDS_BYTES_MAX => return Err(BadForm::Words(value.len())),
            "q" => value.trim().clone_into(&mut query.words),
            "image" => query.with_image = value == "1",
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=PAGE_HITS.1).contains(limit));
                query.limit = limit.ok_or(BadForm::Limit)?;
            }
            "after" => query.after = Some(value).filter(|after| !after.is_empty()),
            // What the old languages of browsers and the links of others add is not our business.
            "lang" | "utm_source" | "utm_medium" | "utm_campaign" => {}
            other => {
                let facet = other.strip_prefix("f.").ok_or_else(|| BadForm::Parameter(other.to_owned()))?;
                add_facet(&mut query, facet, value)?;
            }
        }
    }
    Ok(query)
}

fn add_facet(query: &mut Query, facet: &str, value: String) -> Result<(), BadForm> {
    let known = facet == "level" || property::find(facet).is_some_and(|term| term.facet);
    if !known {
        return Err(BadForm::Facet(facet.to_owned()));
    }
    if query.facets.len() == FACETS_MAX {
        return Err(BadForm::Facets);
    }
    query.facets.push((facet.to_owned(), value));
    Ok(())
}

/// The pairs of a query, decoded: `+` is a space, `%XX` a byte, what is not UTF-8 is replaced.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        let (byte, used) = match (escaped, first) {
            (Some(byte), _) => (byte, 3),
            (None, b'+') => (b' ', 1),
            (None, other) => (*other, 1),
        };
        bytes.push(byte);
        rest = &rest[used..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Writes a search as the query of an address, without the page's place.
#[must_use]
pub fn address(query: &Query) -> String {
    let mut parts = Vec::new();
    if !query.words.is_empty() {
        parts.push(format!("q={}", encode(&query.words)));
    }
    for (facet, value) in &query.facets {
        parts.push(format!("f.{facet}={}", encode(value)));
    }
    if query.with_image {
        parts.push("image=1".to_owned());
    }
    if query.limit != PAGE_HITS.0 {
        parts.push(format!("limit={}", query.limit));
    }
    parts.join("&")
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => {
                let digits = [other >> 4, other & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
                encoded.extend(['%', digits[0], digits[1]]);
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let wanted = Query {
            words: "moon jar & 백자".to_owned(),
            facets: vec![("creator".to_owned(), "Blake, W. + \u{1b170}".to_owned())],
            with_image: true,
            limit: 50,
            after: None,
        };
        let read = query(&address(&wanted)).unwrap();
        assert_eq!((read.words, read.facets, read.with_image, read.limit), (wanted.words, wanted.facets, true, 50));
    }

    fn check_refused(text: &str, why: &BadForm) {
        assert_eq!(query(text).map(|_| ()).as_ref(), Err(why));
    }

    #[test]
    fn an_unknown_facet_is_refused() {
        check_refused("f.colour=red", &BadForm::Facet("colour".to_owned()));
    }
    #[test]
    fn a_limit_of_nothing_is_refused() {
        check_refused("limit=0", &BadForm::Limit);
        check_refused("limit=ten", &BadForm::Limit);
    }
    #[test]
    fn broken_escapes_are_taken_as_they_are() {
        assert_eq!(query("q=100%25+%zz%").unwrap().words, "100% %zz%");
    }
    #[test]
    fn too_many_facets_are_refused() {
        check_refused(&"f.creator=a&".repeat(17), &BadForm::Facets);
    }
}
