//! The folder of the server's socket: a path that is too long is refused by the system, so a short one takes its place.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::account::Account;
use super::error::{PostgresError, io};

/// The longest folder, in bytes: the system takes 107 for the whole path, and `/.s.PGSQL.5432` has 14.
const LONGEST: usize = 93;

/// The folder itself where its path is short enough, else a folder of the server's user under the temporary one, always
/// the same for the same data directory.
pub fn folder(wanted: &Path, account: &Account) -> Result<PathBuf, PostgresError> {
    if fits(wanted) {
        return Ok(wanted.to_owned());
    }
    let hash: [u8; 32] = Sha256::digest(wanted.as_os_str().as_bytes()).into();
    let name = format!("fonds-{}", &fonds_schemas::checksum::hex(&hash)[..16]);
    let places = [std::env::temp_dir(), PathBuf::from("/tmp")];
    let place = places.iter().find(|place| fits(&place.join(&name)) && account.blocked_by(place).is_none());
    let Some(folder) = place.map(|place| place.join(&name)) else {
        let why = "its path is too long, or its user may not pass through";
        return Err(PostgresError::Socket { folder: places[1].join(&name), why });
    };
    make_private(&folder, account)?;
    Ok(folder)
}

fn fits(folder: &Path) -> bool {
    folder.as_os_str().len() <= LONGEST
}

/// Makes the folder, or makes sure that the one that is there was not put there by somebody else: everybody may make
/// names under the temporary folder, and whoever owns the folder of the socket is whom we would talk to.
fn make_private(folder: &Path, account: &Account) -> Result<(), PostgresError> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return account.owns(folder),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(io("make", folder)(source)),
    }
    let found = fs::symlink_metadata(folder).map_err(io("read", folder))?;
    let refused = |why| Err(PostgresError::Socket { folder: folder.to_owned(), why });
    if !found.is_dir() {
        return refused("it is no folder");
    }
    if !account.is_owner(&found) {
        return refused("it belongs to another user");
    }
    if found.permissions().mode() & 0o077 != 0 {
        return refused("other users may enter it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_93_bytes_is_the_longest_that_holds_the_socket() {
        for (bytes, fit) in [(1, true), (93, true), (94, false), (4000, false)] {
            let path = PathBuf::from(format!("/{}", "d".repeat(bytes - 1)));
            assert_eq!(fits(&path), fit, "{bytes}");
        }
    }

    #[test]
    fn a_folder_that_others_may_enter_or_a_link_is_refused() {
        let account = Account::choose(None, Path::new("/nonexistent")).unwrap();
        let place = tempfile::tempdir().unwrap();
        let (open, link) = (place.path().join("open"), place.path().join("link"));
        make_private(&open, &account).unwrap();
        make_private(&open, &account).unwrap();
        std::os::unix::fs::symlink(&open, &link).unwrap();
        assert!(matches!(make_private(&link, &account), Err(PostgresError::Socket { why: "it is no folder", .. })));
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        let refused = make_private(&open, &account);
        assert!(matches!(refused, Err(PostgresError::Socket { why: "other users may enter it", .. })));
    }
}
