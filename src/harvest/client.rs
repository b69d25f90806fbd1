//! Asks a repository over HTTP: one request at a time, patiently, and never for more than fits.

use std::io::Read as _;
use std::time::Duration;

use chrono::DateTime;
use flate2::read::MultiGzDecoder;
use reqwest::{StatusCode, Url, header};

use super::address::Base;
use super::limits::{CONNECT_PATIENCE, Manners, PATIENCE, REDIRECTS_MAX, SILENCE, STRANGER_TRIES};
use crate::clock::Clock;
use crate::ingest::problem::chain;

/// Why nothing more is asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no client.
    #[error("could not make an HTTP client")]
    Client(#[from] reqwest::Error),
    /// It did not answer, however often it was asked.
    #[error("{base} did not answer {asked}, asked {tries} times: {why}")]
    Silent {
        /// Who.
        base: String,
        /// What.
        asked: String,
        /// How often.
        tries: u32,
        /// What came the last time.
        why: String,
    },
    /// It refuses, and will not do otherwise if it is asked again.
    #[error("{base} refuses {asked}: {why}")]
    Refused {
        /// Who.
        base: String,
        /// What.
        asked: String,
        /// What came.
        why: String,
    },
    /// It asks for more time than a harvest waits.
    #[error("{base} asks to come back in {seconds} s; the next harvest goes on from here")]
    Later {
        /// Who.
        base: String,
        /// When.
        seconds: u64,
    },
}

/// Who is asking: a program that says so, and whom to write to.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Where the archive is, if the world knows it.
    pub home: Option<String>,
    /// Who reads mail about it, if anybody does.
    pub email: Option<String>,
}

/// A client of one repository.
pub struct Client {
    http: reqwest::Client,
    base: Base,
    from: Option<String>,
    manners: Manners,
    clock: Clock,
    /// Whether anybody ever answered.
    is_there: bool,
    /// Requests that had to be made again.
    pub retries: u64,
}

/// What came of one try.
enum Tried {
    Came(Vec<u8>),
    /// It may be better a moment later.
    Again {
        why: String,
        after: Option<Duration>,
    },
    Never(String),
}

impl Client {
    /// A client that asks in that caller's name.
    pub fn new(base: Base, caller: &Caller, manners: Manners, clock: Clock) -> Result<Self, AskError> {
        let contact = [caller.home.clone(), caller.email.as_ref().map(|email| format!("mailto:{email}"))];
        let contact: Vec<String> = contact.into_iter().flatten().collect();
        let about = if contact.is_empty() { String::new() } else { format!(" (+{})", contact.join("; ")) };
        let http = reqwest::Client::builder()
            .user_agent(format!("fonds/{}{about}", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_PATIENCE)
            .read_timeout(SILENCE)
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::custom(follow))
            .build()?;
        Ok(Self { http, base, from: caller.email.clone(), manners, clock, is_there: false, retries: 0 })
    }

    /// The base URL, without what is secret in it.
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// Sends a request until something comes, as often as manners allow. `bytes_max` bounds what is read.
    pub async fn ask(&mut self, arguments: &[(&str, &str)], bytes_max: usize) -> Result<Vec<u8>, AskError> {
        let asked = told(arguments);
        let mut wait = self.manners.first_wait;
        let mut tries = 1;
        loop {
            let base = self.base.as_str().to_owned();
            let (why, after) = match self.once(arguments, bytes_max).await {
                Tried::Came(body) => return Ok(body),
                Tried::Never(why) => return Err(AskError::Refused { base, asked, why }),
                Tried::Again { why, after } => (why, after),
            };
            if let Some(seconds) = after.filter(|after| *after > self.manners.longest_asked) {
                return Err(AskError::Later { base, seconds: seconds.as_secs() });
            }
            // Who mistyped an address does not wait for minutes.
            let most = if self.is_there { self.manners.tries } else { self.manners.tries.min(STRANGER_TRIES) };
            if tries >= most {
                return Err(AskError::Silent { base, asked, tries, why });
            }
            let pause = after.unwrap_or(wait).max(wait.min(Duration::from_millis(1)));
            tracing::info!("{base} did not answer {asked}: {why}; asking again in {} s", pause.as_secs());
            pause_for(pause).await;
            wait = (wait * 2).min(self.manners.longest_wait);
            tries += 1;
            self.retries += 1;
        }
    }

