//! Crosswalks as they are written, made into paths that are known to be right.

use std::collections::{BTreeMap, HashMap};

use fonds_schemas::{Property, RelationKind, Sha256};
use serde::Deserialize;

use super::crosswalk::{
    Crosswalk, HEADER, Hidden, LeftAside, Level, Need, Ours, References, Related, Rule, Section, Source, Text, Volume,
};
use super::path::{NameTest, Names, Path};
use crate::ingest::template::Template;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    name: String,
    namespaces: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
    records: Vec<String>,
    #[serde(default)]
    parts: Vec<String>,
    #[serde(default)]
    left_aside: Vec<LeftAsideWritten>,
    #[serde(default)]
    hidden: Option<HiddenWritten>,
    #[serde(default)]
    one: Vec<String>,
    #[serde(default)]
    needs: Vec<NeedWritten>,
    identifier: Vec<String>,
    #[serde(default)]
    part_identifier: Vec<String>,
    #[serde(default)]
    namespace: Vec<String>,
    #[serde(default)]
    iri_namespace: Option<String>,
    #[serde(default)]
    level: Option<LevelWritten>,
    #[serde(default)]
    language: Vec<String>,
    #[serde(default)]
    references: Option<ReferencesWritten>,
    #[serde(default)]
    blocks: Vec<String>,
    #[serde(default)]
    silent: Vec<String>,
    #[serde(default)]
    named_by: Vec<String>,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    authorities: BTreeMap<String, String>,
    #[serde(default)]
    volume: Option<Volume>,
    at: Vec<SectionWritten>,
    #[serde(default)]
    relations: Vec<RelationWritten>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    ours: Option<OursWritten>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OursWritten {
    address: Vec<String>,
    #[serde(default)]
    again: Vec<String>,
    #[serde(default)]
    at: Vec<SectionWritten>,
    #[serde(default)]
    ignore: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct NeedWritten {
    path: Vec<String>,
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelationWritten {
    path: String,
    kind: RelationKind,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftAsideWritten {
    path: String,
    #[serde(default)]
    slice: Option<[usize; 2]>,
    values: Vec<String>,
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct HiddenWritten {
    attribute: String,
    value: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelWritten {
    path: Vec<String>,
    #[serde(default)]
    slice: Option<[usize; 2]>,
    values: BTreeMap<String, fonds_schemas::Level>,
    other: fonds_schemas::Level,
    missing: fonds_schemas::Level,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferencesWritten {
    by: String,
    to: String,
    label: Vec<String>,
    #[serde(default)]
    other: Vec<String>,
    #[serde(default)]
    edtf: Option<[String; 2]>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionWritten {
    path: Vec<String>,
    values: Vec<RuleWritten>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleWritten {
    path: String,
    property: String,
    #[serde(default)]
    text: Vec<Template>,
    #[serde(default)]
    join: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    authority: Vec<String>,
    #[serde(default)]
    edtf: Option<[String; 2]>,
    #[serde(default)]
    trim: Option<String>,
    #[serde(default)]
    slice: Option<[usize; 2]>,
    #[serde(default)]
    skip: Vec<String>,
    #[serde(default)]
    only_iris: bool,
    #[serde(default)]
    unless_said: bool,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    replace: Option<[String; 2]>,
    #[serde(default)]
    number: bool,
}

impl Crosswalk {
    /// Makes a crosswalk of what is written, with the digest of its text.
    pub(super) fn compile(written: Written, sha256: Sha256) -> Result<Self, String> {
        let names = Names { namespaces: written.namespaces, lists: written.lists };
        let path = |text: &String| Path::parse(text, &names);
        let paths = |texts: &[String]| texts.iter().map(path).collect::<Result<Vec<_>, _>>();
        let tests = |texts: &[String]| texts.iter().map(|text| NameTest::parse(text, &names)).collect::<Result<_, _>>();
        let left_aside = written.left_aside.into_iter().map(|LeftAsideWritten { path: at, slice, values, why }| {
            Ok(LeftAside { path: path(&at)?, slice, values, why })
        });
        let hidden = match written.hidden {
            Some(HiddenWritten { attribute, value }) => {
                Some(Hidden { attribute: NameTest::parse(&attribute, &names)?, value })
            }
            None => None,
        };
        let needs = written.needs.iter().map(|need| Ok(Need { paths: paths(&need.path)?, why: need.why.clone() }));
        let relations = written.relations.iter().map(|one| Ok(Related { path: path(&one.path)?, kind: one.kind }));
        let level = match written.level {
            Some(LevelWritten { path: at, slice, values, other, missing }) => {
                Some(Level { paths: paths(&at)?, slice, values, other, missing })
            }
            None => None,
        };
        let references = match &written.references {
            Some(ReferencesWritten { by, to, label, other, edtf }) => Some(References {
                by: NameTest::parse(by, &names)?,
                to: NameTest::parse(to, &names)?,
                label: paths(label)?,
                other: paths(other)?,
                edtf: pair(edtf.as_ref(), &names)?,
            }),
            None => None,
        };
        let ours = match written.ours {
            Some(OursWritten { address, again, at, ignore }) => Some(Ours {
                address: paths(&address)?,
                again: paths(&again)?,
                sections: at.into_iter().map(|at| section(at, &names)).collect::<Result<_, _>>()?,
                ignore: paths(&ignore)?,
            }),
            None => None,
        };
        let sections: Vec<Section> = written.at.into_iter().map(|at| section(at, &names)).collect::<Result<_, _>>()?;
        Ok(Self {
            name: written.name,
            sha256,
            records: tests(&written.records)?,
            parts: tests(&written.parts)?,
            left_aside: left_aside.collect::<Result<_, String>>()?,
            hidden,
            one: written.one.iter().map(|text| Ok((text.clone(), path(text)?))).collect::<Result<_, String>>()?,
            needs: needs.collect::<Result<_, String>>()?,
            relations: relations.collect::<Result<_, String>>()?,
            identifier: sources(&written.identifier, &names)?,
            own_identifier: Vec::new(),
            part_identifier: paths(&written.part_identifier)?,
            namespace: sources(&written.namespace, &names)?,
            iri_namespace: written.iri_namespace,
            level,
            language: paths(&written.language)?,
            references,
            blocks: tests(&written.blocks)?,
            silent: tests(&written.silent)?,
            named_by: tests(&written.named_by)?,
            links: tests(&written.links)?,
            authorities: written.authorities,
            volume: written.volume,
            sections,
            ignore: paths(&written.ignore)?,
            ours,
            is_named: false,
            namespaces: names.namespaces,
        })
    }
}

fn sources(texts: &[String], names: &Names) -> Result<Vec<Source>, String> {
    let source = |text: &String| match text.as_str() {
        HEADER => Ok(Source::Header),
        text => Path::parse(text, names).map(Source::Path),
    };
    texts.iter().map(source).collect()
}

fn pair(texts: Option<&[String; 2]>, names: &Names) -> Result<Option<[Path; 2]>, String> {
    let Some([start, end]) = texts else { return Ok(None) };
    Ok(Some([Path::parse(start, names)?, Path::parse(end, names)?]))
}

fn section(written: SectionWritten, names: &Names) -> Result<Section, String> {
    let paths = written.path.iter().map(|text| Path::parse(text, names)).collect::<Result<_, _>>()?;
    let rules = written.values.into_iter().map(|rule| self::rule(rule, names)).collect::<Result<_, _>>()?;
    Ok(Section { paths, rules })
}

fn rule(written: RuleWritten, names: &Names) -> Result<Rule, String> {
    let path = Path::parse(&written.path, names)?;
    let property = match written.property.as_str() {
        "*" => None,
        name => Some(Property::parse(name).map_err(|bad| bad.to_string())?),
    };
    let mut text = Vec::new();
    for template in written.text {
        let mut paths = HashMap::new();
        for column in template.columns() {
            paths.insert(column.to_owned(), Path::parse(column, names)?);
        }
        text.push(Text { template, paths });
    }
    Ok(Rule {
        path,
        property,
        text,
        join: written.join.unwrap_or_else(|| " ".to_owned()),
        language: written.language.map(|text| Path::parse(&text, names)).transpose()?,
        authority: written.authority.iter().map(|text| Path::parse(text, names)).collect::<Result<_, _>>()?,
        edtf: pair(written.edtf.as_ref(), names)?,
        trim: written.trim,
        slice: written.slice,
        skip: written.skip,
        only_iris: written.only_iris,
        unless_said: written.unless_said,
        after: written.after.map(|text| Path::parse(&text, names)).transpose()?,
        replace: written.replace,
        number: written.number,
    })
}
