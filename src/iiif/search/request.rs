//! What is asked of a search: the parameters, within their limits.

use fonds_projections::annotations::{QUESTION_BYTES_MAX, SUPPLEMENTING, Sought};
use fonds_schemas::annotation::MOTIVATIONS;

use crate::iiif::error::Error;
use crate::web::form::{encode, pairs};

/// Bytes of the query of an address.
const QUERY_BYTES_MAX: usize = 8_192;
/// Parameters of one request: the specifications know six.
const PARAMETERS_MAX: usize = 16;
/// Bytes of the name of a parameter that is ignored: the answer must name it.
const NAME_BYTES_MAX: usize = 256;
/// Bytes of the motivations that are asked for.
const MOTIVATION_BYTES_MAX: usize = 512;
/// Lines or annotations on a page.
pub const PAGE_HITS: u32 = 50;
/// The last page that can be asked for: the texts of an object have fewer lines.
const PAGE_MAX: u32 = 10_000_000;

/// Which version of Content Search is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 1.0.
    One,
    /// 2.0.
    Two,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The question as it was written.
    pub q: String,
    /// The motivations as they were written, if any.
    pub motivation: Option<String>,
    /// The motivations that a hit may have; `None` for any.
    pub motivations: Option<Vec<&'static str>>,
    /// Which page, from 1.
    pub page: u32,
    /// In how many places a completed word must be.
    pub min: u32,
    /// Parameters that nothing was made of, each once, in the order of their letters.
    pub ignored: Vec<String>,
}

impl Request {
    /// Reads the query of an address. Parameters that are not known are ignored, and told.
    pub fn parse(query: &str, version: Version) -> Result<Self, Error> {
        if query.len() > QUERY_BYTES_MAX {
            return Err(Error::syntax("query", query, "it is too long"));
        }
        let mut request =
            Self { q: String::new(), motivation: None, motivations: None, page: 1, min: 1, ignored: Vec::new() };
        let pairs = pairs(query);
        if pairs.len() > PARAMETERS_MAX {
            return Err(Error::syntax("query", query, "it has too many parameters"));
        }
        for (name, value) in pairs {
            match name.as_str() {
                "q" if value.len() > QUESTION_BYTES_MAX => return Err(Error::syntax("q", &value, "it is too long")),
                "q" => value.trim().clone_into(&mut request.q),
                "motivation" if value.len() > MOTIVATION_BYTES_MAX => {
                    return Err(Error::syntax("motivation", &value, "it is too long"));
                }
                "motivation" if value.trim().is_empty() => {}
                "motivation" => {
                    request.motivations = Some(motivations(&value, version));
                    request.motivation = Some(value.split_whitespace().collect::<Vec<_>>().join(" "));
                }
                "page" => request.page = number("page", &value, PAGE_MAX)?,
                "min" => request.min = number("min", &value, u32::MAX)?,
                other if other.len() > NAME_BYTES_MAX => {
                    return Err(Error::syntax("query", other, "a parameter with such a long name is not even ignored"));
                }
                other => request.ignored.push(other.to_owned()),
            }
        }
        request.ignored.sort();
        request.ignored.dedup();
        Ok(request)
    }

    /// The question as the texts understand it.
    pub fn sought(&self) -> Result<Sought, Error> {
        Sought::read(&self.q).map_err(|_too_much| Error::syntax("q", &self.q, "it has too many words"))
    }

    /// The query of an address that asks the same, of that page; of no page where there is none.
    #[must_use]
    pub fn query(&self, page: Option<u32>) -> String {
        self.query_for(&self.q, page)
    }

    /// The query of an address that asks for another word in the same way.
    #[must_use]
    pub fn query_for(&self, q: &str, page: Option<u32>) -> String {
        let mut query = format!("?q={}", encode(q));
        if let Some(motivation) = &self.motivation {
            query = format!("{query}&motivation={}", encode(motivation));
        }
        if let Some(page) = page {
            query = format!("{query}&page={page}");
        }
        query
    }

    /// The number of the last of all pages, from 1.
    #[must_use]
    pub fn last_page(total: u64) -> u32 {
        u32::try_from(total.div_ceil(u64::from(PAGE_HITS))).unwrap_or(u32::MAX).max(1)
    }

    /// The place of the first hit of the page, from 0.
    #[must_use]
    pub fn start(&self) -> u32 {
        (self.page - 1) * PAGE_HITS
    }
}

/// What each name means. In Presentation 2 the text on an image is painted; in Presentation 3 it supplements.
fn motivations(text: &str, version: Version) -> Vec<&'static str> {
    let mut found = Vec::new();
    for name in text.split_whitespace() {
        let name = name.strip_prefix("oa:").unwrap_or(name);
        let said = MOTIVATIONS.iter().map(|motivation| motivation.as_str());
        match (version, name) {
            (Version::Two, SUPPLEMENTING) | (Version::One, "painting" | "sc:painting") => found.push(SUPPLEMENTING),
            (Version::One, "non-painting") => found.extend(said),
            (Version::One | Version::Two, _) => found.extend(said.filter(|known| *known == name)),
        }
    }
    found
}

fn number(name: &'static str, value: &str, most: u32) -> Result<u32, Error> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| digits && (1..=most).contains(number));
    number.ok_or_else(|| Error::syntax(name, value, "it is no number from 1 on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_motivations(query: &str, version: Version, found: Option<&[&str]>) {
        let request = Request::parse(query, version).unwrap();
        assert_eq!(request.motivations.as_deref(), found, "{query}");
    }

    fn check_refused(query: &str) {
        assert!(matches!(Request::parse(query, Version::Two), Err(Error::Syntax { .. })), "{query}");
    }

    #[test]
    fn text_on_an_image_is_painted_in_one_and_supplements_in_two() {
        check_motivations("q=a&motivation=painting", Version::One, Some(&["supplementing"]));
        check_motivations("q=a&motivation=painting", Version::Two, Some(&[]));
        check_motivations("q=a&motivation=supplementing+tagging", Version::Two, Some(&["supplementing", "tagging"]));
        check_motivations("q=a&motivation=oa:commenting", Version::One, Some(&["commenting"]));
    }
    #[test]
    fn an_empty_motivation_is_none() {
        check_motivations("q=a&motivation=", Version::Two, None);
    }
    #[test]
    fn a_query_is_written_as_it_was_read() {
        let request = Request::parse("motivation=tagging&q=two+birds%26c&user=x&date=y", Version::Two).unwrap();
        assert_eq!(request.query(Some(2)), "?q=two%20birds%26c&motivation=tagging&page=2");
        assert_eq!(request.ignored, ["date", "user"]);
    }
    #[test]
    fn page_nought_is_refused() {
        for query in ["page=0", "page=-1", "page=x", "page=", "page=99999999999", "min=0"] {
            check_refused(query);
        }
    }
    #[test]
    fn what_is_too_long_is_refused() {
        check_refused(&format!("q={}", "a".repeat(1_001)));
        check_refused(&format!("motivation={}", "a".repeat(513)));
        check_refused(&"a".repeat(9_000));
        check_refused(&"a&".repeat(17));
    }
}
