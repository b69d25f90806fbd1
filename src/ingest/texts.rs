//! The text of images from ALTO files that lie beside them: `page 1.xml` or `page 1.alto.xml` beside `page 1.tif`, on
//! the same object. The files are kept as they came; what they say becomes the transcript of the image.

use std::collections::HashSet;

use fonds_projections::annotations;
use fonds_schemas::{Event, FileId, Files, ObjectId, StoredFile, Stream};
use fonds_workers::alto::{self, BadAlto};

use super::plan::PlannedFile;
use super::problem::{Place, Problem, chain, escape};
use super::run::{Done, IngestError, Run, command};
use crate::commands::{CommandError, Reading};

/// Bytes of an ALTO file that is read: what the API takes, too.
const ALTO_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Whether one of the files may be ALTO: others are not asked about.
pub(super) fn may_be_alto(files: &[PlannedFile]) -> bool {
    files.iter().any(|file| is_xml(&file.path))
}

impl Run<'_> {
    /// Reads the ALTO files of an object that no transcript was read from yet.
    pub(super) async fn texts(&self, object: ObjectId, place: &Place, done: &mut Done) -> Result<(), IngestError> {
        let now = match self.archive.object_now(object).await {
            Ok(now) => now,
            // Its row was refused.
            Err(CommandError::Refused(_)) => return Ok(()),
            Err(error) => return Err(command("read an object")(error)),
        };
        let mut beside = beside(&now.files);
        if beside.is_empty() {
            return Ok(());
        }
        let known = annotations::sources(&self.archive.stores.pg, object).await?;
        beside.retain(|(text, _)| !known.contains(&text.file));
        if beside.is_empty() {
            return Ok(());
        }
        // The tables may be behind the ledger: after a kill, or beside another ingest of the same source.
        let events = self.archive.ledger.stream(Stream::Object(object), None).await?;
        let sources = events.iter().filter_map(|recorded| match &recorded.event {
            Some(Event::Transcribed(body)) => body.source,
            Some(_) | None => None,
        });
        let known: HashSet<FileId> = sources.collect();
        for (text, image) in beside.into_iter().filter(|(text, _)| !known.contains(&text.file)) {
            if let Some(why) = self.text(object, text, image).await? {
                done.problems.push(Problem::note(place.clone(), format!("{:?}: {why}", escape(&text.name))));
            }
        }
        Ok(())
    }

    /// Reads one; the answer is why it could not be, where that is worth telling.
    async fn text(
        &self,
        object: ObjectId,
        text: &StoredFile,
        image: &StoredFile,
    ) -> Result<Option<String>, IngestError> {
        let sides = image.width.zip(image.height).unwrap_or_default();
        let stored = self.archive.storage.get(&text.path).await;
        let bytes = stored.map_err(|error| command("read a file back")(error.into()))?;
        let read = match tokio::task::spawn_blocking(move || alto::read(&bytes, sides)).await? {
            Ok(read) => read,
            // Another kind of XML is a file like others.
            Err(BadAlto::NotAlto(_)) => return Ok(None),
            Err(bad) => return Ok(Some(format!("its text was not taken: {bad}"))),
        };
        let reason = read.lines.is_empty().then(|| "the ALTO holds no text".to_owned());
        let (lines, language, source) = (read.lines, read.language, Some(text.file));
        let reading = Reading { version: None, file: image.file, lines, language, reason, source };
        let acting = self.acting().await?;
        match self.archive.transcribe(acting, object, reading).await {
            Ok(_) => Ok(None),
            Err(CommandError::Refused(why)) => Ok(Some(format!("its text was not taken: {}", chain(&why)))),
            Err(error) => Err(command("transcribe an image")(error)),
        }
    }
}

/// Files that may be the text of an image, each with its image.
fn beside(files: &Files) -> Vec<(&StoredFile, &StoredFile)> {
    let texts = files.iter().filter(|file| is_xml(&file.name) && file.bytes <= ALTO_BYTES_MAX);
    let of = |text: &StoredFile| {
        let name = stem(&text.name);
        let name = name.strip_suffix(".alto").unwrap_or(name);
        files.iter().find(|file| file.is_image() && stem(&file.name) == name)
    };
    texts.filter_map(|text| Some((text, of(text)?))).collect()
}

fn is_xml(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("xml"))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
