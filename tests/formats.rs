//! Metadata formats: what they render is what their schemas allow, whatever an object holds.

mod coverage;
mod kept;
pub mod made;
mod rdf;
mod rendered;
mod replies;
mod round_trip;
mod round_trip_kept;
mod terms;
mod valid;
