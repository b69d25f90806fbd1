//! Whether documents are what a schema allows: `xmllint` with the schemas of the shared data, and Europeana's Schematron.
//! Nothing is fetched; what is missing is said aloud.

use std::path::{Path, PathBuf};
use std::process::Command;

use fonds::formats::find;

use crate::support::real;

/// The schema of each prefix, in the folder of schemas, or of our own where that has none (`tests/…`).
const SCHEMAS: &[(&str, &str)] = &[
    ("oai_dc", "oai-pmh/oai_dc.xsd"),
    ("edm", "edm-external/EDM.xsd"),
    ("lido", "lido/lido-v1.1.xsd"),
    // libxml2 refuses the published file; one line less makes no difference to what it allows.
    ("mods", "mods/mods-3-8.libxml2.xsd"),
    ("marcxml", "marcxml/MARC21slim.xsd"),
    ("datacite", "datacite/v4.5/metadata.xsd"),
    ("ead3", "ead/ead3.xsd"),
    ("ead", "ead/ead2002.xsd"),
    ("dcterms", "tests/formats/schemas/qualifieddc.xsd"),
    ("mets", "mets/mets-1.12.1.xsd"),
    ("premis", "premis/premis-v3-0.xsd"),
    ("oai_datacite", "tests/formats/schemas/oai_datacite.xsd"),
    ("bibframe", "tests/formats/schemas/rdf.xsd"),
    ("crm", "tests/formats/schemas/rdf.xsd"),
    ("carare", "tests/formats/schemas/carare.xsd"),
];

/// The formats that hold records of others, which are checked with them.
const HOLDS: &[(&str, &[&str])] = &[("mets", &["mods", "premis"]), ("oai_datacite", &["datacite"])];

/// Documents to be checked, each with a name by which a person finds it.
pub type Documents = Vec<(String, String)>;

/// Namespaces of OAI-PMH, each with its schema.
const OAI: &[(&str, &str)] = &[
    ("http://www.openarchives.org/OAI/2.0/", "oai-pmh/OAI-PMH.xsd"),
    ("http://www.openarchives.org/OAI/2.0/oai-identifier", "oai-pmh/oai-identifier.xsd"),
];

/// Checks records by themselves.
pub fn check_records(prefix: &str, records: &Documents) {
    check(prefix, &[], records);
}

/// Checks replies of OAI-PMH that hold records of a format. OAI-PMH asks for the schema of what it holds, so one schema has to
/// know both.
pub fn check_replies(prefix: &str, replies: &Documents) {
    check(prefix, OAI, replies);
}

/// Checks documents by the schema of a format together with others.
fn check(prefix: &str, others: &[(&str, &str)], documents: &Documents) {
    let Some(schemas) = real("schemas") else { return };
    let (folder, paths) = written(documents);
    let schemas = schemas.canonicalize().unwrap();
    let import = |(namespace, path): &(&str, &str)| {
        let folder = if path.starts_with("tests/") { &crate::support::checkout() } else { &schemas };
        let path = folder.join(path).display().to_string();
        format!("<import namespace=\"{namespace}\" schemaLocation=\"{path}\"/>")
    };
    // That of EAD 2002 asks for a file beside it that is elsewhere; what is known already is not looked for.
    let links = [("http://www.w3.org/1999/xlink", "w3c/xlink-loc.xsd")];
    let links = if prefix == "ead" { &links[..] } else { &[] };
    let held = HOLDS.iter().find(|(holder, _)| *holder == prefix).map_or(&[][..], |(_, held)| *held);
    let own = [prefix].into_iter().chain(held.iter().copied());
    let own: Vec<_> = own.map(|prefix| (find(prefix).unwrap().namespace(), schema_of(prefix))).collect();
    // What a reply says of the licence of its records, by our own schema: the published one is a page of the web only.
    let rights = crate::support::checkout().join("tests/oai/schemas/rights.xsd").display().to_string();
    let rights = [("http://www.openarchives.org/OAI/2.0/rights/", rights.as_str())];
    let rights = if others.is_empty() { &[][..] } else { &rights[..] };
    let imports: String = links.iter().chain(&own).chain(others).chain(rights).map(import).collect();
    let driver = folder.path().join("driver.xsd");
    std::fs::write(&driver, format!("<schema xmlns=\"http://www.w3.org/2001/XMLSchema\">{imports}</schema>")).unwrap();
    xmllint(&schemas, &driver, documents, &paths);
    if prefix == "edm" && others.is_empty() {
        schematron(&schemas, documents, &paths);
    }
}

fn schema_of(prefix: &str) -> &'static str {
    let found = SCHEMAS.iter().find(|(known, _)| *known == prefix);
    assert!(found.is_some(), "no schema of {prefix}");
    found.unwrap().1
}

fn written(documents: &Documents) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(place, (_, document)): (usize, &(String, String))| {
        let path = folder.path().join(format!("{place}.xml"));
        std::fs::write(&path, document).unwrap();
        path
    };
    let paths = documents.iter().enumerate().map(write).collect();
    (folder, paths)
}

fn xmllint(schemas: &Path, schema: &Path, documents: &Documents, paths: &[PathBuf]) {
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("SKIPPED: {} documents were not validated: xmllint is missing", documents.len());
        return;
    }
    for (documents, paths) in documents.chunks(500).zip(paths.chunks(500)) {
        let mut command = Command::new("xmllint");
        command.args(["--nonet", "--noout", "--schema"]).arg(schema).args(paths);
        let done = command.env("XML_CATALOG_FILES", schemas.join("catalog.xml")).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{}", explained(&said, documents, paths));
    }
}

/// The first complaints, each after the name of the document that it is about, and that document.
fn explained(said: &str, documents: &[(String, String)], paths: &[PathBuf]) -> String {
    let about = |line: &str| paths.iter().position(|path| line.starts_with(&format!("{}:", path.display())));
    let complaints: Vec<&str> = said.lines().filter(|line| !line.ends_with(" validates")).take(8).collect();
    let named = |line: &&str| format!("{}: {line}", about(line).map_or("", |place| &documents[place].0));
    let first = complaints.iter().find_map(|line| about(line)).map_or("", |place| &documents[place].1);
    format!("{}\n{first}", complaints.iter().map(named).collect::<Vec<_>>().join("\n"))
}

/// EDM's other rules. The script is that of the schemas; it prints how many each file breaks, and which.
fn schematron(schemas: &Path, documents: &Documents, paths: &[PathBuf]) {
    #[expect(clippy::disallowed_methods, reason = "where Python is, is no setting of fonds")]
    let python = std::env::var("FONDS_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import saxonche"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {python} has no module saxonche; set FONDS_TEST_PYTHON to one that has");
        return;
    }
    for (documents, paths) in documents.chunks(500).zip(paths.chunks(500)) {
        let done = Command::new(&python).arg(schemas.join("schematron.py")).args(paths).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let problem = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{problem}");
        let counts: Vec<_> = said.lines().filter(|line| line.contains("failed asserts: ")).collect();
        assert_eq!(counts.len(), paths.len(), "every file is looked at");
        let wrong = counts.iter().position(|line| !line.ends_with("failed asserts: 0"));
        assert!(wrong.is_none(), "{said}\n{:?}", wrong.map(|place| &documents[place]));
    }
}
