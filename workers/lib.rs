//! What looks at bytes: functions from bytes to what is in them.
//!
//! A worker does not know where the bytes came from or where its answer goes. Models that propose come here too, one
//! file each; the first of the house is the plainest: saying what a file is.

pub mod alto;
pub mod probe;
