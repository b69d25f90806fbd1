//! Commands on what is said of images, and on the text that stands on them.

use std::collections::BTreeMap;

use fonds_schemas::annotation::{Line, Motivation, Region};
use fonds_schemas::event::Annotated;
use fonds_schemas::{AnnotationId, Event, FileId, Language, Object, ObjectId, Stream};

use super::{Acting, CommandError, Refused, decide};
use crate::archive::Archive;
use crate::clock;
use crate::ledger::Receipt;

/// How often a command that names no version is decided anew because somebody else was faster: people annotate the
/// pages of one book at the same time, and do not disturb each other.
const ATTEMPTS: usize = 5;

/// Something to be said of an image.
#[derive(Debug, Clone)]
pub struct Remark {
    /// The version of the object that the editor saw; another one standing now is refused. `None` takes whatever stands.
    pub version: Option<u64>,
    /// Of which image.
    pub file: FileId,
    /// Of which part of it; of all of it where there is none.
    pub region: Option<Region>,
    /// Why.
    pub motivation: Motivation,
    /// What.
    pub text: String,
    /// In which language.
    pub language: Option<Language>,
    /// The IRI of what the text names or points to.
    pub authority: Option<String>,
}

/// The text of an image, all of it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// As of a remark.
    pub version: Option<u64>,
    /// Of which image.
    pub file: FileId,
    /// Its lines; none where it has no text.
    pub lines: Vec<Line>,
    /// In which language.
    pub language: Option<Language>,
    /// Why.
    pub reason: Option<String>,
    /// The file of the object that it was read from.
    pub source: Option<FileId>,
}

/// The annotations of an object that stand.
pub type Standing = BTreeMap<AnnotationId, Annotated>;

impl Archive {
    /// Says something of an image. With the name of an annotation, what that one said is replaced.
    pub async fn annotate(
        &self,
        acting: Acting,
        object: ObjectId,
        replaced: Option<AnnotationId>,
        remark: Remark,
    ) -> Result<(AnnotationId, Receipt), CommandError> {
        let annotation = replaced.unwrap_or_else(clock::annotation_id);
        let is_bound = remark.version.is_some();
        let receipt = self
            .decided_anew(acting, object, is_bound, |now, standing| {
                decide::images::annotate(now, standing, annotation, replaced.is_some(), remark.clone())
            })
            .await?;
        Ok((annotation, receipt))
    }

    /// Takes an annotation back.
    pub async fn retract_annotation(
        &self,
        acting: Acting,
        object: ObjectId,
        annotation: AnnotationId,
        reason: String,
    ) -> Result<Receipt, CommandError> {
        let decided = |now: &Object, standing: &Standing| {
            decide::images::retract_annotation(now, standing, annotation, reason.clone())
        };
        self.decided_anew(acting, object, false, decided).await
    }

    /// Says what text stands on an image, in the place of what was said before.
    pub async fn transcribe(
        &self,
        acting: Acting,
        object: ObjectId,
        reading: Reading,
    ) -> Result<Receipt, CommandError> {
        let is_bound = reading.version.is_some();
        let decided = |now: &Object, _: &Standing| decide::images::transcribe(now, reading.clone());
        self.decided_anew(acting, object, is_bound, decided).await
    }

    async fn decided_anew(
        &self,
        acting: Acting,
        object: ObjectId,
        is_bound: bool,
        decided: impl Fn(&Object, &Standing) -> Result<Event, Refused>,
    ) -> Result<Receipt, CommandError> {
        let mut left = ATTEMPTS;
        loop {
            let (now, standing) = self.annotations_now(object).await?;
            let event = decided(&now, &standing)?;
            left -= 1;
            match self.change(acting, &now, event).await {
                Err(CommandError::Refused(Refused::Stale { .. })) if !is_bound && left > 0 => {}
                done => return done,
            }
        }
    }

    /// The object and its annotations as the ledger has them at this moment.
    async fn annotations_now(&self, object: ObjectId) -> Result<(Object, Standing), CommandError> {
        let stream = Stream::Object(object);
        let events = self.ledger.streams_without(&[stream], u64::MAX, &["transcribed"]).await?;
        let (mut state, mut standing) = (None, Standing::new());
        for recorded in &events {
            Object::fold(&mut state, recorded).map_err(|source| CommandError::History { object, source })?;
            if let Some(Event::Annotated(body)) = &recorded.event {
                standing.insert(body.annotation, body.clone());
            } else if let Some(Event::AnnotationRetracted(body)) = &recorded.event {
                standing.remove(&body.annotation);
            }
        }
        Ok((state.ok_or(Refused::NoSuchObject(object))?, standing))
    }
}
