//! The resources of the Presentation API 3.0, with the fields that fonds writes, in the order in which it writes them.
//!
//! What may repeat is a list even when there is one; what is absent is left out.

use serde::Serialize;

use crate::iiif::image::info::ImageService;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::search::service::SearchService;

/// A label and its value, each by language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// What is said.
    pub label: LanguageMap,
    /// What it is.
    pub value: LanguageMap,
}

/// Something outside the manifest: a page, a data set, a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its address.
    pub id: String,
    /// What kind of thing it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// Its media type.
    pub format: String,
}

/// Who provides the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agent {
    /// Its name on the web.
    pub id: String,
    /// `Agent`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name.
    pub label: LanguageMap,
    /// Its page.
    pub homepage: Vec<Link>,
}

/// An image: painted on a canvas, or standing for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// The address of the pixels, never of the bare service.
    pub id: String,
    /// `Image`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its media type.
    pub format: &'static str,
    /// Pixels down.
    pub height: u32,
    /// Pixels across.
    pub width: u32,
    /// Where other sizes and parts of it are.
    pub service: Vec<ImageService>,
}

/// A view of the object: a page, a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Canvas {
    /// Its name.
    pub id: String,
    /// `Canvas`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// Units down.
    pub height: u32,
    /// Units across.
    pub width: u32,
    /// What is said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Pair>,
    /// What is painted on it.
    pub items: Vec<AnnotationPage>,
    /// Where to find what is said of it, and the text on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<PageReference>,
}

/// A page of annotations, as a canvas names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageReference {
    /// Its address.
    pub id: String,
    /// `AnnotationPage`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
}

/// Annotations of a canvas.
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

/// An image painted on a canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// Its name.
    pub id: String,
    /// `Annotation`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `painting`.
    pub motivation: &'static str,
    /// The image.
    pub body: Image,
    /// The canvas.
    pub target: String,
}

/// A manifest or a collection, as another one names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Its address.
    pub id: String,
    /// `Manifest` or `Collection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its label.
    pub label: LanguageMap,
    /// What stands for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thumbnail: Vec<Image>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The context of this API.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its own address.
    pub id: String,
    /// `Manifest`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What the object is called.
    pub label: LanguageMap,
    /// What is said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Pair>,
    /// What it is, in some sentences.
    #[serde(skip_serializing_if = "LanguageMap::is_empty")]
    pub summary: LanguageMap,
    /// What must be shown with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_statement: Option<Pair>,
    /// What may be done with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// Who provides it.
    pub provider: Vec<Agent>,
    /// What stands for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thumbnail: Vec<Image>,
    /// Its page.
    pub homepage: Vec<Link>,
    /// Its description, for machines.
    pub see_also: Vec<Link>,
    /// Files that are no images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rendering: Vec<Link>,
    /// The larger wholes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub part_of: Vec<Reference>,
    /// What searches its texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<SearchService>,
    /// Its views; at least one.
    pub items: Vec<Canvas>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// The context of this API.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its own address.
    pub id: String,
    /// `Collection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it is called.
    pub label: LanguageMap,
    /// What it is, in some sentences.
    #[serde(skip_serializing_if = "LanguageMap::is_empty")]
    pub summary: LanguageMap,
    /// Who provides it.
    pub provider: Vec<Agent>,
    /// Its page.
    pub homepage: Vec<Link>,
    /// What is in it, named and not embedded.
    pub items: Vec<Reference>,
}
