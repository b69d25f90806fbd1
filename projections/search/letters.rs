//! Letters as the index compares them: without case, accents and compatibility forms.
//!
//! Marks are dropped only where a reader of the script would leave them out too: Latin, Greek and Cyrillic accents,
//! Arabic and Hebrew points. In the scripts of India and South-East Asia a mark is a vowel, and stays.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// What a character is to the reader of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Part of a word that spaces set apart.
    Letter,
    /// Part of a script that is written without spaces, or whose endings stick to the word: read in pairs.
    Unspaced,
    /// Sits on the character before.
    Mark,
    /// Anything else: it ends a word.
    Other,
}

/// Blocks of scripts that are read in pairs: Thai and Lao, Myanmar, Hangul jamo, Khmer, kana and everything Han up
/// to Yi, Hangul, compatibility ideographs, Tangut and Khitan, kana supplements with Nüshu, Han of the other planes.
const UNSPACED: &[(char, char)] = &[
    ('\u{e00}', '\u{eff}'),
    ('\u{1000}', '\u{109f}'),
    ('\u{1100}', '\u{11ff}'),
    ('\u{1780}', '\u{17ff}'),
    ('\u{2e80}', '\u{2fdf}'),
    ('\u{3005}', '\u{3007}'),
    ('\u{3021}', '\u{a4cf}'),
    ('\u{ac00}', '\u{d7ff}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{16fe0}', '\u{18cff}'),
    ('\u{1aff0}', '\u{1b2ff}'),
    ('\u{20000}', '\u{3ffff}'),
];

/// What that character is.
#[must_use]
pub fn kind(c: char) -> Kind {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Kind::Letter } else { Kind::Other };
    }
    // The Arabic lengthening stroke lengthens a letter, as a mark sits on one; alone it is no word.
    if is_combining_mark(c) || c == '\u{640}' {
        return Kind::Mark;
    }
    // The standard library may know fewer scripts than somebody writes: Nüshu counts whatever its tables say.
    if UNSPACED.iter().any(|(first, last)| (*first..=*last).contains(&c)) && !is_sign(c) {
        return Kind::Unspaced;
    }
    if c.is_alphanumeric() { Kind::Letter } else { Kind::Other }
}

/// Punctuation inside the blocks of [`UNSPACED`].
fn is_sign(c: char) -> bool {
    matches!(c, '\u{e2f}' | '\u{e3f}' | '\u{e4f}' | '\u{e5a}' | '\u{e5b}' | '\u{104a}'..='\u{104f}' | '\u{17d4}'..='\u{17db}')
        || matches!(c, '\u{3030}' | '\u{303d}' | '\u{30fb}' | '\u{30a0}' | '\u{3200}'..='\u{33ff}')
}

/// Characters in compatibility form and lower case, with their accents: what a stemmer wants to see.
pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.nfkc().flat_map(char::to_lowercase).nfc().collect() }
}

/// Adds a text that [`lower`] made to `into`, without its accents.
pub fn unaccented(text: &str, into: &mut String) {
    for c in text.chars() {
        if c.is_ascii() {
            into.push(c);
        } else if let Some(plain) = spelled_out(c) {
            into.push_str(plain);
        } else if loses_marks(c) {
            decompose_canonical(c, |part| {
                if !is_combining_mark(part) {
                    into.push(part);
                }
            });
        } else if !is_point(c) {
            into.push(c);
        }
    }
}

/// Letters that do not decompose, and that a keyboard elsewhere does not have.
const fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        'ς' => "σ",
        _ => return None,
    })
}

/// Latin, Greek, Cyrillic and the Arabic letters that carry a hamza.
const fn loses_marks(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{622}'..='\u{626}' | '\u{1e00}'..='\u{1fff}')
}

/// Marks that a reader leaves out: combining accents, Hebrew and Arabic points, the Arabic lengthening stroke.
const fn is_point(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}')
        || matches!(c, '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, folded: &str) {
        let mut out = String::new();
        unaccented(&lower(text), &mut out);
        assert_eq!(out, folded);
    }

    #[test]
    fn czech_loses_its_hooks() {
        check("Čapek", "capek");
    }
    #[test]
    fn a_combining_accent_is_as_good_as_a_composed_one() {
        check("Cafe\u{301}", "cafe");
    }
    #[test]
    fn german_sharp_s_is_two() {
        check("GROẞE Straße", "grosse strasse");
    }
    #[test]
    fn japanese_keeps_its_voiced_marks() {
        check("がハｶﾞ", "がハガ");
    }
    #[test]
    fn hindi_keeps_its_vowels() {
        check("हिन्दी", "हिन्दी");
    }
    #[test]
    fn arabic_loses_its_points() {
        check("مُحَمَّد", "محمد");
    }
    #[test]
    fn vietnamese_loses_both_marks() {
        check("Việt", "viet");
    }
    #[test]
    fn nushu_is_read_in_pairs() {
        assert_eq!(kind('\u{1b170}'), Kind::Unspaced);
    }
}
