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
    let copy = folder.join(format!("bin-{}", binaries.version));
    if !copy.join("bin/postgres").is_file() {
        tracing::info!(from = %binaries.folder.display(), user = account.name, "copying PostgreSQL to where its user may run it");
        make_copy(&binaries.folder, &copy, account)?;
    }
    Ok(Binaries { folder: copy.join("bin"), ..binaries })
}

fn make_copy(bin: &Path, copy: &Path, account: &Account) -> Result<(), PostgresError> {
    let refused = |from: &Path, why: &str| PostgresError::NotCopied {
        from: from.to_owned(),
        user: account.name.clone(),
        why: why.to_owned(),
    };
    let root = fs::canonicalize(bin).map_err(io("read", bin))?.parent().map(Path::to_owned).unwrap_or_default();
    if !root.join("share").is_dir() || !root.join("lib").is_dir() {
        return Err(refused(&root, "it has no folders lib and share beside its folder bin"));
    }
    // A copy under its final name is a whole one.
    let begun = copy.with_extension("new");
    if begun.exists() {
        fs::remove_dir_all(&begun).map_err(io("remove", &begun))?;
    }
    let mut left = LARGEST;
    make_folder(&begun)?;
    for part in ["bin", "lib", "share"] {
        copy_folder(&root.join(part), &begun.join(part), DEEPEST, &mut left)?
            .then_some(())
            .ok_or_else(|| refused(&root, "it is larger or deeper than any PostgreSQL"))?;
    }
    fs::rename(&begun, copy).map_err(io("rename", &begun))
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

fn make_folder(folder: &Path) -> Result<(), PostgresError> {
    fs::create_dir(folder).map_err(io("make", folder))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(io("open up", folder))
}
