//! Templates of mapping profiles: text with columns in braces, `{institution}/{accession|id}`.

use std::borrow::Cow;

use serde::Deserialize;

/// A text with columns in it. `{a|b}` is the first of the columns that says something; `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Columns(Vec<String>),
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A brace without its other.
    #[error("{0:?} has a brace that is not closed or not opened; a brace itself is written twice")]
    Brace(String),
    /// No column between braces.
    #[error("{0:?} names no column between its braces")]
    NoColumn(String),
}

impl Template {
    /// Reads a template.
    pub fn parse(written: &str) -> Result<Self, BadTemplate> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut characters = written.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '{' | '}' if characters.peek() == Some(&character) => {
                    characters.next();
                    text.push(character);
                }
                '{' => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    let mut inside = String::new();
                    loop {
                        match characters.next() {
                            Some('}') => break,
                            Some('{') | None => return Err(BadTemplate::Brace(written.to_owned())),
                            Some(other) => inside.push(other),
                        }
                    }
                    let columns: Vec<String> = inside.split('|').map(|name| name.trim().to_owned()).collect();
                    if columns.iter().any(String::is_empty) {
                        return Err(BadTemplate::NoColumn(written.to_owned()));
                    }
                    parts.push(Part::Columns(columns));
                }
                '}' => return Err(BadTemplate::Brace(written.to_owned())),
                other => text.push(other),
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self { written: written.to_owned(), parts })
    }

    /// A template that is that text, braces and all.
    #[must_use]
    pub fn constant(text: &str) -> Self {
        Self { written: text.to_owned(), parts: vec![Part::Text(text.to_owned())] }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The columns that it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .flat_map(|part| match part {
                Part::Text(_) => &[][..],
                Part::Columns(columns) => columns.as_slice(),
            })
            .map(String::as_str)
    }

    /// The text with every column filled in; `None` if one of them says nothing.
    pub fn fill<'a>(&self, cell: impl Fn(&str) -> Option<Cow<'a, str>>) -> Option<String> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Columns(columns) => filled.push_str(&columns.iter().find_map(|column| cell(column))?),
            }
        }
        Some(filled)
    }
}

impl TryFrom<String> for Template {
    type Error = BadTemplate;
    fn try_from(text: String) -> Result<Self, BadTemplate> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, filled: Option<&str>) {
        let cell = |column: &str| match column {
            "a" => Some(Cow::Borrowed("1")),
            "b" => Some(Cow::Borrowed("2")),
            _ => None,
        };
        assert_eq!(Template::parse(template).unwrap().fill(cell).as_deref(), filled);
    }

    #[test]
    fn columns_are_filled_in() {
        check("x/{a}-{b}", Some("x/1-2"));
    }
    #[test]
    fn the_first_column_that_says_something_counts() {
        check("{missing|b}", Some("2"));
    }
    #[test]
    fn one_silent_column_silences_the_whole() {
        check("{a}{missing}", None);
    }
    #[test]
    fn doubled_braces_are_braces() {
        check("{{{a}}}", Some("{1}"));
    }
    #[test]
    fn an_open_brace_is_refused() {
        assert_eq!(Template::parse("{a"), Err(BadTemplate::Brace("{a".to_owned())));
    }
}
