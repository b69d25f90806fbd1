//! The values of a mapping: what stands in an element, beside it, or where it refers to.

use std::borrow::Cow;

use fonds_schemas::{Language, Property, Statement, property};

use super::apply::Mapping;
use super::crosswalk::{Rule, Text};
use super::dates;
use super::path::{At, Found, Path};
use super::tree::{Attribute, Element, XML};
use super::words::is_iri;
use crate::ingest::plan::WORDS;
use crate::ingest::problem::{Problem, escape};

impl<'a> Mapping<'a> {
    /// What an element says that only refers: the names of what it refers to, in this record or elsewhere.
    pub(super) fn reference(&mut self, rule: &Rule, property: &Property, found: Found<'a>) -> Result<(), Problem> {
        let Some(references) = &self.crosswalk.references else { return Ok(()) };
        let by = |one: &&Attribute| references.by.is(&one.name.namespace, &one.name.local);
        let Some(target) = found.at.element.attributes.iter().find(by).map(|one| one.value.trim()) else {
            return Ok(());
        };
        if target.is_empty() || rule.skip.iter().any(|silent| silent == target) {
            return Ok(());
        }
        let place = self.at(found.at.element);
        let authority = self.is_named(target).then(|| target.to_owned());
        let described = self.described.get(target).copied().filter(|at| at.element.number != found.at.element.number);
        let labels = match described {
            Some(at) if !rule.only_iris => self.labels(at, &references.label, property),
            Some(_) | None => Vec::new(),
        };
        self.use_one(found.at.element);
        if labels.is_empty() && authority.is_none() {
            if let Some(origin) = self.origin.as_ref().filter(|origin| origin.has(target)) {
                if origin.has_image(target) {
                    return self.say(&place, &Statement::new(property.clone(), target));
                }
                return Ok(());
            }
            let why =
                format!("{:?} is no address, and the record does not describe it: it is left out", escape(target));
            self.warnings.push(Problem::warning(place, why));
            return Ok(());
        }
        let edtf = match (&references.edtf, described) {
            (Some([start, end]), Some(at)) => self.date(start, end, at),
            (Some(_) | None, _) => None,
        };
        if labels.is_empty() {
            // An address is its own name; of anything else the IRI is all that is known.
            let authority = if rule.only_iris { None } else { authority };
            let statement =
                Statement { authority, edtf, language: None, property: property.clone(), text: target.to_owned() };
            return self.say(&place, &statement);
        }
        for (text, language) in labels {
            let (authority, edtf) = (authority.clone(), edtf.clone());
            self.say(&place, &Statement { authority, edtf, language, property: property.clone(), text })?;
        }
        Ok(())
    }

    /// The names of what is described: every language of words, the likeliest one of names.
    pub(super) fn labels(&self, at: At<'a>, paths: &[Path], property: &Property) -> Vec<(String, Option<Language>)> {
        if self.origin.is_some() {
            return self.all_labels(at, paths);
        }
        let found = paths.iter().map(|path| path.find(at)).find(|found| !found.is_empty()).unwrap_or_default();
        let mut labels: Vec<(usize, String, Option<Language>, &Element)> = Vec::new();
        for one in found {
            let text = self.text_of(one);
            let language = one.at.element.attribute(XML, "lang").and_then(fonds_workers::alto::language);
            let rank = match &language {
                Some(language) if self.language.as_ref().is_some_and(|own| own.primary() == language.primary()) => 0,
                None => 1,
                Some(language) if language.primary() == "en" => 2,
                Some(_) => 3,
            };
            if !text.is_empty() && !labels.iter().any(|(_, known, ..)| *known == text) {
                labels.push((rank, text, language, one.at.element));
            }
        }
        if !WORDS.contains(&property.as_str()) {
            labels.sort_by_key(|(rank, ..)| *rank);
            labels.truncate(1);
        }
        labels
            .into_iter()
            .map(|(_, text, language, element)| {
                self.use_one(element);
                (text, language)
            })
            .collect()
    }

