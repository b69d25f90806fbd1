//! Mapping profiles: which column of a table says what about an object. TOML, described in `profiles/README.md`.
//!
//! Everything that can be wrong with a profile is found here, before a row is read.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use fonds_schemas::{FileRole, Language, Property, RelationKind, Sha256};
use serde::Deserialize;

use super::generic;
use super::limits::PROFILE_BYTES_MAX;
use super::template::Template;
use super::xml::crosswalk;

/// A profile that fonds ships.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// The name for `--map`.
    pub name: &'static str,
    /// Its text.
    pub toml: &'static str,
}

/// Every shipped profile, in the order in which they are tried on the columns of a table.
pub const ALL: &[Shipped] = &[
    // A folder of files without a table.
    Shipped { name: "folder", toml: include_str!("../../profiles/folder.toml") },
    // BagIt bags, by their bag-info.txt.
    Shipped { name: "bag", toml: include_str!("../../profiles/bag.toml") },
    // Records of several museums in one table, one JSON object a line.
    Shipped { name: "museum-records", toml: include_str!("../../profiles/museum-records.toml") },
    // Paintings with an image each, as labelled for image recognition.
    Shipped { name: "labelled-paintings", toml: include_str!("../../profiles/labelled-paintings.toml") },
    // Pages of manuscripts and early prints, one row a page.
    Shipped { name: "manuscript-pages", toml: include_str!("../../profiles/manuscript-pages.toml") },
    // The small collection of `fonds demo`.
    Shipped { name: "demo", toml: include_str!("../../profiles/demo.toml") },
];

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowsAre {
    /// An object each.
    #[default]
    Objects,
    /// A file each; rows with the same identifier are one object.
    Files,
}

/// A mapping profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What people call it; batches carry it.
    pub name: String,
    /// Columns by which a table is recognised: all must be there.
    #[serde(default)]
    pub detect: Vec<String>,
    /// The name of the table in a folder that has several.
    #[serde(default)]
    pub table: Option<String>,
    /// Whose numbering the identifiers are.
    pub namespace: Template,
    /// What an object is called there.
    pub identifier: Template,
    /// What rows are.
    #[serde(default)]
    pub rows: RowsAre,
    /// The level; a row that does not say is an item.
    #[serde(default = "item")]
    pub level: Template,
    /// Who may see an object: `public`, `restricted`, `withdrawn`, `embargoed until 2040-01-01`.
    #[serde(default = "public")]
    pub access: Template,
    /// Who may see an object whose row does not say. Without it, such a row is refused.
    #[serde(default)]
    pub access_when_empty: Option<String>,
    /// The language of titles, descriptions and other words, where no column says it.
    #[serde(default)]
    pub language: Option<Language>,
    /// The column with the language of a row's words.
    #[serde(default)]
    pub language_column: Option<String>,
    /// Where files are named.
    #[serde(default)]
    pub files: Option<FileColumn>,
    /// What is said of every object.
    #[serde(default)]
    pub constants: Vec<Constant>,
    /// What columns say.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// Columns that name other objects.
    #[serde(default)]
    pub relations: Vec<RelationColumn>,
    /// Columns that are left aside on purpose.
    #[serde(default)]
    pub ignore: Vec<String>,
}

/// Where files are named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileColumn {
    /// The column.
    pub column: String,
    /// The folder that names start from, inside the folder of the table.
    #[serde(default)]
    pub base: Option<String>,
    /// What stands between several names.
    #[serde(default)]
    pub split: Option<String>,
    /// The part that the files play.
    #[serde(default = "master")]
    pub role: FileRole,
    /// In which order the files of one object stand.
    #[serde(default)]
    pub order: FileOrder,
}

/// In which order the files of one object stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOrder {
    /// As the table names them.
    #[default]
    Rows,
    /// By name, numbers by their value: `f9` before `f48`.
    Natural,
}

/// What is said of every object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// The property.
    pub property: Property,
    /// What is said; may name columns.
    pub text: Template,
    /// The language of the text.
    #[serde(default)]
    pub language: Option<Language>,
    /// The authority's IRI for what the text names.
    #[serde(default)]
    pub authority: Option<String>,
}

