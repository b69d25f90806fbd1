//! A statement: one value of one property of one object. The unit of editing, blame and undo.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::EventId;
use crate::property::{Property, is_iri};

/// Bytes of a statement's text: a long scope note fits, a book does not (a book is a file).
pub const TEXT_BYTES_MAX: usize = 65_536;

/// A language tag (BCP 47), in the case that it was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

/// Why a statement is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadStatement {
    /// A language tag that BCP 47 does not know the shape of.
    #[error("{0:?} is not a language tag such as en or zh-Hant")]
    Language(String),
    /// An authority that is not an IRI.
    #[error("{0:?} is not an absolute IRI")]
    Authority(String),
    /// Nothing said.
    #[error("the value of {0} is empty")]
    Empty(String),
    /// Too much said.
    #[error("the value of {property} has {bytes} bytes, at most {TEXT_BYTES_MAX} are kept in a statement")]
    TooLong {
        /// Of which property.
        property: String,
        /// How long it is.
        bytes: usize,
    },
}

impl Language {
    /// Reads a tag: a primary subtag of 2 to 8 letters, then subtags of 1 to 8 letters or digits.
    pub fn parse(text: &str) -> Result<Self, BadStatement> {
        let mut subtags = text.split('-');
        let primary = subtags.next().unwrap_or_default();
        let primary_ok = (2..=8).contains(&primary.len()) && primary.chars().all(|c| c.is_ascii_alphabetic());
        let rest_ok = subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric()));
        if primary_ok && rest_ok && text.len() <= 35 {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadStatement::Language(text.to_owned()))
        }
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary subtag in lower case: `zh` of `zh-Hant`.
    #[must_use]
    pub fn primary(&self) -> String {
        self.0.split('-').next().unwrap_or_default().to_ascii_lowercase()
    }
}

impl TryFrom<String> for Language {
    type Error = BadStatement;
    fn try_from(text: String) -> Result<Self, BadStatement> {
        Self::parse(&text)
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

/// One value of one property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// The authority's IRI for what the text names: a person in ULAN, a place in `GeoNames`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The date as EDTF (ISO 8601-2), where the text is a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edtf: Option<String>,
    /// The language of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Of what this is a value.
    pub property: Property,
    /// What is said, as people read it.
    pub text: String,
}

impl Statement {
    /// A statement without language, authority or date.
    #[must_use]
    pub fn new(property: Property, text: impl Into<String>) -> Self {
        Self { authority: None, edtf: None, language: None, property, text: text.into() }
    }

    /// Checks what the types cannot: that something is said, not too much, and that the authority is an IRI.
    pub fn check(&self) -> Result<(), BadStatement> {
        if self.text.trim().is_empty() {
            return Err(BadStatement::Empty(self.property.to_string()));
        }
        if self.text.len() > TEXT_BYTES_MAX {
            return Err(BadStatement::TooLong { property: self.property.to_string(), bytes: self.text.len() });
        }
        match &self.authority {
            Some(iri) if !is_iri(iri) => Err(BadStatement::Authority(iri.clone())),
            Some(_) | None => Ok(()),
        }
    }
}

/// The name of a statement: the event that asserted it, and its place there. Written `EVENT.PLACE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId {
    /// The event.
    pub event: EventId,
    /// The place among the statements of the event, from 0.
    pub place: u32,
}

/// Why a text is not the name of a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the id of a statement: an event's id, a full stop, a number")]
pub struct BadStatementId(pub String);

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.event, self.place)
    }
}

impl FromStr for StatementId {
    type Err = BadStatementId;
    fn from_str(text: &str) -> Result<Self, BadStatementId> {
        let parts = text
            .split_once('.')
            .and_then(|(event, place)| Some(Self { event: event.parse().ok()?, place: place.parse().ok()? }));
        parts.ok_or_else(|| BadStatementId(text.to_owned()))
    }
}

impl Serialize for StatementId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatementId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for StatementId {
    fn schema_name() -> Cow<'static, str> {
        "StatementId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f-]{36}\\.[0-9]+$" })
    }
}

/// A statement that stands, with the event that asserted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asserted {
    /// Its name.
    pub id: StatementId,
    /// The place of the asserting event in the ledger.
    pub seq: u64,
    /// What is said.
    #[serde(flatten)]
    pub statement: Statement,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_in_traditional_script_is_a_language() {
        assert_eq!(Language::parse("zh-Hant").unwrap().primary(), "zh");
    }

    #[test]
    fn a_sentence_is_no_language() {
        assert!(Language::parse("English, mostly").is_err());
    }

    #[test]
    fn saying_nothing_is_refused() {
        let statement = Statement::new(Property::parse("title").unwrap(), " \n");
        assert_eq!(statement.check(), Err(BadStatement::Empty("title".to_owned())));
    }
}
