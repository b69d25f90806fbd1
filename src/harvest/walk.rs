//! The walk through a list, page by page, until it ends or leads nowhere.

use std::collections::HashSet;
use std::sync::Arc;

use fonds_schemas::{HarvestId, Sha256};

use super::client::Client;
use super::limits::{EMPTY_PAGES_MAX, PAGE_BYTES_MAX, PAGES_MAX, RESTARTS_MAX, TOKEN_BYTES_MAX};
use super::list::List;
use super::page::{self, Page, Reading};
use super::repository::Offered;
use super::{HarvestError, Report, Request};
use crate::archive::Archive;
use crate::commands::Acting;
use crate::ingest::problem::{Place, Problem, chain, escape};
use crate::ingest::run::Run;
use crate::ingest::xml::crosswalk::Crosswalk;

/// A harvest on its way.
pub(super) struct Walk<'a> {
    pub(super) archive: &'a Archive,
    pub(super) request: &'a Request,
    pub(super) client: Client,
    pub(super) run: Run<'a>,
    pub(super) crosswalks: Arc<[Crosswalk]>,
    pub(super) namespace: String,
    pub(super) format: Offered,
    pub(super) list: List,
    pub(super) harvest: HarvestId,
    /// The version of its stream.
    pub(super) version: Option<u64>,
    pub(super) report: Report,
    pub(super) tell: &'a mut (dyn FnMut(&Report) + Send),
}

/// What a page leads to.
enum Step {
    /// The next one.
    On,
    /// Nowhere any more, well or badly.
    Over,
}

/// What is remembered of the pages before.
#[derive(Default)]
struct Seen {
    /// Digests of the tokens that were asked for.
    tokens: HashSet<Sha256>,
    empty: u32,
    /// Whether a page of this run was taken in.
    any: bool,
}

