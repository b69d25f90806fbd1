//! The sources of the server itself, not copies.

#[path = "../../../../../src/iiif/image/geometry.rs"]
pub mod geometry;
#[path = "../../../../../src/iiif/image/native.rs"]
pub mod native;
#[path = "../../../../../src/iiif/image/request.rs"]
pub mod request;
#[path = "../../../../../src/iiif/image/resolve.rs"]
pub mod resolve;
