//! XML as tokens with lines. Hostile: nothing is resolved but the five entities and characters, everything is bounded.
//!
//! What is not well-formed inside the document becomes a fault of the place where it stands, and reading goes on where
//! it can: a tag that closes an outer element closes the inner ones too, one that closes nothing is passed over. Whoever
//! builds records refuses those with faults. Source: XML 1.0 (fifth edition), Namespaces in XML 1.0.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape_with};
use quick_xml::events::{BytesStart, Event};

use super::source::Source;
use super::tree::{Attribute, Name, XML};
use crate::ingest::limits::{XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_NAMESPACES_MAX};
use crate::ingest::problem::escape;

/// Namespaces that are kept once for all elements.
const SHARED_MAX: usize = 1_000;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An element begins.
    Start {
        /// Its name.
        name: Name,
        /// Its attributes, those that declare namespaces left out.
        attributes: Vec<Attribute>,
        /// The line of the tag.
        line: u64,
    },
    /// The element that began last ends.
    End,
    /// Text.
    Text(String),
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line.
    pub line: u64,
    /// What, in a sentence.
    pub why: String,
}

/// A document that is being read.
pub struct Parser {
    reader: Reader<Source>,
    buffer: Vec<u8>,
    /// What is open: name as written, and the line.
    open: Vec<(Box<str>, u64)>,
    /// Prefixes that are declared, with the depth of the element that declares them.
    scope: Vec<(usize, Box<str>, Arc<str>)>,
    shared: HashMap<Box<str>, Arc<str>>,
    none: Arc<str>,
    /// Elements that end before the next piece is read.
    ending: usize,
    root_ended: bool,
    fault: Option<Fault>,
    notes: Vec<Fault>,
}

impl Parser {
    /// Starts to read.
    pub fn new(source: Source) -> Self {
        let mut reader = Reader::from_reader(source);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        // Names are compared here, where reading can go on.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        let none: Arc<str> = Arc::from("");
        Self {
            reader,
            buffer: Vec::new(),
            open: Vec::new(),
            scope: Vec::new(),
            shared: HashMap::new(),
            none,
            ending: 0,
            root_ended: false,
            fault: None,
            notes: Vec::new(),
        }
    }

    /// The line at which reading stands.
    pub fn line(&self) -> u64 {
        self.reader.get_ref().line()
    }

    /// Where in the text, in bytes of UTF-8, the last piece began.
    pub fn begun(&self) -> u64 {
        self.reader.get_ref().begun()
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The first thing that was wrong since it was asked before.
    pub fn fault(&mut self) -> Option<Fault> {
        if self.reader.get_mut().lost() && self.fault.is_none() {
            let why = "it holds bytes that are no characters in the encoding of the file".to_owned();
            return Some(Fault { line: self.line(), why });
        }
        self.fault.take()
    }

    /// What is odd and harmless, since it was asked before.
    pub fn notes(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.notes)
    }

