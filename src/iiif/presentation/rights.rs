//! The one address that `rights` may hold: a Creative Commons or RightsStatements.org URI (Presentation API 3.0 §3.1).
//!
//! Both are written with `http:`, which is what the URIs are, whatever a catalogue pasted from a browser.

/// The statements of RightsStatements.org.
const STATEMENTS: &[&str] = &[
    "InC",
    "InC-OW-EU",
    "InC-EDU",
    "InC-NC",
    "InC-RUU",
    "NoC-CR",
    "NoC-NC",
    "NoC-OKLR",
    "NoC-US",
    "CNE",
    "UND",
    "NKC",
];
/// The licences of Creative Commons, those that were retired included: works still carry them.
const LICENCES: &[&str] =
    &["by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd", "by-nd-nc", "sa", "nd", "nc", "nc-sa", "nd-nc"];

/// The URI that a text names, in its one written form; `None` for anything else.
#[must_use]
pub fn uri(text: &str) -> Option<String> {
    let text = text.trim().split(['?', '#']).next().unwrap_or_default();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let (host, path) = rest.split_once('/')?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match host.to_ascii_lowercase().as_str() {
        "creativecommons.org" => creative_commons(&parts),
        "rightsstatements.org" => rights_statement(&parts),
        _ => None,
    }
}

fn creative_commons(parts: &[&str]) -> Option<String> {
    // A page about the licence (`deed.en`, `legalcode`) stands for the licence.
    let parts = match parts {
        [most @ .., last] if last.starts_with("deed") || last.starts_with("legalcode") => most,
        all => all,
    };
    match parts {
        ["publicdomain", tool @ ("zero" | "mark"), "1.0"] => {
            Some(format!("http://creativecommons.org/publicdomain/{tool}/1.0/"))
        }
        ["licenses", licence, version] if LICENCES.contains(licence) && is_version(version) => {
            Some(format!("http://creativecommons.org/licenses/{licence}/{version}/"))
        }
        ["licenses", licence, version, port] if LICENCES.contains(licence) && is_version(version) && is_port(port) => {
            Some(format!("http://creativecommons.org/licenses/{licence}/{version}/{port}/"))
        }
        _ => None,
    }
}

fn rights_statement(parts: &[&str]) -> Option<String> {
    match parts {
        ["vocab" | "page" | "data", statement, "1.0"] if STATEMENTS.contains(statement) => {
            Some(format!("http://rightsstatements.org/vocab/{statement}/1.0/"))
        }
        _ => None,
    }
}

fn is_version(text: &str) -> bool {
    matches!(text, "1.0" | "2.0" | "2.1" | "2.5" | "3.0" | "4.0")
}

/// A jurisdiction: `jp`, `uk`, `igo`.
fn is_port(text: &str) -> bool {
    (2..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, answer: Option<&str>) {
        assert_eq!(uri(text).as_deref(), answer, "{text}");
    }

    #[test]
    fn the_page_of_a_licence_stands_for_it() {
        let zero = Some("http://creativecommons.org/publicdomain/zero/1.0/");
        check("https://creativecommons.org/publicdomain/zero/1.0/deed.en", zero);
        check("http://www.creativecommons.org/publicdomain/zero/1.0", zero);
    }
    #[test]
    fn licences_keep_version_and_jurisdiction() {
        check("https://creativecommons.org/licenses/by/4.0/", Some("http://creativecommons.org/licenses/by/4.0/"));
        check("http://creativecommons.org/licenses/by/2.1/jp/", Some("http://creativecommons.org/licenses/by/2.1/jp/"));
    }
    #[test]
    fn a_page_of_a_rights_statement_stands_for_it() {
        let inc = Some("http://rightsstatements.org/vocab/InC/1.0/");
        check("https://rightsstatements.org/page/InC/1.0/?language=en", inc);
        check("https://rightsstatements.org/page/NoC-US/1.0/", Some("http://rightsstatements.org/vocab/NoC-US/1.0/"));
    }
    #[test]
    fn other_words_and_addresses_are_left_out() {
        check("All rights reserved", None);
        check("https://example.org/licenses/by/4.0/", None);
        check("https://creativecommons.org/licenses/all/4.0/", None);
        check("https://creativecommons.org.example.org/licenses/by/4.0/", None);
    }
}
