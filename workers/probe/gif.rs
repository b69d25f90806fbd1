//! GIF (89a): the sides of the screen, and whether the trailer comes.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Image, skip, take, truncated, unreadable};

/// Walks the blocks.
pub(super) fn read(reader: &mut (impl BufRead + Seek), _bytes: u64) -> io::Result<Image> {
    reader.seek(SeekFrom::Start(6))?;
    let [w0, w1, h0, h1, flags, _background, _aspect] = take(reader)?;
    let (width, height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    let mut image = Image { width: width.into(), height: height.into(), ..Image::default() };
    image.problem = match blocks(reader, flags) {
        Ok(true) => None,
        Ok(false) => Some(unreadable("it has a block of an unknown kind")),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Some(truncated("it has no trailer")),
        Err(error) => return Err(error),
    };
    Ok(image)
}

fn blocks(reader: &mut (impl BufRead + Seek), flags: u8) -> io::Result<bool> {
    skip_colours(reader, flags)?;
    loop {
        match take::<1>(reader)?[0] {
            0x3B => return Ok(true),
            0x21 => skip(reader, 1)?,
            0x2C => {
                let descriptor: [u8; 9] = take(reader)?;
                skip_colours(reader, descriptor[8])?;
                skip(reader, 1)?;
            }
            _ => return Ok(false),
        }
        loop {
            match take::<1>(reader)?[0] {
                0 => break,
                count => skip(reader, count.into())?,
            }
        }
    }
}

fn skip_colours(reader: &mut (impl BufRead + Seek), flags: u8) -> io::Result<()> {
    if flags & 0x80 == 0 {
        return Ok(());
    }
    skip(reader, 3 << ((flags & 7) + 1))
}
