//! IIIF: what is asked of an image, what comes back, and the documents that lead there.

mod answers;
mod arranged;
mod documents;
mod documents_2;
mod large;
mod made;
mod pixels;
mod presenting;
mod recordings;
mod resolving;
