//! What people say of an image, and the text that stands on it.
//!
//! Both belong to one image of an object and say nothing of the object itself, so an object is folded without them.
//! Pixels are whole, and those of the image as it is shown: orientation applied, counted from its upper left corner.

use std::fmt;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AnnotationId, FileId, ObjectId};
use crate::statement::Language;

mod check;

pub use check::BadAnnotation;

/// Bytes of the text of an annotation: some pages. What is longer is a file.
pub const ANNOTATION_BYTES_MAX: usize = 16_384;
/// Points of a polygon: a silhouette drawn by hand has some hundreds.
pub const POINTS_MAX: usize = 1_000;
/// Lines on one image: a broadsheet newspaper has two thousand.
pub const LINES_MAX: usize = 5_000;
/// Words on one image: a broadsheet newspaper has fifteen thousand.
pub const WORDS_MAX: usize = 50_000;
/// Bytes of a line: the longest that a reader of pages makes of a paragraph.
pub const LINE_BYTES_MAX: usize = 8_192;
/// Bytes of all texts of a transcript, lines and words: with their boxes they fit the body of one event.
pub const TRANSCRIPT_BYTES_MAX: usize = 1024 * 1024;

/// Why somebody says something of an image (Web Annotation Vocabulary §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Motivation {
    /// To judge it.
    Assessing,
    /// To remark on it.
    Commenting,
    /// To say what is seen.
    Describing,
    /// To say who or what it is.
    Identifying,
    /// To point to something elsewhere.
    Linking,
    /// To give it a keyword.
    Tagging,
}

/// Every motivation.
pub const MOTIVATIONS: &[Motivation] = &[
    Motivation::Assessing,
    Motivation::Commenting,
    Motivation::Describing,
    Motivation::Identifying,
    Motivation::Linking,
    Motivation::Tagging,
];

impl Motivation {
    /// The written form, which is that of the vocabulary too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assessing => "assessing",
            Self::Commenting => "commenting",
            Self::Describing => "describing",
            Self::Identifying => "identifying",
            Self::Linking => "linking",
            Self::Tagging => "tagging",
        }
    }
}

/// A rectangle of an image. Written as four numbers: `x`, `y`, width, height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct Xywh {
    /// Pixels from the left.
    pub x: u32,
    /// Pixels from the top.
    pub y: u32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl From<[u32; 4]> for Xywh {
    fn from([x, y, width, height]: [u32; 4]) -> Self {
        Self { x, y, width, height }
    }
}

impl From<Xywh> for [u32; 4] {
    fn from(xywh: Xywh) -> Self {
        [xywh.x, xywh.y, xywh.width, xywh.height]
    }
}

impl fmt::Display for Xywh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.x, self.y, self.width, self.height)
    }
}

impl Xywh {
    /// The smallest rectangle around all of them; `None` of none.
    #[must_use]
    pub fn around(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|one, other| {
            let (x, y) = (one.x.min(other.x), one.y.min(other.y));
            let right = one.x.saturating_add(one.width).max(other.x.saturating_add(other.width));
            let bottom = one.y.saturating_add(one.height).max(other.y.saturating_add(other.height));
            Self { x, y, width: right - x, height: bottom - y }
        })
    }
}

/// The part of an image that something is said of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// The corners of an outline, each `x` and `y`, in their order; the last is joined to the first.
    Polygon(Vec<[u32; 2]>),
    /// A rectangle.
    Xywh(Xywh),
}

impl Region {
    /// The rectangle around it.
    #[must_use]
    pub fn bounds(&self) -> Option<Xywh> {
        match self {
            Self::Polygon(points) => {
                Xywh::around(points.iter().map(|[x, y]| Xywh { x: *x, y: *y, width: 0, height: 0 }))
            }
            Self::Xywh(xywh) => Some(*xywh),
        }
    }
}

/// Somebody said something of an image, or says something else from now on: a later event with the same annotation
/// takes the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Annotated {
    /// The name of the annotation, which it keeps when it is changed.
    pub annotation: AnnotationId,
    /// The IRI of what the text names or points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Of which image.
    pub file: FileId,
    /// The language of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Why.
    pub motivation: Motivation,
    /// On which object.
    pub object: ObjectId,
    /// Of which part of the image; of all of it where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What is said, as plain text.
    pub text: String,
}

/// An annotation ceased to stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnnotationRetracted {
    /// Which.
    pub annotation: AnnotationId,
    /// On which object.
    pub object: ObjectId,
    /// Why.
    pub reason: String,
}

/// A word of a line, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Word {
    /// What is written there.
    pub text: String,
    /// The whole of a word that begins here and ends in the next line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
    /// Where.
    pub xywh: Xywh,
}

/// A line of text on an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// What is written there.
    pub text: String,
    /// Those of its words whose place is known, in the order of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xywh: Option<Xywh>,
}

impl Line {
    /// The bytes of the text at which each of its words stands; `None` where they do not stand there in their order.
    #[must_use]
    pub fn places(&self) -> Option<Vec<Range<usize>>> {
        let mut from = 0;
        let places = self.words.iter().map(|word| {
            let start = from + self.text.get(from..)?.find(&word.text)?;
            from = start + word.text.len();
            Some(start..from)
        });
        places.collect()
    }
}

/// The text of one image, all of it: from now on, in the place of what was said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transcribed {
    /// Of which image.
    pub file: FileId,
    /// The language of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The lines in the order in which they are read; none where the image has no text.
    pub lines: Vec<Line>,
    /// On which object.
    pub object: ObjectId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The file of the object that it was read from: ALTO, PAGE, hOCR, plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<FileId>,
}
