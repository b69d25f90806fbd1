//! The modules of the server that the target reads, with the names they have there and nothing of the rest: the server is
//! ten minutes of compiling.

pub mod error;
pub mod image;
