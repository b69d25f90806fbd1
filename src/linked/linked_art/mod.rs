//! An object as Linked Art 1.0 (<https://linked.art/api/1.0/>): CIDOC-CRM in a shape that museums' programs share.
//!
//! A thing is a `HumanMadeObject`, a level of archival description is a `Set` of what it holds, an undertaking is an `Activity`.
//! Whoever made something is an `Actor`: nobody said whether a person or a group.

mod made;
mod shown;
pub mod size;
mod words;

use fonds_projections::feed::{Format, Row, Setting, lost, noted, to};
use fonds_schemas::{Level, Object, RelationKind};
use serde_json::Value;

use self::words::{aat, classified, identified, kind, reference, statement};
use super::face::{Beside, Face, Node, named};
use crate::formats::said::{Description, Said, is_web};
use crate::iiif::presentation::place::point;

/// The face.
pub struct LinkedArt;

/// The context, which is the profile of its media type too.
const CONTEXT: &str = "https://linked.art/ns/v1/linked-art.json";

/// What becomes of each property. Numbers are those of the Art and Architecture Thesaurus.
const CROSSWALK: &[Row] = &[
    noted("title", "identified_by: Name", "the first as the primary name (300404670)"),
    noted("alternative", "identified_by: Name", "an alternate name (300264273)"),
    noted("creator", "produced_by/carried_out_by: Actor", "of a Set, created_by"),
    noted("contributor", "produced_by/part/carried_out_by: Actor", "of a Set, created_by"),
    noted("publisher", "used_for/carried_out_by: Actor", "publishing (300054686)"),
    noted("date_created", "produced_by/timespan", "of a Set, created_by; plain dates in EDTF as its ends"),
    noted("date_issued", "used_for/timespan", "publishing (300054686); plain dates in EDTF as its ends"),
    noted("object_type", "classified_as: Type", "a work type (300435443)"),
    noted("material", "made_of: Material", "of what is no thing, referred_to_by (300435429)"),
    noted("technique", "produced_by/technique: Type", "of a Set, created_by"),
    noted(
        "dimensions",
        "referred_to_by",
        "300435430; what has a name, a number and a unit as dimension too, but of an Activity",
    ),
    noted("period", "classified_as: Type", "a style or period (300015646)"),
    noted("culture", "classified_as: Type", "a culture (300055768)"),
    noted("style", "classified_as: Type", "a style or period (300015646)"),
    noted("use", "intended_for: Type", "of an Activity, general_purpose"),
    noted("subject", "shows: VisualItem/about: Type", "of a Set, about; of an Activity, influenced_by"),
    noted(
        "place",
        "present_at: Event/took_place_at: Place",
        "nobody says whether it was made there, found there or shows it",
    ),
    noted("coordinates", "present_at: Event/took_place_at: Place/defined_by", "of the place, where both are one"),
    noted("language", "carries: LinguisticObject/language", "of what is no thing, referred_to_by (300435433)"),
    noted("description", "referred_to_by", "300435416"),
    noted("inscription", "carries: LinguisticObject", "300028702; of what is no thing, referred_to_by"),
    noted("note", "referred_to_by", "300027200"),
    to("identifier", "identified_by: Identifier"),
    noted(
        "holding_institution",
        "current_custodian: Group",
        "without one, the archive; where something says how it was acquired, current_owner too; of what is no thing, used_for: \
         curating (300054277)",
    ),
    noted("department", "current_custodian: Group", "a department (300263534), member_of its institution"),
    noted("collection", "member_of: Set", "a collection (300025976)"),
    noted("provenance", "referred_to_by", "300435438"),
    noted("credit_line", "referred_to_by", "300026687"),
    noted(
        "acquired",
        "changed_ownership_through: Acquisition/timespan",
        "of what is no thing, referred_to_by (300435439)",
    ),
    noted(
        "rights",
        "subject_to: Right/classified_as",
        "the URI; words, and all of an Activity, as referred_to_by (300435434)",
    ),
    noted(
        "rights_holder",
        "subject_to: Right/possessed_by: Actor",
        "copyright (300055598); of an Activity, referred_to_by",
    ),
    noted("landing_page", "subject_of/digitally_carried_by/access_point", "an address only"),
    noted("image_url", "representation/digitally_shown_by/access_point", "an address only"),
    noted("source", "referred_to_by", "300404764"),
    lost("related", "Linked Art has no word for a relation that nobody named"),
];

/// What is said in words of its own kind: property, number and name of the kind.
const STATEMENTS: &[(&str, &str, &str)] = &[
    ("description", "300435416", "Description"),
    ("note", "300027200", "Note"),
    ("dimensions", "300435430", "Dimensions"),
    ("provenance", "300435438", "Provenance"),
    ("credit_line", "300026687", "Credit Line"),
    ("source", "300404764", "Sources"),
];
/// The same of what is no thing, and therefore has no materials, carries nothing and is nobody's.
const STATEMENTS_OF_NO_THING: &[(&str, &str, &str)] = &[
    ("material", "300435429", "Materials"),
    ("language", "300435433", "Language"),
    ("inscription", "300435414", "Inscription"),
    ("acquired", "300435439", "Acquisition"),
];