/// What a column says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The column.
    pub name: String,
    /// The property.
    pub property: Property,
    /// The language of the text.
    #[serde(default)]
    pub language: Option<Language>,
    /// The column with the language of the text.
    #[serde(default)]
    pub language_column: Option<String>,
    /// What stands between several values.
    #[serde(default)]
    pub split: Option<String>,
    /// What to put between the members of a list, to make one value of them; without it each is a value.
    #[serde(default)]
    pub join: Option<String>,
    /// A text around the value, which is `{value}` in it.
    #[serde(default)]
    pub template: Option<Template>,
    /// The column with the authority's IRI for what the value names.
    #[serde(default)]
    pub authority_column: Option<String>,
    /// The columns with the year or day in which a span of time begins and ends.
    #[serde(default)]
    pub edtf: Option<[String; 2]>,
    /// Values that say nothing: `unknown`, `n/a`.
    #[serde(default)]
    pub skip: Vec<String>,
    /// Values that are written otherwise here: `{ "CC0-1.0" = "http://creativecommons.org/publicdomain/zero/1.0/" }`.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// A column that names other objects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationColumn {
    /// The column.
    pub column: String,
    /// How the object stands to the other.
    pub kind: RelationKind,
    /// Whose numbering the other's identifier is; the object's own if not said.
    #[serde(default)]
    pub namespace: Option<Template>,
    /// What stands between several identifiers.
    #[serde(default)]
    pub split: Option<String>,
}

fn item() -> Template {
    Template::constant("item")
}
fn public() -> Template {
    Template::constant("public")
}
const fn master() -> FileRole {
    FileRole::Master
}

