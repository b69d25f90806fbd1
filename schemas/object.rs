//! An object as its events make it: the fold that every projection starts from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Access, Standing};
use crate::arrangement::Arrangement;
use crate::envelope::Recorded;
use crate::event::Event;
use crate::file::StoredFile;
use crate::files::Files;
use crate::ids::{FileId, ObjectId};
use crate::property::Property;
use crate::statement::{Asserted, Statement, StatementId};
use crate::time::Timestamp;

/// What an object is in its hierarchy: a level of archival description (ISAD(G) 3.1.4), or one of the museum's four
/// layers. `Item` is the lowest of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The whole of the records of one creator.
    Fonds,
    /// Records of one kind or function.
    Series,
    /// A unit of records kept together.
    File,
    /// A thing.
    Work,
    /// An undertaking that documented it.
    Project,
    /// A kind of result.
    Instance,
    /// A concrete result, or the smallest unit described.
    Item,
}

/// Every level, from the widest to the narrowest.
pub const LEVELS: &[Level] =
    &[Level::Fonds, Level::Series, Level::File, Level::Work, Level::Project, Level::Instance, Level::Item];

/// Why a text is not a level or a relation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWord {
    /// Not a level.
    #[error("{0:?} is no level: fonds, series, file, work, project, instance or item")]
    Level(String),
    /// Not a relation.
    #[error("{0:?} is no relation: part_of, realises, produced_by, instance_of, item_of, derived_from or related")]
    Relation(String),
}

impl Level {
    /// The written form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fonds => "fonds",
            Self::Series => "series",
            Self::File => "file",
            Self::Work => "work",
            Self::Project => "project",
            Self::Instance => "instance",
            Self::Item => "item",
        }
    }
}

impl std::str::FromStr for Level {
    type Err = BadWord;
    fn from_str(text: &str) -> Result<Self, BadWord> {
        LEVELS.iter().find(|level| level.as_str() == text).copied().ok_or_else(|| BadWord::Level(text.to_owned()))
    }
}

/// How one object stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// Belongs to a larger whole.
    PartOf,
    /// A project that has a work for its subject.
    Realises,
    /// Came out of a project.
    ProducedBy,
    /// Is a kind of result of a work.
    InstanceOf,
    /// Is a concrete example of an instance.
    ItemOf,
    /// Was made from.
    DerivedFrom,
    /// Has to do with.
    Related,
}

/// Every kind of relation.
pub const RELATION_KINDS: &[RelationKind] = &[
    RelationKind::PartOf,
    RelationKind::Realises,
    RelationKind::ProducedBy,
    RelationKind::InstanceOf,
    RelationKind::ItemOf,
    RelationKind::DerivedFrom,
    RelationKind::Related,
];

impl RelationKind {
    /// The written form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PartOf => "part_of",
            Self::Realises => "realises",
            Self::ProducedBy => "produced_by",
            Self::InstanceOf => "instance_of",
            Self::ItemOf => "item_of",
            Self::DerivedFrom => "derived_from",
            Self::Related => "related",
        }
    }

    /// What people read between the two objects.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::PartOf => "Part of",
            Self::Realises => "Documents",
            Self::ProducedBy => "Produced by",
            Self::InstanceOf => "Instance of",
            Self::ItemOf => "Item of",
            Self::DerivedFrom => "Derived from",
            Self::Related => "Related to",
        }
    }

    /// What people read between the two objects, from the other side.
    #[must_use]
    pub const fn inverse_label(self) -> &'static str {
        match self {
            Self::PartOf => "Contains",
            Self::Realises => "Documented by",
            Self::ProducedBy => "Produced",
            Self::InstanceOf => "Instances",
            Self::ItemOf => "Items",
            Self::DerivedFrom => "Source of",
            Self::Related => "Related to",
        }
    }
}

impl std::str::FromStr for RelationKind {
    type Err = BadWord;
    fn from_str(text: &str) -> Result<Self, BadWord> {
        let found = RELATION_KINDS.iter().find(|kind| kind.as_str() == text);
        found.copied().ok_or_else(|| BadWord::Relation(text.to_owned()))
    }
}

/// A relation from the object that carries it to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// To which object; it need not exist yet.
    pub target: ObjectId,
}

/// What an object is called where it comes from. The object's id is derived from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SourceKey {
    /// The identifier there: an accession number, a shelf mark.
    pub identifier: String,
    /// Whose numbering it is.
    pub namespace: String,
}

impl SourceKey {
    /// The id of the object so called.
    #[must_use]
    pub fn object_id(&self) -> ObjectId {
        ObjectId::derived(&self.namespace, &self.identifier)
    }
}

/// An object as its events made it, up to one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Object {
    /// Its id.
    pub id: ObjectId,
    /// What it is in its hierarchy.
    pub level: Level,
    /// What it is called where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceKey>,
    /// Who may see it, and whether it was ever public before.
    pub standing: Standing,
    /// What is said of it, in the order in which it was said.
    pub statements: Vec<Asserted>,
    /// How it stands to others.
    pub relations: Vec<Relation>,
    /// Its files, in the order of the object.
    #[schemars(with = "Vec<StoredFile>")]
    pub files: Files,
    /// How its files are shown.
    #[serde(default, skip_serializing_if = "Arrangement::is_empty")]
    pub arrangement: Arrangement,
    /// The place in its stream of the last event folded in.
    pub version: u64,
    /// The place in the ledger of that event.
    pub seq: u64,
    /// When it was accessioned.
    pub created_at: Timestamp,
    /// When that last event was recorded.
    pub modified_at: Timestamp,
}

