//! Chains of directories, and which of them are pages.

use std::io::Cursor;

use super::super::{PAGES_MAX, Probed, probe};
use super::*;

/// The tags of a directory beside its sides; without tag 273, it has a strip.
type Tags = &'static [(u16, u32)];
type Sides = (u32, u32);

const PLAIN: Tags = &[];
const COPY: Tags = &[(254, 1)];
const PAGE: Tags = &[(254, 2)];
const MASK: Tags = &[(254, 4)];
const OLD_COPY: Tags = &[(255, 2)];
const OLD_PAGE: Tags = &[(255, 3)];
const TURNED: Tags = &[(274, 6)];

const LITTLE: Layout = Layout { little: true, big: false };
const BIG: Layout = Layout { little: false, big: true };

/// A file of these directories, all of one strip.
fn tiff(layout: Layout, directories: &[(Tags, Sides)]) -> Vec<u8> {
    let (head, wide) = if layout.big { (8, 8) } else { (2, 4) };
    let mut bytes = layout.header(16);
    bytes.resize(16, 0);
    for (place, (tags, (width, height))) in directories.iter().enumerate() {
        let mut all = vec![(256, *width), (257, *height), (273, 8), (279, 1)];
        all.extend_from_slice(tags);
        bytes.extend(layout.written(all.len() as u64, head));
        for (tag, value) in all {
            bytes.extend([layout.written(tag.into(), 2), layout.written(4, 2), layout.written(1, wide)].concat());
            let value = layout.written(value.into(), 4);
            bytes.extend(value.iter().copied().chain([0; 4]).take(wide));
        }
        let next = if place + 1 == directories.len() { 0 } else { bytes.len() + wide };
        bytes.extend(layout.written(next as u64, wide));
    }
    bytes
}

fn probed(bytes: &[u8]) -> Probed {
    probe(&mut Cursor::new(bytes), bytes.len() as u64, 1 << 40).unwrap()
}

/// Pages by probe, and by whoever looks for each.
fn check_in(layout: Layout, directories: &[(Tags, Sides)], pages: &[Sides]) {
    let bytes = tiff(layout, directories);
    let found = probed(&bytes);
    assert_eq!(found.problem, None);
    let first = (found.width.unwrap(), found.height.unwrap());
    let seen: Vec<Sides> =
        [first].into_iter().chain(found.pages.iter().map(|page| (page.width, page.height))).collect();
    assert_eq!(seen, pages, "{directories:?}");
    let find = |page| find(&mut Cursor::new(&bytes), bytes.len() as u64, page).unwrap();
    for (number, page) in (0u32..).zip(pages) {
        assert_eq!(find(number).unwrap().1.shown(), *page, "{directories:?}");
    }
    let count = u32::try_from(pages.len()).unwrap();
    assert!(find(count).is_err(), "{directories:?}");
}

fn check(directories: &[(Tags, Sides)], pages: &[Sides]) {
    check_in(LITTLE, directories, pages);
    check_in(BIG, directories, pages);
}

#[test]
fn every_picture_of_its_own_is_a_page() {
    check(&[(PLAIN, (60, 40))], &[(60, 40)]);
    check(&[(PLAIN, (60, 40)), (PLAIN, (60, 40)), (PLAIN, (70, 20))], &[(60, 40), (60, 40), (70, 20)]);
    check(&[(PAGE, (60, 40)), (PAGE, (60, 40))], &[(60, 40), (60, 40)]);
}

#[test]
fn smaller_copies_and_masks_are_no_pages() {
    check(&[(PLAIN, (60, 40)), (COPY, (6, 4)), (PLAIN, (70, 20)), (MASK, (70, 20))], &[(60, 40), (70, 20)]);
    check(&[(OLD_PAGE, (60, 40)), (OLD_COPY, (6, 4)), (OLD_PAGE, (70, 20))], &[(60, 40), (70, 20)]);
    // A preview that comes before what it shows.
    check(&[(COPY, (6, 4)), (PLAIN, (60, 40))], &[(60, 40)]);
}

#[test]
fn a_pyramid_is_one_page_whether_it_says_so_or_not() {
    check(&[(PLAIN, (601, 401)), (COPY, (301, 201)), (COPY, (151, 101))], &[(601, 401)]);
    check(&[(PLAIN, (601, 401)), (PLAIN, (301, 201)), (PLAIN, (150, 100)), (PLAIN, (75, 50))], &[(601, 401)]);
    check(&[(PLAIN, (601, 401)), (MASK, (601, 401)), (PLAIN, (300, 200))], &[(601, 401)]);
    let two = [(PLAIN, (60, 40)), (PLAIN, (30, 20)), (PLAIN, (60, 40)), (PLAIN, (30, 20)), (PLAIN, (15, 10))];
    check(&two, &[(60, 40), (60, 40)]);
}

#[test]
fn pages_of_other_sides_are_no_pyramid() {
    // Half as wide only; smaller than half; half, and said to be a page; one pixel like the one before.
    check(&[(PLAIN, (60, 40)), (PLAIN, (30, 40))], &[(60, 40), (30, 40)]);
    check(&[(PLAIN, (60, 40)), (PLAIN, (29, 19))], &[(60, 40), (29, 19)]);
    check(&[(PLAIN, (60, 40)), (PAGE, (30, 20))], &[(60, 40), (30, 20)]);
    check(&[(PLAIN, (60, 40)), (OLD_PAGE, (30, 20))], &[(60, 40), (30, 20)]);
    check(&[(PLAIN, (1, 1)), (PLAIN, (1, 1))], &[(1, 1), (1, 1)]);
}

#[test]
fn a_page_that_lies_on_its_side_is_shown_upright() {
    check(&[(PLAIN, (60, 40)), (TURNED, (60, 40))], &[(60, 40), (40, 60)]);
    // A level is compared as it lies.
    check(&[(TURNED, (60, 40)), (TURNED, (30, 20))], &[(40, 60)]);
}

#[test]
fn of_nothing_but_copies_the_first_is_shown() {
    check(&[(COPY, (60, 40))], &[(60, 40)]);
    check(&[(MASK, (60, 40)), (COPY, (6, 4))], &[(60, 40)]);
}

#[test]
fn what_has_no_strips_is_no_page() {
    // As cameras hang a thumbnail behind a picture: a JPEG that is no strip.
    let mut bytes = tiff(LITTLE, &[(PLAIN, (60, 40)), (&[(513, 8)], (16, 12))]);
    let strip = bytes.windows(4).rposition(|tag| tag == [0x11, 1, 4, 0]).unwrap();
    bytes[strip] = 0xFF;
    assert_eq!((probed(&bytes).width, probed(&bytes).pages), (Some(60), vec![]));
}

#[test]
fn more_pages_than_are_shown_are_a_problem() {
    let pages = vec![(PAGE, (6, 4)); PAGES_MAX + 1];
    let found = probed(&tiff(LITTLE, &pages));
    assert_eq!(found.problem, Some(Problem::TooManyPages { limit: PAGES_MAX }));
    assert_eq!(found.pages.len(), PAGES_MAX - 1);
    check_in(LITTLE, &pages[..300], &[(6, 4); 300]);
}

#[test]
fn a_later_page_that_claims_too_much_is_seen() {
    let bytes = tiff(LITTLE, &[(PLAIN, (6, 4)), (PLAIN, (2_000_000, 1_000_000))]);
    let problem = Problem::TooManyPixels { width: 2_000_000, height: 1_000_000, limit: 1 << 40 };
    assert_eq!(probed(&bytes).problem, Some(problem));
}
