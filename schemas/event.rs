//! The events: facts in the past tense, and the format that is for ever.
//!
//! No variant or field is ever removed or re-meant; a new meaning is a new variant or a new optional field. Every
//! variant has a file in `fixtures/events/` that is never edited and is replayed by a test.
//!
//! Fields stand in alphabetical order, so that what serde writes is canonical JSON (RFC 8785); a test checks it.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::agent::{AgentKind, Scope};
pub use crate::annotation::{Annotated, AnnotationRetracted, Transcribed};
use crate::arrangement::Arrangement;
use crate::checksum::Sha256;
use crate::envelope::Stream;
use crate::file::StoredFile;
pub use crate::harvest::Harvested;
use crate::ids::{AgentId, BatchId, FileId, ObjectId, TokenId};
use crate::object::{Level, Relation, SourceKey};
use crate::statement::{Statement, StatementId};
use crate::time::Timestamp;

/// The ledger began. Always and only the event at 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerOpened {
    /// The name of the archive.
    pub name: String,
}

/// Somebody or something that acts became known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentRegistered {
    /// Its id, which every later event carries.
    pub agent: AgentId,
    /// The digest of a model's weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Sha256>,
    /// What kind.
    pub kind: AgentKind,
    /// What people call it.
    pub name: String,
    /// The version of software or model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What kind of act a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchKind {
    /// Records or files were taken in.
    Ingest,
    /// Somebody edited.
    Edit,
}

/// An act of several events began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchOpened {
    /// Its id, which the events of the act carry.
    pub batch: BatchId,
    /// What kind of act.
    pub kind: BatchKind,
    /// What people call it.
    pub label: String,
    /// The name of the mapping profile that read the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The digest of the mapping profile as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_sha256: Option<Sha256>,
    /// What was read: the name of a file or folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What an act amounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BatchCounts {
    /// Objects that came into being.
    pub accessioned: u64,
    /// Objects whose description changed.
    pub described: u64,
    /// Files stored.
    pub files: u64,
    /// Rows or files that could not be taken in.
    pub refused: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
}

/// An act of several events ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchClosed {
    /// Which.
    pub batch: BatchId,
    /// What it amounted to.
    pub counts: BatchCounts,
}

/// An object came into being.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accessioned {
    /// Who may see it.
    pub access: Access,
    /// What it is in the hierarchy.
    pub level: Level,
    /// Its id.
    pub object: ObjectId,
    /// How it stands to other objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// What it is called where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceKey>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
}

/// The description of an object changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Described {
    /// Statements that stand from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asserted: Vec<Statement>,
    /// Of which object.
    pub object: ObjectId,
    /// Why, in the words of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Statements that no longer stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retracted: Vec<StatementId>,
}

/// Relations between objects were asserted or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// Relations that hold from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asserted: Vec<Relation>,
    /// From which object.
    pub object: ObjectId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Relations that no longer hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retracted: Vec<Relation>,
}

/// Bytes were stored on an object, read back and found equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileStored {
    /// What and where they are.
    pub file: StoredFile,
    /// On which object.
    pub object: ObjectId,
}

/// A file ceased to be part of an object. Its bytes stay in storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileDetached {
    /// Which file.
    pub file: FileId,
    /// From which object.
    pub object: ObjectId,
    /// Why.
    pub reason: String,
}

/// How the files of an object are shown was said, in place of whatever was said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arranged {
    /// From now on; nothing in it takes the arrangement back.
    pub arrangement: Arrangement,
    /// Of which object.
    pub object: ObjectId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who may see an object was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessSet {
    /// From now on.
    pub access: Access,
    /// Of which object.
    pub object: ObjectId,
    /// Why.
    pub reason: String,
}

/// The moment of an embargo passed and the object was found public. Nothing depends on it to be seen (the decision is
/// made at every read); it tells harvesters, who come only for what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EmbargoLapsed {
    /// Which object.
    pub object: ObjectId,
    /// The moment that passed.
    pub until: Timestamp,
}

/// What the events up to a place changed became visible to harvesters. The moment is this event's `recorded_at`, so a
/// rebuild gives every record the datestamp that it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicationMarked {
    /// The last event covered, inclusive.
    pub through: u64,
}

/// A token for the API was issued. The secret itself is never written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenIssued {
    /// In whose name it acts.
    pub agent: AgentId,
    /// When it ceases to be valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What people call it.
    pub label: String,
    /// What it allows.
    pub scope: Scope,
    /// The digest of its secret.
    pub secret_sha256: Sha256,
    /// Which token.
    pub token: TokenId,
}

/// A token for the API ceased to be valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenRevoked {
    /// Why.
    pub reason: String,
    /// Which token.
    pub token: TokenId,
}

/// Why the body of an event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BadBody {
    /// A type or version that this release does not know.
    #[error("this release of fonds does not know events of type {kind} in version {schema_version}")]
    Unknown {
        /// The type.
        kind: String,
        /// Its version.
        schema_version: u32,
    },
    /// Not the JSON that the type asks for.
    #[error("could not read the body of an event of type {kind}")]
    Json {
        /// The type.
        kind: String,
        /// What serde said.
        #[source]
        source: serde_json::Error,
    },
}

