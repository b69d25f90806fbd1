//! Who acts: people, organisations, software and models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of agent (PREMIS 3 agentType; a model is software with a digest of its weights).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentKind {
    /// A human being.
    Person,
    /// An institution, a department, a community.
    Organisation,
    /// A program, named with its version.
    Software,
    /// A model, named with the digest of its weights.
    Model,
}

impl AgentKind {
    /// The written form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Software => "software",
            Self::Model => "model",
        }
    }
}

/// What a token allows. Each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Sees what is not public.
    Read,
    /// Accessions, describes, stores files.
    Write,
    /// Sets access, issues tokens.
    Admin,
}

/// Why a text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scope: read, write or admin")]
pub struct BadScope(pub String);

impl Scope {
    /// The written form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = BadScope;
    fn from_str(text: &str) -> Result<Self, BadScope> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            other => Err(BadScope(other.to_owned())),
        }
    }
}
