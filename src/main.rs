//! The binary `fonds`.

fn main() {}
