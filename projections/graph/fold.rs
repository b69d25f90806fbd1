//! What a batch changes in the graph: which quads go, which come. Reads the store, writes nothing.
//!
//! What everybody may see is in the default graph, which is all that a query reaches. What is true but must not be seen
//! is *held* in a named graph that no query reaches: the provenance of objects that are not public, and relations of
//! public objects to objects that are not. Both move to the default graph when they may, and back.
//!
//! The outcome depends on the state before the batch and the state after it, not on the steps between, so the same
//! events give the same graph however they are cut into batches. What a batch inserts wins over what it removes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fonds_schemas::{Addresses, Event, Object, ObjectId, Relation};
use oxigraph::model::vocab::rdf;
use oxigraph::model::{GraphName, GraphNameRef, NamedOrBlankNode, Quad, QuadRef, TermRef};
use oxigraph::store::{StorageError, Store};

use super::stage::Stage;
use super::vocabulary::{EDM_PROVIDED_CHO, HELD_GRAPH};
use super::{edm, prov};
use crate::Batch;

/// Quads that go, then quads that come.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) remove: Vec<Quad>,
    pub(super) insert: Vec<Quad>,
    /// The objects of the batch: whether they are shown after it.
    pub(super) shown: HashMap<ObjectId, bool>,
    /// Whether it depends on quads of which some may be staged.
    depends: bool,
}

/// Whether the object is in the graph that queries reach: public when its last event was recorded. No clock is asked,
/// so an object under embargo comes in with the first event after its moment, which the projector sees to.
pub(super) fn is_shown(object: &Object) -> bool {
    object.is_public(object.modified_at)
}

impl Plan {
    /// Takes out the quads that come, if they are worth it and can be staged: none goes, and none depends on what is
    /// staged.
    pub(super) fn additions(&mut self, worth: usize) -> Option<Vec<Quad>> {
        let are_staged = self.remove.is_empty() && !self.depends && self.insert.len() >= worth;
        are_staged.then(|| std::mem::take(&mut self.insert))
    }
}

/// What the batch changes in the store, on top of what is staged.
pub(super) fn plan(
    store: &Store,
    stage: Option<&Stage>,
    addresses: &Addresses,
    batch: &Batch,
) -> Result<Plan, StorageError> {
    let touched = touched(batch);
    let shown: HashMap<ObjectId, bool> = touched.iter().map(|t| (t.after.id, is_shown(&t.after))).collect();
    let held =
        store.quads_for_pattern(None, None, None, Some(GraphNameRef::NamedNode(HELD_GRAPH))).next().transpose()?;
    let any_held = held.is_some();
    let mut fold = Fold { store, stage, addresses, shown, any_held, others: HashMap::new(), plan: Plan::default() };
    for object in &touched {
        fold.description(object);
        fold.relations(object)?;
        fold.access(object)?;
    }
    fold.events(batch);
    Ok(Plan { shown: fold.shown, ..fold.plan })
}

/// An object before and after the batch.
struct Touched {
    before: Option<Arc<Object>>,
    after: Arc<Object>,
}

fn touched(batch: &Batch) -> Vec<Touched> {
    let mut places: HashMap<ObjectId, usize> = HashMap::new();
    let mut touched: Vec<Touched> = Vec::new();
    for change in &batch.changes {
        let place = *places.entry(change.after.id).or_insert(touched.len());
        match touched.get_mut(place) {
            Some(known) => known.after = Arc::clone(&change.after),
            None => touched.push(Touched { before: change.before.clone(), after: Arc::clone(&change.after) }),
        }
    }
    touched
}

impl Touched {
    /// The object before, if it was shown.
    fn shown_before(&self) -> Option<&Object> {
        self.before.as_deref().filter(|object| is_shown(object))
    }

    /// The object after, if it is shown.
    fn shown_after(&self) -> Option<&Object> {
        Some(self.after.as_ref()).filter(|object| is_shown(object))
    }
}

struct Fold<'a> {
    store: &'a Store,
    stage: Option<&'a Stage>,
    addresses: &'a Addresses,
    /// The objects of the batch: whether they are shown after it.
    shown: HashMap<ObjectId, bool>,
    /// Whether anything is held: mostly not, and then new objects need not be looked for there.
    any_held: bool,
    /// Others that were asked for: a whole series points at one parent.
    others: HashMap<ObjectId, bool>,
    plan: Plan,
}