    async fn once(&mut self, arguments: &[(&str, &str)], bytes_max: usize) -> Tried {
        let mut request = self.http.get(self.base.with(arguments)).header(header::ACCEPT_ENCODING, "gzip");
        if let Some(from) = &self.from {
            request = request.header(header::FROM, from);
        }
        // The address is left out of what went wrong: it may hold a password.
        let failed = |error: reqwest::Error| chain(&error.without_url());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_redirect() || error.is_builder() => return Tried::Never(failed(error)),
            Err(error) => return Tried::Again { why: failed(error), after: None },
        };
        self.is_there = true;
        let status = response.status();
        let after = self.retry_after(&response);
        let packed = response.headers().get(header::CONTENT_ENCODING).is_some_and(|value| {
            value.to_str().is_ok_and(|value| value.eq_ignore_ascii_case("gzip") || value.eq_ignore_ascii_case("x-gzip"))
        });
        let body = match read(response, bytes_max).await {
            Ok(body) => body,
            Err(TooMuch::Bytes(why)) => return Tried::Never(why),
            Err(TooMuch::Broke(error)) => return Tried::Again { why: failed(error), after },
        };
        let body = if packed { unpacked(&body, bytes_max) } else { Ok(body) };
        match status {
            StatusCode::OK => match body {
                Ok(body) => Tried::Came(body),
                Err(Unpacking::TooMuch(why)) => Tried::Never(why),
                Err(Unpacking::Broken(why)) => Tried::Again { why, after },
            },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Tried::Again { why: format!("it answered with status {status}"), after }
            }
            status if status.is_server_error() => {
                Tried::Again { why: format!("it answered with status {status}"), after }
            }
            // Some repositories send the errors of OAI-PMH with a status of their own.
            status if status.is_client_error() => match body {
                Ok(body) if body.windows(6).any(|piece| piece == b"<error") => Tried::Came(body),
                Ok(_) | Err(_) => Tried::Never(format!("it answered with status {status}")),
            },
            status => Tried::Never(format!("it answered with status {status}")),
        }
    }

    /// What `Retry-After` asks for: seconds, or a moment.
    fn retry_after(&self, response: &reqwest::Response) -> Option<Duration> {
        let said = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = said.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let moment = DateTime::parse_from_rfc2822(said).ok()?.timestamp();
        Some(Duration::from_secs(moment.saturating_sub(self.clock.now().seconds()).max(0).unsigned_abs()))
    }
}

fn follow(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    match may_follow(attempt.previous(), attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(why) => attempt.error(why),
    }
}

/// Follows a few redirects, to nothing but the web, and never to where anybody can read along who could not before.
fn may_follow(previous: &[Url], next: &Url) -> Result<(), String> {
    if previous.len() > REDIRECTS_MAX {
        return Err(format!("it is sent on more than {REDIRECTS_MAX} times"));
    }
    match next.scheme() {
        "https" => Ok(()),
        "http" if previous.iter().all(|url| url.scheme() != "https") => Ok(()),
        "http" => Err("it is sent on from https to http, which is not followed".to_owned()),
        _ => Err("it is sent on to what is not the web".to_owned()),
    }
}

enum TooMuch {
    Bytes(String),
    Broke(reqwest::Error),
}

async fn read(mut response: reqwest::Response, bytes_max: usize) -> Result<Vec<u8>, TooMuch> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(TooMuch::Broke)? {
        if body.len() + chunk.len() > bytes_max {
            return Err(TooMuch::Bytes(format!("the reply has more than {bytes_max} bytes; the rest was not read")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

enum Unpacking {
    TooMuch(String),
    Broken(String),
}

fn unpacked(body: &[u8], bytes_max: usize) -> Result<Vec<u8>, Unpacking> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(body).take(bytes_max as u64 + 1).read_to_end(&mut unpacked);
    let broken = |error| Unpacking::Broken(format!("the reply says that it is gzip and is not: {error}"));
    read.map_err(broken)?;
    if unpacked.len() > bytes_max {
        return Err(Unpacking::TooMuch(format!("the reply unpacks to more than {bytes_max} bytes")));
    }
    Ok(unpacked)
}

/// A request as it is told: what a token holds is nobody's business, and long.
fn told(arguments: &[(&str, &str)]) -> String {
    let told = arguments.iter().map(|(name, value)| match *name {
        "resumptionToken" => "resumptionToken=…".to_owned(),
        name => format!("{name}={}", crate::ingest::problem::escape(value)),
    });
    told.collect::<Vec<_>>().join("&")
}

#[expect(clippy::disallowed_methods, reason = "a repository that asks for time gets it")]
async fn pause_for(pause: Duration) {
    tokio::time::sleep(pause).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(previous: &[&str], next: &str, is_followed: bool) {
        let previous: Vec<Url> = previous.iter().map(|url| Url::parse(url).unwrap()).collect();
        assert_eq!(may_follow(&previous, &Url::parse(next).unwrap()).is_ok(), is_followed, "{next}");
    }

    #[test]
    fn what_was_safe_stays_so() {
        check(&["http://a.example/"], "https://a.example/", true);
        check(&["https://a.example/"], "https://b.example/", true);
        check(&["https://a.example/"], "http://a.example/", false);
        check(&["http://a.example/", "https://a.example/"], "http://a.example/oai", false);
        check(&["http://a.example/"], "file:///etc/passwd", false);
    }
    #[test]
    fn what_is_sent_on_for_ever_is_not_followed_for_ever() {
        check(&["http://a.example/"; REDIRECTS_MAX], "http://a.example/", true);
        check(&["http://a.example/"; REDIRECTS_MAX + 1], "http://a.example/", false);
    }
    #[test]
    fn a_token_is_not_told() {
        let told = told(&[("verb", "ListRecords"), ("resumptionToken", "secret")]);
        assert_eq!(told, "verb=ListRecords&resumptionToken=…");
    }
}
