//! The pyramid that viewers expect: levels that halve, rounded up, cut into tiles.
//!
//! `OpenSeadragon` computes level sizes by rounding up; a level rounded down would be off by a pixel at every other scale.

use crate::picture::Sides;

/// Sides of a tile in pixels. Larger: more bytes nobody looks at; smaller: more requests.
pub const TILE: u32 = 512;
/// The longest side of a level that is kept as one image too: what a page shows without a viewer.
const WHOLE_SIDE_MAX: u32 = 1500;
/// The squares into which the image is fitted for lists, strips and cards.
const THUMBNAILS: [u32; 3] = [400, 200, 120];

/// A level of an image: all of it, at one over the scale factor.
#[must_use]
pub fn level(image: Sides, scale: u32) -> Sides {
    Sides::new(image.width.div_ceil(scale), image.height.div_ceil(scale))
}

/// The scale factors of an image: 1, 2, 4 … until one tile holds the level.
#[must_use]
pub fn scale_factors(image: Sides) -> Vec<u32> {
    let mut factors = vec![1u32];
    let mut scale = 1u32;
    while level(image, scale).width > TILE || level(image, scale).height > TILE {
        scale *= 2;
        factors.push(scale);
    }
    factors
}

/// How many tiles a level has, across and down.
#[must_use]
pub fn tiles(level: Sides) -> (u32, u32) {
    (level.width.div_ceil(TILE), level.height.div_ceil(TILE))
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

/// The sizes at which the whole image is kept as one, largest first: small levels that are more than a tile, and
/// thumbnails.
#[must_use]
pub fn wholes(image: Sides) -> Vec<Sides> {
    let levels = scale_factors(image).into_iter().map(|scale| level(image, scale));
    let small = |size: &Sides| size.width.max(size.height) <= WHOLE_SIDE_MAX;
    let fitted = THUMBNAILS.into_iter().map(|side| confine(image, Sides::new(side, side)));
    let mut sizes: Vec<Sides> = levels.filter(small).chain(fitted).collect();
    sizes.sort_by_key(|size| std::cmp::Reverse((size.width, size.height)));
    sizes.dedup();
    // One tile is the whole of the last level already.
    let last = scale_factors(image).last().map(|scale| level(image, *scale));
    sizes.retain(|size| Some(*size) != last);
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(sizes: &[Sides]) -> Vec<(u32, u32)> {
        sizes.iter().map(|size| (size.width, size.height)).collect()
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
    #[test]
    fn small_levels_and_thumbnails_are_kept_whole() {
        let kept = wholes(Sides::new(12_000, 9000));
        assert_eq!(sizes(&kept), [(1500, 1125), (750, 563), (400, 300), (200, 150), (120, 90)]);
    }
    #[test]
    fn an_image_of_one_tile_keeps_only_what_is_smaller() {
        assert_eq!(sizes(&wholes(Sides::new(300, 400))), [(150, 200), (90, 120)]);
        assert_eq!(sizes(&wholes(Sides::new(100, 80))), []);
    }
}