/// Why there is no profile to map with.
#[derive(Debug, thiserror::Error)]
pub enum BadProfile {
    /// Neither shipped nor a file.
    #[error("there is no mapping profile {given:?}: neither a file nor one of {known}")]
    Unknown {
        /// What was given.
        given: String,
        /// The shipped ones.
        known: String,
    },
    /// The file cannot be read.
    #[error("could not read the mapping profile {path}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// More than any profile needs.
    #[error("the mapping profile {path} has {bytes} bytes, at most {PROFILE_BYTES_MAX} are read")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// How large it is.
        bytes: u64,
    },
    /// Not what a profile is.
    #[error("the mapping profile {name} is wrong")]
    Toml {
        /// Which.
        name: String,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Something that the types cannot check.
    #[error("the mapping profile {name} is wrong: {why}")]
    Wrong {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// No column can serve as identifier.
    #[error("no column of {table} looks like an identifier (one of {wanted}); say with --map which one it is")]
    NoIdentifier {
        /// Of which table.
        table: String,
        /// Names that would do.
        wanted: String,
    },
}

impl Profile {
    /// Reads a profile; `name` is for messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, BadProfile> {
        let wrong = |source| BadProfile::Toml { name: name.to_owned(), source: Box::new(source) };
        let profile: Self = toml::from_str(text).map_err(wrong)?;
        profile.check().map_err(|why| BadProfile::Wrong { name: name.to_owned(), why })?;
        Ok(profile)
    }

    /// The profile that `--map` names: a file if there is one, else a shipped one. With the digest of its text.
    pub fn named(given: &str) -> Result<(Self, Sha256), BadProfile> {
        if let Some(shipped) = ALL.iter().find(|shipped| shipped.name == given) {
            return Ok((Self::parse(shipped.name, shipped.toml)?, Sha256::of(shipped.toml.as_bytes())));
        }
        if let Some(text) = read(given)? {
            return Ok((Self::parse(given, &text)?, Sha256::of(text.as_bytes())));
        }
        let tables = ALL.iter().map(|shipped| shipped.name);
        let known: Vec<_> = tables.chain(crosswalk::ALL.iter().map(|shipped| shipped.name)).collect();
        Err(BadProfile::Unknown { given: given.to_owned(), known: known.join(", ") })
    }

    /// The shipped profile that recognises these columns; else one that maps columns named like properties.
    pub fn detected(table: &str, columns: &[String]) -> Result<(Self, Sha256), BadProfile> {
        for shipped in ALL {
            let profile = Self::parse(shipped.name, shipped.toml)?;
            if !profile.detect.is_empty() && profile.detect.iter().all(|column| columns.contains(column)) {
                return Ok((profile, Sha256::of(shipped.toml.as_bytes())));
            }
        }
        let text = generic::profile(table, columns)?;
        Ok((Self::parse("generic", &text)?, Sha256::of(text.as_bytes())))
    }

    /// The profile of records, which are mapped by the crosswalks of their formats: it has the name and no column.
    pub fn of_records(name: &str) -> Result<Self, BadProfile> {
        let toml = format!("name = {}\nnamespace = \"records\"\nidentifier = \"{{identifier}}\"\n", quoted(name));
        Self::parse(name, &toml)
    }

    fn check(&self) -> Result<(), String> {
        if self.identifier.columns().next().is_none() {
            return Err("identifier names no column, so that all rows would be one object".to_owned());
        }
        if let Some(access) = &self.access_when_empty {
            super::plan::access(access)?;
        }
        if self.access.columns().next().is_none() {
            super::plan::access(self.access.as_str())?;
        }
        if self.level.columns().next().is_none() {
            self.level.as_str().parse::<fonds_schemas::Level>().map_err(|bad| bad.to_string())?;
        }
        for column in &self.columns {
            let separators = [&column.split, &column.join];
            if separators.iter().any(|separator| separator.as_ref().is_some_and(String::is_empty)) {
                return Err(format!("column {:?}: an empty separator", column.name));
            }
            if let Some(template) = &column.template
                && !template.columns().any(|name| name == "value")
            {
                return Err(format!("column {:?}: its template does not hold {{value}}", column.name));
            }
        }
        for constant in &self.constants {
            if constant.authority.as_ref().is_some_and(|iri| !fonds_schemas::property::is_iri(iri)) {
                return Err(format!("constant {}: its authority is no absolute IRI", constant.property));
            }
        }
        Ok(())
    }

    /// Every column that the profile looks at or leaves aside on purpose.
    #[must_use]
    pub fn known_columns(&self) -> HashSet<String> {
        let templates = [&self.namespace, &self.identifier, &self.level, &self.access];
        let mut known: HashSet<String> = self.ignore.iter().cloned().collect();
        known.extend(templates.iter().flat_map(|template| template.columns()).map(str::to_owned));
        known.extend(self.constants.iter().flat_map(|constant| constant.text.columns()).map(str::to_owned));
        known.extend(self.language_column.clone());
        known.extend(self.files.iter().map(|files| files.column.clone()));
        for column in &self.columns {
            known.insert(column.name.clone());
            known.extend(column.language_column.clone());
            known.extend(column.authority_column.clone());
            known.extend(column.edtf.iter().flatten().cloned());
            let around = column.template.iter().flat_map(Template::columns).filter(|name| *name != "value");
            known.extend(around.map(str::to_owned));
        }
        for relation in &self.relations {
            known.insert(relation.column.clone());
            known.extend(relation.namespace.iter().flat_map(Template::columns).map(str::to_owned));
        }
        known
    }
}

/// The text of a profile or crosswalk that `--map` names, if it is a file.
pub(super) fn read(given: &str) -> Result<Option<String>, BadProfile> {
    let path = Path::new(given);
    let unreadable = |source| BadProfile::Unreadable { path: path.to_owned(), source };
    match std::fs::metadata(path) {
        Ok(about) if about.is_file() => {
            if about.len() > PROFILE_BYTES_MAX {
                return Err(BadProfile::TooLarge { path: path.to_owned(), bytes: about.len() });
            }
            std::fs::read_to_string(path).map(Some).map_err(unreadable)
        }
        Ok(_) | Err(_) => Ok(None),
    }
}

/// Quotes a text for TOML.
#[must_use]
pub fn quoted(text: &str) -> Cow<'static, str> {
    toml::Value::String(text.to_owned()).to_string().into()
}
