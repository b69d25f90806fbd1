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

impl Claims {
    /// Who may see the object, as a source said it last.
    #[must_use]
    pub fn access(&self) -> Option<Access> {
        self.access
    }
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
                | Event::Arranged(_)
                | Event::EmbargoLapsed(_)
                | Event::Annotated(_)
                | Event::AnnotationRetracted(_)
                | Event::Transcribed(_)
                | Event::PublicationMarked(_)
                | Event::TokenIssued(_)
                | Event::TokenRevoked(_)
                | Event::Harvested(_),
            )
            | None => {
                // Files are compared by their bytes; how they are shown and what is said of images comes from no row; an
                // erased body claims nothing any more.
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

#[cfg(test)]
mod tests {
    use fonds_schemas::event::{Accessioned, Described};
    use fonds_schemas::{AgentId, EventId, Level, Property, Sha256, SourceKey, Stream, Timestamp};

    use super::super::problem::Place;
    use super::*;

    const INGEST: BatchId = BatchId::from_random([1; 10]);
    const PERSON: BatchId = BatchId::from_random([2; 10]);

    fn says(text: &str) -> Statement {
        Statement::new(Property::parse("title").unwrap(), text)
    }

    fn source() -> SourceKey {
        SourceKey { identifier: "1".to_owned(), namespace: "t".to_owned() }
    }

    fn planned(texts: &[&str]) -> Planned {
        Planned {
            place: Place::file("t"),
            source: source(),
            id: source().object_id(),
            level: Level::Item,
            access: Access::Public,
            statements: texts.iter().map(|text| says(text)).collect(),
            relations: Vec::new(),
            files: Vec::new(),
        }
    }

    fn recorded(version: u64, batch: BatchId, event: Event) -> Recorded {
        let envelope = fonds_schemas::Envelope {
            agent: AgentId::from_random([0; 10]),
            batch: Some(batch),
            blobs: Vec::new(),
            body_digest: Sha256::of(b""),
            body_len: 0,
            causation: None,
            correlation: None,
            event_id: EventId(uuid::Uuid::from_u128(u128::from(version))),
            ledger: uuid::Uuid::nil(),
            occurred_at: None,
            on_behalf_of: None,
            recorded_at: Timestamp::from_micros(0),
            schema_version: 1,
            seq: version,
            stream: Stream::Object(source().object_id()),
            stream_prev: None,
            kind: event.kind().to_owned(),
            v: 1,
            version,
        };
        Recorded { envelope, event: Some(event), leaf_hash: Sha256::of(b"") }
    }

    fn accessioned(texts: &[&str]) -> Recorded {
        let body = Accessioned {
            access: Access::Public,
            level: Level::Item,
            object: source().object_id(),
            relations: Vec::new(),
            source: Some(source()),
            statements: texts.iter().map(|text| says(text)).collect(),
        };
        recorded(0, INGEST, Event::Accessioned(body))
    }

    fn described(version: u64, batch: BatchId, asserted: &[&str], retracted: &[(u64, u32)]) -> Recorded {
        let id = |(version, place): &(u64, u32)| StatementId {
            event: EventId(uuid::Uuid::from_u128(u128::from(*version))),
            place: *place,
        };
        let body = Described {
            asserted: asserted.iter().map(|text| says(text)).collect(),
            object: source().object_id(),
            reason: None,
            retracted: retracted.iter().map(id).collect(),
        };
        recorded(version, batch, Event::Described(body))
    }

    /// What a row that says `now` changes after that history: texts asserted, and texts retracted.
    fn check(history: &[Recorded], now: &[&str], asserted: &[&str], retracted: &[&str]) {
        let mut object = None;
        for recorded in history {
            Object::fold(&mut object, recorded).unwrap();
        }
        let object = object.unwrap();
        let claims = claims(history, |batch| batch == INGEST);
        let difference = difference(&object, &planned(now), &claims);
        let new: Vec<_> = difference.asserted.iter().map(|statement| statement.text.as_str()).collect();
        let gone = object.statements.iter().filter(|standing| difference.retracted.contains(&standing.id));
        let gone: Vec<_> = gone.map(|standing| standing.statement.text.as_str()).collect();
        assert_eq!((new.as_slice(), gone.as_slice()), (asserted, retracted));
    }

    #[test]
    fn the_same_row_changes_nothing() {
        check(&[accessioned(&["a", "b"])], &["a", "b"], &[], &[]);
    }
    #[test]
    fn what_the_source_no_longer_says_is_taken_back() {
        check(&[accessioned(&["a", "b"])], &["a", "c"], &["c"], &["b"]);
    }
    #[test]
    fn what_a_person_said_stays() {
        check(&[accessioned(&["a"]), described(1, PERSON, &["p"], &[])], &["a"], &[], &[]);
    }
    #[test]
    fn what_a_person_took_back_does_not_return() {
        check(&[accessioned(&["wrong"]), described(1, PERSON, &["right"], &[(0, 0)])], &["wrong"], &[], &[]);
    }
    #[test]
    fn a_source_that_learns_what_a_person_said_does_not_say_it_twice() {
        let history = [accessioned(&["wrong"]), described(1, PERSON, &["right"], &[(0, 0)])];
        check(&history, &["right"], &[], &[]);
    }
    #[test]
    fn what_a_later_ingest_said_is_the_sources_own() {
        check(&[accessioned(&["a"]), described(1, INGEST, &["b"], &[(0, 0)])], &["c"], &["c"], &["b"]);
    }
}
