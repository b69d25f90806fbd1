//! A record while it is being read: the elements that are open, bounded, and what is wrong in them.
//!
//! Parts (the components of a finding aid) leave the tree as soon as they end, so that what is kept is what is open.

use std::collections::HashMap;

use super::parse::{Fault, Token};
use super::tree::{Element, Node};
use crate::ingest::limits::{XML_ELEMENTS_MAX, XML_RECORD_BYTES_MAX};

/// Bytes that an element or an attribute costs beside its texts.
const NODE_BYTES: usize = 128;

/// A record or part that is open.
#[derive(Default)]
pub struct Frame {
    /// Where its element stands among the open ones.
    place: usize,
    bytes: usize,
    elements: usize,
    /// Whether it, or what it stands in, is not for everybody.
    pub is_hidden: bool,
    /// The first thing that is wrong in it.
    pub fault: Option<Fault>,
    /// What it is called, once somebody asked.
    pub identity: Option<String>,
    /// Whose numbering that is, once somebody asked.
    pub namespace: Option<String>,
    /// How many parts it had.
    pub parts: usize,
    /// What its parts are called, and how often.
    pub named: HashMap<String, usize>,
}

/// A record that is being read.
#[derive(Default)]
pub struct Building {
    open: Vec<Element>,
    frames: Vec<Frame>,
    /// The places of open elements that are not for everybody.
    hidden: Vec<usize>,
}

/// What came of a token.
pub enum Built {
    /// The record goes on.
    Going,
    /// A part of it ended.
    Part(Element, Frame),
    /// It ended.
    Whole(Element, Frame),
}

impl Building {
    /// The records and parts that are open, the whole first.
    pub fn frames(&mut self) -> &mut [Frame] {
        &mut self.frames
    }

    /// The element of a frame, with what ended in it so far: elements between it and the next frame are put together.
    pub fn so_far(&self, frame: usize) -> Option<Element> {
        let start = self.frames.get(frame)?.place;
        let end = self.frames.get(frame + 1).map_or(self.open.len(), |next| next.place);
        let mut inner: Option<Element> = None;
        for element in self.open.get(start..end)?.iter().rev() {
            let mut copy = element.clone();
            copy.nodes.extend(inner.take().map(Node::Element));
            inner = Some(copy);
        }
        inner
    }

    /// Notes what is wrong in the innermost record or part.
    pub fn wrong(&mut self, fault: Fault) {
        if let Some(frame) = self.frames.last_mut() {
            frame.fault.get_or_insert(fault);
        }
    }

    /// Takes the next piece; `begins` tells whether an element that begins is a record or part of its own, and `hides`
    /// whether it is marked as not for everybody.
    pub fn take(&mut self, token: Token, begins: bool, hides: bool) -> Built {
        match token {
            Token::Start { name, attributes, line } => {
                let of_attribute =
                    |one: &super::tree::Attribute| NODE_BYTES / 2 + one.value.len() + one.name.local.len();
                let bytes = NODE_BYTES + name.local.len() + attributes.iter().map(of_attribute).sum::<usize>();
                if hides {
                    self.hidden.push(self.open.len());
                }
                if begins || self.open.is_empty() {
                    let is_hidden = !self.hidden.is_empty();
                    self.frames.push(Frame { place: self.open.len(), is_hidden, ..Frame::default() });
                }
                let fits = self.costs(bytes, line);
                let attributes = if fits { attributes } else { Vec::new() };
                self.open.push(Element { name, number: 0, line, attributes, nodes: Vec::new() });
                Built::Going
            }
            Token::Text(text) => {
                let line = self.open.last().map_or(0, |element| element.line);
                if self.costs(text.len() + NODE_BYTES / 4, line)
                    && let Some(element) = self.open.last_mut()
                {
                    element.nodes.push(Node::Text(text.into()));
                }
                Built::Going
            }
            Token::End => self.end(),
        }
    }

    fn end(&mut self) -> Built {
        let Some(mut element) = self.open.pop() else { return Built::Going };
        let hides = self.hidden.pop_if(|place| *place == self.open.len()).is_some();
        if self.frames.last().is_some_and(|frame| frame.place == self.open.len())
            && let Some(frame) = self.frames.pop()
        {
            let mut count = 0;
            number(&mut element, &mut count);
            return if self.open.is_empty() { Built::Whole(element, frame) } else { Built::Part(element, frame) };
        }
        let too_large = self.frames.last().is_some_and(Frame::is_too_large);
        // What is for the house alone does not become part of what everybody reads.
        if let Some(parent) = self.open.last_mut().filter(|_| !too_large && !hides) {
            parent.nodes.push(Node::Element(element));
        }
        Built::Going
    }

    /// Counts what is kept, and says whether it may be.
    fn costs(&mut self, bytes: usize, line: u64) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        frame.bytes = frame.bytes.saturating_add(bytes);
        frame.elements += usize::from(bytes >= NODE_BYTES);
        if !frame.is_too_large() {
            return true;
        }
        let why = format!(
            "the record takes more than {XML_RECORD_BYTES_MAX} bytes of memory or has more than {XML_ELEMENTS_MAX} elements"
        );
        frame.fault.get_or_insert(Fault { line, why });
        // What was kept of it is let go.
        for element in &mut self.open[frame.place..] {
            element.nodes = Vec::new();
        }
        false
    }
}

impl Frame {
    fn is_too_large(&self) -> bool {
        self.bytes > XML_RECORD_BYTES_MAX || self.elements > XML_ELEMENTS_MAX
    }
}

/// Numbers the elements of a record in the order of their beginnings.
pub fn number(element: &mut Element, count: &mut usize) {
    element.number = *count;
    *count += 1;
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            number(child, count);
        }
    }
}
