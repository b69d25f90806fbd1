//! What tests share: a PostgreSQL, a database of their own on it, and a whole archive.

mod archive;
pub mod tiff;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use fonds::config::{self, Flags, Settings};
use fonds::postgres::{self, Database};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

pub use archive::{Answer, TestArchive, archive, archive_at, archive_with, noon};

/// An empty database of this test's own on the test server.
pub async fn database() -> PgPool {
    let options = server();
    let name = format!("t_{}", uuid::Uuid::new_v4().simple());
    let server = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&server).await.unwrap();
    PgPoolOptions::new().max_connections(8).connect_with(options.database(&name)).await.unwrap()
}

/// How to connect to the test server as its superuser: the one that `FONDS_TEST_DATABASE_URL` names, which spares a
/// runner that starts a process for each test many servers, else a private one of this process.
#[expect(clippy::disallowed_methods, reason = "the address of the test server is no setting of fonds")]
pub fn server() -> PgConnectOptions {
    match std::env::var("FONDS_TEST_DATABASE_URL") {
        Ok(url) => url.parse().unwrap(),
        Err(_) => private_server().clone(),
    }
}

fn private_server() -> &'static PgConnectOptions {
    static SERVER: OnceLock<PgConnectOptions> = OnceLock::new();
    // A thread and a runtime of its own: the runtime of the test that happens to come first ends with that test.
    SERVER.get_or_init(|| std::thread::spawn(start_private_server).join().unwrap())
}

fn start_private_server() -> PgConnectOptions {
    let folder = data_directory().keep();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(Database::open(&settings(&folder))).unwrap();
    let options = database.owner.clone().database("postgres");
    clear_away(postgres::running(&folder).unwrap(), &folder);
    // It is used until the process ends.
    std::mem::forget((runtime, database));
    options
}

/// Stops a server and removes its folder when this process ends, however it ends: the end closes the pipe.
fn clear_away(pid: u32, folder: &Path) {
    let script = r#"cat; kill -INT "$0"; while kill -0 "$0" 2>&-; do sleep 0.1; done; rm -rf "$1""#;
    let mut shell = Command::new("sh");
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let shell = shell.args(["-c", script, &pid.to_string()]).arg(folder).stdin(Stdio::piped());
    std::mem::forget(shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
}

/// A folder that the user of a private server may pass through, also where the tests run as root.
pub fn data_directory() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o711);
    tempfile::Builder::new().prefix("fonds-test-").permissions(mode).tempdir().unwrap()
}

/// The settings of a test with that data directory: a private server, whatever the environment says.
pub fn settings(data: &Path) -> Settings {
    let mut settings = config::read(None, &Flags { data: Some(data.to_owned()), ..Flags::default() }).unwrap();
    settings.database.url = None;
    settings
}

/// The root of the checkout. It is asked for when a test runs: a cached build may have been made in another folder.
#[must_use]
pub fn checkout() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// What lies at a path in the folder of real data: beside the checkout, or where `FONDS_DATA` says. A test without it says
/// so and proves nothing.
#[must_use]
pub fn real(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("FONDS_DATA").map_or_else(|| checkout().join("../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is missing (set FONDS_DATA)", path.display());
    None
}
