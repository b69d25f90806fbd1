//! A tile of a TIFF file as a JPEG of its own: its header is written anew, its pixels stay as they were encoded.
//!
//! Only what every program reads (ITU-T T.81): baseline, one scan, brightness alone or with two differences of colour. What
//! a tile has beside that (profiles, comments, segments of programs) is not copied, and what is not understood here is no
//! such tile: it is decoded and encoded as other pictures are.

use std::num::NonZeroU16;

use super::{Channels, Sides};

/// How a JPEG begins whose colours every program knows: JFIF 1.01, square pixels, no thumbnail. Without it, Safari shows
/// tiles in pink and green.
const BEGIN: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
pub(super) const END: &[u8] = b"\xFF\xD9";
/// Segments before the scan. An honest tile has some ten.
const SEGMENTS_MAX: usize = 64;

/// The file that a tile of these sides is, given the tables that it shares with others (tag 347, which may be empty).
pub(super) fn rebuilt(shared: &[u8], tile: &[u8], sides: Sides, channels: Channels) -> Option<Vec<u8>> {
    let tile = Baseline::read(shared, tile)?;
    let data = whole(tile.data, tile.restarts().is_some())?;
    let mut file = tile.head(sides, channels, sides.height, tile.restarts())?;
    file.reserve_exact(data.len() + END.len());
    file.extend_from_slice(data);
    file.extend_from_slice(END);
    Some(file)
}

/// A baseline JPEG of one scan, taken apart.
pub(super) struct Baseline<'a> {
    header: Header<'a>,
    scan: &'a [u8],
    /// The encoded data, and all that stands behind it.
    pub(super) data: &'a [u8],
}

impl<'a> Baseline<'a> {
    /// Reads the segments of a JPEG, given tables that it shares with others.
    pub(super) fn read(shared: &'a [u8], jpeg: &'a [u8]) -> Option<Self> {
        let mut header = Header::default();
        if !shared.is_empty() {
            let only_tables = matches!(header.read(shared)?, Behind::Nothing);
            if !only_tables || header.frame.is_some() || header.restarts.is_some() {
                return None;
            }
        }
        let Behind::Scan { header: scan, data } = header.read(jpeg)? else { return None };
        Some(Self { header, scan, data })
    }

    /// After how many units ([`Self::unit`]) the decoder begins anew.
    pub(super) const fn restarts(&self) -> Option<NonZeroU16> {
        self.header.restarts
    }

    /// The sides of the smallest unit that is encoded, in pixels (§A.2.4); `None` of a damaged frame, where it has none.
    pub(super) fn unit(&self) -> Option<Sides> {
        let unit = match self.header.frame?.get(6..)? {
            [_, sampling, _, _, _, ..] => Sides::new(8 * u32::from(sampling >> 4), 8 * u32::from(sampling & 15)),
            // Where there is one component, a block is a unit.
            _ => Sides::new(8, 8),
        };
        (unit.area() > 0).then_some(unit)
    }

    /// All that stands before the data, if the JPEG has these sides and channels: with only the tables that it uses, and
    /// as if it had that height and restarted that often.
    pub(super) fn head(
        &self,
        sides: Sides,
        channels: Channels,
        height: u32,
        restarts: Option<NonZeroU16>,
    ) -> Option<Vec<u8>> {
        let header = &self.header;
        let components = header.components(sides, channels)?;
        let (mut quantisation, mut huffman) = (0u8, [0u8; 2]);
        for (component, selected) in components.iter().zip(scanned(self.scan, &components)?) {
            quantisation |= 1 << component.quantisation;
            for (class, table) in selected.into_iter().enumerate() {
                huffman[class] |= 1 << table;
            }
        }
        let mut head = Vec::with_capacity(1024);
        head.extend_from_slice(BEGIN);
        for table in (0..4).filter(|table| quantisation & (1 << table) != 0) {
            segment(&mut head, 0xDB, header.quantisation[table]?)?;
        }
        let mut frame = header.frame?.to_vec();
        frame.get_mut(1..3)?.copy_from_slice(&u16::try_from(height).ok()?.to_be_bytes());
        segment(&mut head, 0xC0, &frame)?;
        for (class, table) in (0..2).flat_map(|class| (0..2).map(move |table| (class, table))) {
            if huffman[class] & (1 << table) != 0 {
                segment(&mut head, 0xC4, header.huffman[class][table]?)?;
            }
        }
        if let Some(restarts) = restarts {
            segment(&mut head, 0xDD, &restarts.get().to_be_bytes())?;
        }
        segment(&mut head, 0xDA, self.scan)?;
        Some(head)
    }
}

