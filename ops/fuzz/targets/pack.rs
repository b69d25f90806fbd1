//! The reader of tile packs: no bytes make it panic or allocate by what they claim, and every entry lies within the file.
#![no_main]

use fonds_workers::pack::{Entry, HEADER_BYTES, Index};
use fonds_workers::picture::Sides;
use libfuzzer_sys::fuzz_target;

/// Bytes of the largest index that is believed: two million entries.
const INDEX_BYTES_MAX: usize = HEADER_BYTES + (12 << 21);

fuzz_target!(|data: &[u8]| {
    let total = data.len() as u64;
    let Ok(bytes) = Index::bytes(data) else {
        assert!(Index::read(data, total).is_err(), "a header that cannot be read has no index");
        return;
    };
    assert!((HEADER_BYTES..=INDEX_BYTES_MAX).contains(&bytes), "{bytes} bytes of index");
    // As the folder of packs reads it: the header and the index, and how long the file is.
    let Ok(index) = Index::read(&data[..bytes.min(data.len())], total) else { return };
    assert_eq!(Index::read(data, total).as_ref(), Ok(&index), "what comes behind the index does not change it");
    let (sides, pyramid) = (index.sides(), index.pyramid());
    assert!(sides.area() > 0 && pyramid.image == sides);
    assert_eq!(bytes as u64, HEADER_BYTES as u64 + 12 * pyramid.entries());
    let check = |entry: Entry| {
        assert!(entry.length > 0 && entry.offset >= bytes as u64, "{entry:?} lies in the index");
        assert!(entry.offset + u64::from(entry.length) <= total, "{entry:?} leaves the file");
    };
    for scale in index.scales() {
        let (across, down) = pyramid.tiles(scale);
        for (column, row) in (0..down).flat_map(|row| (0..across).map(move |column| (column, row))) {
            check(index.tile(scale, column, row).expect("every tile of a level is there"));
        }
        assert_eq!(index.tile(scale, across, 0), None);
        assert_eq!(index.tile(scale, 0, down), None);
        assert_eq!(index.tile(scale, u32::MAX, u32::MAX), None);
    }
    assert_eq!(index.tile(0, 0, 0), None);
    assert_eq!(index.tile(3, 0, 0), None);
    let number =
        |at: usize| data.get(at..at + 4).map_or(1, |four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
    for size in [Sides::new(0, 0), Sides::new(1, 1), sides, Sides::new(number(32), number(36)), Sides::new(400, 400)] {
        if let Some(entry) = index.whole(size) {
            check(entry);
        }
        if let Some((found, entry)) = index.whole_of_at_least(size) {
            assert!(found.width >= size.width && found.height >= size.height, "{found} is smaller than {size}");
            check(entry);
        }
    }
});
