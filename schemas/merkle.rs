//! The Merkle tree of RFC 6962 §2.1 over the leaves of the ledger.
//!
//! The tree itself is never held: a [`Frontier`] of the roots of its perfect subtrees is enough to add leaves and to
//! name the root, 32 bytes for every one in the binary form of the size.

use sha2::{Digest, Sha256 as Algorithm};

use crate::checksum::Sha256;

/// The hash of a leaf: `SHA-256(0x00 ‖ leaf)`.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Sha256 {
    Sha256::from_digest(Algorithm::new().chain_update([0u8]).chain_update(leaf).finalize().into())
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: &Sha256, right: &Sha256) -> Sha256 {
    let hash = Algorithm::new().chain_update([1u8]).chain_update(left.as_bytes()).chain_update(right.as_bytes());
    Sha256::from_digest(hash.finalize().into())
}

/// The roots of the perfect subtrees of a tree, largest first, and its size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Sha256>,
}

/// Why stored bytes are not the frontier of a tree of that size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has a frontier of {wanted} bytes, this has {found}")]
pub struct BadFrontier {
    size: u64,
    wanted: usize,
    found: usize,
}

impl Frontier {
    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next leaf by its hash.
    pub fn push(&mut self, leaf: Sha256) {
        let mut hash = leaf;
        // Two perfect subtrees of one height become one of the next, as a carry in binary addition.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the tree; of an empty one `SHA-256("")`.
    #[must_use]
    pub fn root(&self) -> Sha256 {
        let mut roots = self.roots.iter().rev();
        let Some(last) = roots.next() else { return Sha256::of(b"") };
        roots.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The frontier as stored: 32 bytes a root, largest subtree first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.roots.iter().flat_map(|root| *root.as_bytes()).collect()
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, BadFrontier> {
        let wanted = size.count_ones() as usize * 32;
        let (chunks, rest) = bytes.as_chunks::<32>();
        if bytes.len() != wanted || !rest.is_empty() {
            return Err(BadFrontier { size, wanted, found: bytes.len() });
        }
        Ok(Self { size, roots: chunks.iter().map(|chunk| Sha256::from_digest(*chunk)).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The leaves that implementations of RFC 6962 share as test vectors.
    const LEAVES: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];

    /// The definition of RFC 6962 §2.1, word by word.
    fn defined_root(hashes: &[Sha256]) -> Sha256 {
        match hashes {
            [] => Sha256::of(b""),
            [only] => *only,
            many => {
                let split = many.len().next_power_of_two() / 2;
                node_hash(&defined_root(&many[..split]), &defined_root(&many[split..]))
            }
        }
    }

    fn check_root(leaves: usize, root: &str) {
        let mut frontier = Frontier::default();
        LEAVES[..leaves].iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
        assert_eq!(frontier.root().to_string(), root);
    }

    #[test]
    fn no_leaves() {
        check_root(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
    #[test]
    fn one_leaf() {
        check_root(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }
    #[test]
    fn seven_leaves() {
        check_root(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c");
    }
    #[test]
    fn eight_leaves() {
        check_root(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    proptest! {
        #[test]
        fn the_frontier_is_the_tree(leaves in prop::collection::vec(any::<[u8; 4]>(), 0..200)) {
            let hashes: Vec<Sha256> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
            let mut frontier = Frontier::default();
            for hash in &hashes {
                frontier.push(*hash);
            }
            prop_assert_eq!(frontier.root(), defined_root(&hashes));
            let again = Frontier::from_bytes(frontier.size(), &frontier.to_bytes());
            prop_assert_eq!(again, Ok(frontier));
        }
    }
}
