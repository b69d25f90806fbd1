//! How an object came to be, was published and changed hands: the activities of Linked Art.

use fonds_schemas::RelationKind;

use super::words::{aat, classified, kind, reference, timespan};
use super::{Class, Entity, list};
use crate::linked::face::{Beside, Node, named};

/// The object with its making, its publication and its acquisition.
pub fn of(entity: &Entity<'_>, node: Node, beside: &[Beside]) -> Node {
    let class = match entity.class {
        Class::Thing => "Production",
        Class::Set => "Creation",
        Class::Activity => "Activity",
    };
    let mut node = match entity.class {
        Class::Thing => node.with("produced_by", about(making(entity, class, beside), class)),
        Class::Set => node.with("created_by", about(making(entity, class, &[]), class)),
        // An undertaking is not made; it is what somebody did.
        Class::Activity => {
            let mut node = node;
            node = node.with("timespan", timespan(entity.said.all("date_created")));
            node.add("carried_out_by", actors(entity, "creator"));
            let technique = named(entity.said, "technique");
            node.add("technique", technique.iter().map(|one| kind("Type", one)));
            node.add("part", by_contributors(entity, class));
            node
        }
    };
    node.add(entity.other_activity(), publishing(entity));
    let places = entity.places();
    if entity.class == Class::Activity {
        node.add("took_place_at", places);
    } else if !places.is_empty() {
        node.add("present_at", [Node::new("type", "Event").with("took_place_at", list(places))]);
    }
    let when = timespan(entity.said.all("acquired"));
    if entity.is_thing() && !when.is_null() {
        node.add("changed_ownership_through", [Node::new("type", "Acquisition").with("timespan", when)]);
    }
    node
}

/// An activity of which something is known.
fn about(node: Node, class: &str) -> Option<serde_json::Value> {
    let is_bare = node == Node::new("type", class);
    (!is_bare).then(|| node.into())
}

fn making(entity: &Entity<'_>, class: &str, beside: &[Beside]) -> Node {
    let said = entity.said;
    let technique = named(said, "technique");
    let mut node = Node::new("type", class)
        .with("carried_out_by", list(actors(entity, "creator")))
        .with("part", list(by_contributors(entity, class)))
        .with("technique", list(technique.iter().map(|one| kind("Type", one))))
        .with("timespan", timespan(said.all("date_created")));
    for Beside { kind, object } in beside {
        let other = Class::of(object.level);
        let named = reference(other.as_str(), Some(&entity.setting.addresses.id(object.id)), &object.title());
        match (kind, other) {
            (RelationKind::ProducedBy, Class::Activity) => node.add("part_of", [named]),
            (RelationKind::DerivedFrom, _) => node.add("influenced_by", [named]),
            (
                RelationKind::PartOf
                | RelationKind::Realises
                | RelationKind::ProducedBy
                | RelationKind::InstanceOf
                | RelationKind::ItemOf
                | RelationKind::Related,
                _,
            ) => {}
        }
    }
    node
}

fn actors(entity: &Entity<'_>, property: &'static str) -> Vec<Node> {
    named(entity.said, property).iter().map(|one| kind("Actor", one)).collect()
}

/// What each of those did who had a part in it.
fn by_contributors(entity: &Entity<'_>, class: &str) -> Vec<Node> {
    let part = |actor| Node::new("type", class).with("carried_out_by", list([actor]));
    actors(entity, "contributor").into_iter().map(part).collect()
}

fn publishing(entity: &Entity<'_>) -> Option<Node> {
    let publishers = actors(entity, "publisher");
    let when = timespan(entity.said.all("date_issued"));
    if publishers.is_empty() && when.is_null() {
        return None;
    }
    let activity = classified(Node::new("type", "Activity"), [aat("300054686", "Publishing")]);
    Some(activity.with("carried_out_by", list(publishers)).with("timespan", when))
}
