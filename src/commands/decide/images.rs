//! Decisions on what is said of images, and on the text that stands on them.

use fonds_schemas::event::{Annotated, AnnotationRetracted, Transcribed};
use fonds_schemas::{AnnotationId, Event, FileId, Object, StoredFile};

use super::{Refused, check_reason, check_version};
use crate::commands::images::{Reading, Remark, Standing};

/// Annotations that may stand on one object: a hundred hands for a month, and still one answer.
pub const ANNOTATIONS_MAX: usize = 5_000;

/// Something is said of an image. An annotation that is replaced must stand.
pub fn annotate(
    object: &Object,
    standing: &Standing,
    annotation: AnnotationId,
    is_replaced: bool,
    remark: Remark,
) -> Result<Event, Refused> {
    check_version(object, remark.version)?;
    if is_replaced && !standing.contains_key(&annotation) {
        return Err(Refused::NoSuchAnnotation(annotation));
    }
    if !is_replaced && standing.len() >= ANNOTATIONS_MAX {
        return Err(Refused::Full { object: object.id, most: ANNOTATIONS_MAX });
    }
    let Remark { file, region, motivation, text, language, authority, .. } = remark;
    let image = image(object, file)?;
    let body = Annotated { annotation, authority, file, language, motivation, object: object.id, region, text };
    body.check(image)?;
    if standing.get(&annotation) == Some(&body) {
        return Err(Refused::Nothing(object.id));
    }
    Ok(Event::Annotated(body))
}

/// An annotation ceases to stand.
pub fn retract_annotation(
    object: &Object,
    standing: &Standing,
    annotation: AnnotationId,
    reason: String,
) -> Result<Event, Refused> {
    check_reason(&reason)?;
    if !standing.contains_key(&annotation) {
        return Err(Refused::NoSuchAnnotation(annotation));
    }
    Ok(Event::AnnotationRetracted(AnnotationRetracted { annotation, object: object.id, reason }))
}

/// The text of an image is read. That there is none needs a reason: it may take a text away.
pub fn transcribe(object: &Object, reading: Reading) -> Result<Event, Refused> {
    check_version(object, reading.version)?;
    let Reading { file, lines, language, source, reason, .. } = reading;
    let reason = reason.filter(|reason| !reason.is_empty());
    if lines.is_empty() || reason.is_some() {
        check_reason(reason.as_deref().unwrap_or_default())?;
    }
    let image = image(object, file)?;
    if let Some(source) = source.filter(|source| object.file(*source).is_none()) {
        return Err(Refused::NoSuchFile { object: object.id, file: source });
    }
    let body = Transcribed { file, language, lines, object: object.id, reason, source };
    body.check(image)?;
    Ok(Event::Transcribed(body))
}

fn image(object: &Object, file: FileId) -> Result<&StoredFile, Refused> {
    object.file(file).ok_or(Refused::NoSuchFile { object: object.id, file })
}
