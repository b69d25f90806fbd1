//! What was said about how an object is shown, in the words of the Presentation API 3.0 (§3.4, §5.4).

use std::collections::BTreeSet;

use fonds_schemas::Object;
use fonds_schemas::arrangement::{Behavior, Direction, Range as Part, Span};

use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::types::{CanvasReference, Range, RangeItem};
use crate::iiif::presentation::views::Views;

/// `viewingDirection` of a manifest.
#[must_use]
pub fn direction(object: &Object) -> Option<&'static str> {
    object.arrangement.direction.map(|direction| match direction {
        Direction::LeftToRight => "left-to-right",
        Direction::RightToLeft => "right-to-left",
        Direction::TopToBottom => "top-to-bottom",
        Direction::BottomToTop => "bottom-to-top",
    })
}

/// `behavior` of a manifest.
#[must_use]
pub fn of_views(object: &Object) -> Vec<&'static str> {
    behaviors(object, true)
}

/// `behavior` of the collection of an object's parts.
#[must_use]
pub fn of_parts(object: &Object) -> Vec<&'static str> {
    behaviors(object, false)
}

fn behaviors(object: &Object, of_views: bool) -> Vec<&'static str> {
    let said = object.arrangement.behaviors.iter().filter(|behavior| behavior.is_of_views() == of_views);
    let word = |behavior: &Behavior| match behavior {
        Behavior::Paged => "paged",
        Behavior::Continuous => "continuous",
        Behavior::Individuals => "individuals",
        Behavior::Unordered => "unordered",
        Behavior::MultiPart => "multi-part",
    };
    said.map(word).collect()
}

/// `start` of a manifest, if the file to begin with is shown.
#[must_use]
pub(super) fn start(object: &Object, views: &Views<'_>, base: &str) -> Option<CanvasReference> {
    let id = views.canvas_of(object.arrangement.start?, base)?;
    Some(CanvasReference { id, kind: "Canvas" })
}

/// `structures` of a manifest. A range in which nothing is shown is left out: it must have something (§5.4).
#[must_use]
pub(super) fn structures(object: &Object, views: &Views<'_>, base: &str) -> Vec<Range> {
    let parts = (1u32..).zip(&object.arrangement.ranges);
    parts.filter_map(|(number, part)| range(part, &number.to_string(), views, base)).collect()
}

/// A range; `path` is its number, after those of the ranges around it.
fn range(part: &Part, path: &str, views: &Views<'_>, base: &str) -> Option<Range> {
    let mut items: Vec<RangeItem> = Vec::with_capacity(part.files.len() + part.spans.len() + part.children.len());
    let mut named: BTreeSet<String> = BTreeSet::new();
    for id in part.files.iter().flat_map(|file| views.canvases_of(*file, base)) {
        // Two states of one view are one canvas.
        if named.insert(id.clone()) {
            items.push(RangeItem::Canvas(CanvasReference { id, kind: "Canvas" }));
        }
    }
    for span in &part.spans {
        let Some(canvas) = views.canvas_of(span.file, base) else { continue };
        let id = format!("{canvas}#t={}", seconds_of(span));
        if named.insert(id.clone()) {
            items.push(RangeItem::Canvas(CanvasReference { id, kind: "Canvas" }));
        }
    }
    let children = (1u32..).zip(&part.children);
    items
        .extend(children.filter_map(|(number, child)| {
            range(child, &format!("{path}.{number}"), views, base).map(RangeItem::Range)
        }));
    if items.is_empty() {
        return None;
    }
    Some(Range { id: format!("{base}/range/{path}"), kind: "Range", label: LanguageMap::labels(&part.label), items })
}

/// Begin and end as a media fragment has them (Media Fragments URI 1.0 §4.2.1, normal play time).
fn seconds_of(span: &Span) -> String {
    let seconds = |ms: u64| {
        let exact = format!("{}.{:03}", ms / 1000, ms % 1000);
        exact.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let end = span.end_ms.map(|end| format!(",{}", seconds(end))).unwrap_or_default();
    format!("{}{end}", seconds(span.begin_ms))
}
