//! Answers a request: looks up in the publication feed, and says it in XML.

mod sets;

use std::collections::HashMap;
use std::sync::Arc;

use fonds_projections::PgPool;
use fonds_projections::ProjectionError;
use fonds_projections::feed::{self, Contents, Format, Page, Position, Published, Span, Window};
use fonds_projections::harvests;
use fonds_schemas::{Addresses, ObjectId, Timestamp};

use super::ahead::Ahead;
use super::error::{Code, Error, Refusal};
use super::render::{self, Frame, Identity, Resumption, Stretch};
use super::request::{self, Asked, Question, Selection};
use super::token::{Key, List, Listing, Token};
use super::{Xml, date::Date, describe};
use crate::config::{ArchiveSettings, OaiSettings};
use crate::keeper::Keeper;

/// Records on one page of a list. A hundred thousand records take 200 requests, and a page of usual records stays below a
/// megabyte.
pub(super) const PAGE_RECORDS_MAX: u32 = 500;
/// Bytes of payload on one page: long records make it shorter, so that memory and harvesters' patience are bounded.
pub(super) const PAGE_BYTES_MAX: u32 = 2 << 20;
/// Seconds that a token is promised to be good for. It is not refused afterwards, because it stays right.
const TOKEN_SECONDS: i64 = 7 * 86_400;

/// What is known of the repository when a request comes in.
#[derive(Clone, Copy)]
pub struct Repository<'a> {
    /// Where the publication feed is.
    pub pg: &'a PgPool,
    /// The formats that it renders.
    pub formats: &'a [&'a dyn Format],
    /// The public addresses.
    pub addresses: &'a Addresses,
    /// The institution.
    pub archive: &'a ArchiveSettings,
    /// What harvesters are told of it.
    pub oai: &'a OaiSettings,
    /// The licence of the records, as a URI.
    pub record_rights: Option<&'a str>,
    /// Whether any object was harvested elsewhere: else none need be asked where it comes from.
    pub has_harvested: bool,
    /// What signs resumption tokens.
    pub key: &'a Key,
    /// Pages that were read ahead, and who knows whether they are still right; `None` reads each when it is asked for.
    pub ahead: Option<(&'a Ahead, &'a Keeper)>,
    /// How far the feed may be read.
    pub window: Window,
    /// Now.
    pub now: Timestamp,
}

/// Answers the request of that query and, for a POST, that form; both as they came.
pub async fn answer(repository: &Repository<'_>, query: &[u8], form: &[u8]) -> Result<Xml, Error> {
    let window = repository.window;
    let base = repository.addresses.oai();
    let asked = match request::parse(query, form) {
        Ok(asked) => asked,
        // §3.6: after badVerb and badArgument, `<request>` repeats no argument.
        Err(refusals) => return Ok(render::refused(window.watermark, &base, &[], &refusals)),
    };
    match content(repository, &window, &asked).await {
        Ok(content) => Ok(render::reply(window.watermark, &base, &asked.arguments, &content)),
        Err(Stop::Refused(refusal)) => {
            Ok(render::refused(window.watermark, &base, &asked.arguments, std::slice::from_ref(&refusal)))
        }
        Err(Stop::Failed(error)) => Err(error.into()),
    }
}

/// Why there is no content.
enum Stop {
    Refused(Refusal),
    Failed(ProjectionError),
}

impl From<ProjectionError> for Stop {
    fn from(error: ProjectionError) -> Self {
        Self::Failed(error)
    }
}

fn refuse<T>(code: Code, message: &str) -> Result<T, Stop> {
    Err(Stop::Refused(Refusal::new(code, message)))
}

async fn content(repository: &Repository<'_>, window: &Window, asked: &Asked) -> Result<String, Stop> {
    match &asked.question {
        Question::Identify => Ok(render::identify(&Identity {
            archive: repository.archive,
            oai: repository.oai,
            record_rights: repository.record_rights,
            base: &repository.addresses.oai(),
            host: host(repository.addresses),
            earliest: window.earliest,
        })),
        Question::Formats { identifier: None } => Ok(render::formats(repository.formats.iter().copied())),
        Question::Formats { identifier: Some(identifier) } => formats(repository, window, identifier).await,
        Question::Sets => sets::begin(repository).await,
        Question::MoreSets { token } => sets::resume(repository, token).await,
        Question::Begin { list, asked } => begin(repository, window, *list, asked).await,
        Question::Resume { list, token } => resume(repository, window, *list, token).await,
        Question::Record { identifier, prefix } => record(repository, window, identifier, prefix).await,
    }
}

