//! Requests that a pack answers with bytes that it holds: nothing is decoded.

use fonds_workers::pack::geometry::level;
use fonds_workers::pack::{Entry, Index};
use fonds_workers::picture::strips::STRIP;
use fonds_workers::picture::{Channels, Sides};

use crate::iiif::image::request::{Format, Quality, Turn};
use crate::iiif::image::resolve::Plan;

/// Where the answer to a plan lies in the pack, if it lies there: a whole image at a size that is kept, or a tile.
#[must_use]
pub fn find(plan: &Plan, index: &Index) -> Option<Entry> {
    let upright = !plan.rotation.mirrored && plan.rotation.turn == Turn::None;
    let colours = match plan.quality {
        Quality::Default => true,
        Quality::Gray => index.channels() == Channels::Gray,
        Quality::Bitonal => false,
    };
    if plan.format != Format::Jpg || !upright || !colours {
        return None;
    }
    if plan.region.sides == index.sides()
        && let Some(entry) = index.whole(plan.size)
    {
        return Some(entry);
    }
    index.scales().find_map(|scale| tile(plan, index, scale))
}

/// The tile of a level, if the plan asks for exactly that.
fn tile(plan: &Plan, index: &Index, scale: u32) -> Option<Entry> {
    let (region, image) = (plan.region, index.sides());
    // As wide as a tile, or as what is left at the edge.
    let step = u64::from(index.pyramid().tile.pixels()) * u64::from(scale);
    let begins = u64::from(region.x) % step == 0 && u64::from(region.y) % step == 0;
    let ends = |from: u32, side: u32, whole: u32| u64::from(side) == step.min(u64::from(whole - from));
    let fits = ends(region.x, region.sides.width, image.width) && ends(region.y, region.sides.height, image.height);
    if !begins || !fits || plan.size != level(region.sides, scale) {
        return None;
    }
    let place = |from: u32| u32::try_from(u64::from(from) / step).ok();
    index.tile(scale, place(region.x)?, place(region.y)?)
}

/// The pixels of an image that are needed to answer a plan, in those of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// The scale factor of the level.
    pub scale: u32,
    /// Columns of tiles, from and behind.
    pub columns: (u32, u32),
    /// Rows of tiles, from and behind.
    pub rows: (u32, u32),
    /// Where the needed pixels begin in the level, from the left and from the top: a tile, and a strip of it.
    pub corner: (u32, u32),
    /// How many there are: whole tiles across, whole strips down.
    pub sides: Sides,
}

/// The tiles of the smallest level that has as many pixels as are asked for. Where that would be more than `most` pixels
/// (a request that bends a whole map into a line), those of a smaller one.
#[must_use]
pub fn cover(plan: &Plan, index: &Index, most: u64) -> Option<Cover> {
    let (region, size, pyramid) = (plan.region, plan.size, index.pyramid());
    let tile = pyramid.tile.pixels();
    let enough = |scale: &u32| {
        region.sides.width.div_ceil(*scale) >= size.width && region.sides.height.div_ceil(*scale) >= size.height
    };
    let finest = index.scales().filter(enough).last().unwrap_or(1);
    let of = |scale: u32| {
        let whole = pyramid.level(scale);
        let span = |from: u32, side: u32, whole: u32| {
            let first = from / scale / tile;
            let behind = (from + side).div_ceil(scale).min(whole).div_ceil(tile);
            let pixels = (behind * tile).min(whole) - first * tile;
            ((first, behind), pixels)
        };
        let (columns, width) = span(region.x, region.sides.width, whole.width);
        let (rows, _) = span(region.y, region.sides.height, whole.height);
        // The filter looks at pixels beside the region, as far as there are tiles; so do colours that are kept halved.
        let beside = 2 * (region.sides.height / scale).div_ceil(size.height) + 2;
        let top = (region.y / scale).saturating_sub(beside) / STRIP * STRIP;
        let bottom = (region.y + region.sides.height).div_ceil(scale).saturating_add(beside).next_multiple_of(STRIP);
        let (top, bottom) = (top.max(rows.0 * tile), bottom.min(rows.1 * tile).min(whole.height));
        Cover { scale, columns, rows, corner: (columns.0 * tile, top), sides: Sides::new(width, bottom - top) }
    };
    index.scales().filter(|scale| *scale >= finest).map(of).find(|cover| cover.sides.area() <= most)
}
