//! The licences and rights statements that Europeana takes: exactly these URIs, with `http:` and a slash at the end.
//!
//! Source: the patterns of the Schematron in EDM-EXTERNAL-MAIN.xsd.

use fonds_projections::feed::Setting;

use crate::formats::said::Description;
use crate::iiif::presentation::rights::uri;

/// The statements of RightsStatements.org that Europeana takes. Not among them are those for other laws than Europe's
/// (NoC-CR, NoC-US, InC-NC, InC-RUU) and those that say that nobody knows (UND, NKC).
const STATEMENTS: &[&str] = &["NoC-NC", "NoC-OKLR", "InC", "InC-EDU", "InC-OW-EU", "CNE"];
/// The licences of Creative Commons that Europeana takes.
const LICENCES: &[&str] = &["by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd"];
/// Each version with its jurisdictions.
const PORTS: &[(&str, &str)] = &[
    ("1.0", "fi il nl"),
    ("2.0", "au at be br ca cl hr uk fr de it jp nl pl kr es tw"),
    ("2.1", "au es jp"),
    ("2.5", "ar au br bg ca cn co hr dk hu in il it mk my mt mx nl pe pl pt scotland si za es se ch tw"),
    (
        "3.0",
        "au at br cl cn cr hr cz ec eg ee fr de gr gt hk igo ie it lu nl nz no ph pl pt pr ro rs sg za es ch tw th ug us \
         ve vn",
    ),
    ("4.0", ""),
];

/// The URI of what one may do with an object. The archive's own word for objects that say nothing is not put in the place of
/// words that no machine reads: those may say the opposite.
pub fn of(said: &Description<'_>, setting: &Setting<'_>) -> Option<String> {
    let mut stated = said.all("rights").peekable();
    let silent = stated.peek().is_none();
    let named = stated.flat_map(|said| [said.authority.and_then(uri), uri(said.text)]).flatten();
    let default = setting.publishing.rights.clone().filter(|_| silent);
    named.chain(default).find(|uri| is_taken(uri))
}

/// Whether Europeana takes it.
fn is_taken(uri: &str) -> bool {
    let Some(path) = uri.strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')) else { return false };
    match path.split('/').collect::<Vec<_>>()[..] {
        ["rightsstatements.org", "vocab", statement, "1.0"] => STATEMENTS.contains(&statement),
        // The second is a licence of one version only, whose name had another order.
        ["creativecommons.org", "publicdomain", "zero" | "mark", "1.0"]
        | ["creativecommons.org", "licenses", "by-nd-nc", "1.0"] => true,
        ["creativecommons.org", "licenses", "by-nd-nc", "1.0", port] => is_port("1.0", port),
        // There is no 2.1 without a jurisdiction.
        ["creativecommons.org", "licenses", _, "2.1"] => false,
        ["creativecommons.org", "licenses", licence, version] => {
            LICENCES.contains(&licence) && PORTS.iter().any(|(known, _)| *known == version)
        }
        ["creativecommons.org", "licenses", licence, version, port] => {
            LICENCES.contains(&licence) && is_port(version, port)
        }
        _ => false,
    }
}

fn is_port(version: &str, port: &str) -> bool {
    let listed = |ports: &str| !port.is_empty() && ports.split(' ').any(|known| known == port);
    PORTS.iter().any(|(known, ports)| *known == version && listed(ports))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rest: &str, taken: bool) {
        assert_eq!(is_taken(rest), taken, "{rest}");
    }

    #[test]
    fn what_is_on_the_list_is_taken() {
        check("http://creativecommons.org/publicdomain/zero/1.0/", true);
        check("http://creativecommons.org/licenses/by-sa/4.0/", true);
        check("http://creativecommons.org/licenses/by-nd-nc/1.0/nl/", true);
        check("http://creativecommons.org/licenses/by/2.1/jp/", true);
        check("http://creativecommons.org/licenses/by/3.0/igo/", true);
        check("http://rightsstatements.org/vocab/InC-OW-EU/1.0/", true);
    }

    #[test]
    fn what_is_not_is_refused() {
        check("https://creativecommons.org/publicdomain/zero/1.0/", false);
        check("http://creativecommons.org/publicdomain/zero/1.0", false);
        check("http://creativecommons.org/licenses/by/2.1/", false);
        check("http://creativecommons.org/licenses/by/4.0/de/", false);
        check("http://creativecommons.org/licenses/by-nd-nc/2.0/", false);
        check("http://creativecommons.org/licenses/sa/1.0/", false);
        check("http://rightsstatements.org/vocab/NoC-US/1.0/", false);
        check("http://rightsstatements.org/vocab/UND/1.0/", false);
        check("http://creativecommons.org/licenses/by/4.0//", false);
    }
}
