//! JPEG 2000 (ITU-T T.800): the sides from `ihdr` (Annex I) or `SIZ` (Annex A), and whether the file is whole.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Image, skip, take, truncated, unreadable};

/// Boxes of a file that are looked at: an honest one has some ten, and each is a jump that may read a buffer anew.
const BOXES_MAX: usize = 20_000;

/// Walks the boxes of a JP2 file.
pub(super) fn read(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Image> {
    let mut image = Image::default();
    let (mut position, mut codestream, mut boxes) = (0u64, false, 0);
    // A box that says that it is as long as can be leads beyond any end.
    while position.saturating_add(8) <= bytes {
        boxes += 1;
        if boxes > BOXES_MAX {
            image.problem = Some(unreadable("it has too many boxes"));
            return Ok(image);
        }
        reader.seek(SeekFrom::Start(position))?;
        let short = u64::from(u32::from_be_bytes(take(reader)?));
        let kind: [u8; 4] = take(reader)?;
        let (length, header) = match short {
            0 => (bytes - position, 8),
            1 => (u64::from_be_bytes(take(reader)?), 16),
            length => (length, 8),
        };
        if length < header {
            image.problem = Some(unreadable("a box is shorter than its own header"));
            return Ok(image);
        }
        match &kind {
            // The header box is a container: its first box is `ihdr`.
            b"jp2h" => {
                skip(reader, 8)?;
                image.height = u32::from_be_bytes(take(reader)?);
                image.width = u32::from_be_bytes(take(reader)?);
            }
            b"jp2c" => codestream = true,
            _ => {}
        }
        position = position.saturating_add(length);
    }
    if position > bytes {
        image.problem = Some(truncated("its last box is longer than what is left"));
    } else if !codestream {
        image.problem = Some(truncated("it has no codestream"));
    }
    Ok(image)
}

/// Reads the `SIZ` segment of a bare codestream, and its last two bytes.
pub(super) fn read_codestream(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Image> {
    reader.seek(SeekFrom::Start(8))?;
    let [right, bottom, left, top] =
        [take(reader)?, take(reader)?, take(reader)?, take(reader)?].map(u32::from_be_bytes);
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    reader.seek(SeekFrom::Start(bytes.saturating_sub(2)))?;
    let problem = (take(reader)? != [0xFF, 0xD9]).then(|| truncated("it has no end-of-codestream marker"));
    Ok(Image { width, height, problem, ..Image::default() })
}
