//! Whether replies are what the schemas of OAI-PMH and Dublin Core allow.

use std::process::Command;

use crate::support::real;

/// Validates documents with `xmllint`; says so aloud where the tool or the schemas are missing.
pub fn check_valid(documents: &[(String, String)]) {
    let Some(schemas) = real("schemas") else { return };
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("SKIPPED: {} replies were not validated: xmllint is missing", documents.len());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("xmllint");
    command
        .args(["--nonet", "--noout", "--schema"])
        .arg(schemas.join("oai-pmh/OAI-PMH-and-dc.xsd"))
        .env("XML_CATALOG_FILES", schemas.join("catalog.xml"));
    for (place, (name, document)) in documents.iter().enumerate() {
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(80).collect();
        let path = folder.path().join(format!("{place}_{name}.xml"));
        std::fs::write(&path, document).unwrap();
        command.arg(path);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
