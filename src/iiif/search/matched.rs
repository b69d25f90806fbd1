//! Where in a hit the question is answered: the words, what stands around them, and their place on the image.

use fonds_projections::annotations::{Hit, Sought, Source};
use fonds_schemas::{Line, Xywh};

/// Characters before and after a match that are told with it.
const AROUND_CHARS: usize = 60;

/// Words that answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// What stands before them.
    pub prefix: String,
    /// The words.
    pub exact: String,
    /// What stands after them.
    pub suffix: String,
    /// The number of the first of them in its line, from 1, and the place of all; where it is known.
    pub place: Option<(u32, Xywh)>,
}

/// The matches in a hit, in the order of its text; none where everything was asked for.
#[must_use]
pub fn matches(hit: &Hit, sought: &Sought) -> Vec<Match> {
    let (text, places, line) = match &hit.source {
        Source::Annotation(said) => (said.body.text.as_str(), sought.places_in(&said.body.text), None),
        Source::Line(_, line) => (line.text.as_str(), sought.places_in_line(line), Some(line)),
    };
    let found = places.into_iter().map(|range| Match {
        prefix: last_chars(&text[..range.start]),
        exact: text[range.clone()].to_owned(),
        suffix: text[range.end..].chars().take(AROUND_CHARS).collect(),
        place: line.and_then(|line| place(line, &range)),
    });
    found.collect()
}

fn place(line: &Line, range: &std::ops::Range<usize>) -> Option<(u32, Xywh)> {
    let places = line.places()?;
    let words = (1u32..).zip(line.words.iter().zip(places));
    let touched = words.filter(|(_, (_, place))| place.start < range.end && range.start < place.end);
    let touched: Vec<(u32, Xywh)> = touched.map(|(number, (word, _))| (number, word.xywh)).collect();
    let (first, _) = touched.first()?;
    Some((*first, Xywh::around(touched.iter().map(|(_, xywh)| *xywh))?))
}

fn last_chars(text: &str) -> String {
    let start = text.char_indices().rev().nth(AROUND_CHARS - 1).map_or(0, |(at, _)| at);
    text[start..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fonds_schemas::{AgentId, FileId, ObjectId, Word};

    fn hit(text: &str, words: &[(&str, [u32; 4])]) -> Hit {
        let word =
            |(text, xywh): &(&str, [u32; 4])| Word { text: (*text).to_owned(), whole: None, xywh: (*xywh).into() };
        let line = Line { text: text.to_owned(), words: words.iter().map(word).collect(), xywh: None };
        let (object, file) = (ObjectId::from_random([1; 10]), FileId::from_random([2; 10]));
        Hit { object, file, agent: AgentId::from_random([4; 10]), language: None, source: Source::Line(1, line) }
    }

    #[test]
    fn a_phrase_has_the_place_of_all_its_words() {
        let hit = hit("There are two birds here", &[("two", [10, 0, 5, 9]), ("birds", [20, 1, 10, 9])]);
        let found = matches(&hit, &Sought::read("\"two birds\"").unwrap());
        let place = Some((1, Xywh::from([10, 0, 20, 10])));
        let (prefix, suffix) = ("There are ".to_owned(), " here".to_owned());
        assert_eq!(found, [Match { prefix, exact: "two birds".to_owned(), suffix, place }]);
    }
    #[test]
    fn a_word_without_a_box_has_no_place() {
        let hit = hit("There are two birds here", &[("two", [10, 0, 5, 9])]);
        assert_eq!(matches(&hit, &Sought::read("bird").unwrap())[0].place, None);
    }
    #[test]
    fn a_long_context_is_cut_between_characters() {
        let hit = hit(&format!("{} moon {}", "é".repeat(100), "달".repeat(100)), &[]);
        let found = matches(&hit, &Sought::read("moon").unwrap());
        assert_eq!((found[0].prefix.chars().count(), found[0].suffix.chars().count()), (60, 60));
    }
}
