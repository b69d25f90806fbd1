//! Which files the formats name that hand on what is kept: all that came with a thing, also what is only said of it, as they
//! are kept and not as they are shown.
//!
//! A record names the first of them only. The feed keeps every state of a record, and a book comes page by page.

use fonds_schemas::{Event, Object, StoredFile};

use super::views;

/// Files that are named. Each costs up to two kilobytes, in every state of a record.
pub const FILES_MAX: usize = 100;

/// The files that are named, in their order.
pub fn named(object: &Object) -> impl Iterator<Item = &StoredFile> {
    object.files.iter().take(FILES_MAX)
}

/// Whether there are more files than are named.
#[must_use]
pub fn has_more(object: &Object) -> bool {
    object.files.iter().nth(FILES_MAX).is_some()
}

/// Whether a record that names those files, and whether there are more, plainly stays as it is.
#[must_use]
pub fn is_unmoved(before: &Object, event: &Event) -> bool {
    // The first that is not named tells that there are more.
    views::is_unmoved_but(before, event, |file| {
        let earlier = before.files.iter().take_while(|one| (one.order, one.file) < (file.order, file.file));
        earlier.take(FILES_MAX + 1).count() > FILES_MAX
    })
}
