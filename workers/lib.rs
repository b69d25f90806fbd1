//! What looks at bytes: functions from bytes to what is in them.
//!
//! A worker does not know where the bytes came from or where its answer goes. Models that propose come here too, one
//! file each. The first of the house say what a file is, what a picture looks like, and cut it into tiles.

pub mod alto;
pub mod pack;
pub mod page;
pub mod picture;
pub mod probe;
