//! What people say of images and the text that stands on them: written through the API, read as Web Annotations, and
//! searched as IIIF searches.

mod made;
mod pages;
mod searches;
mod writing;
