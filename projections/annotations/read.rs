//! What is read of annotations and transcripts: by object, by image, and by their words.

use fonds_schemas::event::{Annotated, Transcribed};
use fonds_schemas::{AgentId, AnnotationId, FileId, Language, Line, ObjectId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

use super::sought::Sought;
use crate::search::ask::quoted;
use crate::search::words::{folded, pieces};
use crate::{ProjectionError, database};

/// Annotations in one answer: commands let no more stand on one object.
const ANNOTATIONS_MAX: i64 = 10_000;
/// Texts that are looked through to complete a word.
const TEXTS_MAX: i64 = 20_000;

/// An annotation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What is said.
    pub body: Annotated,
    /// Who says it.
    pub agent: AgentId,
    /// When it was first said.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
    /// The event that it stands by.
    pub seq: u64,
}

/// A transcript as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The text.
    pub body: Transcribed,
    /// Who read it.
    pub agent: AgentId,
    /// When the image was first read.
    pub created_at: Timestamp,
    /// When it was last read.
    pub modified_at: Timestamp,
    /// The event that it stands by.
    pub seq: u64,
}

/// What there is of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The image.
    pub file: FileId,
    /// Whether a text stands on it; else something is said of it.
    pub is_text: bool,
}

/// Where a hit comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Something said.
    Annotation(Box<Said>),
    /// A line of text, and its number from 1.
    Line(u32, Line),
}

/// A line or an annotation that answers a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// On which object.
    pub object: ObjectId,
    /// Of which image.
    pub file: FileId,
    /// Who says it, or read it.
    pub agent: AgentId,
    /// The language of the text.
    pub language: Option<Language>,
    /// What it is.
    pub source: Source,
}

/// A page of hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many there are in all.
    pub total: u64,
    /// Those of this page.
    pub hits: Vec<Hit>,
}

/// A word that a question can be completed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The word, without case and accents.
    pub word: String,
    /// In how many lines and annotations it is.
    pub count: u64,
}

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

fn wrong(what: &'static str, id: &str) -> impl FnOnce(Unreadable) -> ProjectionError {
    let id = id.to_owned();
    move |source| ProjectionError::Row { what, id, source }
}

/// The annotation of that name as it stands, whoever asks: callers decide by the object that it is on.
pub async fn annotation(pg: &PgPool, id: AnnotationId) -> Result<Option<Said>, ProjectionError> {
    let sql = "select doc, agent, created_at, modified_at, from_seq, annotation from annotations_annotation
        where annotation = $1 and to_seq is null";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(pg).await;
    row.map_err(database("could not find an annotation"))?.as_ref().map(said).transpose()
}

/// What is said of the images of an object, whoever asks: oldest first, image by image.
pub async fn of_object(pg: &PgPool, object: ObjectId) -> Result<Vec<Said>, ProjectionError> {
    let sql = "select doc, agent, created_at, modified_at, from_seq, annotation from annotations_annotation
        where object = $1 and to_seq is null order by file, created_at, annotation limit $2";
    let rows = sqlx::query(sql).bind(object.to_string()).bind(ANNOTATIONS_MAX).fetch_all(pg).await;
    rows.map_err(database("could not list the annotations of an object"))?.iter().map(said).collect()
}

/// What is said of one image of an object, whoever asks: oldest first.
pub async fn of_file(pg: &PgPool, object: ObjectId, file: FileId) -> Result<Vec<Said>, ProjectionError> {
    let sql = "select doc, agent, created_at, modified_at, from_seq, annotation from annotations_annotation
        where object = $1 and file = $2 and to_seq is null order by created_at, annotation limit $3";
    let query = sqlx::query(sql).bind(object.to_string()).bind(file.to_string()).bind(ANNOTATIONS_MAX);
    let rows = query.fetch_all(pg).await.map_err(database("could not list the annotations of an image"))?;
    rows.iter().map(said).collect()
}

fn said(row: &PgRow) -> Result<Said, ProjectionError> {
    let read = || -> Result<Said, Unreadable> {
        Ok(Said {
            body: serde_json::from_str(row.get(0))?,
            agent: row.get::<&str, _>(1).parse()?,
            created_at: Timestamp::from_micros(row.get(2)),
            modified_at: Timestamp::from_micros(row.get(3)),
            seq: row.get::<i64, _>(4).unsigned_abs(),
        })
    };
    read().map_err(wrong("annotation", row.get(5)))
}

