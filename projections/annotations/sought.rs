//! What somebody looks for in the texts of an object: as a question to the database, and as places in a text.

use std::ops::Range;

use fonds_schemas::Line;

use super::text::{Token, Unit, line_tokens, paired, tokens};
use crate::search::ask::{joined, quoted};
use crate::search::letters::unaccented;
use crate::search::words::{Forms, Lexicon};

/// Bytes of a question: longer than any phrase.
pub const QUESTION_BYTES_MAX: usize = 1_000;
/// Words and phrases of a question.
pub const PARTS_MAX: usize = 16;

/// Why nothing can be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuestion {
    /// Too much.
    #[error("a question of {0} bytes, at most {QUESTION_BYTES_MAX} are read")]
    TooLong(usize),
    /// Too many words.
    #[error("at most {PARTS_MAX} words or phrases are looked for at once")]
    TooMany,
}

/// A question: words and phrases that must all be in a line or an annotation.
///
/// A word is found in any of its forms, a phrase in quotes as it is written, accents and case aside.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    parts: Vec<Part>,
    /// Something was asked that is no word: that finds nothing, rather than everything.
    impossible: bool,
}

/// What follows one another without anything in between.
#[derive(Debug, Clone)]
struct Part(Vec<Wanted>);

/// [`Forms`] that may be sent to another thread.
#[derive(Debug, Clone)]
struct Known {
    plain: String,
    stems: Vec<String>,
}

impl From<&Forms> for Known {
    fn from(forms: &Forms) -> Self {
        Self { plain: forms.plain.to_string(), stems: forms.stems.iter().map(ToString::to_string).collect() }
    }
}

#[derive(Debug, Clone)]
enum Wanted {
    Word { forms: Known, any_form: bool },
    Character { unit: String, pair: Option<String>, is_last_of_many: bool },
}

impl Sought {
    /// Reads a question. One without anything in it asks for everything.
    pub fn read(question: &str) -> Result<Self, BadQuestion> {
        if question.len() > QUESTION_BYTES_MAX {
            return Err(BadQuestion::TooLong(question.len()));
        }
        let lexicon = Lexicon::default();
        let mut parts = Vec::new();
        let pieces: Vec<&str> = question.split(['"', '“', '”']).collect();
        for (place, text) in pieces.iter().enumerate() {
            // A quote that is never closed is a slip of the finger.
            let is_phrase = place % 2 == 1 && place + 1 < pieces.len();
            let found = tokens(text);
            if is_phrase {
                parts.push(Part::of(&found, false, &lexicon));
            } else {
                parts.extend(found.chunk_by(|a, b| a.stretch == b.stretch).map(|run| Part::of(run, true, &lexicon)));
            }
        }
        parts.retain(|part: &Part| !part.0.is_empty());
        if parts.len() > PARTS_MAX {
            return Err(BadQuestion::TooMany);
        }
        let impossible = parts.is_empty() && !question.trim().is_empty();
        Ok(Self { parts, impossible })
    }

