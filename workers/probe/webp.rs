//! WebP (RFC 9649): the sides, and whether the RIFF container is whole.

use std::io::{self, BufRead, Seek, SeekFrom};

use image::ImageDecoder as _;
use image::metadata::Orientation;

use super::{Image, take, truncated, unreadable};

/// Reads the container's length, and leaves the three kinds of header to the decoder.
pub(super) fn read(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Image> {
    reader.seek(SeekFrom::Start(4))?;
    let claimed = u64::from(u32::from_le_bytes(take(reader)?)) + 8;
    if claimed > bytes {
        return Ok(Image { problem: Some(truncated("it has fewer bytes than it says")), ..Image::default() });
    }
    reader.seek(SeekFrom::Start(0))?;
    let mut decoder = match image::codecs::webp::WebPDecoder::new(reader) {
        Ok(decoder) => decoder,
        Err(error) => return Ok(Image { problem: Some(unreadable(&error.to_string())), ..Image::default() }),
    };
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms).to_exif();
    Ok(Image { width, height, orientation: orientation.into(), ..Image::default() })
}
