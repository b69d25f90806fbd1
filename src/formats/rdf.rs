//! What formats in RDF/XML have in common: nodes, links between them, and words.

use super::element::Element;
use super::said::Said;

/// The namespace of RDF, which the root element of all of them is in.
pub const NAMESPACE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// The schema of RDF/XML in answers of OAI-PMH; what is in it, no XML schema can tell.
pub const SCHEMA: &str = "http://www.openarchives.org/OAI/2.0/rdf.xsd";
/// The namespace of `rdfs:label`.
const RDFS: &str = "http://www.w3.org/2000/01/rdf-schema#";

/// The root, with the namespaces of a format beside those of RDF.
#[must_use]
pub fn root<'a>(namespaces: &[(&'static str, &'static str)]) -> Element<'a> {
    let root = Element::new("rdf:RDF").attribute("xmlns:rdf", NAMESPACE).attribute("xmlns:rdfs", RDFS);
    namespaces.iter().fold(root, |root, (name, value)| root.attribute(name, *value))
}

/// A thing of that class and name.
#[must_use]
pub fn node<'a>(class: &'static str, about: String) -> Element<'a> {
    Element::new(class).attribute("rdf:about", about)
}

/// A property that leads to something that has a name.
#[must_use]
pub fn link<'a>(property: &'static str, to: impl Into<std::borrow::Cow<'a, str>>) -> Element<'a> {
    Element::new(property).attribute("rdf:resource", to)
}

/// A property that leads to a thing that is described in its place.
#[must_use]
pub fn to<'a>(property: &'static str, thing: Element<'a>) -> Element<'a> {
    Element::new(property).with([thing])
}

/// A property that is words.
#[must_use]
pub fn words<'a>(property: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(property).maybe("xml:lang", said.language).text(said.text)
}

/// What a statement names, of that class: with the name that an authority gives it, or without any.
#[must_use]
pub fn named<'a>(class: &'static str, said: &Said<'a>) -> Element<'a> {
    Element::new(class).maybe("rdf:about", said.authority).with([words("rdfs:label", said)])
}
