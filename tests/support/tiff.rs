//! Masters as other programs make them: TIFF in tiles of JPEG.

use fonds_workers::picture::encode::{Chroma, jpeg_of};
use fonds_workers::picture::{Channels, Sides};
use image::RgbImage;

/// An image in square tiles, those at the edges filled up, each a JPEG with tables of its own.
pub fn in_tiles(image: &RgbImage, side: u32) -> Vec<u8> {
    let (width, height) = image.dimensions();
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    for (top, left) in (0..height)
        .step_by(side as usize)
        .flat_map(|top| (0..width).step_by(side as usize).map(move |left| (top, left)))
    {
        let tile = RgbImage::from_fn(side, side, |x, y| {
            *image.get_pixel((left + x).min(width - 1), (top + y).min(height - 1))
        });
        let tile = jpeg_of(tile.as_raw(), Sides::new(side, side), Channels::Rgb, Chroma::Half).unwrap();
        offsets.push(u32::try_from(bytes.len()).unwrap());
        lengths.push(u32::try_from(tile.len()).unwrap());
        bytes.extend(tile);
    }
    // Sides, bits, JPEG, brightness and differences, three of them, tiles.
    let entries = [
        (256u16, vec![width]),
        (257, vec![height]),
        (258, vec![8; 3]),
        (259, vec![7]),
        (262, vec![6]),
        (277, vec![3]),
        (322, vec![side]),
        (323, vec![side]),
        (324, offsets),
        (325, lengths),
    ];
    let mut directory = u16::try_from(entries.len()).unwrap().to_le_bytes().to_vec();
    for (tag, values) in entries {
        directory.extend([tag.to_le_bytes(), 4u16.to_le_bytes()].concat());
        directory.extend(u32::try_from(values.len()).unwrap().to_le_bytes());
        let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        if values.len() == 4 {
            directory.extend(values);
        } else {
            directory.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
            bytes.extend(values);
        }
    }
    let at = u32::try_from(bytes.len()).unwrap();
    bytes[4..8].copy_from_slice(&at.to_le_bytes());
    bytes.extend(directory);
    bytes.extend([0; 4]);
    bytes
}