/// The host that identifiers carry. An address that is no name (IPv6) cannot stand in an identifier.
fn host(addresses: &Addresses) -> &str {
    let host = addresses.host();
    let fits = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    if fits { host } else { "localhost" }
}

/// What all records of the repository have in common.
async fn frame<'a>(repository: &Repository<'a>, records: &[Published]) -> Result<Frame<'a>, Stop> {
    let about = describe::about(repository.record_rights);
    let told = records.iter().filter(|record| !record.deleted && !record.payload.is_empty());
    let objects: Vec<ObjectId> = told.map(|record| record.object).filter(|_| repository.has_harvested).collect();
    let origins = if objects.is_empty() { HashMap::new() } else { harvests::origins(repository.pg, &objects).await? };
    let origins = origins.into_iter().map(|(object, origins)| (object, describe::provenance(&origins))).collect();
    Ok(Frame { host: host(repository.addresses), about, origins })
}

fn object_of(addresses: &Addresses, identifier: &str) -> Option<ObjectId> {
    let local = identifier.strip_prefix("oai:")?.strip_prefix(host(addresses))?.strip_prefix(':')?;
    ObjectId::parse(local).ok()
}

/// The format's own name for its prefix, if it is offered.
fn known(repository: &Repository<'_>, prefix: &str) -> Option<&'static str> {
    repository.formats.iter().map(|format| format.prefix()).find(|known| *known == prefix)
}

async fn formats(repository: &Repository<'_>, window: &Window, identifier: &str) -> Result<String, Stop> {
    let prefixes = match object_of(repository.addresses, identifier) {
        Some(object) => feed::prefixes(repository.pg, window.through, object).await?,
        None => Vec::new(),
    };
    if prefixes.is_empty() {
        return refuse(Code::IdDoesNotExist, "there is no item of this identifier");
    }
    let has = |format: &&dyn Format| prefixes.iter().any(|prefix| prefix == format.prefix());
    let formats: Vec<_> = repository.formats.iter().copied().filter(has).collect();
    if formats.is_empty() {
        return refuse(Code::NoMetadataFormats, "no format is offered for this item any more");
    }
    Ok(render::formats(formats.into_iter()))
}

async fn record(repository: &Repository<'_>, window: &Window, identifier: &str, prefix: &str) -> Result<String, Stop> {
    let known = known(repository, prefix).is_some();
    let Some(object) = object_of(repository.addresses, identifier) else {
        return refuse(Code::IdDoesNotExist, "there is no item of this identifier");
    };
    let record = if known { feed::record(repository.pg, window.through, object, prefix).await? } else { None };
    if let Some(record) = record {
        return Ok(render::record(&frame(repository, std::slice::from_ref(&record)).await?, &record));
    }
    if feed::prefixes(repository.pg, window.through, object).await?.is_empty() {
        return refuse(Code::IdDoesNotExist, "there is no item of this identifier");
    }
    refuse(Code::CannotDisseminateFormat, "this item is not offered in this format")
}

async fn begin(repository: &Repository<'_>, window: &Window, list: List, asked: &Selection) -> Result<String, Stop> {
    let Selection { prefix, from, until, set } = asked;
    let Some(known) = known(repository, prefix) else {
        return refuse(Code::CannotDisseminateFormat, "this repository does not offer this format");
    };
    let set = match set {
        Some(spec) => Some(sets::find(repository, spec).await?),
        None => None,
    };
    let after = match from {
        // Rows are ordered by the event that made them and datestamps never decrease in it: a date is a place.
        Some(from) => feed::through_at(repository.pg, from.first_second() - 1).await?,
        None => 0,
    };
    let (after, until) = (Position::behind(after), until.map(Date::last_second));
    let listing = Listing::Records(list);
    let token = Token { listing, prefix: prefix.clone(), set, until, after, cursor: 0, size: 0 };
    let span = span(repository, window, &token, known).await?;
    let size = feed::count(repository.pg, &span).await?;
    if size == 0 {
        return refuse(Code::NoRecordsMatch, "no record changed in that time");
    }
    let page = page(repository, &span, list).await?;
    stretch(repository, list, &Token { size, ..token }, &page).await
}

async fn resume(repository: &Repository<'_>, window: &Window, list: List, token: &str) -> Result<String, Stop> {
    let token = Token::read(token, Listing::Records(list), repository.key);
    let known = token.as_ref().and_then(|token| known(repository, &token.prefix));
    let (Some(token), Some(known)) = (token, known) else {
        return refuse(Code::BadResumptionToken, "this is no resumption token of this list and this repository");
    };
    if let Some(set) = token.set
        && feed::set_of_key(repository.pg, set).await?.is_none()
    {
        return refuse(Code::BadResumptionToken, "the set of this list is no more");
    }
    let span = span(repository, window, &token, known).await?;
    let page = page(repository, &span, list).await?;
    if page.records.is_empty() {
        // A list has one record at least. This one had more when the token was made, but they have changed since, to a
        // date after `until`: the next harvest from there has them.
        return refuse(Code::BadResumptionToken, "everything further in this list has changed since; begin anew");
    }
    stretch(repository, list, &token, &page).await
}

/// Without `until` the window moves on during a harvest, so that a record that changes while the list is read comes at
/// its end; with one, it comes with the next harvest.
async fn span(
    repository: &Repository<'_>,
    window: &Window,
    token: &Token,
    prefix: &'static str,
) -> Result<Span<'static>, Stop> {
    let through = match token.until {
        Some(until) if until < window.watermark => feed::through_at(repository.pg, until).await?,
        Some(_) | None => window.through,
    };
    let Token { set, after, .. } = token;
    Ok(Span { prefix, set: *set, after: *after, through, visible: window.through })
}

