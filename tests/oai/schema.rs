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
    // Those that are published, and our own for containers whose schemas are pages of the web only.
    let driver = folder.path().join("driver.xsd");
    let own = crate::support::checkout().join("tests/oai/schemas");
    let home = "http://www.openarchives.org/OAI/2.0/";
    let published = [("", "OAI-PMH.xsd"), ("oai_dc/", "oai_dc.xsd"), ("oai-identifier", "oai-identifier.xsd")];
    let published = published.map(|(name, file)| (name, schemas.join("oai-pmh").join(file)));
    let ours = ["rights", "friends", "branding"].map(|name| (format!("{name}/"), own.join(format!("{name}.xsd"))));
    let provenance = [("provenance".to_owned(), own.join("provenance.xsd"))];
    let ours = ours.into_iter().chain(provenance);
    let all = published.into_iter().map(|(name, path)| (name.to_owned(), path)).chain(ours);
    let imports = all.map(|(name, path)| {
        format!("<import namespace=\"{home}{name}\" schemaLocation=\"{}\"/>", path.canonicalize().unwrap().display())
    });
    let imports: String = imports.collect();
    std::fs::write(&driver, format!("<schema xmlns=\"http://www.w3.org/2001/XMLSchema\">{imports}</schema>")).unwrap();
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
