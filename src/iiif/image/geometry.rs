//! What of the pyramid is told to viewers, and what is too large to be sent.

pub use fonds_workers::pack::geometry::{Pyramid, TileSide};
pub use fonds_workers::picture::Sides;

/// The longest side that is sent, in pixels: what a JPEG can hold.
pub const SIDE_MAX: u32 = 65_535;
/// Pixels of the largest image that is sent. Without it one request for a whole map would hold gigabytes.
pub const AREA_MAX: u64 = 1 << 26;

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

impl Limits {
    /// Whether an image of these sides may be sent.
    #[must_use]
    pub fn allow(self, sides: Sides) -> bool {
        sides.width <= self.side && sides.height <= self.side && sides.area() <= self.area
    }
}

/// The sizes of an image that a manifest names, smallest first: the levels of the usual tiles, and thumbnails. A pack
/// answers them, whatever its own tiles are.
#[must_use]
pub fn sizes(image: Sides, limits: Limits) -> Vec<Sides> {
    levels(Pyramid::usual(image), limits)
}

/// The sizes of all levels that may be sent and of the thumbnails beside them, smallest first.
#[must_use]
pub fn levels(pyramid: Pyramid, limits: Limits) -> Vec<Sides> {
    let levels = pyramid.scale_factors().into_iter().map(|scale| pyramid.level(scale));
    let mut sizes: Vec<Sides> = levels.chain(pyramid.wholes()).filter(|size| limits.allow(*size)).collect();
    sizes.sort_by_key(|size| (size.width, size.height));
    sizes.dedup();
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_rounded_up_and_thumbnails_are_named() {
        let sizes: Vec<_> = sizes(Sides::new(12_000, 9000), LIMITS).iter().map(|s| (s.width, s.height)).collect();
        let thumbnails = [(120, 90), (200, 150), (375, 282), (400, 300)];
        assert_eq!(sizes, [&thumbnails[..], &[(750, 563), (1500, 1125), (3000, 2250), (6000, 4500)]].concat());
    }
}
