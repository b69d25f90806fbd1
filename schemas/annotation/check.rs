//! Whether what is said of an image can stand: that something is said, not too much, at a place that the image has.

use super::{
    ANNOTATION_BYTES_MAX, Annotated, LINE_BYTES_MAX, LINES_MAX, Motivation, POINTS_MAX, Region, TRANSCRIPT_BYTES_MAX,
    Transcribed, WORDS_MAX, Xywh,
};
use crate::file::StoredFile;
use crate::ids::FileId;
use crate::property::is_iri;

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

impl Xywh {
    fn is_within(self, (width, height): (u32, u32)) -> bool {
        let fits =
            |from: u32, length: u32, side: u32| length > 0 && from.checked_add(length).is_some_and(|end| end <= side);
        fits(self.x, self.width, width) && fits(self.y, self.height, height)
    }
}

impl Region {
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
    use super::super::{Line, Word};
    use super::*;
    use crate::checksum::{Sha256, Sha512};
    use crate::file::FileRole;
    use crate::ids::{AnnotationId, ObjectId};

    fn image(width: Option<u32>) -> StoredFile {
        StoredFile {
            duration_ms: None,
            bytes: 1,
            file: FileId::from_random([1; 10]),
            height: Some(100),
            media_type: "image/jpeg".to_owned(),
            name: "page".to_owned(),
            order: 0,
            pages: vec![],
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

    fn said_of(region: Region, text: &str) -> Annotated {
        said(Some(region), text)
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

    fn xywh(numbers: [u32; 4]) -> Region {
        Region::Xywh(numbers.into())
    }

    #[test]
    fn a_box_up_to_the_edge_is_in_the_image() {
        assert_eq!(said_of(xywh([0, 0, 200, 100]), "all").check(&image(Some(200))), Ok(()));
    }
    #[test]
    fn a_box_over_the_edge_is_refused() {
        check_refused(
            &said_of(xywh([1, 0, 200, 100]), "x"),
            "1,0,200,100 does not lie in an image of 200 × 100 pixels",
        );
    }
    #[test]
    fn a_box_beyond_all_numbers_is_refused() {
        let most = u32::MAX;
        let why = "4294967295,0,4294967295,1 does not lie in an image of 200 × 100 pixels";
        check_refused(&said_of(xywh([most, 0, most, 1]), "x"), why);
    }
    #[test]
    fn a_box_without_pixels_is_refused() {
        check_refused(&said_of(xywh([1, 1, 0, 1]), "x"), "1,1,0,1 does not lie in an image of 200 × 100 pixels");
    }
    #[test]
    fn a_polygon_of_two_points_is_refused() {
        let two = Region::Polygon(vec![[0, 0], [1, 1]]);
        check_refused(&said_of(two, "x"), "a polygon has 3 to 1000 points, this has 2");
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
