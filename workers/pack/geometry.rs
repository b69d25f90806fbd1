//! The pyramid that viewers expect: levels that halve, rounded up, cut into tiles.
//!
//! `OpenSeadragon` computes level sizes by rounding up; a level rounded down would be off by a pixel at every other scale.

use crate::picture::Sides;

/// The longest side of a level that is kept as one image too: what a page shows without a viewer.
const WHOLE_SIDE_MAX: u32 = 1500;
/// The squares into which the image is fitted for lists, strips and cards.
const THUMBNAILS: [u32; 3] = [400, 200, 120];

/// The side of a tile: a power of two, from 128 to 1024 pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileSide(u32);

impl TileSide {
    /// What tiles have that are cut here. Larger: more bytes nobody looks at; smaller: more requests.
    pub const USUAL: Self = Self(512);
    /// Every side that a tile may have, ascending.
    pub const ALL: [Self; 4] = [Self(128), Self(256), Self(512), Self(1024)];

    /// The side of that many pixels, if tiles may have it.
    #[must_use]
    pub fn new(pixels: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.0 == pixels)
    }

    /// How many pixels.
    #[must_use]
    pub const fn pixels(self) -> u32 {
        self.0
    }
}

/// An image cut into levels and tiles. All that a pack holds follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pyramid {
    /// How large the image is.
    pub image: Sides,
    /// How large its tiles are, but for those at the right and the bottom edge.
    pub tile: TileSide,
}

impl Pyramid {
    /// An image in tiles of that side.
    #[must_use]
    pub const fn new(image: Sides, tile: TileSide) -> Self {
        Self { image, tile }
    }

    /// An image in tiles of the usual side.
    #[must_use]
    pub const fn usual(image: Sides) -> Self {
        Self::new(image, TileSide::USUAL)
    }

    /// A level: all of the image, at one over the scale factor.
    #[must_use]
    pub fn level(self, scale: u32) -> Sides {
        level(self.image, scale)
    }

    /// The scale factors: 1, 2, 4 … until one tile holds the level.
    #[must_use]
    pub fn scale_factors(self) -> Vec<u32> {
        let mut factors = vec![1u32];
        let mut scale = 1u32;
        while self.level(scale).width > self.tile.0 || self.level(scale).height > self.tile.0 {
            scale *= 2;
            factors.push(scale);
        }
        factors
    }

    /// How many tiles a level has, across and down.
    #[must_use]
    pub fn tiles(self, scale: u32) -> (u32, u32) {
        let level = self.level(scale);
        (level.width.div_ceil(self.tile.0), level.height.div_ceil(self.tile.0))
    }

    /// How many images a pack of it holds: tiles of all levels, and those that are kept whole.
    #[must_use]
    pub fn entries(self) -> u64 {
        let tiles = self.scale_factors().into_iter().map(|scale| {
            let (across, down) = self.tiles(scale);
            u64::from(across) * u64::from(down)
        });
        tiles.sum::<u64>() + self.wholes().len() as u64
    }

    /// The sides of a tile: those at an edge have what is left.
    #[must_use]
    pub fn tile_sides(self, scale: u32, column: u32, row: u32) -> Sides {
        let (level, tile) = (self.level(scale), self.tile.0);
        let left = |side: u32, before: u32| tile.min(side.saturating_sub(before.saturating_mul(tile)));
        Sides::new(left(level.width, column), left(level.height, row))
    }

    /// The sizes at which the whole image is kept as one, largest first: small levels that are more than a tile, and
    /// thumbnails. Small levels of the usual tiles are kept whatever the tiles are: a manifest names them before they are
    /// cut.
    #[must_use]
    pub fn wholes(self) -> Vec<Sides> {
        let factors = self.scale_factors();
        let last = factors.last().map(|scale| self.level(*scale));
        let levels = factors.into_iter().chain(Self::usual(self.image).scale_factors()).map(|scale| self.level(scale));
        let small = |size: &Sides| size.width.max(size.height) <= WHOLE_SIDE_MAX;
        let fitted = THUMBNAILS.into_iter().map(|side| confine(self.image, Sides::new(side, side)));
        let mut sizes: Vec<Sides> = levels.filter(small).chain(fitted).collect();
        sizes.sort_by_key(|size| std::cmp::Reverse((size.width, size.height)));
        sizes.dedup();
        // One tile is the whole of the last level already.
        sizes.retain(|size| Some(*size) != last);
        sizes
    }
}