    /// Whether everything is asked for.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.parts.is_empty() && !self.impossible
    }

    /// Whether nothing can be an answer.
    #[must_use]
    pub fn is_impossible(&self) -> bool {
        self.impossible
    }

    /// The question as the text of a `tsquery`.
    pub(super) fn condition(&self) -> String {
        joined(&self.parts.iter().map(Part::condition).collect::<Vec<_>>())
    }

    /// Where the text answers: its bytes, in their order, none over another.
    #[must_use]
    pub fn places_in(&self, text: &str) -> Vec<Range<usize>> {
        self.places(&tokens(text))
    }

    /// Where the line answers: the bytes of its text.
    #[must_use]
    pub fn places_in_line(&self, line: &Line) -> Vec<Range<usize>> {
        self.places(&line_tokens(line))
    }

    /// What a word of a text may be found as. Its stems are looked for only where they could be those of a word that is
    /// wanted: suffixes make most forms, and an Arabic word alone may lose its beginning.
    fn forms(&self, word: &str, lexicon: &Lexicon) -> Known {
        let mut plain = String::new();
        unaccented(word, &mut plain);
        let first = plain.chars().next();
        let is_arabic = first.is_some_and(|c| ('\u{600}'..='\u{6ff}').contains(&c));
        let mut wanted = self.parts.iter().flat_map(|Part(wanted)| wanted);
        let may_be = wanted.any(|wanted| match wanted {
            Wanted::Word { forms, any_form: true } => is_arabic || forms.plain.chars().next() == first,
            Wanted::Word { any_form: false, .. } | Wanted::Character { .. } => false,
        });
        if may_be { Known::from(&lexicon.every_form(word)) } else { Known { plain, stems: Vec::new() } }
    }

    fn places(&self, tokens: &[Token]) -> Vec<Range<usize>> {
        let lexicon = Lexicon::default();
        let forms = |word: Option<&String>| word.map(|word| self.forms(word, &lexicon));
        let known: Vec<[Option<Known>; 2]> = tokens
            .iter()
            .map(|token| match &token.unit {
                Unit::Word(word) => [forms(Some(word)), forms(token.whole.as_ref())],
                Unit::Character(_) => [None, None],
            })
            .collect();
        let mut found: Vec<Range<usize>> = Vec::new();
        for Part(wanted) in &self.parts {
            for start in 0..=tokens.len().saturating_sub(wanted.len()) {
                let end = start + wanted.len();
                let Some(window) = tokens.get(start..end) else { break };
                let fits = wanted.iter().zip(window).zip(&known[start..end]);
                if fits.into_iter().all(|((wanted, token), forms)| wanted.fits(token, forms)) {
                    found.push(window[0].range.start..window[window.len() - 1].range.end);
                }
            }
        }
        found.sort_by_key(|range| (range.start, range.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for range in found {
            match apart.last_mut().filter(|last| range.start < last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => apart.push(range),
            }
        }
        apart
    }
}

impl Part {
    fn of(tokens: &[Token], any_form: bool, lexicon: &Lexicon) -> Self {
        let wanted = tokens.iter().enumerate().map(|(place, token)| match &token.unit {
            Unit::Word(word) => Wanted::Word { forms: Known::from(&lexicon.every_form(word)), any_form },
            Unit::Character(unit) => {
                let pair = paired(token, tokens.get(place + 1));
                let follows = place > 0 && paired(&tokens[place - 1], Some(token)).is_some();
                Wanted::Character { unit: unit.clone(), is_last_of_many: follows && pair.is_none(), pair }
            }
        });
        Self(wanted.collect())
    }

    fn condition(&self) -> String {
        let mut text = String::new();
        let mut last = 0;
        for (place, wanted) in self.0.iter().enumerate() {
            let Some(one) = wanted.condition() else { continue };
            let distance = if text.is_empty() { String::new() } else { format!(" <{}> ", place - last) };
            text = format!("{text}{distance}({one})");
            last = place;
        }
        text
    }
}

impl Wanted {
    /// `None` where the pair before says it already.
    fn condition(&self) -> Option<String> {
        match self {
            Self::Word { forms, any_form: false } => Some(quoted(&forms.plain)),
            Self::Word { forms, any_form: true } => {
                let mut alternatives = vec![quoted(&forms.plain), quoted(&format!("~{}", forms.plain))];
                for stem in &forms.stems {
                    alternatives.push(quoted(&format!("~{stem}")));
                    // The index keeps no stem where the word is its own.
                    alternatives.push(quoted(stem));
                }
                Some(alternatives.join(" | "))
            }
            Self::Character { is_last_of_many: true, .. } => None,
            Self::Character { unit, pair, .. } => Some(quoted(pair.as_ref().unwrap_or(unit))),
        }
    }

    fn fits(&self, token: &Token, known: &[Option<Known>; 2]) -> bool {
        match (self, &token.unit) {
            (Self::Character { unit, .. }, Unit::Character(found)) => unit == found,
            (Self::Word { forms, any_form }, Unit::Word(_)) => {
                known.iter().flatten().any(|found| same(forms, found, *any_form))
            }
            (Self::Character { .. } | Self::Word { .. }, _) => false,
        }
    }
}

fn same(wanted: &Known, found: &Known, any_form: bool) -> bool {
    let by_stem = || {
        wanted.stems.iter().any(|stem| *stem == found.plain || found.stems.contains(stem))
            || found.stems.contains(&wanted.plain)
    };
    wanted.plain == found.plain || (any_form && by_stem())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(question: &str, text: &str, found: &[&str]) {
        let sought = Sought::read(question).unwrap();
        let places = sought.places_in(text);
        assert_eq!(places.into_iter().map(|place| &text[place]).collect::<Vec<_>>(), found);
    }

    #[test]
    fn a_word_is_found_in_any_form() {
        check("bird", "There are two Birds in the bush", &["Birds"]);
    }
    #[test]
    fn an_arabic_word_is_found_with_its_article() {
        check("كتاب", "في الكتاب", &["الكتاب"]);
    }
    #[test]
    fn words_are_found_wherever_they_stand() {
        check("bush birds", "There are two birds in the bush", &["birds", "bush"]);
    }
    #[test]
    fn a_phrase_is_found_as_it_is_written() {
        check("\"two birds\"", "two bird or two birds", &["two birds"]);
    }
    #[test]
    fn accents_do_not_matter() {
        check("capek", "K. Čapek, čapek", &["Čapek", "čapek"]);
    }
    #[test]
    fn korean_is_found_inside_a_longer_word() {
        check("항아리", "달항아리 항아", &["항아리"]);
    }
    #[test]
    fn an_open_quote_is_a_slip() {
        check("\"two birds", "birds, two", &["birds", "two"]);
    }
    #[test]
    fn signs_ask_for_the_impossible_and_nothing_for_everything() {
        assert!(Sought::read("?!").unwrap().is_impossible());
        assert!(Sought::read(" ").unwrap().is_everything());
    }
    #[test]
    fn a_phrase_is_one_condition() {
        assert_eq!(
            Sought::read("\"moon 달항아 jar\"").unwrap().condition(),
            "(('moon') <1> ('달항') <1> ('항아') <2> ('jar'))"
        );
    }
    #[test]
    fn syntax_of_questions_is_only_signs() {
        let plain = Sought::read("a b").unwrap().condition();
        assert_eq!(Sought::read("' a & !b | :*").unwrap().condition(), plain);
    }
    #[test]
    fn seventeen_words_are_too_many() {
        assert_eq!(Sought::read(&"a ".repeat(17)).unwrap_err(), BadQuestion::TooMany);
        assert_eq!(Sought::read(&"a".repeat(1_001)).unwrap_err(), BadQuestion::TooLong(1_001));
    }
}
