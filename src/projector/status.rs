//! Where the projections stand.

use serde::{Deserialize, Serialize};

/// Where one projection stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// How many events it has applied: readers know of these.
    pub applied: u64,
    /// How many events it has worked through; those that it has not applied yet it applies together.
    pub folded: u64,
    /// Why it stopped, if it did.
    pub stopped: Option<String>,
}

/// Where all of them stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// In the order of [`fonds_projections::ALL`].
    pub standings: Vec<Standing>,
}

impl Status {
    /// How many events every projection that goes on has applied; `None` when all stopped.
    #[must_use]
    pub fn lowest(&self) -> Option<u64> {
        self.standings.iter().filter(|standing| standing.stopped.is_none()).map(|standing| standing.applied).min()
    }

    /// How many events every projection that goes on has worked through.
    #[must_use]
    pub fn folded(&self) -> Option<u64> {
        self.standings.iter().filter(|standing| standing.stopped.is_none()).map(|standing| standing.folded).min()
    }

    /// How many events the projection of that name has applied.
    #[must_use]
    pub fn applied(&self, name: &str) -> u64 {
        self.standings.iter().find(|standing| standing.name == name).map_or(0, |standing| standing.applied)
    }

    /// Whether one of these stopped.
    #[must_use]
    pub fn stopped(&self, names: &[&str]) -> bool {
        self.standings.iter().any(|standing| standing.stopped.is_some() && names.contains(&standing.name.as_str()))
    }
}
