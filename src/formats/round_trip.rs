//! What comes back of a record: written in a format, read by the importer of that format, and compared.
//!
//! Nothing here is a table of opinions: a record that says everything in every way is rendered as the feed renders it and read as
//! `fonds ingest` reads it, and what the report says is what came of that.

use std::collections::BTreeMap;
use std::sync::Arc;

use fonds_projections::feed::{Format, Publishing, Setting};
use fonds_schemas::{
    Access, Addresses, Asserted, EventId, Language, Level, Object, Property, SourceKey, Standing, Statement,
    StatementId, Timestamp, property,
};
use serde::Serialize;
use uuid::Uuid;

use crate::ingest::plan::Planned;
use crate::ingest::profile::BadProfile;
use crate::ingest::row::Read;
use crate::ingest::xml::{self, crosswalk::Crosswalk};

/// The importers of records.
#[derive(Debug, Clone)]
pub struct Importers(Arc<[Crosswalk]>);

/// What becomes of a property on the way out and in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Back {
    /// All of it comes back as what it was.
    Same,
    /// It comes back, and something about it is different.
    Changed,
    /// Nothing of it comes back.
    Lost,
}

/// What comes back of one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Returned {
    /// The property.
    pub property: &'static str,
    /// What becomes of it.
    pub back: Back,
    /// What is different, in words: `as note`, `without its language`.
    pub how: Vec<String>,
}

impl Importers {
    /// Those that fonds ships.
    pub fn shipped() -> Result<Self, BadProfile> {
        Ok(Self(Crosswalk::shipped()?.into()))
    }

    /// The importer that reads records of a format is found by the record itself; this reads one. `None` where no importer knows
    /// it, or where it is refused.
    #[must_use]
    pub fn read(&self, record: &str) -> Option<Planned> {
        let mut read = xml::read(record, &self.0, "record").into_iter();
        match (read.next(), read.next()) {
            (Some(Read::Object(mapped)), None) => Some(mapped.planned),
            (_, _) => None,
        }
    }
}

/// The object that another archive makes of a record.
#[must_use]
pub fn object(planned: Planned, like: &Object) -> Object {
    let event = EventId(Uuid::nil());
    let statements = (0u32..).zip(planned.statements);
    let assert = |(place, statement)| Asserted { id: StatementId { event, place }, seq: 1, statement };
    Object {
        id: planned.id,
        level: planned.level,
        source: Some(planned.source),
        statements: statements.map(assert).collect(),
        relations: Vec::new(),
        files: fonds_schemas::Files::default(),
        arrangement: fonds_schemas::Arrangement::default(),
        ..like.clone()
    }
}

/// What comes back of each property in a format. `None` where it has no importer.
#[must_use]
pub fn returned(format: &dyn Format, importers: &Importers) -> Option<Vec<Returned>> {
    // A level that every format knows: EAD has no works.
    let example = example(Level::File);
    let (addresses, publishing) = (Addresses::new("https://archive.example.org"), Publishing::of("The archive", "en"));
    let setting = Setting { addresses: &addresses, publishing: &publishing };
    let read = importers.read(&format.render(&example, &setting)?)?;
    Some(property::ALL.iter().map(|term| of_property(term.name, &example, &read)).collect())
}

fn of_property(name: &'static str, example: &Object, read: &Planned) -> Returned {
    let said =
        example.statements.iter().map(|standing| &standing.statement).filter(|one| one.property.as_str() == name);
    let said: Vec<&Statement> = said.collect();
    let (mut how, mut same, mut lost) = (BTreeMap::<String, usize>::new(), 0, 0);
    for statement in &said {
        let found: Vec<&Statement> = read.statements.iter().filter(|one| is_that(statement, one)).collect();
        let best = found.iter().find(|one| one.property == statement.property).or_else(|| found.first());
        match best {
            None => lost += 1,
            Some(back) if *back == *statement => same += 1,
            Some(back) => differences(statement, back).into_iter().for_each(|one| *how.entry(one).or_default() += 1),
        }
    }
    if lost > 0 && lost < said.len() {
        how.insert("not at all".to_owned(), lost);
    }
    let of = said.len();
    let how = how.into_iter().map(|(one, times)| if times == of { one } else { format!("{one} ({times} of {of})") });
    let back = match (same == said.len(), lost == said.len()) {
        (true, _) => Back::Same,
        (false, true) => Back::Lost,
        (false, false) => Back::Changed,
    };
    Returned { property: name, back, how: how.collect() }
}

