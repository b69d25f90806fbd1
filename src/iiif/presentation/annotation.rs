//! What people say of images and the text that stands on them, as W3C Web Annotations on canvases.
//!
//! Pure. Presentation API 3.0 §5.5, Text Granularity Extension, W3C Web Annotation Data Model; cookbook recipes 0021,
//! 0261, 0266 and 0269.

use std::collections::{HashMap, HashSet};

use fonds_projections::annotations::{Mark, Said, Transcript};
use fonds_schemas::{AnnotationId, FileId, Language, Line, Object, Region, Word, Xywh};
use serde::Serialize;

use crate::iiif::presentation::CONTEXT;
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::maker::{Agents, Made};
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::types::{CanvasPage, Manifest, PageReference};
use crate::iiif::presentation::views::is_image;
use crate::iiif::search::service;

/// The context of the Text Granularity Extension.
pub const GRANULARITY_CONTEXT: &str = "http://iiif.io/api/extension/text-granularity/context.json";
/// The motivation of text that stands on an image.
pub const SUPPLEMENTING: &str = "supplementing";

/// Something, or a list of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Many.
    Many(Vec<T>),
}

/// A page of annotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Its contexts; that of an extension before that of the API.
    #[serde(rename = "@context")]
    pub context: OneOrMany<&'static str>,
    /// Its own address.
    pub id: String,
    /// `AnnotationPage`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// The same text, word by word.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub see_also: Vec<PageLink>,
    /// The annotations.
    pub items: Vec<WebAnnotation>,
}

/// Another page of annotations, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageLink {
    /// Its address.
    pub id: String,
    /// `Dataset`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// Its media type.
    pub format: &'static str,
}

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebAnnotation {
    /// Its contexts, where it stands alone.
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    pub context: Option<OneOrMany<&'static str>>,
    /// Its own address.
    pub id: String,
    /// `Annotation`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Why.
    pub motivation: &'static str,
    /// `line` or `word`, of text that stands on the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_granularity: Option<&'static str>,
    /// Who says it.
    #[serde(flatten)]
    pub made: Made,
    /// When it was first said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// What is said.
    pub body: OneOrMany<Body>,
    /// Of what.
    pub target: Target,
}

/// What an annotation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// A text.
    Text {
        /// `TextualBody`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// The text.
        value: String,
        /// Its language.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// `text/plain`.
        format: &'static str,
    },
    /// Something that has an address.
    Named {
        /// `SpecificResource`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// Its address.
        source: String,
        /// What it is here for.
        purpose: &'static str,
    },
}

/// What an annotation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Target {
    /// A canvas, or a rectangle of it.
    Place(String),
    /// Several rectangles.
    Places(Vec<String>),
    /// Another part of a canvas.
    Part {
        /// `SpecificResource`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// The canvas.
        source: String,
        /// Which part.
        selector: SvgSelector,
    },
}

/// A part of a canvas as SVG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SvgSelector {
    /// `SvgSelector`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The drawing, made of numbers alone.
    pub value: String,
}

/// Puts into a manifest where to find annotations and texts of its canvases, and what searches them.
pub fn refer(manifest: &mut Manifest, object: &Object, marks: &[Mark], setting: Setting<'_>) {
    let marked: HashSet<(FileId, bool)> = marks.iter().map(|mark| (mark.file, mark.is_text)).collect();
    let images = object.files.iter().filter(|file| is_image(file, setting));
    let images = images.filter(|file| [true, false].iter().any(|is_text| marked.contains(&(file.file, *is_text))));
    let canvases: HashMap<String, FileId> =
        images.map(|file| (canvas(object, file.file, setting), file.file)).collect();
    for canvas in &mut manifest.items {
        let Some(file) = canvases.get(&canvas.id) else { continue };
        for (is_text, name, label) in [(true, "transcript", "Text"), (false, "annotations", "Annotations")] {
            if marked.contains(&(*file, is_text)) {
                let (id, label) = (format!("{}/{name}", canvas.id), LanguageMap::english(label));
                let page = PageReference { id, kind: "AnnotationPage", label };
                canvas.annotations.push(CanvasPage::Named(page));
            }
        }
        manifest.service = service::services(setting.addresses.base(), object.id);
    }
}

/// The canvas of an image.
#[must_use]
pub fn canvas(object: &Object, file: FileId, setting: Setting<'_>) -> String {
    format!("{}/iiif/presentation/3/{}/canvas/{file}", setting.addresses.base(), object.id)
}

/// The page of what is said of an image.
#[must_use]
pub fn page(object: &Object, file: FileId, said: &[Said], agents: &Agents, setting: Setting<'_>) -> Page {
    let canvas = canvas(object, file, setting);
    Page {
        context: OneOrMany::One(CONTEXT),
        id: format!("{canvas}/annotations"),
        kind: "AnnotationPage",
        label: LanguageMap::english("Annotations"),
        see_also: vec![],
        items: said.iter().map(|said| of_said(said, &canvas, agents, setting)).collect(),
    }
}

/// One thing said of an image.
#[must_use]
pub fn of_said(said: &Said, canvas: &str, agents: &Agents, setting: Setting<'_>) -> WebAnnotation {
    let body = &said.body;
    let text = text_body(body.text.clone(), body.language.as_ref());
    let named = body.authority.as_ref().map(|authority| Body::Named {
        kind: "SpecificResource",
        source: authority.clone(),
        purpose: body.motivation.as_str(),
    });
    WebAnnotation {
        context: None,
        id: annotation_id(body.annotation, setting.addresses.base()),
        kind: "Annotation",
        motivation: body.motivation.as_str(),
        text_granularity: None,
        made: Made::by(said.agent, agents),
        created: Some(said.created_at.to_seconds_string()),
        modified: Some(said.modified_at.to_seconds_string()),
        body: match named {
            Some(named) => OneOrMany::Many(vec![text, named]),
            None => OneOrMany::One(text),
        },
        target: target(body.region.as_ref(), canvas),
    }
}

