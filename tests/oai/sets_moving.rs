//! Sets while everything moves: whoever harvests one set learns exactly what is in it, however the ledger is cut.

use std::collections::{BTreeMap, BTreeSet};

use fonds_projections::Projection as _;
use fonds_projections::feed::Feed;
use fonds_schemas::{Access, Object, ObjectId, RelationKind};

use super::sets::listed;
use super::world::{World, all_between};

const LIST: &str = "verb=ListIdentifiers&metadataPrefix=oai_dc";

/// Numbers that look as if drawn by lot, and are the same each time.
struct Lot(u64);

impl Lot {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// The setSpecs of an object, worked out the long way.
fn specs(objects: &BTreeMap<ObjectId, Object>, path: &[ObjectId]) -> BTreeSet<String> {
    let last = *path.last().unwrap();
    let now = |id: ObjectId| objects.get(&id).filter(|object| object.is_public(object.modified_at));
    let wholes = now(last).into_iter().flat_map(|object| &object.relations);
    let wholes = wholes.filter(|relation| relation.kind == RelationKind::PartOf).map(|relation| relation.target);
    let above: Vec<ObjectId> = wholes.filter(|whole| now(*whole).is_some() && !path.contains(whole)).collect();
    if above.is_empty() {
        let names: Vec<String> = path[1..].iter().rev().map(ObjectId::to_string).collect();
        return if names.is_empty() { BTreeSet::new() } else { BTreeSet::from([names.join(":")]) };
    }
    above.iter().flat_map(|whole| specs(objects, &[path, &[*whole]].concat())).collect()
}

fn levels(spec: &str) -> BTreeSet<String> {
    fonds_projections::feed::implied(spec).map(str::to_owned).collect()
}

/// What each set must have: its members.
fn members(objects: &BTreeMap<ObjectId, Object>) -> BTreeMap<String, BTreeSet<String>> {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, object) in objects {
        if object.is_public(object.modified_at) {
            for level in specs(objects, &[*id]).iter().flat_map(|spec| levels(spec)) {
                members.entry(level).or_default().insert(id.to_string());
            }
        }
    }
    members
}

/// Twelve objects that join, leave, come and go, in circles, too. Most are part of one other at a time, some of two.
fn stir(world: &mut World, all: &[ObjectId], lot: &mut Lot, times: usize) {
    for _ in 0..times {
        let (place, other) = (lot.below(all.len()), all[lot.below(all.len())]);
        let one = all[place];
        match lot.below(4) {
            0 => world.set_access(one, Access::Restricted),
            1 => world.set_access(one, Access::Public),
            _ => {
                let mut wholes = world.recorded_wholes(one);
                let left = if wholes.len() > usize::from(place % 4 == 0) { wholes.split_off(0) } else { Vec::new() };
                world.place(one, &[other], &left);
            }
        }
    }
}

#[tokio::test]
async fn a_harvest_of_a_set_follows_whatever_happens() {
    let mut world = World::opened().await;
    let all: Vec<ObjectId> = (0..12).map(|number| world.accession_titled(&number.to_string(), "Thing")).collect();
    world.publish().await;
    let mut lot = Lot(7);
    // What a harvester has of each set, and when it came last.
    let mut held: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut from = String::from("2026-11-21T10:00:00Z");
    for round in 0..40 {
        stir(&mut world, &all, &mut lot, 6);
        world.publish().await;
        let objects = all.iter().map(|id| (*id, world.object(*id).clone())).collect();
        let wanted = members(&objects);
        for (spec, members) in &wanted {
            let known = held.contains_key(spec);
            let since = if known { format!("&from={from}") } else { String::new() };
            let have = held.entry(spec.clone()).or_default();
            for line in listed(&world, &format!("{LIST}&set={spec}{since}")).await {
                match line.strip_prefix('!') {
                    Some(gone) => drop(have.remove(gone)),
                    None => drop(have.insert(line.split(' ').next().unwrap().to_owned())),
                }
            }
            assert_eq!(have, members, "round {round}, set {spec}");
        }
        // Sets that are no more are asked for anew when they come back.
        held.retain(|spec, _| wanted.contains_key(spec));
        let answer = world.ask("verb=Identify").await;
        all_between(&answer, "<responseDate>", "</responseDate>")[0].clone_into(&mut from);
    }
    assert!(!held.is_empty());
    let digest = Feed.digest(&world.stores).await.unwrap();
    for batch in [1, 5, 64] {
        let other = world.folded_anew(batch).await;
        assert_eq!(Feed.digest(&other.stores).await.unwrap(), digest, "batches of {batch}");
        assert_eq!(other.ask("verb=ListSets").await, world.ask("verb=ListSets").await);
        let list = "verb=ListRecords&metadataPrefix=oai_dc";
        assert_eq!(other.ask(list).await, world.ask(list).await, "a rebuild serves the same bytes");
    }
}

#[tokio::test]
async fn a_thousand_records_that_move_at_once_come_page_by_page() {
    let mut world = World::opened().await;
    let [archive, fonds] = ["Archive", "Fonds"].map(|title| world.accession_titled(title, title));
    let all: Vec<ObjectId> = (0..1000).map(|number| world.accession_titled(&number.to_string(), "Jar")).collect();
    for jar in &all {
        world.place(*jar, &[fonds], &[]);
    }
    world.publish().await;
    world.place(fonds, &[archive], &[]);
    world.publish().await;
    let expected: BTreeSet<String> = all.iter().map(|jar| format!("{jar} {archive}:{fonds}")).collect();
    let found = listed(&world, &format!("{LIST}&set={archive}:{fonds}")).await;
    assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (1000, expected.clone()));
    let found = listed(&world, &format!("{LIST}&from=2026-11-21T10:00:10Z")).await;
    assert_eq!(found.len(), 1001, "the fonds and its members");
    let found = listed(&world, &format!("{LIST}&set={fonds}")).await;
    assert_eq!(found.iter().filter(|line| line.starts_with('!')).count(), 1000, "the set of that setSpec is closed");
}

#[tokio::test]
async fn a_thousand_wholes_of_one_record_are_bounded() {
    let mut world = World::opened().await;
    let wholes: Vec<ObjectId> = (0..1000).map(|number| world.accession_titled(&number.to_string(), "Whole")).collect();
    let part = world.accession_titled("part", "Part");
    world.place(part, &wholes, &[]);
    world.publish().await;
    let reply = world.ask(&format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={}", world.identifier(part))).await;
    let mut sorted: Vec<String> = wholes.iter().map(ObjectId::to_string).collect();
    sorted.sort();
    assert_eq!(all_between(&reply, "<setSpec>", "</setSpec>"), sorted[..64], "the first by id");
    world.set_access(wholes[0], Access::Withdrawn);
    world.publish().await;
}
