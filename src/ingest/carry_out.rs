//! Doing what was decided for a chunk: appending, and storing files.

use std::collections::HashSet;
use std::path::Path;

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::decide::{Change, Decided};
use super::files::{self, Found, Looked, Wanted};
use super::limits::{CHANGES_IN_FLIGHT, DEPOSIT_BYTES, DEPOSIT_FILES, DEPOSIT_FILES_MAX, DEPOSIT_SHARE};
use super::plan::Planned;
use super::problem::{Place, Problem, chain, escape};
use super::run::{Done, IngestError, Run, command};
use super::texts;
use crate::commands::{Accession, Acting, CommandError, Deposit, Edit, Refused, decide};

impl Run<'_> {
    /// Does what was decided; with `--check`, only looks at the files.
    pub(super) async fn carry_out(&self, decided: Result<Decided, IngestError>) -> Result<Done, IngestError> {
        let mut decided = decided?;
        let new = std::mem::take(&mut decided.new);
        if self.request.check {
            for planned in new {
                match decide::accession(accession(&planned)) {
                    Ok(_) => decided.done.counts.accessioned += 1,
                    Err(why) => refuse(&planned, &why, &mut decided),
                }
            }
        } else {
            self.accession(new, &mut decided).await?;
        }
        let changes = std::mem::take(&mut decided.changes);
        if self.request.check {
            decided.done.counts.described += changes.len() as u64;
        } else if !changes.is_empty() {
            let acting = self.acting().await?;
            let changing = stream::iter(changes).map(|change| self.change(acting, change)).buffered(CHANGES_IN_FLIGHT);
            for refused in changing.try_collect::<Vec<Option<Problem>>>().await? {
                match refused {
                    None => decided.done.counts.described += 1,
                    Some(problem) => decided.done.problems.push(problem),
                }
            }
        }
        for wanted in std::mem::take(&mut decided.files) {
            self.files(wanted, &mut decided.done).await?;
        }
        Ok(decided.done)
    }

    async fn accession(&self, new: Vec<Planned>, decided: &mut Decided) -> Result<(), IngestError> {
        if new.is_empty() {
            return Ok(());
        }
        let acting = self.acting().await?;
        let count = new.len() as u64;
        match self.archive.accession(acting, new.iter().map(accession).collect()).await {
            Ok(_) => {
                decided.done.counts.accessioned += count;
                return Ok(());
            }
            Err(CommandError::Refused(_)) => {}
            Err(error) => return Err(command("accession objects")(error)),
        }
        // The catalogue may be behind the ledger: after a kill, or beside another ingest of the same source. What the
        // ledger has is compared.
        let missing = self.compare(new, decided).await?;
        // If one of the others cannot be, it alone is refused.
        for planned in missing {
            match self.archive.accession(acting, vec![accession(&planned)]).await {
                Ok(_) => decided.done.counts.accessioned += 1,
                Err(CommandError::Refused(why)) => refuse(&planned, &why, decided),
                Err(error) => return Err(command("accession an object")(error)),
            }
        }
        Ok(())
    }

    /// Changes an object. What it cannot be is a problem of its row, not of the run.
    async fn change(&self, acting: Acting, change: Change) -> Result<Option<Problem>, IngestError> {
        let place = change.place.clone();
        match self.apply(acting, change).await {
            // Somebody else has just said the same.
            Ok(()) | Err(IngestError::Command { source: CommandError::Refused(Refused::Nothing(_)), .. }) => Ok(None),
            Err(IngestError::Command { doing, source: CommandError::Refused(why) }) => {
                Ok(Some(Problem::refused(place, format!("could not {doing}: {}", chain(&why)))))
            }
            Err(error) => Err(error),
        }
    }

    async fn apply(&self, acting: Acting, change: Change) -> Result<(), IngestError> {
        let Change { object, version, difference, .. } = change;
        let archive = self.archive;
        if !difference.asserted.is_empty() || !difference.retracted.is_empty() {
            let (asserted, retracted) = (difference.asserted, difference.retracted);
            let edit = Edit { version: Some(version), asserted, retracted, reason: self.reason.clone() };
            archive.describe(acting, object, edit).await.map_err(command("describe an object"))?;
        }
        if !difference.related.is_empty() || !difference.unrelated.is_empty() {
            let related = archive.relate(acting, object, difference.related, difference.unrelated, None).await;
            related.map_err(command("relate an object"))?;
        }
        if let Some(access) = difference.access {
            let reason = self.reason.clone().unwrap_or_else(|| format!("the source says so: {}", self.source));
            let set = archive.set_access(acting, object, access, reason).await;
            set.map_err(command("set the access of an object"))?;
        }
        Ok(())
    }

    async fn files(&self, wanted: Wanted, done: &mut Done) -> Result<(), IngestError> {
        let object = wanted.object;
        let place = wanted.files.first().map_or_else(|| Place::file(&self.source), |file| file.place.clone());
        let named = texts::named(&wanted.files);
        let (base, limits) = (self.base.clone(), self.archive.settings.limits.clone());
        let looked = tokio::task::spawn_blocking(move || files::look(&base, &wanted, &limits)).await?;
        let Looked { mut found, unchanged, problems } = looked;
        done.files_unchanged += unchanged;
        done.problems.extend(problems);
        if self.request.check {
            done.counts.files += found.len() as u64;
            return Ok(());
        }
        let mut before = Size::default();
        while !found.is_empty() {
            let rest = found.split_off(together(&found, before));
            before.files += found.len() as u64;
            before.bytes += found.iter().map(|file| file.bytes).sum::<u64>();
            let deposits = self.stage(&found, &place, done).await;
            found = rest;
            if deposits.is_empty() {
                continue;
            }
            let count = deposits.len() as u64;
            let acting = self.acting().await?;
            let stored = self.archive.deposit(acting, object, deposits).await;
            match stored {
                Ok(Some(_)) => done.counts.files += count,
                Ok(None) => done.files_unchanged += count,
                Err(CommandError::Refused(why)) => done.problems.push(Problem::refused(place.clone(), chain(&why))),
                Err(error) => return Err(command("store files")(error)),
            }
        }
        if let Some(named) = named {
            self.texts(object, &named, &place, done).await?;
        }
        Ok(())
    }

    /// Stages files; one that cannot be staged is reported, and the others are.
    async fn stage(&self, found: &[Found], place: &Place, done: &mut Done) -> Vec<Deposit> {
        let mut deposits = Vec::with_capacity(found.len());
        // The same bytes twice on one object are one file.
        let mut seen = HashSet::new();
        for file in found {
            match self.archive.storage.stage_file(&file.path, self.archive.settings.limits.file_bytes).await {
                Ok(staged) if !seen.insert(staged.sha256) => {
                    let why = format!("{} has the same bytes as another file of its object", shown(&file.path));
                    done.problems.push(Problem::note(place.clone(), why));
                }
                Ok(staged) => {
                    let (name, role, order) = (file.name.clone(), file.role, file.order);
                    deposits.push(Deposit { staged, name, role, order });
                }
                Err(error) => {
                    let why = format!("{} could not be staged: {}", shown(&file.path), chain(&error));
                    done.problems.push(Problem::refused(place.clone(), why));
                }
            }
        }
        deposits
    }
}

