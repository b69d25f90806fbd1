//! `postmaster.pid`: what a running server wrote about itself, and what a killed one left behind.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PidFile {
    /// The server's process.
    pub pid: u32,
    /// Its cluster, as it was named to the server.
    pub data: PathBuf,
    /// The port that names its socket.
    pub port: u16,
    /// The folder of its socket, once it has one.
    pub socket: Option<PathBuf>,
}

impl PidFile {
    /// Reads the file of a cluster; `None` where there is none, or only the beginning of one.
    pub fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        let data = PathBuf::from(lines.next()?);
        let (_started, port) = (lines.next()?, lines.next()?.trim().parse().ok()?);
        let socket = lines.next().filter(|folder| !folder.is_empty()).map(PathBuf::from);
        Some(Self { pid, data, port, socket })
    }

    /// Whether that process lives and is that server, and not one that got the same number later.
    pub fn lives(&self) -> bool {
        let Some(pid) = self.process() else { return false };
        // Somebody else's process answers "not permitted": it lives.
        if test_kill_process(pid).is_err_and(|error| error == rustix::io::Errno::SRCH) {
            return false;
        }
        // A server works in the folder of its cluster; one that has ended and was not waited for works nowhere.
        match fs::read_link(format!("/proc/{}/cwd", self.pid)) {
            Ok(works_in) => works_in == self.data,
            Err(_) => self.is_named_by(&format!("/proc/{}/cmdline", self.pid)),
        }
    }

    /// For a system that does not show where another user's process works: the cluster stands on its command line.
    fn is_named_by(&self, command_line: &str) -> bool {
        let data = self.data.as_os_str().as_encoded_bytes();
        match fs::read(command_line) {
            Ok(line) => line.split(|byte| *byte == 0).any(|word| word == data),
            // No /proc here, as on macOS: the number has to do.
            Err(_) => !Path::new("/proc/self").exists(),
        }
    }

    /// Tells the server to disconnect everybody and stop. SIGTERM would wait for clients, SIGQUIT means a recovery.
    pub fn interrupt(&self) -> rustix::io::Result<()> {
        self.process().map_or(Ok(()), |pid| kill_process(pid, Signal::INT))
    }

    fn process(&self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_far_as_it_is_written() {
        let whole = "4711\n/srv/pg/data\n1763721600\n5432\n/srv/pg\n\n  65667  3\nready   \n";
        let file = PidFile::parse(whole).unwrap();
        assert_eq!((file.pid, file.port, file.socket), (4711, 5432, Some("/srv/pg".into())));
        let begun = PidFile::parse("4711\n/srv/pg/data\n1763721600\n5432\n\n").unwrap();
        assert_eq!(begun.socket, None);
        for begun in ["", "4711\n", "4711\n/srv/pg/data\n1763721600\n", "x\n/srv\n1\n5432\n/srv\n"] {
            assert_eq!(PidFile::parse(begun), None, "{begun:?}");
        }
    }

    #[test]
    fn a_number_that_another_program_got_is_not_the_server() {
        let ours = PidFile { pid: std::process::id(), data: "/srv/pg/data".into(), port: 5432, socket: None };
        assert!(!ours.lives());
    }
}
