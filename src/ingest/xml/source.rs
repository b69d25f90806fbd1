//! The text of an XML file: its encoding as the file declares it, its lines counted, each piece of markup bounded.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::ingest::encoding::{Decoded, unpacked};
use crate::ingest::limits::{XML_DECLARATION_BYTES_MAX, XML_TOKEN_BYTES_MAX};

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 16;

/// The text of a file.
pub struct Source {
    text: Decoded<BufReader<Box<dyn Read + Send>>>,
    line: u64,
    offset: u64,
    /// Where the last piece of markup or text began.
    begun: u64,
    left: usize,
}

impl Source {
    /// Opens a file, gzip unpacked. The error is why its encoding cannot be read, the warning what is odd about it.
    pub fn open(path: &Path, count: Arc<AtomicU64>) -> io::Result<Result<(Self, Option<String>), String>> {
        Self::of(Box::new(unpacked(path, count)?))
    }

    /// A text that is in memory.
    pub fn of_text(text: &str) -> Self {
        let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(text.as_bytes().to_vec()));
        let text = Decoded::new(BufReader::with_capacity(BUFFER_BYTES, whole), UTF_8);
        Self { text, line: 1, offset: 0, begun: 0, left: XML_TOKEN_BYTES_MAX }
    }

    /// The text that comes from anywhere.
    pub fn of(mut raw: Box<dyn Read + Send>) -> io::Result<Result<(Self, Option<String>), String>> {
        let mut beginning = Vec::with_capacity(XML_DECLARATION_BYTES_MAX);
        raw.by_ref().take(XML_DECLARATION_BYTES_MAX as u64).read_to_end(&mut beginning)?;
        let (encoding, warning) = match encoding_of(&beginning) {
            Ok(told) => told,
            Err(why) => return Ok(Err(why)),
        };
        let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(beginning).chain(raw));
        let text = Decoded::new(BufReader::with_capacity(BUFFER_BYTES, whole), encoding);
        Ok(Ok((Self { text, line: 1, offset: 0, begun: 0, left: XML_TOKEN_BYTES_MAX }, warning)))
    }

    /// The line at which reading stands, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The same, its first line counted as that one: where it was cut out of a longer text.
    #[must_use]
    pub fn counted_from(self, line: u64) -> Self {
        Self { line, ..self }
    }

    /// Where in the text, in bytes of UTF-8, the last piece of markup or text began.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// A new piece of markup or text begins.
    pub fn begin(&mut self) {
        self.begun = self.offset;
        self.left = XML_TOKEN_BYTES_MAX;
    }

    /// Whether a character before this place was not what the encoding has, since it was asked before.
    pub fn lost(&mut self) -> bool {
        self.text.lost_before(self.offset)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            let why = format!("a tag or text is longer than {XML_TOKEN_BYTES_MAX} bytes");
            return Err(io::Error::other(why));
        }
        let buffer = self.text.fill_buf()?;
        Ok(&buffer[..buffer.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        if amount == 0 {
            return;
        }
        // What was handed out is still there: this reads nothing.
        if let Ok(buffer) = self.text.fill_buf() {
            let taken = &buffer[..amount.min(buffer.len())];
            self.line += taken.split(|byte| *byte == b'\n').count() as u64 - 1;
        }
        self.left = self.left.saturating_sub(amount);
        self.offset += amount as u64;
        self.text.consume(amount);
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// The encoding by mark, by the shape of the first characters, or by declaration (XML 1.0, appendix F); UTF-8 where
/// nothing says it. With a warning where two of them disagree.
fn encoding_of(beginning: &[u8]) -> Result<(&'static Encoding, Option<String>), String> {
    if let Some((encoding, _)) = Encoding::for_bom(beginning) {
        return Ok((encoding, None));
    }
    match beginning {
        [b'<', 0, second, 0, ..] if *second != 0 => return Ok((UTF_16LE, None)),
        [0, b'<', 0, second, ..] if *second != 0 => return Ok((UTF_16BE, None)),
        _ => {}
    }
    let Some(declared) = declared(beginning) else { return Ok((UTF_8, None)) };
    let Some(encoding) = Encoding::for_label_no_replacement(declared.as_bytes()) else {
        let name = crate::ingest::problem::escape(&declared);
        return Err(format!("it declares the encoding {name:?}, which is not known: UTF-8 is always understood"));
    };
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let why = "it declares UTF-16 and is not written so; it is read as UTF-8".to_owned();
        return Ok((UTF_8, Some(why)));
    }
    Ok((encoding, None))
}

/// What the XML declaration names as encoding.
fn declared(beginning: &[u8]) -> Option<String> {
    let rest = beginning.strip_prefix(b"<?xml")?;
    let end = rest.windows(2).position(|pair| pair == b"?>")?;
    let text: String = rest[..end].iter().map(|byte| char::from(*byte)).collect();
    let (_, value) = text.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, lost: bool) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let (mut source, _) = Source::open(file.path(), Arc::default()).unwrap().unwrap();
        let mut read = String::new();
        source.read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), source.lost()), (text, lost));
    }

    #[test]
    fn the_declared_encoding_is_read() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>";
        check(latin, "<?xml version='1.0' encoding='ISO-8859-1'?><a>café</a>", false);
        check(
            b"<?xml version=\"1.0\" encoding=\"windows-1252\"?>\x80",
            "<?xml version=\"1.0\" encoding=\"windows-1252\"?>€",
            false,
        );
    }
    #[test]
    fn utf16_is_read_with_and_without_mark() {
        let of = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        check(&of("\u{feff}<a>달</a>"), "<a>달</a>", false);
        check(&of("<a>달</a>"), "<a>달</a>", false);
    }
    #[test]
    fn what_is_not_of_the_encoding_is_noticed() {
        check(b"<a>caf\xe9</a>", "<a>caf\u{fffd}</a>", true);
    }
    #[test]
    fn an_unknown_encoding_is_refused() {
        let why = encoding_of(b"<?xml version='1.0' encoding='EBCDIC-9'?><a/>").unwrap_err();
        assert!(why.contains("EBCDIC-9"), "{why}");
    }
    #[test]
    fn utf16_that_is_only_declared_is_read_as_utf8_and_said() {
        let (encoding, warning) = encoding_of(b"<?xml version='1.0' encoding='utf-16'?><a/>").unwrap();
        assert!(encoding == UTF_8 && warning.is_some());
    }
}