/// Reports a row whose object cannot be; nor can its files.
fn refuse(planned: &Planned, why: &Refused, decided: &mut Decided) {
    decided.done.problems.push(Problem::refused(planned.place.clone(), chain(why)));
    decided.files.retain(|wanted| wanted.object != planned.id);
}

/// What was stored on an object before.
#[derive(Clone, Copy, Default)]
struct Size {
    files: u64,
    bytes: u64,
}

/// How many of the files are stored together: at least one.
fn together(found: &[Found], before: Size) -> usize {
    let files_max = (before.files / DEPOSIT_SHARE).clamp(DEPOSIT_FILES, DEPOSIT_FILES_MAX);
    let bytes_max = DEPOSIT_BYTES.max(before.bytes / DEPOSIT_SHARE);
    let mut bytes = 0u64;
    let fits = found.iter().zip(0..files_max).take_while(|(file, _)| {
        bytes = bytes.saturating_add(file.bytes);
        bytes <= bytes_max
    });
    fits.count().max(1)
}

fn shown(path: &Path) -> String {
    format!("{:?}", escape(&path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())))
}

fn accession(planned: &Planned) -> Accession {
    Accession {
        object: planned.id,
        level: planned.level,
        source: Some(planned.source.clone()),
        access: planned.access,
        statements: planned.statements.clone(),
        relations: planned.relations.clone(),
    }
}
