//! The draft of the Presentation API 4.0, for archives that ask for it (`iiif.presentation_4`): what version 3 says, said
//! again in its words, and with scenes in which models stand.
//!
//! Nothing is read or decided here. A canvas keeps its name; what is only heard is a timeline in this version, and as
//! another kind of thing has another name. The draft may change under us, so nothing of it is promised: not to be cached
//! for long, and not to stay as it is. Source: IIIF/api, `source/presentation/4.0`, read in 2026-05.

pub mod types;

use std::collections::HashMap;

use crate::iiif::http::Dialect;
use crate::iiif::presentation::annotation::OneOrMany;
use crate::iiif::presentation::caption::{Caption, CaptionBody, CaptionText};
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::types as v3;
use crate::iiif::presentation::views;
use types::{
    Annotation, AnnotationPage, Body, Choice, Container, ContainerPage, ContainerReference, Manifest, Media, Range,
    RangeItem,
};

/// The JSON-LD context of the draft, which is the profile of its media type too.
pub const CONTEXT: &str = "http://iiif.io/api/presentation/4/context.json";
/// What its JSON is called.
pub const DIALECT: Dialect = Dialect::Linked(CONTEXT);
/// What a file that is a model is called.
const MODEL: &str = "Model";

/// The kind and the name of each view in this version, by its name in version 3.
type Names = HashMap<String, ContainerReference>;

/// The manifest in the words of the draft.
#[must_use]
pub fn manifest(of: &v3::Manifest) -> Manifest {
    let (models, others): (Vec<&v3::Link>, Vec<&v3::Link>) =
        of.about.rendering.iter().partition(|link| link.kind == MODEL);
    let base = of.id.strip_suffix("/manifest").unwrap_or(&of.id);
    let mut items: Vec<Container> = of.items.iter().map(container).collect();
    if !models.is_empty() {
        // The canvas that says that there is nothing to see. One that says why an image is not shown stays.
        items.retain(|item| item.id != views::empty_canvas(base).id);
    }
    items.extend(models.iter().map(|model| scene(model, base)));
    let names: Names = of.items.iter().map(|item| (item.id.clone(), named(item))).collect();
    Manifest {
        // Places are no extension in this version.
        context: CONTEXT,
        id: address(&of.id),
        kind: "Manifest",
        label: of.label.clone(),
        about: v3::About { rendering: others.into_iter().map(offered).collect(), ..of.about.clone() },
        start: of.start.as_ref().and_then(|start| names.get(&start.id).cloned()),
        service: of.service.clone(),
        items,
        structures: of.structures.iter().map(|part| range(part, &names)).collect(),
    }
}

/// The address of the same thing in version 4.
#[must_use]
pub fn address(id: &str) -> String {
    id.replacen("/iiif/presentation/3/", "/iiif/presentation/4/", 1)
}

/// Where the manifest in the draft is, if that shows more: another IIIF resource may be named so (3.0 §3.3.1).
#[must_use]
pub fn see_also(of: &v3::Manifest) -> Option<v3::Link> {
    let has_model = of.about.rendering.iter().any(|link| link.kind == MODEL);
    has_model.then(|| v3::Link {
        id: address(&of.id),
        kind: "Manifest",
        label: LanguageMap::english("IIIF Presentation 4 (draft), with scenes of models"),
        format: format!("application/ld+json;profile=\"{CONTEXT}\""),
        profile: Some(CONTEXT),
    })
}

/// What a view is in this version, and its name.
fn named(of: &v3::Canvas) -> ContainerReference {
    match of.width {
        Some(_) => ContainerReference { id: of.id.clone(), kind: "Canvas" },
        None => ContainerReference { id: of.id.replacen("/canvas/", "/timeline/", 1), kind: "Timeline" },
    }
}

fn container(of: &v3::Canvas) -> Container {
    let name = named(of);
    let page = |page: &v3::AnnotationPage| AnnotationPage {
        id: page.id.clone(),
        kind: "AnnotationPage",
        items: page.items.iter().map(|annotation| painted(annotation, &name)).collect(),
    };
    Container {
        label: of.label.clone(),
        height: of.height,
        width: of.width,
        duration: of.duration.clone(),
        metadata: of.metadata.clone(),
        items: of.items.iter().map(page).collect(),
        placeholder_container: of.placeholder_canvas.as_deref().map(|canvas| Box::new(container(canvas))),
        annotations: of.annotations.iter().map(|page| annotations(page, &name)).collect(),
        id: name.id.clone(),
        kind: name.kind,
    }
}

