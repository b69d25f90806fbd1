//! The content tier: what can be seen, heard or read, and what may be done with it.

use serde::Serialize;

use super::record::{Record, Thing};

/// The content tier of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// From 0 (not shown) to 4 (free to use, at full size).
    pub tier: u8,
    /// Why it is not more.
    pub why: String,
    /// The cheapest way to more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub improvement: Option<String>,
}

/// Pixels of an image for tier 1, 2 and 4: 0.1, 0.42 and 0.95 megapixels.
const PIXELS: [(u64, u8); 3] = [(950_000, 4), (420_000, 2), (100_000, 1)];
/// Rows of a video for tier 4.
const VIDEO_HEIGHT: u64 = 480;

/// Rights that leave all of it free to use, by the beginning of their address.
const OPEN: &[&str] = &[
    "http://creativecommons.org/publicdomain/mark/",
    "http://creativecommons.org/publicdomain/zero/1.0/",
    "http://creativecommons.org/licenses/by/",
    "http://creativecommons.org/licenses/by-sa/",
];
/// Rights that leave some of it.
const RESTRICTED: &[&str] = &[
    "http://creativecommons.org/licenses/by-nc/",
    "http://creativecommons.org/licenses/by-nc-sa/",
    "http://creativecommons.org/licenses/by-nc-nd/",
    "http://creativecommons.org/licenses/by-nd/",
    "http://rightsstatements.org/vocab/NoC-NC/",
    "http://rightsstatements.org/vocab/NoC-OKLR/",
    "http://rightsstatements.org/vocab/InC-EDU/",
    "http://www.europeana.eu/rights/out-of-copyright-non-commercial/",
];
/// Where players are embedded from, by the beginning of the address behind the scheme and `www.`.
const EMBEDDABLE: &[&str] = &[
    "youtube.com/watch",
    "youtube.com/v/",
    "youtu.be/",
    "vimeo.com/",
    "player.vimeo.com/",
    "soundcloud.com/",
    "sketchfab.com/3d-models",
    "sketchfab.com/models/",
    "skfb.ly/",
    "euscreen.eu/item.html",
    "ina.fr/video",
];
const THREE_D: &[&str] = &["application/vnd.las", "application/vnd.laszip", "image/vnd.dxf"];
const OEMBED: &[&str] = &["application/json+oembed", "application/xml+oembed"];

/// What rights allow at most.
fn cap(rights: Option<&str>) -> u8 {
    let begins = |list: &[&str]| rights.is_some_and(|rights| list.iter().any(|known| rights.starts_with(known)));
    if begins(OPEN) {
        4
    } else if begins(RESTRICTED) {
        3
    } else {
        2
    }
}

/// What everything about the record has to do with, whichever file it is.
struct Facts<'a> {
    aggregation: &'a Thing,
    landing: bool,
    embeddable: bool,
}

impl Content {
    /// Of a record.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let none = |why: &str, improvement: &str| Self {
            tier: 0,
            why: why.to_owned(),
            improvement: Some(improvement.to_owned()),
        };
        let Some(aggregation) = record.all("ore:Aggregation").next() else {
            return none("it has no ore:Aggregation", "send one, with edm:isShownBy");
        };
        let mut types: Vec<&str> = record
            .described()
            .iter()
            .flat_map(|thing| thing.values("edm:type"))
            .map(super::record::Value::said)
            .collect();
        types.sort_unstable();
        types.dedup();
        let [kind] = types[..] else {
            return none("it has not exactly one edm:type", "say whether it is TEXT, IMAGE, SOUND, VIDEO or 3D");
        };
        let facts =
            Facts { aggregation, landing: lands(record, aggregation), embeddable: is_embeddable(record, aggregation) };
        let links = ["edm:isShownBy", "edm:hasView"].into_iter().flat_map(|property| aggregation.values(property));
        let files: Vec<&Thing> = links.filter_map(|link| record.named("edm:WebResource", link.said())).collect();
        if kind == "IMAGE" && !has_thumbnail(record, aggregation, &files) {
            return none("an image without a thumbnail", "name an image in edm:object or edm:isShownBy");
        }
        let best = files.iter().map(|file| facts.of_file(kind, file)).max_by_key(|(tier, _, _)| *tier);
        let Some((tier, why, improvement)) = best else {
            let tier = u8::from(facts.landing && matches!(kind, "TEXT" | "SOUND" | "VIDEO" | "3D"));
            let why = "it names no file that can be shown (edm:isShownBy, edm:hasView)".to_owned();
            return Self { tier, why, improvement: Some("attach a file, or a scan of it".to_owned()) };
        };
        Self { tier, why, improvement }
    }
}