    /// What statements of a fonds name together: every name is that of a statement.
    fn all_labels(&self, at: At<'a>, paths: &[Path]) -> Vec<(String, Option<Language>)> {
        let others = self.crosswalk.references.iter().flat_map(|references| &references.other);
        let found = paths.iter().chain(others).flat_map(|path| path.find(at));
        let label = |found: Found<'a>| {
            self.use_one(found.at.element);
            let language = found.at.element.attribute(XML, "lang").and_then(|code| Language::parse(code).ok());
            (self.text_of(found), language)
        };
        found.map(label).filter(|(text, _)| !text.is_empty()).collect()
    }

    /// Whether a text is the address of what an authority names; what the archive calls a thing that it tells of is none.
    fn is_named(&self, text: &str) -> bool {
        match &self.origin {
            Some(origin) => property::is_iri(text) && !origin.has(text),
            None => is_iri(text),
        }
    }

    pub(super) fn fill(&self, text: &Text, rule: &Rule, from: At<'a>) -> Option<String> {
        let filled = text.template.fill(|name| {
            let path = text.paths.get(name)?;
            let found = path.find(from).into_iter();
            let texts: Vec<String> = found.map(|one| self.text_of(one)).filter(|text| !text.is_empty()).collect();
            (!texts.is_empty()).then(|| Cow::Owned(texts.join(&rule.join)))
        })?;
        for path in text.template.columns().filter_map(|name| text.paths.get(name)) {
            for found in path.find(from).iter().filter(|found| found.attribute.is_none()) {
                self.use_all(found.at.element);
            }
        }
        Some(filled)
    }

    pub(super) fn authority(&self, path: &Path, from: At<'a>) -> Option<String> {
        path.find(from).into_iter().find_map(|found| {
            let text = self.text_of(found);
            let known = self.crosswalk.authorities.iter();
            let known = known.filter_map(|(start, iri)| Some(format!("{iri}{}", text.strip_prefix(start.as_str())?)));
            let iri = std::iter::once(text.clone()).chain(known).find(|text| self.is_named(text))?;
            self.use_one(found.at.element);
            Some(iri)
        })
    }

    pub(super) fn date(&self, start: &Path, end: &Path, from: At<'a>) -> Option<String> {
        let read = |path: &Path| {
            let found = path.first(from)?;
            self.use_one(found.at.element);
            Some(self.text_of(found)).filter(|text| !text.is_empty())
        };
        match (read(start), read(end)) {
            (Some(start), Some(end)) if self.origin.is_some() => {
                Some(if start == end { start } else { format!("{start}/{end}") })
            }
            (Some(one), None) | (None, Some(one)) if self.origin.is_some() => Some(one),
            (Some(start), Some(end)) if start == end => dates::of(&start),
            (Some(start), Some(end)) => dates::span(&start, &end),
            (Some(one), None) | (None, Some(one)) => dates::of(&one),
            (None, None) => None,
        }
    }

    pub(super) fn language_of(
        &mut self,
        rule: &Rule,
        property: &Property,
        at: At<'a>,
        from: At<'a>,
    ) -> Option<Language> {
        let said = rule.language.as_ref().and_then(|path| path.first(at).or_else(|| path.first(from)));
        let said = said.map(|found| self.text_of(found));
        if self.origin.is_some() {
            // A fonds says it with each text of which it knows it.
            let own = said.or_else(|| at.element.attribute(XML, "lang").map(str::to_owned));
            return own.and_then(|code| Language::parse(code.trim()).ok());
        }
        let own = said.or_else(|| at.element.attribute(XML, "lang").map(|code| code.trim().to_owned()));
        let is_word = WORDS.contains(&property.as_str());
        let code = own.or_else(|| if is_word { at.inherited.map(|code| code.trim().to_owned()) } else { None });
        let Some(code) = code.filter(|code| !code.is_empty()) else {
            return if is_word { self.language.clone() } else { None };
        };
        let language = fonds_workers::alto::language(&code);
        if language.is_none() {
            let why = format!("{:?} is not a language tag such as en or zh-Hant, and is left out", escape(&code));
            self.warnings.push(Problem::warning(self.at(at.element), why));
        }
        language
    }
}
