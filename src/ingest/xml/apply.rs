//! What a record amounts to: a pure function of crosswalk and record.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;

use fonds_schemas::{Language, Level, Property, RelationKind, Statement};

use super::crosswalk::{Crosswalk, LeftAside, Need, Rule, Source};
use super::origin::Origin;
use super::path::{At, Found, NameTest};
use super::tree::{Element, Flow, Name};
use super::words::{cut, guessed, is_iri, own, piece, pieces};
use crate::ingest::limits::{DESCRIPTION_BYTES_MAX, RELATIONS_MAX, STATEMENTS_MAX};
use crate::ingest::plan;
use crate::ingest::problem::{Place, Problem};

/// A record that is being mapped.
pub struct Mapping<'a> {
    pub(super) crosswalk: &'a Crosswalk,
    root: At<'a>,
    place: Place,
    header: Option<&'a str>,
    /// Elements that said something or are left aside on purpose, by their numbers.
    used: RefCell<Vec<bool>>,
    pub(super) described: HashMap<&'a str, At<'a>>,
    pub(super) language: Option<Language>,
    /// The archive that wrote the record, if a fonds did.
    pub(super) origin: Option<Origin>,
    /// Places whose one date was given to a statement.
    dated: Vec<(usize, &'a str)>,
    /// Where what is said stands, for the order of what a fonds said.
    order: Vec<usize>,
    /// What is said so far.
    pub said: Vec<Statement>,
    /// What somebody should look at.
    pub warnings: Vec<Problem>,
    bytes: usize,
}

impl<'a> Mapping<'a> {
    /// Begins with a record whose elements are numbered from 0; `header` is the identifier of its OAI-PMH header.
    pub fn new(crosswalk: &'a Crosswalk, record: &'a Element, header: Option<&'a str>, place: &Place) -> Self {
        let mut count = 0;
        let mut described = HashMap::new();
        look_over(At::root(record), &mut |at| {
            count = count.max(at.element.number + 1);
            if let Some(references) = &crosswalk.references {
                let named =
                    at.element.attributes.iter().find(|one| references.to.is(&one.name.namespace, &one.name.local));
                if let Some(name) = named {
                    described.entry(&*name.value).or_insert(at);
                }
            }
        });
        let root = At::root(record);
        Self {
            origin: crosswalk.ours.as_ref().and_then(|ours| Origin::of(ours, root)),
            dated: Vec::new(),
            order: Vec::new(),
            crosswalk,
            root,
            place: place.clone(),
            header,
            used: RefCell::new(vec![false; count]),
            described,
            language: None,
            said: Vec::new(),
            warnings: Vec::new(),
            bytes: 0,
        }
    }

