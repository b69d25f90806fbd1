//! ALTO: the text of a page with the place of every word, as libraries keep it (versions 2 to 4).
//!
//! What is read is bounded by the bytes handed in, by depth, and by counts; entities are not expanded. Places are turned
//! into pixels of the image. Source: Library of Congress, ALTO 2.1, 3.1 and 4.4 (`MeasurementUnit`, `Page`, `TextLine`,
//! `String`, `SP`, `HYP`).

use fonds_schemas::annotation::{LINES_MAX, WORDS_MAX};
use fonds_schemas::{Language, Line, Word, Xywh};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// Elements inside elements: ALTO has twelve.
const DEPTH_MAX: usize = 64;
/// The largest number that a place may have, in any unit: a page of ten kilometres.
const NUMBER_MAX: f64 = 1e7;
/// Codes of three letters (ISO 639-2) that ALTO files carry, and what BCP 47 has for them.
const LANGUAGES: &[(&str, &str)] = &[
    ("ara", "ar"),
    ("ces", "cs"),
    ("cze", "cs"),
    ("dan", "da"),
    ("deu", "de"),
    ("dut", "nl"),
    ("ell", "el"),
    ("eng", "en"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("ger", "de"),
    ("gre", "el"),
    ("heb", "he"),
    ("hun", "hu"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("lat", "la"),
    ("nld", "nl"),
    ("nor", "no"),
    ("pol", "pl"),
    ("por", "pt"),
    ("rus", "ru"),
    ("spa", "es"),
    ("swe", "sv"),
    ("tur", "tr"),
    ("zho", "zh"),
    ("chi", "zh"),
];

/// The text of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alto {
    /// The language that the page or its first block names.
    pub language: Option<Language>,
    /// Its lines, in their order.
    pub lines: Vec<Line>,
}

/// Why bytes are no ALTO that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAlto {
    /// Another encoding.
    #[error("it is not UTF-8 from byte {0} on")]
    Encoding(usize),
    /// Not XML.
    #[error("it is no well-formed XML at byte {at}: {why}")]
    Xml {
        /// Where.
        at: u64,
        /// Why.
        why: String,
    },
    /// Entities of its own.
    #[error("it has a document type declaration, which is not read")]
    DocType,
    /// Nested without need.
    #[error("its elements are nested more than {DEPTH_MAX} deep")]
    Deep,
    /// Other XML.
    #[error("its first element is {0}, not alto")]
    NotAlto(String),
    /// A unit that there is not.
    #[error("its unit of measurement is {0:?}: pixel, mm10 and inch1200 are known")]
    Unit(String),
    /// Nothing to scale by.
    #[error("it measures in {0} and its page has no WIDTH and HEIGHT to scale by")]
    NoPageSize(&'static str),
    /// Several pages.
    #[error("it has more than one page, and the image is one")]
    Pages,
    /// Too many lines or words.
    #[error("it has more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are read.
        most: usize,
    },
    /// Not a number.
    #[error("{name}={value:?} is no measure")]
    Number {
        /// Of what.
        name: &'static str,
        /// What stands there.
        value: String,
    },
}

