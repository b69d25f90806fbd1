//! Metadata formats: what they render is what their schemas allow, whatever an object holds.

mod coverage;
pub mod made;
mod rendered;
mod replies;
mod valid;
