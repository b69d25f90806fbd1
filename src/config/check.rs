//! What is wrong with settings that could be read.

use super::{BadSettings, Settings, publishing};
use crate::formats;

/// Repositories that `Identify` may recommend: it is asked often, and stays short.
const FRIENDS_MAX: usize = 100;

pub(super) fn check(settings: &Settings) -> Result<(), BadSettings> {
    let wrong = |key, why: &str| Err(BadSettings::Wrong { key, why: why.to_owned() });
    if let Some(url) = &settings.public_url {
        let http = url.starts_with("http://") || url.starts_with("https://");
        if !http || !fonds_schemas::property::is_iri(url) || url.contains(['?', '#']) {
            return wrong("public_url", "this must be an address such as https://archive.example.org");
        }
    }
    if settings.public_url.is_none() && settings.listen.ip().is_unspecified() {
        let why =
            "who listens on every address must say which one the world knows, such as https://archive.example.org";
        return wrong("public_url", why);
    }
    let addresses = [("archive.homepage", &settings.archive.homepage), ("archive.logo", &settings.archive.logo)];
    let addresses = addresses.iter().flat_map(|(key, address)| address.iter().map(move |address| (*key, address)));
    for (key, text) in addresses.chain(settings.oai.friends.iter().map(|friend| ("oai.friends", friend))) {
        let web = text.starts_with("http://") || text.starts_with("https://");
        if !web || !fonds_schemas::property::is_iri(text) {
            return wrong(key, "this must be an address such as https://museum.example.org");
        }
    }
    if settings.oai.friends.len() > FRIENDS_MAX {
        return wrong("oai.friends", "these are more than anybody harvests: a hundred at most");
    }
    if let Err(unknown) = formats::published(&settings.oai.formats) {
        return Err(BadSettings::Wrong { key: "oai.formats", why: unknown.to_string() });
    }
    if !is_email(&settings.archive.email) {
        return wrong("archive.email", "this must be an e-mail address such as archive@example.org");
    }
    publishing::check(&settings.publishing)?;
    if settings.limits.decodes == 0 {
        return wrong("limits.decodes", "at least one image must be decoded at a time");
    }
    if settings.storage.s3.as_ref().is_some_and(|s3| s3.bucket.is_empty()) {
        return wrong("storage.s3.bucket", "a bucket must be named");
    }
    Ok(())
}

/// Whether harvesters take it: the OAI-PMH schema wants a dot in the host, its validator more than one letter before
/// the `@`.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let labels: Vec<&str> = host.split('.').collect();
    local.chars().count() > 1
        && labels.len() > 1
        && labels.iter().all(|label| !label.is_empty())
        && !text.contains(char::is_whitespace)
        && !host.contains('@')
}
