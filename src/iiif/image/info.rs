//! `info.json`: what an image is and what may be asked of it (Image API 3.0 §5).

use serde::Serialize;

use crate::iiif::image::geometry::{self, LIMITS, Sides, TILE};

/// The JSON-LD context of Image API 3, which is the profile of its media type too.
pub const CONTEXT: &str = "http://iiif.io/api/image/3/context.json";
/// The protocol that every image service names.
pub const PROTOCOL: &str = "http://iiif.io/api/image";
/// What every image service of ours promises, as the `Link` header says it.
pub const PROFILE_LINK: &str = "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"";

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

/// The whole of `info.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    max_area: Option<u64>,
    sizes: Vec<Sides>,
    tiles: Vec<Tiles>,
    preferred_formats: &'static [&'static str],
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

impl Info {
    /// What is to be said of the image at that address.
    #[must_use]
    pub fn new(id: String, image: Sides) -> Self {
        let service = ImageService::new(id, image);
        let tiles = Tiles { width: TILE, height: TILE, scale_factors: geometry::scale_factors(image) };
        Self {
            context: CONTEXT,
            id: service.id,
            kind: service.kind,
            protocol: PROTOCOL,
            profile: service.profile,
            width: image.width,
            height: image.height,
            // Limits are told where they bite: a limit that no request can reach would only puzzle.
            max_width: (image.width.max(image.height) > LIMITS.side).then_some(LIMITS.side),
            max_area: (image.area() > LIMITS.area).then_some(LIMITS.area),
            sizes: service.sizes,
            tiles: vec![tiles],
            preferred_formats: &["jpg"],
            // `color` is not listed: level 2 has it for images in colour, and a gray one has none.
            extra_qualities: &["gray", "bitonal"],
            extra_features: &["canonicalLinkHeader", "mirroring", "profileLinkHeader"],
        }
    }

    /// The bytes that are sent.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
