//! Sets: which there are, and the one that a list is of.

use fonds_projections::feed::{self, Position, SetKey};

use super::super::error::Code;
use super::super::render;
use super::super::token::{Listing, Token};
use super::{Repository, Stop, refuse, resumption};

/// Sets on one page. With descriptions of up to 16 kB each it stays below two megabytes.
const PAGE_SETS_MAX: u32 = 100;
/// The format in which sets are described: the one that every object has.
const DESCRIBED_IN: &str = "oai_dc";

/// The set of that setSpec.
pub(super) async fn find(repository: &Repository<'_>, spec: &str) -> Result<SetKey, Stop> {
    let key = SetKey::of(spec);
    if feed::set_of_key(repository.pg, key).await?.is_some_and(|found| found == spec) {
        return Ok(key);
    }
    if feed::any_set(repository.pg).await? {
        return refuse(Code::NoRecordsMatch, "there is no set of this setSpec");
    }
    refuse(Code::NoSetHierarchy, "this repository has no sets")
}

/// The first page of the list of sets.
pub(super) async fn begin(repository: &Repository<'_>) -> Result<String, Stop> {
    page(repository, "", 0, None).await
}

/// A further page.
pub(super) async fn resume(repository: &Repository<'_>, token: &str) -> Result<String, Stop> {
    let token = Token::read(token, Listing::Sets, repository.key);
    let Some(Token { set: Some(last), cursor, size, .. }) = token else {
        return refuse(Code::BadResumptionToken, "this is no resumption token of the list of sets of this repository");
    };
    match feed::set_of_key(repository.pg, last).await? {
        Some(after) => page(repository, &after, cursor, Some(size)).await,
        None => refuse(Code::BadResumptionToken, "the last set that was sent is no more; begin anew"),
    }
}

async fn page(repository: &Repository<'_>, after: &str, cursor: u64, size: Option<u64>) -> Result<String, Stop> {
    let mut sets = feed::sets(repository.pg, after, PAGE_SETS_MAX + 1, DESCRIBED_IN).await?;
    let more = sets.len() > PAGE_SETS_MAX as usize;
    sets.truncate(PAGE_SETS_MAX as usize);
    let Some(last) = sets.last() else {
        return match cursor {
            0 => refuse(Code::NoSetHierarchy, "this repository has no sets"),
            _ => refuse(Code::BadResumptionToken, "the further sets are no more; begin anew"),
        };
    };
    let sent = cursor + sets.len() as u64;
    let size = match size {
        Some(size) => size,
        None if more => feed::count_sets(repository.pg).await?,
        None => sent,
    };
    let size = size.max(sent + u64::from(more));
    let (listing, prefix, after) = (Listing::Sets, String::new(), Position::behind(0));
    let next = Token { listing, prefix, set: Some(last.key), until: None, after, cursor: sent, size };
    let next = if more { next.write(repository.key) } else { None };
    Ok(render::sets(&sets, resumption(repository, next, cursor, size).as_ref()))
}
