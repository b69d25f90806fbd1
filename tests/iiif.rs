//! IIIF: what is asked of an image, what comes back, and the documents that lead there.

mod answers;
mod arranged;
mod beside;
mod composed;
mod content_state;
mod discovery;
mod documents;
mod documents_2;
mod large;
mod made;
mod models;
mod packed;
mod pages;
mod pixels;
mod presenting;
mod recordings;
mod resolving;
mod said;
mod spans;
pub mod stream;
