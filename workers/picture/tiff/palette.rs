//! Pictures whose samples are numbers of colours (TIFF 6.0 §5).

use tiff::decoder::Decoder;
use tiff::tags::{PhotometricInterpretation, Tag};

use super::super::{BadPicture, Source, all};

/// The colours by their numbers.
pub(super) type Palette = Vec<[u8; 3]>;

/// The palette of a page; `None` where it has none.
pub(super) fn read(decoder: &mut Decoder<impl Source>) -> Result<Option<Palette>, BadPicture> {
    let find = |decoder: &mut Decoder<_>, tag| decoder.find_tag_unsigned::<u16>(tag).map_err(BadPicture::damaged);
    if find(decoder, Tag::PhotometricInterpretation)? != Some(PhotometricInterpretation::RGBPalette.to_u16()) {
        return Ok(None);
    }
    let bits = find(decoder, Tag::BitsPerSample)?.unwrap_or(1);
    if bits > 8 {
        return Err(BadPicture::Unsupported("a TIFF with a palette of more than 256 colours".to_owned()));
    }
    let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(BadPicture::damaged)?;
    let colours = 1usize << bits;
    if map.len() < 3 * colours {
        return Err(BadPicture::damaged("its palette is too short"));
    }
    // Some programs wrote 8 bits where 16 are asked for.
    let shift = if map.iter().all(|value| *value < 256) { 0 } else { 8 };
    let of = |at: usize| u8::try_from(map[at] >> shift).unwrap_or(u8::MAX);
    Ok(Some((0..colours).map(|at| [of(at), of(at + colours), of(at + 2 * colours)]).collect()))
}

/// The bytes of the file, in which the page that was chosen says that its samples are shades of gray.
pub(super) fn as_gray(mut decoder: Decoder<impl Source>) -> Result<Vec<u8>, BadPicture> {
    let missing = || BadPicture::damaged("its directory is not where it was");
    let directory = decoder.ifd_pointer().ok_or_else(missing)?.0;
    let mut bytes = all(decoder.inner())?;
    let little = bytes.starts_with(b"II");
    let is_big = bytes.get(if little { 2 } else { 3 }) == Some(&43);
    // Bytes of the number of entries, of an entry, and before its value.
    let (head, entry, before) = if is_big { (8, 20, 12) } else { (2, 12, 8) };
    let tag = if little {
        Tag::PhotometricInterpretation.to_u16().to_le_bytes()
    } else {
        Tag::PhotometricInterpretation.to_u16().to_be_bytes()
    };
    let first = usize::try_from(directory).map_err(|_too_far| missing())? + head;
    let entries = bytes.get(first..).ok_or_else(missing)?.chunks_exact(entry);
    let place = entries.take(usize::from(u16::MAX)).position(|entry| entry[..2] == tag).ok_or_else(missing)?;
    let at = first + place * entry + before;
    let gray = PhotometricInterpretation::BlackIsZero.to_u16();
    let value = bytes.get_mut(at..at + 2).ok_or_else(missing)?;
    value.copy_from_slice(&if little { gray.to_le_bytes() } else { gray.to_be_bytes() });
    Ok(bytes)
}
