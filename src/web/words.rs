//! How pages say what the record says in other forms: moments, licences, titles in other languages.

use fonds_schemas::{Object, Statement, Timestamp};

use crate::iiif::presentation::rights;

/// The language that the pages themselves are written in.
pub const PAGE_LANGUAGE: &str = "en";

/// What RightsStatements.org calls its statements.
const STATEMENTS: &[(&str, &str)] = &[
    ("InC", "In copyright"),
    ("InC-OW-EU", "In copyright – EU orphan work"),
    ("InC-EDU", "In copyright – educational use permitted"),
    ("InC-NC", "In copyright – non-commercial use permitted"),
    ("InC-RUU", "In copyright – rights-holder(s) unlocatable or unidentifiable"),
    ("NoC-CR", "No copyright – contractual restrictions"),
    ("NoC-NC", "No copyright – non-commercial use only"),
    ("NoC-OKLR", "No copyright – other known legal restrictions"),
    ("NoC-US", "No copyright – United States"),
    ("CNE", "Copyright not evaluated"),
    ("UND", "Copyright undetermined"),
    ("NKC", "No known copyright"),
];

/// A moment for people: `2026-11-21 10:00:00 UTC`.
pub fn moment(at: Timestamp) -> String {
    at.to_seconds_string().replace('T', " ").replace('Z', " UTC")
}

/// The name of the licence or rights statement that an address stands for.
pub fn licence(text: &str) -> Option<String> {
    let uri = rights::uri(text)?;
    let parts: Vec<&str> = uri.split('/').filter(|part| !part.is_empty()).skip(2).collect();
    match parts.as_slice() {
        ["publicdomain", "zero", version] => Some(format!("CC0 {version}: no rights reserved")),
        ["publicdomain", "mark", version] => Some(format!("Public domain mark {version}")),
        ["licenses", licence, version @ ..] => {
            Some(format!("CC {} {}", licence.to_uppercase(), version.join(" ").to_uppercase()))
        }
        ["vocab", statement, _] => {
            STATEMENTS.iter().find(|(known, _)| known == statement).map(|(_, name)| (*name).to_owned())
        }
        _ => None,
    }
}

/// The language of a statement, if it says one.
pub fn language(statement: &Statement) -> Option<String> {
    statement.language.as_ref().map(|tag| tag.as_str().to_owned())
}

/// Whether a text is in the language of the page, as far as it says.
pub fn is_pages_own(statement: &Statement) -> bool {
    statement.language.as_ref().is_none_or(|tag| tag.as_str().split('-').next() == Some(PAGE_LANGUAGE))
}

/// A title in the language of the page, where the first title is in another.
pub fn translated_title(object: &Object) -> Option<String> {
    let first = object.values("title").next()?;
    let own = || object.values("title").find(|title| title.language.is_some() && is_pages_own(title));
    (!is_pages_own(first)).then(own).flatten().map(|title| title.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_licence(text: &str, name: Option<&str>) {
        assert_eq!(licence(text).as_deref(), name, "{text}");
    }

    #[test]
    fn licences_have_names() {
        let zero = "http://creativecommons.org/publicdomain/zero/1.0/";
        check_licence(zero, Some("CC0 1.0: no rights reserved"));
        check_licence("https://creativecommons.org/licenses/by-sa/4.0/deed.fr", Some("CC BY-SA 4.0"));
        check_licence("http://creativecommons.org/licenses/by/2.1/jp/", Some("CC BY 2.1 JP"));
        check_licence("http://rightsstatements.org/vocab/InC/1.0/", Some("In copyright"));
        check_licence("https://example.org/terms", None);
    }

    #[test]
    fn a_moment_reads_well() {
        let at = Timestamp::parse("2026-11-21T10:00:00Z").unwrap();
        assert_eq!(moment(at), "2026-11-21 10:00:00 UTC");
    }
}
