//! Words as the index keeps them. Index and query read text by this one analysis, so that they agree; no text
//! configuration of PostgreSQL is involved.
//!
//! A word gives itself without accents, and its Snowball stem where that differs, marked by `~`. Text of scripts
//! without spaces gives its characters and its pairs of characters. What is in a title is kept once more, marked by
//! `^`, so that titles come first without a rank being computed. Words hold letters and digits only: no mark of ours
//! and no syntax of a query can be forged by a text.

use std::collections::HashMap;
use std::rc::Rc;

use rust_stemmers::{Algorithm, Stemmer};

use super::letters::{Kind, kind, lower, unaccented};

/// The language of text that does not say its own.
pub const DEFAULT_LANGUAGE: &str = "en";
/// Characters of a word; what is longer is cut there. The longest word of a dictionary has fewer.
pub const WORD_CHARS_MAX: usize = 64;
/// Characters of a word that a stemmer is shown: longer ones are no words of a language.
const STEMMED_CHARS_MAX: usize = 32;

/// A script that stemmers exist for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Arabic,
    Tamil,
    Other,
}

/// Every language with a stemmer: its code, the script that it is written in, and the algorithm.
const STEMMERS: &[(&str, Script, Algorithm)] = &[
    ("en", Script::Latin, Algorithm::English),
    ("fr", Script::Latin, Algorithm::French),
    ("de", Script::Latin, Algorithm::German),
    ("es", Script::Latin, Algorithm::Spanish),
    ("it", Script::Latin, Algorithm::Italian),
    ("nl", Script::Latin, Algorithm::Dutch),
    ("pt", Script::Latin, Algorithm::Portuguese),
    ("da", Script::Latin, Algorithm::Danish),
    ("fi", Script::Latin, Algorithm::Finnish),
    ("hu", Script::Latin, Algorithm::Hungarian),
    ("no", Script::Latin, Algorithm::Norwegian),
    ("ro", Script::Latin, Algorithm::Romanian),
    ("sv", Script::Latin, Algorithm::Swedish),
    ("tr", Script::Latin, Algorithm::Turkish),
    ("el", Script::Greek, Algorithm::Greek),
    ("ru", Script::Cyrillic, Algorithm::Russian),
    ("ar", Script::Arabic, Algorithm::Arabic),
    ("ta", Script::Tamil, Algorithm::Tamil),
];

/// A word or a run of text without spaces, as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A word in lower case, with its accents.
    Word(String),
    /// Characters, each with its marks, of a script without spaces.
    Run(Vec<String>),
}

/// Reads the pieces of a text in their order, at most `max`.
#[must_use]
pub fn pieces(text: &str, max: usize) -> Vec<Piece> {
    let text = lower(text);
    let mut reader = Reader { pieces: Vec::new(), max, word: String::new(), run: Vec::new(), apostrophe: false };
    let mut last = Kind::Other;
    for c in text.chars() {
        match kind(c) {
            Kind::Letter => {
                reader.end_run();
                reader.word.push(c);
                last = Kind::Letter;
            }
            Kind::Unspaced => {
                reader.end_word();
                reader.run.push(c.to_string());
                last = Kind::Unspaced;
            }
            // A mark belongs to what it sits on; one that sits on nothing is nothing.
            Kind::Mark if last == Kind::Letter => reader.word.push(c),
            Kind::Mark if last == Kind::Unspaced => reader.run.last_mut().into_iter().for_each(|unit| unit.push(c)),
            Kind::Mark => {}
            Kind::Other => {
                reader.end_word();
                reader.end_run();
                reader.apostrophe = last == Kind::Letter && matches!(c, '\'' | '\u{2019}');
                last = Kind::Other;
            }
        }
        if reader.pieces.len() >= max {
            return reader.pieces;
        }
    }
    reader.end_word();
    reader.end_run();
    reader.pieces
}

struct Reader {
    pieces: Vec<Piece>,
    max: usize,
    word: String,
    run: Vec<String>,
    apostrophe: bool,
}

impl Reader {
    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let mut word = std::mem::take(&mut self.word);
        if let Some((end, _)) = word.char_indices().nth(WORD_CHARS_MAX) {
            word.truncate(end);
        }
        // The English possessive is in every second title and finds nothing.
        let possessive = std::mem::take(&mut self.apostrophe) && word == "s";
        if !possessive && self.pieces.len() < self.max {
            self.pieces.push(Piece::Word(word));
        }
    }

    fn end_run(&mut self) {
        if !self.run.is_empty() && self.pieces.len() < self.max {
            self.pieces.push(Piece::Run(std::mem::take(&mut self.run)));
        }
        self.run.clear();
    }
}

