//! Commands on files: bytes first, read back and compared, and only then the events.

use std::collections::HashSet;

use fonds_schemas::event::FileStored;
use fonds_schemas::{Event, FileId, ObjectId, StoredFile};
use fonds_workers::probe::{Probed, probe};

use super::{Acting, CommandError, Deposit, decide};
use crate::archive::Archive;
use crate::ledger::{Condition, Receipt};
use crate::storage::{Incoming, VersionNote};

impl Archive {
    /// Stores files on an object: bytes first, read back, then the events. Bytes that the object has already give no
    /// event; `Ok(None)` where nothing was new.
    pub async fn deposit(
        &self,
        acting: Acting,
        object: ObjectId,
        files: Vec<Deposit>,
    ) -> Result<Option<Receipt>, CommandError> {
        let now = self.object_now(object).await?;
        let mut seen = HashSet::new();
        let mut described = Vec::new();
        let mut incoming = Vec::new();
        for deposit in files {
            let file = FileId::derived(object, &deposit.staged.sha256);
            if now.file(file).is_some() || !seen.insert(file) {
                continue;
            }
            let probed = self.probe_staged(&deposit).await?;
            described.push((file, probed, (deposit.name.clone(), deposit.role, deposit.order)));
            incoming.push(Incoming { staged: deposit.staged, name: deposit.name });
        }
        if incoming.is_empty() {
            return Ok(None);
        }
        let digests: Vec<_> = incoming.iter().map(|i| (i.staged.bytes, i.staged.sha256, i.staged.sha512)).collect();
        let message = format!("{} deposited", if incoming.len() == 1 { "a file was" } else { "files were" });
        let note = VersionNote { agent: acting.agent, message, created: self.clock.now() };
        let paths = self.storage.store(object, incoming, &note).await?;
        let events = described.into_iter().zip(digests).zip(paths);
        let events = events.map(|(((file, probed, (name, role, order)), (bytes, sha256, sha512)), path)| {
            let Probed { media_type, width, height, duration_ms, pages, .. } = probed;
            let media_type = media_type.to_owned();
            let file = StoredFile {
                bytes,
                duration_ms,
                file,
                height,
                media_type,
                name,
                order,
                pages,
                path,
                role,
                sha256,
                sha512,
                width,
            };
            Event::FileStored(FileStored { file, object })
        });
        let exists = Condition::Exists(fonds_schemas::Stream::Object(object));
        self.record(acting, events.collect(), vec![exists]).await.map(Some)
    }

    /// Takes a file off an object; its bytes stay in storage.
    pub async fn detach(
        &self,
        acting: Acting,
        object: ObjectId,
        file: FileId,
        reason: String,
    ) -> Result<Receipt, CommandError> {
        let now = self.object_now(object).await?;
        let event = decide::detach(&now, file, reason)?;
        self.change(acting, &now, event).await
    }

    async fn probe_staged(&self, deposit: &Deposit) -> Result<Probed, CommandError> {
        let path = deposit.staged.path.clone();
        let (bytes, pixels_max) = (deposit.staged.bytes, self.settings.limits.image_pixels);
        let looked = tokio::task::spawn_blocking(move || {
            let mut reader = std::io::BufReader::new(std::fs::File::open(path)?);
            probe(&mut reader, bytes, pixels_max)
        });
        let looked = looked.await.map_err(std::io::Error::other).and_then(|result| result);
        looked.map_err(|source| CommandError::Probe { name: deposit.name.clone(), source })
    }
}
