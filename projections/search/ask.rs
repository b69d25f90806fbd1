//! What somebody typed, as a query of PostgreSQL: made from words that hold letters and digits only, and quoted even
//! so. Nothing that was typed reaches the syntax of a query.

use super::Query;
use super::entry::{IMAGE_LEXEME, term_id, term_lexeme, title_lexeme};
use super::words::{Lexicon, Piece, folded, identifiers, pieces};

/// Characters that are read of what was typed: more than any title, and bounded work for whatever is pasted.
const TYPED_CHARS_MAX: usize = 1_000;
/// Words that a hit must have; what was typed after them is not asked for.
const WORDS_MAX: usize = 16;
/// Characters from which the last word finds longer ones too: with fewer, half the index begins so.
const PREFIX_CHARS_MIN: usize = 3;
/// Facet values asked for.
const FACETS_MAX: usize = 32;

/// A query in parts, each the text of a `tsquery`, to be joined by `&`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// What the words ask for.
    pub words: Vec<String>,
    /// The same, in titles.
    pub title: Vec<String>,
    /// The whole title.
    pub exact: Option<String>,
    /// What facets ask for: the facet, and its alternatives.
    pub facets: Vec<(String, String)>,
    /// With an image.
    pub image: bool,
    /// Something was asked for that no object can have.
    pub impossible: bool,
}

/// Reads what was asked.
#[must_use]
pub fn read(query: &Query) -> Asked {
    let mut asked = Asked { image: query.with_image, ..Asked::default() };
    let typed: String = query.words.chars().take(TYPED_CHARS_MAX).collect();
    read_words(&typed, &mut asked);
    for (facet, value) in query.facets.iter().take(FACETS_MAX) {
        let Some(id) = term_id(facet, value) else {
            asked.impossible = true;
            continue;
        };
        let lexeme = quoted(&term_lexeme(id));
        match asked.facets.iter_mut().find(|(known, _)| known == facet) {
            Some((_, alternatives)) => *alternatives = format!("{alternatives} | {lexeme}"),
            None => asked.facets.push((facet.clone(), lexeme)),
        }
    }
    asked
}

fn read_words(typed: &str, asked: &mut Asked) {
    let lexicon = Lexicon::default();
    let chunks: Vec<&str> = typed.split_whitespace().collect();
    let mut read = Vec::new();
    for (place, chunk) in chunks.iter().enumerate() {
        let found = pieces(chunk, WORDS_MAX - read.len());
        let last = place + 1 == chunks.len() && chunk.ends_with(|c: char| c.is_alphanumeric());
        let mut parts = Vec::new();
        for (at, piece) in found.iter().enumerate() {
            let open = last && at + 1 == found.len();
            parts.push(any_form(piece, open, &lexicon));
            asked.title.push(any_title_form(piece, open, &lexicon));
        }
        // An identifier is found whole, or by its parts where it stands inside something longer.
        match identifiers(chunk).first() {
            Some(whole) if !parts.is_empty() => {
                asked.words.push(format!("{} | ({})", quoted(whole), joined(&parts)));
            }
            Some(_) | None => asked.words.append(&mut parts),
        }
        read.extend(found);
        if read.len() >= WORDS_MAX {
            break;
        }
    }
    if read.is_empty() {
        // Signs without a letter find nothing, rather than everything.
        asked.impossible = !chunks.is_empty();
    } else {
        asked.exact = Some(quoted(&title_lexeme(&folded(&read))));
    }
}

/// A lexeme in the syntax of `tsquery`.
pub(crate) fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''"))
}

/// Parts that must all be there.
#[must_use]
pub fn joined(parts: &[String]) -> String {
    parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" & ")
}

fn any_form(piece: &Piece, open: bool, lexicon: &Lexicon) -> String {
    match piece {
        Piece::Word(word) => {
            let forms = lexicon.every_form(word);
            let mut alternatives = vec![open_or_closed(&forms.plain, open)];
            for stem in &forms.stems {
                alternatives.push(quoted(&format!("~{stem}")));
                // The index keeps no stem where the word is its own.
                alternatives.push(quoted(stem));
            }
            alternatives.push(quoted(&format!("~{}", forms.plain)));
            alternatives.join(" | ")
        }
        Piece::Run(units) => run(units, ""),
    }
}

