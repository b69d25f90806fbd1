//! Taking an input in: chunks of planned objects are compared with what is there, and what is new is appended.
//!
//! Ids follow from the source, so a run that was killed is simply run again: what is there is found, the rest is
//! added. Chunks are decided one after another and their appends are queued in that order, so the ledger has the
//! objects in the order of the input, however many appends are on their way.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Instant;

use fonds_projections::ProjectionError;
use fonds_schemas::event::{BatchCounts, BatchKind};
use fonds_schemas::{AgentId, BatchId, Sha256};
use futures::{StreamExt as _, stream};
use tokio::sync::{OnceCell, mpsc};

use super::decide::Kinds;
use super::limits::{APPENDS_IN_FLIGHT, CHUNKS_AHEAD, LABEL_BYTES_MAX};
use super::problem::Problem;
use super::progress::Progress;
use super::reader::{BadInput, Chunk, Reader};
use super::report::Report;
use super::zip;
use crate::archive::Archive;
use crate::commands::{Acting, CommandError};
use crate::ledger::LedgerError;

/// What is to be taken in, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The table or folder.
    pub path: PathBuf,
    /// The mapping profile: the name of a shipped one or a file. Detected by the columns if not said.
    pub map: Option<String>,
    /// Whose numbering the identifiers are, in place of what the profile says.
    pub namespace: Option<String>,
    /// What people call the batch.
    pub label: Option<String>,
    /// Whether only to say what would happen.
    pub check: bool,
    /// Who acts.
    pub agent: AgentId,
}

