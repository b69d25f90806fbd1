//! Brings an installation to where the server's user may run it: a Python environment under `/root` lets nobody else in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::binaries::Binaries;
use super::error::{PostgresError, io};

/// The largest installation that is copied, in bytes. The expected one has 42 MB; more is no PostgreSQL alone.
const LARGEST: u64 = 1 << 29;

/// The deepest folder that is followed: a link to a folder above would have no end.
const DEEPEST: u32 = 12;

/// The same binaries, in a folder that the user can reach: their own, or a copy in `folder`, made once.
pub fn reachable(binaries: Binaries, account: &Account, folder: &Path) -> Result<Binaries, PostgresError> {
    if account.blocked_by(&binaries.folder).is_none() {
        return Ok(binaries);
    }
    let installation = Installation::of(&binaries.folder).map_err(|why| PostgresError::NotCopied {
        from: binaries.folder.clone(),
        user: account.name.clone(),
        why,
    })?;
    let copy = folder.join(format!("bin-{}", binaries.version));
    let bin = copy.join(&installation.place).join("bin");
    if !bin.join("postgres").is_file() {
        tracing::info!(from = %binaries.folder.display(), user = account.name, "copying PostgreSQL to where its user may run it");
        installation.copy_to(&copy, account)?;
    }
    Ok(Binaries { folder: bin, ..binaries })
}

/// A tree of programs, libraries and shared files that finds its parts by where it lies.
struct Installation {
    /// The folder with `bin`, `lib` and `share`.
    root: PathBuf,
    /// Its place in the copy: the last two names of its own. A Python package keeps some libraries three folders above
    /// its programs, beside the package, so the distance must stay the same.
    place: PathBuf,
    /// Those libraries, and their place in the copy.
    beside: Option<(PathBuf, PathBuf)>,
}

impl Installation {
    fn of(bin: &Path) -> Result<Self, String> {
        let bin = fs::canonicalize(bin).map_err(|error| error.to_string())?;
        let root = bin.parent().ok_or("it is no installation")?;
        if !root.join("share").is_dir() || !root.join("lib").is_dir() {
            return Err("it has no folders lib and share beside its folder bin".to_owned());
        }
        let names = root.parent().and_then(Path::file_name).zip(root.file_name());
        let (package, name) = names.ok_or("it spreads over the whole system")?;
        let libraries = PathBuf::from(format!("{}.libs", package.to_string_lossy()));
        let beside = root.ancestors().nth(2).map(|above| above.join(&libraries)).filter(|folder| folder.is_dir());
        let beside = beside.map(|folder| (folder, libraries));
        Ok(Self { place: Path::new(package).join(name), root: root.to_owned(), beside })
    }

    fn copy_to(&self, copy: &Path, account: &Account) -> Result<(), PostgresError> {
        // A copy under its final name is a whole one.
        let begun = copy.with_extension("new");
        for leftover in [&begun, copy].into_iter().filter(|folder| folder.exists()) {
            fs::remove_dir_all(leftover).map_err(io("remove", leftover))?;
        }
        let parts = ["bin", "lib", "share"].map(|part| (self.root.join(part), self.place.join(part)));
        let mut left = LARGEST;
        for (from, to) in parts.into_iter().chain(self.beside.clone()) {
            if !copy_folder(&from, &begun.join(to), DEEPEST, &mut left)? {
                let why = "it is larger or deeper than any PostgreSQL".to_owned();
                return Err(PostgresError::NotCopied { from, user: account.name.clone(), why });
            }
        }
        fs::rename(&begun, copy).map_err(io("rename", &begun))
    }
}

/// Copies a folder; false where there is more than is left.
fn copy_folder(from: &Path, to: &Path, depth: u32, left: &mut u64) -> Result<bool, PostgresError> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(false) };
    make_folder(to)?;
    for entry in fs::read_dir(from).map_err(io("list", from))? {
        let path: PathBuf = entry.map_err(io("list", from))?.path();
        let Some(name) = path.file_name() else { continue };
        let found = fs::metadata(&path).map_err(io("read", &path))?;
        if found.is_dir() {
            if !copy_folder(&path, &to.join(name), depth, left)? {
                return Ok(false);
            }
            continue;
        }
        let Some(rest) = left.checked_sub(found.len()) else { return Ok(false) };
        *left = rest;
        fs::copy(&path, to.join(name)).map_err(io("copy", &path))?;
        let mode = if found.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 };
        fs::set_permissions(to.join(name), fs::Permissions::from_mode(mode)).map_err(io("open up", to.join(name)))?;
    }
    Ok(true)
}

/// Makes a folder, and those above it that are missing, which everybody may enter whatever our umask says.
fn make_folder(folder: &Path) -> Result<(), PostgresError> {
    if folder.is_dir() {
        return Ok(());
    }
    folder.parent().map_or(Ok(()), make_folder)?;
    fs::create_dir(folder).map_err(io("make", folder))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(io("open up", folder))
}
