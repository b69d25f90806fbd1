//! Tiles in strips: rows of pixels that are decoded without those above and below them.
//!
//! Huffman codes have no places to begin at but the first, and where the encoder restarts (ITU-T T.81 §E.1.4). Our tiles
//! restart after every 64 rows of pixels, so a region that needs the upper eighth of a tile costs an eighth: the strips
//! that it needs are put behind a header of their own, and the library of JPEG sees a smaller picture. Tiles of others are
//! treated alike where they restart at the end of a row.

use std::num::NonZeroU16;
use std::ops::Range;

use super::baseline::{Baseline, END};
use super::{Channels, Sides};

/// Rows of pixels of a strip. Fewer make larger tiles, more decode what nobody asked for.
pub const STRIP: u32 = 64;
/// Restart markers count from 0 to 7 and begin anew.
const MARKERS: usize = 8;

/// The JPEG of these sides out of those of its strips, which were encoded alike.
pub(super) fn joined<S: AsRef<[u8]>>(strips: &[S], sides: Sides, channels: Channels) -> Option<Vec<u8>> {
    let first = Baseline::read(&[], strips.first()?.as_ref())?;
    let unit = first.unit()?;
    let interval = sides.width.div_ceil(unit.width).checked_mul(STRIP / unit.height)?;
    let interval = NonZeroU16::new(u16::try_from(interval).ok()?)?;
    let strip = Sides::new(sides.width, STRIP.min(sides.height));
    let mut file = first.head(strip, channels, sides.height, Some(interval))?;
    file.reserve_exact(strips.iter().map(|strip| strip.as_ref().len()).sum());
    for (number, strip) in strips.iter().enumerate() {
        if number > 0 {
            file.extend(marker(number - 1));
        }
        file.extend_from_slice(Baseline::read(&[], strip.as_ref())?.data.strip_suffix(END)?);
    }
    file.extend_from_slice(END);
    Some(file)
}

/// The strips of a JPEG of these sides that hold the wanted rows, as a JPEG of their own, and the rows that it shows.
/// `None` where they cannot be had apart.
pub(super) fn cut(jpeg: &[u8], sides: Sides, channels: Channels, wanted: &Range<u32>) -> Option<(Vec<u8>, Range<u32>)> {
    let jpeg = Baseline::read(&[], jpeg)?;
    let (unit, interval) = (jpeg.unit()?, u32::from(jpeg.restarts()?.get()));
    let across = sides.width.div_ceil(unit.width);
    if !interval.is_multiple_of(across) {
        return None;
    }
    let strip = interval / across * unit.height;
    let (first, behind) = (wanted.start / strip, wanted.end.div_ceil(strip));
    let shown = first * strip..(behind * strip).min(sides.height);
    let (data, markers) = between(jpeg.data, first as usize, behind as usize)?;
    let mut file = jpeg.head(sides, channels, shown.end.checked_sub(shown.start)?, jpeg.restarts())?;
    let begin = file.len();
    file.extend_from_slice(data);
    file.extend_from_slice(END);
    for (number, place) in markers.into_iter().enumerate() {
        file.get_mut(begin + place..begin + place + 2)?.copy_from_slice(&marker(number));
    }
    Some((file, shown))
}

const fn marker(number: usize) -> [u8; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "it is less than eight")]
    let number = (number % MARKERS) as u8;
    [0xFF, 0xD0 + number]
}

