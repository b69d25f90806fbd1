//! What each format carries of an archive, and what it loses: the crosswalks, with a count of what stands in them, and with what
//! comes back of it when a record is taken in again.

use std::collections::BTreeMap;

use fonds_projections::feed::{Format, Place, Setting};
use fonds_schemas::{Object, Property, property};
use serde::Serialize;

use super::round_trip::{Back, Returned};

/// What is there to be carried: how often each property is said, and how many objects have a record.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// Public objects.
    pub objects: u64,
    /// Statements of each property, by its place among the properties.
    statements: BTreeMap<(usize, Property), u64>,
    /// Records in each format, by its prefix.
    records: BTreeMap<&'static str, u64>,
}

impl Counted {
    /// Counts one more public object.
    pub fn add(&mut self, object: &Object, formats: &[&dyn Format], setting: &Setting<'_>) {
        self.objects += 1;
        for standing in &object.statements {
            let property = &standing.statement.property;
            *self.statements.entry((property.rank(), property.clone())).or_default() += 1;
        }
        for format in formats {
            let is_there = format.render(object, setting).is_some();
            *self.records.entry(format.prefix()).or_default() += u64::from(is_there);
        }
    }

    /// All statements.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.values().sum()
    }
}

/// What a format carries and loses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Its metadataPrefix.
    pub prefix: &'static str,
    /// Whether the archive publishes it: `oai.formats` of its settings.
    pub published: bool,
    /// Whether records of it are read, too: what comes back of each property is told only then.
    pub importer: bool,
    /// Public objects that have a record in it; absent where there is no archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The properties that it carries.
    pub carried: Vec<Line>,
    /// The properties that it loses.
    pub lost: Vec<Line>,
}

/// One property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The property: a name of the list or an IRI.
    pub property: String,
    /// The element that carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<&'static str>,
    /// What one must know beside, or why it is lost.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub note: &'static str,
    /// What becomes of it on the way out and in again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back: Option<Back>,
    /// What is different about what comes back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub how: Vec<String>,
    /// How many statements of public objects have it; absent where there is no archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<u64>,
}

/// What a format carries and loses of what was counted, or of anything, where these are published.
#[must_use]
pub fn coverage(format: &dyn Format, published: &[&dyn Format], counted: Option<&Counted>) -> Coverage {
    let mut coverage = Coverage {
        prefix: format.prefix(),
        published: published.iter().any(|one| one.prefix() == format.prefix()),
        importer: false,
        records: counted.map(|counted| counted.records.get(format.prefix()).copied().unwrap_or_default()),
        carried: Vec::new(),
        lost: Vec::new(),
    };
    for row in format.crosswalk() {
        let said = |counted: &Counted| {
            let of_row = counted.statements.iter().filter(|((_, property), _)| property.as_str() == row.property);
            of_row.map(|(_, count)| count).sum()
        };
        coverage.put(row.property.to_owned(), row.place, counted.map(said));
    }
    // Properties that are written as IRIs are known only where they are said.
    let others = counted.into_iter().flat_map(|counted| &counted.statements);
    for ((_, property), count) in others.filter(|((rank, _), _)| *rank == property::ALL.len()) {
        let place = format.place_of(property).unwrap_or(Place::Lost { why: "no property of the list is near to it" });
        coverage.put(property.to_string(), place, Some(*count));
    }
    coverage
}

impl Coverage {
    fn put(&mut self, property: String, place: Place, statements: Option<u64>) {
        let line = |element, note| Line { property, element, note, back: None, how: Vec::new(), statements };
        match place {
            Place::In { element, note } => self.carried.push(line(Some(element), note)),
            Place::Lost { why } => self.lost.push(line(None, why)),
        }
    }

    /// The same with what came back of each property of the list; nothing, where no importer reads the format.
    #[must_use]
    pub fn with_returned(mut self, returned: Option<Vec<Returned>>) -> Self {
        self.importer = returned.is_some();
        for Returned { property, back, how } in returned.into_iter().flatten() {
            if let Some(line) = self.carried.iter_mut().chain(&mut self.lost).find(|line| line.property == property) {
                (line.back, line.how) = (Some(back), how);
            }
        }
        self
    }

    /// How many statements it loses, where they were counted.
    #[must_use]
    pub fn statements_lost(&self) -> Option<u64> {
        self.lost.iter().map(|line| line.statements).sum()
    }
}