/// How fine a text is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// Line by line.
    Line,
    /// Word by word, those whose place is known.
    Word,
}

/// The page of the text on an image; empty where there is none.
#[must_use]
pub fn transcript(
    object: &Object,
    file: FileId,
    read: Option<&Transcript>,
    granularity: Granularity,
    agents: &Agents,
    setting: Setting<'_>,
) -> Page {
    let canvas = canvas(object, file, setting);
    let made = read.map(|read| Made::by(read.agent, agents)).unwrap_or_default();
    let language = read.and_then(|read| read.body.language.as_ref());
    let text = Text { file, language, made, canvas: &canvas, base: setting.addresses.base() };
    let lines = read.map(|read| read.body.lines.as_slice()).unwrap_or_default();
    let has_words = lines.iter().any(|line| !line.words.is_empty());
    let words = format!("{canvas}/transcript/words");
    let numbered = (1u32..).zip(lines);
    let (id, label, items, see_also) = match granularity {
        Granularity::Line => {
            let items = numbered.map(|(number, line)| text.line(number, line));
            let link = PageLink {
                id: words,
                kind: "Dataset",
                label: LanguageMap::english("Text, word by word"),
                format: "application/ld+json",
            };
            (format!("{canvas}/transcript"), "Text", items.collect(), if has_words { vec![link] } else { vec![] })
        }
        Granularity::Word => {
            let items = numbered.flat_map(|(number, line)| {
                let places = (1u32..).zip(&line.words);
                let text = &text;
                places.map(move |(place, word)| text.word((number, place), word))
            });
            (words, "Text, word by word", items.collect(), vec![])
        }
    };
    Page {
        context: granular_context(),
        id,
        kind: "AnnotationPage",
        label: LanguageMap::english(label),
        see_also,
        items,
    }
}

/// The text on an image, as its lines and words are told.
pub struct Text<'a> {
    /// Which image.
    pub file: FileId,
    /// The language of the text.
    pub language: Option<&'a Language>,
    /// Who read it.
    pub made: Made,
    /// The canvas of the image.
    pub canvas: &'a str,
    /// The base of every public address.
    pub base: &'a str,
}

impl Text<'_> {
    /// A line of it; `number` counts from 1.
    #[must_use]
    pub fn line(&self, number: u32, line: &Line) -> WebAnnotation {
        let place = line.xywh.or_else(|| Xywh::around(line.words.iter().map(|word| word.xywh)));
        self.supplementing(line_id(self.file, number, self.base), "line", &line.text, place)
    }

    /// A word of it; line and word count from 1.
    #[must_use]
    pub fn word(&self, (line, number): (u32, u32), word: &Word) -> WebAnnotation {
        let id = format!("{}.{number}", line_id(self.file, line, self.base));
        self.supplementing(id, "word", &word.text, Some(word.xywh))
    }

    fn supplementing(&self, id: String, granularity: &'static str, text: &str, place: Option<Xywh>) -> WebAnnotation {
        WebAnnotation {
            context: None,
            id,
            kind: "Annotation",
            motivation: SUPPLEMENTING,
            text_granularity: Some(granularity),
            made: self.made.clone(),
            created: None,
            modified: None,
            body: OneOrMany::One(text_body(text.to_owned(), self.language)),
            target: Target::Place(place_on(self.canvas, place)),
        }
    }
}

/// The contexts of text that says how fine it is.
#[must_use]
pub fn granular_context() -> OneOrMany<&'static str> {
    OneOrMany::Many(vec![GRANULARITY_CONTEXT, CONTEXT])
}

/// The address of an annotation.
#[must_use]
pub fn annotation_id(annotation: AnnotationId, base: &str) -> String {
    format!("{base}/iiif/annotation/{annotation}")
}

/// The address of a line of text as an annotation.
#[must_use]
pub fn line_id(file: FileId, number: u32, base: &str) -> String {
    format!("{base}/iiif/annotation/{file}.{number}")
}

/// A canvas, or a rectangle of it.
#[must_use]
pub fn place_on(canvas: &str, place: Option<Xywh>) -> String {
    place.map_or_else(|| canvas.to_owned(), |xywh| format!("{canvas}#xywh={xywh}"))
}

/// A plain text.
#[must_use]
pub fn text_body(value: String, language: Option<&Language>) -> Body {
    let language = language.map(|language| language.as_str().to_owned());
    Body::Text { kind: "TextualBody", value, language, format: "text/plain" }
}

/// The part of a canvas that is meant.
#[must_use]
pub fn target(region: Option<&Region>, canvas: &str) -> Target {
    match region {
        None => Target::Place(canvas.to_owned()),
        Some(Region::Xywh(xywh)) => Target::Place(place_on(canvas, Some(*xywh))),
        Some(Region::Polygon(points)) => {
            // A path and not a polygon: Mirador 4.0.0 draws nothing else.
            let corners: Vec<String> = points.iter().map(|[x, y]| format!("{x},{y}")).collect();
            let path = format!("M{}Z", corners.join("L"));
            let value = format!("<svg xmlns='http://www.w3.org/2000/svg'><path d='{path}'/></svg>");
            let selector = SvgSelector { kind: "SvgSelector", value };
            Target::Part { kind: "SpecificResource", source: canvas.to_owned(), selector }
        }
    }
}
