//! What the server says: kept in a file, because a start that failed has its reason only there.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::{PostgresError, io};
use super::locks::own_file;

/// The size from which a start begins a new log, in bytes; one old one is kept.
const LARGEST: u64 = 16 << 20;

/// How many lines a message shows.
const LINES: usize = 20;

/// How much of the end is read for them, in bytes.
const END: u64 = 16 << 10;

/// The server's log.
#[derive(Debug, Clone)]
pub struct Log {
    path: PathBuf,
    account: Account,
}

impl Log {
    /// A log in that file.
    pub fn at(path: PathBuf, account: Account) -> Self {
        Self { path, account }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the log for a server that starts; says how long it was.
    pub fn open(&self) -> Result<(File, u64), PostgresError> {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.len() > LARGEST) {
            fs::rename(&self.path, self.path.with_extension("log.1")).map_err(io("rename", &self.path))?;
        }
        let file = own_file().append(true).open(&self.path).map_err(io("open", &self.path))?;
        self.account.owns(&self.path)?;
        let length = file.metadata().map_err(io("read", &self.path))?.len();
        Ok((file, length))
    }

    /// The last lines after the first `from` bytes.
    pub fn tail(&self, from: u64) -> String {
        self.read(from).map_or_else(|error| format!("(it could not be read: {error})"), |text| last_lines(&text))
    }

    fn read(&self, from: u64) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(END)).min(length)))?;
        let mut bytes = Vec::new();
        file.take(END).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The last lines of a text.
pub fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
