//! The small collection of `fonds demo`: made by arithmetic, taken in by the same ingest as everything else, then
//! edited a little so that there is a history to look at. All of it can be done again without doing anything twice.

mod drawing;
mod thing;
mod things;

use std::path::{Path, PathBuf};

use fonds_schemas::event::BatchKind;
use fonds_schemas::object::BadHistory;
use fonds_schemas::{Access, AgentKind, BatchId, Language, Object, ObjectId, Property, Statement, Stream};

use crate::archive::Archive;
use crate::commands::{Acting, CommandError};
use crate::ingest::{IngestError, Progress, Report, Request, ingest};
use crate::ledger::LedgerError;

/// The folder in the data directory in which the source of the demo lies.
pub const FOLDER: &str = "demo-source";

/// The namespace of the collection's identifiers; `profiles/demo.toml` says the same.
pub const NAMESPACE: &str = "demo";

/// Quality of the pictures that are written as JPEG.
const JPEG_QUALITY: u8 = 90;

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file of its source could not be written.
    #[error("could not write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It could not be taken in.
    #[error("could not take in the demo collection")]
    Ingest(#[from] Box<IngestError>),
    /// A command was refused.
    #[error("could not edit the demo collection")]
    Command(#[from] CommandError),
    /// The ledger could not be read.
    #[error("could not read what the demo collection is")]
    Ledger(#[from] LedgerError),
    /// A history cannot be folded.
    #[error("could not read what the demo collection is")]
    History(#[from] BadHistory),
    /// A language or property of an edit is wrong.
    #[error("the demo itself says what cannot be said: {0}")]
    Statement(String),
    /// The thread that draws ended early.
    #[error("the thread that draws ended early")]
    Thread(#[from] tokio::task::JoinError),
}

/// An edit by hand: what is said anew of a thing, in place of what, and why.
struct Edit {
    identifier: &'static str,
    property: &'static str,
    language: Option<&'static str>,
    instead_of: Option<&'static str>,
    text: &'static str,
    reason: &'static str,
}

const EDITS: &[Edit] = &[
    Edit {
        identifier: "M",
        property: "note",
        language: Some("en"),
        instead_of: None,
        text: "The seam between the halves is best seen with the lamp on the left.",
        reason: "seen while photographing",
    },
    Edit {
        identifier: "A/2/1",
        property: "place",
        language: None,
        instead_of: Some("Island of Oss"),
        text: "Oss (imagined island)",
        reason: "so that nobody looks for it on a ship",
    },
    Edit {
        identifier: "T/1",
        property: "title",
        language: Some("en"),
        instead_of: Some("Twill with gold stripes"),
        text: "Twill with ochre stripes",
        reason: "looked at in daylight: ochre, not gold",
    },
];

/// What is withdrawn after it was public.
const WITHDRAWN: (&str, &str) = ("X/3", "given back to its owner");

/// Writes the source of the demo, table and pictures, into the folder; what is there stays as it is. Blocks.
pub fn make(folder: &Path) -> Result<(), DemoError> {
    let images = folder.join("images");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: std::io::Error| DemoError::Write { path, source: source.into() }
    };
    std::fs::create_dir_all(&images).map_err(failed(&images))?;
    for picture in things::ALL.iter().flat_map(|thing| thing.pictures) {
        let path = images.join(picture.name);
        if path.exists() {
            continue;
        }
        let drawn = drawing::draw(picture.motif, picture.width, picture.height, picture.seed);
        let bytes = encoded(&drawn, picture.name)
            .map_err(|source| DemoError::Write { path: path.clone(), source: source.into() })?;
        put(&path, &bytes).map_err(failed(&path))?;
    }
    let table = folder.join("objects.csv");
    let bytes = table_of_things().map_err(|source| DemoError::Write { path: table.clone(), source: source.into() })?;
    put(&table, &bytes).map_err(failed(&table))
}

/// Writes a file whole or not at all, so that a demo that was killed while drawing goes on with whole pictures.
fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, bytes)?;
    std::fs::rename(&unfinished, path)
}

fn encoded(drawn: &image::RgbImage, name: &str) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    if Path::new(name).extension().is_some_and(|ending| ending == "png") {
        drawn.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)?;
    } else {
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        drawn.write_with_encoder(encoder)?;
    }
    Ok(bytes)
}

