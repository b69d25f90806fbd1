//! What lies beside a recording and belongs to it: captions (cookbook recipes 0219 and 0074), and the picture that is seen
//! before a film plays (recipe 0013).
//!
//! Names tell: `film.vtt` and `film.en.vtt` are captions of `film.mp4`, as `page 1.xml` is the text of `page 1.tif`; captions
//! of another name belong to the only recording, where there is one. A picture `film.jpg` is the poster of `film.mp4` only
//! in the role of a copy made for use: a master of that name may be a photograph that happens to bear the same number. What
//! an arrangement names is a view in any case.

use std::collections::{BTreeMap, HashMap, HashSet};

use fonds_schemas::arrangement::Range;
use fonds_schemas::{FileId, FileRole, Language, Object, StoredFile};

use crate::iiif::presentation::annotation::{OneOrMany, SUPPLEMENTING};
use crate::iiif::presentation::caption::{Caption, CaptionBody, CaptionPage, CaptionText};
use crate::iiif::presentation::language::LanguageMap;
use crate::iiif::presentation::manifest::Setting;
use crate::iiif::presentation::types::{Canvas, CanvasPage};
use crate::iiif::presentation::views::{self, Views, content, is_image, is_recording};

/// The media type of captions.
const WEB_VTT: &str = "text/vtt";
/// Letters of a language at the end of a name: `en`, `gsw`. Longer words are words.
const LANGUAGE_LETTERS_MAX: usize = 3;

/// The films that have posters, by the image that is one; it is no view by itself.
#[must_use]
pub fn posters(object: &Object, setting: Setting<'_>) -> BTreeMap<FileId, FileId> {
    let is_film = |file: &&StoredFile| file.media_type.starts_with("video/") && is_recording(file);
    let films: HashMap<&str, FileId> =
        object.files.iter().filter(is_film).map(|file| (stem(file), file.file)).collect();
    if films.is_empty() {
        return BTreeMap::new();
    }
    let named = named(object);
    let mut taken: HashSet<FileId> = HashSet::new();
    let images = object.files.iter().filter(|file| file.role == FileRole::Access && is_image(file, setting));
    let images = images.filter(|file| !named.contains(&file.file));
    let of = |image: &StoredFile| Some((image.file, *films.get(stem(image))?));
    // A film has one; a second picture is a view.
    images.filter_map(of).filter(|(_, film)| taken.insert(*film)).collect()
}

/// Puts captions and posters on the canvases of the recordings that they belong to.
pub(super) fn put(
    canvases: &mut [Canvas],
    object: &Object,
    posters: &BTreeMap<FileId, FileId>,
    views: &Views<'_>,
    base: &str,
    setting: Setting<'_>,
) {
    let captions = captions(object, views, base);
    let mut placeholders: HashMap<String, Canvas> = HashMap::new();
    for (image, film) in posters {
        let image = object.file(*image).and_then(|image| image.page(1));
        let (Some(canvas), Some(image)) = (views.canvas_of(*film, base), image) else { continue };
        let poster = views::alone(image, base, setting).filter(|poster| !poster.items.is_empty());
        placeholders.extend(poster.map(|poster| (canvas, poster)));
    }
    if captions.is_empty() && placeholders.is_empty() {
        return;
    }
    for canvas in canvases {
        if let Some(placeholder) = placeholders.remove(&canvas.id) {
            let label = canvas.label.clone();
            canvas.placeholder_canvas = Some(Box::new(Canvas { label, ..placeholder }));
        }
        if let Some(texts) = captions.get(&canvas.id) {
            canvas.annotations.push(CanvasPage::Captions(page(texts, &canvas.id, setting)));
        }
    }
}

