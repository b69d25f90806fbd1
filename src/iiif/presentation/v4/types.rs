//! The resources of the draft of Presentation API 4.0 that are not those of 3.0, with the fields that fonds writes.

use serde::Serialize;
use serde_json::Number;

use crate::iiif::presentation::caption::CaptionText;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::types::{About, Image, PageReference, Pair};
use crate::iiif::search::service::SearchService;

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The context.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its own address.
    pub id: String,
    /// `Manifest`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What the object is called.
    pub label: LanguageMap,
    /// What it says of itself.
    #[serde(flatten)]
    pub about: About,
    /// The view to begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<ContainerReference>,
    /// What searches its texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<SearchService>,
    /// Its views; at least one.
    pub items: Vec<Container>,
    /// What is where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub structures: Vec<Range>,
}

/// What something is shown in: a canvas has two sides and may have a length, a timeline a length alone, and a scene three
/// dimensions without end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    /// Its name.
    pub id: String,
    /// `Canvas`, `Timeline` or `Scene`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// Units down, of a canvas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Units across, of a canvas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Seconds, of what plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Number>,
    /// What is said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Pair>,
    /// What is painted in it.
    pub items: Vec<AnnotationPage>,
    /// What is seen before it plays.
    #[serde(rename = "placeholderContainer", skip_serializing_if = "Option::is_none")]
    pub placeholder_container: Option<Box<Container>>,
    /// Where to find what is said of it, and the text on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<ContainerPage>,
}

/// A page of annotations of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ContainerPage {
    /// At an address of its own.
    Named(PageReference),
    /// Captions.
    Captions(AnnotationPage),
}

/// A container, as what is painted in it, a range or a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerReference {
    /// Its name.
    pub id: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// Annotations of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnnotationPage {
    /// Its name.
    pub id: String,
    /// `AnnotationPage`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The annotations.
    pub items: Vec<Annotation>,
}

/// What is painted in a container, or read with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// Its name.
    pub id: String,
    /// `Annotation`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `painting` or `supplementing`; a list in this version.
    pub motivation: [&'static str; 1],
    /// What is painted or read.
    pub body: Body,
    /// The container, with its kind; a bare name no longer.
    pub target: ContainerReference,
}

/// What is painted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// An image.
    Image(Image),
    /// Sound, film or a model.
    Media(Media),
    /// Captions.
    Captions(CaptionText),
    /// Several, of which one is shown.
    Choice(Choice),
}

/// Sound, film or a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Media {
    /// The address of its bytes.
    pub id: String,
    /// `Audio`, `Video` or `Model`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read where they choose between several.
    #[serde(skip_serializing_if = "LanguageMap::is_empty")]
    pub label: LanguageMap,
    /// Its media type.
    pub format: String,
    /// Pixels down, of a film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Pixels across, of a film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Seconds, of what plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Number>,
}

/// What shows the same view in different states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// `Choice`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The states.
    pub items: Vec<Body>,
}

/// A part of what is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Range {
    /// Its name.
    pub id: String,
    /// `Range`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it is called.
    pub label: LanguageMap,
    /// What is in it; at least one.
    pub items: Vec<RangeItem>,
}

/// A thing in a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RangeItem {
    /// A view.
    Container(ContainerReference),
    /// A smaller part.
    Range(Range),
}