/// Identifiers in a text whole, as people copy them: what stands between spaces, has a digit, and a sign inside.
#[must_use]
pub fn identifiers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for chunk in lower(text).split_whitespace() {
        let chunk = chunk.trim_matches(|c: char| !c.is_alphanumeric());
        let sign = |c: char| !c.is_alphanumeric();
        if chunk.contains(sign) && chunk.contains(|c: char| c.is_ascii_digit()) {
            found.push(chunk.chars().filter(|c| *c > ' ').take(WORD_CHARS_MAX).collect());
        }
    }
    found
}

/// What a word is in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    /// Itself, without accents.
    pub plain: Rc<str>,
    /// Its stems, where they differ from it.
    pub stems: Vec<Rc<str>>,
}

/// The stemmers, and what they said: a word comes back thousands of times in one collection.
pub struct Lexicon {
    /// The language of texts that do not say theirs.
    untagged: String,
    stemmers: Vec<Stemmer>,
    known: Vec<HashMap<String, Rc<Forms>>>,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self::with_untagged(DEFAULT_LANGUAGE)
    }
}

impl Lexicon {
    /// A lexicon that takes texts which do not say their language for that one (a tag; its primary subtag counts).
    #[must_use]
    pub fn with_untagged(language: &str) -> Self {
        let stemmers = STEMMERS.iter().map(|(_, _, algorithm)| Stemmer::create(*algorithm)).collect();
        let untagged = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
        Self { untagged, stemmers, known: STEMMERS.iter().map(|_| HashMap::new()).collect() }
    }

    /// What a word is in the index, in a text of that language (a primary subtag).
    ///
    /// A language without a stemmer, or a word of another script, takes the first stemmer of the word's script
    /// that is not English: Russian words are stemmed in a text that says nothing of its language.
    pub fn forms(&mut self, word: &str, language: Option<&str>) -> Rc<Forms> {
        let place = stemmer_of(word, language, &self.untagged);
        let Some(place) = place else {
            let mut plain = String::new();
            unaccented(word, &mut plain);
            return Rc::new(Forms { plain: plain.into(), stems: Vec::new() });
        };
        if let Some(known) = self.known[place].get(word) {
            return Rc::clone(known);
        }
        let forms = Rc::new(self.read(word, &[place]));
        self.known[place].insert(word.to_owned(), Rc::clone(&forms));
        forms
    }

    /// What a word of a query may be in the index: its stems in every language of its script.
    #[must_use]
    pub fn every_form(&self, word: &str) -> Forms {
        let script = script(word);
        let places: Vec<usize> = (0..STEMMERS.len()).filter(|place| STEMMERS[*place].1 == script).collect();
        self.read(word, &places)
    }

    fn read(&self, word: &str, places: &[usize]) -> Forms {
        let mut plain = String::new();
        unaccented(word, &mut plain);
        let mut stems: Vec<Rc<str>> = Vec::new();
        if word.chars().count() > STEMMED_CHARS_MAX || !word.chars().all(char::is_alphabetic) {
            return Forms { plain: plain.into(), stems };
        }
        for place in places {
            // With accents and without: who types without them finds what was written with them.
            for written in [word, plain.as_str()] {
                let mut stem = String::new();
                unaccented(&self.stemmers[*place].stem(written), &mut stem);
                if !stem.is_empty() && stem != plain && !stems.iter().any(|known| **known == *stem) {
                    stems.push(stem.into());
                }
                if word == plain {
                    break;
                }
            }
        }
        Forms { plain: plain.into(), stems }
    }
}

fn stemmer_of(word: &str, language: Option<&str>, untagged: &str) -> Option<usize> {
    let script = script(word);
    let of_language = |code: &str| STEMMERS.iter().position(|(known, written, _)| *known == code && *written == script);
    match language {
        Some("nb" | "nn") => of_language("no"),
        Some(code) if script == Script::Latin => of_language(code),
        None if script == Script::Latin => of_language(untagged),
        // Elsewhere a script has one stemmer. Ukrainian and its neighbours have none, and are not Russian.
        Some(code) => of_language(code),
        None => STEMMERS.iter().position(|(_, written, _)| *written == script),
    }
}

fn script(word: &str) -> Script {
    match word.chars().next() {
        Some('a'..='z' | '\u{80}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') => Script::Latin,
        Some('\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}') => Script::Greek,
        Some('\u{400}'..='\u{52f}') => Script::Cyrillic,
        Some('\u{600}'..='\u{6ff}') => Script::Arabic,
        Some('\u{b80}'..='\u{bff}') => Script::Tamil,
        Some(_) | None => Script::Other,
    }
}

