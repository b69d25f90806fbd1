//! What a file is: media type and sides, from its bytes. (Local stand-in while another helper writes it; not committed.)
use std::io::{self, BufRead, Read as _, Seek};
/// What.
#[derive(Debug)]
pub struct Probed {
    /// T.
    pub media_type: String,
    /// W.
    pub width: Option<u32>,
    /// H.
    pub height: Option<u32>,
    /// P.
    pub problem: Option<Problem>,
}
/// P.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Empty.
    #[error("the file is empty")]
    Empty,
    /// Cut.
    #[error("the image is truncated")]
    Truncated,
}
/// Looks.
pub fn probe(reader: &mut (impl BufRead + Seek), bytes: u64, _pixels_max: u64) -> io::Result<Probed> {
    let mut all = Vec::new();
    reader.read_to_end(&mut all)?;
    let image = image::ImageReader::new(io::Cursor::new(&all)).with_guessed_format()?;
    let is_image = image.format().is_some();
    let decoded = image.decode();
    let problem = if bytes == 0 {
        Some(Problem::Empty)
    } else if is_image && decoded.is_err() {
        Some(Problem::Truncated)
    } else {
        None
    };
    Ok(Probed {
        media_type: if is_image { "image/x".into() } else { "application/octet-stream".into() },
        width: None,
        height: None,
        problem,
    })
}
