//! What is said of images and the text that stands on them, in the words of Presentation API 2.1 §5.4 and Open Annotation.

use serde::Serialize;

use super::types::{Text, Values};
use super::{CONTEXT, address, texts};
use crate::iiif::presentation::annotation::{Body, OneOrMany, Page, SUPPLEMENTING, Target, WebAnnotation};
use crate::iiif::presentation::maker::Maker;

/// A page of annotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnnotationList {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    resources: Vec<Annotation>,
}

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// Its own address.
    #[serde(rename = "@id")]
    pub id: String,
    /// `oa:Annotation`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// Why.
    pub motivation: String,
    /// What is said.
    pub resource: OneOrMany<Resource>,
    /// Of what.
    pub on: OneOrMany<On>,
    /// Who says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotated_by: Option<Agent>,
    /// When it was first said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotated_at: Option<String>,
}

/// What an annotation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Resource {
    /// A text.
    Text {
        /// `cnt:ContentAsText`, and `oa:Tag` where it is one.
        #[serde(rename = "@type")]
        kind: OneOrMany<&'static str>,
        /// `text/plain`.
        format: &'static str,
        /// Its language.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// The text.
        chars: String,
    },
    /// Something that has an address.
    Named {
        /// Its address.
        #[serde(rename = "@id")]
        id: String,
        /// `oa:SemanticTag`.
        #[serde(rename = "@type")]
        kind: &'static str,
    },
}

/// What an annotation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum On {
    /// A canvas, or a rectangle of it.
    Place(String),
    /// Another part of a canvas.
    Part {
        /// `oa:SpecificResource`.
        #[serde(rename = "@type")]
        kind: &'static str,
        /// The canvas.
        full: String,
        /// Which part.
        selector: Selector,
    },
}

/// A part of a canvas as SVG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selector {
    /// `oa:SvgSelector`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// The drawing.
    pub chars: String,
}

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agent {
    /// An opaque name.
    #[serde(rename = "@id")]
    pub id: String,
    /// What kind of agent.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// The name of an organisation or a program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a model is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Values<Text>>,
}

/// The page in version 2.1.
#[must_use]
pub fn list(of: &Page) -> AnnotationList {
    let resources = of.items.iter().map(annotation).collect();
    AnnotationList { context: CONTEXT, id: address(&of.id), kind: "sc:AnnotationList", resources }
}

/// A plain text.
#[must_use]
pub fn text(chars: String, language: Option<String>, motivation: &str) -> Resource {
    let kind = match motivation {
        "tagging" => OneOrMany::Many(vec!["oa:Tag", "cnt:ContentAsText"]),
        _ => OneOrMany::One("cnt:ContentAsText"),
    };
    Resource::Text { kind, format: "text/plain", language, chars }
}

/// Why something is said. Text that stands on an image is painted on it: 2.1 knows no other word.
#[must_use]
pub fn motivation(of: &str) -> String {
    if of == SUPPLEMENTING { "sc:painting".to_owned() } else { format!("oa:{of}") }
}

fn annotation(of: &WebAnnotation) -> Annotation {
    let resource = |body: &Body| match body {
        Body::Text { value, language, .. } => text(value.clone(), language.clone(), of.motivation),
        Body::Named { source, .. } => Resource::Named { id: source.clone(), kind: "oa:SemanticTag" },
    };
    let on = match &of.target {
        Target::Place(place) => OneOrMany::One(On::Place(place.clone())),
        Target::Places(places) => OneOrMany::Many(places.iter().cloned().map(On::Place).collect()),
        Target::Part { source, selector, .. } => {
            let selector = Selector { kind: "oa:SvgSelector", chars: selector.value.clone() };
            OneOrMany::One(On::Part { kind: "oa:SpecificResource", full: source.clone(), selector })
        }
    };
    Annotation {
        id: of.id.clone(),
        kind: "oa:Annotation",
        motivation: motivation(of.motivation),
        resource: match &of.body {
            OneOrMany::One(body) => OneOrMany::One(resource(body)),
            OneOrMany::Many(bodies) => OneOrMany::Many(bodies.iter().map(resource).collect()),
        },
        on,
        annotated_by: of.made.maker().map(agent),
        annotated_at: of.created.clone(),
    }
}

fn agent(of: &Maker) -> Agent {
    let kind = match of.kind {
        "Organization" => "foaf:Organization",
        "Software" => "prov:SoftwareAgent",
        _ => "foaf:Person",
    };
    Agent { id: of.id.clone(), kind, name: of.name.clone(), label: Values::of(texts(&of.label)) }
}
