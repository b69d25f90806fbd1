//! Linked data beside RDF: the faces of an object, its links, what tells crawlers and registries that it is there, and that all
//! protocols show the same.

mod agree;
mod crawlers;
mod faces;
mod signposts;
mod tier;
