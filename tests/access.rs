//! Who may see what, swept over every address of the archive: of a restricted, an embargoed and a withdrawn object the
//! public finds nothing, not even a count.

mod iiif;
mod routes;
mod sweep;
mod tokens;
mod world;
