//! The probe: says something of any bytes, never fails where they can be read, and reads no more than a bound that grows
//! with the file alone.
#![no_main]

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use fonds_workers::probe::{PAGES_MAX, Problem, probe};
use libfuzzer_sys::fuzz_target;

/// Pixels that are allowed, as the settings have it.
const PIXELS_MAX: u64 = 4_000_000_000;

fuzz_target!(|data: &[u8]| {
    let bytes = data.len() as u64;
    let mut reader = Counted { inner: Cursor::new(data), consumed: 0, seeks: 0 };
    let probed = probe(&mut reader, bytes, PIXELS_MAX).expect("bytes in memory can be read");
    // Whoever makes the probe read a file a thousand times makes the archive wait.
    let most = 64 * bytes + (1 << 16);
    assert!(reader.consumed <= most, "{} of {bytes} bytes are read: {probed:?}", reader.consumed);
    assert!(reader.seeks <= most, "{} jumps in {bytes} bytes: {probed:?}", reader.seeks);
    assert_eq!(probed.width.is_some(), probed.height.is_some(), "{probed:?}");
    assert!(probed.width != Some(0) && probed.height != Some(0), "{probed:?}");
    let area = u64::from(probed.width.unwrap_or_default()) * u64::from(probed.height.unwrap_or_default());
    let later = probed.pages.iter().map(|page| u64::from(page.width) * u64::from(page.height));
    let area = later.chain([area]).max().unwrap_or_default();
    assert!(probed.pages.len() < PAGES_MAX, "{} pages", probed.pages.len() + 1);
    if !probed.media_type.starts_with("video/") {
        let told = matches!(probed.problem, Some(Problem::TooManyPixels { .. }));
        assert_eq!(told, area > PIXELS_MAX, "{probed:?}");
    }
    assert_eq!(probed.problem == Some(Problem::Empty), data.is_empty(), "{probed:?}");
    assert!(probed.duration_ms != Some(0), "{probed:?}");
});

/// Counts what is read, and how often somebody jumps.
struct Counted<'a> {
    inner: Cursor<&'a [u8]>,
    consumed: u64,
    seeks: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.consumed += read as u64;
        Ok(read)
    }
}

impl BufRead for Counted<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.consumed += count as u64;
        self.inner.consume(count);
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.seeks += 1;
        // A file has no place beyond this, whatever a cursor says.
        let place = self.inner.seek(to)?;
        assert!(i64::try_from(place).is_ok(), "{to:?} is no place in a file");
        Ok(place)
    }
}