    /// Why the record is none that becomes an object.
    pub fn left_aside(&self) -> Option<&'a str> {
        let is_said = |aside: &&LeftAside| {
            aside.path.find(self.root).into_iter().any(|found| {
                // A field of fixed length keeps its blanks.
                let text: String = match found.attribute {
                    Some(value) => value.to_owned(),
                    None => found.at.element.written(),
                };
                aside.values.contains(&piece(&text, aside.slice.unwrap_or([0, text.len()])))
            })
        };
        self.crosswalk.left_aside.iter().find(is_said).map(|aside| aside.why.as_str())
    }

    /// Why the record cannot be one object: what it must have, it has not, or more often than once.
    pub fn not_one(&self) -> Option<Problem> {
        let missing = |need: &&Need| need.paths.iter().all(|path| path.first(self.root).is_none());
        if let Some(need) = self.crosswalk.needs.iter().find(missing) {
            return Some(Problem::refused(self.place.clone(), need.why.clone()));
        }
        self.crosswalk.one.iter().find_map(|(name, path)| {
            let found = path.find(self.root);
            match found.as_slice() {
                [_] => None,
                [] => Some(Problem::refused(self.place.clone(), format!("it has no {name}, and must have one"))),
                [_, second, ..] => {
                    let place = Place { line: Some(second.at.element.line), ..self.place.clone() };
                    let why = format!("it has {} times {name}, and must have one: each is a record", found.len());
                    Some(Problem::refused(place, why))
                }
            }
        })
    }

    /// The first of the sources that says something.
    pub fn source(&self, sources: &[Source]) -> Option<String> {
        sources.iter().find_map(|source| match source {
            Source::Header => self.header.map(|header| header.trim().to_owned()).filter(|header| !header.is_empty()),
            Source::Path(path) => path.find(self.root).into_iter().find_map(|found| {
                let text = self.text_of(found);
                self.use_one(found.at.element);
                (!text.is_empty()).then_some(text)
            }),
        })
    }

    /// What the record is in its hierarchy.
    pub fn level(&self) -> Level {
        let Some(level) = &self.crosswalk.level else { return Level::Item };
        let found = level.paths.iter().find_map(|path| path.first(self.root));
        let word = found.map(|found| match level.slice {
            Some(slice) => piece(&found.at.element.written(), slice),
            None => self.text_of(found),
        });
        match word {
            None => level.missing,
            Some(word) => level.values.get(&word.to_lowercase()).copied().unwrap_or(level.other),
        }
    }

    /// What other records it names, and how it stands to them.
    pub fn relations(&self) -> Vec<(RelationKind, String)> {
        let mut named = Vec::new();
        for related in &self.crosswalk.relations {
            for found in related.path.find(self.root).into_iter().take(RELATIONS_MAX) {
                let text = self.text_of(found);
                if !text.is_empty() && !named.contains(&(related.kind, text.clone())) {
                    self.use_one(found.at.element);
                    named.push((related.kind, text));
                }
            }
        }
        named
    }

    /// Finds everything that the record says.
    pub fn all(&mut self) -> Result<(), Problem> {
        let crosswalk = self.crosswalk;
        let language = crosswalk.language.iter().find_map(|path| path.first(self.root));
        self.language = language.and_then(|found| fonds_workers::alto::language(&self.text_of(found)));
        let ours = crosswalk.ours.as_ref().filter(|ours| self.origin.is_some() && !ours.sections.is_empty());
        let (sections, ignore) = match ours {
            Some(ours) => (&ours.sections, &ours.ignore),
            None => (&crosswalk.sections, &crosswalk.ignore),
        };
        for path in ignore {
            for found in path.find(self.root) {
                self.use_all(found.at.element);
            }
        }
        for section in sections {
            let root = self.root;
            for place in section.paths.iter().flat_map(|path| path.find(root)) {
                for rule in &section.rules {
                    self.rule(rule, place.at)?;
                }
            }
        }
        if self.origin.is_some() {
            // What a fonds said, it said in this order.
            let mut said: Vec<_> =
                std::mem::take(&mut self.order).into_iter().zip(std::mem::take(&mut self.said)).collect();
            said.sort_by_key(|(place, _)| *place);
            self.said = said.into_iter().map(|(_, statement)| statement).collect();
        }
        Ok(())
    }

    /// What the record calls itself is an identifier, where it is called otherwise here and did not say it yet.
    pub fn call_itself(&mut self) {
        let (Some(name), Ok(property)) = (self.source(&self.crosswalk.own_identifier), Property::parse("identifier"))
        else {
            return;
        };
        let statement = Statement::new(property, name);
        let is_said = self.said.iter().any(|said| said.property == statement.property && said.text == statement.text);
        if !is_said && self.said.len() < STATEMENTS_MAX && statement.check().is_ok() {
            self.said.push(statement);
        }
    }

    /// What nothing of the crosswalk took: names of elements that say something.
    pub fn unmapped(&self) -> Vec<String> {
        let used = self.used.borrow();
        let mut names = Vec::new();
        let mut above = Vec::new();
        self.leftover(self.root.element, &used, &mut above, &mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    fn leftover(&self, element: &'a Element, used: &[bool], above: &mut Vec<&'a Element>, names: &mut Vec<String>) {
        let links = &self.crosswalk.links;
        let is_link = |name: &Name| links.iter().any(|link| link.is(&name.namespace, &name.local));
        let says = element.says_something() || element.attributes.iter().any(|one| is_link(&one.name));
        if says && !used.get(element.number).copied().unwrap_or(true) {
            // The last steps tell it apart; the first ones are those of every record.
            let start = above.len().saturating_sub(2).max(usize::from(!above.is_empty()));
            let steps = above[start.min(above.len())..].iter().copied().chain([element]);
            names.push(steps.map(|step| self.name_of(step)).collect::<Vec<_>>().join("/"));
        }
        above.push(element);
        for child in element.children() {
            self.leftover(child, used, above, names);
        }
        above.pop();
    }

    fn name_of(&self, element: &Element) -> String {
        let known = self.crosswalk.namespaces.iter();
        let prefix =
            known.clone().find(|(_, namespaces)| namespaces.iter().any(|one| **one == *element.name.namespace));
        let mut name = match prefix {
            Some((prefix, _)) => format!("{prefix}:{}", element.name.local),
            None => element.name.local.to_string(),
        };
        for attribute in &element.attributes {
            let name_of = &attribute.name;
            if self.crosswalk.named_by.iter().any(|test| test.is(&name_of.namespace, &name_of.local)) {
                let value: String = attribute.value.chars().take(32).collect();
                let _ = write!(name, "[@{}='{value}']", name_of.local);
            }
        }
        name
    }

    fn rule(&mut self, rule: &'a Rule, from: At<'a>) -> Result<(), Problem> {
        if rule.unless_said && rule.property.as_ref().is_some_and(|wanted| self.says(wanted)) {
            return Ok(());
        }
        for found in rule.path.find(from) {
            // What a more exact rule took is not said again by the one for everything else.
            if rule.property.is_none() && self.is_used(found.at.element) {
                continue;
            }
            let Some(property) = rule.property.clone().or_else(|| own(&found.at.element.name)) else { continue };
            self.value(rule, &property, found, from)?;
            let place = if rule.number { 0 } else { found.at.element.number + 1 };
            self.order.resize(self.said.len(), place);
        }
        Ok(())
    }

    fn says(&self, wanted: &Property) -> bool {
        self.said.iter().any(|statement| statement.property == *wanted)
    }

    fn value(&mut self, rule: &'a Rule, property: &Property, found: Found<'a>, from: At<'a>) -> Result<(), Problem> {
        let element = found.at.element;
        let text = match rule.text.as_slice() {
            [] if rule.slice.is_some() => element.written(),
            [] => self.text_of(found),
            texts => match texts.iter().find_map(|text| self.fill(text, rule, found.at)) {
                Some(text) => text,
                None => return Ok(()),
            },
        };
        if text.is_empty() {
            return self.reference(rule, property, found);
        }
        let is_ours = self.origin.is_some();
        let text = cut(&text, rule, is_ours);
        let text = match rule.after.as_ref().and_then(|path| path.first(from)).map(|found| self.text_of(found)) {
            Some(before) => text.strip_prefix(&format!("{before}, ")).map_or(text.clone(), str::to_owned),
            None => text,
        };
        let text = match &rule.replace {
            Some([from, to]) => text.replace(from.as_str(), to),
            None => text,
        };
        // Where a thing is in the archive that it comes from is its identifier.
        let is_there = self.origin.as_ref().is_some_and(|origin| origin.has(&text) && !origin.has_image(&text));
        if text.is_empty() || rule.skip.contains(&text) || is_there {
            self.use_all(element);
            return Ok(());
        }
        if rule.only_iris && !is_iri(&text) {
            return Ok(());
        }
        // A span with two equal ends is one date.
        let text = match text.split_once(" – ") {
            Some((start, end)) if start == end && rule.edtf.is_some() && !is_ours => start.to_owned(),
            Some(_) | None => text,
        };
        if rule.text.is_empty() && found.attribute.is_none() {
            self.use_all(element);
        } else {
            self.use_one(element);
        }
        // What belongs to a value stands in its element, or beside it where the section begins.
        let places = [found.at, from];
        let authority = rule.authority.iter().find_map(|path| places.iter().find_map(|at| self.authority(path, *at)));
        let edtf = match &rule.edtf {
            Some([start, end]) => places.iter().find_map(|at| self.date(start, end, *at)),
            None => None,
        };
        let edtf = if is_ours {
            self.said_date(rule, property, &text, places)
        } else {
            edtf.or_else(|| guessed(property, &text))
        };
        let language = self.language_of(rule, property, found.at, from);
        // Figures are of no language: those of one were words.
        let edtf = edtf.filter(|date| !self.reads_dates() || language.is_none() || *date != text);
        let place = self.at(element);
        self.say(&place, &Statement { authority, edtf, language, property: property.clone(), text })
    }

    /// Whether dates of a record of a fonds stand in its words: the format has no other place for them.
    fn reads_dates(&self) -> bool {
        self.origin.is_some() && self.crosswalk.ours.as_ref().is_none_or(|ours| ours.sections.is_empty())
    }

    /// The date of a statement of a fonds: nothing is read into its words, and the one date of a place is that of the first.
    fn said_date(
        &mut self,
        rule: &'a Rule,
        property: &Property,
        text: &str,
        [own, around]: [At<'a>; 2],
    ) -> Option<String> {
        if self.reads_dates() {
            return guessed(property, text).filter(|date| date == text);
        }
        let [start, end] = rule.edtf.as_ref()?;
        if let Some(date) = self.date(start, end, own) {
            return Some(date);
        }
        let place = (around.element.number, rule.property.as_ref()?.as_str());
        let found = self.date(start, end, around).filter(|_| !self.dated.contains(&place));
        found.inspect(|_| self.dated.push(place))
    }

    pub(super) fn say(&mut self, place: &Place, statement: &Statement) -> Result<(), Problem> {
        let cleaned = plan::clean(&statement.text, place, &mut self.warnings);
        let text = cleaned.trim();
        for piece in pieces(text).filter(|piece| !piece.trim().is_empty()) {
            let said = Statement { text: piece.trim().to_owned(), ..statement.clone() };
            said.check().map_err(|bad| Problem::refused(place.clone(), bad.to_string()))?;
            if self.said.contains(&said) {
                continue;
            }
            self.bytes += said.text.len();
            if self.said.len() >= STATEMENTS_MAX || self.bytes > DESCRIPTION_BYTES_MAX {
                let why =
                    format!("more is said of the object than {STATEMENTS_MAX} things or {DESCRIPTION_BYTES_MAX} bytes");
                return Err(Problem::refused(place.clone(), why));
            }
            self.said.push(said);
        }
        Ok(())
    }

    /// The place of an element of the record.
    pub fn at(&self, element: &Element) -> Place {
        Place { line: Some(element.line), ..self.place.column(&self.name_of(element)) }
    }

    pub(super) fn text_of(&self, found: Found<'a>) -> String {
        if let Some(value) = found.attribute {
            return value.trim().to_owned();
        }
        let (blocks, silent) = (&self.crosswalk.blocks, &self.crosswalk.silent);
        let is_one = |tests: &[NameTest], name: &Name| tests.iter().any(|one| one.is(&name.namespace, &name.local));
        let flow = |name: &Name| match (is_one(silent, name), is_one(blocks, name)) {
            (true, _) => Flow::Silent,
            (false, true) => Flow::Block,
            (false, false) => Flow::Inline,
        };
        if self.origin.is_some() { found.at.element.exact(&flow) } else { found.at.element.text(&flow) }
    }

    fn is_used(&self, element: &Element) -> bool {
        self.used.borrow().get(element.number).copied().unwrap_or(false)
    }

    pub(super) fn use_one(&self, element: &Element) {
        if let Some(used) = self.used.borrow_mut().get_mut(element.number) {
            *used = true;
        }
    }

    pub(super) fn use_all(&self, element: &'a Element) {
        look_over(At::root(element), &mut |at| self.use_one(at.element));
    }
}

fn look_over<'a>(at: At<'a>, look: &mut dyn FnMut(At<'a>)) {
    look(at);
    for element in at.element.children() {
        look_over(At { element, inherited: at.language() }, look);
    }
}
