//! What an ingest came to: counts, and what was wrong where. Rendering is pure; the verb prints.

use std::fmt::Write as _;

use fonds_schemas::BatchId;
use fonds_schemas::event::BatchCounts;
use serde::Serialize;

use super::limits::PROBLEMS_KEPT;
use super::problem::{Problem, Severity, escape};
use crate::derivatives::Made;

/// What an ingest came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// What was read.
    pub source: String,
    /// The profile that mapped it.
    pub profile: String,
    /// Whether this was a dry run: then the counts say what would happen.
    pub check: bool,
    /// The batch, if anything was new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Rows read.
    pub rows: u64,
    /// What came of them.
    #[serde(flatten)]
    pub counts: BatchCounts,
    /// Files that were there already.
    pub files_unchanged: u64,
    /// What came of the images, where this process made their tiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tiles: Option<Made>,
    /// Warnings.
    pub warnings: u64,
    /// Things left aside on purpose.
    pub notes: u64,
    /// Columns that the profile does not know, and how many rows had them.
    pub unmapped: Vec<(String, u64)>,
    /// How long it took.
    pub seconds: f64,
    /// What was wrong: the first of it, in the order of the input.
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

    /// The exit code: 0 all taken in, 1 nothing could be, 2 some was refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let counts = &self.counts;
        let came_through = counts.accessioned + counts.described + counts.unchanged + counts.files;
        match (counts.refused, came_through) {
            (0, _) => 0,
            (_, 0) => 1,
            (_, _) => 2,
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
        for (column, rows) in &self.unmapped {
            let _ = writeln!(text, "note: column {} is not mapped ({rows} rows say something in it)", escape(column));
        }
        let done = if self.check { "would be taken in" } else { "taken in" };
        let _ = writeln!(text, "{} with the profile {}: {} rows", escape(&self.source), self.profile, self.rows);
        let _ = writeln!(text, "  {:>9} objects {done}", counts.accessioned);
        let lines = [
            (counts.described, "objects described anew"),
            (counts.unchanged, "objects as they were"),
            (counts.files, "files stored"),
            (self.files_unchanged, "files already there"),
            (counts.refused, "rows or files refused"),
            (self.warnings, "warnings"),
        ];
        for (count, what) in lines.iter().filter(|(count, _)| *count > 0) {
            let _ = writeln!(text, "  {count:>9} {what}");
        }
        if let Some(Made { made, failed }) = self.tiles {
            let _ = writeln!(text, "  {made:>9} images cut into tiles");
            if failed > 0 {
                let _ = writeln!(text, "  {failed:>9} images that are kept but cannot be shown");
            }
        }
        if let Some(batch) = self.batch {
            let _ = writeln!(text, "  batch {batch}");
        }
        if self.check {
            text.push_str("  nothing was written (--check)\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::Place;
    use super::*;

    fn check(accessioned: u64, refused: u64, exit: u8) {
        let counts = BatchCounts { accessioned, refused, ..BatchCounts::default() };
        assert_eq!(Report { counts, ..Report::default() }.exit_code(), exit);
    }

    #[test]
    fn all_of_it_is_0() {
        check(3, 0, 0);
    }
    #[test]
    fn none_of_it_is_1() {
        check(0, 3, 1);
    }
    #[test]
    fn some_of_it_is_2() {
        check(3, 1, 2);
    }
    #[test]
    fn more_problems_than_anybody_reads_are_counted() {
        let mut report = Report::default();
        for _ in 0..=PROBLEMS_KEPT {
            report.note(Problem::warning(Place::file("a"), "x"));
        }
        assert_eq!((report.problems.len(), report.problems_not_kept, report.warnings), (1_000, 1, 1_001));
    }
}
