//! Who made an annotation, as Web Annotations say it: people and organisations create, programs and models generate.

use std::collections::BTreeMap;

use fonds_projections::provenance;
use fonds_schemas::{AgentId, AgentKind};
use serde::Serialize;

use crate::iiif::presentation::language::LanguageMap;

/// The agents by their ids.
pub type Agents = BTreeMap<AgentId, provenance::Agent>;

/// Who made something: as part of an annotation, one of the two or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Made {
    /// A person or an organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator: Option<Maker>,
    /// A program, which may be a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<Maker>,
}

/// An agent. People are not named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Maker {
    /// An opaque name.
    pub id: String,
    /// What kind of agent.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name of an organisation, a program or a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a model is, so that nobody takes its guess for a person's word.
    #[serde(skip_serializing_if = "LanguageMap::is_empty")]
    pub label: LanguageMap,
}

impl Made {
    /// By that agent.
    #[must_use]
    pub fn by(agent: AgentId, agents: &Agents) -> Self {
        let known = agents.get(&agent);
        let name = || known.map(|agent| agent.name.clone());
        let maker = |kind, name, label| Some(Maker { id: format!("urn:fonds:agent:{agent}"), kind, name, label });
        let model = || LanguageMap::english("Machine learning model");
        match known.map(|agent| agent.kind) {
            Some(AgentKind::Person) | None => {
                Self { creator: maker("Person", None, LanguageMap::default()), generator: None }
            }
            Some(AgentKind::Organisation) => {
                Self { creator: maker("Organization", name(), LanguageMap::default()), generator: None }
            }
            Some(AgentKind::Software) => {
                Self { creator: None, generator: maker("Software", name(), LanguageMap::default()) }
            }
            Some(AgentKind::Model) => Self { creator: None, generator: maker("Software", name(), model()) },
        }
    }

    /// Whoever it was.
    #[must_use]
    pub fn maker(&self) -> Option<&Maker> {
        self.creator.as_ref().or(self.generator.as_ref())
    }
}