fn segment(file: &mut Vec<u8>, marker: u8, body: &[u8]) -> Option<()> {
    file.extend([0xFF, marker]);
    file.extend(u16::try_from(body.len() + 2).ok()?.to_be_bytes());
    file.extend_from_slice(body);
    Some(())
}

/// What stands before a scan, each as the body of a segment that holds nothing else.
#[derive(Default)]
struct Header<'a> {
    quantisation: [Option<&'a [u8]>; 4],
    /// By class (DC, AC) and number.
    huffman: [[Option<&'a [u8]>; 2]; 2],
    restarts: Option<NonZeroU16>,
    frame: Option<&'a [u8]>,
    /// The transform that an Adobe segment names.
    adobe: Option<u8>,
}

/// A component of the frame.
struct Component {
    id: u8,
    quantisation: u8,
}

/// What comes behind the segments that were read.
enum Behind<'a> {
    Nothing,
    Scan { header: &'a [u8], data: &'a [u8] },
}

impl<'a> Header<'a> {
    /// Reads up to the scan, or to the end where there is none.
    fn read(&mut self, bytes: &'a [u8]) -> Option<Behind<'a>> {
        let mut bytes = bytes.strip_prefix(b"\xFF\xD8")?;
        for _ in 0..SEGMENTS_MAX {
            let [0xFF, marker, behind @ ..] = bytes else {
                return bytes.is_empty().then_some(Behind::Nothing);
            };
            let marker = *marker;
            if marker == 0xD9 {
                return Some(Behind::Nothing);
            }
            let (length, _) = behind.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (body, behind) = (behind.get(2..length)?, behind.get(length..)?);
            match marker {
                0xDB => self.quantisation(body)?,
                0xC4 => self.huffman(body)?,
                0xDD => self.restarts = NonZeroU16::new(u16::from_be_bytes(body.try_into().ok()?)),
                0xC0 if self.frame.is_none() => self.frame = Some(body),
                0xDA => return Some(Behind::Scan { header: body, data: behind }),
                0xEE if body.starts_with(b"Adobe") => self.adobe = Some(*body.get(11)?),
                0xE0..=0xEF | 0xFE => {}
                _ => return None,
            }
            bytes = behind;
        }
        None
    }

    /// 8 bits an entry, as baseline has them.
    fn quantisation(&mut self, mut body: &'a [u8]) -> Option<()> {
        while let Some(number) = body.first() {
            let (table, behind) = body.split_at_checked(65)?;
            *self.quantisation.get_mut(usize::from(*number))? = Some(table);
            body = behind;
        }
        Some(())
    }

    fn huffman(&mut self, mut body: &'a [u8]) -> Option<()> {
        while let Some(place) = body.first() {
            let codes: usize = body.get(1..17)?.iter().map(|count| usize::from(*count)).sum();
            let (table, behind) = body.split_at_checked(17 + codes)?;
            if codes == 0 || codes > 256 {
                return None;
            }
            let tables = self.huffman.get_mut(usize::from(place >> 4))?;
            *tables.get_mut(usize::from(place & 15))? = Some(table);
            body = behind;
        }
        Some(())
    }

    /// The components of the frame, if it has these sides and what its colours are is beyond doubt.
    fn components(&self, sides: Sides, channels: Channels) -> Option<Vec<Component>> {
        let (head, components) = self.frame?.split_first_chunk::<6>()?;
        let side = |high: u8, low: u8| u32::from(u16::from_be_bytes([high, low]));
        let count = channels.count();
        let fits = head[0] == 8 && side(head[1], head[2]) == sides.height && side(head[3], head[4]) == sides.width;
        if !fits || usize::from(head[5]) != count || components.len() != 3 * count {
            return None;
        }
        let sampling: Vec<u8> = components.iter().skip(1).step_by(3).copied().collect();
        let ids: Vec<u8> = components.iter().step_by(3).copied().collect();
        let known = match channels {
            Channels::Gray => sampling == [0x11],
            Channels::Rgb => {
                // Colours that were not turned into differences are told by an Adobe segment or by their letters.
                let differences = self.adobe.is_none_or(|transform| transform == 1) && ids != *b"RGB";
                let distinct = ids[0] != ids[1] && ids[1] != ids[2] && ids[2] != ids[0];
                let halved = matches!(sampling[0], 0x11 | 0x12 | 0x21 | 0x22) && sampling[1..] == [0x11, 0x11];
                differences && distinct && halved
            }
        };
        let one = |component: &[u8]| Component { id: component[0], quantisation: component[2] };
        let all: Vec<Component> = components.chunks_exact(3).map(one).collect();
        (known && all.iter().all(|component| component.quantisation < 4)).then_some(all)
    }
}

/// The Huffman tables (DC, AC) that a scan of all components in full chooses for each.
fn scanned(scan: &[u8], components: &[Component]) -> Option<Vec<[u8; 2]>> {
    let (count, behind) = scan.split_first()?;
    let (chosen, progress) = behind.split_at_checked(2 * components.len())?;
    if usize::from(*count) != components.len() || progress != [0, 63, 0] {
        return None;
    }
    let pairs = chosen.chunks_exact(2).zip(components);
    pairs.map(|(pair, of)| (pair[0] == of.id && pair[1] & 0xEE == 0).then_some([pair[1] >> 4, pair[1] & 15])).collect()
}

/// The encoded data up to the end of the image; `None` where there is no end, or something else before it.
fn whole(data: &[u8], restarts: bool) -> Option<&[u8]> {
    let mut from = 0;
    while let Some(at) = data.get(from..)?.iter().position(|byte| *byte == 0xFF) {
        match data.get(from + at + 1)? {
            0x00 => {}
            0xD0..=0xD7 if restarts => {}
            0xD9 if from + at > 0 => return data.get(..from + at),
            _ => return None,
        }
        from += at + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::encode::{Chroma, jpeg_of, read_jpeg};
    use super::*;

    const SIDES: Sides = Sides::new(48, 32);

    fn jpeg(channels: Channels) -> Vec<u8> {
        let samples: Vec<u8> = (0..48 * 32 * channels.count()).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect();
        jpeg_of(&samples, SIDES, channels, Chroma::Half).unwrap()
    }

    /// The segments before the scan, and the scan with all that follows.
    fn parted(jpeg: &[u8]) -> (Vec<(u8, Vec<u8>)>, Vec<u8>) {
        let (mut at, mut segments) = (2, Vec::new());
        while !matches!(jpeg[at + 1], 0xDA | 0xD9) {
            let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
            segments.push((jpeg[at + 1], jpeg[at + 4..at + 2 + length].to_vec()));
            at += 2 + length;
        }
        (segments, jpeg[at..].to_vec())
    }

    fn joined(segments: &[(u8, Vec<u8>)], scan: &[u8]) -> Vec<u8> {
        let mut bytes = b"\xFF\xD8".to_vec();
        for (marker, body) in segments {
            segment(&mut bytes, *marker, body).unwrap();
        }
        bytes.extend(scan);
        bytes
    }

    /// As a TIFF file holds it: the tables, and the tile without them.
    fn abbreviated(jpeg: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (segments, scan) = parted(jpeg);
        let is_table = |(marker, _): &(u8, Vec<u8>)| matches!(marker, 0xDB | 0xC4);
        let (tables, others): (Vec<_>, Vec<_>) = segments.into_iter().partition(is_table);
        let others: Vec<_> = others.into_iter().filter(|(marker, _)| *marker != 0xE0).collect();
        (joined(&tables, END), joined(&others, &scan))
    }

    #[test]
    fn a_tile_and_its_tables_become_a_file_that_shows_the_same() {
        for channels in [Channels::Gray, Channels::Rgb] {
            let whole = jpeg(channels);
            let (tables, tile) = abbreviated(&whole);
            let file = rebuilt(&tables, &tile, SIDES, channels).unwrap();
            assert_eq!(read_jpeg(&file).unwrap(), read_jpeg(&whole).unwrap());
            assert!(file.starts_with(BEGIN) && file.ends_with(&parted(&whole).1));
            // A tile may have its own tables, and what comes behind its end is not its.
            let padded = [whole.as_slice(), &[0; 3]].concat();
            assert_eq!(rebuilt(&[], &padded, SIDES, channels), Some(file));
        }
    }

    #[test]
    fn what_a_tile_says_beside_its_pixels_is_not_copied() {
        let (mut segments, scan) = parted(&jpeg(Channels::Rgb));
        let plain = rebuilt(&[], &joined(&segments, &scan), SIDES, Channels::Rgb);
        segments.insert(0, (0xFE, b"made by somebody".to_vec()));
        segments.insert(0, (0xE2, b"ICC_PROFILE\0\x01\x01".to_vec()));
        segments.insert(0, (0xEE, b"Adobe\0\x64\0\0\0\0\x01".to_vec()));
        assert!(plain.is_some());
        assert_eq!(rebuilt(&[], &joined(&segments, &scan), SIDES, Channels::Rgb), plain);
    }

    /// Refused when one segment is another.
    fn check_refused(marker: u8, change: impl FnOnce(&mut Vec<u8>)) {
        let (mut segments, scan) = parted(&jpeg(Channels::Rgb));
        let place = segments.iter().position(|(found, _)| *found == marker).unwrap();
        change(&mut segments[place].1);
        assert_eq!(rebuilt(&[], &joined(&segments, &scan), SIDES, Channels::Rgb), None);
    }

    #[test]
    fn frames_that_are_not_what_is_wanted_are_refused() {
        check_refused(0xC0, |frame| frame[0] = 12);
        check_refused(0xC0, |frame| frame[2] = 16);
        check_refused(0xC0, |frame| frame[5] = 4);
        check_refused(0xC0, |frame| frame.truncate(9));
        check_refused(0xC0, |frame| frame[7] = 0x41);
        check_refused(0xC0, |frame| frame[8] = 3);
        check_refused(0xC0, |frame| (frame[6], frame[9], frame[12]) = (b'R', b'G', b'B'));
        check_refused(0xDB, |table| table[0] = 0x10);
        check_refused(0xDB, |table| table.truncate(64));
        check_refused(0xC4, |table| table[0] = 0x05);
        check_refused(0xC4, |table| table[16] = 0xFF);
    }

    #[test]
    fn other_colours_processes_and_scans_are_refused() {
        let (segments, scan) = parted(&jpeg(Channels::Rgb));
        let refused = |segments: &[(u8, Vec<u8>)], scan: &[u8]| {
            assert_eq!(rebuilt(&[], &joined(segments, scan), SIDES, Channels::Rgb), None);
        };
        let adobe = (0xEE, b"Adobe\0\x64\0\0\0\0\0".to_vec());
        refused(&[[adobe].as_slice(), &segments].concat(), &scan);
        let progressive = |(marker, body): &(u8, Vec<u8>)| (if *marker == 0xC0 { 0xC2 } else { *marker }, body.clone());
        refused(&segments.iter().map(progressive).collect::<Vec<_>>(), &scan);
        refused(&segments, &scan[..scan.len() - 2]);
        refused(&segments, &scan[..scan.len() / 2]);
        // One component in the scan; another spectrum; an end at once.
        let changed = |at: usize, value: u8| [&scan[..at], &[value], &scan[at + 1..]].concat();
        refused(&segments, &changed(4, 1));
        refused(&segments, &changed(12, 5));
        refused(&segments, &[&scan[..14], END].concat());
        let many: Vec<_> = (0..SEGMENTS_MAX).map(|_| (0xFE, vec![])).collect();
        refused(&[many.as_slice(), &segments].concat(), &scan);
    }

    #[test]
    fn missing_tables_are_missed() {
        let (tables, tile) = abbreviated(&jpeg(Channels::Rgb));
        assert!(rebuilt(&tables, &tile, SIDES, Channels::Rgb).is_some());
        assert_eq!(rebuilt(&[], &tile, SIDES, Channels::Rgb), None);
        let (segments, _) = parted(&tables);
        for missing in 0..segments.len() {
            let mut segments = segments.clone();
            segments.remove(missing);
            assert_eq!(rebuilt(&joined(&segments, END), &tile, SIDES, Channels::Rgb), None, "without {missing}");
        }
        assert_eq!(rebuilt(&tables[..tables.len() - 9], &tile, SIDES, Channels::Rgb), None);
    }
}
