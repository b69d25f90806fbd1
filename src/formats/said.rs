//! What is said of an object, as metadata formats read it: properties of the list, addresses that a schema takes, and no
//! word of other objects of the archive.

use std::collections::HashSet;

use fonds_projections::feed::Setting;
use fonds_schemas::{Object, Statement, property};

use crate::iiif::presentation::rights;

/// Values that are compared one by one; more are hashed.
const FEW: usize = 32;

/// One value of one property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Said<'a> {
    /// The property of the list that it is a value of, or is near to.
    pub property: &'static str,
    /// What is said, without space around it.
    pub text: &'a str,
    /// The language of the text.
    pub language: Option<&'a str>,
    /// The address of what the text names.
    pub authority: Option<&'a str>,
    /// The date as EDTF.
    pub edtf: Option<&'a str>,
}

/// All that is said of an object, each thing once, in the order in which it was said.
#[derive(Debug, Clone)]
pub struct Description<'a>(Vec<Said<'a>>);

impl<'a> Description<'a> {
    /// Reads the statements of an object.
    ///
    /// A statement that is nothing but the address of another object of the archive is left out: whether that one may be
    /// named depends on who may see it, and harvested records have no way to ask.
    #[must_use]
    pub fn of(object: &'a Object, setting: &Setting<'_>) -> Self {
        let base = setting.addresses.base();
        Self(distinct(object.statements.iter().filter_map(|standing| said(&standing.statement, base))))
    }

    /// Everything.
    pub fn iter(&self) -> impl Iterator<Item = &Said<'a>> {
        self.0.iter()
    }

    /// The values of a property.
    pub fn all<'b>(&'b self, property: &'static str) -> impl Iterator<Item = &'b Said<'a>> {
        self.0.iter().filter(move |said| said.property == property)
    }

    /// The first value of a property.
    #[must_use]
    pub fn first(&self, property: &'static str) -> Option<&Said<'a>> {
        self.all(property).next()
    }

    /// The URI of the first licence or rights statement, in its one written form.
    #[must_use]
    pub fn rights(&self) -> Option<String> {
        self.all("rights").find_map(|said| said.authority.and_then(rights::uri).or_else(|| rights::uri(said.text)))
    }

    /// The same, or else the first address that the rights are said by: for what takes any.
    #[must_use]
    pub fn license(&self) -> Option<String> {
        let other = || self.all("rights").map(|said| said.text).find(|text| is_web(text)).map(str::to_owned);
        self.rights().or_else(other)
    }
}

/// Each thing once.
fn distinct<'a>(said: impl Iterator<Item = Said<'a>>) -> Vec<Said<'a>> {
    let (mut all, mut later): (Vec<Said<'a>>, HashSet<Said<'a>>) = (Vec::with_capacity(FEW), HashSet::new());
    for said in said {
        // A few are compared sooner than hashed.
        let is_new =
            if all.len() < FEW { !all.contains(&said) } else { !all[..FEW].contains(&said) && later.insert(said) };
        if is_new {
            all.push(said);
        }
    }
    all
}

/// What a thing is called.
#[derive(Debug, Clone)]
pub struct Numbers<'a> {
    /// The number that it came with. An address is none: of a thing that came from another archive, it is its number there.
    pub number: Option<&'a str>,
    /// All else, in the order in which it was said.
    pub others: Vec<Said<'a>>,
}

impl<'a> Numbers<'a> {
    /// What the object is called.
    #[must_use]
    pub fn of(object: &'a Object, said: &Description<'a>) -> Self {
        let source = object.source.as_ref().map(|source| source.identifier.trim()).filter(|text| !text.is_empty());
        let own = source.filter(|text| !is_address(text));
        let said_number = || said.all("identifier").map(|said| said.text).find(|text| !is_address(text));
        let number = own.or_else(said_number);
        let address = source.filter(|text| is_address(text));
        let address =
            address.map(|text| Said { property: "identifier", text, language: None, authority: None, edtf: None });
        let rest = said.all("identifier").filter(|said| Some(said.text) != number && Some(said.text) != source);
        Self { number, others: address.into_iter().chain(rest.copied()).collect() }
    }
}

/// Whether the text is an address rather than a number or name.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.contains("://") && property::is_iri(text)
}