fn table_of_things() -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(thing::COLUMNS.iter().chain(&["files"]))?;
    for thing in things::ALL {
        let cell = |column: &str| match column {
            "identifier" => thing.identifier,
            "level" => thing.level,
            "access" => thing.access,
            other => thing.cells.iter().find(|(name, _)| *name == other).map_or("", |(_, text)| text),
        };
        let files: Vec<_> = thing.pictures.iter().map(|picture| picture.name).collect();
        let files = files.join("|");
        table.write_record(thing::COLUMNS.iter().map(|column| cell(column)).chain([files.as_str()]))?;
    }
    table.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Makes the collection and takes it in; a second time adds no event. What it took in is durable, not yet findable.
pub async fn fill(archive: &Archive, progress: &Progress) -> Result<Report, DemoError> {
    let folder = archive.settings.data.join(FOLDER);
    let making = folder.clone();
    tokio::task::spawn_blocking(move || make(&making)).await??;
    let version = Some(env!("CARGO_PKG_VERSION"));
    let agent = archive.register_agent(AgentKind::Software, "fonds demo", version).await?;
    let request = Request {
        path: folder,
        map: Some("demo".to_owned()),
        namespace: None,
        label: Some("The demo collection".to_owned()),
        check: false,
        agent,
    };
    let report = ingest(archive, &request, progress).await.map_err(Box::new)?;
    edit(archive).await?;
    Ok(report)
}

/// What a person did to it afterwards.
async fn edit(archive: &Archive) -> Result<(), DemoError> {
    let person = archive.register_agent(AgentKind::Person, "Demo archivist", None).await?;
    let mut batch: Option<BatchId> = None;
    let mut described = 0u64;
    for edit in EDITS {
        let Some(object) = standing(archive, edit.identifier).await? else { continue };
        if object.values(edit.property).any(|statement| statement.text == edit.text) {
            continue;
        }
        let acting = Acting { agent: person, on_behalf_of: None, batch: open(archive, person, &mut batch).await? };
        let property = Property::parse(edit.property).map_err(|bad| DemoError::Statement(bad.to_string()))?;
        let language = edit.language.map(Language::parse).transpose();
        let language = language.map_err(|bad| DemoError::Statement(bad.to_string()))?;
        let asserted = vec![Statement { language, ..Statement::new(property, edit.text) }];
        let old = object.statements.iter().filter(|standing| {
            let statement = &standing.statement;
            statement.property.as_str() == edit.property && Some(statement.text.as_str()) == edit.instead_of
        });
        let retracted = old.map(|standing| standing.id).collect();
        let reason = Some(edit.reason.to_owned());
        let change = crate::commands::Edit { version: Some(object.version), asserted, retracted, reason };
        archive.describe(acting, object.id, change).await?;
        described += 1;
    }
    if let Some(object) = standing(archive, WITHDRAWN.0).await?
        && object.has_access(Access::Public)
    {
        let acting = Acting { agent: person, on_behalf_of: None, batch: open(archive, person, &mut batch).await? };
        archive.set_access(acting, object.id, Access::Withdrawn, WITHDRAWN.1.to_owned()).await?;
    }
    if let Some(batch) = batch {
        let counts = fonds_schemas::event::BatchCounts { described, ..Default::default() };
        archive.close_batch(Acting { agent: person, on_behalf_of: None, batch }, counts).await?;
    }
    Ok(())
}

/// The batch of the edits, opened with the first of them.
async fn open(
    archive: &Archive,
    person: fonds_schemas::AgentId,
    batch: &mut Option<BatchId>,
) -> Result<BatchId, CommandError> {
    if let Some(batch) = batch {
        return Ok(*batch);
    }
    let opened = archive.open_batch(person, BatchKind::Edit, "Corrections by hand", None, None).await?;
    *batch = Some(opened);
    Ok(opened)
}

/// The object as the ledger has it: the catalogue may still be folding what was just taken in.
async fn standing(archive: &Archive, identifier: &str) -> Result<Option<Object>, DemoError> {
    let id = ObjectId::derived(NAMESPACE, identifier);
    let mut object = None;
    for recorded in archive.ledger.stream(Stream::Object(id), None).await? {
        Object::fold(&mut object, &recorded)?;
    }
    Ok(object)
}
