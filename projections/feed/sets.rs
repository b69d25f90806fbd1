//! The sets of OAI-PMH: a public object that other public objects are part of is a set of them.
//!
//! A setSpec names the wholes from the widest down, by their ids, with colons between: `FONDS:SERIES`. What is in the
//! series is in the fonds, too. Everything here is a pure function of who is part of what.

use std::collections::{BTreeMap, BTreeSet};

use fonds_schemas::{Object, ObjectId, RelationKind, Sha256};

/// Levels of a setSpec. What lies deeper in its hierarchy is in no set on that path; archives describe in five or six.
pub const LEVELS_MAX: usize = 12;
/// Wholes of an object that are looked at, the first by id: a part of thousands of things would be news of each of them.
pub(super) const WHOLES_MAX: usize = 64;
/// Paths upwards that are followed from an object. A hierarchy is a tree and has one; a net of wholes has more than anybody
/// can list.
const PATHS_MAX: usize = 64;
/// Bytes of a key.
const KEY_BYTES: usize = 16;

/// What a set is called where its setSpec is too long: the first 16 bytes of the SHA-256 of the setSpec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetKey([u8; KEY_BYTES]);

impl SetKey {
    /// The key of that setSpec.
    #[must_use]
    pub fn of(spec: &str) -> Self {
        let mut key = [0; KEY_BYTES];
        key.copy_from_slice(&Sha256::of(spec.as_bytes()).as_bytes()[..KEY_BYTES]);
        Self(key)
    }

    /// A key as it was written.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes to write.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// The sets of a record: the deepest setSpecs, in their order. Written with a space between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sets(String);

impl Sets {
    /// Reads the written form, as it stands in a row.
    pub(super) const fn read(text: String) -> Self {
        Self(text)
    }

    /// The sets at the ends of paths, each from the widest whole down.
    fn at(paths: &[Vec<ObjectId>]) -> Self {
        let spec = |path: &Vec<ObjectId>| path.iter().map(ObjectId::to_string).collect::<Vec<_>>().join(":");
        let specs: Vec<String> = paths.iter().map(spec).collect::<BTreeSet<_>>().into_iter().collect();
        // Ids are equally long, so whatever goes deeper comes right behind: a header has no set that another implies.
        let is_implied = |place: usize| {
            let next: Option<&String> = specs.get(place + 1);
            next.is_some_and(|next| next.strip_prefix(specs[place].as_str()).is_some_and(|rest| rest.starts_with(':')))
        };
        let deepest = (0..specs.len()).filter(|place| !is_implied(*place)).map(|place| specs[place].as_str());
        Self(deepest.collect::<Vec<_>>().join(" "))
    }

    /// The written form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The deepest setSpecs.
    pub fn deepest(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|spec| !spec.is_empty())
    }

    /// The setSpecs of every level, with their keys.
    pub(super) fn every_level(&self) -> BTreeMap<SetKey, &str> {
        let levels = |spec| implied(spec).map(|level| (SetKey::of(level), level));
        self.deepest().flat_map(levels).collect()
    }
}

/// A setSpec and those that it implies, from the widest down.
pub fn implied(spec: &str) -> impl Iterator<Item = &str> {
    spec.match_indices(':').map(|(at, _)| &spec[..at]).chain([spec])
}

/// An object as far as sets are concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) public: bool,
    /// What it is part of, by id; nothing where it is not public.
    pub(super) wholes: Vec<ObjectId>,
}

impl Node {
    pub(super) fn of(object: &Object, public: bool) -> Self {
        let part_of = object.relations.iter().filter(|relation| public && relation.kind == RelationKind::PartOf);
        let wholes: BTreeSet<ObjectId> = part_of.map(|relation| relation.target).collect();
        Self { public, wholes: wholes.into_iter().take(WHOLES_MAX).collect() }
    }
}

/// The sets of an object, as far as `known` tells. What it does not tell is added to `missing`, and the answer is then none.
pub(super) fn sets_of(
    object: ObjectId,
    known: &impl Fn(ObjectId) -> Option<Node>,
    missing: &mut BTreeSet<ObjectId>,
) -> Sets {
    let mut climb = Climb { known, missing, path: vec![object], paths: Vec::new(), tries: 0 };
    climb.up_from(object);
    Sets::at(&climb.paths)
}

struct Climb<'a, Known> {
    known: &'a Known,
    missing: &'a mut BTreeSet<ObjectId>,
    /// From the object upwards.
    path: Vec<ObjectId>,
    paths: Vec<Vec<ObjectId>>,
    /// Paths that came to an end, wherever: there are no more steps than [`LEVELS_MAX`] times their number.
    tries: usize,
}

