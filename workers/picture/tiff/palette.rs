//! Pictures whose samples are numbers of colours (TIFF 6.0 §5).

use tiff::decoder::Decoder;
use tiff::tags::Tag;

use super::super::{BadPicture, Source};

/// The colours by their numbers.
pub(super) type Palette = Vec<[u8; 3]>;

/// The palette of a page.
pub(super) fn read(decoder: &mut Decoder<impl Source>) -> Result<Palette, BadPicture> {
    let bits = decoder.find_tag_unsigned::<u16>(Tag::BitsPerSample).map_err(BadPicture::damaged)?.unwrap_or(1);
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
    Ok((0..colours).map(|at| [of(at), of(at + colours), of(at + 2 * colours)]).collect())
}
