//! Asks any OAI-PMH repository whether it keeps the rules, one request at a time, and says so rule by rule.
//!
//! The rules are a table (`rules.rs`). They go through what the validator of the specification's own site asks
//! (`HTTP::OAIPMH::Validator`), and through what it leaves out: repeated arguments, deletions, tokens used twice, packed replies. Whatever is
//! there is taken as it is: nothing is assumed to be in the repository, and what cannot be seen is said to be unseen.

mod ask;
mod judge;
mod known;
pub(crate) mod reply;
mod rules;

use std::sync::Arc;

use serde::Serialize;

use ask::{Answer, Asker};
use known::{Asking, Known};

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "why")]
pub enum Verdict {
    /// It is kept.
    Ok,
    /// It is not.
    Broken(String),
    /// What the repository holds does not show it.
    CannotTell(String),
}

/// A rule, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// What the rule is called.
    pub rule: &'static str,
    /// What it asks for.
    pub says: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was asked.
    pub asked: String,
    /// What came, in a few words.
    pub came: String,
}

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// There is no client.
    #[error("could not make an HTTP client")]
    Client(#[from] reqwest::Error),
}

/// Asks the repository at that base URL; `known_as` are further addresses that it may name as its own. `tell` hears of every
/// rule as soon as it is judged.
pub async fn run(base: &str, known_as: &[String], mut tell: impl FnMut(&Judged)) -> Result<Vec<Judged>, SelftestError> {
    crate::choose_tls();
    let mut asker = Asker::new(base)?;
    let known = Known::learn(&mut asker, base, known_as).await;
    let mut judged = Vec::with_capacity(rules::ALL.len());
    for rule in rules::ALL {
        let answer = match (rule.ask)(&known) {
            Asking::Ask(how, query) => Ok(asker.ask(how, &query).await),
            Asking::Known(answer) => Ok(answer),
            Asking::Nothing(why) => Err(why),
        };
        let one = match answer {
            Ok(answer) => of_answer(rule, &answer, &known),
            Err(why) => {
                let verdict = Verdict::CannotTell(why.to_owned());
                Judged { rule: rule.name, says: rule.says, verdict, asked: String::new(), came: String::new() }
            }
        };
        tell(&one);
        judged.push(one);
    }
    Ok(judged)
}

fn of_answer(rule: &rules::Rule, answer: &Arc<Answer>, known: &Known) -> Judged {
    let verdict = match (rule.judge)(answer, known) {
        Ok(()) => Verdict::Ok,
        Err(judge::Wrong::Broken(why)) => Verdict::Broken(why),
        Err(judge::Wrong::Unseen(why)) => Verdict::CannotTell(why),
    };
    Judged { rule: rule.name, says: rule.says, verdict, asked: answer.asked.clone(), came: answer.in_short() }
}
