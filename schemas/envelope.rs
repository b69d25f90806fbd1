//! The envelope of an event: the leaf of the ledger's Merkle tree, and what commits it to its body.
//!
//! The envelope holds no personal data (agents are opaque ids), so it can stay when a body must be erased by law.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

use crate::canonical::{self, NotCanonical};
use crate::checksum::Sha256;
use crate::event::{BadBody, Event};
use crate::ids::{AgentId, BatchId, EventId, HarvestId, ObjectId, TokenId};
use crate::time::Timestamp;

/// The version of the envelope's shape that this release writes.
pub const ENVELOPE_VERSION: u32 = 1;
/// Bytes of an envelope: an entry of a C2SP tlog-tiles bundle has a length of two bytes.
pub const ENVELOPE_BYTES_MAX: usize = 65_535;
/// Bytes of a body: two thousand long statements; what is larger is a file.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The events of one thing, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// The ledger itself.
    Ledger,
    /// What became visible when.
    Publication,
    /// One object.
    Object(ObjectId),
    /// One agent.
    Agent(AgentId),
    /// One batch.
    Batch(BatchId),
    /// One token.
    Token(TokenId),
    /// One harvest.
    Harvest(HarvestId),
}

/// Why a text names no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a stream")]
pub struct BadStream(pub String);

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger => f.write_str("ledger"),
            Self::Publication => f.write_str("publication"),
            Self::Object(id) => write!(f, "object:{id}"),
            Self::Agent(id) => write!(f, "agent:{id}"),
            Self::Batch(id) => write!(f, "batch:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::Harvest(id) => write!(f, "harvest:{id}"),
        }
    }
}

impl FromStr for Stream {
    type Err = BadStream;
    fn from_str(text: &str) -> Result<Self, BadStream> {
        let found = match text.split_once(':') {
            None if text == "ledger" => Some(Self::Ledger),
            None if text == "publication" => Some(Self::Publication),
            Some(("object", id)) => id.parse().ok().map(Self::Object),
            Some(("agent", id)) => id.parse().ok().map(Self::Agent),
            Some(("batch", id)) => id.parse().ok().map(Self::Batch),
            Some(("token", id)) => id.parse().ok().map(Self::Token),
            Some(("harvest", id)) => id.parse().ok().map(Self::Harvest),
            None | Some(_) => None,
        };
        found.ok_or_else(|| BadStream(text.to_owned()))
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Stream {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Stream".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

/// The envelope. Fields stand in alphabetical order: what serde writes of it is canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Who did it.
    pub agent: AgentId,
    /// The act that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Commitments to the bytes that the event speaks of: see [`blob_commitment`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<Sha256>,
    /// `SHA-256(salt ‖ body)`.
    pub body_digest: Sha256,
    /// Bytes of the body.
    pub body_len: u64,
    /// The event that led to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// What ties events of one request together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<EventId>,
    /// The event's name.
    pub event_id: EventId,
    /// Which ledger.
    pub ledger: uuid::Uuid,
    /// When it is said to have happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// In whose name the agent acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<AgentId>,
    /// When the ledger took it; never less than in the event before.
    pub recorded_at: Timestamp,
    /// The version of the body's shape.
    pub schema_version: u32,
    /// Its place in the ledger, from 0, without gaps: the index of the leaf.
    pub seq: u64,
    /// The thing that it is about.
    pub stream: Stream,
    /// The leaf hash of the event before in the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_prev: Option<Sha256>,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of this envelope's shape.
    pub v: u32,
    /// Its place in the stream, from 0.
    pub version: u64,
}

/// Why bytes are not an envelope.
#[derive(Debug, thiserror::Error)]
pub enum BadEnvelope {
    /// Longer than a leaf may be.
    #[error("an envelope of {0} bytes, at most {ENVELOPE_BYTES_MAX} are allowed")]
    TooLong(usize),
    /// Not the one way to write it.
    #[error("the envelope is not canonical")]
    NotCanonical(#[from] NotCanonical),
    /// Not the fields of an envelope.
    #[error("the envelope does not have its fields")]
    Json(#[from] serde_json::Error),
}

impl Envelope {
    /// The leaf: canonical JSON of at most [`ENVELOPE_BYTES_MAX`] bytes.
    pub fn to_leaf(&self) -> Result<Vec<u8>, BadEnvelope> {
        let leaf = serde_json::to_vec(self)?;
        if leaf.len() > ENVELOPE_BYTES_MAX { Err(BadEnvelope::TooLong(leaf.len())) } else { Ok(leaf) }
    }

    /// Reads a leaf strictly: canonical, no field unknown.
    pub fn from_leaf(leaf: &[u8]) -> Result<Self, BadEnvelope> {
        if leaf.len() > ENVELOPE_BYTES_MAX {
            return Err(BadEnvelope::TooLong(leaf.len()));
        }
        canonical::check(leaf)?;
        Ok(serde_json::from_slice(leaf)?)
    }
}

/// The digest that commits an envelope to its body: `SHA-256(salt ‖ body)`. Without the salt nobody can guess a short
/// body from its digest after it was erased.
#[must_use]
pub fn body_digest(salt: &[u8; 16], body: &[u8]) -> Sha256 {
    Sha256::from_digest(sha2::Sha256::new().chain_update(salt).chain_update(body).finalize().into())
}

/// The commitment to bytes that the body speaks of: `SHA-256("fonds-blob-v1\0" ‖ salt ‖ SHA-256(bytes))`.
#[must_use]
pub fn blob_commitment(salt: &[u8; 16], bytes: &Sha256) -> Sha256 {
    let hash = sha2::Sha256::new().chain_update(b"fonds-blob-v1\0").chain_update(salt).chain_update(bytes.as_bytes());
    Sha256::from_digest(hash.finalize().into())
}

/// An event as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The envelope.
    pub envelope: Envelope,
    /// The body; `None` where it was erased by law.
    pub event: Option<Event>,
    /// The hash of the leaf.
    pub leaf_hash: Sha256,
}

impl Recorded {
    /// Puts an event together from what is stored.
    pub fn read(envelope: Envelope, leaf_hash: Sha256, body: Option<&[u8]>) -> Result<Self, BadBody> {
        let event = body.map(|body| Event::from_body(&envelope.kind, envelope.schema_version, body)).transpose()?;
        Ok(Self { envelope, event, leaf_hash })
    }
}
