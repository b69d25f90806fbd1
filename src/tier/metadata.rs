//! The metadata tier: languages, what helps to find it, and what it names by more than a word.

use serde::Serialize;

use super::record::{Record, Thing, Value};

/// A metadata tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Grade {
    /// Below the lowest.
    #[serde(rename = "0")]
    None,
    /// Lowest.
    A,
    /// Middle.
    B,
    /// Best.
    C,
}

impl std::fmt::Display for Grade {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(match self {
            Self::None => "0",
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        })
    }
}

/// The metadata tier of a record: the lowest of three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The lowest.
    pub tier: Grade,
    /// How much of what is written says its language.
    pub language: Grade,
    /// How many elements help to find it, of how many groups.
    pub enabling: Grade,
    /// How many kinds of things are named by more than a word.
    pub contextual: Grade,
    /// Why it is not more.
    pub why: String,
    /// The cheapest way to the next tier: a step for each of the three that holds it back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub improvements: Vec<String>,
}

/// Properties that are written in a language.
const WRITTEN: &[&str] = &[
    "dc:coverage",
    "dc:description",
    "dc:format",
    "dc:relation",
    "dc:rights",
    "dc:source",
    "dc:subject",
    "dc:title",
    "dc:type",
    "dcterms:alternative",
    "dcterms:hasPart",
    "dcterms:isPartOf",
    "dcterms:isReferencedBy",
    "dcterms:medium",
    "dcterms:provenance",
    "dcterms:references",
    "dcterms:spatial",
    "dcterms:tableOfContents",
    "dcterms:temporal",
    "edm:currentLocation",
    "edm:hasType",
    "edm:isRelatedTo",
];
/// Properties that help to find it, in any form, and their group.
const ENABLING: &[(&str, Group)] = &[
    ("dcterms:created", Group::Temporal),
    ("dcterms:issued", Group::Temporal),
    ("dcterms:temporal", Group::Temporal),
    ("dc:format", Group::Conceptual),
    ("dc:type", Group::Conceptual),
    ("dcterms:medium", Group::Conceptual),
    ("dc:creator", Group::Personal),
    ("dc:contributor", Group::Personal),
    ("dc:publisher", Group::Personal),
    ("dcterms:spatial", Group::Geographical),
    ("edm:currentLocation", Group::Geographical),
];
/// Properties that help only where they link to a thing of the record, whose class gives the group.
const ENABLING_BY_LINK: &[(&str, &[&str])] =
    &[("edm:hasMet", &["edm:TimeSpan", "edm:Agent"]), ("dc:subject", &["skos:Concept", "edm:Agent", "edm:Place"])];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Temporal,
    Conceptual,
    Personal,
    Geographical,
}

/// A class of things that are named, its group, and what makes one complete beside a label: all of some lists, any of each.
struct Class {
    name: &'static str,
    label: &'static str,
    group: Group,
    complete: &'static [&'static [&'static str]],
    needs_label: bool,
}

const CLASSES: &[Class] = &[
    Class {
        name: "edm:Agent",
        label: "a person or body",
        group: Group::Personal,
        complete: &[&[
            "edm:begin",
            "edm:end",
            "rdaGr2:dateOfBirth",
            "rdaGr2:dateOfDeath",
            "rdaGr2:placeOfBirth",
            "rdaGr2:placeOfDeath",
            "rdaGr2:professionOrOccupation",
        ]],
        needs_label: true,
    },
    Class {
        name: "skos:Concept",
        label: "a concept",
        group: Group::Conceptual,
        complete: &[&[
            "skos:note",
            "skos:broader",
            "skos:narrower",
            "skos:exactMatch",
            "skos:closeMatch",
            "skos:related",
        ]],
        needs_label: true,
    },
    Class {
        name: "edm:Place",
        label: "a place",
        group: Group::Geographical,
        complete: &[&["wgs84:lat"], &["wgs84:long"]],
        needs_label: true,
    },
    Class {
        name: "edm:TimeSpan",
        label: "a period",
        group: Group::Temporal,
        complete: &[&["edm:begin"], &["edm:end"]],
        needs_label: false,
    },
];

/// Vocabularies that Europeana looks up, by the beginning of their addresses.
const DEREFERENCED: &[&str] = &[
    "http://vocab.getty.edu/",
    "http://viaf.org/",
    "http://sws.geonames.org/",
    "http://www.wikidata.org/entity/",
    "http://d-nb.info/gnd/",
    "http://iconclass.org/",
    "http://id.loc.gov/authorities/",
    "http://www.yso.fi/onto/",
    "http://udcdata.info/",
    "http://data.europeana.eu/",
];

/// What a link leads to.
#[derive(Clone, Copy, Default)]
struct Named<'a> {
    class: Option<&'a Class>,
    is_tagged: bool,
    is_complete: bool,
}