impl Facts<'_> {
    /// What a file gives: its tier under its rights, why not more, and what would give more.
    fn of_file(&self, kind: &str, file: &Thing) -> (u8, String, Option<String>) {
        let rights = file.first("edm:rights").or_else(|| self.aggregation.first("edm:rights"));
        let (shown, why, larger) = self.shown(kind, file);
        let allowed = cap(rights);
        if shown <= allowed {
            return (shown, why, larger);
        }
        let rights = rights.unwrap_or("none");
        let why = format!("its rights ({rights}) allow tier {allowed} at most; by its files it would be {shown}");
        let open = "if they can be: CC0, the Public Domain Mark, CC BY or CC BY-SA allow tier 4".to_owned();
        (allowed, why, Some(open))
    }

    /// What can be seen of a file, whatever may be done with it.
    fn shown(&self, kind: &str, file: &Thing) -> (u8, String, Option<String>) {
        let mime = file.first("ebucore:hasMimeType").unwrap_or_default();
        let (width, height) = (file.number("ebucore:width").unwrap_or(0), file.number("ebucore:height").unwrap_or(0));
        let pixels = width.saturating_mul(height);
        let (medium, is_pdf) = (Medium::of(mime), mime == "application/pdf");
        let of_pixels = |pixels: u64| PIXELS.iter().find(|(least, _)| pixels >= *least).map_or(0, |(_, tier)| *tier);
        let full = |what: &str| (4, what.to_owned(), None);
        let landing = u8::from(self.landing);
        let image = |tier: u8| {
            let next = PIXELS.iter().rev().find(|(_, better)| *better > tier);
            let improvement = next.map(|(least, better)| {
                format!("an image of {:.2} megapixels or more gives tier {better}", lossless(*least) / 1e6)
            });
            (tier, format!("its image has {:.2} megapixels ({width} × {height})", lossless(pixels) / 1e6), improvement)
        };
        let no = |tier: u8, wanted: &str| {
            (tier, format!("its file is {}", if mime.is_empty() { "of no known type" } else { mime }), {
                Some(format!("attach {wanted}"))
            })
        };
        match kind {
            "IMAGE" if medium == Some(Medium::Image) => image(of_pixels(pixels)),
            "IMAGE" => no(0, "the image itself"),
            "TEXT" if is_pdf => full("it is a PDF"),
            "TEXT" if medium == Some(Medium::Image) => image(of_pixels(pixels).max(landing)),
            "TEXT" => no(landing, "scans of its pages, or a PDF"),
            "SOUND" if medium == Some(Medium::Audio) || self.embeddable => full("it can be heard"),
            "SOUND" => no(landing, "the recording"),
            "VIDEO" if (medium == Some(Medium::Video) && height >= VIDEO_HEIGHT) || self.embeddable => {
                full("it can be seen")
            }
            "VIDEO" if medium == Some(Medium::Video) => {
                (1, format!("its video has {height} rows of pixels"), Some("480 or more give tier 4".to_owned()))
            }
            "VIDEO" => no(landing, "the video"),
            "3D" if !mime.is_empty() && medium != Some(Medium::Image) && !is_pdf => full("it has a model"),
            "3D" => no(0, "the model"),
            _ => (0, format!("{kind} is no edm:type"), Some("TEXT, IMAGE, SOUND, VIDEO or 3D".to_owned())),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "millions, for people")]
fn lossless(number: u64) -> f64 {
    number as f64
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Medium {
    ThreeD,
    Image,
    Audio,
    Video,
    Text,
}

impl Medium {
    fn of(mime: &str) -> Option<Self> {
        let kind = mime.split('/').next().unwrap_or_default();
        let texts =
            ["application/pdf", "application/xml", "application/rtf", "application/epub", "application/xhtml+xml"];
        match kind {
            "model" => Some(Self::ThreeD),
            _ if THREE_D.contains(&mime) => Some(Self::ThreeD),
            "image" => Some(Self::Image),
            "audio" => Some(Self::Audio),
            "video" => Some(Self::Video),
            _ if mime == "application/dash+xml" => Some(Self::Video),
            "text" => Some(Self::Text),
            _ if texts.iter().any(|text| mime.starts_with(text)) => Some(Self::Text),
            _ => None,
        }
    }
}

/// Whether the landing page answers. Before Metis has tried, it is believed to.
fn lands(record: &Record, aggregation: &Thing) -> bool {
    let mut links = aggregation.values("edm:isShownAt");
    links.any(|link| {
        let page = record.named("edm:WebResource", link.said());
        record.is_external() || page.is_some_and(|page| page.has("ebucore:hasMimeType"))
    })
}

fn is_embeddable(record: &Record, aggregation: &Thing) -> bool {
    let listed = |link: &str| {
        let behind = link.split_once("://").map_or(link, |(_, behind)| behind);
        let behind = behind.strip_prefix("www.").unwrap_or(behind);
        EMBEDDABLE.iter().any(|known| behind.starts_with(known))
    };
    let oembed = |file: &Thing| file.values("ebucore:hasMimeType").any(|mime| OEMBED.contains(&mime.said()));
    aggregation.values("edm:isShownBy").any(|link| listed(link.said())) || record.all("edm:WebResource").any(oembed)
}

fn has_thumbnail(record: &Record, aggregation: &Thing, files: &[&Thing]) -> bool {
    let makes_one = |file: &&Thing| {
        let mime = file.first("ebucore:hasMimeType").unwrap_or_default();
        Medium::of(mime) == Some(Medium::Image) || mime == "application/pdf"
    };
    match aggregation.first("edm:object") {
        Some(object) => record.named("edm:WebResource", object).is_none_or(|file| makes_one(&file)),
        None => files.first().is_some_and(makes_one),
    }
}
