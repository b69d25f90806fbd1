//! Who did what, when, in which act, as PROV-O: a few quads an event, written once and never changed.
//!
//! No names of people: agents and batches are opaque ids. Of an agent the kind is said, and the name where it is a
//! program. Batches are named and not described, because what one is called may speak of objects that nobody may see.
//! Source: W3C PROV-O, 2013.

use fonds_schemas::event::AgentRegistered;
use fonds_schemas::{Addresses, AgentKind, Envelope, ObjectId};
use oxigraph::model::vocab::{rdf, rdfs, xsd};
use oxigraph::model::{GraphName, Literal, NamedNode, NamedNodeRef, Quad, Term};

use super::edm;
use super::vocabulary::{
    DCTERMS_TYPE, PROV_ACTIVITY, PROV_ENDED_AT, PROV_GENERATED, PROV_INFLUENCED, PROV_ORGANIZATION, PROV_PERSON,
    PROV_SOFTWARE_AGENT, PROV_WAS_ASSOCIATED_WITH, PROV_WAS_INFORMED_BY,
};

/// The type of the event that brings an object into being.
const ACCESSIONED: &str = "accessioned";

/// The predicates that lead from an event to the object that it is about.
pub(super) const ABOUT: [NamedNodeRef<'static>; 2] = [PROV_GENERATED, PROV_INFLUENCED];

/// Adds what is said of one event about one object.
pub(super) fn event(
    envelope: &Envelope,
    object: ObjectId,
    addresses: &Addresses,
    graph: &GraphName,
    quads: &mut Vec<Quad>,
) {
    let activity = NamedNode::new_unchecked(format!("urn:uuid:{}", envelope.event_id));
    let mut say = |predicate: NamedNodeRef<'_>, object: Term| {
        quads.push(Quad::new(activity.clone(), predicate, object, graph.clone()));
    };
    say(rdf::TYPE, PROV_ACTIVITY.into());
    say(PROV_ENDED_AT, Literal::new_typed_literal(envelope.recorded_at.to_string(), xsd::DATE_TIME).into());
    let agent = NamedNode::new_unchecked(format!("urn:fonds:agent:{}", envelope.agent));
    say(PROV_WAS_ASSOCIATED_WITH, agent.into());
    if let Some(batch) = envelope.batch {
        say(PROV_WAS_INFORMED_BY, NamedNode::new_unchecked(format!("urn:fonds:batch:{batch}")).into());
    }
    let thing = edm::name(object, addresses);
    if envelope.kind == ACCESSIONED {
        // Most events are accessions: what they are is said by `generated` alone.
        say(PROV_GENERATED, thing.into());
    } else {
        say(PROV_INFLUENCED, thing.into());
        say(DCTERMS_TYPE, Literal::new_simple_literal(envelope.kind.clone()).into());
    }
}

/// Adds what is said of an agent.
pub(super) fn agent(body: &AgentRegistered, quads: &mut Vec<Quad>) {
    let agent = NamedNode::new_unchecked(format!("urn:fonds:agent:{}", body.agent));
    let (class, named) = match body.kind {
        AgentKind::Person => (PROV_PERSON, false),
        AgentKind::Organisation => (PROV_ORGANIZATION, false),
        AgentKind::Software | AgentKind::Model => (PROV_SOFTWARE_AGENT, true),
    };
    quads.push(Quad::new(agent.clone(), rdf::TYPE, class, GraphName::DefaultGraph));
    if named {
        let label = match &body.version {
            Some(version) => format!("{} {version}", body.name),
            None => body.name.clone(),
        };
        quads.push(Quad::new(agent, rdfs::LABEL, Literal::new_simple_literal(label), GraphName::DefaultGraph));
    }
}
