//! The records of an XML file, one after another: found by their element, wherever they stand, and mapped.
//!
//! Around them may stand a collection of the format or the answer of an OAI-PMH repository, saved to a file.

use std::collections::VecDeque;
use std::sync::Arc;

use fonds_schemas::{Access, FileRole, ObjectId, Property, Relation, RelationKind, SourceKey, Statement};

use super::answer::Answer;
use super::apply::Mapping;
use super::build::{self, Building, Built, Frame};
use super::crosswalk::{Crosswalk, Volume};
use super::harvested::Harvested;
use super::mets::{self, Named};
use super::parse::{Fault, Parser, Token};
use super::path::At;
use super::tree::{Element, Name, inline};
use super::words::is_iri;
use crate::ingest::limits::{IDENTIFIER_BYTES_MAX, RELATIONS_MAX, STATEMENTS_MAX};
use crate::ingest::plan::{Planned, PlannedFile};
use crate::ingest::problem::{Place, Problem, escape};
use crate::ingest::row::{Mapped, Read};

/// What is open around a record.
pub(super) enum Inside {
    /// Nothing that is kept.
    Nothing,
    /// A record of the crosswalk of that number.
    Record(usize, Building),
    /// A header, an error or a token of OAI-PMH.
    Protocol(Building),
}

/// The records of a file.
pub struct Records {
    parser: Parser,
    pub(super) crosswalks: Arc<[Crosswalk]>,
    file: Arc<str>,
    pub(super) namespace: String,
    pub(super) inside: Inside,
    pub(super) harvested: Option<Harvested>,
    /// Names of what is open outside of records.
    pub(super) around: Vec<Name>,
    pub(super) count: u64,
    pub(super) ready: VecDeque<Read>,
    /// What stands around the records, where a harvester asks for it; otherwise it is told as problems.
    pub(super) answer: Option<Answer>,
    ended: bool,
}

impl Records {
    /// The records of a file; `namespace` is whose numbering their identifiers are where they do not say.
    pub fn new(parser: Parser, crosswalks: Arc<[Crosswalk]>, file: Arc<str>, namespace: String) -> Self {
        Self {
            parser,
            crosswalks,
            file,
            namespace,
            inside: Inside::Nothing,
            harvested: None,
            around: Vec::new(),
            count: 0,
            ready: VecDeque::new(),
            answer: None,
            ended: false,
        }
    }

    /// The same, of which a harvester reads what stands around the records, too: it goes on where `answer` ends.
    #[must_use]
    pub fn harvesting(self, answer: Answer) -> Self {
        Self { count: answer.rows, answer: Some(answer), ..self }
    }

    /// What stood around the records.
    #[must_use]
    pub fn answer(self) -> Answer {
        Answer { rows: self.count, ..self.answer.unwrap_or_default() }
    }