async fn page(repository: &Repository<'_>, span: &Span<'static>, list: List) -> Result<Arc<Page>, Stop> {
    let contents = match (list, repository.ahead) {
        (List::Identifiers, _) => Contents::Headers,
        (List::Records, None) => Contents::Payloads { bytes_max: PAGE_BYTES_MAX },
        (List::Records, Some((ahead, keeper))) => return Ok(ahead.page(repository.pg, keeper, *span).await?),
    };
    Ok(Arc::new(feed::page(repository.pg, span, PAGE_RECORDS_MAX, contents).await?))
}

/// The page that a list shows after `token`, with the token of the next one.
async fn stretch(repository: &Repository<'_>, list: List, token: &Token, page: &Page) -> Result<String, Stop> {
    let sent = token.cursor + page.records.len() as u64;
    // Records may have come while the list was read: the size never contradicts what was sent.
    let size = token.size.max(sent + u64::from(page.more));
    let next = match page.records.last().filter(|_| page.more) {
        Some(Published { from_seq, object, .. }) => {
            let after = Position { seq: *from_seq, object: Some(*object) };
            let next = Token { after, cursor: sent, size, ..token.clone() };
            let Some(text) = next.write(repository.key) else {
                return refuse(Code::CannotDisseminateFormat, "the name of this format is too long for a list");
            };
            Some(text)
        }
        None => None,
    };
    let resumption = resumption(repository, next, token.cursor, size);
    Ok(render::list(&Stretch {
        list,
        frame: frame(repository, &page.records).await?,
        records: &page.records,
        resumption: resumption.as_ref(),
    }))
}

/// What ends a page: nothing where it is the only one, an empty token where it is the last.
fn resumption(repository: &Repository<'_>, next: Option<String>, cursor: u64, size: u64) -> Option<Resumption> {
    let expires = repository.now.seconds() + TOKEN_SECONDS;
    (next.is_some() || cursor > 0).then(|| Resumption { text: next.unwrap_or_default(), expires, size, cursor })
}
