//! Events as sentences: who did what. One place, so that pages, the API and the command line tell the same story.

use std::collections::BTreeMap;

use fonds_projections::{ProjectionError, provenance};
use fonds_schemas::{Access, AgentId, AgentKind, Arrangement, Event, Recorded, Statement, StatementId};
use sqlx::PgPool;

/// One change inside an entry: what was there, what is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The property, as people read it.
    pub property: String,
    /// What ceased to stand.
    pub before: Option<Statement>,
    /// What stands from then on.
    pub after: Option<Statement>,
}

/// One event of an object's history.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The event.
    pub recorded: Recorded,
    /// Who did it, as people know them.
    pub agent: String,
    /// What was done, as a sentence without its subject: "changed the description".
    pub what: String,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
    /// The changes, one by one.
    pub details: Vec<Detail>,
}

/// Who a story is told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// Somebody of the house: persons are named.
    House,
    /// Anybody: what persons are called is their own affair, and why access changed is the house's.
    Public,
}

/// Tells the events of one object's stream, in their order.
pub async fn tell(pg: &PgPool, events: Vec<Recorded>, to: Listener) -> Result<Vec<Entry>, ProjectionError> {
    let mut ids: Vec<AgentId> = events.iter().map(|recorded| recorded.envelope.agent).collect();
    ids.sort();
    ids.dedup();
    let agents = provenance::agents(pg, &ids).await?;
    let name = |agent: provenance::Agent| match agent.kind {
        AgentKind::Person if to == Listener::Public => "A person".to_owned(),
        AgentKind::Person | AgentKind::Organisation | AgentKind::Software | AgentKind::Model => agent.name,
    };
    let names: BTreeMap<AgentId, String> = agents.into_iter().map(|agent| (agent.agent, name(agent))).collect();
    let mut known: BTreeMap<StatementId, Statement> = BTreeMap::new();
    Ok(events
        .into_iter()
        .map(|recorded| {
            let id = recorded.envelope.agent;
            let agent = names.get(&id).cloned().unwrap_or_else(|| id.to_string());
            let (what, reason) = sentence(&recorded);
            let own = matches!(recorded.event, Some(Event::AccessSet(_))) && to == Listener::Public;
            let reason = reason.filter(|_| !own);
            let details = details(&recorded, &mut known);
            Entry { recorded, agent, what, reason, details }
        })
        .collect())
}

fn sentence(recorded: &Recorded) -> (String, Option<String>) {
    let Some(event) = &recorded.event else {
        if recorded.envelope.kind == "transcribed" {
            return ("transcribed an image".to_owned(), None);
        }
        return ("did something whose record was erased by law".to_owned(), None);
    };
    match event {
        Event::Accessioned(body) => {
            let from = body.source.as_ref().map(|source| format!(", {} of {}", source.identifier, source.namespace));
            let what = format!("accessioned this {}{}", body.level.as_str(), from.unwrap_or_default());
            (what, None)
        }
        Event::Described(body) => ("changed the description".to_owned(), body.reason.clone()),
        Event::Related(body) => ("changed how it is related to others".to_owned(), body.reason.clone()),
        Event::FileStored(body) => (format!("stored the file {}", body.file.name), None),
        Event::FileDetached(body) => ("took a file off".to_owned(), Some(body.reason.clone())),
        Event::Arranged(body) => (arranged(&body.arrangement), body.reason.clone()),
        Event::AccessSet(body) => (format!("made it {}", access(body.access)), Some(body.reason.clone())),
        Event::EmbargoLapsed(_) => ("found that its embargo had passed".to_owned(), None),
        Event::Annotated(body) => (format!("annotated an image ({})", body.motivation.as_str()), None),
        Event::AnnotationRetracted(body) => ("took an annotation back".to_owned(), Some(body.reason.clone())),
        Event::Transcribed(body) => (transcribed(body.lines.len()), body.reason.clone()),
        Event::LedgerOpened(_)
        | Event::AgentRegistered(_)
        | Event::BatchOpened(_)
        | Event::BatchClosed(_)
        | Event::PublicationMarked(_)
        | Event::TokenIssued(_)
        | Event::Harvested(_)
        | Event::TokenRevoked(_) => (event.kind().replace('_', " "), None),
    }
}

fn arranged(arrangement: &Arrangement) -> String {
    if arrangement.is_empty() {
        return "took back how its files are shown".to_owned();
    }
    let Arrangement { behaviors, choices, composed, direction, ranges, start } = arrangement;
    let said = [
        (direction.is_some(), "reading direction"),
        (!behaviors.is_empty(), "behaviour"),
        (start.is_some(), "start"),
        (!choices.is_empty(), "choices"),
        (!composed.is_empty(), "details at their places"),
        (!ranges.is_empty(), "contents"),
    ];
    let said: Vec<&str> = said.into_iter().filter(|(is_said, _)| *is_said).map(|(_, what)| what).collect();
    format!("arranged how its files are shown: {}", said.join(", "))
}

fn transcribed(lines: usize) -> String {
    match lines {
        0 => "found no text on an image".to_owned(),
        1 => "transcribed an image: 1 line".to_owned(),
        lines => format!("transcribed an image: {lines} lines"),
    }
}

fn access(access: Access) -> String {
    match access {
        Access::Embargoed { until } => format!("embargoed until {}", until.to_seconds_string()),
        Access::Public | Access::Restricted | Access::Withdrawn => access.as_str().to_owned(),
    }
}

/// Pairs what ceased with what came in its place, property by property.
fn details(recorded: &Recorded, known: &mut BTreeMap<StatementId, Statement>) -> Vec<Detail> {
    let (asserted, retracted) = match &recorded.event {
        Some(Event::Accessioned(body)) => (&body.statements, [].as_slice()),
        Some(Event::Described(body)) => (&body.asserted, body.retracted.as_slice()),
        Some(_) | None => return Vec::new(),
    };
    let mut gone: Vec<Statement> = retracted.iter().filter_map(|id| known.remove(id)).collect();
    let event = recorded.envelope.event_id;
    let mut details = Vec::new();
    for (place, statement) in (0u32..).zip(asserted) {
        known.insert(StatementId { event, place }, statement.clone());
        let before = gone.iter().position(|old| old.property == statement.property).map(|place| gone.remove(place));
        let property = statement.property.label().to_owned();
        details.push(Detail { property, before, after: Some(statement.clone()) });
    }
    let removed = gone.into_iter();
    details.extend(removed.map(|old| Detail {
        property: old.property.label().to_owned(),
        before: Some(old),
        after: None,
    }));
    details
}
