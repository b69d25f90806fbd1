//! Harvesting other repositories by OAI-PMH 2.0: their records become objects here, and what changes there changes here.
//!
//! ```text
//! client (HTTP) → page (records, headers, provenance) → ingest (compare, append) → Harvested (how far) → next page
//! ```
//!
//! A page is asked for when everything of the one before is durable, and then the ledger says so: a harvest that was killed
//! asks for the same page again, finds what it had, and goes on. An object's id follows from the base URL and the identifier
//! there. Whatever comes is hostile until it is a plan. Source: OAI-PMH 2.0 and its Implementation Guidelines.

pub mod address;
mod client;
mod formats;
mod keep;
pub mod limits;
mod list;
mod page;
mod report;
mod repository;
mod walk;

use fonds_projections::{ProjectionError, harvests};
use fonds_schemas::{AgentId, HarvestId, Sha256};

pub use address::{BadBase, Base};
pub use client::AskError;
pub use report::Report;

use self::client::{Caller, Client};
use self::limits::Manners;
use self::list::{End, Granularity, List};
use self::repository::{Chosen, Identity, Offered};
use self::walk::Walk;
use crate::archive::Archive;
use crate::commands::CommandError;
use crate::config::Settings;
use crate::ingest::problem::escape;
use crate::ingest::profile::BadProfile;
use crate::ingest::xml::crosswalk::Crosswalk;
use crate::ingest::{self, IngestError};
use crate::keeper::KeeperError;

impl From<IngestError> for HarvestError {
    fn from(error: IngestError) -> Self {
        Self::Ingest(Box::new(error))
    }
}

impl From<CommandError> for HarvestError {
    fn from(error: CommandError) -> Self {
        Self::Command(Box::new(error))
    }
}

/// What is to be harvested, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The repository.
    pub base: Base,
    /// The format; chosen if not said.
    pub prefix: Option<String>,
    /// Only this set.
    pub set: Option<String>,
    /// Only what changed from that day or second on; what is not known yet if not said.
    pub from: Option<String>,
    /// Only what changed until then.
    pub until: Option<String>,
    /// The crosswalk: the name of a shipped one or a file. The record's format decides if not said.
    pub map: Option<String>,
    /// Whose numbering the identifiers are: the base URL if not said.
    pub namespace: Option<String>,
    /// What people call the batch.
    pub label: Option<String>,
    /// Whether only to say what would happen.
    pub check: bool,
    /// Who acts.
    pub agent: AgentId,
    /// How patient to be.
    pub manners: Manners,
}

