//! What a batch writes: rows made from its changes first, then a statement a table.

use std::collections::HashMap;

use fonds_schemas::{Object, ObjectId};
use sqlx::PgConnection;

use super::{doc, stored};
use crate::copy::{self, Field, copy};
use crate::search::entry::{ALWAYS, Entry, TermValue, entry, public_from, terms};
use crate::search::words::Lexicon;
use crate::{Batch, ProjectionError, database};

/// The rows of a batch, a vector a column.
#[derive(Default)]
pub(super) struct Rows {
    versions: Versions,
    closed: Closed,
    files: stored::Rows,
    relations: Relations,
    entries: Entries,
    terms: Terms,
}

#[derive(Default)]
struct Versions {
    object: Vec<String>,
    from_seq: Vec<i64>,
    to_seq: Vec<Option<i64>>,
    files: Vec<i64>,
    doc: Vec<String>,
}

#[derive(Default)]
struct Closed {
    object: Vec<String>,
    to_seq: Vec<i64>,
}

#[derive(Default)]
struct Relations {
    changed: Vec<String>,
    object: Vec<String>,
    kind: Vec<&'static str>,
    target: Vec<String>,
}

#[derive(Default)]
struct Entries {
    known: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    object: String,
    public_from: Option<i64>,
    sort: Vec<u8>,
    terms: Vec<u8>,
    /// A `tsvector` as PostgreSQL receives it.
    words: Vec<u8>,
}

#[derive(Default)]
struct Terms {
    id: Vec<i64>,
    facet: Vec<&'static str>,
    value: Vec<String>,
    uses_public: Vec<i64>,
    uses_all: Vec<i64>,
}

/// An object in a batch: as it was before, and its last change.
struct Touched<'a> {
    before: Option<&'a Object>,
    after: &'a Object,
    /// The place of its newest row in [`Versions`].
    row: usize,
}

impl Rows {
    /// Makes the rows. Texts that do not say their language are taken to be in `language`.
    pub(super) fn read(batch: &Batch, language: &str) -> Result<Self, ProjectionError> {
        let mut rows = Self::default();
        let mut touched: Vec<Touched<'_>> = Vec::new();
        let mut places: HashMap<ObjectId, usize> = HashMap::new();
        for change in &batch.changes {
            let object = &*change.after;
            let seq = batch.event_of(change).envelope.seq.cast_signed();
            let row = rows.versions.push(object, seq)?;
            rows.files.push(change, seq)?;
            let place = *places.entry(object.id).or_insert(touched.len());
            if let Some(known) = touched.get_mut(place) {
                rows.versions.to_seq[known.row] = Some(seq);
                known.after = object;
                known.row = row;
                continue;
            }
            if change.before.is_some() {
                rows.closed.object.push(object.id.to_string());
                rows.closed.to_seq.push(seq);
            }
            touched.push(Touched { before: change.before.as_deref(), after: object, row });
        }
        let mut lexicon = Lexicon::with_untagged(language);
        let mut uses: Vec<Use> = Vec::new();
        for object in &touched {
            rows.relations.push(object);
            let found = terms(object.after);
            rows.entries.push(object, entry(object.after, &found, &mut lexicon));
            if let Some(before) = object.before {
                count(&mut uses, before, terms(before), -1);
            }
            count(&mut uses, object.after, found, 1);
        }
        rows.terms = Terms::from_uses(uses);
        Ok(rows)
    }

    /// Writes the rows.
    pub(super) async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        self.closed.write(tx).await?;
        self.versions.write(tx).await?;
        self.files.write(tx).await?;
        self.relations.write(tx).await?;
        self.entries.write(tx).await?;
        self.terms.write(tx).await
    }
}

/// A term that an object begins or ceases to have.
struct Use {
    term: TermValue,
    public: i64,
    all: i64,
}

fn count(uses: &mut Vec<Use>, object: &Object, terms: Vec<TermValue>, by: i64) {
    let public = i64::from(public_from(object.standing.access) == Some(ALWAYS)) * by;
    uses.extend(terms.into_iter().map(|term| Use { term, public, all: by }));
}

impl Versions {
    fn push(&mut self, object: &Object, seq: i64) -> Result<usize, ProjectionError> {
        let id = object.id.to_string();
        let written = doc::write(object);
        self.doc.push(written.map_err(|source| ProjectionError::Row {
            what: "object",
            id: id.clone(),
            source: source.into(),
        })?);
        self.object.push(id);
        self.from_seq.push(seq);
        self.to_seq.push(None);
        self.files.push(i64::try_from(object.files.len()).unwrap_or(i64::MAX));
        Ok(self.doc.len() - 1)
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let rows = self.object.iter().zip(&self.from_seq).zip(&self.to_seq).zip(&self.files).zip(&self.doc);
        let rows = rows.map(|((((object, from_seq), to_seq), files), doc)| {
            let (from_seq, to_seq, files) = (Field::Bigint(*from_seq), Field::bigint(*to_seq), Field::Bigint(*files));
            [Field::Text(object), from_seq, to_seq, files, Field::Text(doc)]
        });
        let table = "catalog_object (object, from_seq, to_seq, files, doc)";
        copy(tx, table, copy::rows(rows), "could not write versions of objects").await
    }
}

