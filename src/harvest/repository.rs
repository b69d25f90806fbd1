//! What a repository says of itself: `Identify`, its formats, the sizes of its lists.

use super::client::{AskError, Client};
use super::limits::{ADDRESS_BYTES_MAX, PAGE_BYTES_MAX, SMALL_BYTES_MAX};
use super::list::Granularity;
use super::{HarvestError, formats};
use crate::ingest::problem::escape;
use crate::oai::selftest::reply::{self, Element, OAI};

/// Formats that one repository may offer.
const FORMATS_MAX: usize = 500;

/// What `Identify` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What it is called.
    pub name: String,
    /// How exactly it tells when something changed.
    pub granularity: Granularity,
    /// Whether it tells what is gone: `no`, `transient` or `persistent`.
    pub deleted_record: String,
}

/// A format that it offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The prefix.
    pub prefix: String,
    /// The namespace.
    pub namespace: String,
}

/// The format that is harvested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Which.
    pub format: Offered,
    /// Why.
    pub why: String,
}

fn not_oai(client: &Client, asked: &str, why: String) -> HarvestError {
    HarvestError::NotOai { base: client.base().to_owned(), asked: asked.to_owned(), why }
}

/// Asks a small question, and finds what answers it. An answer that is none may be better a moment later, once.
async fn ask(client: &mut Client, arguments: &[(&str, &str)], bytes_max: usize) -> Result<Element, HarvestError> {
    let verb = arguments.first().map_or("", |(_, verb)| *verb);
    let mut tries = 0;
    loop {
        tries += 1;
        let body = client.ask(arguments, bytes_max).await?;
        let why = match reply::parse(&body) {
            Ok(root) if root.name == "OAI-PMH" && root.namespace == OAI => return Ok(root),
            Ok(root) => format!("the reply is {:?}, and none of OAI-PMH", escape(&root.name)),
            Err(why) => why,
        };
        if tries > 1 {
            return Err(not_oai(client, verb, why));
        }
    }
}

fn refusals(root: &Element) -> Vec<String> {
    let said = |error: &Element| {
        format!("{}: {}", escape(error.attribute("code").unwrap_or_default()), escape(error.text.trim()))
    };
    root.all("error").map(said).collect()
}

/// Asks who it is.
pub async fn identify(client: &mut Client) -> Result<Identity, HarvestError> {
    let root = ask(client, &[("verb", "Identify")], SMALL_BYTES_MAX).await?;
    let Some(found) = root.child("Identify") else {
        return Err(not_oai(client, "Identify", refusals(&root).join("; ")));
    };
    Ok(Identity {
        name: escape(found.value("repositoryName").unwrap_or_default()),
        granularity: Granularity::of(found.value("granularity").unwrap_or_default()),
        deleted_record: escape(found.value("deletedRecord").unwrap_or_default()),
    })
}

/// Asks for its formats.
pub async fn formats(client: &mut Client) -> Result<Vec<Offered>, HarvestError> {
    let root = ask(client, &[("verb", "ListMetadataFormats")], SMALL_BYTES_MAX).await?;
    let Some(list) = root.child("ListMetadataFormats") else {
        return Err(not_oai(client, "ListMetadataFormats", refusals(&root).join("; ")));
    };
    let mut offered = Vec::new();
    for format in list.all("metadataFormat").take(FORMATS_MAX) {
        let prefix = format.value("metadataPrefix").unwrap_or_default();
        let namespace = format.value("metadataNamespace").unwrap_or_default();
        if is_word(prefix) && namespace.len() <= ADDRESS_BYTES_MAX && !namespace.contains(char::is_control) {
            offered.push(Offered { prefix: prefix.to_owned(), namespace: namespace.to_owned() });
        }
    }
    Ok(offered)
}

/// Whether it can be a prefix or a set: what OAI-PMH allows, and the colons of sets.
#[must_use]
pub fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'():".contains(c);
    !text.is_empty() && text.len() <= ADDRESS_BYTES_MAX && text.chars().all(fits)
}

/// Chooses the richest format that is read here. Some formats cannot tell of everything, so the sizes of the lists are
/// compared with that of the one that every repository has, where they are told.
pub async fn choose(client: &mut Client, offered: &[Offered], set: Option<&str>) -> Result<Chosen, HarvestError> {
    let readable = formats::readable(offered);
    let Some((plain, _)) = readable.last() else {
        let names: Vec<&str> = offered.iter().map(|one| one.prefix.as_str()).collect();
        return Err(HarvestError::NoFormat { base: client.base().to_owned(), offered: names.join(", ") });
    };
    let mut passed = Vec::new();
    let mut whole = None;
    for (format, known) in &readable {
        let is_last = format.prefix == plain.prefix;
        if !is_last {
            if whole.is_none() {
                whole = Some(size(client, plain, set).await?);
            }
            let (wanted, found) = (whole.flatten(), size(client, format, set).await?);
            if let (Some(wanted), Some(found)) = (wanted, found)
                && found < wanted
            {
                passed.push(format!("{} has only {found} of {wanted} records", format.prefix));
                continue;
            }
        }
        let of = readable.iter().map(|(one, _)| one.prefix.as_str()).collect::<Vec<_>>().join(", ");
        let mut why = format!("the richest of {of}: {}", known.why);
        if !passed.is_empty() {
            why = format!("{why}; {}", passed.join("; "));
        }
        return Ok(Chosen { format: (*format).clone(), why });
    }
    Ok(Chosen { format: (*plain).clone(), why: passed.join("; ") })
}

/// How many records the list of a format has, where its first page tells it. A repository that cannot say may still list.
async fn size(client: &mut Client, format: &Offered, set: Option<&str>) -> Result<Option<u64>, HarvestError> {
    let mut arguments = vec![("verb", "ListIdentifiers"), ("metadataPrefix", format.prefix.as_str())];
    arguments.extend(set.map(|set| ("set", set)));
    let root = match ask(client, &arguments, PAGE_BYTES_MAX).await {
        Ok(root) => root,
        Err(HarvestError::NotOai { .. } | HarvestError::Ask(AskError::Refused { .. })) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(list) = root.child("ListIdentifiers") else {
        let is_empty = root.all("error").any(|error| error.attribute("code") == Some("noRecordsMatch"));
        return Ok(is_empty.then_some(0));
    };
    let token = list.child("resumptionToken");
    let told = token.and_then(|token| token.attribute("completeListSize")).and_then(|size| size.trim().parse().ok());
    // A page that nothing follows is the whole list.
    let is_all = token.is_none_or(|token| token.text.trim().is_empty());
    Ok(if is_all { Some(list.all("header").count() as u64) } else { told })
}
