//! IIIF: what is asked of an image, what comes back, and the documents that lead there.

mod answers;
mod content_state;
mod discovery;
mod documents;
mod documents_2;
mod made;
mod packed;
mod pixels;
mod resolving;
mod stream;