/// Why an event cannot be folded into an object: the ledger holds what the commands never write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHistory {
    /// An event came before the accession.
    #[error("event {seq} speaks of an object before it was accessioned")]
    NotAccessioned {
        /// Which event.
        seq: u64,
    },
    /// It was accessioned twice.
    #[error("event {seq} accessions an object for the second time")]
    Twice {
        /// Which event.
        seq: u64,
    },
}

impl Object {
    /// Types of events in an object's stream that say nothing of the object: whoever folds it need not read their bodies,
    /// which for a book with its text are a thousand times what is said of the book.
    pub const UNFOLDED: &[&str] = &["annotated", "annotation_retracted", "transcribed"];

    /// Folds one more event of the object's stream. Events of other things change nothing; an erased body changes
    /// nothing but the version.
    pub fn fold(state: &mut Option<Self>, recorded: &Recorded) -> Result<(), BadHistory> {
        let envelope = &recorded.envelope;
        let seq = envelope.seq;
        if let Some(Event::Accessioned(body)) = &recorded.event {
            if state.is_some() {
                return Err(BadHistory::Twice { seq });
            }
            let mut object = Self {
                id: body.object,
                level: body.level,
                source: body.source.clone(),
                standing: Standing { access: body.access, ever_public: false },
                statements: Vec::new(),
                relations: body.relations.clone(),
                files: Files::default(),
                arrangement: Arrangement::default(),
                version: envelope.version,
                seq,
                created_at: envelope.recorded_at,
                modified_at: envelope.recorded_at,
            };
            object.assert_all(&body.statements, recorded);
            *state = Some(object);
            return Ok(());
        }
        let Some(object) = state else { return Err(BadHistory::NotAccessioned { seq }) };
        if let Some(event) = &recorded.event {
            object.change(event, recorded);
        }
        object.version = envelope.version;
        object.seq = seq;
        object.modified_at = envelope.recorded_at;
        Ok(())
    }

    fn change(&mut self, event: &Event, recorded: &Recorded) {
        match event {
            Event::Described(body) => {
                self.statements.retain(|standing| !body.retracted.contains(&standing.id));
                self.assert_all(&body.asserted, recorded);
            }
            Event::Related(body) => {
                self.relations.retain(|relation| !body.retracted.contains(relation));
                for relation in &body.asserted {
                    if !self.relations.contains(relation) {
                        self.relations.push(*relation);
                    }
                }
            }
            Event::FileStored(body) => self.files.insert(body.file.clone()),
            Event::FileDetached(body) => drop(self.files.remove(body.file)),
            Event::Arranged(body) => self.arrangement.clone_from(&body.arrangement),
            Event::AccessSet(body) => {
                let was_public = self.standing.access.is_public(recorded.envelope.recorded_at);
                let ever_public = self.standing.ever_public || was_public;
                self.standing = Standing { access: body.access, ever_public };
            }
            // Nothing waits for this event (`may` lets an embargo lift by itself); it only makes the state plain.
            Event::EmbargoLapsed(_) => self.standing = Standing { access: Access::Public, ever_public: true },
            Event::Accessioned(_)
            | Event::LedgerOpened(_)
            | Event::AgentRegistered(_)
            | Event::BatchOpened(_)
            | Event::BatchClosed(_)
            | Event::PublicationMarked(_)
            | Event::TokenIssued(_)
            | Event::Harvested(_)
            | Event::TokenRevoked(_)
            | Event::Annotated(_)
            | Event::AnnotationRetracted(_)
            | Event::Transcribed(_) => {
                // An accession is handled before; what is said of its images is not said of it; the others are never in
                // an object's stream.
            }
        }
    }

    fn assert_all(&mut self, statements: &[Statement], recorded: &Recorded) {
        let event = recorded.envelope.event_id;
        for (place, statement) in (0u32..).zip(statements) {
            let id = StatementId { event, place };
            self.statements.push(Asserted { id, seq: recorded.envelope.seq, statement: statement.clone() });
        }
    }

    /// The values of a property of the list, in the order in which they were asserted.
    pub fn values<'a>(&'a self, property: &'a str) -> impl Iterator<Item = &'a Statement> {
        self.statements.iter().map(|standing| &standing.statement).filter(move |s| s.property.as_str() == property)
    }

    /// The first title, else the identifier it came with, else its id.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.values("title").next().map(|statement| statement.text.clone());
        let identifier = || self.source.as_ref().map(|source| source.identifier.clone());
        title.or_else(identifier).unwrap_or_else(|| self.id.to_string())
    }

    /// Whether everybody sees it at that moment.
    #[must_use]
    pub fn is_public(&self, at: Timestamp) -> bool {
        self.standing.access.is_public(at)
    }

    /// The file of that name.
    #[must_use]
    pub fn file(&self, file: FileId) -> Option<&StoredFile> {
        self.files.get(file)
    }

    /// What stands for its description, without who said it when: equal for two objects that say the same.
    #[must_use]
    pub fn description(&self) -> Vec<&Statement> {
        let mut statements: Vec<_> = self.statements.iter().map(|standing| &standing.statement).collect();
        statements.sort();
        statements
    }

    /// Statements grouped by property, in the order in which a description shows them.
    #[must_use]
    pub fn by_property(&self) -> Vec<(&Property, Vec<&Asserted>)> {
        let mut groups: Vec<(&Property, Vec<&Asserted>)> = Vec::new();
        for standing in &self.statements {
            let property = &standing.statement.property;
            match groups.iter_mut().find(|(known, _)| *known == property) {
                Some((_, values)) => values.push(standing),
                None => groups.push((property, vec![standing])),
            }
        }
        groups.sort_by_key(|(property, _)| (property.rank(), *property));
        groups
    }

    /// Whether a change of access from `from` to `to` is a change at all.
    #[must_use]
    pub fn has_access(&self, access: Access) -> bool {
        self.standing.access == access
    }
}