fn said<'a>(statement: &'a Statement, base: &str) -> Option<Said<'a>> {
    let property = property::nearest(&statement.property)?.name;
    let text = statement.text.trim();
    if text.is_empty() || is_of_ours(text, base) {
        return None;
    }
    Some(Said {
        property,
        text,
        language: statement.language.as_ref().map(fonds_schemas::Language::as_str),
        authority: statement.authority.as_deref().filter(|iri| is_uri(iri) && !is_of_ours(iri, base)),
        edtf: statement.edtf.as_deref(),
    })
}

/// Whether the text is the address of something in the archive itself.
#[must_use]
pub fn is_of_ours(text: &str, base: &str) -> bool {
    text.trim()
        .strip_prefix(base)
        .is_some_and(|rest| ["/id/", "/o/", "/iiif/", "/api/"].iter().any(|at| rest.starts_with(at)))
}

/// Whether the text is a URI or IRI by the grammar (RFC 3986, RFC 3987), without an IPv6 host: what every validator of
/// `xs:anyURI` takes. The archive takes more for an IRI than they do.
#[must_use]
pub fn is_uri(text: &str) -> bool {
    if !property::is_iri(text) || text.contains(['[', ']']) || text.chars().any(char::is_control) {
        return false;
    }
    let escapes = text.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        (0..2).all(|_| digits.next().is_some_and(|byte| byte.is_ascii_hexdigit()))
    });
    let Some((_, rest)) = text.split_once(':') else { return false };
    let Some(authority) = rest.strip_prefix("//") else { return escapes && text.matches('#').count() < 2 };
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.split_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let port_fits = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    escapes && text.matches('#').count() < 2 && !name.is_empty() && !host.contains('@') && port_fits
}

/// Whether the text is the address of something on the web.
#[must_use]
pub fn is_web(text: &str) -> bool {
    (text.starts_with("http://") || text.starts_with("https://")) && is_uri(text)
}

/// What a span of EDTF begins and ends with, where both are plain dates: `1650` and `1699` of `1650/1699`. A single date
/// is both.
#[must_use]
pub fn ends(edtf: &str) -> Option<(&str, &str)> {
    let (begin, end) = edtf.split_once('/').unwrap_or((edtf, edtf));
    if is_date(begin) && is_date(end) { Some((begin, end)) } else { None }
}

/// A year of four digits, with month and day or without, before or after the year nought.
fn is_date(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let parts: Vec<&str> = digits.split('-').collect();
    let number = |text: &str, most: u32| {
        text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) && (1..=most).contains(&text.parse().unwrap_or(0))
    };
    let year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    match parts[..] {
        [one] => year(one),
        [one, month] => year(one) && number(month, 12),
        [one, month, day] => year(one) && number(month, 12) && number(day, 31),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_said_once_however_much_is_said() {
        let texts: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let said = |text| Said { property: "subject", text, language: None, authority: None, edtf: None };
        let thrice = texts.iter().chain(&texts).chain(&texts).map(|text| said(text));
        assert_eq!(distinct(thrice).iter().map(|said| said.text).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn what_validators_take_for_an_address_is_one() {
        for good in [
            "http://vocab.getty.edu/aat/300011176",
            "https://example.org:8443/a%20b?c=d#e",
            "urn:isbn:0-19-852663-6",
            "https://例え.jp/道",
            "info:eu-repo/grantAgreement/EC",
        ] {
            assert!(is_uri(good), "{good}");
        }
    }

    #[test]
    fn what_some_refuse_is_none() {
        for bad in [
            "http://example.org/%zz",
            "http://example.org/%4",
            "http://example.org/a#b#c",
            "http://example.org:port/",
            "http://a@b@example.org/",
            "http:///nowhere",
            "http://example.org/[1]",
            "http://example.org/a\u{85}b",
            "no address",
        ] {
            assert!(!is_uri(bad), "{bad}");
        }
    }

    #[test]
    fn only_plain_dates_are_ends() {
        assert_eq!(ends("1650/1699"), Some(("1650", "1699")));
        assert_eq!(ends("-0045-03-15"), Some(("-0045-03-15", "-0045-03-15")));
        for other in ["1650~", "165X/1700", "../1700", "1650/", "1650/1651/1652", "1650-21", "", "１９０６"] {
            assert_eq!(ends(other), None, "{other}");
        }
    }
}
