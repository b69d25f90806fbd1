//! The words of a text with the places where they stand, for the index, for questions, and for what a hit shows.
//!
//! Index, question and hit are read by [`tokens`], so that they agree. Words are folded as the search for objects folds
//! them ([`crate::search::words`]); here they have positions, so that phrases can be asked for.

use std::collections::BTreeMap;
use std::ops::Range;

use fonds_schemas::Line;

use crate::search::letters::{Kind, kind};
use crate::search::words::{Lexicon, Piece, pieces};

/// Positions that PostgreSQL keeps in a `tsvector`.
const POSITION_MAX: u16 = 16_383;
/// Positions that PostgreSQL keeps of one lexeme.
const POSITIONS_MAX: usize = 255;
/// Pieces read of one stretch of letters.
const PIECES_MAX: usize = 10_000;

/// What stands at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unit {
    /// A word in lower case, with its accents.
    Word(String),
    /// A character, with its marks, of a script without spaces.
    Character(String),
}

/// A word, or a character of a script without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it is.
    pub unit: Unit,
    /// The whole word that begins here and ends in the next line, in lower case.
    pub whole: Option<String>,
    /// Which stretch of letters it belongs to: characters of one stretch are read in pairs.
    pub stretch: usize,
}

/// Letters in a row, or characters in a row of a script without spaces, each with its marks.
struct Stretch {
    kind: Kind,
    range: Range<usize>,
    /// Where each character begins, marks aside.
    starts: Vec<usize>,
}

fn stretches(text: &str) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let last = all.last_mut().filter(|last| last.range.end == at);
        match (kind(c), last) {
            (Kind::Other, _) | (Kind::Mark, None) => {}
            (Kind::Mark, Some(last)) => last.range.end = end,
            (found, Some(last)) if last.kind == found => {
                last.range.end = end;
                last.starts.push(at);
            }
            (found, _) => all.push(Stretch { kind: found, range: at..end, starts: vec![at] }),
        }
    }
    // The English possessive is in every second line and finds nothing.
    let possessive = |s: &Stretch| {
        let before = text[..s.range.start].strip_suffix(['\'', '\u{2019}']);
        let after_letter = before.and_then(|before| before.chars().last()).is_some_and(char::is_alphabetic);
        after_letter && matches!(&text[s.range.clone()], "s" | "S")
    };
    all.retain(|stretch| !possessive(stretch));
    all
}

/// Reads the words of a text in their order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for (number, stretch) in stretches(text).into_iter().enumerate() {
        for piece in pieces(&text[stretch.range.clone()], PIECES_MAX) {
            let token = |range, unit| Token { range, unit, whole: None, stretch: number };
            match piece {
                Piece::Word(word) => found.push(token(stretch.range.clone(), Unit::Word(word))),
                Piece::Run(units) => {
                    // Where folding joined or split characters, each of them stands for the whole stretch.
                    let told_apart = units.len() == stretch.starts.len();
                    for (place, unit) in units.into_iter().enumerate() {
                        let end = stretch.starts.get(place + 1).copied().unwrap_or(stretch.range.end);
                        let range = if told_apart { stretch.starts[place]..end } else { stretch.range.clone() };
                        found.push(token(range, Unit::Character(unit)));
                    }
                }
            }
        }
    }
    found
}

/// Reads the words of a line, with the whole words that begin in it.
pub(super) fn line_tokens(line: &Line) -> Vec<Token> {
    let mut found = tokens(&line.text);
    for (word, place) in line.words.iter().zip(line.places().unwrap_or_default()) {
        let whole = word.whole.as_ref().and_then(|whole| match pieces(whole, 1).pop() {
            Some(Piece::Word(whole)) => Some(whole),
            Some(Piece::Run(_)) | None => None,
        });
        let within = |token: &&mut Token| token.range.start >= place.start && token.range.end <= place.end;
        if let (Some(whole), Some(token)) = (whole, found.iter_mut().rfind(within)) {
            token.whole = Some(whole);
        }
    }
    found
}

/// A `tsvector` with positions, in the binary form that PostgreSQL receives (`tsvectorrecv`).
pub(super) fn vector(tokens: &[Token], language: Option<&str>, lexicon: &mut Lexicon) -> Vec<u8> {
    let mut lexemes: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let mut add = |lexeme: String, position: u16| {
        let positions = lexemes.entry(lexeme).or_default();
        if positions.len() < POSITIONS_MAX && positions.last() != Some(&position) {
            positions.push(position);
        }
    };
    for (place, token) in tokens.iter().enumerate() {
        let Some(position) = u16::try_from(place + 1).ok().filter(|position| *position <= POSITION_MAX) else { break };
        match &token.unit {
            Unit::Word(word) => {
                for word in [Some(word), token.whole.as_ref()].into_iter().flatten() {
                    let forms = lexicon.forms(word, language);
                    add(forms.plain.to_string(), position);
                    forms.stems.iter().for_each(|stem| add(format!("~{stem}"), position));
                }
            }
            Unit::Character(unit) => {
                add(unit.clone(), position);
                if let Some(pair) = paired(token, tokens.get(place + 1)) {
                    add(pair, position);
                }
            }
        }
    }
    let mut bytes = u32::try_from(lexemes.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    for (lexeme, positions) in &lexemes {
        bytes.extend_from_slice(lexeme.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&u16::try_from(positions.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(positions.iter().flat_map(|position| position.to_be_bytes()));
    }
    bytes
}

/// A character and the one after it in the same stretch.
pub(super) fn paired(token: &Token, next: Option<&Token>) -> Option<String> {
    let next = next.filter(|next| next.stretch == token.stretch)?;
    match (&token.unit, &next.unit) {
        (Unit::Character(one), Unit::Character(other)) => Some(format!("{one}{other}")),
        (Unit::Word(_) | Unit::Character(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, words: &[&str]) {
        let found: Vec<&str> = tokens(text).iter().map(|token| &text[token.range.clone()]).collect::<Vec<_>>();
        assert_eq!(found, words);
    }

    #[test]
    fn words_stand_where_they_are_written() {
        check("Dante's  “Inferno”, 1472.", &["Dante", "Inferno", "1472"]);
    }
    #[test]
    fn korean_is_read_by_characters() {
        check("달항아리 jar", &["달", "항", "아", "리", "jar"]);
    }
    #[test]
    fn letters_that_are_written_in_parts_are_one_word() {
        let decomposed = "e\u{301}te\u{301} 한";
        assert_eq!(tokens(decomposed)[0].unit, Unit::Word("été".to_owned()));
        let apart = "\u{1112}\u{1161}\u{11ab}";
        assert_eq!(tokens(apart)[0], Token { range: 0..9, ..tokens(apart)[0].clone() });
    }
    #[test]
    fn a_word_that_is_cut_is_found_whole() {
        let xywh = [0, 0, 1, 1].into();
        let word = fonds_schemas::Word { text: "Archi-".to_owned(), whole: Some("Archives".to_owned()), xywh };
        let line = Line { text: "the Archi-".to_owned(), words: vec![word], xywh: None };
        assert_eq!(line_tokens(&line)[1].whole.as_deref(), Some("archives"));
    }

    proptest! {
        #[test]
        fn every_place_is_in_the_text(text in "\\PC{0,60}") {
            for token in tokens(&text) {
                prop_assert!(text.get(token.range).is_some_and(|word| !word.is_empty()));
            }
        }
    }
}
