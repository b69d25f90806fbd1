//! What a manifest says of the services that search its texts.

use fonds_schemas::ObjectId;
use serde::Serialize;

/// The JSON-LD context of Content Search 1, which its services carry.
pub const CONTEXT_1: &str = "http://iiif.io/api/search/1/context.json";
/// The JSON-LD context of Content Search 2.
pub const CONTEXT_2: &str = "http://iiif.io/api/search/2/context.json";

/// A service that searches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SearchService {
    /// Content Search 2.
    Two {
        /// Its address.
        id: String,
        /// `SearchService2`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// What completes words for it.
        service: Vec<Completion2>,
    },
    /// Content Search 1, the only one that Mirador 4.0.0 knows.
    One {
        /// Its context.
        #[serde(rename = "@context")]
        context: &'static str,
        /// Its address.
        #[serde(rename = "@id")]
        id: String,
        /// `SearchService1`.
        #[serde(rename = "@type")]
        kind: &'static str,
        /// What it is.
        profile: &'static str,
        /// What completes words for it: a list, as everything in a manifest of version 3 that may repeat.
        service: Vec<Completion1>,
    },
}

/// A service that completes words for Content Search 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion2 {
    /// Its address.
    pub id: String,
    /// `AutoCompleteService2`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A service that completes words for Content Search 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion1 {
    /// Its address.
    #[serde(rename = "@id")]
    pub id: String,
    /// `AutoCompleteService1`.
    #[serde(rename = "@type")]
    pub kind: &'static str,
    /// What it is.
    pub profile: &'static str,
}

/// The services that search the texts of an object.
#[must_use]
pub fn services(base: &str, object: ObjectId) -> Vec<SearchService> {
    let address = |version: u8| format!("{base}/iiif/search/{version}/{object}");
    let completion = |version: u8| format!("{}/autocomplete", address(version));
    vec![
        SearchService::Two {
            id: address(2),
            kind: "SearchService2",
            service: vec![Completion2 { id: completion(2), kind: "AutoCompleteService2" }],
        },
        SearchService::One {
            context: CONTEXT_1,
            id: address(1),
            kind: "SearchService1",
            profile: "http://iiif.io/api/search/1/search",
            service: vec![Completion1 {
                id: completion(1),
                kind: "AutoCompleteService1",
                profile: "http://iiif.io/api/search/1/autocomplete",
            }],
        },
    ]
}
