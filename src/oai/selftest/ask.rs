//! Asks a repository over HTTP: one request at a time, never more than so many, so long and so large.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use reqwest::header;

use super::reply::{self, Element};

/// Requests of one test. The rules need some fifty.
const REQUESTS_MAX: usize = 100;
/// Bytes of one reply, unpacked: four times what a page of ours has.
const BYTES_MAX: usize = 8 << 20;
/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Failures without any reply after which nothing more is asked: nobody is there, or nobody in time.
const FAILURES_MAX: usize = 3;
/// How long all of them may take together.
const PATIENCE_ALL: Duration = Duration::from_mins(5);
/// Addresses that one request may be sent on to.
const REDIRECTS_MAX: usize = 3;

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum How {
    Get,
    Post,
    /// By GET, and packed.
    Packed,
}

/// What was asked and what came.
#[derive(Debug)]
pub(super) struct Answer {
    /// The address, and how it was asked where that was not by GET.
    pub(super) asked: String,
    /// The reply, or why there is none.
    pub(super) came: Result<Came, Missing>,
}

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Missing {
    /// It was asked for, and did not come.
    Failed(String),
    /// It was not asked for.
    NotAsked(&'static str),
}

/// A reply.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) status: u16,
    pub(super) media_type: String,
    /// Whether it came packed.
    pub(super) packed: bool,
    /// How long it was.
    pub(super) bytes: usize,
    /// What it says, or why that cannot be read.
    pub(super) document: Result<Element, String>,
}

impl Answer {
    /// What came, in a few words.
    pub(super) fn in_short(&self) -> String {
        let came = match &self.came {
            Ok(came) => came,
            Err(Missing::Failed(why)) => return why.clone(),
            Err(Missing::NotAsked(why)) => return (*why).to_owned(),
        };
        let what = match &came.document {
            Ok(root) => {
                let errors: Vec<_> = root.all("error").filter_map(|error| error.attribute("code")).collect();
                let content = root.children.iter().map(|child| child.name.as_str()).next_back().unwrap_or_default();
                if errors.is_empty() { content.to_owned() } else { errors.join(", ") }
            }
            Err(why) => why.clone(),
        };
        format!("{} {}, {} bytes: {what}", came.status, came.media_type, came.bytes)
    }
}

/// Who asks, and remembers what came.
pub(super) struct Asker {
    client: reqwest::Client,
    base: String,
    asked: HashMap<(How, String), Arc<Answer>>,
    failures: usize,
    until: tokio::time::Instant,
}

impl Asker {
    pub(super) fn new(base: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("fonds/", env!("CARGO_PKG_VERSION"), " (oai selftest)"))
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::limited(REDIRECTS_MAX))
            .build()?;
        let until = tokio::time::Instant::now() + PATIENCE_ALL;
        Ok(Self { client, base: base.to_owned(), asked: HashMap::new(), failures: 0, until })
    }

    /// Asks, unless that was asked before.
    pub(super) async fn ask(&mut self, how: How, query: &str) -> Arc<Answer> {
        let key = (how, query.to_owned());
        if let Some(known) = self.asked.get(&key) {
            return Arc::clone(known);
        }
        let answer = self.ask_anew(how, query).await;
        self.asked.insert(key, Arc::clone(&answer));
        answer
    }

    /// Asks, whatever was asked before.
    pub(super) async fn ask_anew(&mut self, how: How, query: &str) -> Arc<Answer> {
        let address = match how {
            How::Post => format!("{} (POST {query})", self.base),
            How::Get | How::Packed => self.address(query),
        };
        let came = if self.asked.len() >= REQUESTS_MAX || self.failures >= FAILURES_MAX {
            Err(Missing::NotAsked("nothing more was asked: too much had gone wrong"))
        } else {
            let asked = tokio::time::timeout_at(self.until, self.send(how, query)).await;
            asked.map_or(Err(Missing::NotAsked("it took too long: nothing more is waited for")), |came| {
                came.map_err(Missing::Failed)
            })
        };
        self.failures += usize::from(came.is_err());
        Arc::new(Answer { asked: address, came })
    }

    fn address(&self, query: &str) -> String {
        let join = if self.base.contains('?') { '&' } else { '?' };
        format!("{}{join}{query}", self.base)
    }

    async fn send(&self, how: How, query: &str) -> Result<Came, String> {
        let said = |error: reqwest::Error| format!("no answer: {:#}", anyhow::Error::new(error.without_url()));
        let request = match how {
            How::Get | How::Packed => self.client.get(self.address(query)),
            How::Post => {
                let form = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                self.client.post(&self.base).header(form.0, form.1).body(query.to_owned())
            }
        };
        let accepted = if how == How::Packed { "gzip" } else { "identity" };
        let mut response = request.header(header::ACCEPT_ENCODING, accepted).send().await.map_err(said)?;
        let text =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (media_type, encoding) = (text(header::CONTENT_TYPE), text(header::CONTENT_ENCODING));
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(said)? {
            body.extend_from_slice(&chunk);
            if body.len() > BYTES_MAX {
                return Err(format!("the reply has more than {BYTES_MAX} bytes; the rest was not read"));
            }
        }
        let packed = encoding.eq_ignore_ascii_case("gzip");
        let bytes = body.len();
        let document = if packed { unpacked(&body).and_then(|body| reply::parse(&body)) } else { reply::parse(&body) };
        Ok(Came { status, media_type, packed, bytes, document })
    }
}

fn unpacked(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    let read = GzDecoder::new(body).take(BYTES_MAX as u64 + 1).read_to_end(&mut unpacked);
    read.map_err(|error| format!("it says that it is gzip and is not: {error}"))?;
    if unpacked.len() > BYTES_MAX { Err(format!("it unpacks to more than {BYTES_MAX} bytes")) } else { Ok(unpacked) }
}
