//! The bytes of a table as UTF-8: gzip unpacked, the encoding told by mark or by sample.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::limits::SAMPLE_BYTES;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 16;
/// Places that are remembered where a character could not be read: more of them is another encoding.
const LOST_MAX: usize = 10_000;
/// What takes the place of a character that could not be read.
const LOST: &str = "\u{fffd}";

/// What the beginning of a table tells.
pub struct Sample {
    /// The beginning, unpacked, in UTF-8 (as far as it is), without the mark.
    pub bytes: Vec<u8>,
    /// The encoding.
    pub encoding: &'static Encoding,
    /// Whether the encoding was guessed because it was neither marked nor UTF-8.
    pub guessed: bool,
}

/// Counts what is read of a file, for progress.
struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The file, unpacked if it is gzip; `count` is told how much of the file itself was read.
pub(super) fn unpacked(path: &Path, count: Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
    let mut file = BufReader::with_capacity(BUFFER_BYTES, Counting { inner: File::open(path)?, count });
    let gzip = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    // Several members after one another are one text: that is what `cat a.gz b.gz` makes.
    Ok(if gzip { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Looks at the beginning of a table.
pub fn sample(path: &Path) -> io::Result<Sample> {
    let mut raw = Vec::new();
    let read = unpacked(path, Arc::default())?.take(SAMPLE_BYTES as u64).read_to_end(&mut raw);
    // A file that breaks off is read up to there; the reader says where.
    if raw.is_empty() {
        read?;
    }
    if let Some((encoding, mark)) = Encoding::for_bom(&raw) {
        let (text, _) = encoding.decode_without_bom_handling(&raw[mark..]);
        return Ok(Sample { bytes: text.into_owned().into_bytes(), encoding, guessed: false });
    }
    if is_mostly_utf8(&raw) {
        return Ok(Sample { bytes: raw, encoding: UTF_8, guessed: false });
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(&raw);
    Ok(Sample { bytes: text.into_owned().into_bytes(), encoding: WINDOWS_1252, guessed: true })
}

/// Whether it is UTF-8, or UTF-8 in which some rows are not: then those rows are refused one by one, where reading
/// the whole as something else would garble all the others.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // A long sample may end inside a character.
    bad == 0 || (good > 0 && good >= bad) || (bad == 1 && bytes.len() == SAMPLE_BYTES)
}

/// The text of a table: UTF-8, except where the file is UTF-8 and some row is not.
pub fn open(path: &Path, encoding: &'static Encoding, count: Arc<AtomicU64>) -> io::Result<Box<dyn BufRead + Send>> {
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, unpacked(path, count)?);
    if encoding == UTF_8 {
        if raw.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]) {
            raw.consume(3);
        }
        return Ok(Box::new(raw));
    }
    debug_assert!(encoding == UTF_16LE || encoding == UTF_16BE || encoding == WINDOWS_1252);
    Ok(Box::new(Decoded::new(raw, encoding)))
}

/// Another encoding, read as UTF-8. What cannot be read becomes U+FFFD, of which the planner warns.
pub(super) struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    text: Vec<u8>,
    taken: usize,
    /// Bytes of text before what is in `text`.
    before: u64,
    lost: VecDeque<u64>,
    ended: bool,
}

impl<R> Decoded<R> {
    /// Text in that encoding; a mark at its beginning is left out.
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { inner, decoder, text: Vec::new(), taken: 0, before: 0, lost: VecDeque::new(), ended: false }
    }

    /// Whether a character could not be read in the text up to that byte (of the UTF-8 that was made), since it was
    /// asked before.
    pub(super) fn lost_before(&mut self, end: u64) -> bool {
        let count = self.lost.iter().take_while(|at| **at < end).count();
        self.lost.drain(..count);
        count > 0
    }
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.taken == self.text.len() && !self.ended {
            self.before += self.text.len() as u64;
            self.taken = 0;
            self.text.clear();
            let input = self.inner.fill_buf()?;
            let last = input.is_empty();
            self.text.resize(BUFFER_BYTES, 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(input, &mut self.text, last);
            self.inner.consume(read);
            self.text.truncate(written);
            if let DecoderResult::Malformed(..) = result {
                if self.lost.len() < LOST_MAX {
                    self.lost.push_back(self.before + written as u64);
                }
                self.text.extend_from_slice(LOST.as_bytes());
            }
            self.ended = last && result == DecoderResult::InputEmpty;
        }
        Ok(&self.text[self.taken..])
    }
    fn consume(&mut self, amount: usize) {
        self.taken = (self.taken + amount).min(self.text.len());
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, guessed: bool) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let sample = sample(file.path()).unwrap();
        assert_eq!((sample.guessed, String::from_utf8_lossy(&sample.bytes).as_ref()), (guessed, text));
        let mut read = String::new();
        open(file.path(), sample.encoding, Arc::default()).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }

    fn utf16(text: &str, encode: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(encode).collect()
    }

    #[test]
    fn utf8_is_read_with_and_without_its_mark() {
        check("달항아리".as_bytes(), "달항아리", false);
        check("\u{feff}달항아리".as_bytes(), "달항아리", false);
    }
    #[test]
    fn utf16_is_read_in_both_orders() {
        check(&utf16("a,𛅰", u16::to_le_bytes), "a,𛅰", false);
        check(&utf16("a,𛅰", u16::to_be_bytes), "a,𛅰", false);
    }
    #[test]
    fn what_is_neither_is_windows_1252_and_says_so() {
        check(b"caf\xe9, \x80 5", "café, € 5", true);
    }
    #[test]
    fn gzip_is_unpacked() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut packed, "é".as_bytes()).unwrap();
        check(&packed.finish().unwrap(), "é", false);
    }
    #[test]
    fn a_stray_byte_among_utf8_does_not_make_the_rest_windows_1252() {
        assert!(is_mostly_utf8("é ü ö — \u{fffd}".as_bytes()));
        assert!(is_mostly_utf8(&[b"\xc3\xa9\xc3\xa9\xc3\xa9".as_slice(), b"\xe9\n"].concat()));
    }
}