/// A text as titles are compared: its words without accents, with single spaces.
#[must_use]
pub fn folded(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        if !text.is_empty() {
            text.push(' ');
        }
        match piece {
            Piece::Word(word) => unaccented(word, &mut text),
            Piece::Run(units) => units.iter().for_each(|unit| text.push_str(unit)),
        }
    }
    text
}

/// Bytes of a title that order it among others: more would fill the index and decide nothing.
const SORT_BYTES_MAX: usize = 48;

/// The bytes by which titles are ordered: without case and accents, numbers by their value, and what has no letter
/// at the end. Bytes, so that the order is the same whatever the locale of the database.
#[must_use]
pub fn sort_key(title: &str) -> Vec<u8> {
    let folded = folded(&pieces(title, SORT_BYTES_MAX));
    if folded.is_empty() {
        return vec![0xff];
    }
    let mut key = Vec::with_capacity(SORT_BYTES_MAX);
    let mut rest = folded.as_str();
    while let Some(c) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            key.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
            rest = &rest[c.len_utf8()..];
        } else {
            // A number is preceded by how many digits it has, so that 9 comes before 10.
            let value = rest[..digits].trim_start_matches('0');
            key.push(b'0' + u8::try_from(value.len().min(9)).unwrap_or(9));
            key.extend_from_slice(value.as_bytes());
            rest = &rest[digits..];
        }
        if key.len() >= SORT_BYTES_MAX {
            key.truncate(SORT_BYTES_MAX);
            break;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        folded(&pieces(text, 100))
    }

    fn check_order(before: &str, after: &str) {
        assert!(sort_key(before) < sort_key(after), "{before:?} should come before {after:?}");
    }

    #[test]
    fn a_possessive_is_not_a_word() {
        assert_eq!(words("Dante's \u{2018}Inferno\u{2019}"), "dante inferno");
    }
    #[test]
    fn korean_is_read_by_characters() {
        let run = Piece::Run(vec!["도".to_owned(), "자".to_owned()]);
        assert_eq!(pieces("도자 vase", 9), [run, Piece::Word("vase".to_owned())]);
    }
    #[test]
    fn a_thai_vowel_stays_on_its_consonant() {
        assert_eq!(pieces("กี่", 9), [Piece::Run(vec!["กี่".to_owned()])]);
    }
    #[test]
    fn a_lengthening_stroke_is_no_word() {
        assert_eq!(pieces("ـ، مـحمد", 9), [Piece::Word("مـحمد".to_owned())]);
        assert_eq!(words("مـحمد"), "محمد");
    }
    #[test]
    fn german_plurals_share_a_stem() {
        let mut lexicon = Lexicon::default();
        assert_eq!(lexicon.forms("häuser", Some("de")).stems[0], "haus".into());
        assert_eq!(*lexicon.forms("haus", Some("de")).plain, *"haus");
    }
    #[test]
    fn russian_is_stemmed_without_being_told() {
        assert!(!Lexicon::default().forms("картины", None).stems.is_empty());
    }
    #[test]
    fn ukrainian_is_not_taken_for_russian() {
        assert!(Lexicon::default().forms("картини", Some("uk")).stems.is_empty());
    }
    #[test]
    fn an_accession_number_is_kept_whole() {
        assert_eq!(identifiers("(2001.35.27223), Pittsburgh"), ["2001.35.27223"]);
    }
    #[test]
    fn numbers_are_ordered_by_value() {
        check_order("Plate 9", "Plate 10");
    }
    #[test]
    fn accents_do_not_decide_the_order() {
        check_order("Čapek", "Dvořák");
    }
    #[test]
    fn signs_come_last() {
        check_order("\u{1b170}", "???");
    }

    proptest! {
        #[test]
        fn no_text_stops_a_stemmer(text in "\\PC{0,80}") {
            let lexicon = Lexicon::default();
            for piece in pieces(&text, 100) {
                if let Piece::Word(word) = piece {
                    let forms = lexicon.every_form(&word);
                    prop_assert!(forms.plain.chars().count() <= 4 * WORD_CHARS_MAX);
                }
            }
            prop_assert!(sort_key(&text).len() <= SORT_BYTES_MAX);
        }
        #[test]
        fn no_letters_stop_a_stemmer(text in "[a-zäöüßéèêñçşğı\u{391}-\u{3c9}\u{410}-\u{451}\u{621}-\u{64a}\u{b85}-\u{bcd}]{1,40}") {
            let lexicon = Lexicon::default();
            for piece in pieces(&text, 100) {
                if let Piece::Word(word) = piece {
                    prop_assert!(!lexicon.every_form(&word).plain.is_empty());
                }
            }
        }
    }
}
