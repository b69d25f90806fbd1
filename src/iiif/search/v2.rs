//! Answers of Content Search 2.0.

use fonds_projections::annotations::{Hit, Source, Term};
use fonds_schemas::Object;
use serde::Serialize;

use super::Searched;
use super::matched::{Match, matches};
use super::request::Request;
use super::service::CONTEXT_2;
use crate::iiif::presentation::annotation::{self, Target, Text, WebAnnotation, of_said, place_on};
use crate::iiif::presentation::maker::Made;
use crate::iiif::presentation::manifest::Setting;

/// A page of hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    #[serde(rename = "@context")]
    context: &'static str,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    part_of: Hits,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<PageName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<PageName>,
    start_index: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    items: Vec<WebAnnotation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Contexts>,
}

/// All hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Hits {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    total: u64,
    first: PageName,
    last: PageName,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PageName {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What stands around the matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Contexts {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    items: Vec<Context>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Context {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    motivation: &'static str,
    target: Quoted,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Quoted {
    #[serde(rename = "type")]
    kind: &'static str,
    source: String,
    selector: Vec<TextQuoteSelector>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TextQuoteSelector {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    prefix: String,
    exact: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    suffix: String,
}

/// Words that a beginning is completed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermPage {
    #[serde(rename = "@context")]
    context: &'static str,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    items: Vec<TermItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TermItem {
    value: String,
    total: u64,
}

/// Renders a page of hits.
#[must_use]
pub fn page(searched: Searched<'_>, setting: Setting<'_>) -> SearchPage {
    let Searched { object, request, found, base, .. } = searched;
    let address = format!("{base}/iiif/search/2/{}", object.id);
    let name = |page: u32| PageName { id: format!("{address}{}", request.query(Some(page))), kind: "AnnotationPage" };
    let last = Request::last_page(found.total);
    let id = name(request.page).id;
    let (mut items, mut contexts) = (Vec::new(), Vec::new());
    for hit in &found.hits {
        let matches = matches(hit, searched.sought);
        let item = item(hit, &matches, searched, setting);
        for one in matches {
            contexts.push(context(format!("{id}#match-{}", contexts.len() + 1), &item.id, one));
        }
        items.push(item);
    }
    let contexts = Contexts { id: format!("{id}#matches"), kind: "AnnotationPage", items: contexts };
    SearchPage {
        context: CONTEXT_2,
        kind: "AnnotationPage",
        part_of: Hits {
            id: format!("{address}{}", request.query(None)),
            kind: "AnnotationCollection",
            total: found.total,
            first: name(1),
            last: name(last),
        },
        prev: (request.page > 1).then(|| name(request.page - 1)),
        next: (request.page < last).then(|| name(request.page + 1)),
        start_index: request.start(),
        ignored: ignored(request, &["min"]),
        items,
        annotations: if contexts.items.is_empty() { vec![] } else { vec![contexts] },
        id,
    }
}

/// The parameters that nothing was made of. `more` are those that have a meaning elsewhere.
pub(super) fn ignored(request: &Request, more: &[&str]) -> Vec<String> {
    let mut ignored = request.ignored.clone();
    if more.contains(&"min") && request.min > 1 {
        ignored.push("min".to_owned());
    }
    if more.contains(&"page") && request.page > 1 {
        ignored.push("page".to_owned());
    }
    ignored.sort();
    ignored
}

fn item(hit: &Hit, matches: &[Match], searched: Searched<'_>, setting: Setting<'_>) -> WebAnnotation {
    let (object, base) = (searched.object, searched.base);
    let canvas = annotation::canvas(object, hit.file, setting);
    match &hit.source {
        Source::Annotation(said) => of_said(said, &canvas, searched.agents, setting),
        Source::Line(number, line) => {
            let made = Made::by(hit.agent, searched.agents);
            let language = hit.language.as_ref();
            let whole = Text { file: hit.file, language, made, canvas: &canvas, base }.line(*number, line);
            let mut places: Vec<String> =
                matches.iter().filter_map(|one| one.place).map(|(_, xywh)| place_on(&canvas, Some(xywh))).collect();
            let target = match places.len() {
                0 => whole.target.clone(),
                1 => Target::Place(places.remove(0)),
                _ => Target::Places(places),
            };
            // The context of a search does not know how fine a text is.
            WebAnnotation { text_granularity: None, target, ..whole }
        }
    }
}

/// Where the place of the words is known, the match is told with what is around it; elsewhere it is to be found in the
/// body (§4.3.1, §4.3.2).
fn context(id: String, source: &str, one: Match) -> Context {
    let Match { prefix, exact, suffix, place } = one;
    let motivation = if place.is_some() { "contextualizing" } else { "highlighting" };
    let selector = TextQuoteSelector { kind: "TextQuoteSelector", prefix, exact, suffix };
    let target = Quoted { kind: "SpecificResource", source: source.to_owned(), selector: vec![selector] };
    Context { id, kind: "Annotation", motivation, target }
}

/// Renders completions.
#[must_use]
pub fn terms(object: &Object, request: &Request, terms: Vec<Term>, base: &str) -> TermPage {
    TermPage {
        context: CONTEXT_2,
        id: format!("{base}/iiif/search/2/{}/autocomplete{}", object.id, request.query(None)),
        kind: "TermPage",
        ignored: ignored(request, &["page"]),
        items: terms.into_iter().map(|Term { word, count }| TermItem { value: word, total: count }).collect(),
    }
}