/// The encoded data of some strips, and where in it the markers between them are.
fn between(data: &[u8], first: usize, behind: usize) -> Option<(&[u8], Vec<usize>)> {
    let (mut passed, mut begin, mut markers) = (0, 0, Vec::new());
    for place in memchr::memchr_iter(0xFF, data) {
        match data.get(place + 1)? {
            0x00 => continue,
            0xD0..=0xD7 => passed += 1,
            // The end of the picture, with which its last strip ends.
            0xD9 if passed >= first => return Some((data.get(begin..place)?, markers)),
            _ => return None,
        }
        if passed == behind {
            return Some((data.get(begin..place)?, markers));
        }
        if passed == first {
            begin = place + 2;
        } else if passed > first {
            markers.push(place - begin);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::Pixels;
    use super::super::encode::{Chroma, jpeg_of, read_jpeg, read_rows_into, tile};
    use super::*;

    const SIDES: Sides = Sides::new(200, 301);

    fn samples(channels: Channels) -> Vec<u8> {
        (0..200 * 301 * channels.count()).map(|at| u8::try_from(at * at / 37 % 251).unwrap()).collect()
    }

    fn kinds() -> [(Channels, Chroma); 3] {
        [(Channels::Gray, Chroma::Half), (Channels::Rgb, Chroma::Half), (Channels::Rgb, Chroma::Full)]
    }

    #[test]
    fn strips_show_what_the_whole_shows() {
        for (channels, chroma) in kinds() {
            let samples = samples(channels);
            let whole = jpeg_of(&samples, SIDES, channels, chroma).unwrap();
            let tile = tile(&samples, SIDES, channels, chroma).unwrap();
            assert_eq!(read_jpeg(&tile).unwrap(), read_jpeg(&whole).unwrap());
            assert_eq!(tile.windows(2).filter(|pair| pair[0] == 0xFF && pair[1] & 0xF8 == 0xD0).count(), 4);
        }
    }

    /// The rows of a JPEG, read apart from the others.
    fn apart(jpeg: &[u8], channels: Channels, rows: Range<u32>) -> Vec<u8> {
        let pitch = SIDES.width as usize * channels.count();
        let mut found = vec![0; pitch * rows.len()];
        read_rows_into(jpeg, SIDES, channels, &rows, &mut found, pitch).unwrap();
        found
    }

    #[test]
    fn rows_are_read_apart_from_the_others() {
        for (channels, chroma) in kinds() {
            let tile = tile(&samples(channels), SIDES, channels, chroma).unwrap();
            let whole = jpeg_of(&samples(channels), SIDES, channels, chroma).unwrap();
            let Pixels { data, .. } = read_jpeg(&tile).unwrap();
            let pitch = SIDES.width as usize * channels.count();
            let check = |rows: Range<u32>| {
                let wanted = &data[rows.start as usize * pitch..rows.end as usize * pitch];
                assert_eq!(apart(&whole, channels, rows.clone()), wanted, "{channels:?} {chroma:?} {rows:?}");
                assert_eq!(apart(&tile, channels, rows.clone()), wanted, "{channels:?} {chroma:?} {rows:?}");
            };
            [0..63, 65..127, 129..301, 257..301, 0..301, 0..1, 100..101, 70..250, 300..301].into_iter().for_each(check);
            // Colours that are halved are worked out of their neighbours too, which are not there at the edge of a strip.
            if chroma == Chroma::Full {
                [0..64, 64..128, 128..301, 191..193].into_iter().for_each(check);
            }
        }
    }

    #[test]
    fn only_what_is_needed_is_kept() {
        let tile = tile(&samples(Channels::Rgb), SIDES, Channels::Rgb, Chroma::Half).unwrap();
        let (file, shown) = cut(&tile, SIDES, Channels::Rgb, &(70..120)).unwrap();
        assert_eq!((shown, read_jpeg(&file).unwrap().sides), (64..128, Sides::new(200, 64)));
        assert!(file.len() < tile.len() / 3);
        let (file, shown) = cut(&tile, SIDES, Channels::Rgb, &(200..301)).unwrap();
        assert_eq!((shown, read_jpeg(&file).unwrap().sides), (192..301, Sides::new(200, 109)));
    }

    #[test]
    fn what_is_not_in_strips_or_is_cut_short_is_not_cut() {
        let samples = samples(Channels::Rgb);
        let whole = jpeg_of(&samples, SIDES, Channels::Rgb, Chroma::Half).unwrap();
        assert_eq!(cut(&whole, SIDES, Channels::Rgb, &(0..64)), None);
        let tile = tile(&samples, SIDES, Channels::Rgb, Chroma::Half).unwrap();
        assert_eq!(cut(&tile[..tile.len() / 2], SIDES, Channels::Rgb, &(200..301)), None);
        assert_eq!(cut(&tile, Sides::new(200, 300), Channels::Rgb, &(0..64)), None);
        assert_eq!(cut(&tile, SIDES, Channels::Gray, &(0..64)), None);
        assert_eq!(cut(&[], SIDES, Channels::Rgb, &(0..64)), None);
        // A frame whose first component has no samples: it was damaged where it is kept.
        let frame = tile.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
        let mut damaged = tile.clone();
        damaged[frame + 11] = 0;
        assert_eq!(cut(&damaged, SIDES, Channels::Rgb, &(0..64)), None);
    }
}
