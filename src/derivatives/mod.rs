//! What is made of masters so that nobody waits for a decoder: tile packs, one for each image, and so for each page of a file that has several.
//!
//! They lie in `packs` of the data directory, named by the digest of the master, so that the same image on two objects
//! is cut once. They are a cache: thrown away, they are made again from the masters. What cannot be made is written down
//! there with the reason and not tried again until the pipeline changes.

mod failures;
mod packs;
mod worker;

pub use failures::Failures;
pub use packs::{Found, Master, Pack, Packs, PacksError};
pub use worker::{Made, Waiting, Worker, WorkerError};
