//! What is wrong with an input, and where: file, row, line, column.
//!
//! Texts of the input are shown escaped: a name may hold anything, a terminal obeys some of it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Where in the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file or folder, as people know it.
    pub file: Arc<str>,
    /// The row, counted from 1 without the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The line of the file on which the row begins (of a spreadsheet: the row that it shows), counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl Place {
    /// A whole file or folder.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self { file: file.into(), row: None, line: None, column: None }
    }

    /// A row of it.
    #[must_use]
    pub fn row(file: &Arc<str>, row: u64, line: u64) -> Self {
        Self { file: Arc::clone(file), row: Some(row), line: Some(line), column: None }
    }

    /// The same row, in that column.
    #[must_use]
    pub fn column(&self, column: &str) -> Self {
        Self { column: Some(column.to_owned()), ..self.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", escape(&self.file))?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        match &self.column {
            Some(column) => write!(f, ", column {}", escape(column)),
            None => Ok(()),
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row or file is not taken in.
    Refused,
    /// It is taken in, and somebody should look.
    Warning,
    /// Something was left aside on purpose.
    Note,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What, in a sentence.
    pub why: String,
}

impl Problem {
    /// The row or file is not taken in.
    #[must_use]
    pub fn refused(place: Place, why: impl Into<String>) -> Self {
        Self { severity: Severity::Refused, place, why: why.into() }
    }

    /// Taken in, but somebody should look.
    #[must_use]
    pub fn warning(place: Place, why: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, place, why: why.into() }
    }

    /// Left aside on purpose.
    #[must_use]
    pub fn note(place: Place, why: impl Into<String>) -> Self {
        Self { severity: Severity::Note, place, why: why.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Refused => "refused",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(f, "{word}: {}: {}", self.place, self.why)
    }
}

/// The text as a terminal may show it: control characters and those that turn the direction of writing are spelled
/// out, everything else (emoji, Nüshu) stays; at most 120 characters.
#[must_use]
pub fn escape(text: &str) -> String {
    const SHOWN_CHARS: usize = 120;
    let mut shown = String::with_capacity(text.len().min(SHOWN_CHARS * 4));
    for (place, character) in text.chars().enumerate() {
        if place == SHOWN_CHARS {
            shown.push('…');
            break;
        }
        if character.is_control() || turns_direction(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Marks that make a line read in another order than it is written.
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An error and all its causes in one sentence.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_command_is_spelled_out() {
        assert_eq!(escape("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
    }
    #[test]
    fn a_right_to_left_override_is_spelled_out_and_arabic_is_not() {
        assert_eq!(escape("\u{202e}gpj.exe سلام"), "\\u{202e}gpj.exe سلام");
    }
    #[test]
    fn emoji_and_nushu_stay() {
        assert_eq!(escape("🏺𛅰"), "🏺𛅰");
    }
    #[test]
    fn a_place_is_read_from_left_to_right() {
        let place = Place::row(&"a.csv".into(), 3, 5).column("title");
        assert_eq!(place.to_string(), "a.csv, row 3 (line 5), column title");
    }
}
