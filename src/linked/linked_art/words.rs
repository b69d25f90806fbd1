//! The small parts of Linked Art: names, kinds, statements, languages, times.

use serde_json::Value;

use super::list;
use crate::formats::said::{Said, ends};
use crate::linked::face::{Named, Node};

/// Languages in the Art and Architecture Thesaurus, by the first part of their tag (ISO 639).
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("ar", "300387843", "Arabic"),
    ("bg", "300388034", "Bulgarian"),
    ("bn", "300387971", "Bengali"),
    ("ca", "300388072", "Catalan"),
    ("cs", "300388191", "Czech"),
    ("cy", "300389555", "Welsh"),
    ("da", "300388204", "Danish"),
    ("de", "300388344", "German"),
    ("el", "300388361", "Greek"),
    ("en", "300388277", "English"),
    ("es", "300389311", "Spanish"),
    ("fa", "300388296", "Persian"),
    ("fi", "300388299", "Finnish"),
    ("fr", "300388306", "French"),
    ("ga", "300388467", "Irish"),
    ("grc", "300387827", "Ancient Greek"),
    ("he", "300388401", "Hebrew"),
    ("hi", "300388412", "Hindi"),
    ("hr", "300388185", "Croatian"),
    ("hu", "300388770", "Hungarian"),
    ("id", "300388460", "Indonesian"),
    ("is", "300388449", "Icelandic"),
    ("it", "300388474", "Italian"),
    ("ja", "300388486", "Japanese"),
    ("ka", "300388343", "Georgian"),
    ("ko", "300388633", "Korean"),
    ("la", "300388693", "Latin"),
    ("lt", "300388723", "Lithuanian"),
    ("nl", "300388256", "Dutch"),
    ("no", "300388992", "Norwegian"),
    ("pl", "300389109", "Polish"),
    ("pt", "300389115", "Portuguese"),
    ("ro", "300389157", "Romanian"),
    ("ru", "300389168", "Russian"),
    ("sk", "300389290", "Slovak"),
    ("sl", "300389291", "Slovenian"),
    ("sr", "300389247", "Serbian"),
    ("sv", "300389336", "Swedish"),
    ("sw", "300443741", "Swahili"),
    ("ta", "300389365", "Tamil"),
    ("th", "300389405", "Thai"),
    ("tr", "300389470", "Turkish"),
    ("ur", "300389502", "Urdu"),
    ("zh", "300388113", "Chinese"),
];

/// A concept of the Art and Architecture Thesaurus.
pub fn aat(number: &str, label: &str) -> Node {
    reference("Type", Some(&format!("http://vocab.getty.edu/aat/{number}")), label)
}

/// Something by its name, and its address where it has one.
pub fn reference(class: &str, id: Option<&str>, label: &str) -> Node {
    Node::new("type", class).with("id", id).with("_label", label)
}

/// What statements name, as something of a class.
pub fn kind(class: &str, one: &Named<'_>) -> Node {
    let names = one.labels.iter().map(|said| identified("Name", said));
    reference(class, one.authority, one.label()).with("identified_by", list(names))
}

/// Something with what it is.
pub fn classified(node: Node, classes: impl IntoIterator<Item = Node>) -> Node {
    node.with("classified_as", list(classes))
}

/// Words of a class of texts, in their language.
pub fn identified(class: &str, said: &Said<'_>) -> Node {
    Node::new("type", class).with("content", said.text).with("language", list(said.language.map(language)))
}

/// What is said in words, and of what kind it is.
pub fn statement(said: &Said<'_>, number: &str, label: &str) -> Node {
    let brief = aat("300418049", "Brief Text");
    classified(identified("LinguisticObject", said), [aat(number, label).with("classified_as", list([brief]))])
}

/// A language by its tag.
pub fn language(tag: &str) -> Node {
    let first = tag.split('-').next().unwrap_or(tag);
    match LANGUAGES.iter().find(|(known, _, _)| *known == first) {
        Some((_, number, name)) => {
            reference("Language", Some(&format!("http://vocab.getty.edu/aat/{number}")), name).with("notation", tag)
        }
        None => Node::new("type", "Language").with("_label", tag).with("notation", tag),
    }
}

/// A language that a description names: by its tag, or in words.
pub fn language_named(text: &str) -> Node {
    let is_tag = LANGUAGES.iter().any(|(known, _, _)| *known == text);
    if is_tag { language(text) } else { reference("Language", None, text) }
}

/// A time, with its ends where they are known.
pub fn timespan<'a>(said: impl Iterator<Item = &'a Said<'a>>) -> Value {
    let said: Vec<&Said<'_>> = said.collect();
    if said.is_empty() {
        return Value::Null;
    }
    let known = said.iter().find_map(|said| said.edtf.and_then(ends));
    let names = said.iter().map(|said| identified("Name", said));
    let node = Node::new("type", "TimeSpan").with("identified_by", list(names));
    let (begin, end) = known.map(|(begin, end)| (first_second(begin), last_second(end))).unwrap_or_default();
    node.with("begin_of_the_begin", begin).with("end_of_the_end", end).into()
}

fn parts(date: &str) -> (&str, Vec<&str>) {
    let (sign, digits) = date.strip_prefix('-').map_or(("", date), |rest| ("-", rest));
    (sign, digits.split('-').collect())
}

/// The first second of a plain date.
fn first_second(date: &str) -> String {
    let (sign, parts) = parts(date);
    let at = |place: usize| parts.get(place).copied().unwrap_or("01");
    format!("{sign}{}-{}-{}T00:00:00Z", at(0), at(1), at(2))
}

/// The last second of a plain date.
fn last_second(date: &str) -> String {
    let (sign, parts) = parts(date);
    let year: i64 = format!("{sign}{}", parts.first().copied().unwrap_or_default()).parse().unwrap_or_default();
    let month = parts.get(1).copied().unwrap_or("12");
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        "04" | "06" | "09" | "11" => "30",
        "02" if is_leap => "29",
        "02" => "28",
        _ => "31",
    };
    let day = parts.get(2).copied().unwrap_or(days);
    format!("{sign}{}-{month}-{day}T23:59:59Z", parts.first().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_a_first_and_a_last_second() {
        for (date, first, last) in [
            ("1650", "1650-01-01T00:00:00Z", "1650-12-31T23:59:59Z"),
            ("1904-02", "1904-02-01T00:00:00Z", "1904-02-29T23:59:59Z"),
            ("1900-02", "1900-02-01T00:00:00Z", "1900-02-28T23:59:59Z"),
            ("1906-05-01", "1906-05-01T00:00:00Z", "1906-05-01T23:59:59Z"),
            ("-0045-03", "-0045-03-01T00:00:00Z", "-0045-03-31T23:59:59Z"),
        ] {
            assert_eq!((first_second(date), last_second(date)), (first.to_owned(), last.to_owned()), "{date}");
        }
    }

    #[test]
    fn languages_stand_in_their_order_once() {
        assert!(LANGUAGES.is_sorted_by_key(|(tag, _, _)| tag));
        let mut numbers: Vec<_> = LANGUAGES.iter().map(|(_, number, _)| number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), LANGUAGES.len());
    }
}
