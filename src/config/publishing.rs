//! What harvested records say of the archive itself.

use fonds_projections::feed::Publishing;
use fonds_schemas::Language;
use serde::{Deserialize, Serialize};

use super::{BadSettings, Settings};
use crate::iiif::presentation::rights;

/// Characters of a code of an institution: an ISIL has sixteen at most (ISO 15511).
const CODE_CHARS_MAX: usize = 16;

/// What harvested records say of the archive. A change renders every record anew, and all that differ are harvested again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublishingSettings {
    /// Who hands the records to Europeana, where an aggregator stands between (`edm:provider`). Unset: the name of the
    /// archive.
    pub provider: Option<String>,
    /// The licence or rights statement of objects that say none, as a URI of creativecommons.org or rightsstatements.org.
    /// Wrong: the world is told that it may use what it may not. Unset: such objects have no record in formats that ask for it.
    pub rights: Option<String>,
    /// The licence of the records themselves, as such a URI. Unset: records do not say it, and some portals refuse them.
    pub record_rights: Option<String>,
    /// The code of the institution in the MARC Code List for Organizations, or its ISIL. Unset: MARC records do not say whose
    /// they are.
    pub organization_code: Option<String>,
}

/// Checks that rights are what machines know, and that a code is one.
pub(super) fn check(settings: &PublishingSettings) -> Result<(), BadSettings> {
    let wrong = |key, why: &str| Err(BadSettings::Wrong { key, why: why.to_owned() });
    let known = |text: &Option<String>| text.as_deref().is_none_or(|text| rights::uri(text).is_some());
    let why = "this must be a licence or rights statement such as http://creativecommons.org/publicdomain/zero/1.0/";
    if !known(&settings.rights) {
        return wrong("publishing.rights", why);
    }
    if !known(&settings.record_rights) {
        return wrong("publishing.record_rights", why);
    }
    let is_code = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-/:".contains(c);
        (1..=CODE_CHARS_MAX).contains(&text.len()) && text.chars().all(fits)
    };
    if settings.organization_code.as_deref().is_some_and(|text| !is_code(text)) {
        return wrong("publishing.organization_code", "this must be a code such as DE-12 or NNMM");
    }
    Ok(())
}

impl Settings {
    /// What goes into harvested records.
    #[must_use]
    pub fn publishing(&self) -> Publishing {
        let settings = &self.publishing;
        let provider = settings.provider.as_deref().map(str::trim).filter(|text| !text.is_empty());
        // Records carry it as a tag of BCP 47, and are invalid with anything else.
        let language = Language::parse(&self.archive.language).map_or("und", |_| self.archive.language.as_str());
        Publishing {
            institution: self.archive.name.clone(),
            homepage: self.archive.homepage.clone(),
            language: language.to_owned(),
            provider: provider.map(str::to_owned),
            rights: settings.rights.as_deref().and_then(rights::uri),
            record_rights: settings.record_rights.as_deref().and_then(rights::uri),
            organization_code: settings.organization_code.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(rights: &str, code: &str) -> PublishingSettings {
        let some = |text: &str| if text.is_empty() { None } else { Some(text.to_owned()) };
        PublishingSettings { rights: some(rights), organization_code: some(code), ..PublishingSettings::default() }
    }

    #[test]
    fn rights_that_no_machine_knows_are_refused() {
        assert!(check(&settings("all rights reserved", "")).unwrap_err().to_string().contains("publishing.rights"));
        assert!(check(&settings("https://creativecommons.org/publicdomain/zero/1.0/deed.fr", "")).is_ok());
    }

    #[test]
    fn a_code_with_spaces_is_refused() {
        assert!(check(&settings("", "the museum")).is_err() && check(&settings("", "DE-12")).is_ok());
    }

    #[test]
    fn records_have_a_language_that_is_one() {
        let mut settings = Settings::default();
        assert_eq!(settings.publishing().language, "en");
        settings.archive.language = "English, mostly".to_owned();
        assert_eq!(settings.publishing().language, "und");
    }
}
