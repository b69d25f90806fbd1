//! The Presentation API 2.1, for viewers that know nothing newer: what version 3 says, said again in its words.
//!
//! Nothing is read or decided here. Canvases and what is on them keep their names: a page is the same page, whichever
//! version describes it. Manifests and collections have addresses of their own, and so have image services. What 2.1 has
//! no word for is left out (§ numbers are those of 2.1).

pub mod annotation;
pub mod types;

use std::collections::HashSet;

use crate::iiif::http::Dialect;
use crate::iiif::image::geometry::{LIMITS, Sides};
use crate::iiif::image::info::ImageService;
use crate::iiif::image::request::Version;
use crate::iiif::image::resolve::canonical_size;
use crate::iiif::presentation::language::{self, LanguageMap};
use crate::iiif::presentation::types as v3;
use crate::iiif::presentation::views;
use crate::iiif::search::service::SearchService;
use types::{
    About, Annotation, Canvas, Collection, Image, Link, Manifest, Pair, Range, Reference, Resource, Search, Sequence,
    Service, Text, Values,
};

/// The JSON-LD context of Presentation API 2.1, which is the profile of its media type too.
pub const CONTEXT: &str = "http://iiif.io/api/presentation/2/context.json";
/// What its JSON is called.
pub const DIALECT: Dialect = Dialect::Plain(CONTEXT);
/// The JSON-LD context of Image API 2.1.
const IMAGE_CONTEXT: &str = "http://iiif.io/api/image/2/context.json";
/// What our image services of version 2 promise.
const IMAGE_PROFILE: &str = "http://iiif.io/api/image/2/level2.json";

/// The manifest in version 2.1.
#[must_use]
pub fn manifest(of: &v3::Manifest) -> Manifest {
    let canvases = canvases(of);
    let seen: HashSet<String> = canvases.iter().map(|canvas| canvas.id.clone()).collect();
    let sequence = Sequence {
        id: format!("{}/sequence/normal", address(&of.id).trim_end_matches("/manifest")),
        kind: "sc:Sequence",
        label: tagged("en", "In order"),
        start_canvas: of.start.as_ref().map(|start| start.id.clone()).filter(|id| seen.contains(id.as_str())),
        canvases,
    };
    let structures = ranges(&of.structures, &seen);
    let about = About {
        label: values(&of.label),
        metadata: of.about.metadata.iter().map(pair).collect(),
        description: Values::of(said(&of.about.summary)),
        thumbnail: of.about.thumbnail.first().map(image),
        attribution: of.about.required_statement.as_ref().and_then(|statement| Values::of(said(&statement.value))),
        license: of.about.rights.clone(),
        logo: logo(&of.about.provider),
        related: links(&of.about.homepage),
        rendering: Values::of(recordings(of).into_iter().chain(of.about.rendering.iter().map(link)).collect()),
        see_also: links(&of.about.see_also),
        within: within(&of.about.part_of),
        nav_date: of.about.nav_date.clone(),
        viewing_direction: of.about.viewing_direction,
        viewing_hint: hint(&of.about.behavior),
    };
    let (id, sequences) = (address(&of.id), vec![sequence]);
    let service = of.service.iter().find_map(search);
    Manifest { context: CONTEXT, id, kind: "sc:Manifest", about, service, sequences, structures }
}

/// The collection in version 2.1.
#[must_use]
pub fn collection(of: &v3::Collection) -> Collection {
    let about = About {
        label: values(&of.label),
        metadata: of.metadata.iter().map(pair).collect(),
        description: Values::of(said(&of.summary)),
        thumbnail: None,
        attribution: of.required_statement.as_ref().and_then(|statement| Values::of(said(&statement.value))),
        license: of.rights.clone(),
        logo: logo(&of.provider),
        related: links(&of.homepage),
        rendering: None,
        see_also: links(&of.see_also),
        within: within(&of.part_of),
        nav_date: None,
        viewing_direction: None,
        viewing_hint: hint(&of.behavior),
    };
    let all: Vec<Reference> = of.items.iter().map(reference).collect();
    let (mut collections, mut manifests, mut members) = (Vec::new(), Vec::new(), Vec::new());
    if of.items.iter().all(|item| item.kind == "Manifest") {
        manifests = all;
    } else if of.items.iter().all(|item| item.kind == "Collection") {
        collections = all;
    } else {
        members = all;
    }
    let id = address(&of.id);
    Collection { context: CONTEXT, id, kind: "sc:Collection", about, collections, manifests, members }
}