    /// What the record of OAI-PMH that is open is called.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        self.harvested.as_ref()?.header.as_deref()
    }

    /// Where in the text, in bytes of UTF-8, the last piece of it began.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.parser.begun()
    }

    pub(super) fn place(&self, line: u64) -> Place {
        Place { line: Some(line), ..Place::file(&self.file) }
    }

    /// Reads on. Says whether there is more.
    fn step(&mut self) -> Result<bool, Fault> {
        let token = self.parser.next()?;
        let fault = self.parser.fault();
        for note in self.parser.notes() {
            self.ready.push_back(Read::Problem(Problem::note(self.place(note.line), note.why)));
        }
        if let Some(fault) = fault {
            let begins = self.begins(token.as_ref());
            match &mut self.inside {
                // A fault in the first tag of a record comes before the record is open.
                // Nothing that is kept stands there.
                Inside::Nothing if !begins => {
                    self.ready.push_back(Read::Problem(Problem::warning(self.place(fault.line), fault.why)));
                    self.token(token);
                    return Ok(true);
                }
                Inside::Nothing => {
                    self.token(token);
                    if let Inside::Record(_, building) | Inside::Protocol(building) = &mut self.inside {
                        building.wrong(fault);
                    }
                    return Ok(true);
                }
                Inside::Record(_, building) | Inside::Protocol(building) => building.wrong(fault),
            }
        }
        let more = token.is_some();
        self.token(token);
        Ok(more)
    }

    fn begins(&self, token: Option<&Token>) -> bool {
        matches!(token, Some(Token::Start { name, .. }) if self.crosswalk_of(name).is_some())
    }

    pub(super) fn crosswalk_of(&self, name: &Name) -> Option<usize> {
        let is = |crosswalk: &Crosswalk| crosswalk.records.iter().any(|test| test.is(&name.namespace, &name.local));
        self.crosswalks.iter().position(is)
    }

    fn token(&mut self, token: Option<Token>) {
        let Some(token) = token else { return };
        match std::mem::replace(&mut self.inside, Inside::Nothing) {
            Inside::Nothing => self.outside(token),
            Inside::Protocol(mut building) => match building.take(token, false, false) {
                Built::Whole(element, _) => self.protocol(&element),
                Built::Going | Built::Part(..) => self.inside = Inside::Protocol(building),
            },
            Inside::Record(number, mut building) => {
                let crosswalks = Arc::clone(&self.crosswalks);
                let Some(crosswalk) = crosswalks.get(number) else { return };
                let (is_part, hides) = match &token {
                    Token::Start { name, attributes, .. } => {
                        let is_part = crosswalk.parts.iter().any(|test| test.is(&name.namespace, &name.local));
                        (is_part, crosswalk.hides(attributes))
                    }
                    Token::End | Token::Text(_) => (false, false),
                };
                match building.take(token, is_part, hides) {
                    Built::Going => self.inside = Inside::Record(number, building),
                    Built::Part(element, frame) => {
                        self.part(crosswalk, &mut building, &element, frame);
                        self.inside = Inside::Record(number, building);
                    }
                    Built::Whole(element, frame) => self.whole(crosswalk, &element, frame),
                }
            }
        }
    }

    /// A whole record has ended.
    fn whole(&mut self, crosswalk: &Crosswalk, element: &Element, mut frame: Frame) {
        let header = self.harvested.as_ref().and_then(|harvested| harvested.header.clone());
        if self.harvested.as_ref().is_some_and(|harvested| harvested.is_deleted) {
            return;
        }
        self.count += 1;
        let place = Place::row(&self.file, self.count, element.line);
        if let Some(fault) = frame.fault.take() {
            let place = Place { line: Some(fault.line), ..place };
            self.ready.push_back(Read::Problem(Problem::refused(place, fault.why)));
            return;
        }
        if let Some(volume) = &crosswalk.volume {
            let read = self.volume(crosswalk, volume, element, header.as_deref(), &place);
            self.ready.push_back(read);
            return;
        }
        let mapping = Mapping::new(crosswalk, element, header.as_deref(), &place);
        let known = frame.identity.take();
        let access = access(&frame);
        let read = self.mapped(crosswalk, mapping, place, access, known, None);
        self.ready.push_back(read);
    }

    /// A volume: what another format says of it, and its files.
    fn volume(
        &self,
        crosswalk: &Crosswalk,
        volume: &Volume,
        element: &Element,
        header: Option<&str>,
        place: &Place,
    ) -> Read {
        let Some(described) = mets::described(element) else {
            return Read::Problem(Problem::refused(place.clone(), "it has no description (mets:dmdSec)"));
        };
        let Some(inner) = self.crosswalk_of(&described.name).and_then(|number| self.crosswalks.get(number)) else {
            let name = escape(&described.name.local);
            let why = format!("it is described by {name:?}, a format that is not read");
            return Read::Problem(Problem::refused(Place { line: Some(described.line), ..place.clone() }, why));
        };
        let mut described = described.clone();
        build::number(&mut described, &mut 0);
        let mapping = Mapping::new(inner, &described, header, place);
        let own = Mapping::new(crosswalk, element, header, place).source(&crosswalk.identifier);
        let identity = mapping.source(&inner.identifier).or(own);
        let read = self.mapped(inner, mapping, place.clone(), Access::Public, identity, None);
        let Read::Object(mut mapped) = read else { return read };
        let (files, others) = mets::files(element, volume);
        mapped.unmapped.extend(others);
        add_files(&files, &mut mapped);
        Read::Object(mapped)
    }

    /// A part has ended, whose record and outer parts are still open.
    fn part(&mut self, crosswalk: &Crosswalk, building: &mut Building, element: &Element, mut frame: Frame) {
        self.count += 1;
        let place = Place::row(&self.file, self.count, element.line);
        let header = self.harvested.as_ref().and_then(|harvested| harvested.header.clone());
        let above = building.frames().len().saturating_sub(1);
        let parent = identity(crosswalk, building, above, header.as_deref());
        let own = match frame.identity.take() {
            Some(identity) => Some(identity),
            None => called(crosswalk, building, above, element, parent.as_deref()),
        };
        if let Some(fault) = frame.fault.take() {
            let place = Place { line: Some(fault.line), ..place };
            self.ready.push_back(Read::Problem(Problem::refused(place, fault.why)));
            return;
        }
        let (Some(parent), Some(own)) = (parent, own) else {
            let why = "the record that it is part of has no identifier";
            self.ready.push_back(Read::Problem(Problem::refused(place, why)));
            return;
        };
        let namespace = self.numbering_of_whole(crosswalk, building, header.as_deref());
        let mapping = Mapping::new(crosswalk, element, None, &place);
        let read = self.mapped(crosswalk, mapping, place, access(&frame), Some(own), Some((namespace, parent)));
        self.ready.push_back(read);
    }

    fn mapped(
        &self,
        crosswalk: &Crosswalk,
        mut mapping: Mapping<'_>,
        place: Place,
        access: Access,
        identity: Option<String>,
        parent: Option<(String, String)>,
    ) -> Read {
        if let Some(why) = mapping.left_aside() {
            return Read::Problem(Problem::note(place, why));
        }
        if let Some(problem) = mapping.not_one().filter(|_| parent.is_none()) {
            return Read::Problem(problem);
        }
        // A harvester knows a record by what its repository calls it: whoever deletes it there calls it so, too.
        let ours = mapping.origin.as_ref().filter(|_| self.answer.is_none()).map(|origin| origin.address.clone());
        let said = || mapping.source(&crosswalk.identifier);
        let identifier = ours.filter(|_| parent.is_none()).or(identity).or_else(said);
        let Some(identifier) = identifier else {
            return Read::Problem(Problem::refused(place, "it has no identifier"));
        };
        let namespace = match &parent {
            Some((namespace, _)) => namespace.clone(),
            None => self.numbering(crosswalk, &mapping, &identifier),
        };
        for (what, text) in [("namespace", &namespace), ("identifier", &identifier)] {
            if text.len() > IDENTIFIER_BYTES_MAX || text.contains('\0') {
                let why = format!(
                    "its {what} {:?} has {} bytes or a NUL character; at most {IDENTIFIER_BYTES_MAX} are taken",
                    escape(text),
                    text.len()
                );
                return Read::Problem(Problem::refused(place, why));
            }
        }
        if let Err(problem) = mapping.all() {
            return Read::Problem(problem);
        }
        mapping.call_itself();
        let mut relations = Vec::new();
        let source = SourceKey { identifier, namespace };
        let part_of = parent.map(|(namespace, parent)| (RelationKind::PartOf, namespace, parent));
        let named = mapping.relations().into_iter().map(|(kind, other)| {
            let namespace = self.numbering(crosswalk, &mapping, &other);
            (kind, namespace, other)
        });
        for (kind, namespace, other) in part_of.into_iter().chain(named).take(RELATIONS_MAX) {
            let relation = Relation { kind, target: ObjectId::derived(&namespace, &other) };
            if relation.target != source.object_id() && !relations.contains(&relation) {
                relations.push(relation);
            }
        }
        let planned = Planned {
            place,
            id: source.object_id(),
            source,
            level: mapping.level(),
            access,
            statements: std::mem::take(&mut mapping.said),
            relations,
            files: Vec::new(),
        };
        let warnings = std::mem::take(&mut mapping.warnings);
        Read::Object(Box::new(Mapped { planned, warnings, unmapped: mapping.unmapped() }))
    }
}

