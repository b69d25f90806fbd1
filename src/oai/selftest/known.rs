//! What is learnt of a repository before it is judged: enough to ask the rest.

use std::sync::Arc;

use super::ask::{Answer, Asker, How};
use super::reply::Element;

/// Pages of a list that are walked through.
const PAGES_MAX: usize = 4;

/// What a rule asks.
pub(super) enum Asking {
    Ask(How, String),
    /// What was asked already.
    Known(Arc<Answer>),
    /// Why there is nothing to ask.
    Nothing(&'static str),
}

/// What is known of a repository.
pub(super) struct Known {
    /// The addresses under which it may name itself.
    pub(super) bases: Vec<String>,
    pub(super) identify: Arc<Answer>,
    pub(super) sets: Arc<Answer>,
    /// The first pages of the headers of `oai_dc`.
    pub(super) pages: Vec<Arc<Answer>>,
    /// The second page, asked for once more.
    pub(super) again: Option<Arc<Answer>>,
    /// A live record.
    pub(super) live: Option<Header>,
    /// A record that is gone.
    pub(super) gone: Option<Header>,
    /// The token of the first page.
    pub(super) token: Option<String>,
    /// The setSpec of the first set.
    pub(super) set: Option<String>,
    /// The finest datestamps that there are: `YYYY-MM-DD` or with seconds.
    pub(super) granularity: String,
    pub(super) earliest: String,
}

/// What names a record.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) identifier: String,
    pub(super) datestamp: String,
}

impl Known {
    pub(super) async fn learn(asker: &mut Asker, base: &str, known_as: &[String]) -> Self {
        let identify = asker.ask(How::Get, "verb=Identify").await;
        let sets = asker.ask(How::Get, "verb=ListSets").await;
        let mut pages = vec![asker.ask(How::Get, "verb=ListIdentifiers&metadataPrefix=oai_dc").await];
        let token = token_of(&pages[0]);
        let (mut next, mut again) = (token.clone(), None);
        while let Some(token) = next.filter(|_| pages.len() < PAGES_MAX) {
            let query = format!("verb=ListIdentifiers&resumptionToken={}", encode(&token));
            pages.push(asker.ask(How::Get, &query).await);
            if again.is_none() {
                again = Some(asker.ask_anew(How::Get, &query).await);
            }
            next = pages.last().and_then(token_of);
        }
        let said = |name| {
            let identify = content(&identify, "Identify");
            identify.and_then(|identify| identify.value(name)).unwrap_or_default().to_owned()
        };
        let first_set = content(&sets, "ListSets").and_then(|sets| sets.child("set"));
        Self {
            bases: std::iter::once(base.to_owned()).chain(known_as.iter().cloned()).collect(),
            live: header(&pages, |header| header.attribute("status").is_none()),
            gone: header(&pages, |header| header.attribute("status") == Some("deleted")),
            set: first_set.and_then(|set| set.value("setSpec")).map(ToOwned::to_owned),
            granularity: said("granularity"),
            earliest: said("earliestDatestamp"),
            token,
            identify,
            sets,
            pages,
            again,
        }
    }
}

/// The content of a reply to a verb.
pub(super) fn content<'a>(answer: &'a Answer, verb: &'a str) -> Option<&'a Element> {
    answer.came.as_ref().ok()?.document.as_ref().ok()?.child(verb)
}

/// The headers of a page.
pub(super) fn headers(answer: &Answer) -> impl Iterator<Item = &Element> {
    content(answer, "ListIdentifiers").into_iter().flat_map(|list| list.all("header"))
}

fn header(pages: &[Arc<Answer>], wanted: impl Fn(&Element) -> bool) -> Option<Header> {
    let found = pages.iter().flat_map(|page| headers(page)).find(|header| wanted(header))?;
    let value = |name| found.value(name).map(ToOwned::to_owned);
    Some(Header { identifier: value("identifier")?, datestamp: value("datestamp")? })
}

/// The token that leads on from a page of headers.
pub(super) fn token_of(answer: &Arc<Answer>) -> Option<String> {
    let list = content(answer, "ListIdentifiers")?;
    list.value("resumptionToken").filter(|token| !token.is_empty()).map(ToOwned::to_owned)
}

/// Percent-encodes all but unreserved characters (RFC 3986 §2.3).
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&fonds_schemas::checksum::hex(&[byte]).to_ascii_uppercase());
        }
    }
    encoded
}
