//! Answers of Content Search 1.0, in the words of Presentation 2 and Open Annotation.

use fonds_projections::annotations::{Hit as Found, Source, Term as FoundTerm};
use fonds_schemas::{Object, Region, Xywh};
use serde::Serialize;

use super::Searched;
use super::matched::{Match, matches};
use super::request::Request;
use super::service::CONTEXT_1;
use super::v2::ignored;
use crate::iiif::presentation::annotation::{self, OneOrMany, SUPPLEMENTING, annotation_id, line_id, place_on};
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::v2::annotation::{Annotation, On, motivation, text};

/// The context of Presentation 2, which stands before that of searches (§3.4).
const PRESENTATION_2: &str = "http://iiif.io/api/presentation/2/context.json";

/// A page of hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnotationList {
    #[serde(rename = "@context")]
    context: [&'static str; 2],
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    within: Layer,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    start_index: u32,
    resources: Vec<Annotation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hits: Vec<Hit>,
}

/// All hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Layer {
    #[serde(rename = "@type")]
    kind: &'static str,
    total: u64,
    first: String,
    last: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Hit {
    #[serde(rename = "@type")]
    kind: &'static str,
    annotations: Vec<String>,
    #[serde(rename = "match")]
    matched: String,
    before: String,
    after: String,
}

/// Words that a beginning is completed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermList {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Term {
    #[serde(rename = "match")]
    matched: String,
    url: String,
    count: u64,
}

/// Renders a page of hits: a hit for each line or annotation, so that `total` counts them, and a resource for each
/// place that is to be shown.
#[must_use]
pub fn list(searched: Searched<'_>, setting: Setting<'_>) -> AnnotationList {
    let Searched { object, request, found, base, .. } = searched;
    let address = |page: u32| format!("{base}/iiif/search/1/{}{}", object.id, request.query(Some(page)));
    let last = Request::last_page(found.total);
    let (mut resources, mut hits) = (Vec::new(), Vec::new());
    for hit in &found.hits {
        let matches = matches(hit, searched.sought);
        let canvas = annotation::canvas(object, hit.file, setting);
        let shown = shown(hit, &matches, &canvas, base);
        if let Some(first) = matches.into_iter().next() {
            let annotations = shown.iter().map(|resource| resource.id.clone()).collect();
            let Match { prefix, exact, suffix, .. } = first;
            hits.push(Hit { kind: "search:Hit", annotations, matched: exact, before: prefix, after: suffix });
        }
        resources.extend(shown);
    }
    AnnotationList {
        context: [PRESENTATION_2, CONTEXT_1],
        id: address(request.page),
        kind: "sc:AnnotationList",
        within: Layer {
            kind: "sc:Layer",
            total: found.total,
            first: address(1),
            last: address(last),
            ignored: ignored(request, &["min"]),
        },
        prev: (request.page > 1).then(|| address(request.page - 1)),
        next: (request.page < last).then(|| address(request.page + 1)),
        start_index: request.start(),
        resources,
        hits,
    }
}

/// The words that match, each at its place; the line or the annotation as a whole where their places are not known.
fn shown(hit: &Found, matches: &[Match], canvas: &str, base: &str) -> Vec<Annotation> {
    let language = hit.language.as_ref().map(|language| language.as_str().to_owned());
    let resource = |id: String, why: &str, chars: &str, place: Option<Xywh>| Annotation {
        id,
        kind: "oa:Annotation",
        motivation: motivation(why),
        resource: OneOrMany::One(text(chars.to_owned(), language.clone(), why)),
        on: OneOrMany::One(On::Place(place_on(canvas, place))),
        annotated_by: None,
        annotated_at: None,
    };
    match &hit.source {
        Source::Annotation(said) => {
            let body = &said.body;
            let place = body.region.as_ref().and_then(Region::bounds);
            vec![resource(annotation_id(body.annotation, base), body.motivation.as_str(), &body.text, place)]
        }
        Source::Line(number, line) => {
            let id = line_id(hit.file, *number, base);
            let placed = matches.iter().filter_map(|one| one.place.map(|(word, xywh)| (word, one, xywh)));
            let words: Vec<Annotation> = placed
                .map(|(word, one, xywh)| resource(format!("{id}.{word}"), SUPPLEMENTING, &one.exact, Some(xywh)))
                .collect();
            if words.len() == matches.len() && !words.is_empty() {
                return words;
            }
            let place = line.xywh.or_else(|| Xywh::around(line.words.iter().map(|word| word.xywh)));
            vec![resource(id, SUPPLEMENTING, &line.text, place)]
        }
    }
}

/// Renders completions.
#[must_use]
pub fn terms(object: &Object, request: &Request, terms: Vec<FoundTerm>, base: &str) -> TermList {
    let search = format!("{base}/iiif/search/1/{}", object.id);
    let term = |found: FoundTerm| Term {
        url: format!("{search}{}", request.query_for(&found.word, None)),
        matched: found.word,
        count: found.count,
    };
    TermList {
        context: CONTEXT_1,
        id: format!("{search}/autocomplete{}", request.query(None)),
        kind: "search:TermList",
        ignored: ignored(request, &["page"]),
        terms: terms.into_iter().map(term).collect(),
    }
}
