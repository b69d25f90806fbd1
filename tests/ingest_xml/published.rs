//! Records that institutions published, and those made to be wrong: how many objects each folder gives, and that a
//! record is refused for what it is, not for how it is written.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::{Came, read, told};
use crate::support::real;

/// Every file of a folder of real data that is no list, in the order of their names.
fn files(folder: &str) -> Vec<PathBuf> {
    let Some(folder) = real(folder) else { return Vec::new() };
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending != "jsonl")).collect();
    files.sort();
    files
}

/// What the files of a folder give: files that were read as the format, objects, and problems that are refusals.
fn check(folder: &str, format: &str, wanted: (usize, usize, usize)) {
    let files = files(folder);
    if files.is_empty() {
        return;
    }
    let came: Vec<Came> = files.iter().map(|path| read(path)).filter(|came| came.profile == format).collect();
    let objects = came.iter().map(|came| came.objects.len()).sum();
    let refused: Vec<String> =
        came.iter().flat_map(|came| &came.problems).filter(|one| one.starts_with("refused")).cloned().collect();
    assert_eq!((came.len(), objects, refused.len()), wanted, "{folder}: {refused:#?}");
    for problem in &refused {
        assert!(problem.contains("(line "), "a refusal has its line: {problem}");
    }
}

#[test]
fn edm_of_europeana_comes_in() {
    check("xml/edm", "edm", (87, 87, 0));
}
#[test]
fn lido_comes_in_and_misspelt_lido_is_refused() {
    check("xml/lido", "lido", (56, 39, 19));
    check("xml/lido-oai", "lido", (1, 20, 0));
}
#[test]
fn mods_comes_in() {
    check("xml/mods", "mods", (13, 22, 0));
}
#[test]
fn marcxml_comes_in_without_authorities() {
    check("xml/marcxml", "marcxml", (51, 45, 1));
}
#[test]
fn finding_aids_come_in_with_every_component() {
    check("xml/ead2002", "ead", (20, 2883, 0));
    check("xml/ead3", "ead", (35, 18880, 1));
}
#[test]
fn authorities_are_told_of_and_are_no_objects() {
    check("xml/eac-cpf", "eac", (76, 0, 0));
}
#[test]
fn volumes_come_in_with_their_pages() {
    check("xml/mets", "mets", (21, 20, 1));
}
#[test]
fn problem_patterns_are_for_people_and_no_reason_to_refuse() {
    check("fixtures/europeana-metis-problem-patterns/metis-pattern-analysis/src/test/resources", "edm", (9, 9, 0));
}
#[test]
fn pages_of_hubs_come_in() {
    check("fixtures/dpla-oai-pages/src/test/resources", "mods", (14, 22, 1));
    check("fixtures/dpla-oai-pages/src/test/resources", "dc", (7, 6, 0));
    check("fixtures/archivesspace-oai/backend/spec/fixtures/oai/responses", "ead", (2, 4, 0));
}

/// A published record, as a person reads it.
fn check_told(path: &str, lines: &[&str]) {
    let Some(path) = real(path) else { return };
    let told = told(&read(&path));
    for line in lines {
        assert!(told.lines().any(|found| found == *line), "{line:?} is missing:\n{told}");
    }
}

#[test]
fn the_national_librarys_hymnal_says_what_it_is() {
    check_told(
        "xml/edm/metis-sandbox__record_valid-record.xml",
        &[
            "National and University Library of Slovenia | URN:NBN:SI:doc-35SZSOCF | item | public",
            "  creator: Stanič, Valentin",
            "  date_issued: 1826 [1826]",
            "  subject@sl: cerkvene pesmarice",
            "  rights: http://creativecommons.org/publicdomain/mark/1.0/",
            "  landing_page: http://www.dlib.si/details/URN:NBN:SI:doc-35SZSOCF",
        ],
    );
}
#[test]
fn emergency_money_says_who_printed_it_when() {
    check_told(
        "xml/lido/kenom_000.xml",
        &[
            "kenom | record_DE-68_kenom_123644 | item | public",
            "  title@de: Geldschein / Notgeld, 50 Pfennig, 7.1921",
            "  object_type@de: Geldschein / Notgeld <http://d-nb.info/gnd/4004469-5>",
            "  date_created: 7.1921 [1921-07-01/1921-07-31]",
            "  creator: Druckerei W. Clausen <Büsum> <http://uri.gbv.de/terminology/kenom_actor/3f26ad4d-3368-4edd-8fc0-8b82a109b52c>",
            "  rights: http://creativecommons.org/licenses/by-nc/4.0/",
        ],
    );
}
#[test]
fn a_book_of_the_library_of_congress_has_no_punctuation_at_its_ends() {
    check_told(
        "xml/marcxml/loc_general_0.xml",
        &[
            "DLC | 1655866 | item | public",
            "  title: Don Isaac Abravanel, statesman & philosopher",
            "  publisher: Cornell University Press",
            "  date_issued: 1998 [1998]",
            "  subject: Rabbis -- Biography",
        ],
    );
}
#[test]
fn papers_of_an_engineer_say_whose_they_are() {
    check_told(
        "xml/ead3/UMN_mss060.xml",
        &[
            "MnU | mss060 | fonds | public",
            "  title@en: Francis C. Shenehon papers",
            "  date_created: 1820–1972 [1820/1972]",
            "  creator: Shenehon, Francis Clinton, 1861-",
        ],
    );
}

/// Bytes of memory that this process had at most.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
#[ignore = "a long run: 100,000 records of 50 MB, alone in its process"]
fn a_hundred_thousand_records_take_no_more_memory_than_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.xml");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    file.write_all(b"<modsCollection xmlns=\"http://www.loc.gov/mods/v3\">").unwrap();
    let note = "x".repeat(400);
    for number in 0..100_000 {
        let title = format!("<titleInfo><title>Record {number}</title></titleInfo>");
        writeln!(file, "<mods>{title}<note>{note}</note><identifier>{number}</identifier></mods>").unwrap();
    }
    file.write_all(b"</modsCollection>").unwrap();
    file.into_inner().unwrap();
    let bytes = path.metadata().unwrap().len();
    assert!(bytes > 50_000_000, "{bytes}");
    let before = peak();
    let began = std::time::Instant::now();
    let reader = fonds::ingest::reader::Reader::open(&path, None, None).unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let reading = std::thread::spawn(move || reader.read(&sender));
    let (mut objects, mut problems) = (0, 0);
    while let Some(chunk) = receiver.blocking_recv() {
        objects += chunk.objects.len();
        problems += chunk.problems.len();
    }
    reading.join().unwrap();
    assert_eq!((objects, problems), (100_000, 0));
    let more = peak() - before;
    eprintln!("100,000 records, {bytes} bytes: {more} bytes more of memory, {:?}", began.elapsed());
    // The ids of all records, to find doubles, and a few chunks of records.
    assert!(more < 64 << 20, "{more} bytes more");
}
