//! The resources of the Change Discovery API 1.0, with the fields that fonds writes, in the order in which it writes them.

use serde::Serialize;

use crate::iiif::presentation::language::LanguageMap;

/// The stream: where its first and its last page are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// The context of this API.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its own address.
    pub id: String,
    /// `OrderedCollection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How many activities there are.
    pub total_items: u64,
    /// What describes all that the activities are about.
    pub see_also: Vec<Dataset>,
    /// The page of the oldest activities.
    pub first: Reference,
    /// The page of the newest activities.
    pub last: Reference,
}

/// A page of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The context of this API.
    #[serde(rename = "@context")]
    pub context: &'static str,
    /// Its own address.
    pub id: String,
    /// `OrderedCollectionPage`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How many activities are on pages before it.
    pub start_index: u64,
    /// The stream.
    pub part_of: Reference,
    /// The page of older activities, unless this is the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev: Option<Reference>,
    /// The page of newer activities, unless this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Reference>,
    /// The activities, oldest first.
    pub ordered_items: Vec<Activity>,
}

/// What happened to a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// The context of this API, where the activity stands alone.
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    pub context: Option<&'static str>,
    /// Its own address.
    pub id: String,
    /// `Create`, `Update` or `Delete`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The manifest.
    pub object: Resource,
    /// Since when everybody can read it so, in UTC and whole seconds.
    pub end_time: String,
}

/// The manifest that an activity is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its address.
    pub id: String,
    /// `Manifest`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name of the object, whatever document describes it.
    pub canonical: String,
    /// Its description for machines; nothing where the object is gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub see_also: Vec<Dataset>,
}

/// A document that describes something, for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// Its address.
    pub id: String,
    /// `Dataset`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub label: LanguageMap,
    /// Its media type.
    pub format: &'static str,
    /// In which terms it describes.
    pub profile: &'static str,
}

/// The stream or a page, as another document names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Its address.
    pub id: String,
    /// `OrderedCollection` or `OrderedCollectionPage`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}