impl Closed {
    async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        if self.object.is_empty() {
            return Ok(());
        }
        let sql = "update catalog_object set to_seq = closed.seq
            from unnest($1::text[], $2::bigint[]) as closed (id, seq)
            where object = closed.id and to_seq is null";
        let query = sqlx::query(sql).bind(self.object).bind(self.to_seq);
        query.execute(tx).await.map_err(database("could not close versions of objects"))?;
        Ok(())
    }
}

impl Relations {
    fn push(&mut self, touched: &Touched<'_>) {
        let before = touched.before.map_or_else(Vec::new, sorted);
        let after = sorted(touched.after);
        if before == after {
            return;
        }
        let id = touched.after.id.to_string();
        if !before.is_empty() {
            self.changed.push(id.clone());
        }
        for (kind, target) in after {
            self.object.push(id.clone());
            self.kind.push(kind);
            self.target.push(target);
        }
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let doing = "could not write relations";
        if !self.changed.is_empty() {
            let sql = "delete from catalog_relation where object = any($1)";
            sqlx::query(sql).bind(self.changed).execute(&mut *tx).await.map_err(database(doing))?;
        }
        if !self.object.is_empty() {
            let sql = "insert into catalog_relation (object, kind, target)
                select * from unnest($1::text[], $2::text[], $3::text[])";
            let query = sqlx::query(sql).bind(self.object).bind(self.kind).bind(self.target);
            query.execute(tx).await.map_err(database(doing))?;
        }
        Ok(())
    }
}

/// The relations of an object, each once: an accession may say the same twice.
fn sorted(object: &Object) -> Vec<(&'static str, String)> {
    let mut relations: Vec<_> = object.relations.iter().map(|r| (r.kind.as_str(), r.target.to_string())).collect();
    relations.sort();
    relations.dedup();
    relations
}

impl Entries {
    fn push(&mut self, touched: &Touched<'_>, entry: Entry) {
        let object = touched.after.id.to_string();
        if touched.before.is_some() {
            self.known.push(object.clone());
        }
        let Entry { public_from, sort, terms, words } = entry;
        self.rows.push(Row { object, public_from, sort, terms, words: words.encoded() });
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let doing = "could not write the index of words";
        if !self.known.is_empty() {
            let sql = "delete from catalog_search where object = any($1)";
            sqlx::query(sql).bind(self.known).execute(&mut *tx).await.map_err(database(doing))?;
        }
        let rows = self.rows.iter().map(|row| {
            let Row { object, public_from, sort, terms, words } = row;
            [
                Field::Text(object),
                Field::bigint(*public_from),
                Field::Bytes(sort),
                Field::Bytes(terms),
                Field::Bytes(words),
            ]
        });
        copy(tx, "catalog_search (object, public_from, sort, terms, words)", copy::rows(rows), doing).await
    }
}

impl Terms {
    fn from_uses(mut uses: Vec<Use>) -> Self {
        uses.sort_unstable_by(|a, b| a.term.cmp(&b.term));
        let mut rows = Self::default();
        // Two values with the same number would be one term; the one first in the alphabet would name it.
        for same in uses.chunk_by(|a, b| a.term.id == b.term.id) {
            let public: i64 = same.iter().map(|change| change.public).sum();
            let all: i64 = same.iter().map(|change| change.all).sum();
            if (public, all) == (0, 0) {
                continue;
            }
            rows.id.push(same[0].term.id);
            rows.facet.push(same[0].term.facet);
            rows.value.push(same[0].term.value.clone());
            rows.uses_public.push(public);
            rows.uses_all.push(all);
        }
        rows
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        if self.id.is_empty() {
            return Ok(());
        }
        let sql = "insert into catalog_term as known (id, facet, value, uses_public, uses_all)
            select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
            on conflict (id) do update set uses_public = known.uses_public + excluded.uses_public,
                uses_all = known.uses_all + excluded.uses_all";
        let query = sqlx::query(sql).bind(self.id).bind(self.facet).bind(self.value);
        let query = query.bind(self.uses_public).bind(self.uses_all);
        query.execute(tx).await.map_err(database("could not count the values of facets"))?;
        Ok(())
    }
}
