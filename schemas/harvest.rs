//! What was harvested from other repositories: which records, from where, by which request, and how the list goes on.
//!
//! Moments are texts as the repository writes them (seconds or days, UTC): they are its own, and are sent back to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{HarvestId, ObjectId};

/// Where a record was before it came here, in the words of OAI-PMH (`originDescription` of the provenance container).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Whether the metadata were changed after they were harvested there.
    pub altered: bool,
    /// The base URL of that repository.
    pub base_url: String,
    /// The datestamp that the record had there.
    pub datestamp: String,
    /// When it was harvested there.
    pub harvest_date: String,
    /// What it is called there.
    pub identifier: String,
    /// The namespace of the metadata.
    pub metadata_namespace: String,
}

/// A record of another repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HarvestedRecord {
    /// Its datestamp there.
    pub datestamp: String,
    /// Whether the repository says that it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Where that repository had it from, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Origin>,
    /// What it is called there.
    pub identifier: String,
    /// What it is here: one object, or one for each of its parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ObjectId>,
}

/// A page of records of another repository was taken in. What its records say was recorded before, object by object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Harvested {
    /// The base URL of the repository, without what is secret in it.
    pub base_url: String,
    /// Everything that it changed before this moment of its own is here: the next harvest asks from there on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<String>,
    /// The `from` of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Which harvest.
    pub harvest: HarvestId,
    /// The namespace of the format.
    pub metadata_namespace: String,
    /// Whose numbering the identifiers are, from which the ids of objects follow.
    pub namespace: String,
    /// The `metadataPrefix` of the list.
    pub prefix: String,
    /// The records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<HarvestedRecord>,
    /// When the repository answered, by its own clock.
    pub response_date: String,
    /// The `set` of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// When it answered the first page of the list.
    pub started: String,
    /// What continues the list; none where it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The `until` of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}
