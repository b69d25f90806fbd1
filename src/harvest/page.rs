//! A page of a list, read: the records that it brings, those that it says are gone, and what is wrong with it.
//!
//! What cannot be read costs the record that it stands in. Behind a fault from which the parser cannot go on, reading begins
//! anew at the next record.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read as _};
use std::sync::Arc;

use bytes::Bytes;
use fonds_schemas::{ObjectId, Property, Statement};

use super::limits::{PAGE_RECORDS_MAX, RESUMES_MAX};
use crate::ingest::limits::{IDENTIFIER_BYTES_MAX, STATEMENTS_MAX};
use crate::ingest::plan::Planned;
use crate::ingest::problem::{Place, Problem, chain, escape};
use crate::ingest::row::Read;
use crate::ingest::xml::answer::{Answer, Header, is_moment};
use crate::ingest::xml::crosswalk::Crosswalk;
use crate::ingest::xml::parse::Parser;
use crate::ingest::xml::records::Records;
use crate::ingest::xml::source::Source;

/// How a page is read.
#[derive(Clone)]
pub struct Reading {
    /// The formats that are known.
    pub crosswalks: Arc<[Crosswalk]>,
    /// What the page is called in reports.
    pub name: Arc<str>,
    /// Whose numbering its identifiers are.
    pub namespace: String,
    /// Records that came before.
    pub rows: u64,
}

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// What stands around its records.
    pub answer: Answer,
    /// The objects that it tells of, each once, with what their record is called.
    pub objects: Vec<(Planned, String)>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What nobody maps, and how many records have it.
    pub unmapped: BTreeMap<String, u64>,
    /// Whether a part of it could not be read.
    pub is_broken: bool,
    /// Whether that is so for its end, where it would say how the list goes on.
    pub is_cut: bool,
}

impl Page {
    /// The headers of records that can be named here.
    pub fn headers(&self) -> impl Iterator<Item = &Header> {
        self.answer.records.iter().filter(|header| is_name(&header.identifier) && is_moment(&header.datestamp))
    }
}

fn is_name(identifier: &str) -> bool {
    !identifier.is_empty() && identifier.len() <= IDENTIFIER_BYTES_MAX && !identifier.contains('\0')
}

/// Reads a page.
#[must_use]
pub fn read(body: Vec<u8>, reading: &Reading) -> Page {
    let body = Bytes::from(body);
    let mut page = Page { answer: Answer { rows: reading.rows, ..Answer::default() }, ..Page::default() };
    let mut source = open(body.clone(), Bytes::new(), 1);
    let mut cut = None;
    for _ in 0..=RESUMES_MAX {
        let opened = match source {
            Ok(opened) => opened,
            Err(why) => {
                page.problems.push(Problem::refused(Place::file(&reading.name), why));
                (page.is_broken, page.is_cut) = (true, true);
                break;
            }
        };
        page.is_cut = false;
        let Some(broke_at) = stretch(&mut page, opened, reading) else { break };
        (page.is_broken, page.is_cut) = (true, true);
        // What begins before the protocol does is no fault of a record: a document type with entities, say.
        let cut = cut.get_or_insert_with(|| Cut::of(&body));
        let Some(next) = cut.as_mut().and_then(|cut| cut.next(broke_at)) else { break };
        source = open(next.head, next.rest, next.line);
    }
    page.keep_last();
    if page.answer.records.len() > PAGE_RECORDS_MAX {
        let why = format!("it has more than {PAGE_RECORDS_MAX} records; what follows is not taken in");
        page.problems.push(Problem::refused(Place::file(&reading.name), why));
        page.answer.records.truncate(PAGE_RECORDS_MAX);
    }
    page
}

fn open(head: Bytes, rest: Bytes, line: u64) -> Result<Source, String> {
    let text: Box<dyn std::io::Read + Send> = Box::new(Cursor::new(head).chain(Cursor::new(rest)));
    let opened = Source::of(text).map_err(|error| format!("it cannot be read: {}", chain(&error)))??;
    Ok(opened.0.counted_from(line))
}

/// Reads until the end, or until where nothing more can be read: that place is returned.
fn stretch(page: &mut Page, source: Source, reading: &Reading) -> Option<u64> {
    let before = std::mem::take(&mut page.answer);
    let Reading { crosswalks, name, namespace, .. } = reading;
    let records = Records::new(Parser::new(source), Arc::clone(crosswalks), Arc::clone(name), namespace.clone());
    let mut records = records.harvesting(before);
    let mut broke_at = None;
    while let Some(read) = records.next() {
        let header = records.header().map(str::to_owned);
        match read {
            Read::Object(mapped) => {
                let mapped = *mapped;
                page.problems.extend(mapped.warnings.into_iter().map(|problem| named(problem, header.as_deref())));
                for name in mapped.unmapped {
                    *page.unmapped.entry(name).or_insert(0) += 1;
                }
                let mut planned = mapped.planned;
                let header = header.unwrap_or_default();
                // A path beside the record is one of their machine: here it would lead anywhere.
                if !std::mem::take(&mut planned.files).is_empty() {
                    let why = "it names files that lie beside it there; they are not fetched";
                    page.problems.push(named(Problem::note(planned.place.clone(), why), Some(&header)));
                }
                keep_name(&mut planned, &header);
                page.objects.push((planned, header));
            }
            Read::Problem(problem) => page.problems.push(named(problem, header.as_deref())),
            Read::Broken(problem) => {
                page.problems.push(named(problem, header.as_deref()));
                broke_at = Some(records.begun());
            }
            // Only tables have rows.
            Read::Row(_) => {}
        }
    }
    page.answer = records.answer();
    broke_at
}