/// Why an ingest stopped. What was appended before stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Nothing of the input can be read.
    #[error(transparent)]
    Input(#[from] BadInput),
    /// The archive could not say what is there.
    #[error("could not look up what is there already")]
    Projection(#[from] ProjectionError),
    /// The ledger could not say what was said before.
    #[error("could not read what was said before")]
    Ledger(#[from] LedgerError),
    /// The archive refused.
    #[error("could not {doing}; what was taken in before stays, and the next run goes on from there")]
    Command {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: CommandError,
    },
    /// The history of an object cannot be folded.
    #[error("the history of an object is not one that fonds writes")]
    History(#[from] fonds_schemas::object::BadHistory),
    /// A thread of the run ended early.
    #[error("a thread of the ingest ended early")]
    Thread(#[from] tokio::task::JoinError),
}

/// Names what was being done when the archive refused.
pub(super) fn command(doing: &'static str) -> impl FnOnce(CommandError) -> IngestError {
    move |source| IngestError::Command { doing, source }
}

/// What one chunk came to.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub counts: BatchCounts,
    pub files_unchanged: u64,
    pub rows: u64,
    pub problems: Vec<Problem>,
}

/// One run.
pub(crate) struct Run<'a> {
    pub archive: &'a Archive,
    pub request: &'a Request,
    pub source: String,
    pub profile: (String, Sha256),
    pub base: PathBuf,
    pub(super) kinds: Kinds,
    /// Why descriptions change, where more is to be said than what was read.
    pub reason: Option<String>,
    batch: OnceCell<BatchId>,
}

/// Takes an input in. When it returns, everything is durable; that projections have caught up is for the caller to
/// wait for.
pub async fn ingest(archive: &Archive, request: &Request, progress: &Progress) -> Result<Report, IngestError> {
    let started = Instant::now();
    let (map, namespace) = (request.map.clone(), request.namespace.clone());
    let unpacked = unpacked(archive, &request.path).await?;
    let path = unpacked.as_ref().map_or_else(|| request.path.clone(), |unpacked| unpacked.folder.clone());
    let opened = tokio::task::spawn_blocking(move || Reader::open(&path, map.as_deref(), namespace));
    let mut reader = opened.await??;
    if let Some(unpacked) = &unpacked {
        reader = reader.after(&unpacked.problems);
    }
    let run = Run {
        archive,
        request,
        source: reader.input.name.clone(),
        profile: (reader.profile.clone(), reader.profile_sha256),
        base: reader.input.base.clone(),
        kinds: Kinds::default(),
        reason: None,
        batch: OnceCell::new(),
    };
    let profile = run.profile.0.clone();
    let mut report = Report { source: run.source.clone(), profile, check: request.check, ..Report::default() };
    progress.begin(reader.bytes, &reader.bytes_read);
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let reading = tokio::task::spawn_blocking(move || reader.read(&sender));
    let chunks = stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|chunk| (chunk, receiver)));
    let decided = chunks.then(|chunk| run.decide(chunk));
    let mut done = pin!(decided.map(|decided| run.carry_out(decided)).buffered(APPENDS_IN_FLIGHT));
    while let Some(done) = done.next().await {
        add(&mut report, done?);
        progress.moved(&report);
    }
    report.unmapped = reading.await?;
    if let Some(batch) = run.batch.get() {
        report.batch = Some(*batch);
        let acting = Acting { agent: request.agent, on_behalf_of: None, batch: *batch };
        archive.close_batch(acting, report.counts).await.map_err(command("close the batch"))?;
    }
    progress.end();
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// The folder that a zip is one of, unpacked in the data directory; nothing, where the input is no zip.
async fn unpacked(archive: &Archive, path: &Path) -> Result<Option<zip::Unpacked>, IngestError> {
    let (path, folder) = (path.to_owned(), archive.settings.data.join("unpacked"));
    let file_bytes = archive.settings.limits.file_bytes;
    let unpack = move || if zip::is_zip(&path) { zip::unpack(&path, &folder, file_bytes).map(Some) } else { Ok(None) };
    let unpacked = tokio::task::spawn_blocking(unpack).await?;
    unpacked.map_err(|problem| IngestError::Input(BadInput::Unreadable(problem)))
}

fn add(report: &mut Report, done: Done) {
    report.rows += done.rows;
    report.files_unchanged += done.files_unchanged;
    let counts = &mut report.counts;
    counts.accessioned += done.counts.accessioned;
    counts.described += done.counts.described;
    counts.files += done.counts.files;
    counts.unchanged += done.counts.unchanged;
    // What was refused is counted by its problem.
    for problem in done.problems {
        report.note(problem);
    }
}

impl<'a> Run<'a> {
    /// A run over what comes from elsewhere, chunk by chunk; `reason` is why descriptions change.
    pub(crate) fn over(
        archive: &'a Archive,
        request: &'a Request,
        source: String,
        profile: (String, Sha256),
        reason: String,
    ) -> Self {
        let (base, kinds, batch) = (PathBuf::new(), Kinds::default(), OnceCell::new());
        Self { archive, request, source, profile, base, kinds, reason: Some(reason), batch }
    }

    /// Takes in a chunk. When it returns, what of it is new is durable.
    pub(crate) async fn take(&self, chunk: Chunk) -> Result<Done, IngestError> {
        let decided = self.decide(chunk).await;
        self.carry_out(decided).await
    }

    /// The batch, if it was opened.
    pub(crate) fn batch(&self) -> Option<BatchId> {
        self.batch.get().copied()
    }

    /// Who acts in which batch; the batch is opened with the first thing that is new, so that a run that finds nothing
    /// new leaves no trace.
    pub(crate) async fn acting(&self) -> Result<Acting, IngestError> {
        let request = self.request;
        let batch = self.batch.get_or_try_init(async || {
            let mut label = request.label.clone().unwrap_or_else(|| format!("Ingest of {}", self.source));
            // A name of a file may be longer than a label.
            label.truncate(label.floor_char_boundary(LABEL_BYTES_MAX));
            let profile = Some((self.profile.0.as_str(), self.profile.1));
            let opened = self.archive.open_batch(request.agent, BatchKind::Ingest, &label, Some(&self.source), profile);
            opened.await.map_err(command("open a batch"))
        });
        Ok(Acting { agent: request.agent, on_behalf_of: None, batch: *batch.await? })
    }
}
