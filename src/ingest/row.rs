//! A row of a table, whatever the table was written in: cells by column name.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::plan::Planned;
use super::problem::{Place, Problem};

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// What it says; empty cells are left out.
    pub cells: Map<String, Value>,
}

/// What a reader comes upon.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// A row.
    Row(Row),
    /// A record that is mapped already: its format says what it means.
    Object(Box<Mapped>),
    /// A row that cannot be read; the next one may be.
    Problem(Problem),
    /// The rest cannot be read.
    Broken(Problem),
}

/// A record of a format, mapped by its crosswalk.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// The object.
    pub planned: Planned,
    /// What somebody should look at.
    pub warnings: Vec<Problem>,
    /// What the crosswalk does not know.
    pub unmapped: Vec<String>,
}

/// The rows of a table or folder, in their order.
pub type Rows = Box<dyn Iterator<Item = Read> + Send>;

impl Row {
    /// The text of a cell that holds one value, trimmed; `None` for an empty cell, a list or an object.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<Cow<'_, str>> {
        scalar(self.cells.get(column)?)
    }
}

/// The text of a single value, trimmed; `None` where nothing is said or where it is a list or an object.
#[must_use]
pub fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.trim()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}
