//! How far a list is, what is asked next, and what is complete when it ends. Pure: nothing is asked here.
//!
//! A repository tells what changed from a moment on. What it changed while a list was read may be in that list or not
//! (OAI-PMH 2.0, section 3.5.1), so complete is only what was changed before the list began, by the repository's own clock,
//! and one step less: a second or a day that was not over may have brought more.

use chrono::NaiveDate;
use fonds_projections::harvests::State;
use fonds_schemas::Timestamp;

use crate::ingest::xml::answer::is_moment;

const SECONDS_A_DAY: i64 = 86_400;

/// How exactly a repository tells when something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// To the day.
    Days,
    /// To the second.
    Seconds,
}

/// Which end of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its beginning.
    From,
    /// Its end.
    Until,
}

impl Granularity {
    /// Reads what `Identify` says; a repository that says nothing that is known has the one that all understand.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.trim().eq_ignore_ascii_case("YYYY-MM-DDThh:mm:ssZ") { Self::Seconds } else { Self::Days }
    }

    /// A moment that somebody names, as this repository wants it: one end of a day, or the day of a second.
    pub fn fit(self, text: &str, end: End) -> Result<String, String> {
        let wrong = || format!("{text:?} is neither a day (2026-11-21) nor a second (2026-11-21T10:00:00Z) of UTC");
        if !is_moment(text) {
            return Err(wrong());
        }
        let day = text.get(..10).unwrap_or_default();
        NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_no_day| wrong())?;
        if text.len() > day.len() {
            Timestamp::parse(text).map_err(|_no_moment| wrong())?;
        }
        Ok(match (self, text.len() > day.len(), end) {
            (Self::Days, _, _) => day.to_owned(),
            (Self::Seconds, true, _) => text.to_owned(),
            (Self::Seconds, false, End::From) => format!("{day}T00:00:00Z"),
            (Self::Seconds, false, End::Until) => format!("{day}T23:59:59Z"),
        })
    }

    /// The step before a moment that the repository wrote; `None` where it wrote none.
    #[must_use]
    pub fn before(self, moment: &str) -> Option<String> {
        let seconds = Timestamp::parse(moment.trim()).ok()?.seconds();
        let step = match self {
            Self::Days => SECONDS_A_DAY,
            Self::Seconds => 1,
        };
        let before = Timestamp::from_micros((seconds - step).checked_mul(1_000_000)?).to_seconds_string();
        Some(match self {
            Self::Days => before.get(..10)?.to_owned(),
            Self::Seconds => before,
        })
    }
}

/// A list that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The format.
    pub prefix: String,
    /// The set.
    pub set: Option<String>,
    /// Its `from`.
    pub from: Option<String>,
    /// Its `until`.
    pub until: Option<String>,
    /// When the repository answered its first page; empty before.
    pub started: String,
    /// What continues it; none before the first page.
    pub token: Option<String>,
    /// What was complete before.
    pub complete: Option<String>,
    granularity: Granularity,
}

impl List {
    /// The list to read: the one that somebody asks for; else the last one, where it did not end; else what changed since
    /// the last one that did.
    #[must_use]
    pub fn next(
        (prefix, set): (&str, Option<&str>),
        (from, until): (Option<String>, Option<String>),
        state: Option<&State>,
        granularity: Granularity,
    ) -> Self {
        let complete = state.and_then(|state| state.complete.clone());
        let named = from.is_some() || until.is_some();
        let begun = state.filter(|state| state.token.is_some());
        let is_same = |state: &&State| !named || (state.from == from && state.until == until);
        let (prefix, set) = (prefix.to_owned(), set.map(str::to_owned));
        if let Some(state) = begun.filter(is_same) {
            let State { from, until, started, token, .. } = state.clone();
            return Self { prefix, set, from, until, started, token, complete, granularity };
        }
        // A repository may have changed what it tells; it is asked in the words that it understands now.
        let since = complete.as_deref().and_then(|since| granularity.fit(since, End::From).ok());
        let from = from.or(since);
        Self { prefix, set, from, until, started: String::new(), token: None, complete, granularity }
    }

    /// The arguments of the next request.
    #[must_use]
    pub fn arguments(&self) -> Vec<(&str, &str)> {
        let mut arguments = vec![("verb", "ListRecords")];
        if let Some(token) = &self.token {
            arguments.push(("resumptionToken", token));
            return arguments;
        }
        arguments.push(("metadataPrefix", &self.prefix));
        let optional = [("set", &self.set), ("from", &self.from), ("until", &self.until)];
        arguments.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
        arguments
    }

    /// A page came.
    pub fn answered(&mut self, response_date: &str) {
        if self.started.is_empty() {
            response_date.clone_into(&mut self.started);
        }
    }

    /// The list is to be read from its beginning.
    pub fn begin_anew(&mut self) {
        self.token = None;
        self.started.clear();
    }

    /// Goes on with that token. Without one the list has ended; then what is complete moves, unless the list began later
    /// than where that was.
    pub fn go_on(&mut self, token: Option<String>) {
        let has_ended = token.is_none();
        self.token = token;
        if !has_ended {
            return;
        }
        let follows = match (&self.from, &self.complete) {
            (None, _) => true,
            (Some(from), Some(complete)) => from <= complete,
            (Some(_), None) => false,
        };
        let Some(through) = self.granularity.before(&self.started).filter(|_| follows) else { return };
        self.complete = match &self.until {
            None => Some(through),
            // A stretch that lies in the past tells nothing about what came after it.
            Some(until) => Some(through.min(until.clone())).max(self.complete.take()),
        };
    }
}

