//! Tile packs: an image as the bytes that viewers ask for, so that a tile is a range of a file and nothing is decoded.
//!
//! ```text
//! header   96 bytes: magic, sides, tile, channels, quality, entries, the master's digest, the pack's digest, pipeline
//! index    an offset (u64) and a length (u32) for every tile, level by level from the largest, row by row; then for
//!          every image that is kept whole
//! data     complete JPEGs, one behind the other
//! ```
//!
//! Numbers are big-endian. Levels are rounded up, edge tiles have exactly the pixels that are left, colours are sRGB, the
//! picture is upright. Tiles have the side that those of the master have, where it is cut into tiles of JPEG: these go into
//! the pack as they are; all others are encoded here. What is kept follows from the sides of image and tile alone
//! (`geometry`), so a reader needs no more than the header and the index: two reads of an object store. A pack is a cache: it
//! can be thrown away and made again.

pub mod geometry;
mod read;
mod ready;
mod write;

pub use self::read::{BadPack, Entry, Index};
pub use self::write::{Unpackable, Written, write};

/// Moves on whenever the same master would give other bytes: packs of another pipeline are made again.
pub const PIPELINE: u32 = 3;
/// How a pack begins.
const MAGIC: &[u8; 8] = b"fondspk\x01";
/// Bytes of the header.
pub const HEADER_BYTES: usize = 96;
/// Bytes of an entry of the index.
const ENTRY_BYTES: usize = 12;

#[cfg(test)]
mod tests;
