//! What a source says anew about an object that is already there.
//!
//! What people said is never taken back by a source that does not know it, and what people took back does not return
//! with the next import: a source may only change what it said itself.

use std::collections::HashSet;

use fonds_schemas::{Access, BatchId, Event, Object, Recorded, Relation, Statement, StatementId};

use super::plan::Planned;

/// What sources said of an object so far, and did not take back themselves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims {
    statements: Vec<(StatementId, Statement)>,
    relations: Vec<Relation>,
    access: Option<Access>,
}

/// What changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Statements to assert.
    pub asserted: Vec<Statement>,
    /// Statements to retract.
    pub retracted: Vec<StatementId>,
    /// Relations to assert.
    pub related: Vec<Relation>,
    /// Relations to retract.
    pub unrelated: Vec<Relation>,
    /// The access to set.
    pub access: Option<Access>,
}

impl Difference {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether the object stands as the row has it, files aside; if not, its history decides what changes.
#[must_use]
pub fn stands(object: &Object, planned: &Planned) -> bool {
    let mut wanted: Vec<&Statement> = planned.statements.iter().collect();
    wanted.sort();
    let mut relations = object.relations.clone();
    relations.sort();
    let mut planned_relations = planned.relations.clone();
    planned_relations.sort();
    object.standing.access == planned.access && object.description() == wanted && relations == planned_relations
}

/// What sources said in the object's history; `is_ingest` tells of a batch whether a source speaks in it.
#[must_use]
pub fn claims(history: &[Recorded], is_ingest: impl Fn(BatchId) -> bool) -> Claims {
    let mut claims = Claims::default();
    for recorded in history {
        if !recorded.envelope.batch.is_some_and(&is_ingest) {
            continue;
        }
        let name = |place: u32| StatementId { event: recorded.envelope.event_id, place };
        let named = |statements: &[Statement]| -> Vec<_> {
            (0u32..).zip(statements).map(|(place, statement)| (name(place), statement.clone())).collect()
        };
        match &recorded.event {
            Some(Event::Accessioned(body)) => {
                claims.statements = named(&body.statements);
                claims.relations.clone_from(&body.relations);
                claims.access = Some(body.access);
            }
            Some(Event::Described(body)) => {
                claims.statements.retain(|(id, _)| !body.retracted.contains(id));
                claims.statements.extend(named(&body.asserted));
            }
            Some(Event::Related(body)) => {
                claims.relations.retain(|relation| !body.retracted.contains(relation));
                claims.relations.extend(&body.asserted);
            }
            Some(Event::AccessSet(body)) => claims.access = Some(body.access),
            Some(
                Event::LedgerOpened(_)
                | Event::AgentRegistered(_)
                | Event::BatchOpened(_)
                | Event::BatchClosed(_)
                | Event::FileStored(_)
                | Event::FileDetached(_)
                | Event::EmbargoLapsed(_)
                | Event::PublicationMarked(_)
                | Event::TokenIssued(_)
                | Event::TokenRevoked(_),
            )
            | None => {
                // Files are compared by their bytes; an erased body claims nothing any more.
            }
        }
    }
    claims
}

/// What the row changes of the object, given what sources said before.
#[must_use]
pub fn difference(object: &Object, planned: &Planned, claims: &Claims) -> Difference {
    let standing: HashSet<StatementId> = object.statements.iter().map(|asserted| asserted.id).collect();
    let stands = |wanted: &Statement| object.statements.iter().any(|asserted| asserted.statement == *wanted);
    let claimed = |wanted: &Statement| claims.statements.iter().any(|(_, statement)| statement == wanted);
    let asserted = planned.statements.iter().filter(|wanted| !claimed(wanted) && !stands(wanted)).cloned().collect();
    let gone =
        claims.statements.iter().filter(|(id, said)| standing.contains(id) && !planned.statements.contains(said));
    let retracted = gone.map(|(id, _)| *id).collect();
    let new = planned.relations.iter().filter(|relation| !claims.relations.contains(relation));
    let related = new.filter(|relation| !object.relations.contains(relation)).copied().collect();
    let old = claims.relations.iter().filter(|relation| object.relations.contains(relation));
    let unrelated = old.filter(|relation| !planned.relations.contains(relation)).copied().collect();
    // Only where the source changed its mind and nobody else decided since.
    let undisturbed = claims.access == Some(object.standing.access);
    let access = (undisturbed && planned.access != object.standing.access).then_some(planned.access);
    Difference { asserted, retracted, related, unrelated, access }
}
