//! Captions on a canvas, as the Presentation API 3.0 writes them: an annotation whose body is a file (cookbook recipe 0219).

use serde::Serialize;

use crate::iiif::presentation::annotation::OneOrMany;
use crate::iiif::presentation::language::LanguageMap;

/// The captions of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaptionPage {
    /// Its name.
    pub id: String,
    /// `AnnotationPage`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// One annotation.
    pub items: Vec<Caption>,
}

/// Captions, on what they are read with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caption {
    /// Its name.
    pub id: String,
    /// `Annotation`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `supplementing`.
    pub motivation: &'static str,
    /// The file, or several to choose from.
    pub body: CaptionBody,
    /// The canvas.
    pub target: String,
}

/// A file of captions, or several to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CaptionBody {
    /// One.
    Text(CaptionText),
    /// Several.
    Choice {
        /// `Choice`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// The files.
        items: Vec<CaptionText>,
    },
}

/// A file of captions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaptionText {
    /// The address of its bytes.
    pub id: String,
    /// `Text`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `text/vtt`.
    pub format: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// Its language, if it is known: one, or a list where the version asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<OneOrMany<String>>,
}
