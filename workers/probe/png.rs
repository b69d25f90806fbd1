//! PNG (third edition, §5): the sides, the orientation of an `eXIf` chunk, and whether all chunks are there.

use std::io::{self, BufRead, Read as _, Seek, SeekFrom};

use super::{Image, directories, skip, take, truncated, unreadable};

/// Bytes of an `eXIf` chunk that are read: an orientation stands near its beginning.
const EXIF_BYTES_MAX: u64 = 64 << 10;

/// Walks the chunks.
pub(super) fn read(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Image> {
    reader.seek(SeekFrom::Start(8))?;
    let mut image = Image::default();
    let mut position = 8u64;
    loop {
        if position + 12 > bytes {
            image.problem = Some(truncated("it has no IEND chunk"));
            return Ok(image);
        }
        let length = u64::from(u32::from_be_bytes(take(reader)?));
        let kind: [u8; 4] = take(reader)?;
        position += 12 + length;
        if position > bytes {
            image.problem = Some(truncated("its last chunk is longer than what is left"));
        }
        if position == 8 + 12 + length {
            if &kind != b"IHDR" || length != 13 {
                image.problem = Some(unreadable("it does not begin with an IHDR chunk"));
                return Ok(image);
            }
            image.width = u32::from_be_bytes(take(reader)?);
            image.height = u32::from_be_bytes(take(reader)?);
            skip(reader, 5 + 4)?;
        } else if &kind == b"eXIf" && image.problem.is_none() {
            let mut exif = Vec::new();
            reader.by_ref().take(length.min(EXIF_BYTES_MAX)).read_to_end(&mut exif)?;
            image.orientation = directories::orientation(&exif);
            skip(reader, length - length.min(EXIF_BYTES_MAX) + 4)?;
        } else {
            skip(reader, length + 4)?;
        }
        if &kind == b"IEND" || image.problem.is_some() {
            return Ok(image);
        }
    }
}