impl Metadata {
    /// Of a record: as it stands, or as it is once Europeana has looked up what it can.
    #[must_use]
    pub fn of(record: &Record, dereferenced: bool) -> Self {
        let said: Vec<&Value> = record.described().into_iter().flat_map(|thing| &thing.values).collect();
        let said: Vec<&Value> = said.into_iter().filter(|value| !value.is_empty()).collect();
        let named = |value: &Value| named(record, value, dereferenced);
        let language = Language::of(&said, &named);
        let enabling = Enabling::of(&said, &named);
        let contextual = Contextual::of(&said, &named);
        let grades = [language.grade(), enabling.grade(), contextual.grade()];
        let tier = grades.into_iter().min().unwrap_or(Grade::None);
        let steps = [language.step(), enabling.step(), contextual.step()];
        let reasons = [language.why(), enabling.why(), contextual.why()];
        let low = |each: [String; 3]| -> Vec<String> {
            each.into_iter().zip(grades).filter(|(_, grade)| *grade == tier).map(|(text, _)| text).collect()
        };
        let why = low(reasons).join("; ");
        let improvements = if tier == Grade::C { Vec::new() } else { low(steps) };
        let [language, enabling, contextual] = grades;
        Self { tier, language, enabling, contextual, why, improvements }
    }
}

/// What stands behind the link of a value.
fn named<'a>(record: &Record, value: &Value, dereferenced: bool) -> Named<'a> {
    let Some(link) = &value.link else { return Named::default() };
    for class in CLASSES {
        if let Some(thing) = record.named(class.name, link) {
            let is_tagged = thing.values("skos:prefLabel").any(|label| label.language);
            return Named { class: Some(class), is_tagged, is_complete: is_complete(class, thing) };
        }
    }
    if !dereferenced || !DEREFERENCED.iter().any(|known| link.starts_with(known)) {
        return Named::default();
    }
    // What comes back is of the class that the property asks for.
    let group = ENABLING.iter().find(|(property, _)| *property == value.property).map(|(_, group)| *group);
    let group = group.unwrap_or(Group::Conceptual);
    let class = CLASSES.iter().find(|class| class.group == group);
    Named { class, is_tagged: true, is_complete: true }
}

fn is_complete(class: &Class, thing: &Thing) -> bool {
    let labelled = !class.needs_label || thing.has("skos:prefLabel");
    labelled && class.complete.iter().all(|any| any.iter().any(|property| thing.has(property)))
}

struct Language {
    tagged: usize,
    untagged: Vec<&'static str>,
}