impl Fold<'_> {
    fn description(&mut self, object: &Touched) {
        let [before, after] = match (object.shown_before(), object.shown_after()) {
            (None, None) => return,
            (None, Some(after)) => return self.plan.insert.extend(edm::quads(after, self.addresses)),
            (Some(before), None) => [edm::quads(before, self.addresses), Vec::new()],
            (Some(before), Some(after)) => edm::quads_of_both(before, after, self.addresses),
        };
        let stays: HashSet<&Quad> = before.iter().collect();
        let comes: HashSet<&Quad> = after.iter().collect();
        self.plan.remove.extend(before.iter().filter(|quad| !comes.contains(quad)).cloned());
        self.plan.insert.extend(after.iter().filter(|quad| !stays.contains(quad)).cloned());
    }

    /// The object's own relations: in sight where both ends are shown, held where only the object is, else nowhere.
    fn relations(&mut self, object: &Touched) -> Result<(), StorageError> {
        if let Some(before) = object.shown_before() {
            for relation in &before.relations {
                let quad = edm::relation(before.id, relation, self.addresses);
                self.plan.remove.push(held(quad.clone()));
                self.plan.remove.push(quad);
            }
        }
        if let Some(after) = object.shown_after() {
            for relation in &after.relations {
                let quad = edm::relation(after.id, relation, self.addresses);
                let in_sight = self.is_target_shown(relation)?;
                self.plan.insert.push(if in_sight { quad } else { held(quad) });
            }
        }
        Ok(())
    }

    fn is_target_shown(&mut self, relation: &Relation) -> Result<bool, StorageError> {
        let target = relation.target;
        let staged = self.stage.and_then(|stage| stage.shown.get(&target));
        if let Some(known) = self.shown.get(&target).or(staged).or_else(|| self.others.get(&target)) {
            return Ok(*known);
        }
        let name = edm::name(target, self.addresses);
        let mark = QuadRef::new(&name, rdf::TYPE, EDM_PROVIDED_CHO, GraphNameRef::DefaultGraph);
        let shown = self.store.contains(mark)?;
        self.others.insert(target, shown);
        Ok(shown)
    }

    /// What an object that comes into sight or leaves it takes along: its past, and the relations of others to it.
    fn access(&mut self, object: &Touched) -> Result<(), StorageError> {
        let staged_held = self.stage.is_some_and(|stage| stage.holds);
        let (from, to) = match (object.shown_before(), object.shown_after()) {
            (None, Some(_)) if !self.any_held && !staged_held => return Ok(()),
            (None, Some(_)) => (GraphNameRef::NamedNode(HELD_GRAPH), GraphName::DefaultGraph),
            (Some(_), None) => (GraphNameRef::DefaultGraph, HELD_GRAPH.into()),
            (None, None) | (Some(_), Some(_)) => return Ok(()),
        };
        self.plan.depends |= staged_held || object.shown_before().is_some();
        let name = edm::name(object.after.id, self.addresses);
        // What points at an object is a relation of another object, an event about it, or its own aggregation.
        for quad in self.store.quads_for_pattern(None, None, Some(TermRef::NamedNode(name.as_ref())), Some(from)) {
            let quad = quad?;
            if prov::ABOUT.contains(&quad.predicate.as_ref()) {
                self.move_all_of(&quad.subject, from, &to)?;
            } else if self.is_of_another(&quad.subject) {
                self.move_one(quad, &to);
            }
        }
        Ok(())
    }

    /// Whether the subject is an object that the batch does not touch; one that it does touch is dealt with by itself.
    fn is_of_another(&self, subject: &NamedOrBlankNode) -> bool {
        let NamedOrBlankNode::NamedNode(subject) = subject else { return false };
        let id = subject.as_str().strip_prefix(self.addresses.base()).and_then(|rest| rest.strip_prefix("/id/"));
        id.and_then(|id| ObjectId::parse(id).ok()).is_some_and(|id| !self.shown.contains_key(&id))
    }

    fn move_all_of(
        &mut self,
        subject: &NamedOrBlankNode,
        from: GraphNameRef<'_>,
        to: &GraphName,
    ) -> Result<(), StorageError> {
        for quad in self.store.quads_for_pattern(Some(subject.as_ref()), None, None, Some(from)) {
            self.move_one(quad?, to);
        }
        Ok(())
    }

    fn move_one(&mut self, quad: Quad, to: &GraphName) {
        self.plan.insert.push(Quad { graph_name: to.clone(), ..quad.clone() });
        self.plan.remove.push(quad);
    }

    /// Every event about an object, and the agents that became known.
    fn events(&mut self, batch: &Batch) {
        let held = GraphName::from(HELD_GRAPH);
        for change in &batch.changes {
            let object = change.after.id;
            let shown = self.shown.get(&object).copied().unwrap_or(false);
            let graph = if shown { &GraphName::DefaultGraph } else { &held };
            prov::event(&batch.event_of(change).envelope, object, self.addresses, graph, &mut self.plan.insert);
        }
        for recorded in &batch.events {
            match &recorded.event {
                Some(Event::AgentRegistered(body)) => prov::agent(body, &mut self.plan.insert),
                // Those of objects are in the batch's changes; the label of a batch may speak of what nobody may see;
                // the others say nothing about objects or who acts.
                Some(
                    Event::Accessioned(_)
                    | Event::Described(_)
                    | Event::Related(_)
                    | Event::FileStored(_)
                    | Event::FileDetached(_)
                    | Event::Arranged(_)
                    | Event::AccessSet(_)
                    | Event::EmbargoLapsed(_)
                    | Event::Annotated(_)
                    | Event::AnnotationRetracted(_)
                    | Event::Transcribed(_)
                    | Event::BatchOpened(_)
                    | Event::BatchClosed(_)
                    | Event::LedgerOpened(_)
                    | Event::PublicationMarked(_)
                    | Event::TokenIssued(_)
                    | Event::TokenRevoked(_)
                    | Event::Harvested(_),
                )
                // An erased body says nothing; that the event happened, its envelope says.
                | None => {}
            }
        }
    }
}

/// The same quad, where no query reaches it.
fn held(quad: Quad) -> Quad {
    Quad { graph_name: HELD_GRAPH.into(), ..quad }
}
