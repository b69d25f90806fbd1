//! The resources of the Presentation API 2.1, with the fields that fonds writes, in the order in which it writes them.
//!
//! Other than in version 3, what occurs once may stand without a list around it, and often must.

use serde::Serialize;

use crate::iiif::image::geometry::Sides;
use crate::iiif::search::service::Completion1;

/// A text, with its language where that is known (2.1 §4.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// Of no known language.
    Plain(String),
    /// Of that language.
    Tagged {
        /// The text.
        #[serde(rename = "@value")]
        value: String,
        /// Its language.
        #[serde(rename = "@language")]
        language: String,
    },
}

/// One value bare, several as a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Values<T> {
    /// One.
    One(T),
    /// Not one.
    Several(Vec<T>),
}

impl<T> Values<T> {
    /// The values; nothing where there is none.
    #[must_use]
    pub fn of(mut values: Vec<T>) -> Option<Self> {
        match values.len() {
            0 => None,
            1 => values.pop().map(Self::One),
            _ => Some(Self::Several(values)),
        }
    }
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// What is said.
    pub label: Values<Text>,
    /// What it is.
    pub value: Values<Text>,
}

/// Something outside the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its address.
    #[serde(rename = "@id")]
    pub id: String,
    /// What people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Values<Text>>,
    /// Its media type.
    pub format: String,
    /// What it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'static str>,
}

/// An image service of version 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// The context of Image API 2.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its base address.
    #[serde(rename = "@id")]
    pub id: String,
    /// The compliance level.
    pub profile: &'static str,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The stored sizes, smallest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Sides>,
}

/// What is painted on a canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Resource {
    /// An image.
    Image(Image),
    /// Several, of which one is shown.
    Choice {
        /// `oa:Choice`.
        #[serde(rename = "@type")]
        kind: &'static str,
        /// What is shown until somebody chooses.
        default: Image,
        /// The others.
        item: Vec<Image>,
    },
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// The address of the pixels.
    #[serde(rename = "@id")]
    pub id: String,
    /// `dctypes:Image`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// What people read where they choose between several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Values<Text>>,
    /// Its media type.
    pub format: &'static str,
    /// Pixels down.
    pub height: u32,
    /// Pixels across.
    pub width: u32,
    /// Where other sizes and parts of it are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
}

/// An image painted on a canvas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// Its name.
    #[serde(rename = "@id")]
    pub id: String,
    /// `oa:Annotation`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// `sc:painting`.
    pub motivation: &'static str,
    /// The image, or several to choose from.
    pub resource: Resource,
    /// The canvas.
    pub on: String,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Canvas {
    /// Its name.
    #[serde(rename = "@id")]
    pub id: String,
    /// `sc:Canvas`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// What people read.
    pub label: Values<Text>,
    /// Units down.
    pub height: u32,
    /// Units across.
    pub width: u32,
    /// What is said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Pair>,
    /// What is painted on it.
    pub images: Vec<Annotation>,
    /// Where texts and annotations of it are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_content: Vec<Reference>,
}

/// The order of the views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sequence {
    /// Its name.
    #[serde(rename = "@id")]
    pub id: String,
    /// `sc:Sequence`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// What people read.
    pub label: Text,
    /// The view to begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_canvas: Option<String>,
    /// The views; at least one.
    pub canvases: Vec<Canvas>,
}

/// What manifests and collections say of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// What it is called.
    pub label: Values<Text>,
    /// What is said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Pair>,
    /// What it is, in some sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Values<Text>>,
    /// What stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Image>,
    /// What must be shown with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Values<Text>>,
    /// What may be done with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The logo of who provides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Its pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<Values<Link>>,
    /// Other forms of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rendering: Option<Values<Link>>,
    /// Its description, for machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub see_also: Option<Values<Link>>,
    /// The larger wholes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Values<String>>,
    /// Its place in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_date: Option<String>,
    /// Which way the views are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewing_direction: Option<&'static str>,
    /// How the views belong together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewing_hint: Option<&'static str>,
}

/// A part of what is shown. All parts stand in one list and name those inside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Range {
    /// Its name.
    #[serde(rename = "@id")]
    pub id: String,
    /// `sc:Range`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// What it is called.
    pub label: Values<Text>,
    /// The parts inside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<String>,
    /// The views in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub canvases: Vec<String>,
}

/// A service of Content Search 1.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Search {
    /// Its context.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its address.
    #[serde(rename = "@id")]
    pub id: String,
    /// What it is.
    pub profile: &'static str,
    /// What completes words for it.
    pub service: Values<Completion1>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The context of this API.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its own address.
    #[serde(rename = "@id")]
    pub id: String,
    /// `sc:Manifest`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// What it says of itself.
    #[serde(flatten)]
    pub about: About,
    /// What searches its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Search>,
    /// The order of its views; one.
    pub sequences: Vec<Sequence>,
    /// What is where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub structures: Vec<Range>,
}

/// A manifest or a collection, as another one names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// Its address.
    #[serde(rename = "@id")]
    pub id: String,
    /// `sc:Manifest` or `sc:Collection`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// Its label.
    pub label: Values<Text>,
    /// What stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Image>,
    /// Its place in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_date: Option<String>,
}

/// A collection. `members` holds both kinds in their order; where all are of one kind, the list of that kind, which
/// older viewers know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collection {
    /// The context of this API.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its own address.
    #[serde(rename = "@id")]
    pub id: String,
    /// `sc:Collection`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// What it says of itself.
    #[serde(flatten)]
    pub about: About,
    /// What is in it, if all are collections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<Reference>,
    /// What is in it, if all are manifests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Reference>,
    /// What is in it, if there are both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Reference>,
}
