//! What is too much for a harvest, and how long it is patient. The other side may be anybody.

use std::time::Duration;

/// Bytes of one reply, packed or unpacked. The largest pages that we have seen (EAD, 100 finding aids) have 30 MiB.
pub const PAGE_BYTES_MAX: usize = 64 << 20;
/// Bytes of a reply that lists formats or tells of the repository.
pub const SMALL_BYTES_MAX: usize = 8 << 20;
/// Bytes of a resumption token: what servers and proxies take for an address.
pub const TOKEN_BYTES_MAX: usize = 6 * 1024;
/// Bytes of the base URL, a prefix or a set.
pub const ADDRESS_BYTES_MAX: usize = 2_048;
/// Records on one page. A thousand are usual, ten thousand have been seen.
pub const PAGE_RECORDS_MAX: usize = 20_000;
/// Bytes of what one event tells of records, before JSON escapes some of them: a body holds six times that.
pub const EVENT_BYTES_MAX: usize = 1 << 20;
/// Bytes of what all events of a page tell of its records: half of what is appended at once.
pub const TOLD_BYTES_MAX: usize = 16 << 20;
/// Pages of one run: ten million records at ten a page. The token of each is remembered, in 32 bytes.
pub const PAGES_MAX: u64 = 1_000_000;
/// Pages in a row that may bring no record and yet lead on.
pub const EMPTY_PAGES_MAX: u32 = 3;
/// Times that a list may be begun anew in one run, because its token is no longer good.
pub const RESTARTS_MAX: u32 = 3;
/// Times that reading may go on behind what cannot be read, in one page.
pub const RESUMES_MAX: usize = 100;
/// Addresses that one request may be sent on to.
pub const REDIRECTS_MAX: usize = 5;
/// How long a connection may take to come about.
pub const CONNECT_PATIENCE: Duration = Duration::from_secs(30);
/// How long nothing may come. Repositories that make their pages when they are asked take a minute.
pub const SILENCE: Duration = Duration::from_mins(3);
/// How long one reply may take.
pub const PATIENCE: Duration = Duration::from_mins(15);

/// Times that one request is made where nobody ever answered.
pub const STRANGER_TRIES: u32 = 3;

/// How patient a harvest is where a repository does not answer.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// Times that one request is made.
    pub tries: u32,
    /// How long to wait before the second; each wait after that is twice as long.
    pub first_wait: Duration,
    /// The longest wait of one's own accord.
    pub longest_wait: Duration,
    /// The longest wait that a repository may ask for (`Retry-After`). Where it asks for more, the harvest ends and goes on
    /// when it is started again.
    pub longest_asked: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            tries: 8,
            first_wait: Duration::from_secs(2),
            longest_wait: Duration::from_mins(2),
            longest_asked: Duration::from_mins(20),
        }
    }
}