impl Walk<'_> {
    /// Walks on. Where the repository does not answer any more, what came before is told; an error is told alone only where
    /// nothing came.
    pub(super) async fn finish(mut self) -> Result<Report, HarvestError> {
        let walked = self.walk().await;
        self.report.retries = self.client.retries;
        if let Some(batch) = self.run.batch() {
            self.report.batch = Some(batch);
            let acting = Acting { agent: self.request.agent, on_behalf_of: None, batch };
            self.archive.close_batch(acting, self.report.counts).await?;
        }
        match walked {
            Ok(()) => Ok(self.report),
            Err(error @ (HarvestError::Ask(_) | HarvestError::NotOai { .. } | HarvestError::Refused { .. }))
                if self.report.pages > 0 =>
            {
                let place = Place::file(self.request.base.as_str());
                self.report
                    .note(Problem::refused(place, format!("{}; the list was not read to its end", chain(&error))));
                Ok(self.report)
            }
            Err(error) => Err(error),
        }
    }

    async fn walk(&mut self) -> Result<(), HarvestError> {
        let mut seen = Seen::default();
        while self.report.pages < PAGES_MAX {
            if let Some(token) = &self.list.token {
                seen.tokens.insert(Sha256::of(token.as_bytes()));
            }
            match self.next(&mut seen).await? {
                Step::On => {}
                Step::Over => return Ok(()),
            }
        }
        self.refuse(format!("the list has more than {PAGES_MAX} pages; the next harvest goes on from here"));
        Ok(())
    }

    /// Takes note of what ends the walk before the list ends.
    fn refuse(&mut self, why: String) {
        let place = Place::file(self.request.base.as_str());
        self.report.note(Problem::refused(place, why));
    }

    /// Asks for the next page and takes it in.
    async fn next(&mut self, seen: &mut Seen) -> Result<Step, HarvestError> {
        let page = match self.page().await {
            Ok(page) => page,
            // Some repositories refuse a token that has expired in words of their own.
            Err(HarvestError::Ask(super::AskError::Refused { why, .. }) | HarvestError::NotOai { why, .. })
                if self.report.resumed && !seen.any && self.list.token.is_some() =>
            {
                return self.begin_anew(&why, seen);
            }
            Err(error) => return Err(error),
        };
        let codes: Vec<&str> = page.answer.errors.iter().map(|error| error.code.as_str()).collect();
        let is_lost = codes.contains(&"badResumptionToken") || (self.report.resumed && !seen.any);
        if codes.iter().any(|code| *code != "noRecordsMatch") {
            let said =
                page.answer.errors.iter().map(|error| format!("{}: {}", escape(&error.code), escape(&error.text)));
            let why = said.collect::<Vec<_>>().join("; ");
            if self.list.token.is_some() && is_lost {
                return self.begin_anew(&why, seen);
            }
            return Err(HarvestError::Refused { base: self.client.base().to_owned(), why });
        }
        seen.any = true;
        self.take(page, seen).await
    }

    /// Begins the list again where it began: what is here already costs nothing but its way.
    fn begin_anew(&mut self, why: &str, seen: &mut Seen) -> Result<Step, HarvestError> {
        self.report.restarts += 1;
        if self.report.restarts > u64::from(RESTARTS_MAX) {
            let why =
                format!("{why}; the list was begun anew {RESTARTS_MAX} times, and its tokens are never good for long");
            return Err(HarvestError::Refused { base: self.client.base().to_owned(), why });
        }
        let since = self.list.from.clone().unwrap_or_else(|| "its beginning".to_owned());
        let why = format!("its token is no longer good ({why}): the list is asked for anew, from {since}");
        self.report.note(Problem::warning(Place::file(self.request.base.as_str()), why));
        self.list.begin_anew();
        self.report.size = None;
        seen.tokens.clear();
        Ok(Step::On)
    }

    /// Asks for a page until one comes that can be read; a broken one once again, because it may have broken on its way.
    async fn page(&mut self) -> Result<Page, HarvestError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let arguments = self.list.arguments();
            let body = self.client.ask(&arguments, PAGE_BYTES_MAX).await?;
            let reading = Reading {
                crosswalks: Arc::clone(&self.crosswalks),
                name: format!("{}, page {}", self.client.base(), self.report.pages + 1).into(),
                namespace: self.namespace.clone(),
                rows: self.report.records,
            };
            let page = tokio::task::spawn_blocking(move || page::read(body, &reading)).await?;
            let is_one = !page.answer.response_date.is_empty() || !page.answer.records.is_empty();
            if is_one && (!page.is_broken || tries > 1) {
                return Ok(page);
            }
            if tries > 1 {
                let why = page.problems.first().map_or("it is no answer of OAI-PMH".to_owned(), ToString::to_string);
                let (base, asked) = (self.client.base().to_owned(), "ListRecords".to_owned());
                return Err(HarvestError::NotOai { base, asked, why });
            }
            self.client.retries += 1;
        }
    }

    /// Takes in a page, and says where it leads.
    async fn take(&mut self, page: Page, seen: &mut Seen) -> Result<Step, HarvestError> {
        let resumption = page.answer.resumption.clone();
        let is_single = resumption.is_none() && self.list.token.is_none();
        let token = resumption.as_ref().map(|one| one.token.clone()).filter(|token| !token.is_empty());
        let is_empty = page.answer.records.is_empty();
        seen.empty = if is_empty { seen.empty + 1 } else { 0 };
        self.report.size = resumption.and_then(|one| one.size).or(self.report.size);
        let stop = Self::leads_nowhere(token.as_deref(), seen);
        self.list.answered(&page.answer.response_date);
        // A page of which the end was lost is asked for again by the next harvest; so is a list that leads nowhere.
        let is_cut = page.is_cut && page.answer.resumption.is_none();
        let leads = match (&stop, is_cut) {
            (None, false) => Leads::To(token),
            (None, true) => Leads::Nowhere,
            (Some(_), _) => Leads::Back,
        };
        let has_ended = leads == Leads::To(None);
        let keeps = if is_single { super::keep::Keeps::News } else { super::keep::Keeps::Always };
        self.keep(page, leads, keeps).await?;
        (self.tell)(&self.report);
        if let Some(why) = stop {
            self.refuse(why);
            return Ok(Step::Over);
        }
        if is_cut {
            self.refuse("the end of a page cannot be read, and with it what continues the list".to_owned());
            return Ok(Step::Over);
        }
        self.report.ended = has_ended;
        Ok(if has_ended { Step::Over } else { Step::On })
    }

    /// Why a token leads nowhere, if it does.
    fn leads_nowhere(token: Option<&str>, seen: &Seen) -> Option<String> {
        let token = token?;
        if token.len() > TOKEN_BYTES_MAX {
            let bytes = token.len();
            return Some(format!(
                "its token has {bytes} bytes, at most {TOKEN_BYTES_MAX} are sent back: the list ends here"
            ));
        }
        if token.contains(char::is_control) {
            return Some("its token holds a control character, which is not sent back: the list ends here".to_owned());
        }
        if seen.tokens.contains(&Sha256::of(token.as_bytes())) {
            return Some("it gives a token for the second time, which would never end: the list ends here".to_owned());
        }
        if seen.empty >= EMPTY_PAGES_MAX {
            return Some(format!("{EMPTY_PAGES_MAX} pages in a row bring no record and lead on: the list ends here"));
        }
        None
    }
}

/// Where a page leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leads {
    /// To the next one, or to the end of the list.
    To(Option<String>),
    /// To itself: it is asked for again.
    Nowhere,
    /// To the beginning: the list cannot be read further, and the next harvest begins it anew.
    Back,
}
