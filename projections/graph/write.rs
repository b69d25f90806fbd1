//! Quads as text: the RDF formats that fonds offers.

use std::io;

use oxigraph::io::{JsonLdProfile, RdfFormat, RdfSerializer};
use oxigraph::model::{Quad, TripleRef};

use super::vocabulary::PREFIXES;

/// A format for triples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RDF 1.1 Turtle.
    Turtle,
    /// RDF 1.1 N-Triples.
    NTriples,
    /// RDF 1.1 XML.
    RdfXml,
    /// JSON-LD 1.1.
    JsonLd,
}

/// Every format, the one that is sent to whoever does not say first.
pub const FORMATS: &[Format] = &[Format::Turtle, Format::JsonLd, Format::RdfXml, Format::NTriples];

/// Why triples cannot be written in a format.
#[derive(Debug, thiserror::Error)]
pub enum NotWritable {
    /// RDF/XML writes a property as an element, so it must end in what XML calls a name.
    #[error("the property <{0}> cannot be an element of RDF/XML: ask for Turtle")]
    Property(String),
    /// The serialiser refused.
    #[error("could not write triples")]
    Write(#[source] io::Error),
}

impl Format {
    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Turtle => "text/turtle",
            Self::NTriples => "application/n-triples",
            Self::RdfXml => "application/rdf+xml",
            Self::JsonLd => "application/ld+json",
        }
    }

    /// The last part of an address in this format.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Turtle => "ttl",
            Self::NTriples => "nt",
            Self::RdfXml => "rdf",
            Self::JsonLd => "jsonld",
        }
    }

    /// Its name in the W3C's registry of formats.
    #[must_use]
    pub const fn iri(self) -> &'static str {
        match self {
            Self::Turtle => RdfFormat::Turtle.iri(),
            Self::NTriples => RdfFormat::NTriples.iri(),
            Self::RdfXml => RdfFormat::RdfXml.iri(),
            Self::JsonLd => "https://www.w3.org/ns/formats/data/JSON-LD",
        }
    }

    /// The format of that extension.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        FORMATS.iter().find(|format| format.extension() == extension).copied()
    }

    /// A serialiser with the prefixes that people know.
    pub(super) fn serializer(self) -> RdfSerializer {
        let format = match self {
            Self::Turtle => RdfFormat::Turtle,
            Self::NTriples => RdfFormat::NTriples,
            Self::RdfXml => RdfFormat::RdfXml,
            Self::JsonLd => RdfFormat::JsonLd { profile: JsonLdProfile::Streaming.into() },
        };
        PREFIXES.iter().fold(RdfSerializer::from_format(format), |serializer, (prefix, iri)| {
            // A prefix that is refused only makes what is written longer.
            serializer.clone().with_prefix(*prefix, *iri).unwrap_or(serializer)
        })
    }

    /// Refuses what the serialiser would write in a way that no reader reads.
    pub(super) fn check(self, triple: TripleRef<'_>) -> Result<(), NotWritable> {
        let property = triple.predicate.as_str();
        if self.carries(property) { Ok(()) } else { Err(NotWritable::Property(property.to_owned())) }
    }

    /// Whether it can say something of that property.
    #[must_use]
    pub fn carries(self, property: &str) -> bool {
        match self {
            Self::RdfXml => ends_in_a_name(property),
            Self::Turtle | Self::NTriples | Self::JsonLd => true,
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Turtle => "Turtle",
            Self::NTriples => "N-Triples",
            Self::RdfXml => "RDF/XML",
            Self::JsonLd => "JSON-LD",
        }
    }
}

/// The triples of the quads, whatever their graphs, with those of one subject together.
pub fn write(mut quads: Vec<Quad>, format: Format) -> Result<Vec<u8>, NotWritable> {
    quads.sort_by_cached_key(|quad| quad.subject.to_string());
    let mut serializer = format.serializer().for_writer(Vec::new());
    for quad in &quads {
        let triple = TripleRef::new(&quad.subject, &quad.predicate, &quad.object);
        format.check(triple)?;
        serializer.serialize_triple(triple).map_err(NotWritable::Write)?;
    }
    serializer.finish().map_err(NotWritable::Write)
}

/// Whether an XML name can be cut off the end: one that begins with a letter, an underscore or anything beyond ASCII.
fn ends_in_a_name(iri: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let begins = |c: char| c.is_alphabetic() || c == '_';
    let tail = iri.rfind(|c| !in_name(c)).map_or(iri, |place| &iri[place..]);
    tail.contains(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_that_ends_in_a_number_is_no_element() {
        assert!(!ends_in_a_name("http://example.org/123"));
        assert!(ends_in_a_name("http://www.cidoc-crm.org/cidoc-crm/P2_has_type"));
        assert!(ends_in_a_name("http://example.org/1a"));
    }
}