#[cfg(test)]
mod tests {
    use fonds_schemas::HarvestId;

    use super::*;

    fn state(from: Option<&str>, token: Option<&str>, complete: Option<&str>) -> State {
        State {
            harvest: HarvestId::derived("b", "p", None),
            version: 3,
            base_url: "b".to_owned(),
            namespace: "b".to_owned(),
            prefix: "p".to_owned(),
            set: None,
            from: from.map(str::to_owned),
            until: None,
            started: "2026-11-21T10:00:00Z".to_owned(),
            token: token.map(str::to_owned),
            complete: complete.map(str::to_owned),
            recorded_at: Timestamp::from_micros(0),
        }
    }

    /// What is asked after that state, by who names a `from` or nothing.
    fn check(state: Option<&State>, named: Option<&str>, asked: &[(&str, &str)]) {
        let list = List::next(("p", None), (named.map(str::to_owned), None), state, Granularity::Seconds);
        let arguments = list.arguments();
        assert_eq!(&arguments[1..], asked);
    }

    #[test]
    fn the_first_harvest_asks_for_everything() {
        check(None, None, &[("metadataPrefix", "p")]);
    }
    #[test]
    fn a_list_that_did_not_end_goes_on() {
        let state = state(None, Some("t"), None);
        check(Some(&state), None, &[("resumptionToken", "t")]);
    }
    #[test]
    fn a_list_that_ended_is_followed_by_what_changed() {
        let state = state(None, None, Some("2026-11-21T09:59:59Z"));
        check(Some(&state), None, &[("metadataPrefix", "p"), ("from", "2026-11-21T09:59:59Z")]);
    }
    #[test]
    fn what_somebody_names_is_asked_for() {
        let state = state(None, Some("t"), Some("2026-11-21T09:59:59Z"));
        check(Some(&state), Some("2020-01-01T00:00:00Z"), &[("metadataPrefix", "p"), ("from", "2020-01-01T00:00:00Z")]);
    }

    /// What is complete after a list of that stretch ended that began at ten, where that was complete before.
    fn check_ended(granularity: Granularity, stretch: (&str, &str), before: &str, after: &str) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let mut list = List {
            prefix: "p".to_owned(),
            set: None,
            from: some(stretch.0),
            until: some(stretch.1),
            started: String::new(),
            token: None,
            complete: some(before),
            granularity,
        };
        list.answered("2026-11-21T10:00:00Z");
        list.go_on(Some("t".to_owned()));
        list.answered("2026-11-21T10:05:00Z");
        assert_eq!(list.complete, some(before));
        list.go_on(None);
        assert_eq!(list.complete, some(after));
    }

    #[test]
    fn complete_is_what_changed_before_the_list_began() {
        check_ended(Granularity::Seconds, ("", ""), "", "2026-11-21T09:59:59Z");
        check_ended(Granularity::Days, ("", ""), "", "2026-11-20");
        check_ended(Granularity::Days, ("2026-10-01", ""), "2026-10-01", "2026-11-20");
    }
    #[test]
    fn a_list_with_an_end_is_complete_up_to_there() {
        check_ended(Granularity::Days, ("", "2026-11-01"), "", "2026-11-01");
        check_ended(Granularity::Days, ("", "2027-01-01"), "", "2026-11-20");
    }
    #[test]
    fn a_stretch_that_leaves_a_gap_completes_nothing() {
        check_ended(Granularity::Days, ("2026-11-10", ""), "2026-11-01", "2026-11-01");
        check_ended(Granularity::Days, ("2026-11-10", ""), "", "");
    }
    #[test]
    fn a_stretch_in_the_past_takes_nothing_back() {
        check_ended(Granularity::Days, ("2020-01-01", "2020-12-31"), "2026-11-01", "2026-11-01");
    }
    #[test]
    fn a_moment_is_written_as_the_repository_wants_it() {
        let fit = |granularity: Granularity, text: &str, end| granularity.fit(text, end);
        assert_eq!(fit(Granularity::Days, "2026-11-21T10:00:00Z", End::From).unwrap(), "2026-11-21");
        assert_eq!(fit(Granularity::Seconds, "2026-11-21", End::From).unwrap(), "2026-11-21T00:00:00Z");
        assert_eq!(fit(Granularity::Seconds, "2026-11-21", End::Until).unwrap(), "2026-11-21T23:59:59Z");
        for wrong in ["2026-02-30", "yesterday", "2026-11-21T25:00:00Z", "2026-11-21T10:00:00+01:00", ""] {
            assert!(fit(Granularity::Days, wrong, End::From).is_err(), "{wrong}");
        }
    }
    #[test]
    fn a_repository_whose_clock_is_not_understood_completes_nothing() {
        assert_eq!(Granularity::Seconds.before("now"), None);
        assert_eq!(
            Granularity::Seconds.before(" 2026-11-21T10:00:00.5+00:00"),
            Some("2026-11-21T09:59:59Z".to_owned())
        );
    }
}
