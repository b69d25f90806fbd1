//! Linked data beside RDF: the faces of an object, its links, and what tells crawlers and registries that it is there.

mod faces;
mod signposts;
