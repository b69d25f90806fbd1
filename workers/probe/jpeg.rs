//! JPEG (ITU-T T.81, Annex B): the frame's sides, EXIF orientation, and whether the image ends.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Image, directories, skip, take, truncated};

/// Reads the segments and looks for the end of the image behind them.
pub(super) fn read(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Image> {
    reader.seek(SeekFrom::Start(2))?;
    let mut image = Image::default();
    match segments(reader, bytes, &mut image) {
        Ok(true) => {}
        Ok(false) => image.problem = Some(super::unreadable("something that is no marker stands between its segments")),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            image.problem = Some(truncated("it has no end-of-image marker"));
        }
        Err(error) => return Err(error),
    }
    Ok(image)
}

/// Whether the end of the image was reached; what comes behind it (previews, sound) is nobody's business.
fn segments(reader: &mut (impl BufRead + Seek), bytes: u64, image: &mut Image) -> io::Result<bool> {
    let mut in_scan = false;
    loop {
        if in_scan {
            to_marker(reader)?;
        } else if take::<1>(reader)? != [0xFF] {
            return Ok(false);
        }
        let mut marker = take::<1>(reader)?[0];
        while marker == 0xFF {
            marker = take::<1>(reader)?[0];
        }
        match marker {
            0xD9 => return Ok(true),
            // A stuffed byte of the scan, or a restart: no segment.
            0x00 | 0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let length = u64::from(u16::from_be_bytes(take(reader)?)).saturating_sub(2);
        if reader.stream_position()? + length > bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if length >= 6 => {
                let [_precision, h1, h0, w1, w0] = take(reader)?;
                // The first frame is the image; some files carry more.
                if image.width == 0 {
                    image.height = u32::from(u16::from_be_bytes([h1, h0]));
                    image.width = u32::from(u16::from_be_bytes([w1, w0]));
                }
                skip(reader, length - 5)?;
            }
            0xE1 if image.orientation == 0 => {
                let mut segment = vec![0; usize::try_from(length).unwrap_or_default()];
                reader.read_exact(&mut segment)?;
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0") {
                    image.orientation = directories::orientation(exif);
                }
            }
            _ => skip(reader, length)?,
        }
        in_scan |= marker == 0xDA;
    }
}

/// Goes behind the next 0xFF.
fn to_marker(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let found = buffer.iter().position(|byte| *byte == 0xFF);
        let count = found.map_or(buffer.len(), |place| place + 1);
        reader.consume(count);
        if found.is_some() {
            return Ok(());
        }
    }
}