impl Format for LinkedArt {
    fn prefix(&self) -> &'static str {
        "linked_art"
    }

    fn schema(&self) -> &'static str {
        CONTEXT
    }

    fn namespace(&self) -> &'static str {
        "https://linked.art/ns/terms/"
    }

    fn crosswalk(&self) -> &'static [Row] {
        CROSSWALK
    }

    fn render(&self, object: &Object, setting: &Setting<'_>) -> Option<String> {
        Some(self.document(object, &[], setting).to_string())
    }
}

impl Face for LinkedArt {
    fn extension(&self) -> &'static str {
        "linked-art.json"
    }

    fn profile(&self) -> &'static str {
        CONTEXT
    }

    fn label(&self) -> &'static str {
        "Linked Art"
    }

    fn document(&self, object: &Object, beside: &[Beside], setting: &Setting<'_>) -> Value {
        let said = Description::of(object, setting);
        let entity = Entity { object, setting, said: &said, class: Class::of(object.level) };
        let mut node = Node::new("@context", CONTEXT)
            .with("id", setting.addresses.id(object.id))
            .with("type", entity.class.as_str())
            .with("_label", object.title());
        entity.identify(&mut node);
        entity.classify(&mut node);
        entity.describe(&mut node);
        entity.hold(&mut node);
        entity.permit(&mut node);
        node = made::of(&entity, node, beside);
        shown::of(&entity, &mut node);
        entity.beside(&mut node, beside);
        node.into()
    }
}

/// What an object is in Linked Art.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Thing,
    Set,
    Activity,
}

impl Class {
    const fn of(level: Level) -> Self {
        match level {
            Level::Fonds | Level::Series | Level::File => Self::Set,
            Level::Project => Self::Activity,
            Level::Work | Level::Instance | Level::Item => Self::Thing,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Thing => "HumanMadeObject",
            Self::Set => "Set",
            Self::Activity => "Activity",
        }
    }
}

struct Entity<'a> {
    object: &'a Object,
    setting: &'a Setting<'a>,
    said: &'a Description<'a>,
    class: Class,
}

