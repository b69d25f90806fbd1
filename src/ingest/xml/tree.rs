//! An XML record as a small tree: names with their namespaces, lines, and nothing that points back.

use std::sync::Arc;

/// The namespace of `xml:lang`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A name with its namespace; an empty namespace is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The name in it.
    pub local: Box<str>,
}

impl Name {
    /// Whether it is that name.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        *self.local == *local && *self.namespace == *namespace
    }
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name; without a prefix it has no namespace.
    pub name: Name,
    /// Its value, references resolved.
    pub value: Box<str>,
}

/// What stands in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Another element.
    Element(Element),
    /// Text, references resolved.
    Text(Box<str>),
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its number in the record, in the order of their beginnings.
    pub number: usize,
    /// The line on which it begins.
    pub line: u64,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What stands in it.
    pub nodes: Vec<Node>,
}

impl Element {
    /// The elements directly in it.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, namespace: &str, local: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name.is(namespace, local)).map(|found| &*found.value)
    }

    /// Whether text stands directly in it that is not only blanks.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.nodes.iter().any(|node| match node {
            Node::Text(text) => !text.trim().is_empty(),
            Node::Element(_) => false,
        })
    }

    /// The text directly in it, as it is written.
    #[must_use]
    pub fn written(&self) -> String {
        let texts = self.nodes.iter().filter_map(|node| match node {
            Node::Text(text) => Some(&**text),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// All text in it, blanks in a row as one; `flow` says how the text of elements in it goes.
    #[must_use]
    pub fn text(&self, flow: &dyn Fn(&Name) -> Flow) -> String {
        let mut text = String::new();
        self.gather(flow, &mut text);
        text.truncate(text.trim_end().len());
        text
    }

    /// All text in it as it is written, blanks and all; each block on lines of its own.
    #[must_use]
    pub fn exact(&self, flow: &dyn Fn(&Name) -> Flow) -> String {
        let mut text = String::new();
        self.gather_exact(flow, &mut text);
        text
    }

    fn gather_exact(&self, flow: &dyn Fn(&Name) -> Flow, text: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Text(piece) => text.push_str(piece),
                Node::Element(element) => match flow(&element.name) {
                    Flow::Inline => element.gather_exact(flow, text),
                    Flow::Silent => {}
                    Flow::Block => {
                        if !text.is_empty() && !text.ends_with('\n') {
                            text.push('\n');
                        }
                        element.gather_exact(flow, text);
                    }
                },
            }
        }
    }

    fn gather(&self, flow: &dyn Fn(&Name) -> Flow, text: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Text(piece) => add(piece, text),
                Node::Element(element) => match flow(&element.name) {
                    Flow::Inline => element.gather(flow, text),
                    Flow::Silent => {}
                    Flow::Block => {
                        break_line(text);
                        element.gather(flow, text);
                        break_line(text);
                    }
                },
            }
        }
    }
}

/// How the text of an element goes in the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// On the same line.
    Inline,
    /// On lines of its own.
    Block,
    /// Not at all: a heading of a form.
    Silent,
}

/// Text that goes on one line.
#[must_use]
pub fn inline(_: &Name) -> Flow {
    Flow::Inline
}

fn break_line(text: &mut String) {
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
}

/// Adds text, with one blank for several, and none at the beginning of a line.
fn add(piece: &str, text: &mut String) {
    for character in piece.chars() {
        if !matches!(character, ' ' | '\t' | '\n' | '\r') {
            text.push(character);
        } else if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }
}
