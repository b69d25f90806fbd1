//! Crosswalks: which path of a record says what about an object. TOML, one file a format, described in
//! `profiles/README.md`.
//!
//! Everything that can be wrong with a crosswalk is found here, before a record is read.

use std::collections::{BTreeMap, HashMap};

use fonds_schemas::{Property, RelationKind, Sha256};
use serde::Deserialize;

use super::path::{NameTest, Path};
use super::tree::Attribute;
use super::written::Written;
use crate::ingest::profile::{self, BadProfile};
use crate::ingest::template::Template;

/// A crosswalk that fonds ships.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// The name of the format.
    pub name: &'static str,
    /// Its text.
    pub toml: &'static str,
}

/// Every format, in the order in which the first element of a record is looked up.
pub const ALL: &[Shipped] = &[
    // What Europeana and its aggregators exchange.
    Shipped { name: "edm", toml: include_str!("../../../profiles/xml/edm.toml") },
    // Museums, above all in Germany and its neighbours.
    Shipped { name: "lido", toml: include_str!("../../../profiles/xml/lido.toml") },
    // Libraries: digital collections, and catalogues.
    Shipped { name: "mods", toml: include_str!("../../../profiles/xml/mods.toml") },
    Shipped { name: "marcxml", toml: include_str!("../../../profiles/xml/marcxml.toml") },
    // What every repository of OAI-PMH has.
    Shipped { name: "dc", toml: include_str!("../../../profiles/xml/dc.toml") },
    // Volumes, described in one of the others.
    Shipped { name: "mets", toml: include_str!("../../../profiles/xml/mets.toml") },
    // Finding aids of archives.
    Shipped { name: "ead", toml: include_str!("../../../profiles/xml/ead.toml") },
    // Authorities, which are no things: each is told of and left aside.
    Shipped { name: "eac", toml: include_str!("../../../profiles/xml/eac.toml") },
];

/// What the identifier of an OAI-PMH header is called among paths.
pub const HEADER: &str = "header";

/// Records that describe no thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAside {
    /// Where that is said.
    pub path: Path,
    /// The first and the last character (not included) of a field of fixed length.
    pub slice: Option<[usize; 2]>,
    /// What is said there.
    pub values: Vec<String>,
    /// Why it is left aside.
    pub why: String,
}

/// The files of a METS volume, by their uses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The uses of files that are the volume itself, the best first.
    pub masters: Vec<String>,
    /// The uses of files that are its text, the best first.
    pub texts: Vec<String>,
}

/// How a record marks what is not for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The attribute.
    pub attribute: NameTest,
    /// Its value.
    pub value: String,
}

/// What a record of the format has, and is refused without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// One of these leads somewhere.
    pub paths: Vec<Path>,
    /// What the format asks for.
    pub why: String,
}

/// Where records name other records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The identifier of the other.
    pub path: Path,
    /// How the object stands to it.
    pub kind: RelationKind,
}

/// How a record says what it is in the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Where, the best first.
    pub paths: Vec<Path>,
    /// The first and the last character (not included) of a field of fixed length.
    pub slice: Option<[usize; 2]>,
    /// Its words.
    pub values: BTreeMap<String, fonds_schemas::Level>,
    /// What any other word means.
    pub other: fonds_schemas::Level,
    /// What a record that does not say is.
    pub missing: fonds_schemas::Level,
}

/// How a record refers to what it describes elsewhere in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct References {
    /// The attribute that refers.
    pub by: NameTest,
    /// The attribute that is referred to.
    pub to: NameTest,
    /// The names of what is referred to, the best first.
    pub label: Vec<Path>,
    /// Its other names, which records of a fonds give for each statement that names it.
    pub other: Vec<Path>,
    /// Where what is referred to says when it began and ended.
    pub edtf: Option<[Path; 2]>,
}

/// Values below one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The places.
    pub paths: Vec<Path>,
    /// What they say.
    pub rules: Vec<Rule>,
}

/// What the elements of a path say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The elements or attributes.
    pub path: Path,
    /// The property; `None` for the one that the element itself names.
    pub property: Option<Property>,
    /// The texts, the first that can be filled; without any, all text of the element.
    pub text: Vec<Text>,
    /// What stands between several texts of one path.
    pub join: String,
    /// Where the language of the text is said, other than in `xml:lang`.
    pub language: Option<Path>,
    /// Where the authority's IRI stands, the best first.
    pub authority: Vec<Path>,
    /// Where a date begins and ends in figures.
    pub edtf: Option<[Path; 2]>,
    /// Characters that do not belong to the end of a text.
    pub trim: Option<String>,
    /// The first and the last character (from 0, the last one not included) of a field of fixed length.
    pub slice: Option<[usize; 2]>,
    /// Values that say nothing.
    pub skip: Vec<String>,
    /// Whether only absolute IRIs are taken.
    pub only_iris: bool,
    /// Whether it counts only where nothing before said the property.
    pub unless_said: bool,
    /// Where a text stands that the text begins with, and that is left out with the comma after it.
    pub after: Option<Path>,
    /// What stands in a text, and what is said in its place.
    pub replace: Option<[String; 2]>,
    /// Whether it is the number of the thing, which comes before all else that is said.
    pub number: bool,
}