/// The same problem, with what its record is called.
fn named(problem: Problem, header: Option<&str>) -> Problem {
    match header {
        Some(header) => Problem { why: format!("{}: {}", escape(header), problem.why), ..problem },
        None => problem,
    }
}

/// What a record is called there is an identifier of its object, beside ours.
fn keep_name(planned: &mut Planned, header: &str) {
    let Ok(property) = Property::parse("identifier") else { return };
    let said = |statement: &Statement| statement.property == property && statement.text == header;
    let is_known = planned.source.identifier != header || planned.statements.iter().any(said);
    let statement = Statement::new(property.clone(), header);
    if !is_known && planned.statements.len() < STATEMENTS_MAX && statement.check().is_ok() {
        planned.statements.push(statement);
    }
}

impl Page {
    /// A record may come twice, alive or gone: the last word counts.
    fn keep_last(&mut self) {
        let mut last: HashMap<String, usize> = HashMap::new();
        for (place, header) in self.answer.records.iter().enumerate() {
            last.insert(header.identifier.clone(), place);
        }
        let mut place = 0;
        self.answer.records.retain(|header| {
            place += 1;
            last.get(&header.identifier) == Some(&(place - 1))
        });
        let gone = self.answer.records.iter().filter(|header| header.deleted);
        let gone: std::collections::HashSet<&str> = gone.map(|header| header.identifier.as_str()).collect();
        let mut last: HashMap<ObjectId, usize> = HashMap::new();
        for (place, (planned, _)) in self.objects.iter().enumerate() {
            last.insert(planned.id, place);
        }
        let mut place = 0;
        self.objects.retain(|(planned, header)| {
            place += 1;
            last.get(&planned.id) == Some(&(place - 1)) && !gone.contains(header.as_str())
        });
    }
}

/// A page that is read in pieces.
struct Cut {
    body: Bytes,
    /// What stands around the records, written anew.
    head: Bytes,
    /// The prefix of the protocol's elements, with its colon.
    prefix: String,
    /// Where the last piece begins in the page, and how many bytes of the reading were the head.
    begins: usize,
    head_bytes: usize,
}

/// A piece.
struct Piece {
    head: Bytes,
    rest: Bytes,
    line: u64,
}

impl Cut {
    /// Finds the protocol in a page, which is UTF-8 as OAI-PMH asks; in no other encoding.
    fn of(body: &Bytes) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let name = text.find("OAI-PMH")?;
        let begins = text.get(..name)?.rfind('<')?;
        let prefix = text.get(begins + 1..name)?.to_owned();
        let plain = prefix.is_empty() || (prefix.ends_with(':') && !prefix.contains(char::is_whitespace));
        let tag = text.get(begins..)?;
        let tag = tag.get(..=tag.find('>')?)?;
        let head = Bytes::from(format!("{tag}<{prefix}ListRecords>"));
        // What broke was read from the first byte on.
        plain.then(|| Self { body: body.clone(), head, prefix, begins: 0, head_bytes: 0 })
    }

    /// The next record, or the end of the list, behind the place in the last reading where it broke.
    fn next(&mut self, broke_at: u64) -> Option<Piece> {
        let broke_at = usize::try_from(broke_at).ok()?.checked_sub(self.head_bytes)? + self.begins;
        let text = std::str::from_utf8(&self.body).ok()?;
        // A mark of byte order is no part of what is read.
        let mark = if text.starts_with('\u{feff}') && self.head_bytes == 0 { '\u{feff}'.len_utf8() } else { 0 };
        if broke_at + mark <= text.find(&format!("<{}OAI-PMH", self.prefix))? {
            return None;
        }
        let after = text.ceil_char_boundary(broke_at + mark + 1);
        let next = self.beginning(text, after)?;
        self.begins = next;
        self.head_bytes = self.head.len();
        let lines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count() as u64;
        let head_lines = std::str::from_utf8(&self.head).map_or(0, lines);
        let line = (1 + lines(text.get(..next)?)).saturating_sub(head_lines);
        Some(Piece { head: self.head.clone(), rest: self.body.slice(next..), line })
    }

    fn beginning(&self, text: &str, after: usize) -> Option<usize> {
        let tail = text.get(after..)?;
        let (record, token) = (format!("<{}record", self.prefix), format!("<{}resumptionToken", self.prefix));
        // Formats have elements of that name, too; the one of the protocol begins with a header.
        let header = format!("<{}header", self.prefix);
        let of_protocol = |place: &usize| {
            let behind = tail.get(place + record.len()..).and_then(|rest| rest.split_once('>'));
            behind.is_some_and(|(_, rest)| rest.trim_start().starts_with(&header))
        };
        let record = tail.match_indices(&record).map(|(place, _)| place).find(of_protocol);
        [record, tail.find(&token)].into_iter().flatten().min().map(|place| after + place)
    }
}
