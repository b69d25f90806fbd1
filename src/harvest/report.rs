//! What a harvest came to. Rendering is pure; the verb prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fonds_schemas::event::BatchCounts;
use fonds_schemas::{BatchId, HarvestId};
use serde::Serialize;

use crate::ingest::limits::{PROBLEMS_KEPT, UNMAPPED_MAX};
use crate::ingest::problem::{Problem, Severity, escape};

/// What a harvest came to.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The base URL.
    pub source: String,
    /// What the repository calls itself.
    pub repository: String,
    /// The format.
    pub prefix: String,
    /// Why that one.
    pub why: String,
    /// The set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// The harvest.
    pub harvest: HarvestId,
    /// Whether this was a dry run: then the counts say what would happen.
    pub check: bool,
    /// Whether it went on with a list that had not ended.
    pub resumed: bool,
    /// The `from` of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The `until` of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The batch, if anything was new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Pages that came.
    pub pages: u64,
    /// Records that came, those that are gone included.
    pub records: u64,
    /// Records that the repository says the list has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What became of them.
    #[serde(flatten)]
    pub counts: BatchCounts,
    /// Records that are gone there.
    pub deleted: u64,
    /// Objects withdrawn because of that.
    pub withdrawn: u64,
    /// Requests that had to be made again.
    pub retries: u64,
    /// Times that the list was begun anew.
    pub restarts: u64,
    /// Warnings.
    pub warnings: u64,
    /// Things left aside on purpose.
    pub notes: u64,
    /// Whether the list was read to its end.
    pub ended: bool,
    /// Everything that the repository changed before this moment is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<String>,
    /// Elements that no crosswalk knows, and how many records have them.
    pub unmapped: BTreeMap<String, u64>,
    /// What was wrong: the first of it.
    #[serde(skip)]
    pub problems: Vec<Problem>,
    /// Problems that are only counted.
    pub problems_not_kept: u64,
}

impl Report {
    /// Takes note of a problem.
    pub fn note(&mut self, problem: Problem) {
        match problem.severity {
            Severity::Refused => self.counts.refused += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
        if self.problems.len() < PROBLEMS_KEPT {
            self.problems.push(problem);
        } else {
            self.problems_not_kept += 1;
        }
    }

    /// Counts what nobody maps.
    pub fn is_unmapped(&mut self, names: BTreeMap<String, u64>) {
        for (name, count) in names {
            if self.unmapped.len() < UNMAPPED_MAX || self.unmapped.contains_key(&name) {
                *self.unmapped.entry(name).or_insert(0) += count;
            } else {
                *self.unmapped.entry("(others)".to_owned()).or_insert(0) += count;
            }
        }
    }

    /// The exit code: 0 all of the list is here, 1 nothing could be taken in, 2 some of it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let counts = &self.counts;
        let came_through = counts.accessioned + counts.described + counts.unchanged + self.deleted;
        match (counts.refused == 0 && self.ended, came_through) {
            (true, _) => 0,
            (false, 0) => 1,
            (false, _) => 2,
        }
    }

    /// The report for people; the problems are lines of their own before it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let counts = &self.counts;
        let mut text = String::new();
        if self.problems_not_kept > 0 {
            let _ = writeln!(text, "… and {} more", self.problems_not_kept);
        }
        for (element, records) in &self.unmapped {
            let _ = writeln!(text, "note: {} is not mapped ({records} records say something in it)", escape(element));
        }
        let _ = writeln!(text, "{} ({}): {} records on {} pages", self.source, self.prefix, self.records, self.pages);
        let _ = writeln!(text, "  {}; {}", self.stretch(), self.why);
        let done = if self.check { "would be taken in" } else { "taken in" };
        let _ = writeln!(text, "  {:>9} objects {done}", counts.accessioned);
        let lines = [
            (counts.described, "objects described anew"),
            (counts.unchanged, "objects as they were"),
            (self.withdrawn, "objects withdrawn: their records are gone there"),
            (self.deleted - self.withdrawn.min(self.deleted), "records gone there, and not here or withdrawn before"),
            (counts.refused, "records refused"),
            (self.warnings, "warnings"),
            (self.retries, "requests made again"),
        ];
        for (count, what) in lines.iter().filter(|(count, _)| *count > 0) {
            let _ = writeln!(text, "  {count:>9} {what}");
        }
        let _ = writeln!(text, "  harvest {}", self.harvest);
        if let Some(batch) = self.batch {
            let _ = writeln!(text, "  batch {batch}");
        }
        match &self.complete {
            Some(complete) if self.ended => {
                let _ = writeln!(text, "  the next harvest asks for what changed from {complete} on");
            }
            Some(_) | None if !self.ended => {
                text.push_str("  the list was not read to its end; the next harvest goes on\n");
            }
            Some(_) | None => {}
        }
        if self.check {
            text.push_str("  nothing was written (--check)\n");
        }
        text
    }

    /// What was asked for.
    fn stretch(&self) -> String {
        let mut text = match (&self.from, &self.until) {
            (None, None) => "everything".to_owned(),
            (Some(from), None) => format!("what changed from {from} on"),
            (None, Some(until)) => format!("what changed until {until}"),
            (Some(from), Some(until)) => format!("what changed from {from} until {until}"),
        };
        if let Some(set) = &self.set {
            let _ = write!(text, " in the set {set}");
        }
        if self.resumed {
            text.push_str(", from where the last harvest ended");
        }
        text
    }
}
