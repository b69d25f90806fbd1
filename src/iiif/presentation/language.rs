//! Texts by language, as the Presentation API writes them (§4), and what of a text may be read as HTML.

use std::collections::BTreeMap;

use fonds_schemas::Statement;
use fonds_schemas::arrangement::Label;
use serde::Serialize;

/// Texts by language tag; `none` where the language is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LanguageMap(BTreeMap<String, Vec<String>>);

impl LanguageMap {
    /// One text of one language.
    #[must_use]
    pub fn one(language: &str, text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(language.to_owned(), vec![text.into()])]))
    }

    /// One text in English, the language of our own labels.
    #[must_use]
    pub fn english(text: impl Into<String>) -> Self {
        Self::one("en", text)
    }

    /// One text whose language is not known: a name, a number.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self::one("none", text)
    }

    /// The values of statements, each under its language, as text that no viewer takes for HTML.
    #[must_use]
    pub fn values<'a>(statements: impl Iterator<Item = &'a Statement>) -> Self {
        let mut map = Self::default();
        for statement in statements {
            map.add(statement, as_value(&statement.text));
        }
        map
    }

    /// The first text of each language: a label, where there may be one of each.
    #[must_use]
    pub fn first_of_each<'a>(statements: impl Iterator<Item = &'a Statement>) -> Self {
        let mut map = Self::default();
        for statement in statements {
            if !map.0.contains_key(tag(statement)) {
                map.add(statement, statement.text.clone());
            }
        }
        map
    }

    /// The texts of labels, each under its language.
    #[must_use]
    pub fn labels(labels: &[Label]) -> Self {
        let mut map = Self::default();
        for Label { language, text } in labels {
            let tag = language.as_ref().map_or("none", |language| language.as_str());
            map.0.entry(tag.to_owned()).or_default().push(text.clone());
        }
        map
    }

    fn add(&mut self, statement: &Statement, text: String) {
        self.0.entry(tag(statement).to_owned()).or_default().push(text);
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts of each language, by tag.
    pub fn by_language(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(tag, texts)| (tag.as_str(), texts.as_slice()))
    }

    /// How many texts there are in all languages.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

fn tag(statement: &Statement) -> &str {
    statement.language.as_ref().map_or("none", |language| language.as_str())
}

/// A text as a value of metadata: viewers read what begins with `<` and ends with `>` as HTML (§4.2), so that which is
/// not HTML must not look so. An address becomes a link.
fn as_value(text: &str) -> String {
    let trimmed = text.trim();
    let is_address = trimmed.starts_with("http://") || trimmed.starts_with("https://");
    if is_address && fonds_schemas::property::is_iri(trimmed) {
        let escaped = escape(trimmed);
        return format!("<a href=\"{escaped}\">{escaped}</a>");
    }
    if is_html(text) { shown_as_html(text) } else { text.to_owned() }
}

/// Whether a viewer reads the text as HTML.
pub(super) fn is_html(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.starts_with('<') && trimmed.ends_with('>')
}

/// HTML that shows the text as it was written.
pub(super) fn shown_as_html(text: &str) -> String {
    format!("<span>{}</span>", escape(text))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, value: &str) {
        assert_eq!(as_value(text), value);
    }

    #[test]
    fn words_stay_words() {
        check("3 < 4 & 5", "3 < 4 & 5");
    }
    #[test]
    fn what_looks_like_html_is_shown_as_it_was_written() {
        check("<script>x</script>", "<span>&lt;script&gt;x&lt;/script&gt;</span>");
    }
    #[test]
    fn an_address_is_a_link() {
        check("https://example.org/?a&b", r#"<a href="https://example.org/?a&amp;b">https://example.org/?a&amp;b</a>"#);
    }
    #[test]
    fn an_address_that_breaks_out_is_not_a_link() {
        check("https://example.org/\"onclick=", "https://example.org/\"onclick=");
    }
}
