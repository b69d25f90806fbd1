//! `info.json`: what an image is and what may be asked of it (Image API 3.0 §5, 2.1.1 §5).

use serde::Serialize;

use crate::iiif::http::Dialect;
use crate::iiif::image::geometry::{self, LIMITS, Pyramid, Sides};
use crate::iiif::image::request::{Format, Version};

/// The JSON-LD context of Image API 3, which is the profile of its media type too.
pub const CONTEXT: &str = "http://iiif.io/api/image/3/context.json";
/// The JSON-LD context of Image API 2.
pub const CONTEXT_2: &str = "http://iiif.io/api/image/2/context.json";
/// The protocol that every image service names.
pub const PROTOCOL: &str = "http://iiif.io/api/image";
/// What every image service of ours promises, as the `Link` header says it.
pub const PROFILE_LINK: &str = "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"";
/// The same of version 2.
pub const PROFILE_LINK_2: &str = "<http://iiif.io/api/image/2/level2.json>;rel=\"profile\"";

impl Version {
    /// What its JSON is called.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Two => Dialect::Plain(CONTEXT_2),
            Self::Three => Dialect::Linked(CONTEXT),
        }
    }

    /// What is promised, as the `Link` header says it.
    #[must_use]
    pub const fn profile_link(self) -> &'static str {
        match self {
            Self::Two => PROFILE_LINK_2,
            Self::Three => PROFILE_LINK,
        }
    }
}

/// An image service as a manifest embeds it: enough for a viewer to choose a stored size without asking for more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageService {
    /// The base address, without a slash at its end.
    pub id: String,
    /// `ImageService3`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `level2`.
    pub profile: &'static str,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The levels, smallest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Sides>,
}

impl ImageService {
    /// The service at that address for an image of these sides.
    #[must_use]
    pub fn new(id: String, image: Sides) -> Self {
        let sizes = geometry::sizes(image, LIMITS);
        Self { id, kind: "ImageService3", profile: "level2", width: image.width, height: image.height, sizes }
    }
}

/// The bytes of `info.json` of the image at that address, which is cut so.
#[must_use]
pub fn to_json(version: Version, id: String, pyramid: Pyramid) -> Vec<u8> {
    let json = match version {
        Version::Two => serde_json::to_vec(&Info2::new(id, pyramid)),
        Version::Three => serde_json::to_vec(&Info::new(id, pyramid)),
    };
    json.unwrap_or_default()
}

/// The formats beside those of level 2.
fn extra_formats() -> Vec<&'static str> {
    let extra = Format::ALL.iter().filter(|(format, ..)| !matches!(format, Format::Jpg | Format::Png));
    extra.map(|(_, name, _)| *name).collect()
}

/// `info.json` of version 3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    #[serde(rename = "@context")]
    context: &'static str,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    protocol: &'static str,
    profile: &'static str,
    width: u32,
    height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_width: Option<u32>,
    max_area: u64,
    sizes: Vec<Sides>,
    tiles: Vec<Tiles>,
    preferred_formats: &'static [&'static str],
    extra_formats: Vec<&'static str>,
    extra_qualities: &'static [&'static str],
    extra_features: &'static [&'static str],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tiles {
    width: u32,
    height: u32,
    scale_factors: Vec<u32>,
}

impl Tiles {
    fn of(pyramid: Pyramid) -> Vec<Self> {
        let side = pyramid.tile.pixels();
        vec![Self { width: side, height: side, scale_factors: pyramid.scale_factors() }]
    }
}

impl Info {
    fn new(id: String, pyramid: Pyramid) -> Self {
        let image = pyramid.image;
        let service = ImageService::new(id, image);
        Self {
            context: CONTEXT,
            id: service.id,
            kind: service.kind,
            protocol: PROTOCOL,
            profile: service.profile,
            width: image.width,
            height: image.height,
            max_width: max_width(image),
            // Whoever scales up must be told how far (§5.7).
            max_area: LIMITS.area,
            sizes: geometry::levels(pyramid, LIMITS),
            tiles: Tiles::of(pyramid),
            preferred_formats: &["jpg"],
            extra_formats: extra_formats(),
            // `color` is not listed: level 2 has it for images in colour, and a gray one has none.
            extra_qualities: &["gray", "bitonal"],
            extra_features: &[
                "canonicalLinkHeader",
                "mirroring",
                "profileLinkHeader",
                "rotationArbitrary",
                "sizeUpscaling",
            ],
        }
    }
}

/// Told where it bites: a limit that no whole image can reach would only puzzle.
fn max_width(image: Sides) -> Option<u32> {
    (image.width.max(image.height) > LIMITS.side).then_some(LIMITS.side)
}

/// `info.json` of version 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Info2 {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    protocol: &'static str,
    width: u32,
    height: u32,
    sizes: Vec<Sides>,
    tiles: Vec<Tiles>,
    profile: (&'static str, Profile2),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile2 {
    formats: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_area: Option<u64>,
    qualities: &'static [&'static str],
    supports: &'static [&'static str],
}

impl Info2 {
    fn new(id: String, pyramid: Pyramid) -> Self {
        let image = pyramid.image;
        let profile = Profile2 {
            formats: Format::ALL.iter().map(|(_, name, _)| *name).collect(),
            max_width: max_width(image),
            max_area: (image.area() > LIMITS.area).then_some(LIMITS.area),
            // `color` is not listed, as above.
            qualities: &["default", "gray", "bitonal"],
            supports: &[
                "baseUriRedirect",
                "canonicalLinkHeader",
                "cors",
                "jsonldMediaType",
                "mirroring",
                "profileLinkHeader",
                "regionByPct",
                "regionByPx",
                "regionSquare",
                "rotationArbitrary",
                "rotationBy90s",
                "sizeByConfinedWh",
                "sizeByDistortedWh",
                "sizeByH",
                "sizeByPct",
                "sizeByW",
                "sizeByWh",
            ],
        };
        Self {
            context: CONTEXT_2,
            id,
            protocol: PROTOCOL,
            width: image.width,
            height: image.height,
            sizes: geometry::levels(pyramid, LIMITS),
            tiles: Tiles::of(pyramid),
            profile: ("http://iiif.io/api/image/2/level2.json", profile),
        }
    }
}
