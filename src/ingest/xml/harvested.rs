//! Answers of OAI-PMH, saved to a file: what stands around the records.

use super::answer::{self, Header};
use super::build::Building;
use super::parse::Token;
use super::records::{Inside, Records};
use super::tree::{Element, Name, inline};
use crate::ingest::problem::{Place, Problem, escape};
use crate::ingest::row::Read;

/// The namespace of OAI-PMH.
pub const OAI: &str = "http://www.openarchives.org/OAI/2.0/";

/// Whether it is a name of OAI-PMH. Records that were cut out of an answer have often lost its namespace.
pub fn is_oai(name: &Name, local: &str) -> bool {
    name.is(OAI, local) || name.is("", local)
}

/// A record of OAI-PMH that is open.
#[derive(Default)]
pub(super) struct Harvested {
    /// How many elements were open around it.
    pub(super) depth: usize,
    pub(super) line: u64,
    pub(super) header: Option<String>,
    pub(super) datestamp: String,
    /// Where the repository had it from.
    pub(super) earlier: Vec<fonds_schemas::Origin>,
    pub(super) is_deleted: bool,
    /// What stands in its `metadata`.
    pub(super) payload: Option<String>,
    pub(super) is_known: bool,
}

impl Records {
    /// Takes what stands around records.
    pub(super) fn outside(&mut self, token: Token) {
        let (name, attributes, line) = match token {
            Token::Start { name, attributes, line } => (name, attributes, line),
            Token::End => return self.ends(),
            Token::Text(_) => return,
        };
        if let Some(harvested) = &mut self.harvested
            && self.around.last().is_some_and(|above| is_oai(above, "metadata"))
            && harvested.payload.is_none()
        {
            harvested.payload = Some(name.local.to_string());
        }
        let kept = self.is_kept(&name);
        // What is said about a record, a set or a repository is no record.
        let about = ["about", "setDescription", "description"];
        let about = self.around.iter().any(|above| about.iter().any(|local| is_oai(above, local)));
        if let Some(number) = self.crosswalk_of(&name).filter(|_| !about) {
            if let Some(harvested) = &mut self.harvested {
                harvested.is_known = true;
            }
            let mut building = Building::default();
            let hides = self.crosswalks.get(number).is_some_and(|crosswalk| crosswalk.hides(&attributes));
            building.take(Token::Start { name, attributes, line }, true, hides);
            self.inside = Inside::Record(number, building);
        } else if kept {
            let mut building = Building::default();
            building.take(Token::Start { name, attributes, line }, true, false);
            self.inside = Inside::Protocol(building);
        } else {
            if is_oai(&name, "record") && !self.is_foreign() {
                self.harvested = Some(Harvested { depth: self.around.len(), line, ..Harvested::default() });
            }
            self.around.push(name);
        }
    }

    /// Whether it is an element that says something of the list or of a record.
    fn is_kept(&self, name: &Name) -> bool {
        let mut kept = ["header", "error", "resumptionToken"].as_slice();
        if self.answer.is_some() {
            kept = &["header", "error", "resumptionToken", "responseDate", "about"];
        }
        kept.iter().any(|local| is_oai(name, local)) && !self.is_foreign()
    }

    /// Whether what comes is metadata of a record that is harvested: whatever it is called, it is not the protocol's.
    fn is_foreign(&self) -> bool {
        self.answer.is_some() && self.around.iter().any(|above| is_oai(above, "metadata"))
    }

    pub(super) fn ends(&mut self) {
        self.around.pop();
        let Some(harvested) = self.harvested.take_if(|harvested| harvested.depth == self.around.len()) else { return };
        if let Some(answer) = &mut self.answer {
            let Harvested { header, datestamp, earlier, is_deleted, line, .. } = &harvested;
            let (identifier, datestamp) = (header.clone().unwrap_or_default(), datestamp.clone());
            let (earlier, deleted) = (earlier.clone(), *is_deleted);
            answer.records.push(Header { identifier, datestamp, deleted, earlier, line: *line });
            if *is_deleted {
                self.count += 1;
                return;
            }
        }
        let place = Place { row: Some(self.count + 1), ..self.place(harvested.line) };
        let name = escape(harvested.header.as_deref().unwrap_or_default());
        if harvested.is_deleted {
            self.count += 1;
            let why =
                format!("its repository says that {name:?} is deleted: it is skipped, and nothing here is withdrawn");
            self.ready.push_back(Read::Problem(Problem::note(place, why)));
        } else if !harvested.is_known {
            self.count += 1;
            let why = match harvested.payload {
                Some(payload) => format!("its metadata is {:?}, a format that is not read", escape(&payload)),
                None => "it has no metadata".to_owned(),
            };
            self.ready.push_back(Read::Problem(Problem::refused(place, why)));
        }
    }

    pub(super) fn protocol(&mut self, element: &Element) {
        let text = element.text(&inline);
        if let Some(answer) = &mut self.answer {
            match &*element.name.local {
                "responseDate" => answer.response_date = text,
                "error" => answer.errors.push(answer::error(element)),
                "resumptionToken" => answer.resumption = Some(answer::resumption(element)),
                "about" => {
                    if let Some(harvested) = &mut self.harvested {
                        harvested.earlier = answer::provenance(element);
                    }
                }
                _ => self.header_ends(element),
            }
            return;
        }
        match &*element.name.local {
            "header" => self.header_ends(element),
            "error" => {
                let code = element.attribute("", "code").unwrap_or_default();
                let why = format!("the repository answered with the error {:?}: {:?}", escape(code), escape(&text));
                self.ready.push_back(Read::Problem(Problem::refused(self.place(element.line), why)));
            }
            _ if !text.is_empty() => {
                let why = "the list of the repository goes on: this file is not all of it";
                self.ready.push_back(Read::Problem(Problem::warning(self.place(element.line), why)));
            }
            _ => {}
        }
    }

    fn header_ends(&mut self, element: &Element) {
        let child = |local: &str| element.children().find(|child| is_oai(&child.name, local));
        let said = |local: &str| child(local).map(|found| found.text(&inline));
        if let Some(harvested) = &mut self.harvested {
            harvested.header = said("identifier");
            harvested.datestamp = said("datestamp").unwrap_or_default();
            harvested.is_deleted = element.attribute("", "status") == Some("deleted");
        }
    }
}
