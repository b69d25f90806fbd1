//! Decisions: what is known goes in, events or a refusal come out. No IO.

pub mod images;

use fonds_schemas::annotation::BadAnnotation;
use fonds_schemas::arrangement::BadArrangement;
use fonds_schemas::event::{AccessSet, Accessioned, Arranged, Described, FileDetached, Related};
use fonds_schemas::statement::BadStatement;
use fonds_schemas::{Access, AnnotationId, Event, FileId, Object, ObjectId, Relation, StatementId};

use super::{Accession, Arrange, Edit};

/// Statements that one event may assert: far beyond any record, far below what would make reading it slow.
pub const STATEMENTS_MAX: usize = 2_000;
/// Relations that one event may assert.
pub const RELATIONS_MAX: usize = 2_000;
/// Bytes of a reason: a paragraph.
pub const REASON_BYTES_MAX: usize = 4_096;

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such object.
    #[error("there is no object {0}")]
    NoSuchObject(ObjectId),
    /// The object is there already.
    #[error("object {0} exists already")]
    Exists(ObjectId),
    /// It was changed since the editor read it.
    #[error("object {object} is at version {found}, not {expected}: somebody changed it in between")]
    Stale {
        /// Which.
        object: ObjectId,
        /// What the editor saw.
        expected: u64,
        /// What stands.
        found: u64,
    },
    /// The statement does not stand.
    #[error("object {object} has no statement {statement}")]
    NoSuchStatement {
        /// Which object.
        object: ObjectId,
        /// Which statement.
        statement: StatementId,
    },
    /// The file is not there.
    #[error("object {object} has no file {file}")]
    NoSuchFile {
        /// Which object.
        object: ObjectId,
        /// Which file.
        file: FileId,
    },
    /// A statement cannot be.
    #[error(transparent)]
    Statement(#[from] BadStatement),
    /// Files cannot be shown so.
    #[error(transparent)]
    Arrangement(#[from] BadArrangement),
    /// The annotation is not there.
    #[error("there is no annotation {0}")]
    NoSuchAnnotation(AnnotationId),
    /// An annotation or a transcript cannot be.
    #[error(transparent)]
    Annotation(#[from] BadAnnotation),
    /// As many annotations as there may be.
    #[error("object {object} has {most} annotations, and no more are kept")]
    Full {
        /// Which object.
        object: ObjectId,
        /// How many.
        most: usize,
    },
    /// Too many at once.
    #[error("{found} {what} in one event, at most {most} are taken")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are taken.
        most: usize,
    },
    /// An object related to itself.
    #[error("object {0} cannot be related to itself")]
    Itself(ObjectId),
    /// A hierarchy that would contain itself.
    #[error("object {object} cannot be part of {target}, which is part of it")]
    Cycle {
        /// The part.
        object: ObjectId,
        /// The whole.
        target: ObjectId,
    },
    /// Nothing would change.
    #[error("this changes nothing on object {0}")]
    Nothing(ObjectId),
    /// A reason too long or missing.
    #[error("a reason of 1 to {REASON_BYTES_MAX} bytes is needed")]
    Reason,
    /// A name too long or missing.
    #[error("a name of 1 to 200 bytes is needed, this has {0}")]
    Name(usize),
    /// Two harvests of the same list at the same time.
    #[error("another process went on with harvest {0} in between")]
    HarvestedMeanwhile(fonds_schemas::HarvestId),
    /// There is no such token, or it is revoked already.
    #[error("there is no valid token {0}")]
    NoSuchToken(fonds_schemas::TokenId),
}

/// An object comes into being.
pub fn accession(accession: Accession) -> Result<Event, Refused> {
    check_count("statements", accession.statements.len(), STATEMENTS_MAX)?;
    for statement in &accession.statements {
        statement.check()?;
    }
    check_relations(accession.object, &accession.relations)?;
    let Accession { object, level, source, access, statements, relations } = accession;
    Ok(Event::Accessioned(Accessioned { access, level, object, relations, source, statements }))
}

/// A description changes.
pub fn describe(object: &Object, edit: Edit) -> Result<Event, Refused> {
    check_version(object, edit.version)?;
    check_count("statements", edit.asserted.len() + edit.retracted.len(), STATEMENTS_MAX)?;
    for statement in &edit.asserted {
        statement.check()?;
    }
    for statement in &edit.retracted {
        if !object.statements.iter().any(|standing| standing.id == *statement) {
            return Err(Refused::NoSuchStatement { object: object.id, statement: *statement });
        }
    }
    if edit.asserted.is_empty() && edit.retracted.is_empty() {
        return Err(Refused::Nothing(object.id));
    }
    let reason = edit.reason.filter(|reason| !reason.is_empty());
    if let Some(reason) = &reason {
        check_reason(reason)?;
    }
    let Edit { asserted, retracted, .. } = edit;
    Ok(Event::Described(Described { asserted, object: object.id, reason, retracted }))
}

/// Relations change. `ancestors` are the wholes that the targets of new `part_of` relations belong to.
pub fn relate(
    object: &Object,
    asserted: Vec<Relation>,
    retracted: Vec<Relation>,
    reason: Option<String>,
    ancestors: &[ObjectId],
) -> Result<Event, Refused> {
    check_relations(object.id, &asserted)?;
    check_count("relations", retracted.len(), RELATIONS_MAX)?;
    if ancestors.contains(&object.id) {
        let target = asserted.first().map_or(object.id, |relation| relation.target);
        return Err(Refused::Cycle { object: object.id, target });
    }
    let new: Vec<_> = asserted.into_iter().filter(|relation| !object.relations.contains(relation)).collect();
    let old: Vec<_> = retracted.into_iter().filter(|relation| object.relations.contains(relation)).collect();
    if new.is_empty() && old.is_empty() {
        return Err(Refused::Nothing(object.id));
    }
    if let Some(reason) = &reason {
        check_reason(reason)?;
    }
    Ok(Event::Related(Related { asserted: new, object: object.id, reason, retracted: old }))
}

/// Who may see it changes.
pub fn set_access(object: &Object, access: Access, reason: String) -> Result<Event, Refused> {
    check_reason(&reason)?;
    if object.has_access(access) {
        return Err(Refused::Nothing(object.id));
    }
    Ok(Event::AccessSet(AccessSet { access, object: object.id, reason }))
}

/// A file ceases to be part of an object.
pub fn detach(object: &Object, file: FileId, reason: String) -> Result<Event, Refused> {
    check_reason(&reason)?;
    if object.file(file).is_none() {
        return Err(Refused::NoSuchFile { object: object.id, file });
    }
    Ok(Event::FileDetached(FileDetached { file, object: object.id, reason }))
}

/// How its files are shown changes.
pub fn arrange(object: &Object, arrange: Arrange) -> Result<Event, Refused> {
    check_version(object, arrange.version)?;
    arrange.arrangement.check(&object.files)?;
    if object.arrangement == arrange.arrangement {
        return Err(Refused::Nothing(object.id));
    }
    let reason = arrange.reason.filter(|reason| !reason.is_empty());
    if let Some(reason) = &reason {
        check_reason(reason)?;
    }
    Ok(Event::Arranged(Arranged { arrangement: arrange.arrangement, object: object.id, reason }))
}

/// Refuses an editor who saw another version than the one that stands.
fn check_version(object: &Object, seen: Option<u64>) -> Result<(), Refused> {
    match seen.filter(|version| *version != object.version) {
        Some(expected) => Err(Refused::Stale { object: object.id, expected, found: object.version }),
        None => Ok(()),
    }
}

pub(super) fn check_reason(reason: &str) -> Result<(), Refused> {
    if reason.trim().is_empty() || reason.len() > REASON_BYTES_MAX { Err(Refused::Reason) } else { Ok(()) }
}

fn check_relations(object: ObjectId, relations: &[Relation]) -> Result<(), Refused> {
    check_count("relations", relations.len(), RELATIONS_MAX)?;
    let itself = relations.iter().any(|relation| relation.target == object);
    if itself { Err(Refused::Itself(object)) } else { Ok(()) }
}

fn check_count(what: &'static str, found: usize, most: usize) -> Result<(), Refused> {
    if found > most { Err(Refused::TooMany { what, found, most }) } else { Ok(()) }
}
