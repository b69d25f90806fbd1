//! What a row amounts to: a pure function of mapping profile and row.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use fonds_schemas::{
    Access, FileRole, Language, Level, ObjectId, Property, Relation, SourceKey, Statement, Timestamp, edtf,
};
use serde_json::Value;

use super::limits::{
    DESCRIPTION_BYTES_MAX, IDENTIFIER_BYTES_MAX, RELATIONS_MAX, STATEMENTS_MAX, UNMAPPED_MAX, VALUES_MAX,
};
use super::problem::{Place, Problem, escape};
use super::profile::{Column, FileColumn, Profile, RelationColumn};
use super::row::{Row, scalar};

/// Properties whose values are words of a language; the language of a row is theirs. Names, numbers and addresses
/// are of no language.
pub(super) const WORDS: &[&str] = &[
    "title",
    "alternative",
    "description",
    "note",
    "subject",
    "material",
    "technique",
    "object_type",
    "inscription",
    "style",
    "use",
    "provenance",
    "credit_line",
];

/// What stands for names beyond those that are reported one by one.
const OTHERS: &str = "(others)";

/// An object that a row asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Where it is asked for.
    pub place: Place,
    /// What it is called where it comes from.
    pub source: SourceKey,
    /// Its id.
    pub id: ObjectId,
    /// What it is in the hierarchy.
    pub level: Level,
    /// Who may see it.
    pub access: Access,
    /// Its description, each statement once.
    pub statements: Vec<Statement>,
    /// How it stands to others.
    pub relations: Vec<Relation>,
    /// Its files, in their order.
    pub files: Vec<PlannedFile>,
}

/// A file that a row names.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedFile {
    /// Where it is named.
    pub place: Place,
    /// Its path as the row has it, from the folder of the input.
    pub path: String,
    /// The part it plays.
    pub role: FileRole,
    /// The path of the image whose text it is, where the source says so.
    pub text_of: Option<String>,
}

/// Makes objects of rows.
pub struct Planner {
    profile: Profile,
    namespace: Option<String>,
    known: HashSet<String>,
    /// Columns that said something and that the profile does not know, and how often.
    pub unmapped: BTreeMap<String, u64>,
}

/// Who may see an object, in the words of a table.
pub fn access(text: &str) -> Result<Access, String> {
    match text {
        "public" => return Ok(Access::Public),
        "restricted" => return Ok(Access::Restricted),
        "withdrawn" => return Ok(Access::Withdrawn),
        _ => {}
    }
    let moment = text.strip_prefix("embargoed until ").map(str::trim);
    // A day is its first moment.
    let until = moment.and_then(|text| {
        Timestamp::parse(text).or_else(|_not_a_moment| Timestamp::parse(&format!("{text}T00:00:00Z"))).ok()
    });
    until.map(|until| Access::Embargoed { until }).ok_or_else(|| {
        format!("{:?} is no access: public, restricted, withdrawn or embargoed until 2040-01-01", escape(text))
    })
}

