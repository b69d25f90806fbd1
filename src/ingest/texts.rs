//! The text of images from files of ALTO or PAGE XML that lie beside them: `page 1.xml`, `page 1.alto.xml` or `page 1.page.xml`
//! beside `page 1.tif`, on the same object. The files are kept as they came; what they say becomes the transcript of the image.

use std::collections::{HashMap, HashSet};

use fonds_projections::annotations;
use fonds_schemas::{Event, FileId, Files, ObjectId, StoredFile, Stream};
use fonds_workers::page::{self, BadPage};

use super::plan::PlannedFile;
use super::problem::{Place, Problem, chain, escape};
use super::run::{Done, IngestError, Run, command};
use crate::commands::{CommandError, Reading};

/// Bytes of a text that is read: what the API takes, too.
const TEXT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Which files are the texts of which images by what their source says: the places of both, from 1, and their names. `None`
/// where no file may be a text: nobody asks further.
pub(super) fn named(files: &[PlannedFile]) -> Option<Vec<[(u32, String); 2]>> {
    if !files.iter().any(|file| is_xml(&file.path)) {
        return None;
    }
    let places: HashMap<&str, u32> = files.iter().map(|file| file.path.as_str()).zip(1u32..).collect();
    let name = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
    let pair = |(order, file): (u32, &PlannedFile)| {
        let image = file.text_of.as_deref()?;
        Some([(order, name(&file.path)), (*places.get(image)?, name(image))])
    };
    Some((1u32..).zip(files).filter_map(pair).collect())
}

impl Run<'_> {
    /// Reads the texts of an object that no transcript was read from yet.
    pub(super) async fn texts(
        &self,
        object: ObjectId,
        named: &[[(u32, String); 2]],
        place: &Place,
        done: &mut Done,
    ) -> Result<(), IngestError> {
        let now = match self.archive.object_now(object).await {
            Ok(now) => now,
            // Its row was refused.
            Err(CommandError::Refused(_)) => return Ok(()),
            Err(error) => return Err(command("read an object")(error)),
        };
        let mut beside = beside(&now.files, named);
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
        let read = match tokio::task::spawn_blocking(move || page::of_either(&bytes, sides)).await? {
            Ok(read) => read,
            // Another kind of XML is a file like others.
            Err(BadPage::NotPage(_)) => return Ok(None),
            Err(bad) => return Ok(Some(format!("its text was not taken: {bad}"))),
        };
        let reason = read.lines.is_empty().then(|| "the file beside it holds no text".to_owned());
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

/// Files that may be the text of an image, each with its image: the one that its source names, else the one of its name.
fn beside<'a>(files: &'a Files, named: &[[(u32, String); 2]]) -> Vec<(&'a StoredFile, &'a StoredFile)> {
    let texts = files.iter().filter(|file| is_xml(&file.name) && file.bytes <= TEXT_BYTES_MAX);
    let is = |file: &StoredFile, (order, name): &(u32, String)| file.order == *order && file.name == *name;
    let of = |text: &StoredFile| {
        if let Some([_, image]) = named.iter().find(|[known, _]| is(text, known)) {
            return files.iter().find(|file| file.is_image() && is(file, image));
        }
        let name = stem(&text.name);
        let name = [".alto", ".page"].iter().find_map(|kind| name.strip_suffix(kind)).unwrap_or(name);
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
