//! The part of the server's errors that a request can come to.

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not what the specification writes.
    #[error("{part} {given:?}: {why}")]
    Syntax { part: &'static str, given: String, why: &'static str },
    /// Well formed, and more than this image can give.
    #[error("{part}: {why}")]
    Impossible { part: &'static str, why: &'static str },
}

impl Error {
    pub fn syntax(part: &'static str, given: &str, why: &'static str) -> Self {
        Self::Syntax { part, given: given.chars().take(64).collect(), why }
    }
}