/// The address of the same thing in version 2.
#[must_use]
pub fn address(id: &str) -> String {
    id.replacen("/iiif/presentation/3/", "/iiif/presentation/2/", 1)
}

/// The one hint that 2.1 takes; it has no word for what is in no order.
fn hint(behavior: &[&'static str]) -> Option<&'static str> {
    behavior.iter().copied().find(|word| *word != "unordered")
}

/// The ranges in one list, each before those inside it; those in which nothing is seen are left out.
fn ranges(of: &[v3::Range], seen: &HashSet<String>) -> Vec<Range> {
    let mut all = Vec::new();
    for range in of {
        let (mut inside, mut canvases, mut below) = (Vec::new(), Vec::new(), Vec::new());
        for item in &range.items {
            match item {
                v3::RangeItem::Canvas(canvas) if seen.contains(&canvas.id) => canvases.push(canvas.id.clone()),
                v3::RangeItem::Canvas(_) => {}
                v3::RangeItem::Range(range) => {
                    let child = ranges(std::slice::from_ref(range), seen);
                    inside.extend(child.first().map(|range| range.id.clone()));
                    below.extend(child);
                }
            }
        }
        if canvases.is_empty() && inside.is_empty() {
            continue;
        }
        let (id, label) = (range.id.clone(), values(&range.label));
        all.push(Range { id, kind: "sc:Range", label, ranges: inside, canvases });
        all.append(&mut below);
    }
    all
}

fn within(wholes: &[v3::Reference]) -> Option<Values<String>> {
    Values::of(wholes.iter().map(|whole| address(&whole.id)).collect())
}

fn logo(of: &[v3::Agent]) -> Option<String> {
    of.iter().flat_map(|agent| &agent.logo).map(|logo| logo.id.clone()).next()
}

fn reference(of: &v3::Reference) -> Reference {
    let kind = if of.kind == "Collection" { "sc:Collection" } else { "sc:Manifest" };
    let thumbnail = of.thumbnail.first().map(image);
    Reference { id: address(&of.id), kind, label: values(&of.label), thumbnail, nav_date: of.nav_date.clone() }
}

/// The canvases, of which there must be one. What plays is no canvas in this version (§5.3 asks for sides, and knows no
/// time): it is named among the renderings, and the picture that is seen before it plays stands for it.
fn canvases(of: &v3::Manifest) -> Vec<Canvas> {
    let still = |item: &v3::Canvas| match item.duration {
        None => canvas(item),
        Some(_) => item.placeholder_canvas.as_deref().and_then(canvas),
    };
    let seen: Vec<Canvas> = of.items.iter().filter_map(still).collect();
    if seen.is_empty() { canvas(&views::empty_canvas(base(of))).into_iter().collect() } else { seen }
}

/// What the names of the parts of a manifest begin with.
fn base(of: &v3::Manifest) -> &str {
    of.id.strip_suffix("/manifest").unwrap_or(&of.id)
}

fn canvas(of: &v3::Canvas) -> Option<Canvas> {
    let painted = of.items.iter().flat_map(|page| &page.items);
    Some(Canvas {
        id: of.id.clone(),
        kind: "sc:Canvas",
        label: values(&of.label),
        height: of.height?,
        width: of.width?,
        metadata: of.metadata.iter().map(pair).collect(),
        images: painted.filter_map(annotation).collect(),
        other_content: of.annotations.iter().filter_map(other).collect(),
    })
}

/// The recordings, as files to be opened.
fn recordings(of: &v3::Manifest) -> Vec<Link> {
    let mut links = Vec::new();
    for item in of.items.iter().filter(|item| item.duration.is_some()) {
        for annotation in item.items.iter().flat_map(|page| &page.items) {
            let states = match &annotation.body {
                v3::Body::Choice(choice) => choice.items.as_slice(),
                one => std::slice::from_ref(one),
            };
            let recorded = states.iter().filter_map(|state| match state {
                v3::Body::Recording(recording) => Some(recording),
                v3::Body::Image(_) | v3::Body::Choice(_) => None,
            });
            links.extend(recorded.map(|recording| {
                let label = if recording.label.is_empty() { &item.label } else { &recording.label };
                let (id, format) = (recording.id.clone(), recording.format.clone());
                Link { id, label: Values::of(texts(label)), format, profile: None }
            }));
        }
    }
    links
}

/// The service that viewers of this version know.
fn search(of: &SearchService) -> Option<Search> {
    match of {
        SearchService::One { context, id, profile, service, .. } => {
            let service = Values::of(service.clone())?;
            Some(Search { context, id: id.clone(), profile, service })
        }
        SearchService::Two { .. } => None,
    }
}

/// Where annotations are. Captions are of what plays, which is no canvas here.
fn other(of: &v3::CanvasPage) -> Option<Reference> {
    match of {
        v3::CanvasPage::Named(of) => {
            let (id, label) = (address(&of.id), values(&of.label));
            Some(Reference { id, kind: "sc:AnnotationList", label, thumbnail: None, nav_date: None })
        }
        v3::CanvasPage::Captions(_) => None,
    }
}

fn annotation(of: &v3::Annotation) -> Option<Annotation> {
    Some(Annotation {
        id: of.id.clone(),
        kind: "oa:Annotation",
        motivation: "sc:painting",
        resource: resource(&of.body)?,
        on: of.target.clone(),
    })
}

fn resource(of: &v3::Body) -> Option<Resource> {
    match of {
        v3::Body::Image(of) => Some(Resource::Image(image(of))),
        v3::Body::Recording(_) => None,
        v3::Body::Choice(of) => {
            let mut images = of.items.iter().filter_map(|item| match item {
                v3::Body::Image(of) => Some(image(of)),
                v3::Body::Recording(_) | v3::Body::Choice(_) => None,
            });
            let default = images.next()?;
            Some(Resource::Choice { kind: "oa:Choice", default, item: images.collect() })
        }
    }
}

/// The image from the service of version 2, where the whole is called `full` and a size by its width (§4.7 there).
fn image(of: &v3::Image) -> Image {
    let service = of.service.first().map(service);
    let id = service.as_ref().map_or_else(
        || of.id.clone(),
        |service| {
            let (size, whole) = (Sides::new(of.width, of.height), Sides::new(service.width, service.height));
            let size = canonical_size(Version::Two, size, whole, LIMITS);
            format!("{}/full/{size}/0/default.jpg", service.id)
        },
    );
    let label = Values::of(texts(&of.label));
    Image { id, kind: "dctypes:Image", label, format: of.format, height: of.height, width: of.width, service }
}

fn service(of: &ImageService) -> Service {
    Service {
        context: IMAGE_CONTEXT,
        id: of.id.replacen("/iiif/image/3/", "/iiif/image/2/", 1),
        profile: IMAGE_PROFILE,
        width: of.width,
        height: of.height,
        sizes: of.sizes.clone(),
    }
}

fn links(of: &[v3::Link]) -> Option<Values<Link>> {
    Values::of(of.iter().map(link).collect())
}

fn link(of: &v3::Link) -> Link {
    Link { id: of.id.clone(), label: Values::of(texts(&of.label)), format: of.format.clone(), profile: of.profile }
}

fn pair(of: &v3::Pair) -> Pair {
    Pair { label: values(&of.label), value: Values::of(said(&of.value)).unwrap_or_else(nothing) }
}

/// The texts of something that must have one.
fn values(map: &LanguageMap) -> Values<Text> {
    Values::of(texts(map)).unwrap_or_else(nothing)
}

fn nothing() -> Values<Text> {
    Values::One(Text::Plain(String::new()))
}

/// The texts of what may hold HTML. Viewers of this version take brackets anywhere for HTML, not only around the whole:
/// there they are shown by being escaped.
fn said(map: &LanguageMap) -> Vec<Text> {
    let shown = |text: &String| {
        let plain = language::is_html(text) || !text.contains('<');
        if plain { text.clone() } else { language::shown_as_html(text) }
    };
    let by_language = map.by_language();
    by_language.flat_map(|(tag, texts)| texts.iter().map(move |text| tagged(tag, &shown(text)))).collect()
}

fn texts(map: &LanguageMap) -> Vec<Text> {
    let by_language = map.by_language();
    by_language.flat_map(|(tag, texts)| texts.iter().map(move |text| tagged(tag, text))).collect()
}

fn tagged(language: &str, text: &str) -> Text {
    match language {
        "none" => Text::Plain(text.to_owned()),
        language => Text::Tagged { value: text.to_owned(), language: language.to_owned() },
    }
}