/// The text of an image as it stands, whoever asks.
pub async fn transcript(pg: &PgPool, file: FileId) -> Result<Option<Transcript>, ProjectionError> {
    let sql = "select doc, agent, created_at, modified_at, from_seq from annotations_transcript
        where file = $1 and to_seq is null";
    let row = sqlx::query(sql).bind(file.to_string()).fetch_optional(pg).await;
    let row = row.map_err(database("could not find a transcript"))?;
    let read = |row: &PgRow| -> Result<Transcript, Unreadable> {
        Ok(Transcript {
            body: serde_json::from_str(row.get(0))?,
            agent: row.get::<&str, _>(1).parse()?,
            created_at: Timestamp::from_micros(row.get(2)),
            modified_at: Timestamp::from_micros(row.get(3)),
            seq: row.get::<i64, _>(4).unsigned_abs(),
        })
    };
    row.as_ref().map(|row| read(row).map_err(wrong("transcript", &file.to_string()))).transpose()
}

/// The files that transcripts of an object were read from, those that no longer stand too.
pub async fn sources(pg: &PgPool, object: ObjectId) -> Result<Vec<FileId>, ProjectionError> {
    let sql = "select distinct source from annotations_transcript where object = $1 and source is not null";
    let rows = sqlx::query_scalar::<_, String>(sql).bind(object.to_string()).fetch_all(pg).await;
    let rows = rows.map_err(database("could not find out what transcripts were read from"))?;
    rows.iter()
        .map(|row| row.parse().map_err(|bad: fonds_schemas::ids::BadId| wrong("file", row)(bad.into())))
        .collect()
}

/// One line of the text of an image, by its number from 1, whoever asks.
pub async fn line(pg: &PgPool, file: FileId, number: u32) -> Result<Option<Hit>, ProjectionError> {
    let sql = "select text.object, file, language, text.source, line, text.doc, agent
        from annotations_text as text join annotations_transcript as read using (file)
        where file = $1 and text.source = '' and line = $2 and read.to_seq is null";
    let row = sqlx::query(sql).bind(file.to_string()).bind(i64::from(number)).fetch_optional(pg).await;
    let row = row.map_err(database("could not find a line"))?;
    row.as_ref().map(|row| hit(row).map_err(wrong("line", &file.to_string()))).transpose()
}

/// Which images of an object have a text, and of which something is said.
pub async fn marks(pg: &PgPool, object: ObjectId) -> Result<Vec<Mark>, ProjectionError> {
    let sql = "select distinct file, false from annotations_annotation where object = $1 and to_seq is null
        union all
        select file, true from annotations_transcript where object = $1 and to_seq is null and lines > 0";
    let rows = sqlx::query(sql).bind(object.to_string()).fetch_all(pg).await;
    let rows = rows.map_err(database("could not find out which images are annotated"))?;
    let read = |row: &PgRow| -> Result<Mark, Unreadable> {
        Ok(Mark { file: row.get::<&str, _>(0).parse()?, is_text: row.get(1) })
    };
    rows.iter().map(|row| read(row).map_err(wrong("mark", &object.to_string()))).collect()
}