/// Whether it is what came of the statement: texts of the example are all different.
fn is_that(statement: &Statement, back: &Statement) -> bool {
    let is_date = back.edtf.is_some() && back.edtf == statement.edtf;
    back.text == statement.text
        || (is_date && back.property == statement.property && Some(&back.text) == back.edtf.as_ref())
}

fn differences(said: &Statement, back: &Statement) -> Vec<String> {
    let mut all = Vec::new();
    if said.property != back.property {
        all.push(format!("as {}", back.property));
    }
    if said.text != back.text {
        all.push("without its words".to_owned());
    }
    for (what, before, after) in [
        ("its language", said.language.as_ref().map(Language::as_str), back.language.as_ref().map(Language::as_str)),
        ("its authority", said.authority.as_deref(), back.authority.as_deref()),
        ("its date", said.edtf.as_deref(), back.edtf.as_deref()),
    ] {
        match (before, after) {
            (None, Some(_)) => all.push(format!("with {what} added")),
            (Some(_), None) => all.push(format!("without {what}")),
            (Some(before), Some(after)) if before != after => all.push(format!("with {what} changed")),
            (_, _) => {}
        }
    }
    all
}

/// An object of which everything on the list is said, each in every way in which such a thing is said, no text twice.
#[must_use]
pub fn example(level: Level) -> Object {
    let mut statements = Vec::new();
    for term in property::ALL {
        statements.extend(ways(term.name));
    }
    let event = EventId(Uuid::nil());
    let assert = |(place, statement)| Asserted { id: StatementId { event, place }, seq: 1, statement };
    let source = SourceKey { identifier: "1979.413.1".to_owned(), namespace: "example".to_owned() };
    let at = Timestamp::from_micros(0);
    Object {
        id: source.object_id(),
        level,
        source: Some(source),
        standing: Standing { access: Access::Public, ever_public: true },
        statements: (0u32..).zip(statements).map(assert).collect(),
        relations: Vec::new(),
        files: fonds_schemas::Files::default(),
        arrangement: fonds_schemas::Arrangement::default(),
        version: 1,
        seq: 1,
        created_at: at,
        modified_at: at,
    }
}

/// In which ways values of a property are said.
fn ways(name: &'static str) -> Vec<Statement> {
    let Ok(property) = Property::parse(name) else { return Vec::new() };
    let plain = |text: &str| Statement::new(property.clone(), text);
    let in_language = |text: &str| Statement { language: Language::parse("fr").ok(), ..plain(text) };
    let named = |text: &str, iri: &str| Statement { authority: Some(iri.to_owned()), ..plain(text) };
    let dated = |text: &str, edtf: &str| Statement { edtf: Some(edtf.to_owned()), ..plain(text) };
    match name {
        "title" | "alternative" | "description" | "inscription" | "note" | "provenance" | "credit_line" => {
            vec![plain(&format!("the {name}")), in_language(&format!("la {name}, en deux\nlignes"))]
        }
        "date_created" => vec![dated("between 1650 and 1699", "1650/1699"), dated("perhaps 1655", "1655?")],
        "date_issued" => vec![dated("in May 1906", "1906-05")],
        "acquired" => vec![dated("bought in 1979", "1979")],
        "coordinates" => vec![plain("41.9031,12.4663")],
        "language" => vec![plain("ko")],
        "identifier" => vec![plain("1979.413.1"), plain("inv. 12")],
        "rights" => {
            vec![named("free of rights", "http://creativecommons.org/publicdomain/mark/1.0/"), plain("ask before use")]
        }
        "landing_page" => vec![plain("https://www.example.org/jar")],
        "image_url" => vec![plain("https://www.example.org/jar.jpg"), plain("https://www.example.org/lid.jpg")],
        "dimensions" | "department" => vec![plain(&format!("the {name}"))],
        // What names somebody or something: in words, in those of a language, and with what an authority calls it.
        _ => vec![
            plain(&format!("the {name}")),
            in_language(&format!("la {name}")),
            named(&format!("{name} by its authority"), &format!("http://vocab.example.org/{name}")),
        ],
    }
}
