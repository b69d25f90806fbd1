//! What people say of images, and the text that stands on them: as it is, as it was, and by its words.
//!
//! One versioned row a change of an annotation or a transcript; the index of words knows only what stands. Who may see it
//! is decided by callers, through the object: nothing here is asked for but by the object that it belongs to.

mod fold;
mod read;
mod sought;
mod text;

use async_trait::async_trait;
use fonds_schemas::Sha256;

pub use read::{
    Found, Hit, Mark, Said, Source, Term, Transcript, annotation, line, marks, of_file, of_object, search, sources,
    terms, transcript,
};
pub use sought::{BadQuestion, PARTS_MAX, QUESTION_BYTES_MAX, Sought};

use crate::catalog::begin;
use crate::{Batch, Projection, ProjectionError, Stores, database, position};

/// The name of this projection.
pub const NAME: &str = "annotations";
/// Moves on with the tables, the analysis of words and the shape of rows.
const CODE_VERSION: u32 = 1;
/// The motivation of a line of text in the index: what IIIF calls it.
pub const SUPPLEMENTING: &str = "supplementing";

/// The projection.
pub struct Annotations;

/// Tables. In `annotations_text`, `source` is an annotation, or nothing where the row is a line of a transcript, which
/// `line` numbers from 1.
const TABLES: &[&str] = &[
    "create table if not exists annotations_annotation (
        annotation text not null, from_seq bigint not null, to_seq bigint, object text not null, file text not null,
        agent text not null, created_at bigint not null, modified_at bigint not null, doc text not null,
        primary key (annotation, from_seq))",
    "create table if not exists annotations_transcript (
        file text not null, from_seq bigint not null, to_seq bigint, object text not null,
        agent text not null, created_at bigint not null, modified_at bigint not null, lines bigint not null,
        source text, doc text not null, primary key (file, from_seq))",
    "create table if not exists annotations_text (
        object text not null, file text not null, source text not null, line bigint not null,
        motivation text not null, language text, doc text not null, words tsvector not null, primary key (file, source, line))",
];

const INDEXES: &[&str] = &[
    "create index if not exists annotations_annotation_object on annotations_annotation (object, file)
        where to_seq is null",
    "create index if not exists annotations_transcript_object on annotations_transcript (object, file)",
    "create index if not exists annotations_text_object on annotations_text (object)",
    "create index if not exists annotations_text_words on annotations_text using gin (words)",
];

#[async_trait]
impl Projection for Annotations {
    fn name(&self) -> &'static str {
        NAME
    }

    fn code_version(&self) -> u32 {
        CODE_VERSION
    }

    async fn create(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in TABLES {
            sqlx::query(*sql).execute(&stores.pg).await.map_err(database("could not make a table of annotations"))?;
        }
        position::create(stores, NAME, CODE_VERSION).await
    }

    async fn index(&self, stores: &Stores) -> Result<(), ProjectionError> {
        for sql in INDEXES {
            sqlx::query(*sql).execute(&stores.pg).await.map_err(database("could not make an index of annotations"))?;
        }
        position::analyze(&stores.pg, &["annotations_annotation", "annotations_transcript", "annotations_text"]).await
    }

    async fn position(&self, stores: &Stores) -> Result<u64, ProjectionError> {
        position::applied(&stores.pg, NAME).await
    }

    async fn apply(&self, stores: &Stores, batch: &Batch) -> Result<(), ProjectionError> {
        // Reading texts is the longer half of the work, and nothing waits for it inside the transaction.
        let steps = fold::steps(batch, &stores.language)?;
        let mut tx = begin(&stores.pg).await?;
        for step in &steps {
            step.take(&mut tx).await?;
        }
        position::advance(&mut tx, NAME, batch.from, batch.to()).await?;
        tx.commit().await.map_err(database("could not commit a batch of annotations"))
    }

    async fn digest(&self, stores: &Stores) -> Result<Sha256, ProjectionError> {
        let mut all = Vec::new();
        for (table, columns, order) in [
            (
                "annotations_annotation",
                "annotation, from_seq, to_seq, object, file, agent, created_at, modified_at, doc",
                "annotation, from_seq",
            ),
            (
                "annotations_transcript",
                "file, from_seq, to_seq, object, agent, created_at, modified_at, lines, source, doc",
                "file, from_seq",
            ),
            ("annotations_text", "object, file, source, line, motivation, language, doc, words", "file, source, line"),
        ] {
            all.extend_from_slice(position::table_digest(&stores.pg, table, columns, order).await?.as_bytes());
        }
        Ok(Sha256::of(&all))
    }
}
