//! What a batch writes: each event is a step, made from its text first and then taken in the transaction.

use fonds_schemas::event::{Annotated, AnnotationRetracted, Transcribed};
use fonds_schemas::{Envelope, Event};
use serde::Serialize;
use sqlx::PgConnection;

use super::SUPPLEMENTING;
use super::text::{Token, line_tokens, tokens, vector};
use crate::copy::{self, Field, copy};
use crate::search::words::Lexicon;
use crate::{Batch, ProjectionError, database};

/// One event's part in the tables.
pub(super) enum Step {
    Annotated(Version),
    Retracted { annotation: String, seq: i64 },
    Transcribed(Version),
}

/// A version of an annotation or a transcript, and what it is found by.
pub(super) struct Version {
    /// The annotation; nothing for a transcript.
    source: String,
    seq: i64,
    object: String,
    file: String,
    agent: String,
    at: i64,
    doc: String,
    language: Option<String>,
    /// The file that a transcript was read from.
    read_from: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    line: i64,
    motivation: &'static str,
    doc: String,
    words: Vec<u8>,
}

/// The steps of a batch, in the order of its events.
pub(super) fn steps(batch: &Batch, language: &str) -> Result<Vec<Step>, ProjectionError> {
    let mut lexicon = Lexicon::with_untagged(language);
    let mut steps = Vec::new();
    for recorded in &batch.events {
        let envelope = &recorded.envelope;
        match &recorded.event {
            Some(Event::Annotated(body)) => steps.push(annotated(envelope, body, &mut lexicon)?),
            Some(Event::AnnotationRetracted(body)) => steps.push(retracted(envelope, body)),
            Some(Event::Transcribed(body)) => steps.push(transcribed(envelope, body, &mut lexicon)?),
            // An erased body says nothing: what was said before stands. Whether a file or an object is shown is asked
            // when somebody reads. The others say nothing of images.
            None
            | Some(
                Event::LedgerOpened(_)
                | Event::AgentRegistered(_)
                | Event::BatchOpened(_)
                | Event::BatchClosed(_)
                | Event::Accessioned(_)
                | Event::Described(_)
                | Event::Related(_)
                | Event::FileStored(_)
                | Event::FileDetached(_)
                | Event::Arranged(_)
                | Event::AccessSet(_)
                | Event::EmbargoLapsed(_)
                | Event::PublicationMarked(_)
                | Event::TokenIssued(_)
                | Event::TokenRevoked(_)
                | Event::Harvested(_),
            ) => {}
        }
    }
    Ok(steps)
}

fn annotated(envelope: &Envelope, body: &Annotated, lexicon: &mut Lexicon) -> Result<Step, ProjectionError> {
    let language = body.language.as_ref().map(fonds_schemas::Language::primary);
    let doc = doc(body, envelope)?;
    let words = words(&tokens(&body.text), language.as_deref(), lexicon);
    let row = Row { line: 0, motivation: body.motivation.as_str(), doc: doc.clone(), words };
    Ok(Step::Annotated(Version {
        source: body.annotation.to_string(),
        seq: envelope.seq.cast_signed(),
        object: body.object.to_string(),
        file: body.file.to_string(),
        agent: envelope.agent.to_string(),
        at: envelope.recorded_at.micros(),
        doc,
        language: body.language.clone().map(String::from),
        read_from: None,
        rows: vec![row],
    }))
}

fn retracted(envelope: &Envelope, body: &AnnotationRetracted) -> Step {
    Step::Retracted { annotation: body.annotation.to_string(), seq: envelope.seq.cast_signed() }
}

fn transcribed(envelope: &Envelope, body: &Transcribed, lexicon: &mut Lexicon) -> Result<Step, ProjectionError> {
    let language = body.language.as_ref().map(fonds_schemas::Language::primary);
    let mut rows = Vec::with_capacity(body.lines.len());
    for (number, line) in (1i64..).zip(&body.lines) {
        let words = words(&line_tokens(line), language.as_deref(), lexicon);
        rows.push(Row { line: number, motivation: SUPPLEMENTING, doc: doc(line, envelope)?, words });
    }
    Ok(Step::Transcribed(Version {
        source: String::new(),
        seq: envelope.seq.cast_signed(),
        object: body.object.to_string(),
        file: body.file.to_string(),
        agent: envelope.agent.to_string(),
        at: envelope.recorded_at.micros(),
        doc: doc(body, envelope)?,
        language: body.language.clone().map(String::from),
        read_from: body.source.map(|file| file.to_string()),
        rows,
    }))
}

