//! The Change Discovery API 1.0 (<https://iiif.io/api/discovery/1.0/>), level 2: which manifests came, changed and went.
//!
//! Everything comes from the publication feed, as in OAI-PMH and through the same window, so that harvesters of both see
//! the same at the same time. Nothing here looks at who asks: the stream names only what everybody may see, or could.
//! `endTime` is the datestamp of OAI-PMH moved to the moment from which the activity is listed ([`feed::SETTLING_SECONDS`]).
//! There is no `Refresh`, no `Move`: manifests keep their addresses, and a rebuild announces nothing again.

pub mod pages;
pub mod types;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use fonds_projections::feed;
use serde::Serialize;

use crate::archive::App;
use crate::asking::Asking;
use crate::iiif::error::Error;
use crate::iiif::http::{self, Asked, Dialect, Keeping};
use pages::Stream;

/// The JSON-LD context of this API, which is the profile of its media type too.
pub const CONTEXT: &str = "http://iiif.io/api/discovery/1/context.json";
/// Activities on one page. A million objects make ten thousand pages of some 50 kB, 3 kB compressed. It is part of every
/// page's address and must never change.
const PAGE_ITEMS: u64 = 100;
/// Seconds that what still grows may be kept: a consumer that got an old last page would never come back for the rest.
const GROWING_SECONDS: u32 = 0;
/// Digits of a number in an address: more activities than a ledger can hold.
const DIGITS_MAX: usize = 15;

/// The addresses of the Change Discovery API.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/iiif/discovery/1/all-changes", get(collection))
        .route("/iiif/discovery/1/page/{page}", get(page))
        .route("/iiif/discovery/1/activity/{number}", get(activity))
}

async fn collection(State(app): State<App>, asking: Asking, asked: Asked) -> Result<Response, Error> {
    let stream = visible(&app, asking).await?;
    answer(&asked, &stream.collection(), Keeping::Everybody(GROWING_SECONDS))
}

async fn page(
    State(app): State<App>,
    asking: Asking,
    Path(page): Path<String>,
    asked: Asked,
) -> Result<Response, Error> {
    let page = number("page", &page)?;
    let stream = visible(&app, asking).await?;
    let numbers = stream.on_page(page).ok_or(Error::NotFound)?;
    let activities = feed::activities(&app.stores.pg, numbers).await.map_err(Error::Projection)?;
    let keeping = if stream.is_closed(page) { Keeping::Unchanging } else { Keeping::Everybody(GROWING_SECONDS) };
    answer(&asked, &stream.page(page, &activities), keeping)
}

async fn activity(
    State(app): State<App>,
    asking: Asking,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Error> {
    let number = number("activity", &name)?;
    let stream = visible(&app, asking).await?;
    if number > stream.total {
        return Err(Error::NotFound);
    }
    let found = feed::activities(&app.stores.pg, number..number + 1).await.map_err(Error::Projection)?;
    let activity = found.first().ok_or(Error::NotFound)?;
    answer(&asked, &stream.activity(activity), Keeping::Unchanging)
}

/// The stream as far as it is visible now.
async fn visible(app: &App, asking: Asking) -> Result<Stream<'_>, Error> {
    let window = app.window(asking.at).await.map_err(Error::Projection)?.ok_or(Error::NotReady)?;
    let total = feed::activities_told(&app.stores.pg, window.through).await.map_err(Error::Projection)?;
    Ok(Stream { addresses: &app.stores.addresses, page_items: PAGE_ITEMS, total })
}

/// Reads a number in its one written form, from 1 on.
fn number(part: &'static str, given: &str) -> Result<u64, Error> {
    let digits =
        given.len() <= DIGITS_MAX && !given.starts_with('0') && given.bytes().all(|byte| byte.is_ascii_digit());
    let number = given.parse().ok().filter(|_| digits);
    number.ok_or_else(|| Error::syntax(part, given, "not a number from 1 on"))
}

fn answer(asked: &Asked, document: &impl Serialize, keeping: Keeping) -> Result<Response, Error> {
    http::document(asked, document, Dialect::Linked(CONTEXT), keeping, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_written_form() {
        assert_eq!(number("page", "1").unwrap(), 1);
        assert_eq!(number("page", "10000").unwrap(), 10_000);
        for text in ["", "0", "00", "-1", "+1", "007", "1.0", "1e3", " 1", "1 ", "１", "10000000000000000000", "page-1"]
        {
            assert!(matches!(number("page", text), Err(Error::Syntax { .. })), "{text}");
        }
    }
}