impl Planner {
    /// A planner for one run; `namespace` takes the place of the profile's.
    #[must_use]
    pub fn new(profile: Profile, namespace: Option<String>) -> Self {
        let known = profile.known_columns();
        Self { profile, namespace, known, unmapped: BTreeMap::new() }
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What the row amounts to, or why it is refused; warnings go to `warnings`.
    pub fn plan(&mut self, row: &Row, warnings: &mut Vec<Problem>) -> Result<Planned, Problem> {
        for column in row.cells.keys() {
            if !self.known.contains(column) {
                count(&mut self.unmapped, column);
            }
        }
        let source = self.source(row)?;
        let id = source.object_id();
        let level = self.level(row)?;
        let access = self.access(row)?;
        let statements = Saying { profile: &self.profile, row, warnings, said: Vec::new() }.all()?;
        let mut relations = Vec::new();
        for column in &self.profile.relations {
            relate(column, row, &source, &mut relations)?;
        }
        let files = match &self.profile.files {
            Some(column) => files(column, row)?,
            None => Vec::new(),
        };
        Ok(Planned { place: row.place.clone(), source, id, level, access, statements, relations, files })
    }

    /// Counts something that was said and that nobody maps.
    pub fn is_unmapped(&mut self, name: &str) {
        count(&mut self.unmapped, name);
    }

    fn source(&self, row: &Row) -> Result<SourceKey, Problem> {
        let refused = |why: String| Problem::refused(row.place.clone(), why);
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.profile.namespace.fill(|column| row.text(column)).ok_or_else(|| {
                let template = self.profile.namespace.as_str();
                refused(format!("it does not say whose numbering its identifier is: {template} is empty"))
            })?,
        };
        let identifier = self.profile.identifier.fill(|column| row.text(column)).ok_or_else(|| {
            let template = self.profile.identifier.as_str();
            refused(format!("it has no identifier: {template} is empty"))
        })?;
        for (what, text) in [("namespace", &namespace), ("identifier", &identifier)] {
            if text.len() > IDENTIFIER_BYTES_MAX {
                let bytes = text.len();
                return Err(refused(format!("its {what} has {bytes} bytes, at most {IDENTIFIER_BYTES_MAX} are taken")));
            }
            if text.contains('\0') {
                return Err(refused(format!("its {what} {:?} holds a NUL character", escape(text))));
            }
        }
        Ok(SourceKey { identifier, namespace })
    }

    fn level(&self, row: &Row) -> Result<Level, Problem> {
        let Some(text) = self.profile.level.fill(|column| row.text(column)) else { return Ok(Level::Item) };
        let place = || at(row, self.profile.level.columns().next());
        text.to_lowercase()
            .parse()
            .map_err(|bad: fonds_schemas::object::BadWord| Problem::refused(place(), bad.to_string()))
    }

    fn access(&self, row: &Row) -> Result<Access, Problem> {
        let place = || at(row, self.profile.access.columns().next());
        let text = self.profile.access.fill(|column| row.text(column));
        let Some(text) = text.or_else(|| self.profile.access_when_empty.clone()) else {
            return Err(Problem::refused(place(), "it does not say who may see it, and access_when_empty is not set"));
        };
        access(&text).map_err(|why| Problem::refused(place(), why))
    }
}

fn count(unmapped: &mut BTreeMap<String, u64>, name: &str) {
    let full = unmapped.len() >= UNMAPPED_MAX;
    match unmapped.get_mut(name) {
        Some(count) => *count += 1,
        None if full => *unmapped.entry(OTHERS.to_owned()).or_insert(0) += 1,
        None => drop(unmapped.insert(name.to_owned(), 1)),
    }
}

/// Bytes of what is said.
#[must_use]
pub fn bytes(statements: &[Statement]) -> usize {
    statements.iter().map(|statement| statement.text.len()).sum()
}

/// Refuses to say more of an object than one event holds.
pub fn fits(statements: &[Statement], place: &Place) -> Result<(), Problem> {
    let (count, bytes) = (statements.len(), bytes(statements));
    if count > STATEMENTS_MAX {
        let why = format!("{count} things are said of the object, at most {STATEMENTS_MAX} are taken");
        return Err(Problem::refused(place.clone(), why));
    }
    if bytes > DESCRIPTION_BYTES_MAX {
        let why = format!("{bytes} bytes are said of the object, at most {DESCRIPTION_BYTES_MAX} are taken");
        return Err(Problem::refused(place.clone(), why));
    }
    Ok(())
}

/// The place of a column of the row, if there is one.
fn at(row: &Row, column: Option<&str>) -> Place {
    column.map_or_else(|| row.place.clone(), |column| row.place.column(column))
}

/// The statements of one row, as they are found.
struct Saying<'a> {
    profile: &'a Profile,
    row: &'a Row,
    warnings: &'a mut Vec<Problem>,
    said: Vec<Statement>,
}