impl Language {
    fn of<'a>(said: &[&Value], named: &impl Fn(&Value) -> Named<'a>) -> Self {
        let mut found = Self { tagged: 0, untagged: Vec::new() };
        for property in WRITTEN {
            let values: Vec<_> = said.iter().filter(|value| value.property == *property).collect();
            let is_tagged = values.iter().any(|value| {
                let named = named(value);
                // A person's name says no language.
                let by_link = named.is_tagged && named.class.is_some_and(|class| class.group != Group::Personal);
                (value.link.is_none() && value.language) || by_link
            });
            match (values.is_empty(), is_tagged) {
                (true, _) => {}
                (false, true) => found.tagged += 1,
                (false, false) => found.untagged.push(property),
            }
        }
        found
    }

    fn all(&self) -> usize {
        self.tagged + self.untagged.len()
    }

    fn graded(tagged: usize, all: usize) -> Grade {
        match 100 * tagged {
            share if all > 0 && share >= 75 * all => Grade::C,
            share if all > 0 && share >= 50 * all => Grade::B,
            share if all > 0 && share >= 25 * all => Grade::A,
            _ => Grade::None,
        }
    }

    fn grade(&self) -> Grade {
        Self::graded(self.tagged, self.all())
    }

    fn why(&self) -> String {
        format!("{} of {} properties that are written in a language say which", self.tagged, self.all())
    }

    fn step(&self) -> String {
        let more = (1..=self.untagged.len()).find(|more| Self::graded(self.tagged + more, self.all()) > self.grade());
        match more {
            Some(1) if self.untagged.len() == 1 => format!("say the language of {}", self.untagged[0]),
            Some(more) => format!("say the language of {more} of: {}", self.untagged.join(", ")),
            None => "give it a title and a description, with their language".to_owned(),
        }
    }
}

struct Enabling {
    elements: Vec<&'static str>,
    groups: Vec<Group>,
}

impl Enabling {
    fn of<'a>(said: &[&Value], named: &impl Fn(&Value) -> Named<'a>) -> Self {
        let mut found = Self { elements: Vec::new(), groups: Vec::new() };
        for (property, group) in ENABLING {
            if said.iter().any(|value| value.property == *property) {
                found.elements.push(property);
                found.groups.push(*group);
            }
        }
        for (property, classes) in ENABLING_BY_LINK {
            let links = said.iter().filter(|value| value.property == *property);
            let groups: Vec<Group> = links
                .filter_map(|value| named(value).class)
                .filter(|class| classes.contains(&class.name))
                .map(|class| class.group)
                .collect();
            if !groups.is_empty() {
                found.elements.push(property);
                found.groups.extend(groups);
            }
        }
        found.groups.sort_unstable();
        found.groups.dedup();
        found
    }

    fn grade(&self) -> Grade {
        match (self.elements.len(), self.groups.len()) {
            (4.., 2..) => Grade::C,
            (3.., 2..) => Grade::B,
            (1.., _) => Grade::A,
            (0, _) => Grade::None,
        }
    }

    fn why(&self) -> String {
        format!("{} elements in {} groups help to find it", self.elements.len(), self.groups.len())
    }

    fn step(&self) -> String {
        let missing = ENABLING.iter().filter(|(property, group)| {
            // Where there are enough elements, another group is what is missing.
            !self.elements.contains(property) && (self.groups.len() >= 2 || !self.groups.contains(group))
        });
        format!("add one of: {}", missing.map(|(property, _)| *property).collect::<Vec<_>>().join(", "))
    }
}

struct Contextual {
    kinds: Vec<&'static str>,
}

impl Contextual {
    fn of<'a>(said: &[&Value], named: &impl Fn(&Value) -> Named<'a>) -> Self {
        let found: Vec<Named<'_>> = said.iter().map(|value| named(value)).collect();
        let is_there = |class: &&Class| {
            found.iter().any(|named| named.is_complete && named.class.is_some_and(|it| it.name == class.name))
        };
        Self { kinds: CLASSES.iter().filter(is_there).map(|class| class.name).collect() }
    }

    fn grade(&self) -> Grade {
        match self.kinds.len() {
            0 => Grade::A,
            1 => Grade::B,
            _ => Grade::C,
        }
    }

    fn why(&self) -> String {
        match self.kinds.len() {
            0 => "nothing that it names is described in the record".to_owned(),
            _ => format!("of what it names, the record describes only {}", self.kinds.join(" and ")),
        }
    }

    fn step(&self) -> String {
        let missing = CLASSES.iter().filter(|class| !self.kinds.contains(&class.name));
        let missing: Vec<_> = missing.map(|class| class.label).collect();
        format!("name {} by an authority of a vocabulary, or date it as EDTF", missing.join(" or "))
    }
}
