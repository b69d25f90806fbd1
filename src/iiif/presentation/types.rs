//! The resources of the Presentation API 3.0, with the fields that fonds writes, in the order in which it writes them.
//!
//! What may repeat is a list even when there is one; what is absent is left out.

use serde::Serialize;
use serde_json::Number;

use crate::iiif::image::info::ImageService;
use crate::iiif::presentation::caption::CaptionPage;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::place::FeatureCollection;

/// The contexts of a document, that of this API last (§4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Context {
    /// This API alone.
    Plain(&'static str),
    /// An extension and this API.
    Extended([&'static str; 2]),
}

impl Context {
    /// The contexts of a document that says where something is, or does not.
    #[must_use]
    pub fn of(says_where: bool) -> Self {
        if says_where { Self::Extended([super::place::CONTEXT, super::CONTEXT]) } else { Self::Plain(super::CONTEXT) }
    }
}
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
    /// What it follows: a namespace, a schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'static str>,
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
    /// Its logo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logo: Vec<Logo>,
}

/// An image of another server, whose sides we do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logo {
    /// Its address.
    pub id: String,
    /// `Image`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its media type, if its name tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
}

/// An image: painted on a canvas, or standing for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// The address of the pixels, never of the bare service.
    pub id: String,
    /// `Image`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read where they choose between several.
    #[serde(skip_serializing_if = "LanguageMap::is_empty")]
    pub label: LanguageMap,
    /// Its media type.
    pub format: &'static str,
    /// Pixels down.
    pub height: u32,
    /// Pixels across.
    pub width: u32,
    /// Where other sizes and parts of it are.
    pub service: Vec<ImageService>,
}

/// What is painted on a canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// An image.
    Image(Image),
    /// Something that plays.
    Recording(Recording),
    /// Several, of which one is shown.
    Choice(Choice),
}

/// Sound or film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// The address of its bytes.
    pub id: String,
    /// `Sound` or `Video`.
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
    /// Seconds.
    pub duration: Number,
}

/// What shows the same view in different states; the first is shown until somebody chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// `Choice`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The states.
    pub items: Vec<Body>,
}

/// A view of the object: a page, a side, a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Canvas {
    /// Its name.
    pub id: String,
    /// `Canvas`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// Units down, unless it is only heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Units across.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Seconds, of what plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Number>,
    /// What is said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Pair>,
    /// What is painted on it.
    pub items: Vec<AnnotationPage>,
    /// What is seen before it plays.
    #[serde(rename = "placeholderCanvas", skip_serializing_if = "Option::is_none")]
    pub placeholder_canvas: Option<Box<Canvas>>,
    /// Where to find what is said of it, and the text on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<CanvasPage>,
}

/// A page of annotations of a canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CanvasPage {
    /// At an address of its own.
    Named(PageReference),
    /// Captions, which are files: the page is here.
    Captions(CaptionPage),
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

/// What is painted on a canvas, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// Its name.
    pub id: String,
    /// `Annotation`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `painting`.
    pub motivation: &'static str,
    /// The image or the recording, or several to choose from.
    pub body: Body,
    /// The canvas.
    pub target: String,
}

/// A canvas, as a range or a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CanvasReference {
    /// Its name.
    pub id: String,
    /// `Canvas`.
    #[serde(rename = "type")]
    pub kind: &'static str,
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
    Canvas(CanvasReference),
    /// A smaller part.
    Range(Range),
}

/// A manifest or a collection, as another one names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
    /// Its place in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_date: Option<String>,
    /// Its place on a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_place: Option<FeatureCollection>,
}

/// What a manifest says of its object, in version 3 and in the draft of version 4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
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
    /// Which way the views are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewing_direction: Option<&'static str>,
    /// How the views belong together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behavior: Vec<&'static str>,
    /// Its place in time, as `xsd:dateTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_date: Option<String>,
    /// Its place on a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_place: Option<FeatureCollection>,
    /// Its pages.
    pub homepage: Vec<Link>,
    /// Its description, for machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub see_also: Vec<Link>,
    /// Files that are no images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rendering: Vec<Link>,
    /// The larger wholes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub part_of: Vec<Reference>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The contexts.
    #[serde(rename = "@context")]
    pub context: Context,
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
    pub start: Option<CanvasReference>,
    /// What searches its texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<SearchService>,
    /// Its views; at least one.
    pub items: Vec<Canvas>,
    /// What is where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub structures: Vec<Range>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// The contexts.
    #[serde(rename = "@context")]
    pub context: Context,
    /// Its own address.
    pub id: String,
    /// `Collection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it is called.
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
    /// How its members belong together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behavior: Vec<&'static str>,
    /// Its pages.
    pub homepage: Vec<Link>,
    /// Its description, for machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub see_also: Vec<Link>,
    /// The larger wholes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub part_of: Vec<Reference>,
    /// What is in it, named and not embedded.
    pub items: Vec<Reference>,
}