fn body<T: DeserializeOwned>(kind: &str, bytes: &[u8]) -> Result<T, BadBody> {
    serde_json::from_slice(bytes).map_err(|source| BadBody::Json { kind: kind.to_owned(), source })
}

/// One line a variant makes the enum, its names, its reader, its writer and its schema, so that none can be forgotten.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $kind:literal),+ $(,)?) => {
        /// The body of an event.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $variant($variant),)+
        }

        /// The names of all event types, as the envelope writes them.
        pub const KINDS: &[&str] = &[$($kind),+];

        impl Event {
            /// The type, as the envelope writes it.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)+ }
            }

            /// The body as canonical JSON.
            pub fn to_body(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $(Self::$variant(body) => serde_json::to_vec(body),)+ }
            }

            /// Reads a body by the type and version that the envelope names.
            pub fn from_body(kind: &str, schema_version: u32, bytes: &[u8]) -> Result<Self, BadBody> {
                match (kind, schema_version) {
                    $(($kind, 1) => body(kind, bytes).map(Self::$variant),)+
                    (kind, schema_version) => Err(BadBody::Unknown { kind: kind.to_owned(), schema_version }),
                }
            }
        }

        /// The JSON Schema of every event type, by its name.
        #[must_use]
        pub fn json_schemas() -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($kind, schemars::schema_for!($variant))),+]
        }
    };
}

events! {
    /// The ledger began.
    LedgerOpened = "ledger_opened",
    /// Somebody or something that acts became known.
    AgentRegistered = "agent_registered",
    /// An act of several events began.
    BatchOpened = "batch_opened",
    /// An act of several events ended.
    BatchClosed = "batch_closed",
    /// An object came into being.
    Accessioned = "accessioned",
    /// The description of an object changed.
    Described = "described",
    /// Relations between objects were asserted or taken back.
    Related = "related",
    /// Bytes were stored on an object.
    FileStored = "file_stored",
    /// A file ceased to be part of an object.
    FileDetached = "file_detached",
    /// How the files of an object are shown was said.
    Arranged = "arranged",
    /// Who may see an object was decided.
    AccessSet = "access_set",
    /// The moment of an embargo passed.
    EmbargoLapsed = "embargo_lapsed",
    /// Somebody said something of an image.
    Annotated = "annotated",
    /// An annotation ceased to stand.
    AnnotationRetracted = "annotation_retracted",
    /// The text of an image was read.
    Transcribed = "transcribed",
    /// Changes became visible to harvesters.
    PublicationMarked = "publication_marked",
    /// A token for the API was issued.
    TokenIssued = "token_issued",
    /// A token for the API ceased to be valid.
    TokenRevoked = "token_revoked",
    /// A page of records of another repository was taken in.
    Harvested = "harvested",
}

impl Event {
    /// The version of the body's shape that this release writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// The stream that the event belongs to.
    #[must_use]
    pub fn stream(&self) -> Stream {
        match self {
            Self::LedgerOpened(_) => Stream::Ledger,
            Self::AgentRegistered(body) => Stream::Agent(body.agent),
            Self::BatchOpened(body) => Stream::Batch(body.batch),
            Self::BatchClosed(body) => Stream::Batch(body.batch),
            Self::PublicationMarked(_) => Stream::Publication,
            Self::TokenIssued(body) => Stream::Token(body.token),
            Self::TokenRevoked(body) => Stream::Token(body.token),
            Self::Harvested(body) => Stream::Harvest(body.harvest),
            Self::Accessioned(_)
            | Self::Described(_)
            | Self::Related(_)
            | Self::FileStored(_)
            | Self::FileDetached(_)
            | Self::Arranged(_)
            | Self::AccessSet(_)
            | Self::EmbargoLapsed(_)
            | Self::Annotated(_)
            | Self::AnnotationRetracted(_)
            | Self::Transcribed(_) => match self.object() {
                Some(object) => Stream::Object(object),
                None => Stream::Ledger,
            },
        }
    }

    /// The object that the event is about, if it is about one.
    #[must_use]
    pub fn object(&self) -> Option<ObjectId> {
        match self {
            Self::Accessioned(body) => Some(body.object),
            Self::Described(body) => Some(body.object),
            Self::Related(body) => Some(body.object),
            Self::FileStored(body) => Some(body.object),
            Self::FileDetached(body) => Some(body.object),
            Self::Arranged(body) => Some(body.object),
            Self::AccessSet(body) => Some(body.object),
            Self::EmbargoLapsed(body) => Some(body.object),
            Self::Annotated(body) => Some(body.object),
            Self::AnnotationRetracted(body) => Some(body.object),
            Self::Transcribed(body) => Some(body.object),
            Self::LedgerOpened(_)
            | Self::AgentRegistered(_)
            | Self::BatchOpened(_)
            | Self::BatchClosed(_)
            | Self::PublicationMarked(_)
            | Self::TokenIssued(_)
            | Self::TokenRevoked(_)
            // It speaks of many.
            | Self::Harvested(_) => None,
        }
    }
}