/// How a record of the format is known as one that a fonds wrote, and what it says: as exactly as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// Where the address of the object stands.
    pub address: Vec<Path>,
    /// Where its id stands again, if the format has such a place.
    pub again: Vec<Path>,
    /// What is said; what [`Crosswalk::sections`] have, where this is empty.
    pub sections: Vec<Section>,
    /// What is left aside on purpose: what is said of the record and of the archive.
    pub ignore: Vec<Path>,
}

/// A text with paths in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub template: Template,
    /// Its paths.
    pub paths: HashMap<String, Path>,
}

/// Where an identifier or namespace stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In the record.
    Path(Path),
    /// In the header that OAI-PMH put before it.
    Header,
}

/// A crosswalk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crosswalk {
    /// The name of the format.
    pub name: String,
    /// The digest of its text.
    pub sha256: Sha256,
    /// Prefixes and their namespaces, for reports.
    pub namespaces: BTreeMap<String, Vec<String>>,
    /// Elements that are a record.
    pub records: Vec<NameTest>,
    /// Elements of a record that are records of their own, part of the one they stand in.
    pub parts: Vec<NameTest>,
    /// What describes no thing.
    pub left_aside: Vec<LeftAside>,
    /// What is not for everybody: elements are left out, parts and what they hold are restricted.
    pub hidden: Option<Hidden>,
    /// What every record has once, with its name.
    pub one: Vec<(String, Path)>,
    /// What it is refused without.
    pub needs: Vec<Need>,
    /// What the object is called there, the best first.
    pub identifier: Vec<Source>,
    /// What records call themselves, where it is not what they are called here: an identifier beside others.
    pub own_identifier: Vec<Source>,
    /// Where a part says what it is called in its record; else it is called as it is called in the part above it.
    pub part_identifier: Vec<Path>,
    /// Whose numbering that is, the best first.
    pub namespace: Vec<Source>,
    /// The namespace of identifiers that are IRIs, which nobody else gives.
    pub iri_namespace: Option<String>,
    /// The level.
    pub level: Option<Level>,
    /// Where the language of a record's words is said.
    pub language: Vec<Path>,
    /// How a record refers to what it describes elsewhere in itself.
    pub references: Option<References>,
    /// Elements that stand on lines of their own.
    pub blocks: Vec<NameTest>,
    /// Elements whose text is not part of the text around them.
    pub silent: Vec<NameTest>,
    /// Attributes that tell elements apart in reports.
    pub named_by: Vec<NameTest>,
    /// Attributes that say something where an element has no text.
    pub links: Vec<NameTest>,
    /// Beginnings of identifiers, and what an authority's IRI has in their place.
    pub authorities: BTreeMap<String, String>,
    /// Whether the record is a volume, described in another format, and which of its files are taken.
    pub volume: Option<Volume>,
    /// What is said.
    pub sections: Vec<Section>,
    /// How it stands to others.
    pub relations: Vec<Related>,
    /// What is left aside on purpose, with all that stands in it.
    pub ignore: Vec<Path>,
    /// How records that a fonds wrote are known and read.
    pub ours: Option<Ours>,
    /// Whether somebody named whose numbering the identifiers are.
    pub is_named: bool,
}

impl Crosswalk {
    /// Reads a crosswalk; `name` is for messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, BadProfile> {
        let wrong = |source| BadProfile::Toml { name: name.to_owned(), source: Box::new(source) };
        let written: Written = toml::from_str(text).map_err(wrong)?;
        let sha256 = Sha256::of(text.as_bytes());
        Self::compile(written, sha256).map_err(|why| BadProfile::Wrong { name: name.to_owned(), why })
    }

    /// The crosswalk that `--map` names: a shipped one, or a file that says what a record is. `None` where it is a profile
    /// of tables, or nothing.
    pub fn named(given: &str) -> Result<Option<Self>, BadProfile> {
        if let Some(shipped) = ALL.iter().find(|shipped| shipped.name == given) {
            return Self::parse(shipped.name, shipped.toml).map(Some);
        }
        let Some(text) = profile::read(given)? else { return Ok(None) };
        let is_crosswalk = toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.contains_key("records"));
        if is_crosswalk { Self::parse(given, &text).map(Some) } else { Ok(None) }
    }

    /// Every shipped crosswalk.
    pub fn shipped() -> Result<Vec<Self>, BadProfile> {
        ALL.iter().map(|shipped| Self::parse(shipped.name, shipped.toml)).collect()
    }

    /// The crosswalk for records whose numbering somebody else names.
    #[must_use]
    pub fn without_namespace(mut self) -> Self {
        self.namespace.clear();
        self.iri_namespace = None;
        self.is_named = true;
        self
    }

    /// The crosswalk for records of a repository, which are called there as their headers say, and numbered by it.
    #[must_use]
    pub fn of_repository(mut self) -> Self {
        self.own_identifier = std::mem::replace(&mut self.identifier, vec![Source::Header]);
        self.own_identifier.retain(|source| *source != Source::Header);
        self.without_namespace()
    }

    /// Whether the elements of its format are of that namespace.
    #[must_use]
    pub fn has_namespace(&self, namespace: &str) -> bool {
        !namespace.is_empty() && self.records.iter().any(|record| record.has_namespace(namespace))
    }

    /// Whether an element that begins is marked as not for everybody.
    #[must_use]
    pub fn hides(&self, attributes: &[Attribute]) -> bool {
        self.hidden.as_ref().is_some_and(|hidden| {
            attributes.iter().any(|one| {
                hidden.attribute.is(&one.name.namespace, &one.name.local) && one.value.trim() == hidden.value
            })
        })
    }
}
