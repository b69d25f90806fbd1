//! The files of the catalogue's objects: a row a file and a period, so that an event that stores one of ten thousand
//! writes one, and a version of the object names none.
//!
//! Where an object is read, its files are read with it, in the same statement: [`NOW`] and [`THEN`] are columns of a
//! query on `catalog_object`.

use std::collections::HashMap;

use fonds_schemas::{FileId, Files, ObjectId, StoredFile};
use sqlx::PgConnection;

use crate::copy::{self, Field, copy};
use crate::{Change, ProjectionError, database};

/// The table, with the key that folding and reading need.
pub(super) const TABLES: &[&str] = &[
    "create table if not exists catalog_file (
        object text not null, file text not null, from_seq bigint not null, to_seq bigint, stored text not null,
        primary key (object, file, from_seq))",
    "alter table catalog_file alter column stored set statistics 0",
];

/// Two columns: how many files the object has now, and the JSON array of them. Nothing is looked up where there is none.
pub(super) const NOW: &str = "files, case when files > 0 then (
    select '[' || string_agg(stored, ',') || ']' from catalog_file
    where catalog_file.object = catalog_object.object and catalog_file.to_seq is null) end";

/// The same for the object as it was when the ledger had `$2` for its last event.
pub(super) const THEN: &str = "files, case when files > 0 then (
    select '[' || string_agg(stored, ',') || ']' from catalog_file
    where catalog_file.object = catalog_object.object and catalog_file.from_seq <= $2
        and (catalog_file.to_seq is null or catalog_file.to_seq > $2)) end";

/// Reads the columns of [`NOW`] and [`THEN`].
pub(super) fn read(count: i64, text: Option<&str>) -> Result<Files, Box<dyn std::error::Error + Send + Sync>> {
    let files: Files = text.map(serde_json::from_str).transpose()?.unwrap_or_default();
    if files.len() as u64 != count.cast_unsigned() {
        return Err(format!("it has {count} files, of which {} are there", files.len()).into());
    }
    Ok(files)
}

/// The rows of a batch.
#[derive(Default)]
pub(super) struct Rows {
    new: Vec<Row>,
    /// The new row of each file that one of the batch's events stored and none took off.
    standing: HashMap<(ObjectId, FileId), usize>,
    closed: Closed,
}

struct Row {
    object: String,
    file: String,
    from_seq: i64,
    to_seq: Option<i64>,
    stored: String,
}

/// Rows in the table that end, a vector a column.
#[derive(Default)]
struct Closed {
    object: Vec<String>,
    file: Vec<String>,
    to_seq: Vec<i64>,
}

impl Rows {
    /// Reads what an event did to the files of its object.
    pub(super) fn push(&mut self, change: &Change, seq: i64) -> Result<(), ProjectionError> {
        let object = change.after.id;
        for file in change.files_gone() {
            self.close(object, file.file, seq);
        }
        for file in change.files_come() {
            self.open(object, file, seq)?;
        }
        Ok(())
    }

    fn close(&mut self, object: ObjectId, file: FileId, seq: i64) {
        if let Some(place) = self.standing.remove(&(object, file)) {
            self.new[place].to_seq = Some(seq);
            return;
        }
        self.closed.object.push(object.to_string());
        self.closed.file.push(file.to_string());
        self.closed.to_seq.push(seq);
    }

    fn open(&mut self, object: ObjectId, file: &StoredFile, seq: i64) -> Result<(), ProjectionError> {
        let id = file.file.to_string();
        let stored = serde_json::to_string(file);
        let stored =
            stored.map_err(|source| ProjectionError::Row { what: "file", id: id.clone(), source: source.into() })?;
        self.standing.insert((object, file.file), self.new.len());
        self.new.push(Row { object: object.to_string(), file: id, from_seq: seq, to_seq: None, stored });
        Ok(())
    }

    /// Writes the rows; those that end first, so that what is new is not taken for what was there.
    pub(super) async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let doing = "could not write the files of objects";
        let Self { new, closed, .. } = self;
        if !closed.object.is_empty() {
            let sql = "update catalog_file set to_seq = closed.seq
                from unnest($1::text[], $2::text[], $3::bigint[]) as closed (object, file, seq)
                where catalog_file.object = closed.object and catalog_file.file = closed.file and to_seq is null";
            let query = sqlx::query(sql).bind(closed.object).bind(closed.file).bind(closed.to_seq);
            query.execute(&mut *tx).await.map_err(database(doing))?;
        }
        let rows = new.iter().map(|row| {
            [
                Field::Text(&row.object),
                Field::Text(&row.file),
                Field::Bigint(row.from_seq),
                Field::bigint(row.to_seq),
                Field::Text(&row.stored),
            ]
        });
        copy(tx, "catalog_file (object, file, from_seq, to_seq, stored)", copy::rows(rows), doing).await
    }
}