fn words(tokens: &[Token], language: Option<&str>, lexicon: &mut Lexicon) -> Vec<u8> {
    vector(tokens, language, lexicon)
}

/// What was said as JSON. Commands refuse NUL in it, which PostgreSQL does not keep; JSON writes it as an escape anyway.
fn doc(said: &impl Serialize, envelope: &Envelope) -> Result<String, ProjectionError> {
    serde_json::to_string(said).map_err(|source| ProjectionError::Row {
        what: "annotation or transcript",
        id: envelope.event_id.to_string(),
        source: source.into(),
    })
}

impl Step {
    /// Writes it.
    pub(super) async fn take(&self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        match self {
            Self::Annotated(version) => {
                close_annotation(tx, &version.source, version.seq).await?;
                let doing = "could not write an annotation";
                // It keeps the moment at which it was first said.
                let sql = "insert into annotations_annotation
                        (annotation, from_seq, object, file, agent, created_at, modified_at, doc)
                    select $1, $2, $3, $4, $5, coalesce(min(created_at), $6), $6, $7
                    from annotations_annotation where annotation = $1";
                let query = sqlx::query(sql).bind(&version.source).bind(version.seq).bind(&version.object);
                let query = query.bind(&version.file).bind(&version.agent).bind(version.at).bind(&version.doc);
                query.execute(&mut *tx).await.map_err(database(doing))?;
                version.write_texts(tx).await
            }
            Self::Retracted { annotation, seq } => close_annotation(tx, annotation, *seq).await,
            Self::Transcribed(version) => {
                let doing = "could not write a transcript";
                let sql = "update annotations_transcript set to_seq = $2 where file = $1 and to_seq is null";
                let closed = sqlx::query(sql).bind(&version.file).bind(version.seq).execute(&mut *tx).await;
                closed.map_err(database(doing))?;
                let sql = "delete from annotations_text where file = $1 and source = ''";
                sqlx::query(sql).bind(&version.file).execute(&mut *tx).await.map_err(database(doing))?;
                let sql = "insert into annotations_transcript
                        (file, from_seq, object, agent, created_at, modified_at, lines, source, doc)
                    select $1, $2, $3, $4, coalesce(min(created_at), $5), $5, $6, $7, $8
                    from annotations_transcript where file = $1";
                let lines = i64::try_from(version.rows.len()).unwrap_or(i64::MAX);
                let query = sqlx::query(sql).bind(&version.file).bind(version.seq).bind(&version.object);
                let query =
                    query.bind(&version.agent).bind(version.at).bind(lines).bind(&version.read_from).bind(&version.doc);
                query.execute(&mut *tx).await.map_err(database(doing))?;
                version.write_texts(tx).await
            }
        }
    }
}

async fn close_annotation(tx: &mut PgConnection, annotation: &str, seq: i64) -> Result<(), ProjectionError> {
    let doing = "could not close a version of an annotation";
    // The file of the row leads to its text, whose key begins with it.
    let sql = "with closed as (update annotations_annotation set to_seq = $2
            where annotation = $1 and to_seq is null returning file)
        delete from annotations_text using closed
        where annotations_text.file = closed.file and source = $1 and line = 0";
    sqlx::query(sql).bind(annotation).bind(seq).execute(tx).await.map_err(database(doing))?;
    Ok(())
}

impl Version {
    async fn write_texts(&self, tx: &mut PgConnection) -> Result<(), ProjectionError> {
        let rows = self.rows.iter().map(|row| {
            [
                Field::Text(&self.object),
                Field::Text(&self.file),
                Field::Text(&self.source),
                Field::Bigint(row.line),
                Field::Text(row.motivation),
                Field::text(self.language.as_deref()),
                Field::Text(&row.doc),
                Field::Bytes(&row.words),
            ]
        });
        let table = "annotations_text (object, file, source, line, motivation, language, doc, words)";
        copy(tx, table, copy::rows(rows), "could not write the words of images").await
    }
}
