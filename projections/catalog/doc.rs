//! An object as a row keeps it: the same values as [`Object`], with each event named once.
//!
//! A statement names the event that asserted it; an accession asserts a dozen. Written out, names would be two thirds
//! of a row; written once, most rows fit in a page without being compressed. Files have rows of their own (`stored`).

use std::borrow::Cow;

use fonds_schemas::{
    Arrangement, Asserted, EventId, Files, Language, Level, Object, ObjectId, Property, Relation, SourceKey, Standing,
    Statement, StatementId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// The row. The names are short because they are repeated a million times.
#[derive(Serialize, Deserialize)]
struct Doc<'a> {
    i: ObjectId,
    l: Level,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<Cow<'a, SourceKey>>,
    a: Standing,
    e: Vec<(EventId, u64)>,
    s: Vec<Said<'a>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    r: Cow<'a, [Relation]>,
    #[serde(default, skip_serializing_if = "says_nothing")]
    g: Cow<'a, Arrangement>,
    v: u64,
    q: u64,
    c: i64,
    m: i64,
}

fn says_nothing(arrangement: &Arrangement) -> bool {
    arrangement.is_empty()
}

/// A statement, its event by place in `e`.
#[derive(Serialize, Deserialize)]
struct Said<'a> {
    e: usize,
    n: u32,
    p: Cow<'a, Property>,
    t: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    l: Option<Cow<'a, Language>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    u: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<Cow<'a, str>>,
}

/// Writes an object as a row keeps it.
pub fn write(object: &Object) -> Result<String, serde_json::Error> {
    let mut events: Vec<(EventId, u64)> = Vec::new();
    let mut said = Vec::with_capacity(object.statements.len());
    for Asserted { id, seq, statement } in &object.statements {
        // Statements stand in the order of their events, so the one looked for is nearly always the last.
        let place = events.iter().rposition(|known| *known == (id.event, *seq)).unwrap_or_else(|| {
            events.push((id.event, *seq));
            events.len() - 1
        });
        said.push(Said {
            e: place,
            n: id.place,
            p: Cow::Borrowed(&statement.property),
            t: Cow::Borrowed(&statement.text),
            l: statement.language.as_ref().map(Cow::Borrowed),
            u: statement.authority.as_deref().map(Cow::Borrowed),
            d: statement.edtf.as_deref().map(Cow::Borrowed),
        });
    }
    serde_json::to_string(&Doc {
        i: object.id,
        l: object.level,
        k: object.source.as_ref().map(Cow::Borrowed),
        a: object.standing,
        e: events,
        s: said,
        r: Cow::Borrowed(&object.relations),
        g: Cow::Borrowed(&object.arrangement),
        v: object.version,
        q: object.seq,
        c: object.created_at.micros(),
        m: object.modified_at.micros(),
    })
}

/// Why a row is not an object.
#[derive(Debug, thiserror::Error)]
pub enum BadDoc {
    /// Not its JSON.
    #[error("not the JSON of an object")]
    Json(#[from] serde_json::Error),
    /// A statement of an event that the row does not name.
    #[error("a statement of event {0}, which the row does not name")]
    Event(usize),
}

/// Reads an object as a row keeps it, and gives it its files.
pub fn read(text: &str, files: Files) -> Result<Object, BadDoc> {
    let doc: Doc = serde_json::from_str(text)?;
    let mut statements = Vec::with_capacity(doc.s.len());
    for said in doc.s {
        let (event, seq) = *doc.e.get(said.e).ok_or(BadDoc::Event(said.e))?;
        statements.push(Asserted {
            id: StatementId { event, place: said.n },
            seq,
            statement: Statement {
                authority: said.u.map(Cow::into_owned),
                edtf: said.d.map(Cow::into_owned),
                language: said.l.map(Cow::into_owned),
                property: said.p.into_owned(),
                text: said.t.into_owned(),
            },
        });
    }
    Ok(Object {
        id: doc.i,
        level: doc.l,
        source: doc.k.map(Cow::into_owned),
        standing: doc.a,
        statements,
        relations: doc.r.into_owned(),
        files,
        arrangement: doc.g.into_owned(),
        version: doc.v,
        seq: doc.q,
        created_at: Timestamp::from_micros(doc.c),
        modified_at: Timestamp::from_micros(doc.m),
    })
}
