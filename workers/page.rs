//! PAGE XML: the text of a page as transcription tools keep it (Transkribus, eScriptorium, OCR-D, Aletheia; 2010 to 2019).
//!
//! As with ALTO, what is read is bounded by the bytes handed in, by depth, and by counts; entities are not expanded, and places
//! are turned into pixels of the image. Source: `PRImA`, `pagecontent.xsd` 2019-07-15 (`Page`, `ReadingOrder`, `TextRegion`,
//! `TextLine`, `Word`, `TextEquiv`, `Coords`).

mod order;

use fonds_schemas::annotation::{LINES_MAX, WORDS_MAX};
use fonds_schemas::{Language, Line, Word, Xywh};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use self::order::Order;
use crate::alto::{self, Alto, BadAlto, attribute, number, pixel};

/// Elements inside elements: regions in regions, and a dozen more.
const DEPTH_MAX: usize = 64;
/// Points of one outline that are read; a baseline drawn by hand has some hundreds.
const POINTS_MAX: usize = 10_000;
/// Languages as the older schemas name them, those of most transcriptions.
const LANGUAGES: &[(&str, &str)] = &[
    ("arabic", "ar"),
    ("czech", "cs"),
    ("danish", "da"),
    ("dutch", "nl"),
    ("english", "en"),
    ("finnish", "fi"),
    ("french", "fr"),
    ("german", "de"),
    ("greek", "el"),
    ("hebrew", "he"),
    ("hungarian", "hu"),
    ("italian", "it"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("latin", "la"),
    ("norwegian", "no"),
    ("polish", "pl"),
    ("portuguese", "pt"),
    ("russian", "ru"),
    ("spanish", "es"),
    ("swedish", "sv"),
    ("turkish", "tr"),
    ("yiddish", "yi"),
];

/// Why bytes are no PAGE XML that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPage {
    /// Other XML.
    #[error("its first element is {0}, neither alto nor PcGts")]
    NotPage(String),
    /// Its page has no size, or one that is none.
    #[error("its page has no imageWidth and imageHeight above 0 to scale by")]
    NoPageSize,
    /// An outline that is none.
    #[error("{0:?} is no list of points such as 10,20 30,40")]
    Points(String),
    /// What any file with the text of a page may have wrong.
    #[error(transparent)]
    Text(#[from] BadAlto),
}

/// What may have a text or an outline of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Region,
    Line,
    Word,
    /// A glyph, a table cell, whatever else: its text is that of what it stands in.
    Other,
}

/// What is known of a part that is open.
struct Open {
    part: Part,
    /// The text, and the number of the reading that it is.
    text: Option<(u32, String)>,
    xywh: Option<Xywh>,
    words: Vec<Word>,
    /// Whether a line was found in the region.
    has_lines: bool,
}

