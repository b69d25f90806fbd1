//! The address of a repository as somebody types it: with secrets in it that are never shown.

use reqwest::Url;

use super::limits::ADDRESS_BYTES_MAX;
use crate::ingest::problem::escape;

/// The base URL of a repository.
#[derive(Clone)]
pub struct Base {
    /// With what somebody may need to be let in.
    secret: Url,
    /// Without it.
    shown: String,
}

/// Why a text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBase {
    /// Longer than an address.
    #[error("the address has {0} bytes, at most {ADDRESS_BYTES_MAX} are taken")]
    Length(usize),
    /// No address.
    #[error("this is no address: {0}")]
    Address(String),
    /// Of another kind.
    #[error("an address that begins with {0:?} is none of a repository: http:// or https://")]
    Scheme(String),
    /// A request, and not the address that requests are sent to.
    #[error("{0:?} is a request: the base URL is what stands before the question mark")]
    Query(String),
}

impl Base {
    /// Reads what somebody types.
    pub fn parse(text: &str) -> Result<Self, BadBase> {
        let text = text.trim();
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(BadBase::Length(text.len()));
        }
        // What is wrong is said, the text is not: it may hold a password.
        let mut secret = Url::parse(text).map_err(|error| BadBase::Address(error.to_string()))?;
        if !matches!(secret.scheme(), "http" | "https") {
            return Err(BadBase::Scheme(escape(secret.scheme())));
        }
        secret.set_fragment(None);
        let shown = without_secrets(secret.clone());
        if secret.query_pairs().any(|(name, _)| name == "verb") {
            return Err(BadBase::Query(escape(&shown)));
        }
        Ok(Self { secret, shown })
    }

    /// The address as it is shown and kept: without user and password, and without a slash too many.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The address of a request.
    pub(super) fn with(&self, arguments: &[(&str, &str)]) -> Url {
        let mut url = self.secret.clone();
        // Some base URLs have a query of their own; what is asked comes behind it.
        url.query_pairs_mut().extend_pairs(arguments);
        url
    }
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

fn without_secrets(mut url: Url) -> String {
    // An address of a host can do without both.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        assert_eq!(Base::parse(text).unwrap().as_str(), shown);
    }

    #[test]
    fn a_password_is_not_shown() {
        check("https://me:hunter2@museum.example.org/oai", "https://museum.example.org/oai");
        let base = Base::parse("https://me:hunter2@museum.example.org/oai").unwrap();
        assert!(!format!("{base:?}").contains("hunter2"));
        assert!(!Base::parse("https://me:hunter2@[").unwrap_err().to_string().contains("hunter2"));
    }
    #[test]
    fn the_same_host_has_one_name() {
        check(" HTTPS://Museum.Example.org:443/oai#x ", "https://museum.example.org/oai");
    }
    #[test]
    fn a_token_is_escaped_in_a_request() {
        let base = Base::parse("http://a.example/oai?key=1").unwrap();
        let url = base.with(&[("verb", "ListRecords"), ("resumptionToken", "a=:b&c d/é")]);
        let wanted = "http://a.example/oai?key=1&verb=ListRecords&resumptionToken=a%3D%3Ab%26c+d%2F%C3%A9";
        assert_eq!(url.as_str(), wanted);
    }
    #[test]
    fn what_is_no_base_url_is_refused() {
        assert!(matches!(Base::parse("museum.example.org/oai"), Err(BadBase::Address(_))));
        assert!(matches!(Base::parse("file:///etc/passwd"), Err(BadBase::Scheme(_))));
        assert!(matches!(Base::parse("http://a.example/oai?verb=Identify"), Err(BadBase::Query(_))));
        assert!(matches!(Base::parse(&format!("http://a.example/{}", "a".repeat(3_000))), Err(BadBase::Length(_))));
    }
}
