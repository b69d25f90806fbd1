//! One test binary: each file a protocol, a part or a house rule.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod storage;
mod support;