/// Why a harvest ended early. What was taken in before stays, and the next one goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum HarvestError {
    /// An argument that OAI-PMH does not allow.
    #[error("{what} {given:?} cannot be: {why}")]
    Argument {
        /// Which.
        what: &'static str,
        /// What was given.
        given: String,
        /// What is wrong.
        why: String,
    },
    /// It did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What answered is no repository.
    #[error("{base} did not answer {asked} as OAI-PMH does: {why}")]
    NotOai {
        /// Who.
        base: String,
        /// What was asked.
        asked: String,
        /// What came.
        why: String,
    },
    /// It refuses the list.
    #[error("{base} refuses the list: {why}")]
    Refused {
        /// Who.
        base: String,
        /// What it says.
        why: String,
    },
    /// None of its formats is read here.
    #[error("{base} offers no format that is read here; it has {offered}")]
    NoFormat {
        /// Who.
        base: String,
        /// What it has.
        offered: String,
    },
    /// It does not have that format.
    #[error("{base} does not offer the format {prefix:?}; it has {offered}")]
    NotOffered {
        /// Who.
        base: String,
        /// Which.
        prefix: String,
        /// What it has.
        offered: String,
    },
    /// Another numbering than before: every object would come a second time.
    #[error("its records were numbered by {before:?} until now; with {now:?} each would become a second object")]
    Namespace {
        /// Until now.
        before: String,
        /// What is asked for.
        now: String,
    },
    /// The crosswalk cannot be used.
    #[error(transparent)]
    Profile(#[from] BadProfile),
    /// What was read could not be taken in.
    #[error("could not take in what was harvested")]
    Ingest(#[source] Box<IngestError>),
    /// A projection could not answer.
    #[error("could not look up what was harvested before")]
    Projection(#[from] ProjectionError),
    /// The archive refused.
    #[error("could not record the harvest; what was taken in before stays, and the next one goes on from there")]
    Command(#[source] Box<CommandError>),
    /// The projections did not catch up.
    #[error("could not wait for the projections")]
    Keeper(#[from] KeeperError),
    /// A thread of the harvest ended early.
    #[error("a thread of the harvest ended early")]
    Thread(#[from] tokio::task::JoinError),
}

/// Harvests. When it returns, everything is durable; that projections have caught up is for the caller to wait for. `tell`
/// hears after every page how far it is.
pub async fn harvest(
    archive: &Archive,
    request: &Request,
    tell: &mut (dyn FnMut(&Report) + Send),
) -> Result<Report, HarvestError> {
    check(request)?;
    let crosswalks = crosswalks(request.map.as_deref())?;
    // What an earlier harvest recorded, also one that was killed, must be known.
    archive.settle().await?;
    let caller = caller(&archive.settings);
    let mut client = Client::new(request.base.clone(), &caller, request.manners, archive.clock.clone())?;
    let identity = repository::identify(&mut client).await?;
    let chosen = format(archive, request, &mut client).await?;
    let (base, set) = (request.base.as_str(), request.set.as_deref());
    let harvest = HarvestId::derived(base, &chosen.format.prefix, set);
    let state = harvests::state(&archive.stores.pg, harvest).await?;
    let before = state.as_ref().map(|state| state.namespace.clone());
    let namespace = match (&request.namespace, before) {
        (Some(now), Some(before)) if *now != before => {
            return Err(HarvestError::Namespace { before, now: now.clone() });
        }
        (_, Some(before)) => before,
        (Some(now), None) => now.clone(),
        (None, None) => base.to_owned(),
    };
    let stretch =
        (fit(&identity, request.from.as_deref(), End::From)?, fit(&identity, request.until.as_deref(), End::Until)?);
    let list = List::next((&chosen.format.prefix, set), stretch, state.as_ref(), identity.granularity);
    let report = begin(request, &identity, &chosen, harvest, &list);
    let profile = profile(&crosswalks, &chosen.format);
    // The pipeline of ingest, which reads no file here.
    let taking = ingest::Request {
        path: std::path::PathBuf::new(),
        map: None,
        namespace: None,
        label: Some(request.label.clone().unwrap_or_else(|| format!("Harvest of {base}"))),
        check: request.check,
        agent: request.agent,
    };
    let reason = format!("harvested from {base}");
    let run = ingest::run::Run::over(archive, &taking, base.to_owned(), profile, reason);
    let walk = Walk {
        archive,
        request,
        client,
        run,
        crosswalks: crosswalks.into(),
        namespace,
        format: chosen.format,
        list,
        harvest,
        version: state.map(|state| state.version),
        report,
        tell,
    };
    walk.finish().await
}

fn begin(request: &Request, identity: &Identity, chosen: &Chosen, harvest: HarvestId, list: &List) -> Report {
    Report {
        source: request.base.as_str().to_owned(),
        repository: identity.name.clone(),
        prefix: chosen.format.prefix.clone(),
        why: chosen.why.clone(),
        set: request.set.clone(),
        harvest,
        check: request.check,
        resumed: list.token.is_some(),
        from: list.from.clone(),
        until: list.until.clone(),
        batch: None,
        pages: 0,
        records: 0,
        size: None,
        counts: fonds_schemas::event::BatchCounts::default(),
        deleted: 0,
        withdrawn: 0,
        retries: 0,
        restarts: 0,
        warnings: 0,
        notes: 0,
        ended: false,
        complete: list.complete.clone(),
        unmapped: std::collections::BTreeMap::new(),
        problems: Vec::new(),
        problems_not_kept: 0,
    }
}

/// Refuses arguments before anybody is asked.
fn check(request: &Request) -> Result<(), HarvestError> {
    for (what, given) in [("the format", &request.prefix), ("the set", &request.set)] {
        if let Some(given) = given.as_deref().filter(|given| !repository::is_word(given)) {
            let why = "OAI-PMH allows letters, digits and -_.!~*'() in it".to_owned();
            return Err(HarvestError::Argument { what, given: escape(given), why });
        }
    }
    for (what, given) in [("from", &request.from), ("until", &request.until)] {
        if let Some(given) = given {
            let wrong = |why| HarvestError::Argument { what, given: escape(given), why };
            Granularity::Days.fit(given, End::From).map_err(wrong)?;
        }
    }
    let namespace = request.namespace.as_deref();
    if let Some(given) =
        namespace.filter(|name| name.is_empty() || name.len() > limits::ADDRESS_BYTES_MAX || name.contains('\0'))
    {
        let why = format!("it is empty, longer than {} bytes or holds a NUL", limits::ADDRESS_BYTES_MAX);
        let given = escape(given);
        return Err(HarvestError::Argument { what: "the namespace", given, why });
    }
    Ok(())
}

fn fit(identity: &Identity, given: Option<&str>, end: End) -> Result<Option<String>, HarvestError> {
    let what = if end == End::From { "from" } else { "until" };
    let wrong = |why| HarvestError::Argument { what, given: given.unwrap_or_default().to_owned(), why };
    given.map(|given| identity.granularity.fit(given, end).map_err(wrong)).transpose()
}

/// The formats that are read: those that fonds ships, or the one that somebody names.
fn crosswalks(map: Option<&str>) -> Result<Vec<Crosswalk>, HarvestError> {
    let crosswalks = match map {
        None => Crosswalk::shipped()?,
        Some(name) => {
            let Some(crosswalk) = Crosswalk::named(name)? else {
                let why = "it maps the columns of tables, and records have none".to_owned();
                return Err(HarvestError::Argument { what: "the crosswalk", given: name.to_owned(), why });
            };
            vec![crosswalk]
        }
    };
    Ok(crosswalks.into_iter().map(Crosswalk::of_repository).collect())
}

/// The name and the digest of what reads that format.
fn profile(crosswalks: &[Crosswalk], format: &Offered) -> (String, Sha256) {
    let known = formats::readable(std::slice::from_ref(format)).first().map(|(_, readable)| readable.crosswalk);
    let used = crosswalks.iter().find(|crosswalk| Some(crosswalk.name.as_str()) == known);
    let used = used.or_else(|| Some(crosswalks).filter(|all| all.len() == 1)?.first());
    if let Some(crosswalk) = used {
        return (crosswalk.name.clone(), crosswalk.sha256);
    }
    let digests: Vec<String> = crosswalks.iter().map(|crosswalk| crosswalk.sha256.to_string()).collect();
    ("oai-pmh".to_owned(), Sha256::of(digests.join("\n").as_bytes()))
}

/// The format to harvest: the one that is named, the one of before, or the richest.
async fn format(archive: &Archive, request: &Request, client: &mut Client) -> Result<Chosen, HarvestError> {
    let offered = repository::formats(client).await?;
    let before = harvests::states_of(&archive.stores.pg, request.base.as_str()).await?;
    let before = before.into_iter().find(|state| state.set == request.set).map(|state| state.prefix);
    let named = request.prefix.clone().map(|prefix| (prefix, "it was asked for"));
    let wanted = named.or_else(|| before.map(|prefix| (prefix, "it was harvested before")));
    let Some((prefix, why)) = wanted else {
        return repository::choose(client, &offered, request.set.as_deref()).await;
    };
    if let Some(format) = offered.iter().find(|format| format.prefix == prefix) {
        return Ok(Chosen { format: format.clone(), why: why.to_owned() });
    }
    let offered: Vec<&str> = offered.iter().map(|format| format.prefix.as_str()).collect();
    Err(HarvestError::NotOffered { base: client.base().to_owned(), prefix, offered: offered.join(", ") })
}

/// Who asks. What nobody configured is not said: nobody reads the default mail, and nobody reaches a loopback address.
fn caller(settings: &Settings) -> Caller {
    let email = &settings.archive.email;
    let is_default = *email == crate::config::ArchiveSettings::default().email;
    Caller { home: settings.public_url.clone(), email: (!is_default).then(|| email.clone()) }
}
