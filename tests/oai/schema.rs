//! Whether replies are what the schemas of OAI-PMH and Dublin Core allow.

use std::path::PathBuf;
use std::process::Command;

/// Validates documents with `xmllint`; says so aloud where the tool or the schemas are missing.
#[expect(clippy::disallowed_methods, reason = "where test data lies is no setting of fonds")]
pub fn check_valid(documents: &[(String, String)]) {
    let data = std::env::var("FONDS_DATA")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let schemas = data.join("schemas");
    let driver = schemas.join("oai-pmh/OAI-PMH-and-dc.xsd");
    let has_tool = Command::new("xmllint").arg("--version").output().is_ok();
    if !driver.is_file() || !has_tool {
        eprintln!(
            "SKIPPED: {} replies were not validated: xmllint or {} is missing",
            documents.len(),
            driver.display()
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(&driver).env("XML_CATALOG_FILES", schemas.join("catalog.xml"));
    for (place, (name, document)) in documents.iter().enumerate() {
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(80).collect();
        let path = folder.path().join(format!("{place}_{name}.xml"));
        std::fs::write(&path, document).unwrap();
        command.arg(path);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
