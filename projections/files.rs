//! Which file lies where, and on which object.
//!
//! A row carries the standing of its object, kept up with it, so that whoever asks for a file is answered by one probe.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use fonds_schemas::{FileId, Object, ObjectId, Sha256, Standing, StoredFile};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};

use crate::catalog::begin;
use crate::{Batch, Projection, ProjectionError, Stores, database, position};

/// The name of the projection.
pub const NAME: &str = "files";
const CODE_VERSION: u32 = 2;
/// Places of the same bytes in one answer.
const PLACES_MAX: i64 = 1_000;

/// The projection.
pub struct Files;

#[async_trait]
impl Projection for Files {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        let doing = "could not make the table of files";
        let sql = "create table if not exists files_file (
            file text primary key, object text not null, sha256 text not null, bytes bigint not null,
            standing text not null, stored text not null, seq bigint not null)";
        sqlx::query(sql).execute(&stores.pg).await.map_err(database(doing))?;
        // Not only for readers: changes of access find their files by it.
        let sql = "create index if not exists files_file_object on files_file (object)";
        sqlx::query(sql).execute(&stores.pg).await.map_err(database(doing))?;
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError> {
        let sql = "create index if not exists files_file_sha256 on files_file (sha256)";
        sqlx::query(sql).execute(&stores.pg).await.map_err(database("could not make an index of files"))?;
        // For whoever makes something of every file, in the order in which they came.
        let sql = "create index if not exists files_file_seq on files_file (seq)";
        sqlx::query(sql).execute(&stores.pg).await.map_err(database("could not make an index of files"))?;
        Ok(())
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        let mut tx = begin(&stores.pg).await?;
        let touched = touched(batch);
        let gone: Vec<String> = touched.iter().flat_map(Touched::gone).map(FileId::to_string).collect();
        if !gone.is_empty() {
            let sql = "delete from files_file where file = any($1)";
            let done = sqlx::query(sql).bind(gone).execute(&mut *tx).await;
            done.map_err(database("could not take files off"))?;
        }
        Placements::of(&touched)?.write(&mut tx).await?;
        position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
        tx.commit().await.map_err(database("could not commit a batch of files"))
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        position::table_digest(&stores.pg, "files_file", "file, object, sha256, bytes, standing, stored, seq", "file")
            .await
    }
}

/// An object of a batch: its standing before, how it is after, and the files that came, changed or went, each with the
/// last event that did so. What stayed as it was is not written again: there can be ten thousand of them.
struct Touched<'a> {
    before: Option<Standing>,
    after: &'a Object,
    moved: BTreeMap<FileId, u64>,
}

fn touched(batch: &Batch) -> Vec<Touched<'_>> {
    let mut touched: Vec<Touched<'_>> = Vec::new();
    let mut places: HashMap<ObjectId, usize> = HashMap::new();
    for change in &batch.changes {
        let place = *places.entry(change.after.id).or_insert(touched.len());
        if place == touched.len() {
            let before = change.before.as_deref().map(|before| before.standing);
            touched.push(Touched { before, after: &change.after, moved: BTreeMap::new() });
        }
        let object = &mut touched[place];
        object.after = &change.after;
        let seq = batch.event_of(change).envelope.seq;
        object.moved.extend(change.files_gone().chain(change.files_come()).map(|file| (file.file, seq)));
    }
    touched
}

impl<'a> Touched<'a> {
    fn gone(&self) -> impl Iterator<Item = &FileId> {
        self.moved.keys().filter(|file| self.after.file(**file).is_none())
    }

    /// The files whose rows are written: all of them where the standing changed, which each row carries.
    fn written(&self) -> Vec<&'a StoredFile> {
        let after = self.after;
        if self.before == Some(after.standing) {
            return self.moved.keys().filter_map(|file| after.file(*file)).collect();
        }
        after.files.iter().collect()
    }
}

/// Rows, a vector a column.
#[derive(Default)]
struct Placements {
    file: Vec<String>,
    object: Vec<String>,
    sha256: Vec<String>,
    bytes: Vec<i64>,
    standing: Vec<String>,
    stored: Vec<String>,
    seq: Vec<i64>,
}

