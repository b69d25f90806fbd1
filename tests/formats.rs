//! Metadata formats: what they render is what their schemas allow, whatever an object holds.

mod coverage;
mod kept;
pub mod made;
mod rdf;
mod rendered;
mod replies;
mod terms;
mod valid;
