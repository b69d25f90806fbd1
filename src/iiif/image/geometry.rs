//! The pyramid that viewers expect: levels that halve, rounded up, cut into tiles.
//!
//! OpenSeadragon computes level sizes by rounding up; a level rounded down would be off by a pixel at every other scale.

use std::fmt;

use serde::Serialize;

/// Sides of a tile in pixels. Larger: more bytes nobody looks at; smaller: more requests.
pub const TILE: u32 = 512;
/// The longest side that is sent, in pixels: what a JPEG can hold.
pub const SIDE_MAX: u32 = 65_535;
/// Pixels of the largest image that is sent. Without it one request for a whole map would hold gigabytes.
pub const AREA_MAX: u64 = 1 << 26;

/// A width and a height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sides {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Sides {
    /// Width and height.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// How many pixels.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The level at a scale factor.
    #[must_use]
    pub fn level(self, scale: u32) -> Self {
        Self { width: self.width.div_ceil(scale), height: self.height.div_ceil(scale) }
    }

    /// Whether it may be sent.
    #[must_use]
    pub fn is_within(self, limits: Limits) -> bool {
        self.width <= limits.side && self.height <= limits.side && self.area() <= limits.area
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.width, self.height)
    }
}

/// What is too large to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of a side.
    pub side: u32,
    /// Pixels in all.
    pub area: u64,
}

/// The limits of this server.
pub const LIMITS: Limits = Limits { side: SIDE_MAX, area: AREA_MAX };

/// The scale factors of an image: 1, 2, 4 … until one tile holds the level.
#[must_use]
pub fn scale_factors(image: Sides) -> Vec<u32> {
    let mut factors = vec![1u32];
    let mut scale = 1u32;
    while image.level(scale).width > TILE || image.level(scale).height > TILE {
        scale *= 2;
        factors.push(scale);
    }
    factors
}

/// The sizes of all levels that may be sent, smallest first.
#[must_use]
pub fn sizes(image: Sides, limits: Limits) -> Vec<Sides> {
    let levels = scale_factors(image).into_iter().rev().map(|scale| image.level(scale));
    levels.filter(|level| level.is_within(limits)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_rounded_up() {
        let sizes: Vec<_> = sizes(Sides::new(12_000, 9000), LIMITS).iter().map(|s| (s.width, s.height)).collect();
        assert_eq!(sizes, [(375, 282), (750, 563), (1500, 1125), (3000, 2250), (6000, 4500)]);
    }
    #[test]
    fn factors_ascend_until_one_tile_holds_all() {
        assert_eq!(scale_factors(Sides::new(12_000, 9000)), [1, 2, 4, 8, 16, 32]);
        assert_eq!(scale_factors(Sides::new(512, 512)), [1]);
        assert_eq!(scale_factors(Sides::new(513, 1)), [1, 2]);
    }
    #[test]
    fn the_widest_image_there_can_be_has_an_end() {
        assert_eq!(scale_factors(Sides::new(u32::MAX, 1)).len(), 24);
    }
}