impl Saying<'_> {
    fn all(mut self) -> Result<Vec<Statement>, Problem> {
        let (profile, row) = (self.profile, self.row);
        let row_language = match &profile.language_column {
            Some(column) => self.language(column)?.or_else(|| profile.language.clone()),
            None => profile.language.clone(),
        };
        for column in &profile.columns {
            self.column(column, row_language.as_ref())?;
        }
        for constant in &profile.constants {
            let Some(text) = constant.text.fill(|column| row.text(column)) else { continue };
            let place = row.place.clone();
            self.say(&place, &constant.property, &text, constant.language.clone(), constant.authority.clone(), None)?;
        }
        fits(&self.said, &row.place)?;
        Ok(self.said)
    }

    fn language(&self, column: &str) -> Result<Option<Language>, Problem> {
        let Some(text) = self.row.text(column) else { return Ok(None) };
        let place = || self.row.place.column(column);
        Language::parse(&text).map(Some).map_err(|bad| Problem::refused(place(), bad.to_string()))
    }

    fn column(&mut self, column: &Column, row_language: Option<&Language>) -> Result<(), Problem> {
        let row = self.row;
        let Some(value) = row.cells.get(&column.name) else { return Ok(()) };
        let place = row.place.column(&column.name);
        let values = values(value, column.split.as_deref(), column.join.as_deref(), &place)?;
        if values.is_empty() {
            return Ok(());
        }
        let language = match (&column.language, &column.language_column) {
            (_, Some(name)) => self.language(name)?.or_else(|| column.language.clone()),
            (Some(language), None) => Some(language.clone()),
            (None, None) if WORDS.contains(&column.property.as_str()) => row_language.cloned(),
            (None, None) => None,
        };
        let authority = column.authority_column.as_ref().and_then(|name| row.text(name)).map(Cow::into_owned);
        let span = column.edtf.as_ref().and_then(|[start, end]| edtf::span(&row.text(start)?, &row.text(end)?));
        for value in values {
            if column.skip.iter().any(|silent| *silent == value) {
                continue;
            }
            let value = match column.values.get(value.as_ref()) {
                Some(other) => Cow::Borrowed(other.as_str()),
                None => value,
            };
            let text = match &column.template {
                Some(template) => {
                    let cell = |name: &str| {
                        if name == "value" { Some(Cow::Borrowed(value.as_ref())) } else { row.text(name) }
                    };
                    match template.fill(cell) {
                        Some(text) => text,
                        None => continue,
                    }
                }
                None => value.into_owned(),
            };
            self.say(&place, &column.property, &text, language.clone(), authority.clone(), span.clone())?;
        }
        Ok(())
    }

    fn say(
        &mut self,
        place: &Place,
        property: &Property,
        text: &str,
        language: Option<Language>,
        authority: Option<String>,
        edtf: Option<String>,
    ) -> Result<(), Problem> {
        let clean = clean(text, place, self.warnings);
        if clean.trim().is_empty() {
            return Ok(());
        }
        let text = clean.trim().to_owned();
        let statement = Statement { authority, edtf, language, property: property.clone(), text };
        statement.check().map_err(|bad| Problem::refused(place.clone(), bad.to_string()))?;
        if !self.said.contains(&statement) {
            self.said.push(statement);
        }
        Ok(())
    }
}

/// The text without control characters, which no catalogue means and no database keeps; what was left out is said.
pub(super) fn clean<'t>(text: &'t str, place: &Place, warnings: &mut Vec<Problem>) -> Cow<'t, str> {
    if text.contains('\u{fffd}') {
        let why = "it holds U+FFFD: a character was lost before the text came here";
        warnings.push(Problem::warning(place.clone(), why));
    }
    let silent = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    let Some(control) = text.chars().find(|c| silent(*c)) else { return Cow::Borrowed(text) };
    let why = format!("it holds the control character {}, which is left out", control.escape_unicode());
    warnings.push(Problem::warning(place.clone(), why));
    Cow::Owned(text.chars().filter(|c| !silent(*c)).collect())
}