impl Entity<'_> {
    fn is_thing(&self) -> bool {
        self.class == Class::Thing
    }

    fn identify(&self, node: &mut Node) {
        for (place, said) in self.said.all("title").enumerate() {
            let primary = (place == 0).then(|| aat("300404670", "Primary Name"));
            node.add("identified_by", [identified("Name", said).with("classified_as", list(primary))]);
        }
        let alternate = |said: &Said<'_>| {
            identified("Name", said).with("classified_as", list([aat("300264273", "Alternate Name")]))
        };
        node.add("identified_by", self.said.all("alternative").map(alternate));
        if let Some(source) = &self.object.source {
            let number = Node::new("type", "Identifier")
                .with("classified_as", list([aat("300404621", "Owner-Assigned Number")]))
                .with("content", source.identifier.as_str());
            node.add("identified_by", [number]);
        }
        node.add("identified_by", self.said.all("identifier").map(|said| identified("Identifier", said)));
    }

    fn classify(&self, node: &mut Node) {
        let kinds = [
            ("object_type", "300435443", "Type of Work"),
            ("period", "300015646", "Styles and Periods"),
            ("culture", "300055768", "Culture"),
            ("style", "300015646", "Styles and Periods"),
        ];
        if self.class == Class::Set {
            node.add("classified_as", [aat("300404022", "Archival Grouping")]);
        }
        for (property, number, name) in kinds {
            let of_kind = |one| kind("Type", one).with("classified_as", list([aat(number, name)]));
            node.add("classified_as", named(self.said, property).iter().map(of_kind));
        }
        let purpose = if self.class == Class::Activity { "general_purpose" } else { "intended_for" };
        node.add(purpose, named(self.said, "use").iter().map(|one| kind("Type", one)));
        if self.is_thing() {
            node.add("made_of", named(self.said, "material").iter().map(|one| kind("Material", one)));
        }
        let subjects: Vec<Node> = named(self.said, "subject").iter().map(|one| kind("Type", one)).collect();
        match self.class {
            Class::Thing if subjects.is_empty() => {}
            Class::Thing => node.add("shows", [Node::new("type", "VisualItem").with("about", list(subjects))]),
            Class::Set => node.add("about", subjects),
            Class::Activity => node.add("influenced_by", subjects),
        }
    }

    fn describe(&self, node: &mut Node) {
        let others = if self.is_thing() { &[][..] } else { STATEMENTS_OF_NO_THING };
        for (property, number, name) in STATEMENTS.iter().chain(others) {
            node.add("referred_to_by", self.said.all(property).map(|said| statement(said, number, name)));
        }
        if self.class == Class::Activity {
            return;
        }
        let sizes = self.said.all("dimensions").flat_map(|said| size::sizes(said.text));
        node.add("dimension", sizes.map(|size| size.node()));
        if !self.is_thing() {
            return;
        }
        let languages: Vec<Node> = self.said.all("language").map(|said| words::language_named(said.text)).collect();
        if !languages.is_empty() {
            node.add("carries", [Node::new("type", "LinguisticObject").with("language", list(languages))]);
        }
        let inscribed = self.said.all("inscription").map(|said| {
            identified("LinguisticObject", said)
                .with("classified_as", list([aat("300028702", "Transcribed Inscription")]))
        });
        node.add("carries", inscribed);
    }

    /// Who keeps it, and what it is kept with.
    fn hold(&self, node: &mut Node) {
        let mut holders: Vec<Node> =
            named(self.said, "holding_institution").iter().map(|one| kind("Group", one)).collect();
        if holders.is_empty() {
            holders.push(reference("Group", None, &self.setting.publishing.institution));
        }
        let is_owned = ["acquired", "credit_line"].into_iter().any(|property| self.said.first(property).is_some());
        let institutions = holders.clone();
        let departments = named(self.said, "department");
        let departments = departments.iter().map(|one| {
            classified(kind("Group", one), [aat("300263534", "Department")]).with("member_of", list(holders.clone()))
        });
        let keepers: Vec<Node> = institutions.iter().cloned().chain(departments).collect();
        if self.is_thing() {
            node.add("current_custodian", keepers);
            if is_owned {
                node.add("current_owner", institutions);
            }
        } else {
            let curating = classified(Node::new("type", "Activity"), [aat("300054277", "Curating")]);
            node.add(self.other_activity(), [curating.with("carried_out_by", list(keepers))]);
        }
        let collections = named(self.said, "collection");
        let collections = collections.iter().map(|one| classified(kind("Set", one), [aat("300025976", "Collection")]));
        node.add("member_of", collections);
    }

    /// What joins what it is to what was done with it later. What somebody did is not used; it has parts.
    const fn other_activity(&self) -> &'static str {
        match self.class {
            Class::Thing | Class::Set => "used_for",
            Class::Activity => "part",
        }
    }

    /// What may be done with it.
    fn permit(&self, node: &mut Node) {
        let state = |said: &Said<'_>| statement(said, "300435434", "Copyright and License");
        if self.class == Class::Activity {
            // Nobody has rights in what somebody did: they are in what is told of it, and are told in words.
            let stated = self.said.all("rights").chain(self.said.all("rights_holder"));
            node.add("referred_to_by", stated.map(state));
            return;
        }
        let license = self.said.license();
        let license = license.map(|uri| Node::new("id", uri).with("type", "Type"));
        node.add("subject_to", license.map(|license| classified(Node::new("type", "Right"), [license])));
        let holders: Vec<Node> = named(self.said, "rights_holder").iter().map(|one| kind("Actor", one)).collect();
        if !holders.is_empty() {
            let copyright = classified(Node::new("type", "Right"), [aat("300055598", "Copyright")]);
            node.add("subject_to", [copyright.with("possessed_by", list(holders))]);
        }
        node.add("referred_to_by", self.said.all("rights").filter(|said| !is_web(said.text)).map(state));
    }

    /// The places that are named, with the points that are theirs.
    fn places(&self) -> Vec<Node> {
        let mut places: Vec<Node> = named(self.said, "place").iter().map(|one| kind("Place", one)).collect();
        let points: Vec<String> = self
            .said
            .all("coordinates")
            .filter_map(|said| point(said.text))
            .map(|point| {
                let [longitude, latitude] = point.coordinates;
                format!("POINT({longitude} {latitude})")
            })
            .collect();
        if let ([_], [_]) = (&places[..], &points[..]) {
            places = places.into_iter().zip(points).map(|(place, point)| place.with("defined_by", point)).collect();
        } else {
            let bare = |point| Node::new("type", "Place").with("defined_by", point);
            places.extend(points.into_iter().map(bare));
        }
        places
    }

    fn beside(&self, node: &mut Node, beside: &[Beside]) {
        for Beside { kind, object } in beside {
            let class = Class::of(object.level);
            let other = reference(class.as_str(), Some(&self.setting.addresses.id(object.id)), &object.title());
            match (kind, class) {
                (RelationKind::PartOf, Class::Set) => node.add("member_of", [other]),
                (RelationKind::PartOf, Class::Thing | Class::Activity) if self.class == class => {
                    node.add("part_of", [other]);
                }
                (RelationKind::Realises, Class::Thing) if self.class == Class::Activity => {
                    node.add("used_specific_object", [other]);
                }
                // Where they fit, the making of the thing tells them; for the others there is no word.
                (
                    RelationKind::PartOf
                    | RelationKind::Realises
                    | RelationKind::ProducedBy
                    | RelationKind::InstanceOf
                    | RelationKind::ItemOf
                    | RelationKind::DerivedFrom
                    | RelationKind::Related,
                    _,
                ) => {}
            }
        }
    }
}

/// A list of nodes.
fn list(nodes: impl IntoIterator<Item = Node>) -> Value {
    nodes.into_iter().map(Value::from).collect::<Vec<_>>().into()
}