/// What an open record or part is called; found once.
pub(super) fn identity(
    crosswalk: &Crosswalk,
    building: &mut Building,
    frame: usize,
    header: Option<&str>,
) -> Option<String> {
    if let Some(known) = building.frames().get(frame).and_then(|frame| frame.identity.clone()) {
        return Some(known);
    }
    let element = building.so_far(frame)?;
    let identity = if frame == 0 {
        Mapping::new(crosswalk, &element, header, &Place::file("")).source(&crosswalk.identifier)
    } else {
        let parent = identity(crosswalk, building, frame - 1, header);
        called(crosswalk, building, frame - 1, &element, parent.as_deref())
    };
    if let Some(open) = building.frames().get_mut(frame) {
        open.identity.clone_from(&identity);
    }
    identity
}

/// Adds files that lie beside the volume, and the addresses of images that lie elsewhere.
fn add_files(files: &[Named<'_>], mapped: &mut Mapped) {
    let Ok(property) = Property::parse("image_url") else { return };
    for file in files {
        let place = Place { line: Some(file.line), ..mapped.planned.place.clone() };
        let said = &mut mapped.planned.statements;
        if !file.location.contains("://") {
            let path = file.location.to_owned();
            let text_of = file.text_of.map(str::to_owned);
            mapped.planned.files.push(PlannedFile { place, path, role: file.role, text_of });
        } else if file.role == FileRole::Master && said.len() < STATEMENTS_MAX {
            let statement = Statement::new(property.clone(), file.location);
            if is_iri(file.location) && !said.contains(&statement) {
                said.push(statement);
            }
        } else if file.role == FileRole::Master {
            let why = format!("it has more addresses of images than fit beside {STATEMENTS_MAX} things that are said");
            mapped.warnings.push(Problem::warning(place, why));
            return;
        } else {
            mapped.unmapped.push("mets:file (a text that lies elsewhere)".to_owned());
        }
    }
    mapped.unmapped.sort_unstable();
    mapped.unmapped.dedup();
}

fn access(frame: &Frame) -> Access {
    if frame.is_hidden { Access::Restricted } else { Access::Public }
}

/// What a part is called: by its id in the record, else by what the part above it calls it, else by its place there.
fn called(
    crosswalk: &Crosswalk,
    building: &mut Building,
    above: usize,
    element: &Element,
    parent: Option<&str>,
) -> Option<String> {
    let parent = parent?;
    let said = crosswalk.part_identifier.iter().find_map(|path| {
        let found = path.first(At::root(element))?;
        let text = found.attribute.map_or_else(|| found.at.element.text(&inline), |value| value.trim().to_owned());
        (!text.is_empty()).then_some((text, found.attribute.is_some()))
    });
    let frames = building.frames();
    let number = frames.get_mut(above).map(|frame| {
        frame.parts += 1;
        frame.parts
    })?;
    let whole = frames.first().and_then(|frame| frame.identity.clone())?;
    let (scope, below, name) = match said {
        // The id of an element is its own in the whole document, wherever the part is moved.
        Some((id, true)) => (0, whole.as_str(), id),
        Some((said, false)) => (above, parent, said),
        None => (above, parent, format!("#{number}")),
    };
    let times = frames.get_mut(scope)?.named.entry(name.clone()).or_insert(0);
    *times += 1;
    let again = if *times > 1 { format!(" ({times})") } else { String::new() };
    Some(format!("{below}/{name}{again}"))
}

impl Iterator for Records {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        loop {
            if let Some(read) = self.ready.pop_front() {
                return Some(read);
            }
            if self.ended {
                return None;
            }
            match self.step() {
                Ok(true) => {}
                Ok(false) => self.ended = true,
                Err(fault) => {
                    self.ended = true;
                    self.ready.push_back(Read::Broken(Problem::refused(self.place(fault.line), fault.why)));
                }
            }
        }
    }
}
