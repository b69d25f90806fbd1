//! Tiles that a master holds ready: whether they show what stands at their place.
//!
//! A smaller copy in a TIFF file may be one of an earlier state, or of another picture; encoded data may be damaged in ways
//! that one decoder bears and another does not. So each is decoded, coarsely, by the library that will read it later.

use crate::picture::encode::read_jpeg_eighth;
use crate::picture::{Channels, Pixels, Sides};

/// Sides of the blocks whose means are compared. Large enough that it does not matter by which filter somebody made the
/// picture smaller, or how much a JPEG lost.
const BLOCK: u32 = 32;
/// How far the mean of a block may be from what is there.
const FAR_MAX: u32 = 16;

/// Whether a tile can be read and has these sides and colours.
pub(super) fn is_sound(tile: &[u8], sides: Sides, channels: Channels) -> bool {
    read(tile, sides, channels).is_some()
}

/// Whether a tile of these sides, a multiple of a block, shows these samples as well.
pub(super) fn shows(tile: &[u8], samples: &[u8], sides: Sides, channels: Channels) -> bool {
    let Some(Pixels { sides: small, data, .. }) = read(tile, sides, channels) else { return false };
    let (found, wanted) = (means(&data, small, channels, BLOCK / 8), means(samples, sides, channels, BLOCK));
    found.iter().zip(&wanted).all(|(found, wanted)| found.abs_diff(*wanted) <= FAR_MAX)
}

/// A tile at an eighth of its sides.
fn read(tile: &[u8], sides: Sides, channels: Channels) -> Option<Pixels> {
    let small = Sides::new(sides.width / 8, sides.height / 8);
    read_jpeg_eighth(tile).ok().filter(|read| read.sides == small && read.channels == channels)
}

/// The means of blocks of that many pixels a side, by channel.
fn means(samples: &[u8], sides: Sides, channels: Channels, block: u32) -> Vec<u32> {
    let (count, block) = (channels.count(), block as usize);
    let row_bytes = sides.width as usize * count;
    let mut means = Vec::new();
    for rows in samples.chunks_exact(row_bytes * block) {
        let mut sums = vec![0u32; row_bytes / block];
        for row in rows.chunks_exact(row_bytes) {
            for (sums, block) in sums.chunks_exact_mut(count).zip(row.chunks_exact(block * count)) {
                for pixel in block.chunks_exact(count) {
                    sums.iter_mut().zip(pixel).for_each(|(sum, sample)| *sum += u32::from(*sample));
                }
            }
        }
        means.extend(sums.into_iter().map(|sum| sum / u32::try_from(block * block).unwrap_or(1)));
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::encode::{Chroma, jpeg_of};

    const SIDES: Sides = Sides::new(128, 128);

    fn pixels(shade: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        (0..128).flat_map(|y| (0..128).map(move |x| (x, y))).flat_map(|(x, y)| [shade(x, y), 100, 90]).collect()
    }

    #[test]
    fn the_same_picture_is_known_whatever_was_lost() {
        let text = pixels(|x, y| if (x / 2 + y / 3) % 2 == 0 { 255 } else { 0 });
        let tile = jpeg_of(&text, SIDES, Channels::Rgb, Chroma::Half).unwrap();
        assert!(shows(&tile, &text, SIDES, Channels::Rgb));
        assert!(shows(&tile, &pixels(|_, _| 128), SIDES, Channels::Rgb));
    }

    #[test]
    fn another_picture_is_not_taken_for_it() {
        let tile = jpeg_of(&pixels(|_, _| 200), SIDES, Channels::Rgb, Chroma::Half).unwrap();
        let spot = pixels(|x, y| if x >= 96 && y >= 96 { 170 } else { 200 });
        assert!(!shows(&tile, &spot, SIDES, Channels::Rgb));
        let gray: Vec<u8> = vec![200; 128 * 128];
        assert!(!shows(&tile, &gray, SIDES, Channels::Gray));
        assert!(!shows(&tile, &[], Sides::new(256, 256), Channels::Rgb));
        assert!(!shows(&tile[..tile.len() / 2], &pixels(|_, _| 200), SIDES, Channels::Rgb));
    }
}
