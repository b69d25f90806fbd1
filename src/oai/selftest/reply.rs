//! Reads what came as XML, whoever sent it: no document type, no entities but XML's own, so many elements and so deep at most.

use quick_xml::NsReader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::formats::xml;

/// Elements of one reply: a page of a thousand long records has a hundred thousand.
const ELEMENTS_MAX: usize = 200_000;
/// How deep they may lie: EAD, the deepest of formats, has some thirty levels.
const DEPTH_MAX: usize = 64;

/// The namespace of OAI-PMH.
pub(crate) const OAI: &str = "http://www.openarchives.org/OAI/2.0/";

/// An element and what is in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// Its own characters, without those of its elements.
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// The elements of that name in the same namespace.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name && child.namespace == self.namespace)
    }

    /// The first of them.
    pub(crate) fn child<'a>(&'a self, name: &'a str) -> Option<&'a Self> {
        self.all(name).next()
    }

    /// The text of the first of them.
    pub(crate) fn value<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.child(name).map(|child| child.text.trim())
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("it is no UTF-8: {error}"))?;
    if let Some(wrong) = text.chars().find(|c| !xml::is_allowed(*c) && *c != '\u{feff}') {
        return Err(format!("XML 1.0 has no character {wrong:?}"));
    }
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    // The document is the one child of what lies at the bottom.
    let (mut open, mut elements) = (vec![Element::default()], 0);
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| format!("it is no XML: {error}"))?;
        match event {
            Event::Start(start) => {
                elements += 1;
                if open.len() > DEPTH_MAX || elements > ELEMENTS_MAX {
                    return Err(format!("it has more than {ELEMENTS_MAX} elements or more than {DEPTH_MAX} levels"));
                }
                open.push(element(&namespace, &start)?);
            }
            Event::Empty(start) => {
                elements += 1;
                let element = element(&namespace, &start)?;
                into(&mut open)?.children.push(element);
            }
            Event::End(_) => {
                let done = open.pop().ok_or("an element ends that did not begin")?;
                into(&mut open)?.children.push(done);
            }
            Event::Text(text) => into(&mut open)?.text.push_str(&text),
            Event::CData(text) => into(&mut open)?.text.push_str(&text),
            Event::GeneralRef(name) => {
                let known = unescape(&format!("&{};", &*name)).map(std::borrow::Cow::into_owned);
                let known =
                    known.map_err(|_unknown| format!("it uses the entity {:?}, which XML does not have", &*name))?;
                into(&mut open)?.text.push_str(&known);
            }
            Event::DocType(_) => return Err("it has a document type; entities are refused".to_owned()),
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    let mut bottom = open.pop().filter(|_| open.is_empty()).ok_or("an element does not end")?;
    if bottom.children.len() != 1 || !bottom.text.trim().is_empty() {
        return Err("it is no XML: there is not exactly one element at the top".to_owned());
    }
    bottom.children.pop().ok_or_else(|| "it is empty".to_owned())
}

fn into(open: &mut [Element]) -> Result<&mut Element, String> {
    open.last_mut().ok_or_else(|| "an element ends that did not begin".to_owned())
}

fn element(namespace: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, String> {
    let namespace = match namespace {
        ResolveResult::Bound(namespace) => namespace.0.to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => return Err(format!("the prefix {prefix:?} has no namespace")),
    };
    let name = start.local_name().into_inner().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("it is no XML: {error}"))?;
        let value = unescape(&attribute.value).map_err(|error| format!("it is no XML: {error}"))?;
        attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
    }
    Ok(Element { name, namespace, attributes, ..Element::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(document: &str, why: &str) {
        let wrong = parse(document.as_bytes()).unwrap_err();
        assert!(wrong.contains(why), "{document}: {wrong}");
    }

    #[test]
    fn a_document_is_read() {
        let root =
            parse(b"\xef\xbb\xbf<?xml version='1.0'?><a xmlns='u' b='1&amp;2'><c>x&lt;<d/>&#65;</c><!-- --></a>")
                .unwrap();
        assert_eq!((root.name.as_str(), root.namespace.as_str(), root.attribute("b")), ("a", "u", Some("1&2")));
        assert_eq!(root.value("c"), Some("x<A"));
    }
    #[test]
    fn entities_are_refused_and_never_resolved() {
        check_refused("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type");
        check_refused("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "document type");
        check_refused("<a>&b;</a>", "entity \"b\"");
        check_refused("<a b='&c;'/>", "no XML");
    }
    #[test]
    fn what_is_no_xml_is_refused() {
        for wrong in ["", "text", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "<a b=1/>", "<a b='1' b='2'/>"] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        check_refused("<a>\u{b}</a>", "no character");
        check_refused("<x:a/>", "no namespace");
        assert!(parse(b"<a>\xff</a>").unwrap_err().contains("UTF-8"));
    }
    #[test]
    fn what_is_too_deep_or_too_much_is_refused() {
        check_refused(&format!("{}{}", "<a>".repeat(100), "</a>".repeat(100)), "levels");
        check_refused(&format!("<a>{}</a>", "<b></b>".repeat(ELEMENTS_MAX)), "elements");
    }
}
