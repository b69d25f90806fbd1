//! What the archive can say: events, statements, ids, checksums, access and rights as values.
//!
//! No IO, no clock, no randomness: everything here is a pure function of what it is handed. The other packages look
//! down to this one; it knows nobody.

pub mod access;
pub mod address;
pub mod agent;
pub mod annotation;
pub mod arrangement;
pub mod canonical;
pub mod checksum;
pub mod edtf;
pub mod envelope;
pub mod event;
pub mod file;
pub mod files;
pub mod harvest;
pub mod ids;
pub mod merkle;
pub mod object;
pub mod property;
pub mod statement;
pub mod time;

pub use access::{Access, Act, Decision, Standing, Viewer, may};
pub use address::Addresses;
pub use agent::{AgentKind, Scope};
pub use annotation::{Line, Motivation, Region, Word, Xywh};
pub use arrangement::Arrangement;
pub use checksum::{Sha256, Sha512};
pub use envelope::{Envelope, Recorded, Stream};
pub use event::Event;
pub use file::{FileRole, Page, PageSides, StoredFile};
pub use files::Files;
pub use harvest::{HarvestedRecord, Origin};
pub use ids::{AgentId, AnnotationId, BatchId, EventId, FileId, HarvestId, ImageId, ObjectId, TokenId};
pub use object::{Level, Object, Relation, RelationKind, SourceKey};
pub use property::Property;
pub use statement::{Asserted, Language, Statement, StatementId};
pub use time::Timestamp;