impl Placements {
    fn of(touched: &[Touched<'_>]) -> Result<Self, ProjectionError> {
        let mut rows = Self::default();
        for one in touched {
            let object = one.after;
            for file in one.written() {
                let wrong = |source: serde_json::Error| ProjectionError::Row {
                    what: "file",
                    id: file.file.to_string(),
                    source: source.into(),
                };
                rows.standing.push(serde_json::to_string(&object.standing).map_err(wrong)?);
                rows.stored.push(serde_json::to_string(file).map_err(wrong)?);
                rows.file.push(file.file.to_string());
                rows.object.push(object.id.to_string());
                rows.sha256.push(file.sha256.to_string());
                rows.bytes.push(file.bytes.cast_signed());
                // 0: an event before this batch, whose row is there already.
                rows.seq.push(one.moved.get(&file.file).copied().unwrap_or_default().cast_signed());
            }
        }
        Ok(rows)
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        if self.file.is_empty() {
            return Ok(());
        }
        let sql = "insert into files_file as there (file, object, sha256, bytes, standing, stored, seq)
            select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
            on conflict (file) do update set standing = excluded.standing, stored = excluded.stored,
                seq = greatest(there.seq, excluded.seq)";
        let query = sqlx::query(sql).bind(self.file).bind(self.object).bind(self.sha256).bind(self.bytes);
        let query = query.bind(self.standing).bind(self.stored).bind(self.seq);
        query.execute(tx).await.map_err(database("could not write files"))?;
        Ok(())
    }
}

/// A file, the object that it is on, and who may see that.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The object.
    pub object: ObjectId,
    /// The standing of the object now.
    pub standing: Standing,
    /// The file.
    pub file: StoredFile,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files.
    pub files: u64,
    /// Their bytes, those of the same content on several objects counted for each.
    pub bytes: u64,
}

/// The file of that id, whoever asks: callers decide by `may`.
pub async fn find(pg: &PgPool, file: FileId) -> Result<Option<Placed>, ProjectionError> {
    let sql = "select object, standing, stored, file from files_file where file = $1";
    let row = sqlx::query(sql).bind(file.to_string()).fetch_optional(pg).await;
    row.map_err(database("could not find a file"))?.map(|row| read(&row)).transpose()
}

/// Every place of the bytes with that checksum, by id, whoever asks: callers decide by `may`.
pub async fn by_sha256(pg: &PgPool, sha256: &Sha256) -> Result<Vec<Placed>, ProjectionError> {
    let sql = "select object, standing, stored, file from files_file where sha256 = $1 order by file limit $2";
    let rows = sqlx::query(sql).bind(sha256.to_string()).bind(PLACES_MAX).fetch_all(pg).await;
    rows.map_err(database("could not find a file by its checksum"))?.iter().map(read).collect()
}

/// Files by id, after `after`, whoever may see them: for those who check that each is still what was deposited.
pub async fn page(pg: &PgPool, after: Option<FileId>, limit: u32) -> Result<Vec<Placed>, ProjectionError> {
    let sql = "select object, standing, stored, file from files_file where file > $1 order by file limit $2";
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(sql).bind(after).bind(i64::from(limit)).fetch_all(pg).await;
    rows.map_err(database("could not list the files"))?.iter().map(read).collect()
}

/// Files in the order of the events that stored them, behind the place `after` in the ledger, with those places: for
/// whoever makes something of every file.
pub async fn stored_after(pg: &PgPool, after: u64, limit: u32) -> Result<Vec<(u64, Placed)>, ProjectionError> {
    let sql = "select object, standing, stored, file, seq from files_file where seq > $1 order by seq limit $2";
    let rows = sqlx::query(sql).bind(after.cast_signed()).bind(i64::from(limit)).fetch_all(pg).await;
    let rows = rows.map_err(database("could not list the files that came last"))?;
    rows.iter().map(|row| Ok((row.get::<i64, _>(4).cast_unsigned(), read(row)?))).collect()
}

/// How many files came behind the place `after` in the ledger.
pub async fn count_after(pg: &PgPool, after: u64) -> Result<u64, ProjectionError> {
    let sql = "select count(*) from files_file where seq > $1";
    let row = sqlx::query(sql).bind(after.cast_signed()).fetch_one(pg).await;
    Ok(row.map_err(database("could not count the files that came last"))?.get::<i64, _>(0).unsigned_abs())
}

/// How much there is, whoever may see it: for those who run the archive.
pub async fn totals(pg: &PgPool) -> Result<Totals, ProjectionError> {
    let sql = "select count(*), coalesce(sum(bytes), 0)::bigint from files_file";
    let row = sqlx::query(sql).fetch_one(pg).await.map_err(database("could not count the files"))?;
    Ok(Totals { files: row.get::<i64, _>(0).unsigned_abs(), bytes: row.get::<i64, _>(1).unsigned_abs() })
}

fn read(row: &PgRow) -> Result<Placed, ProjectionError> {
    let read = || -> Result<Placed, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Placed {
            object: row.get::<&str, _>(0).parse()?,
            standing: serde_json::from_str(row.get(1))?,
            file: serde_json::from_str(row.get(2))?,
        })
    };
    read().map_err(|source| ProjectionError::Row { what: "file", id: row.get(3), source })
}
