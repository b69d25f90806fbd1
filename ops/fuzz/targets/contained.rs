//! Telling our own faults from those of libraries: a decoder that panics is caught where the archive calls it, so it is
//! written down and the search goes on; a panic in our own code ends it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// Where libraries panicked; each place is told once.
static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// To be called once, before the first input.
pub fn begin() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        if !place.contains("/registry/src/") {
            abort(info);
            return;
        }
        let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.insert(place) {
            eprintln!("CONTAINED: {info}");
        }
    }));
}

/// Runs it; `None` where a library panicked.
pub fn run<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