fn any_title_form(piece: &Piece, open: bool, lexicon: &Lexicon) -> String {
    match piece {
        Piece::Word(word) => {
            let forms = lexicon.every_form(word);
            let mut alternatives = vec![open_or_closed(&format!("^{}", forms.plain), open)];
            alternatives.extend(forms.stems.iter().map(|stem| quoted(&format!("^{stem}"))));
            alternatives.join(" | ")
        }
        Piece::Run(units) => run(units, "^"),
    }
}

fn open_or_closed(lexeme: &str, open: bool) -> String {
    let long = lexeme.trim_start_matches('^').chars().count() >= PREFIX_CHARS_MIN;
    if open && long { format!("{}:*", quoted(lexeme)) } else { quoted(lexeme) }
}

/// All pairs of a run; a single character by itself.
fn run(units: &[String], mark: &str) -> String {
    if let [unit] = units {
        return if mark.is_empty() { quoted(unit) } else { format!("{}:*", quoted(&format!("{mark}{unit}"))) };
    }
    let pairs = units.windows(2).take(WORDS_MAX).map(|pair| quoted(&format!("{mark}{}", pair.concat())));
    pairs.collect::<Vec<_>>().join(" & ")
}

impl Asked {
    /// What a hit must have, as the text of a `tsquery`; `but` leaves the selection of one facet out.
    ///
    /// `None` where every object is a hit.
    #[must_use]
    pub fn condition(&self, but: Option<&str>) -> Option<String> {
        let mut parts = self.words.clone();
        let facets = self.facets.iter().filter(|(facet, _)| Some(facet.as_str()) != but);
        parts.extend(facets.map(|(_, alternatives)| alternatives.clone()));
        if self.image {
            parts.push(quoted(IMAGE_LEXEME));
        }
        if parts.is_empty() { None } else { Some(joined(&parts)) }
    }

    /// The hits in the order of their relevance: those with this very title, those with the words in their title,
    /// and the others. One tier where no words were asked for.
    #[must_use]
    pub fn tiers(&self) -> Vec<Option<String>> {
        let condition = self.condition(None);
        let (Some(all), Some(exact)) = (&condition, &self.exact) else { return vec![condition] };
        let title = joined(&self.title);
        vec![
            Some(format!("{all} & {exact}")),
            Some(format!("{all} & {title} & !{exact}")),
            Some(format!("{all} & !({title}) & !{exact}")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(words: &str) -> Asked {
        read(&Query { words: words.to_owned(), ..Query::default() })
    }

    #[test]
    fn syntax_of_queries_is_only_signs() {
        assert_eq!(ask("' | !a & :* \\").words, ask("a").words);
    }
    #[test]
    fn the_last_word_finds_longer_ones() {
        assert!(ask("moon ja").words[0].starts_with("'moon' |"));
        assert!(ask("moon jar").words[1].starts_with("'jar':*"));
    }
    #[test]
    fn a_finished_last_word_does_not() {
        assert!(!ask("\"moon jar\"").words[1].contains(":*"));
    }
    #[test]
    fn a_run_asks_for_its_pairs() {
        assert_eq!(ask("달항아리").words, ["'달항' & '항아' & '아리'"]);
    }
    #[test]
    fn ten_thousand_characters_are_sixteen_words() {
        assert_eq!(ask(&"moon jar ".repeat(1_111)).words.len(), WORDS_MAX);
    }
    #[test]
    fn signs_alone_ask_for_the_impossible() {
        assert!(ask("???").impossible);
    }
    #[test]
    fn an_unknown_facet_asks_for_the_impossible() {
        assert!(read(&Query { facets: vec![("nmae".into(), "x".into())], ..Query::default() }).impossible);
    }
}