/// Reads a page of PAGE XML that describes an image of that many pixels across and down.
pub fn read(bytes: &[u8], image: (u32, u32)) -> Result<Alto, BadPage> {
    let text = std::str::from_utf8(bytes).map_err(|error| BadAlto::Encoding(error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut page = Page { image, ..Page::default() };
    let mut depth = 0usize;
    loop {
        let event = reader.read_event().map_err(|error| alto::wrong(&reader, &error))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(BadAlto::Deep.into());
                }
                if depth == 1 && start.local_name().as_ref() != "PcGts" {
                    return Err(BadPage::NotPage(start.local_name().as_ref().chars().take(64).collect()));
                }
                page.begin(&start)?;
            }
            Event::Empty(start) => {
                page.begin(&start)?;
                page.end(start.local_name().as_ref())?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                page.end(end.local_name().as_ref())?;
            }
            Event::Text(text) => page.written(&text),
            Event::CData(text) => page.written(&text),
            Event::GeneralRef(reference) => {
                page.written(&unescape(&format!("&{};", &*reference)).unwrap_or_default());
            }
            Event::DocType(_) => return Err(BadAlto::DocType.into()),
            Event::Eof if depth > 0 => return Err(alto::wrong(&reader, &"it ends before its elements do").into()),
            Event::Eof if page.pages == 0 => return Err(BadPage::NotPage("missing".to_owned())),
            Event::Eof => return Ok(page.done()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// Reads a page that is written as ALTO or as PAGE XML: the first element tells.
pub fn of_either(bytes: &[u8], image: (u32, u32)) -> Result<Alto, BadPage> {
    match alto::read(bytes, image) {
        Err(BadAlto::NotAlto(_)) => read(bytes, image),
        read => Ok(read?),
    }
}

#[derive(Default)]
struct Page {
    image: (u32, u32),
    pages: usize,
    /// Pixels of the image to one of the page, across and down.
    scale: (f64, f64),
    language: Option<Language>,
    order: Order,
    open: Vec<Open>,
    /// The lines, each with its region's place among all regions.
    lines: Vec<(usize, Line)>,
    words: usize,
    /// The number of the reading that is open, and its text while it is being written.
    reading: Option<u32>,
    unicode: Option<String>,
    /// The corners of an outline of points that are elements (2010).
    corners: Vec<(f64, f64)>,
}

impl Page {
    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), BadPage> {
        let name = start.local_name();
        match name.as_ref() {
            "Page" => self.page(start)?,
            "OrderedGroup" | "OrderedGroupIndexed" | "UnorderedGroup" | "UnorderedGroupIndexed" => {
                self.order.group(index(start));
            }
            "RegionRef" | "RegionRefIndexed" => {
                self.order.refers(attribute(start, "regionRef").unwrap_or_default(), index(start));
            }
            "TextRegion" => {
                self.learn_language(start);
                self.order.region(attribute(start, "id").unwrap_or_default());
                self.opens(Part::Region);
            }
            "TextLine" => {
                self.learn_language(start);
                self.opens(Part::Line);
            }
            "Word" => self.opens(Part::Word),
            "Glyph" => self.opens(Part::Other),
            "Coords" => {
                self.corners.clear();
                if let Some(points) = attribute(start, "points") {
                    self.corners = corners(&points)?;
                }
            }
            "Point" if self.corners.len() < POINTS_MAX => {
                let (x, y) = (number(start, "x")?, number(start, "y")?);
                self.corners.extend(x.zip(y));
            }
            "TextEquiv" => self.reading = Some(index(start).unwrap_or(0)),
            "Unicode" => self.unicode = Some(String::new()),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), BadPage> {
        match name {
            "OrderedGroup" | "OrderedGroupIndexed" | "UnorderedGroup" | "UnorderedGroupIndexed" => self.order.ends(),
            "Coords" => {
                let found = self.place();
                if let Some(open) = self.open.last_mut() {
                    open.xywh = found;
                }
            }
            "Unicode" => {
                let (Some(text), Some(reading)) = (self.unicode.take(), self.reading) else { return Ok(()) };
                let Some(open) = self.open.last_mut() else { return Ok(()) };
                let text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
                // Of several readings the one with the lowest number counts.
                if open.text.as_ref().is_none_or(|(known, _)| reading < *known) {
                    open.text = Some((reading, text.trim().to_owned()));
                }
            }
            "TextEquiv" => self.reading = None,
            "Glyph" => drop(self.open.pop_if(|open| open.part == Part::Other)),
            "Word" => self.word()?,
            "TextLine" => self.line()?,
            "TextRegion" => self.region()?,
            _ => {}
        }
        Ok(())
    }

    fn written(&mut self, text: &str) {
        if let Some(unicode) = &mut self.unicode {
            unicode.push_str(text);
        }
    }

    fn opens(&mut self, part: Part) {
        self.open.push(Open { part, text: None, xywh: None, words: Vec::new(), has_lines: false });
    }

    fn page(&mut self, start: &BytesStart<'_>) -> Result<(), BadPage> {
        self.pages += 1;
        if self.pages > 1 {
            return Err(BadAlto::Pages.into());
        }
        self.learn_language(start);
        let size = number(start, "imageWidth")?.zip(number(start, "imageHeight")?);
        let (width, height) = size.filter(|size| size.0 > 0.0 && size.1 > 0.0).ok_or(BadPage::NoPageSize)?;
        self.scale = (f64::from(self.image.0) / width, f64::from(self.image.1) / height);
        Ok(())
    }

    fn learn_language(&mut self, start: &BytesStart<'_>) {
        if self.language.is_none() {
            self.language = attribute(start, "primaryLanguage").and_then(|name| language(&name));
        }
    }

    /// The box around the outline that was read last, in pixels of the image.
    fn place(&mut self) -> Option<Xywh> {
        let corners = std::mem::take(&mut self.corners);
        let (mut left, mut top, mut right, mut bottom) = (f64::MAX, f64::MAX, f64::MIN, f64::MIN);
        for (x, y) in corners {
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
        }
        let (across, down) = self.scale;
        let (x, right) = (pixel(left * across, self.image.0), pixel(right * across, self.image.0));
        let (y, bottom) = (pixel(top * down, self.image.1), pixel(bottom * down, self.image.1));
        let found = Xywh { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) };
        Some(found).filter(|found| found.width > 0 && found.height > 0)
    }

    fn word(&mut self) -> Result<(), BadPage> {
        let Some(open) = self.open.pop_if(|open| open.part == Part::Word) else { return Ok(()) };
        let Some((_, text)) = open.text.filter(|(_, text)| !text.is_empty()) else { return Ok(()) };
        self.words += 1;
        if self.words > WORDS_MAX {
            return Err(BadAlto::TooMany { what: "words", most: WORDS_MAX }.into());
        }
        if let (Some(line), Some(xywh)) = (self.open.last_mut(), open.xywh) {
            line.words.push(Word { text, whole: None, xywh });
        }
        Ok(())
    }

    fn line(&mut self) -> Result<(), BadPage> {
        let Some(open) = self.open.pop_if(|open| open.part == Part::Line) else { return Ok(()) };
        if let Some(region) = self.open.last_mut() {
            region.has_lines = true;
        }
        let words = || open.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let text = open.text.map(|(_, text)| text.replace('\n', " ")).filter(|text| !text.is_empty());
        let text = text.unwrap_or_else(words);
        let mut line = Line { text, words: open.words, xywh: open.xywh };
        // A line that was corrected has words that are not: their places are of other texts.
        if line.places().is_none() {
            line.words = Vec::new();
        }
        self.keep(line)
    }

    /// A region ends. Some tools write its text without lines.
    fn region(&mut self) -> Result<(), BadPage> {
        let Some(open) = self.open.pop_if(|open| open.part == Part::Region) else { return Ok(()) };
        if let (false, Some((_, text))) = (open.has_lines, open.text) {
            let is_one = !text.contains('\n');
            for piece in text.lines().map(str::trim) {
                let xywh = open.xywh.filter(|_| is_one);
                self.keep(Line { text: piece.to_owned(), words: Vec::new(), xywh })?;
            }
        }
        self.order.region_ends();
        Ok(())
    }

    fn keep(&mut self, line: Line) -> Result<(), BadPage> {
        if line.text.is_empty() {
            return Ok(());
        }
        if self.lines.len() >= LINES_MAX {
            return Err(BadAlto::TooMany { what: "lines", most: LINES_MAX }.into());
        }
        self.lines.push((self.order.now(), line));
        Ok(())
    }

    fn done(mut self) -> Alto {
        let places = self.order.places();
        let place = |region: usize| places.get(region).copied().unwrap_or(usize::MAX);
        self.lines.sort_by_key(|(region, _)| place(*region));
        Alto { language: self.language, lines: self.lines.into_iter().map(|(_, line)| line).collect() }
    }
}

fn index(start: &BytesStart<'_>) -> Option<u32> {
    attribute(start, "index")?.trim().parse().ok()
}

fn corners(points: &str) -> Result<Vec<(f64, f64)>, BadPage> {
    let wrong = || BadPage::Points(points.chars().take(64).collect());
    let point = |point: &str| {
        let (x, y) = point.split_once(',')?;
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| alto::is_measure(*number));
        number(x).zip(number(y))
    };
    points.split_whitespace().take(POINTS_MAX).map(|one| point(one).ok_or_else(wrong)).collect()
}

/// The language of a name or of a code of two or three letters.
fn language(name: &str) -> Option<Language> {
    let name = name.trim();
    let known = LANGUAGES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, code)| *code);
    let is_code = (2..=3).contains(&name.split('-').next().unwrap_or_default().len());
    known.or(if is_code { Some(name) } else { None }).and_then(alto::language)
}

#[cfg(test)]
mod tests;
