//! Who the private server runs as. PostgreSQL refuses root: at uid 0 it runs as another user.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{PostgresError, io};

/// The user that takes over when no user `fonds` exists; every system has it.
const NOBODY: u32 = 65_534;

/// The user that the private server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// For messages.
    pub name: String,
    uid: u32,
    gid: u32,
    standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// fonds runs as this user.
    Ourselves,
    /// fonds runs as root, and its server as this user.
    Other,
}

impl Account {
    /// The user for the server whose folder is `folder`. A folder that is there keeps its owner.
    pub fn choose(wanted: Option<&str>, folder: &Path) -> Result<Self, PostgresError> {
        let ourselves = rustix::process::geteuid().as_raw();
        let owner = fs::metadata(folder).ok().map(|found| (found.uid(), found.gid()));
        let differs = |owner, user: &str| PostgresError::Owner {
            folder: folder.to_owned(),
            owner: name_of(owner),
            user: user.to_owned(),
        };
        if ourselves != 0 {
            let account = Self::of(ourselves, rustix::process::getegid().as_raw(), Standing::Ourselves);
            return match owner {
                Some((uid, _)) if uid != ourselves => Err(differs(uid, &account.name)),
                Some(_) | None => Ok(account),
            };
        }
        let wanted = wanted.map(named).transpose()?;
        match (owner.filter(|(uid, _)| *uid != 0), wanted) {
            (Some((uid, _)), Some(account)) if uid != account.uid => Err(differs(uid, &account.name)),
            (Some((uid, gid)), _) => Ok(Self::of(uid, gid, Standing::Other)),
            (None, Some(account)) => Ok(account),
            (None, None) => {
                // A user of its own is better: under `trust`, whoever shares the uid may enter.
                Ok(named("fonds").or_else(|_| named("nobody")).unwrap_or(Self::of(NOBODY, NOBODY, Standing::Other)))
            }
        }
    }

    fn of(uid: u32, gid: u32, standing: Standing) -> Self {
        Self { name: name_of(uid), uid, gid, standing }
    }

    /// Makes a program run as this user, away from the folder that fonds was started in, which this user may not be
    /// able to enter. (The standard library drops root's other groups when it changes the user.)
    pub fn runs(&self, command: &mut Command) {
        command.current_dir("/");
        if self.standing == Standing::Other {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives a file or folder to this user.
    pub fn owns(&self, path: &Path) -> Result<(), PostgresError> {
        if self.standing == Standing::Ourselves {
            return Ok(());
        }
        std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid)).map_err(io("give away", path))
    }

    /// Whether a file or folder is this user's.
    pub fn is_owner(&self, found: &fs::Metadata) -> bool {
        found.uid() == self.uid
    }

    /// The first folder on the way down to `folder`, itself included, that does not let this user through.
    pub fn blocked_by(&self, folder: &Path) -> Option<PathBuf> {
        if self.standing == Standing::Ourselves {
            return None;
        }
        let way: Vec<&Path> = folder.ancestors().collect();
        way.into_iter()
            .rev()
            .find(|step| !fs::metadata(step).is_ok_and(|found| self.passes(&found)))
            .map(Path::to_owned)
    }

    fn passes(&self, found: &fs::Metadata) -> bool {
        let mode = found.permissions().mode();
        let mine = match found {
            found if found.uid() == self.uid => 0o100,
            found if found.gid() == self.gid => 0o010,
            _ => 0o001,
        };
        mode & mine != 0
    }
}

/// The user of that name or number, as the system's list of users has it.
fn named(name: &str) -> Result<Account, PostgresError> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found =
        users.lines().find_map(|line| read_user(line).filter(|user| user.0 == name || user.1.to_string() == name));
    match found {
        Some((_, 0, _)) => Err(PostgresError::RootUser),
        Some((name, uid, gid)) => Ok(Account { name: name.to_owned(), uid, gid, standing: Standing::Other }),
        None => Err(PostgresError::NoSuchUser { name: name.to_owned() }),
    }
}

/// The name of a user, or the number where there is no name.
fn name_of(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = users.lines().filter_map(read_user).find(|user| user.1 == uid);
    found.map_or_else(|| uid.to_string(), |(name, _, _)| name.to_owned())
}

/// A line of the list of users: name, password, uid, gid, …
fn read_user(line: &str) -> Option<(&str, u32, u32)> {
    let mut fields = line.split(':');
    let (name, _password) = (fields.next()?, fields.next()?);
    Some((name, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_list_of_users_is_read_or_passed_over() {
        for (line, user) in [
            ("nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin", Some(("nobody", 65_534, 65_533))),
            ("+::::::", None),
            ("# a comment", None),
            ("", None),
        ] {
            assert_eq!(read_user(line), user, "{line}");
        }
    }

    #[test]
    fn a_folder_that_lets_nobody_else_through_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().join("closed");
        fs::create_dir_all(closed.join("inner")).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { name: "stranger".into(), uid: 4_000_000, gid: 4_000_000, standing: Standing::Other };
        assert_eq!(stranger.blocked_by(&closed.join("inner")), Some(closed.clone()));
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(stranger.blocked_by(&closed.join("inner")), None);
    }
}