    /// The next piece; `None` at the end. An error ends the reading.
    pub fn next(&mut self) -> Result<Option<Token>, Fault> {
        loop {
            if self.ending > 0 {
                self.ending -= 1;
                self.close();
                return Ok(Some(Token::End));
            }
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            self.reader.get_mut().begin();
            let line = self.line();
            let event = self.reader.read_event_into(&mut buffer).map(Event::into_owned);
            self.buffer = buffer;
            let event = event.map_err(|error| Fault { line, why: syntax(&error) })?;
            match event {
                Event::Eof if self.open.is_empty() => return Ok(None),
                Event::Eof => return Err(self.cut(line)),
                Event::Start(start) => return self.start(&start, line).map(Some),
                Event::End(end) => self.end(end.name().as_ref(), line),
                Event::Text(text) if !self.open.is_empty() => {
                    if text.starts_with('&') {
                        self.wrong(line, "it holds an & that begins no reference; it is written &amp;".to_owned());
                    }
                    return Ok(Some(Token::Text(plain(&text).into_owned())));
                }
                Event::CData(text) if !self.open.is_empty() => return Ok(Some(Token::Text(plain(&text).into_owned()))),
                Event::GeneralRef(reference) => match resolve(&reference) {
                    Some(text) => return Ok(Some(Token::Text(text))),
                    None => self.wrong(line, entity(&reference)),
                },
                Event::DocType(text) => self.doctype(&text, line)?,
                Event::Text(text) if !text.trim().is_empty() => {
                    self.wrong(line, "text stands outside of the root element".to_owned());
                }
                // Comments and instructions say nothing of an object. An empty element begins and ends.
                Event::Text(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::PI(_)
                | Event::Decl(_)
                | Event::Empty(_) => {}
            }
        }
    }

    fn wrong(&mut self, line: u64, why: String) {
        self.fault.get_or_insert(Fault { line, why });
    }

    fn cut(&self, line: u64) -> Fault {
        let (name, began) = self.open.last().map_or(("", 0), |(name, line)| (&**name, *line));
        Fault { line, why: format!("the file ends inside of <{}> of line {began}", escape(name)) }
    }

    /// A document type that only names itself is passed over and nothing is fetched; one with declarations is how XML
    /// bombs and external entities are made, and ends the reading.
    fn doctype(&mut self, text: &str, line: u64) -> Result<(), Fault> {
        if text.contains('[') {
            let why = "it declares a document type of its own (<!DOCTYPE … [ … ]>): entities are never resolved and \
                       nothing of the file is read";
            return Err(Fault { line, why: why.to_owned() });
        }
        let why = "it names a document type, which is not fetched".to_owned();
        self.notes.push(Fault { line, why });
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Token, Fault> {
        if self.root_ended && self.open.is_empty() {
            let why = "a second root element begins, which XML does not have; what follows is not read".to_owned();
            return Err(Fault { line, why });
        }
        if self.open.len() >= XML_DEPTH_MAX {
            let why = format!("elements are nested more than {XML_DEPTH_MAX} deep; what follows is not read");
            return Err(Fault { line, why });
        }
        self.open.push((start.name().as_ref().into(), line));
        let depth = self.open.len();
        let mut written: Vec<(Box<str>, String)> = Vec::new();
        for attribute in start.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    self.wrong(line, format!("an attribute of <{}> is wrong: {error}", escape(start.name().as_ref())));
                    break;
                }
            };
            if written.len() >= XML_ATTRIBUTES_MAX {
                let name = escape(start.name().as_ref());
                self.wrong(line, format!("<{name}> has more than {XML_ATTRIBUTES_MAX} attributes"));
                break;
            }
            let value = self.value(&attribute.value, line);
            let name = attribute.key.as_ref();
            match name.strip_prefix("xmlns") {
                Some("") => self.declare(depth, "", &value, line),
                Some(rest) if rest.starts_with(':') => self.declare(depth, &rest[1..], &value, line),
                Some(_) | None => written.push((name.into(), value)),
            }
        }
        let name = self.resolved(start.name().as_ref(), true, line);
        let mut attributes: Vec<Attribute> = Vec::with_capacity(written.len());
        for (name, value) in written {
            let name = self.resolved(&name, false, line);
            attributes.push(Attribute { name, value: value.into() });
        }
        Ok(Token::Start { name, attributes, line })
    }

    fn value(&mut self, raw: &str, line: u64) -> String {
        match unescape_with(raw, resolve_xml_entity) {
            // Line ends and tabs in an attribute are blanks (XML 1.0, section 3.3.3).
            Ok(value) => value.replace(['\t', '\n', '\r'], " "),
            Err(error) => {
                self.wrong(line, format!("an attribute holds a reference that is not resolved: {error}"));
                String::new()
            }
        }
    }

    fn declare(&mut self, depth: usize, prefix: &str, namespace: &str, line: u64) {
        if self.scope.len() >= XML_NAMESPACES_MAX {
            self.wrong(line, format!("more than {XML_NAMESPACES_MAX} namespaces are declared here"));
            return;
        }
        let known = self.shared.get(namespace).map(Arc::clone);
        let shared = known.unwrap_or_else(|| Arc::from(namespace));
        if self.shared.len() < SHARED_MAX {
            self.shared.entry(namespace.into()).or_insert_with(|| Arc::clone(&shared));
        }
        self.scope.push((depth, prefix.into(), shared));
    }

    fn resolved(&mut self, written: &str, is_element: bool, line: u64) -> Name {
        let (prefix, local) = match written.split_once(':') {
            Some((prefix, local)) => (prefix, local),
            None => ("", written),
        };
        if prefix.is_empty() && !is_element {
            return Name { namespace: Arc::clone(&self.none), local: local.into() };
        }
        let declared = self.scope.iter().rev().find(|(_, known, _)| **known == *prefix);
        let namespace = match declared {
            Some((_, _, namespace)) => Arc::clone(namespace),
            None if prefix == "xml" => Arc::from(XML),
            None => {
                if !prefix.is_empty() {
                    self.wrong(line, format!("the prefix {} is not declared", escape(prefix)));
                }
                Arc::clone(&self.none)
            }
        };
        Name { namespace, local: local.into() }
    }

    fn end(&mut self, name: &str, line: u64) {
        match self.open.iter().rposition(|(open, _)| **open == *name) {
            Some(place) if place + 1 == self.open.len() => self.ending = 1,
            Some(place) => {
                let (inner, began) = self.open.last().map_or(("", 0), |(name, line)| (&**name, *line));
                let why = format!("</{}> ends where <{}> of line {began} is open", escape(name), escape(inner));
                self.ending = self.open.len() - place;
                self.wrong(line, why);
            }
            None => self.wrong(line, format!("</{}> ends what never began", escape(name))),
        }
    }

    fn close(&mut self) {
        let depth = self.open.len();
        while self.scope.last().is_some_and(|(declared, ..)| *declared == depth) {
            self.scope.pop();
        }
        self.open.pop();
        self.root_ended = self.open.is_empty();
    }
}

/// Line ends as XML has them (XML 1.0, section 2.11).
fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// The character of a reference: one of the five, or one by its number.
fn resolve(reference: &str) -> Option<String> {
    if let Some(number) = reference.strip_prefix('#') {
        let code = match number.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|character| *character != '\0').map(String::from);
    }
    resolve_xml_entity(reference).map(str::to_owned)
}

fn entity(reference: &str) -> String {
    let name = escape(reference);
    format!("&{name}; is neither a character nor one of the five entities that XML has; others are never resolved")
}

fn syntax(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::Io(error) => format!("it cannot be read any further: {error}"),
        other => format!("it is not well-formed, and what follows is not read: {other}"),
    }
}