/// A level of an image: all of it, at one over the scale factor; or what a part of it becomes there.
#[must_use]
pub fn level(image: Sides, scale: u32) -> Sides {
    Sides::new(image.width.div_ceil(scale), image.height.div_ceil(scale))
}

/// The largest sides of this shape within a space, never larger than the shape, never less than a pixel.
#[must_use]
pub fn confine(shape: Sides, space: Sides) -> Sides {
    if shape.width <= space.width && shape.height <= space.height {
        return shape;
    }
    let by_width = u64::from(space.width) * u64::from(shape.height) <= u64::from(space.height) * u64::from(shape.width);
    if by_width {
        let height = free_side(space.width, shape.width, shape.height);
        Sides::new(space.width, height.clamp(1, space.height.max(1)))
    } else {
        let width = free_side(space.height, shape.height, shape.width);
        Sides::new(width.clamp(1, space.width.max(1)), space.height)
    }
}

/// The other side that keeps the shape, when the side `along` becomes `given`.
///
/// It is ours to round. Where `given` is a level of the pyramid, the other side is that level's too, so that a stored
/// level answers; elsewhere it is the nearest pixel.
#[must_use]
pub fn free_side(given: u32, along: u32, across: u32) -> u32 {
    let exact = u64::from(across) * u64::from(given);
    let along_wide = u64::from(along);
    let mut scale = 1u32;
    while scale < along && along.div_ceil(scale) > given {
        scale = scale.saturating_mul(2);
    }
    if along.div_ceil(scale) == given {
        let level = across.div_ceil(scale);
        // A very flat image has levels that are far from its shape: there the shape decides.
        if (u64::from(level) * along_wide).abs_diff(exact) <= along_wide {
            return level;
        }
    }
    u32::try_from((2 * exact + along_wide) / (2 * along_wide)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(sizes: &[Sides]) -> Vec<(u32, u32)> {
        sizes.iter().map(|size| (size.width, size.height)).collect()
    }

    fn usual(width: u32, height: u32) -> Pyramid {
        Pyramid::usual(Sides::new(width, height))
    }

    fn in_tiles(width: u32, height: u32, tile: u32) -> Pyramid {
        Pyramid::new(Sides::new(width, height), TileSide::new(tile).unwrap())
    }

    #[test]
    fn factors_ascend_until_one_tile_holds_all() {
        assert_eq!(usual(12_000, 9000).scale_factors(), [1, 2, 4, 8, 16, 32]);
        assert_eq!(usual(12_000, 9000).tiles(1), (24, 18));
        assert_eq!(usual(512, 512).scale_factors(), [1]);
        assert_eq!(usual(513, 1).scale_factors(), [1, 2]);
        assert_eq!(in_tiles(12_000, 9000, 256).scale_factors(), [1, 2, 4, 8, 16, 32, 64]);
        assert_eq!(in_tiles(12_000, 9000, 1024).scale_factors(), [1, 2, 4, 8, 16]);
    }
    #[test]
    fn the_widest_image_there_can_be_has_an_end() {
        assert_eq!(usual(u32::MAX, 1).scale_factors().len(), 24);
        assert_eq!(in_tiles(u32::MAX, 1, 128).scale_factors().len(), 26);
    }
    #[test]
    fn tiles_have_sides_of_powers_of_two() {
        let pixels = |side: u32| TileSide::new(side).map(TileSide::pixels);
        assert_eq!(
            [64, 128, 200, 256, 512, 1024, 2048].map(pixels),
            [None, Some(128), None, Some(256), Some(512), Some(1024), None]
        );
    }
    #[test]
    fn small_levels_and_thumbnails_are_kept_whole() {
        let kept = usual(12_000, 9000).wholes();
        assert_eq!(sizes(&kept), [(1500, 1125), (750, 563), (400, 300), (200, 150), (120, 90)]);
    }
    #[test]
    fn levels_that_a_manifest_names_are_kept_whole_in_larger_and_smaller_tiles() {
        let kept = in_tiles(12_000, 9000, 256).wholes();
        assert_eq!(sizes(&kept), [(1500, 1125), (750, 563), (400, 300), (375, 282), (200, 150), (120, 90)]);
        let kept = in_tiles(12_000, 9000, 1024).wholes();
        assert_eq!(sizes(&kept), [(1500, 1125), (400, 300), (375, 282), (200, 150), (120, 90)]);
    }
    #[test]
    fn an_image_of_one_tile_keeps_only_what_is_smaller() {
        assert_eq!(sizes(&usual(300, 400).wholes()), [(150, 200), (90, 120)]);
        assert_eq!(sizes(&usual(100, 80).wholes()), []);
    }
}