/// Reads a page of ALTO that describes an image of that many pixels across and down.
pub fn read(bytes: &[u8], image: (u32, u32)) -> Result<Alto, BadAlto> {
    let text = std::str::from_utf8(bytes).map_err(|error| BadAlto::Encoding(error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut page = Page { image, ..Page::default() };
    let mut depth = 0usize;
    loop {
        let event = reader.read_event().map_err(|error| wrong(&reader, &error))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(BadAlto::Deep);
                }
                if depth == 1 && start.local_name().as_ref() != "alto" {
                    return Err(BadAlto::NotAlto(start.local_name().as_ref().chars().take(64).collect()));
                }
                page.open(&start)?;
            }
            Event::Empty(start) => {
                page.open(&start)?;
                page.close(start.local_name().as_ref());
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                page.close(end.local_name().as_ref());
            }
            Event::Text(text) if page.in_unit => page.unit(text.trim())?,
            Event::DocType(_) => return Err(BadAlto::DocType),
            Event::Eof if depth > 0 => return Err(wrong(&reader, &"it ends before its elements do")),
            Event::Eof if !page.is_alto => return Err(BadAlto::NotAlto("missing".to_owned())),
            Event::Eof => return Ok(page.done()),
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// The language of a code of two or three letters or a tag; `None` where it is none of them.
#[must_use]
pub fn language(code: &str) -> Option<Language> {
    let known = LANGUAGES.iter().find(|(three, _)| *three == code.to_ascii_lowercase());
    Language::parse(known.map_or(code, |(_, two)| two)).ok()
}

pub(crate) fn wrong(reader: &Reader<&[u8]>, why: &dyn std::fmt::Display) -> BadAlto {
    BadAlto::Xml { at: reader.buffer_position(), why: why.to_string() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Unit {
    #[default]
    Pixel,
    Mm10,
    Inch1200,
}

/// A word whose second half is still to come: its place, and its letters without the hyphen.
struct Cut {
    line: usize,
    word: usize,
    letters: String,
}

#[derive(Default)]
struct Page {
    image: (u32, u32),
    is_alto: bool,
    in_unit: bool,
    unit: Unit,
    pages: usize,
    /// Pixels of the image to one unit, across and down.
    scale: Option<(f64, f64)>,
    language: Option<Language>,
    lines: Vec<Line>,
    words: usize,
    line: Option<Line>,
    /// The letters of the last word of the open line, and its place among the words that have one.
    last: Option<(String, Option<usize>)>,
    cut: Option<Cut>,
}

impl Page {
    fn unit(&mut self, name: &str) -> Result<(), BadAlto> {
        self.unit = match name {
            "" | "pixel" => Unit::Pixel,
            "mm10" => Unit::Mm10,
            "inch1200" => Unit::Inch1200,
            other => return Err(BadAlto::Unit(other.chars().take(64).collect())),
        };
        Ok(())
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), BadAlto> {
        match start.local_name().as_ref() {
            "alto" => self.is_alto = true,
            "MeasurementUnit" => self.in_unit = true,
            "Page" => self.page(start)?,
            "TextBlock" => self.learn_language(start),
            "TextLine" => {
                self.learn_language(start);
                if self.lines.len() >= LINES_MAX {
                    return Err(BadAlto::TooMany { what: "lines", most: LINES_MAX });
                }
                self.line = Some(Line { text: String::new(), words: Vec::new(), xywh: self.place(start)? });
                self.last = None;
            }
            "String" => self.string(start)?,
            "SP" => self.line.iter_mut().for_each(|line| line.text.push(' ')),
            "HYP" => self.hyphen(&attribute(start, "CONTENT").unwrap_or_default()),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        match name {
            "MeasurementUnit" => self.in_unit = false,
            "TextLine" => {
                let Some(mut line) = self.line.take() else { return };
                line.text.truncate(line.text.trim_end().len());
                if !line.text.is_empty() {
                    self.lines.push(line);
                }
            }
            _ => {}
        }
    }

    fn page(&mut self, start: &BytesStart<'_>) -> Result<(), BadAlto> {
        self.pages += 1;
        if self.pages > 1 {
            return Err(BadAlto::Pages);
        }
        self.learn_language(start);
        let size = (number(start, "WIDTH")?, number(start, "HEIGHT")?);
        self.scale = match (size, self.unit) {
            ((Some(width), Some(height)), _) if width > 0.0 && height > 0.0 => {
                Some((f64::from(self.image.0) / width, f64::from(self.image.1) / height))
            }
            (_, Unit::Pixel) => Some((1.0, 1.0)),
            (_, Unit::Mm10) => return Err(BadAlto::NoPageSize("mm10")),
            (_, Unit::Inch1200) => return Err(BadAlto::NoPageSize("inch1200")),
        };
        Ok(())
    }

    fn learn_language(&mut self, start: &BytesStart<'_>) {
        if self.language.is_none() {
            let code = attribute(start, "LANG").or_else(|| attribute(start, "language"));
            self.language = code.and_then(|code| language(&code));
        }
    }

    fn string(&mut self, start: &BytesStart<'_>) -> Result<(), BadAlto> {
        let xywh = self.place(start)?;
        let content = attribute(start, "CONTENT").unwrap_or_default();
        let content: String = content.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let (lines, Some(line)) = (&mut self.lines, self.line.as_mut()) else { return Ok(()) };
        if content.is_empty() {
            return Ok(());
        }
        self.words += 1;
        if self.words > WORDS_MAX {
            return Err(BadAlto::TooMany { what: "words", most: WORDS_MAX });
        }
        if let Some(cut) = self.cut.take().filter(|_| line.text.is_empty())
            && let Some(word) = lines.get_mut(cut.line).and_then(|line| line.words.get_mut(cut.word))
        {
            word.whole.get_or_insert(format!("{}{content}", cut.letters));
        }
        line.text.push_str(&content);
        let begins = attribute(start, "SUBS_TYPE").is_some_and(|part| part == "HypPart1");
        let whole = attribute(start, "SUBS_CONTENT").filter(|whole| begins && !whole.trim().is_empty());
        // Some programs write a line as one string: its place is no place of a word.
        let is_word = !content.contains(char::is_whitespace);
        if !is_word {
            line.xywh = line.xywh.or(xywh);
        }
        let place = xywh.filter(|_| is_word).map(|xywh| {
            line.words.push(Word { text: content.clone(), whole, xywh });
            line.words.len() - 1
        });
        self.last = Some((content, place));
        Ok(())
    }

    fn hyphen(&mut self, content: &str) {
        // A soft hyphen is shown as one where the line breaks.
        let mark = if content.is_empty() || content == "\u{ad}" { "-" } else { content };
        let (Some(line), Some((letters, place))) = (self.line.as_mut(), self.last.take()) else { return };
        if mark.chars().any(char::is_control) || !line.text.ends_with(&letters) {
            return;
        }
        line.text.push_str(mark);
        let Some(place) = place else { return };
        if let Some(word) = line.words.get_mut(place) {
            word.text.push_str(mark);
            self.cut = Some(Cut { line: self.lines.len(), word: place, letters });
        }
    }

    /// The place of an element in pixels of the image, cut to it; `None` where it has none, or none that is left.
    fn place(&self, start: &BytesStart<'_>) -> Result<Option<Xywh>, BadAlto> {
        let names = ["HPOS", "VPOS", "WIDTH", "HEIGHT"];
        let mut numbers = [0.0; 4];
        for (name, slot) in names.into_iter().zip(&mut numbers) {
            let Some(found) = number(start, name)? else { return Ok(None) };
            *slot = found;
        }
        let [x, y, width, height] = numbers;
        let (across, down) = self.scale.unwrap_or((1.0, 1.0));
        let (left, right) = (pixel(x * across, self.image.0), pixel((x + width) * across, self.image.0));
        let (top, bottom) = (pixel(y * down, self.image.1), pixel((y + height) * down, self.image.1));
        let found = Xywh { x: left, y: top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) };
        Ok(Some(found).filter(|found| found.width > 0 && found.height > 0))
    }

    fn done(self) -> Alto {
        Alto { language: self.language, lines: self.lines }
    }
}

/// The nearest pixel of a side.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 and the side before")]
pub(crate) fn pixel(place: f64, side: u32) -> u32 {
    place.round().clamp(0.0, f64::from(side)) as u32
}

/// Whether the number may be a place.
pub(crate) fn is_measure(number: f64) -> bool {
    number.is_finite() && number.abs() <= NUMBER_MAX
}

/// An attribute with its references resolved; `None` where it is missing or cannot be.
pub(crate) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = start.attributes();
    // Looking for doubles takes a time that grows with the square of their number.
    let found = all.with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}

pub(crate) fn number(start: &BytesStart<'_>, name: &'static str) -> Result<Option<f64>, BadAlto> {
    let Some(value) = attribute(start, name).filter(|value| !value.trim().is_empty()) else { return Ok(None) };
    let number = value.trim().parse::<f64>().ok().filter(|number| is_measure(*number));
    let wrong = || BadAlto::Number { name, value: value.chars().take(64).collect() };
    number.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