impl<Known: Fn(ObjectId) -> Option<Node>> Climb<'_, Known> {
    fn node(&mut self, object: ObjectId) -> Node {
        let node = (self.known)(object);
        if node.is_none() {
            self.missing.insert(object);
        }
        node.unwrap_or_default()
    }

    fn up_from(&mut self, object: ObjectId) {
        let mut above = self.node(object).wholes;
        // Who is part of itself by way of others is a part of them all the same; the circle ends where it began.
        above.retain(|whole| !self.path.contains(whole) && self.node(*whole).public);
        if above.is_empty() {
            self.tries += 1;
            self.paths.extend((self.path.len() > 1).then(|| self.path[1..].iter().rev().copied().collect()));
            return;
        }
        if self.path.len() > LEVELS_MAX {
            self.tries += 1;
            return;
        }
        for whole in above {
            if self.tries >= PATHS_MAX {
                return;
            }
            self.path.push(whole);
            self.up_from(whole);
            self.path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ObjectId {
        ObjectId::derived("test", name)
    }

    /// The sets of `x`, by name: who is part of whom is given as `part whole`, hidden objects by name.
    fn check(edges: &[(&str, &str)], hidden: &[&str], expected: &[&str]) {
        let known = |object: ObjectId| {
            let public = !hidden.iter().any(|name| id(name) == object);
            let wholes = edges.iter().filter(|(part, _)| public && id(part) == object).map(|(_, whole)| id(whole));
            Some(Node { public, wholes: wholes.collect::<BTreeSet<_>>().into_iter().collect() })
        };
        let sets = sets_of(id("x"), &known, &mut BTreeSet::new());
        let spec = |names: &&str| names.split(':').map(|name| id(name).to_string()).collect::<Vec<_>>().join(":");
        let expected: BTreeSet<String> = expected.iter().map(spec).collect();
        assert_eq!(
            sets.deepest().map(str::to_owned).collect::<BTreeSet<_>>(),
            expected,
            "{edges:?} without {hidden:?}"
        );
    }

    #[test]
    fn what_is_part_of_nothing_is_in_no_set() {
        check(&[], &[], &[]);
    }
    #[test]
    fn a_whole_stands_behind_what_it_is_part_of() {
        check(&[("x", "series"), ("series", "fonds")], &[], &["fonds:series"]);
    }
    #[test]
    fn a_hidden_whole_is_no_set_and_hides_what_is_above_it() {
        check(&[("x", "series"), ("series", "fonds")], &["series"], &[]);
        check(&[("x", "series"), ("series", "fonds")], &["fonds"], &["series"]);
    }
    #[test]
    fn several_wholes_are_several_sets() {
        check(&[("x", "a"), ("x", "b")], &[], &["a", "b"]);
        check(&[("x", "a"), ("a", "b"), ("a", "c")], &[], &["b:a", "c:a"]);
    }
    #[test]
    fn a_set_that_another_implies_is_not_told() {
        check(&[("x", "a"), ("x", "b"), ("b", "a")], &[], &["a:b"]);
    }
    #[test]
    fn circles_end() {
        check(&[("x", "x")], &[], &[]);
        check(&[("x", "a"), ("a", "x")], &[], &["a"]);
        check(&[("x", "a"), ("a", "b"), ("b", "a")], &[], &["b:a"]);
    }
    #[test]
    fn too_deep_is_no_set() {
        let names: Vec<String> = (0..LEVELS_MAX).map(|level| format!("n{level}")).collect();
        let mut edges = vec![("x", names[0].as_str())];
        edges.extend(names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())));
        let spec: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        check(&edges, &[], &[&spec.join(":")]);
        edges.push((names[LEVELS_MAX - 1].as_str(), "top"));
        check(&edges, &[], &[]);
    }
    #[test]
    fn a_net_of_wholes_ends_soon() {
        // Thirty levels of 64 objects, each part of all those above: more paths than can ever be followed.
        let name = |level: usize, place: usize| id(&format!("{level} {place}"));
        let all: BTreeMap<ObjectId, usize> =
            (0..30).flat_map(|level| (0..64).map(move |place| (name(level, place), level))).collect();
        let known = |object: ObjectId| {
            let level = all.get(&object)? + 1;
            let mut wholes: Vec<_> =
                (0..64).map(|place| name(level, place)).filter(|id| all.contains_key(id)).collect();
            wholes.sort_unstable();
            Some(Node { public: true, wholes })
        };
        let mut missing = BTreeSet::new();
        assert_eq!(sets_of(name(0, 0), &known, &mut missing), Sets::default());
        assert_eq!(sets_of(name(25, 0), &known, &mut missing).deepest().count(), PATHS_MAX);
        assert!(missing.is_empty());
    }
    #[test]
    fn every_level_is_implied() {
        assert_eq!(implied("a:b:c").collect::<Vec<_>>(), ["a", "a:b", "a:b:c"]);
    }
}