/// The values of a cell: one, or several of a list or between separators. Empty ones are left out.
fn values<'a>(
    value: &'a Value,
    split: Option<&str>,
    join: Option<&str>,
    place: &Place,
) -> Result<Vec<Cow<'a, str>>, Problem> {
    let nested = || Problem::refused(place.clone(), "it holds an object or a list of lists, which is no value");
    let members: Vec<Cow<'a, str>> = match value {
        Value::Object(_) => return Err(nested()),
        Value::Array(members) if members.iter().any(|member| member.is_object() || member.is_array()) => {
            return Err(nested());
        }
        Value::Array(members) => {
            let members: Vec<_> = members.iter().filter_map(scalar).collect();
            match join {
                Some(join) if !members.is_empty() => vec![Cow::Owned(members.join(join))],
                Some(_) | None => members,
            }
        }
        single => scalar(single).into_iter().collect(),
    };
    let parts = match split {
        None => members,
        Some(separator) => members
            .into_iter()
            .flat_map(|member| match member {
                Cow::Borrowed(text) => text.split(separator).map(|part| Cow::Borrowed(part.trim())).collect::<Vec<_>>(),
                Cow::Owned(text) => text.split(separator).map(|part| Cow::Owned(part.trim().to_owned())).collect(),
            })
            .filter(|part| !part.is_empty())
            .collect(),
    };
    if parts.len() > VALUES_MAX {
        let why = format!("it holds {} values, at most {VALUES_MAX} are taken", parts.len());
        return Err(Problem::refused(place.clone(), why));
    }
    Ok(parts)
}

fn relate(
    column: &RelationColumn,
    row: &Row,
    source: &SourceKey,
    relations: &mut Vec<Relation>,
) -> Result<(), Problem> {
    let Some(value) = row.cells.get(&column.column) else { return Ok(()) };
    let place = row.place.column(&column.column);
    let namespace = match &column.namespace {
        Some(template) => template
            .fill(|name| row.text(name))
            .ok_or_else(|| Problem::refused(place.clone(), "the namespace of what it names is empty"))?,
        None => source.namespace.clone(),
    };
    for identifier in values(value, column.split.as_deref(), None, &place)? {
        let target = ObjectId::derived(&namespace, &identifier);
        if target == source.object_id() {
            return Err(Problem::refused(place, "it names itself"));
        }
        let relation = Relation { kind: column.kind, target };
        if !relations.contains(&relation) {
            relations.push(relation);
        }
    }
    if relations.len() > RELATIONS_MAX {
        let why = format!("{} relations of the object, at most {RELATIONS_MAX} are taken", relations.len());
        return Err(Problem::refused(place, why));
    }
    Ok(())
}

fn files(column: &FileColumn, row: &Row) -> Result<Vec<PlannedFile>, Problem> {
    let Some(value) = row.cells.get(&column.column) else { return Ok(Vec::new()) };
    // A folder has neither rows nor columns: the file says where.
    let place = if row.place.row.is_some() { row.place.column(&column.column) } else { row.place.clone() };
    // A list names each file exactly, blanks and all: that is how a folder gives them.
    let names = match value {
        Value::Array(members) if members.iter().all(Value::is_string) => {
            members.iter().filter_map(Value::as_str).map(Cow::Borrowed).collect()
        }
        other => values(other, column.split.as_deref(), None, &place)?,
    };
    let path = |name: Cow<'_, str>| match &column.base {
        Some(base) => format!("{}/{name}", base.trim_end_matches('/')),
        None => name.into_owned(),
    };
    Ok(names
        .into_iter()
        .map(|name| PlannedFile { place: place.clone(), path: path(name), role: column.role, text_of: None })
        .collect())
}
