//! The page of an object's history: who did what, when and why. For the public only as far as it was public.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use fonds_schemas::{Access, Act, Event, ObjectId, Recorded, Scope, Statement, Stream};

use super::page::{Error, Frame, answer};
use super::words;
use crate::archive::{App, Archive, Denied};
use crate::asking::Asking;
use crate::story::{self, Entry, Listener};

struct Change {
    property: String,
    before: Option<(String, Option<String>)>,
    after: Option<(String, Option<String>)>,
}

struct Line {
    seq: u64,
    when: String,
    moment: String,
    /// Whether it is the one that brought the object into being: then everything in it is new.
    first: bool,
    agent: String,
    what: String,
    reason: Option<String>,
    changes: Vec<Change>,
    leaf: String,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    frame: Frame,
    id: ObjectId,
    title: String,
    lines: Vec<Line>,
    hidden: usize,
}

/// The history of an object.
pub async fn history(State(app): State<App>, asking: Asking, Path(name): Path<String>) -> Response {
    match make(&app, asking, &name).await {
        Ok(response) => response,
        Err(error) => error.page(&app),
    }
}

async fn make(app: &Archive, asking: Asking, name: &str) -> Result<Response, Error> {
    let id: ObjectId = name.parse().map_err(|_no_id| Denied::Unknown)?;
    let object = app.object(asking, id, Act::See).await?;
    // The texts of its images are not told here, and may be as long as a shelf of books.
    let events = app.ledger.streams_without(&[Stream::Object(id)], u64::MAX, &["transcribed"]).await?;
    let all = events.len();
    let (events, to) = if asking.viewer.holds(Scope::Read) {
        (events, Listener::House)
    } else {
        (told_to_the_public(events), Listener::Public)
    };
    let hidden = all - events.len();
    let entries = story::tell(&app.stores.pg, events, to).await?;
    let mut lines: Vec<Line> = entries.into_iter().map(line).collect();
    lines.reverse();
    let page = HistoryPage { frame: Frame::of(app), id, title: object.title(), lines, hidden };
    Ok(answer(&page, StatusCode::OK)?)
}

/// The public reads what was recorded while the object was public, from the last time it became so: what was said
/// before, also under an embargo that has passed since, may be why it was not.
fn told_to_the_public(events: Vec<Recorded>) -> Vec<Recorded> {
    let decided = |recorded: &Recorded| match &recorded.event {
        Some(Event::AccessSet(body)) => Some(body.access),
        Some(Event::Accessioned(body)) => Some(body.access),
        Some(Event::EmbargoLapsed(_)) => Some(Access::Public),
        Some(_) | None => None,
    };
    let last = events.iter().enumerate().rev().find_map(|(place, recorded)| Some((place, decided(recorded)?)));
    let (opened, access) = last.unwrap_or((0, Access::Public));
    let told = events.into_iter().skip(opened);
    told.filter(|recorded| access.is_public(recorded.envelope.recorded_at)).collect()
}

fn line(entry: Entry) -> Line {
    let envelope = &entry.recorded.envelope;
    let said = |statement: Statement| (statement.text, statement.language.map(String::from));
    let changes = entry.details.into_iter().map(|detail| Change {
        property: detail.property,
        before: detail.before.map(said),
        after: detail.after.map(said),
    });
    Line {
        seq: envelope.seq,
        when: envelope.recorded_at.to_seconds_string(),
        moment: words::moment(envelope.recorded_at),
        first: matches!(entry.recorded.event, Some(Event::Accessioned(_))),
        leaf: entry.recorded.leaf_hash.to_string(),
        agent: entry.agent,
        what: entry.what,
        reason: entry.reason,
        changes: changes.collect(),
    }
}
