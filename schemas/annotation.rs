//! What people say of an image, and the text that stands on it.
//!
//! Both belong to one image of an object and say nothing of the object itself, so an object is folded without them.
//! Pixels are whole, and those of the image as it is shown: orientation applied, counted from its upper left corner.

use std::fmt;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::StoredFile;
use crate::ids::{AnnotationId, FileId, ObjectId};
use crate::property::is_iri;
use crate::statement::Language;

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

    fn is_within(self, (width, height): (u32, u32)) -> bool {
        let fits =
            |from: u32, length: u32, side: u32| length > 0 && from.checked_add(length).is_some_and(|end| end <= side);
        fits(self.x, self.width, width) && fits(self.y, self.height, height)
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

    fn check(&self, sides: (u32, u32)) -> Result<(), BadAnnotation> {
        match self {
            Self::Xywh(xywh) => check_box(*xywh, sides),
            Self::Polygon(points) if !(3..=POINTS_MAX).contains(&points.len()) => {
                Err(BadAnnotation::Points(points.len()))
            }
            Self::Polygon(points) => {
                let outside = points.iter().find(|[x, y]| *x > sides.0 || *y > sides.1);
                outside.map_or(Ok(()), |[x, y]| Err(outside_of(format!("{x},{y}"), sides)))
            }
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

/// Why an annotation or a transcript is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnnotation {
    /// Not an image, or one whose sides are not known.
    #[error("file {0} is no image with known sides")]
    NoImage(FileId),
    /// A place that the image does not have.
    #[error("{given} does not lie in an image of {width} × {height} pixels")]
    Outside {
        /// The place.
        given: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Too few or too many points.
    #[error("a polygon has 3 to {POINTS_MAX} points, this has {0}")]
    Points(usize),
    /// Nothing said.
    #[error("{0} is empty")]
    Empty(String),
    /// Too much said.
    #[error("{what} has {bytes} bytes, at most {most} are kept")]
    TooLong {
        /// Of what.
        what: String,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// Too many.
    #[error("{found} {what} on one image, at most {most} are kept")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are kept.
        most: usize,
    },
    /// A character that no text has.
    #[error("{0} holds a control character")]
    Control(String),
    /// Not an IRI.
    #[error("{0:?} is not an absolute IRI")]
    Authority(String),
    /// A link to nowhere.
    #[error("an annotation that links needs the IRI that it points to, as its authority")]
    NoLink,
    /// Words that are not those of their line.
    #[error("the words of line {line} do not stand in its text in this order")]
    Words {
        /// Which line, from 1.
        line: usize,
    },
}

impl Annotated {
    /// Checks what the types cannot: that something is said, not too much, of a part that the image has.
    pub fn check(&self, image: &StoredFile) -> Result<(), BadAnnotation> {
        let sides = sides(image)?;
        check_text("the text of an annotation", &self.text, ANNOTATION_BYTES_MAX, |c| !matches!(c, '\n' | '\t'))?;
        match &self.authority {
            Some(iri) if !is_iri(iri) => return Err(BadAnnotation::Authority(iri.clone())),
            None if self.motivation == Motivation::Linking => return Err(BadAnnotation::NoLink),
            Some(_) | None => {}
        }
        self.region.as_ref().map_or(Ok(()), |region| region.check(sides))
    }
}

impl Transcribed {
    /// Checks what the types cannot: that every line and word says something, at a place that the image has.
    pub fn check(&self, image: &StoredFile) -> Result<(), BadAnnotation> {
        let sides = sides(image)?;
        let words: usize = self.lines.iter().map(|line| line.words.len()).sum();
        for (what, found, most) in [("lines", self.lines.len(), LINES_MAX), ("words", words, WORDS_MAX)] {
            if found > most {
                return Err(BadAnnotation::TooMany { what, found, most });
            }
        }
        let mut bytes = 0;
        for (number, line) in (1usize..).zip(&self.lines) {
            let what = format!("line {number}");
            check_text(&what, &line.text, LINE_BYTES_MAX, |_| true)?;
            line.xywh.map_or(Ok(()), |xywh| check_box(xywh, sides))?;
            bytes += line.text.len();
            for word in &line.words {
                let what = format!("a word of line {number}");
                for text in [Some(&word.text), word.whole.as_ref()].into_iter().flatten() {
                    check_text(&what, text, LINE_BYTES_MAX, |_| true)?;
                    bytes += text.len();
                }
                check_box(word.xywh, sides)?;
            }
            if line.places().is_none() {
                return Err(BadAnnotation::Words { line: number });
            }
        }
        if bytes > TRANSCRIPT_BYTES_MAX {
            return Err(BadAnnotation::TooLong {
                what: "the transcript".to_owned(),
                bytes,
                most: TRANSCRIPT_BYTES_MAX,
            });
        }
        Ok(())
    }
}

fn sides(image: &StoredFile) -> Result<(u32, u32), BadAnnotation> {
    match (image.width, image.height) {
        (Some(width), Some(height)) if image.is_image() => Ok((width, height)),
        (Some(_) | None, _) => Err(BadAnnotation::NoImage(image.file)),
    }
}

fn check_box(xywh: Xywh, sides: (u32, u32)) -> Result<(), BadAnnotation> {
    if xywh.is_within(sides) { Ok(()) } else { Err(outside_of(xywh.to_string(), sides)) }
}

fn outside_of(given: String, (width, height): (u32, u32)) -> BadAnnotation {
    BadAnnotation::Outside { given, width, height }
}

/// `banned` says which control characters are none of a text.
fn check_text(what: &str, text: &str, most: usize, banned: fn(char) -> bool) -> Result<(), BadAnnotation> {
    if text.trim().is_empty() {
        return Err(BadAnnotation::Empty(what.to_owned()));
    }
    if text.len() > most {
        return Err(BadAnnotation::TooLong { what: what.to_owned(), bytes: text.len(), most });
    }
    if text.chars().any(|c| c.is_control() && banned(c)) {
        return Err(BadAnnotation::Control(what.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::{Sha256, Sha512};
    use crate::file::FileRole;

    fn image(width: Option<u32>) -> StoredFile {
        StoredFile {
            bytes: 1,
            file: FileId::from_random([1; 10]),
            height: Some(100),
            media_type: "image/jpeg".to_owned(),
            name: "page".to_owned(),
            order: 0,
            path: "page".to_owned(),
            role: FileRole::Master,
            sha256: Sha256::of(b"page"),
            sha512: Sha512::of(b"page"),
            width,
        }
    }

    fn said(region: Option<Region>, text: &str) -> Annotated {
        Annotated {
            annotation: AnnotationId::from_random([2; 10]),
            authority: None,
            file: FileId::from_random([1; 10]),
            language: None,
            motivation: Motivation::Commenting,
            object: ObjectId::from_random([3; 10]),
            region,
            text: text.to_owned(),
        }
    }

    fn line(text: &str, words: &[&str]) -> Line {
        let word = |text: &&str| Word { text: (*text).to_owned(), whole: None, xywh: [0, 0, 1, 1].into() };
        Line { text: text.to_owned(), words: words.iter().map(word).collect(), xywh: None }
    }

    fn check_refused(said: &Annotated, why: &str) {
        assert_eq!(said.check(&image(Some(200))).map_err(|bad| bad.to_string()), Err(why.to_owned()));
    }

    fn check_lines(lines: Vec<Line>, why: &str) {
        let (file, object) = (FileId::from_random([1; 10]), ObjectId::from_random([3; 10]));
        let all = Transcribed { file, language: None, lines, object, reason: None, source: None };
        assert_eq!(all.check(&image(Some(200))).map_err(|bad| bad.to_string()), Err(why.to_owned()));
    }

    fn xywh(numbers: [u32; 4]) -> Option<Region> {
        Some(Region::Xywh(numbers.into()))
    }

    #[test]
    fn a_box_up_to_the_edge_is_in_the_image() {
        assert_eq!(said(xywh([0, 0, 200, 100]), "all").check(&image(Some(200))), Ok(()));
    }
    #[test]
    fn a_box_over_the_edge_is_refused() {
        check_refused(&said(xywh([1, 0, 200, 100]), "x"), "1,0,200,100 does not lie in an image of 200 × 100 pixels");
    }
    #[test]
    fn a_box_beyond_all_numbers_is_refused() {
        let most = u32::MAX;
        let why = "4294967295,0,4294967295,1 does not lie in an image of 200 × 100 pixels";
        check_refused(&said(xywh([most, 0, most, 1]), "x"), why);
    }
    #[test]
    fn a_box_without_pixels_is_refused() {
        check_refused(&said(xywh([1, 1, 0, 1]), "x"), "1,1,0,1 does not lie in an image of 200 × 100 pixels");
    }
    #[test]
    fn a_polygon_of_two_points_is_refused() {
        let two = Region::Polygon(vec![[0, 0], [1, 1]]);
        check_refused(&said(Some(two), "x"), "a polygon has 3 to 1000 points, this has 2");
    }
    #[test]
    fn white_space_says_nothing() {
        check_refused(&said(None, " \n"), "the text of an annotation is empty");
    }
    #[test]
    fn a_nul_is_no_text() {
        check_refused(&said(None, "a\0b"), "the text of an annotation holds a control character");
    }
    #[test]
    fn a_link_leads_somewhere() {
        let link = Annotated { motivation: Motivation::Linking, ..said(None, "see there") };
        check_refused(&link, "an annotation that links needs the IRI that it points to, as its authority");
    }
    #[test]
    fn an_image_without_known_sides_is_none() {
        assert!(matches!(said(None, "x").check(&image(None)), Err(BadAnnotation::NoImage(_))));
    }
    #[test]
    fn words_stand_in_their_line() {
        assert_eq!(line("so it is so", &["so", "so"]).places(), Some(vec![0..2, 9..11]));
        check_lines(
            vec![line("so it is", &["is", "it"])],
            "the words of line 1 do not stand in its text in this order",
        );
    }
    #[test]
    fn a_line_says_something() {
        check_lines(vec![line("a", &[]), line("", &[])], "line 2 is empty");
    }
    #[test]
    fn ten_thousand_lines_are_too_many() {
        check_lines(vec![line("a", &[]); 10_000], "10000 lines on one image, at most 5000 are kept");
    }
}