/// A scene in which a model stands at the origin; light and camera are the viewer's.
fn scene(model: &v3::Link, base: &str) -> Container {
    let file = model.id.trim_end_matches("/content").rsplit('/').next().unwrap_or_default();
    let target = ContainerReference { id: format!("{base}/scene/{file}"), kind: "Scene" };
    let body = Body::Media(Media {
        id: model.id.clone(),
        kind: MODEL,
        label: LanguageMap::default(),
        format: model.format.clone(),
        height: None,
        width: None,
        duration: None,
    });
    let id = format!("{base}/annotation/{file}");
    let annotation = Annotation { id, kind: "Annotation", motivation: ["painting"], body, target: target.clone() };
    let id = format!("{base}/page/{file}");
    Container {
        id: target.id,
        kind: target.kind,
        label: model.label.clone(),
        height: None,
        width: None,
        duration: None,
        metadata: Vec::new(),
        items: vec![AnnotationPage { id, kind: "AnnotationPage", items: vec![annotation] }],
        placeholder_container: None,
        annotations: Vec::new(),
    }
}

/// Captions as they are in this version; other pages are where they were.
fn annotations(of: &v3::CanvasPage, target: &ContainerReference) -> ContainerPage {
    let page = match of {
        v3::CanvasPage::Named(page) => return ContainerPage::Named(page.clone()),
        v3::CanvasPage::Captions(page) => page,
    };
    let text = |text: &CaptionText| {
        let language = text.language.clone().map(|language| match language {
            OneOrMany::One(one) => OneOrMany::Many(vec![one]),
            OneOrMany::Many(many) => OneOrMany::Many(many),
        });
        Body::Captions(CaptionText { language, ..text.clone() })
    };
    let captions = |caption: &Caption| Annotation {
        id: caption.id.clone(),
        kind: "Annotation",
        motivation: [caption.motivation],
        body: match &caption.body {
            CaptionBody::Text(one) => text(one),
            CaptionBody::Choice { items, .. } => {
                Body::Choice(Choice { kind: "Choice", items: items.iter().map(text).collect() })
            }
        },
        target: target.clone(),
    };
    let items = page.items.iter().map(captions).collect();
    ContainerPage::Captions(AnnotationPage { id: page.id.clone(), kind: "AnnotationPage", items })
}

fn painted(of: &v3::Annotation, target: &ContainerReference) -> Annotation {
    let fragment = of.target.split_once('#').map(|(_, fragment)| format!("#{fragment}")).unwrap_or_default();
    let target = ContainerReference { id: format!("{}{fragment}", target.id), kind: target.kind };
    Annotation { id: of.id.clone(), kind: "Annotation", motivation: ["painting"], body: body(&of.body), target }
}

fn body(of: &v3::Body) -> Body {
    match of {
        v3::Body::Image(image) => Body::Image(image.clone()),
        v3::Body::Recording(recording) => Body::Media(Media {
            id: recording.id.clone(),
            kind: media_kind(recording.kind),
            label: recording.label.clone(),
            format: recording.format.clone(),
            height: recording.height,
            width: recording.width,
            duration: Some(recording.duration.clone()),
        }),
        v3::Body::Choice(choice) => {
            Body::Choice(Choice { kind: "Choice", items: choice.items.iter().map(body).collect() })
        }
    }
}

fn offered(of: &v3::Link) -> v3::Link {
    v3::Link { kind: media_kind(of.kind), ..of.clone() }
}

/// What 3.0 calls `Sound` is `Audio`.
fn media_kind(of: &'static str) -> &'static str {
    if of == "Sound" { "Audio" } else { of }
}

fn range(of: &v3::Range, names: &Names) -> Range {
    let item = |item: &v3::RangeItem| match item {
        v3::RangeItem::Canvas(canvas) => part(&canvas.id, names).map(RangeItem::Container),
        v3::RangeItem::Range(inside) => Some(RangeItem::Range(range(inside, names))),
    };
    let items = of.items.iter().filter_map(item).collect();
    Range { id: of.id.clone(), kind: "Range", label: of.label.clone(), items }
}

/// A view, or the part of it that a fragment names.
fn part(id: &str, names: &Names) -> Option<ContainerReference> {
    match id.split_once('#') {
        None => names.get(id).cloned(),
        Some((view, fragment)) => {
            let name = names.get(view)?;
            Some(ContainerReference { id: format!("{}#{fragment}", name.id), kind: name.kind })
        }
    }
}
