//! Elements that formats put together and then write: children in the order that a schema wants, nothing empty.

use std::borrow::Cow;
use std::collections::HashSet;

use super::xml;

/// An element: a name, attributes, and text or children.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Element<'a> {
    name: &'static str,
    attributes: Vec<(&'static str, Cow<'a, str>)>,
    text: Cow<'a, str>,
    children: Vec<Self>,
}

impl<'a> Element<'a> {
    /// An element of that name, with its prefix.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), text: Cow::Borrowed(""), children: Vec::new() }
    }

    /// An element that is there only with something in it: many schemas refuse empty ones.
    #[must_use]
    pub fn around(name: &'static str, children: impl IntoIterator<Item = Self>) -> Option<Self> {
        let element = Self::new(name).with(children);
        if element.children.is_empty() { None } else { Some(element) }
    }

    /// The same with an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// The same with an attribute, if there is a value for it.
    #[must_use]
    pub fn maybe(self, name: &'static str, value: Option<impl Into<Cow<'a, str>>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// The same with that text.
    #[must_use]
    pub fn text(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.text = text.into();
        self
    }

    /// The same with more children: a list of them, or one that may be there.
    #[must_use]
    pub fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The same with its children in the order of `names`; those of one name stay as they are.
    #[must_use]
    pub fn in_order(mut self, names: &[&str]) -> Self {
        self.children.sort_by_key(|child| names.iter().position(|name| *name == child.name));
        self
    }

    /// The same with each child once: what a schema has no place for may have told them apart.
    #[must_use]
    pub fn each_once(mut self) -> Self {
        if self.children.len() > 1 {
            let mut known = HashSet::with_capacity(self.children.len());
            let first: Vec<bool> = self.children.iter().map(|child| known.insert(child)).collect();
            let mut first = first.into_iter();
            self.children.retain(|_| first.next().unwrap_or(true));
        }
        self
    }

    /// Writes it.
    #[must_use]
    pub fn written(&self) -> String {
        let mut out = String::with_capacity(4096);
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(self.name);
        for (name, value) in &self.attributes {
            xml::attribute(out, name, value);
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        xml::text(out, &self.text);
        for child in &self.children {
            child.write(out);
        }
        out.push_str("</");
        out.push_str(self.name);
        out.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_put_in_order_and_keep_it_among_themselves() {
        let child = |name, text| Element::new(name).text(text);
        let parent = Element::new("a").attribute("b", "\"").with([child("d", "1"), child("c", "2"), child("d", "<")]);
        assert_eq!(parent.in_order(&["c", "d"]).written(), "<a b=\"&quot;\"><c>2</c><d>1</d><d>&lt;</d></a>");
    }

    #[test]
    fn nothing_is_put_around_nothing() {
        assert!(Element::around("a", None).is_none());
        assert!(Element::around("a", Some(Element::new("b"))).is_some());
    }
}
