//! TIFF 6.0 and `BigTIFF`: sides of every page, and whether every strip and tile is there.

use std::io::{self, BufRead, Seek};

use super::directories::{Directory, Layout, Walk};
use super::{Image, Problem, truncated, unreadable};

/// Pages of one file: a roll of microfilm has three thousand. A file of more is a problem that somebody hears of, where
/// the others would be missing without a word.
pub const PAGES_MAX: usize = 10_000;

/// Walks the directories.
pub(super) fn read(reader: &mut (impl BufRead + Seek), bytes: u64) -> io::Result<Image> {
    let mut image = Image::default();
    let Some(mut walk) = Walk::begin(reader, bytes)? else {
        image.problem = Some(unreadable("it has no header of TIFF"));
        return Ok(image);
    };
    let (mut pages, mut beside) = (Vec::new(), None);
    while image.problem.is_none() {
        let directory = match walk.step(reader)? {
            Ok(Some(directory)) => directory,
            Ok(None) => break,
            Err(problem) => {
                image.problem = Some(problem);
                break;
            }
        };
        let pieces = directory.offsets.count.min(directory.lengths.count);
        if !walk.may_read(pieces) {
            image.problem = Some(unreadable("it has too many strips or tiles"));
        } else if pieces_end(reader, walk.layout, &directory, pieces)? > bytes {
            image.problem = Some(truncated("a strip or tile lies beyond its end"));
        }
        if !walk.is_page(&directory) {
            beside = beside.or(Some(directory.shown()).filter(|_| directory.width > 0));
        } else if pages.len() < PAGES_MAX {
            pages.push(directory.shown());
        } else {
            image.problem = Some(Problem::TooManyPages { limit: PAGES_MAX });
        }
    }
    let mut pages = pages.into_iter();
    // In a file of nothing but copies and masks, the first of them is what there is to see.
    (image.width, image.height) = pages.next().or(beside).unwrap_or_default();
    image.pages = pages.collect();
    Ok(image)
}

/// Where the last strip or tile ends.
fn pieces_end(
    reader: &mut (impl BufRead + Seek),
    layout: Layout,
    directory: &Directory,
    count: u64,
) -> io::Result<u64> {
    let mut end = 0u64;
    // A thousand at a time, so that the two lists, which may lie far apart, are read in few jumps.
    for from in (0..count).step_by(1000) {
        let to = count.min(from + 1000);
        let starts = layout.list(reader, directory.offsets, from..to)?;
        let lengths = layout.list(reader, directory.lengths, from..to)?;
        for (start, length) in starts.into_iter().zip(lengths) {
            end = end.max(start.saturating_add(length));
        }
    }
    Ok(end)
}