/// Lines and annotations on these images of an object that answer the question, in the order of the images; whoever
/// asks. `motivations` are those that a hit may have; `None` for any.
pub async fn search(
    pg: &PgPool,
    object: ObjectId,
    files: &[FileId],
    sought: &Sought,
    motivations: Option<&[&str]>,
    (skip, limit): (u32, u32),
) -> Result<Found, ProjectionError> {
    if sought.is_impossible() {
        return Ok(Found::default());
    }
    let doing = "could not search the texts of an object";
    let condition = (!sought.is_everything()).then(|| sought.condition());
    let files: Vec<String> = files.iter().map(FileId::to_string).collect();
    // Planned each time: a plan for any question would not know how few rows this one finds.
    let sql = "select count(*) from annotations_text where object = $1 and file = any($2)
        and ($3::text is null or words @@ $3::tsquery) and ($4::text[] is null or motivation = any($4))";
    let query = sqlx::query(sql).bind(object.to_string()).bind(&files).bind(&condition).bind(motivations);
    let row = query.persistent(false).fetch_one(pg).await.map_err(database(doing))?;
    let total = row.get::<i64, _>(0).unsigned_abs();
    if total <= u64::from(skip) {
        return Ok(Found { total, hits: Vec::new() });
    }
    let sql = "select hit.object, hit.file, language, hit.source, line, hit.doc, coalesce(said.agent, read.agent),
            said.created_at, said.modified_at, said.from_seq
        from (select annotations_text.*, place from annotations_text
            join unnest($2::text[]) with ordinality as shown (file, place) using (file)
            where object = $1 and ($3::text is null or words @@ $3::tsquery)
                and ($4::text[] is null or motivation = any($4))
            order by place, source, line offset $5 limit $6) as hit
        left join annotations_annotation as said on said.annotation = hit.source and said.to_seq is null
        left join annotations_transcript as read on hit.source = '' and read.file = hit.file and read.to_seq is null
        order by place, hit.source, line";
    let query = sqlx::query(sql).bind(object.to_string()).bind(&files).bind(&condition).bind(motivations);
    let query = query.bind(i64::from(skip)).bind(i64::from(limit)).persistent(false);
    let rows = query.fetch_all(pg).await.map_err(database(doing))?;
    let hits = rows.iter().map(|row| hit(row).map_err(wrong("text", row.get(1)))).collect::<Result<_, _>>()?;
    Ok(Found { total, hits })
}

fn hit(row: &PgRow) -> Result<Hit, Unreadable> {
    let agent = row.get::<&str, _>(6).parse()?;
    let source = if row.get::<&str, _>(3).is_empty() {
        Source::Line(u32::try_from(row.get::<i64, _>(4))?, serde_json::from_str(row.get(5))?)
    } else {
        Source::Annotation(Box::new(Said {
            body: serde_json::from_str(row.get(5))?,
            agent,
            created_at: Timestamp::from_micros(row.get(7)),
            modified_at: Timestamp::from_micros(row.get(8)),
            seq: row.get::<i64, _>(9).unsigned_abs(),
        }))
    };
    let language = row.get::<Option<&str>, _>(2).map(Language::parse).transpose()?;
    Ok(Hit { object: row.get::<&str, _>(0).parse()?, file: row.get::<&str, _>(1).parse()?, agent, language, source })
}

/// Words of the texts on these images that begin so, in the order of their letters, each with in how many lines and
/// annotations it is, and those alone that are in at least `least`. In texts longer than a shelf of books, some of them.
pub async fn terms(
    pg: &PgPool,
    object: ObjectId,
    files: &[FileId],
    beginning: &str,
    motivations: Option<&[&str]>,
    (least, limit): (u32, u32),
) -> Result<Vec<Term>, ProjectionError> {
    let read = pieces(beginning, 2);
    let [piece] = read.as_slice() else { return Ok(Vec::new()) };
    let prefix = folded(std::slice::from_ref(piece));
    if prefix.is_empty() {
        return Ok(Vec::new());
    }
    let files: Vec<String> = files.iter().map(FileId::to_string).collect();
    let sql = "select lexeme collate \"C\", count(*) from (
            select words from annotations_text where object = $1 and file = any($2) and words @@ $3::tsquery
                and ($4::text[] is null or motivation = any($4)) limit $5) as texts
        cross join lateral unnest(words) as word
        where starts_with(lexeme, $6) group by 1 having count(*) >= $7 order by 1 limit $8";
    let query = sqlx::query(sql).bind(object.to_string()).bind(files).bind(format!("{}:*", quoted(&prefix)));
    let query = query.bind(motivations).bind(TEXTS_MAX).bind(prefix).bind(i64::from(least)).bind(i64::from(limit));
    let rows = query.persistent(false).fetch_all(pg).await;
    let rows = rows.map_err(database("could not complete a word from the texts of an object"))?;
    Ok(rows.iter().map(|row| Term { word: row.get(0), count: row.get::<i64, _>(1).unsigned_abs() }).collect())
}