/// Captions and, where their name tells it, their language; by the canvas of what they belong to.
fn captions<'a>(
    object: &'a Object,
    views: &Views<'_>,
    base: &str,
) -> BTreeMap<String, Vec<(&'a StoredFile, Option<Language>)>> {
    let mut of: BTreeMap<String, Vec<(&StoredFile, Option<Language>)>> = BTreeMap::new();
    let texts: Vec<&StoredFile> = object.files.iter().filter(|file| is_captions(file)).collect();
    if texts.is_empty() {
        return of;
    }
    let mut canvases: HashMap<&str, Vec<String>> = HashMap::new();
    let mut all: HashSet<String> = HashSet::new();
    for file in object.files.iter().filter(|file| is_recording(file)) {
        let Some(canvas) = views.canvas_of(file.file, base) else { continue };
        let same = canvases.entry(stem(file)).or_default();
        if !same.contains(&canvas) {
            same.push(canvas.clone());
        }
        all.insert(canvas);
    }
    let only = if all.len() == 1 { all.into_iter().collect() } else { Vec::new() };
    for text in texts {
        let name = stem(text);
        let spoken = name.rsplit_once('.').and_then(|(before, tag)| Some((before, language(tag)?)));
        let (canvases, language) = match (canvases.get(name), &spoken) {
            (Some(canvases), _) => (canvases, None),
            (None, Some((before, language))) => (canvases.get(before).unwrap_or(&only), Some(language.clone())),
            (None, None) => (&only, None),
        };
        for canvas in canvases {
            of.entry(canvas.clone()).or_default().push((text, language.clone()));
        }
    }
    of
}

fn page(texts: &[(&StoredFile, Option<Language>)], canvas: &str, setting: Setting<'_>) -> CaptionPage {
    let only = texts.len() == 1;
    let text = |(file, language): &(&StoredFile, Option<Language>)| CaptionText {
        id: content(file, setting),
        kind: "Text",
        format: WEB_VTT,
        label: if only { LanguageMap::english("Captions in WebVTT format") } else { LanguageMap::plain(&file.name) },
        language: language.as_ref().map(|language| OneOrMany::One(language.as_str().to_owned())),
    };
    let mut texts: Vec<CaptionText> = texts.iter().map(text).collect();
    let body = match texts.pop() {
        Some(text) if texts.is_empty() => CaptionBody::Text(text),
        last => {
            texts.extend(last);
            CaptionBody::Choice { kind: "Choice", items: texts }
        }
    };
    let annotation = Caption {
        id: format!("{canvas}/captions/1"),
        kind: "Annotation",
        motivation: SUPPLEMENTING,
        body,
        target: canvas.to_owned(),
    };
    CaptionPage { id: format!("{canvas}/captions"), kind: "AnnotationPage", items: vec![annotation] }
}

/// Whether the file holds captions. A folder that is taken in knows no roles.
fn is_captions(file: &StoredFile) -> bool {
    file.media_type == WEB_VTT
        && match file.role {
            FileRole::Transcript | FileRole::Master | FileRole::Access => true,
            FileRole::ThreeD | FileRole::Rti | FileRole::Attachment => false,
        }
}

/// Every file that the arrangement names.
fn named(object: &Object) -> HashSet<FileId> {
    fn of_range(range: &Range, named: &mut HashSet<FileId>) {
        named.extend(&range.files);
        named.extend(range.spans.iter().map(|span| span.file));
        range.children.iter().for_each(|child| of_range(child, named));
    }
    let arrangement = &object.arrangement;
    let mut named: HashSet<FileId> = arrangement.start.into_iter().collect();
    named.extend(arrangement.choices.iter().flat_map(|choice| &choice.files).map(|state| state.file));
    for composition in &arrangement.composed {
        named.insert(composition.file);
        named.extend(composition.details.iter().map(|detail| detail.file));
    }
    arrangement.ranges.iter().for_each(|range| of_range(range, &mut named));
    named
}

fn language(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    if primary.len() > LANGUAGE_LETTERS_MAX { None } else { Language::parse(tag).ok() }
}

fn stem(file: &StoredFile) -> &str {
    file.name.rsplit_once('.').map_or(&file.name, |(stem, _)| stem)
}
