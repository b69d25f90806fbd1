//! What the index keeps of an object: its words, its facet values, its place in the order, and since when it is public.

use std::rc::Rc;

use fonds_schemas::{Access, Object, Scope, Sha256, Statement, Timestamp, Viewer, property};

use super::words::{Lexicon, Piece, folded, identifiers, pieces, sort_key};

/// Words read of one object: those of a long finding aid. What comes after is not found by words.
const PIECES_MAX: usize = 20_000;
/// Lexemes kept of one object. With words of 64 characters they stay below the megabyte that a tsvector may have.
const LEXEMES_MAX: usize = 2_500;
/// Bytes of a value that searches are narrowed by: a name or a term, not a sentence.
const FACET_BYTES_MAX: usize = 256;
/// Facet values of one object: more than any record in the collections seen, few enough to be counted.
const FACETS_MAX: usize = 128;
/// The facet of the object's level.
pub const LEVEL: &str = "level";
/// The term that every object has: its uses are the number of objects.
pub const OBJECTS: &str = "objects";

/// `public_from` of what is public.
pub const ALWAYS: i64 = i64::MIN;

/// Since which moment (microseconds) everybody sees an object of that access; `None` where nobody but readers does.
///
/// This and [`horizon`] are [`fonds_schemas::may`] in the words of SQL, and the only place that says it so:
/// a viewer sees a row where the horizon is null or `public_from <= horizon`.
#[must_use]
pub const fn public_from(access: Access) -> Option<i64> {
    match access {
        Access::Public => Some(ALWAYS),
        Access::Embargoed { until } => Some(until.micros()),
        Access::Restricted | Access::Withdrawn => None,
    }
}

/// Up to which `public_from` the viewer sees rows at that moment; `None` for those who see every row.
#[must_use]
pub fn horizon(viewer: &Viewer, at: Timestamp) -> Option<i64> {
    if viewer.holds(Scope::Read) { None } else { Some(at.micros()) }
}

/// The facets, in the order in which they are shown: every property that is one, and the level.
pub fn facet_names() -> impl Iterator<Item = &'static str> {
    property::ALL.iter().filter(|term| term.facet).map(|term| term.name).chain([LEVEL])
}

/// The number of a facet value: the same wherever it is computed, and grouped by facet, whose number is its first byte.
///
/// Seven bytes of a hash: among a million values of one facet two meet with a chance of 1 in 140,000.
/// `None` for what is no facet.
#[must_use]
pub fn term_id(facet: &str, value: &str) -> Option<i64> {
    let place = if facet == OBJECTS { 0 } else { 1 + facet_names().position(|name| name == facet)? };
    let digest = Sha256::of(value.as_bytes());
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(&digest.as_bytes()[..8]);
    bytes[0] = u8::try_from(place).ok()?;
    Some(i64::from_be_bytes(bytes))
}

/// The facet that a term's number belongs to.
#[must_use]
pub fn facet_of(id: i64) -> Option<&'static str> {
    let place = usize::from(id.to_be_bytes()[0]);
    facet_names().nth(place.checked_sub(1)?)
}

/// The lexeme of a facet value.
#[must_use]
pub fn term_lexeme(id: i64) -> String {
    format!("={id:x}")
}

/// The lexeme of having an image.
pub const IMAGE_LEXEME: &str = "@image";

/// The lexeme of a whole title.
#[must_use]
pub fn title_lexeme(folded: &str) -> String {
    let digest = Sha256::of(folded.as_bytes()).to_string();
    format!("^={}", &digest[digest.len() - 16..])
}

/// A facet value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TermValue {
    /// Its number.
    pub id: i64,
    /// Of which facet.
    pub facet: &'static str,
    /// What people read.
    pub value: String,
}

/// The facet values of an object, each once, by number; first that it is an object at all.
#[must_use]
pub fn terms(object: &Object) -> Vec<TermValue> {
    let mut terms = Vec::with_capacity(16);
    let mut add = |facet: &'static str, value: &str| {
        if let Some(id) = term_id(facet, value) {
            terms.push(TermValue { id, facet, value: value.to_owned() });
        }
    };
    add(OBJECTS, "");
    add(LEVEL, object.level.as_str());
    for asserted in object.statements.iter().filter(|asserted| is_facet_value(&asserted.statement)).take(FACETS_MAX) {
        if let Some(term) = asserted.statement.property.term() {
            add(term.name, &asserted.statement.text);
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// Whether searches are narrowed by the statement. PostgreSQL keeps no NUL in a text.
fn is_facet_value(statement: &Statement) -> bool {
    let is_facet = statement.property.term().is_some_and(|term| term.facet);
    is_facet && statement.text.len() <= FACET_BYTES_MAX && !statement.text.contains('\0')
}

/// The row of an object in the index.
#[derive(Debug, Clone)]
pub struct Entry {
    /// See [`public_from`].
    pub public_from: Option<i64>,
    /// See [`sort_key`].
    pub sort: Vec<u8>,
    /// The numbers of its facet values, packed: eight bytes each.
    pub terms: Vec<u8>,
    /// What it is found by.
    pub words: Lexemes,
}

/// Reads what the index keeps of an object.
pub fn entry(object: &Object, terms: &[TermValue], lexicon: &mut Lexicon) -> Entry {
    // What every object has needs no counting.
    let counted: Vec<i64> = terms.iter().filter(|term| term.facet != OBJECTS).map(|term| term.id).collect();
    Entry {
        public_from: public_from(object.standing.access),
        sort: sort_key(&object.title()),
        terms: counted.iter().flat_map(|id| id.to_be_bytes()).collect(),
        words: lexemes(object, &counted, lexicon),
    }
}

/// Whether the words of a statement are searched: sizes and addresses are shown, but nobody looks for them by words.
fn is_read(statement: &Statement) -> bool {
    let property = statement.property.as_str();
    !matches!(property, "dimensions" | "landing_page" | "image_url") && !property::is_iri(statement.text.trim())
}

fn lexemes(object: &Object, terms: &[i64], lexicon: &mut Lexicon) -> Lexemes {
    let mut found: Vec<Rc<str>> = terms.iter().map(|id| term_lexeme(*id).into()).collect();
    if object.files.iter().any(fonds_schemas::StoredFile::is_image) {
        found.push(IMAGE_LEXEME.into());
    }
    let title = object.title();
    found.push(title_lexeme(&folded(&pieces(&title, PIECES_MAX))).into());
    let mut left = PIECES_MAX;
    if let Some(source) = &object.source {
        found.extend(identifiers(&source.identifier).into_iter().map(Rc::from));
        for piece in pieces(&source.identifier, left) {
            add_piece(&piece, None, lexicon, &mut found);
        }
    }
    // Titles first, so that what a limit cuts is the end of long notes.
    let (titles, others): (Vec<&Statement>, Vec<&Statement>) =
        object.statements.iter().map(|asserted| &asserted.statement).partition(|s| s.property.as_str() == "title");
    for statement in titles.into_iter().chain(others).filter(|statement| is_read(statement)) {
        let language = statement.language.as_ref().map(fonds_schemas::Language::primary);
        let property = statement.property.as_str();
        if matches!(property, "title" | "identifier") {
            found.extend(identifiers(&statement.text).into_iter().map(Rc::from));
        }
        let read = pieces(&statement.text, left);
        left -= read.len();
        for piece in &read {
            add_piece(piece, language.as_deref(), lexicon, &mut found);
            if property == "title" {
                add_title_piece(piece, language.as_deref(), lexicon, &mut found);
            }
        }
    }
    Lexemes::new(found)
}

/// A stem is kept only where it is another word: that halves the index, and the query knows.
fn add_piece(piece: &Piece, language: Option<&str>, lexicon: &mut Lexicon, found: &mut Vec<Rc<str>>) {
    match piece {
        Piece::Word(word) => {
            let forms = lexicon.forms(word, language);
            found.push(Rc::clone(&forms.plain));
            found.extend(forms.stems.iter().map(|stem| format!("~{stem}").into()));
        }
        Piece::Run(units) => {
            found.extend(units.iter().map(|unit| unit.as_str().into()));
            found.extend(units.windows(2).map(|pair| pair.concat().into()));
        }
    }
}

fn add_title_piece(piece: &Piece, language: Option<&str>, lexicon: &mut Lexicon, found: &mut Vec<Rc<str>>) {
    match piece {
        Piece::Word(word) => {
            let forms = lexicon.forms(word, language);
            let kept = if forms.stems.is_empty() { std::slice::from_ref(&forms.plain) } else { &forms.stems };
            found.extend(kept.iter().map(|form| format!("^{form}").into()));
        }
        Piece::Run(units) if units.len() == 1 => found.push(format!("^{}", units[0]).into()),
        Piece::Run(units) => found.extend(units.windows(2).map(|pair| format!("^{}", pair.concat()).into())),
    }
}

/// A `tsvector` without positions: what an object is found by, each once, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexemes(Vec<Rc<str>>);

impl Lexemes {
    fn new(mut found: Vec<Rc<str>>) -> Self {
        // Which ones a limit keeps must not depend on the alphabet: those that were found first.
        if found.len() > LEXEMES_MAX {
            let mut seen = std::collections::HashSet::new();
            found.retain(|lexeme| seen.insert(Rc::clone(lexeme)));
            found.truncate(LEXEMES_MAX);
        }
        found.sort_unstable();
        found.dedup();
        Self(found)
    }

    /// The lexemes.
    #[must_use]
    pub fn as_slice(&self) -> &[Rc<str>] {
        &self.0
    }

    /// The binary form that PostgreSQL receives (`tsvectorrecv`): a count, then each lexeme, a NUL, and no positions.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.iter().map(|lexeme| lexeme.len() + 3).sum::<usize>() + 4);
        bytes.extend_from_slice(&u32::try_from(self.0.len()).unwrap_or(u32::MAX).to_be_bytes());
        for lexeme in &self.0 {
            bytes.extend_from_slice(lexeme.as_bytes());
            bytes.extend_from_slice(&[0, 0, 0]);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fonds_schemas::{Act, AgentId, Standing, may};

    #[test]
    fn the_rows_that_sql_shows_are_those_that_may_allows() {
        let moments = [0, 1, 2].map(Timestamp::from_micros);
        let agent = AgentId::from_random([1; 10]);
        let readers = [Scope::Read, Scope::Write, Scope::Admin].map(|scope| Viewer::Agent { agent, scope });
        let mut accesses = vec![Access::Public, Access::Restricted, Access::Withdrawn];
        accesses.extend(moments.map(|until| Access::Embargoed { until }));
        for viewer in readers.into_iter().chain([Viewer::Public]) {
            for (at, access) in moments.iter().flat_map(|at| accesses.iter().map(move |access| (*at, *access))) {
                let row =
                    horizon(&viewer, at).is_none_or(|horizon| public_from(access).is_some_and(|from| from <= horizon));
                let standing = Standing { access, ever_public: false };
                assert_eq!(row, may(&viewer, &standing, Act::See, at).is_allowed(), "{viewer:?} {access:?} {at}");
            }
        }
    }

    #[test]
    fn a_term_knows_its_facet() {
        assert_eq!(term_id("culture", "Czech").and_then(facet_of), Some("culture"));
    }

    #[test]
    fn what_is_no_facet_has_no_term() {
        assert_eq!(term_id("description", "long"), None);
    }
}
