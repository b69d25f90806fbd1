//! The private cluster: where it lies, how it is made, started, joined and stopped.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;

use crate::config::{DatabaseSettings, Settings};

use super::account::Account;
use super::binaries::{self, Binaries};
use super::error::{PostgresError, io};
use super::locks::pause;
use super::log::Log;
use super::pid_file::PidFile;
use super::prepare::OWNER;
use super::reachable::reachable;
use super::socket;
use super::starting::{self, Answer};

/// The folder of the private server in the data directory.
pub const FOLDER: &str = "pg";

/// The cluster in that folder.
pub const DATA: &str = "data";

/// How the name of a cluster begins while it is made.
const BEGUN: &str = "data.new";

/// How long a server may give no answer at all, neither yes nor "starting up".
pub const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// How long a fast stop may take: it ends with a checkpoint of at most `max_wal_size`.
const LONGEST_STOP: Duration = Duration::from_mins(2);

/// How often a stopping server is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How long `initdb` may take. It writes 40 MB; a slow network disk needs a minute.
const LONGEST_INITDB: Duration = Duration::from_mins(5);

/// Where the private cluster lies, and who runs it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The folder with cluster, log, locks and, where its path is short enough, socket.
    pub folder: PathBuf,
    /// The cluster.
    pub data: PathBuf,
    /// What the server says.
    pub log: Log,
    /// Who runs it.
    pub account: Account,
    settings: DatabaseSettings,
}

/// A private server that answers.
#[derive(Debug, Clone)]
pub struct Server {
    socket: PathBuf,
    port: u16,
}

impl Server {
    /// A server by its socket.
    pub fn new(socket: PathBuf, port: u16) -> Self {
        Self { socket, port }
    }

    /// How to connect to the archive's database as that role.
    pub fn connect_as(&self, role: &str) -> PgConnectOptions {
        self.connect_to(role, super::prepare::DATABASE)
    }

    /// How to connect to that database. Everything is set, so that no variable `PG…` of the environment decides.
    pub fn connect_to(&self, role: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .port(self.port)
            .username(role)
            .database(database)
            .ssl_mode(sqlx::postgres::PgSslMode::Disable)
            .application_name("fonds")
    }
}

impl Cluster {
    /// The cluster of a data directory; its folder is made where it is missing.
    pub fn at(settings: &Settings) -> Result<Self, PostgresError> {
        make_data_directory(&settings.data)?;
        let directory = fs::canonicalize(&settings.data).map_err(io("find", &settings.data))?;
        let folder = directory.join(FOLDER);
        let account = Account::choose(settings.database.user.as_deref(), &folder)?;
        if let Some(blocked) = account.blocked_by(&directory) {
            return Err(PostgresError::Blocked { user: account.name, blocked, folder });
        }
        if !folder.is_dir() {
            fs::DirBuilder::new().mode(0o700).create(&folder).map_err(io("make", &folder))?;
        }
        account.owns(&folder)?;
        let log = Log::at(folder.join("postgres.log"), account.clone());
        Ok(Self { data: folder.join(DATA), log, folder, account, settings: settings.database.clone() })
    }

    /// Joins the server that runs, else starts it. The caller holds the start lock.
    pub async fn run(&self) -> Result<Server, PostgresError> {
        if let Some(server) = self.join().await? {
            return Ok(server);
        }
        let chosen = binaries::choose(&self.settings).await?;
        let binaries = reachable(chosen, &self.account, &self.folder)?;
        self.make(&binaries).await?;
        starting::start(self, &binaries).await
    }

    /// The file of the server that runs, if one does.
    pub fn running(&self) -> Option<PidFile> {
        PidFile::read(&self.data).filter(PidFile::lives)
    }

    /// The server that runs, once it answers; `None` if none runs or the one that ran has ended.
    pub async fn join(&self) -> Result<Option<Server>, PostgresError> {
        let mut heard = Instant::now();
        while let Some(file) = self.running() {
            if let Some(socket) = &file.socket {
                let server = Server::new(socket.clone(), file.port);
                match starting::answer(&server).await {
                    Answer::Ready => {
                        tracing::info!(pid = file.pid, "joined the private PostgreSQL that runs");
                        return Ok(Some(server));
                    }
                    Answer::NotYet => heard = Instant::now(),
                    Answer::Silent => {}
                }
            }
            if heard.elapsed() > LONGEST_SILENCE {
                let socket = file.socket.unwrap_or_else(|| self.folder.clone());
                return Err(self.silent(file.pid, socket));
            }
            pause(starting::ASK_AGAIN).await;
        }
        Ok(None)
    }

    /// What to say of a server that runs and does not answer.
    pub fn silent(&self, pid: u32, socket: PathBuf) -> PostgresError {
        let (log, tail) = (self.log.path().to_owned(), self.log.tail(0));
        PostgresError::Silent { pid, socket, seconds: LONGEST_SILENCE.as_secs(), log, tail }
    }

    /// Makes the cluster where there is none, and refuses one of another major version.
    async fn make(&self, binaries: &Binaries) -> Result<(), PostgresError> {
        match fs::read_to_string(self.data.join("PG_VERSION")) {
            Ok(version) if version.trim() == binaries.major.to_string() => return Ok(()),
            Ok(version) => {
                return Err(PostgresError::ForeignMajor {
                    data: self.data.clone(),
                    cluster: version.trim().to_owned(),
                    binaries: binaries.folder.clone(),
                    version: binaries.version.clone(),
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(io("read", self.data.join("PG_VERSION"))(source)),
        }
        if fs::read_dir(&self.data).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(PostgresError::NoCluster { data: self.data.clone() });
        }
        self.initdb(binaries).await
    }

    /// initdb writes `PG_VERSION` early: killed half-way it leaves a cluster that starts and then refuses every
    /// connection. So it works under another name, and a cluster that has the right name is whole. That name is no
    /// other run's: the initdb of a fonds that was killed lives on, fails once its folder is gone, and removes on its
    /// way out whatever has the name of its folder then.
    async fn initdb(&self, binaries: &Binaries) -> Result<(), PostgresError> {
        self.sweep();
        let begun = self.folder.join(format!("{BEGUN}{}", uuid::Uuid::new_v4()));
        tracing::info!(data = %self.data.display(), version = binaries.version, user = self.account.name, "making a PostgreSQL cluster");
        let mut initdb = self.program(binaries, "initdb");
        initdb.arg("-D").arg(&begun).args(["-U", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        initdb.arg("--data-checksums");
        let running =
            tokio::process::Command::from(initdb).kill_on_drop(true).stdin(std::process::Stdio::null()).output();
        let failed = |output: String| PostgresError::Initdb { data: self.data.clone(), output };
        let output = match tokio::time::timeout(LONGEST_INITDB, running).await {
            Ok(output) => output.map_err(io("run", binaries.folder.join("initdb")))?,
            Err(_) => return Err(failed(format!("it was not done after {} s", LONGEST_INITDB.as_secs()))),
        };
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            return Err(failed(super::log::last_lines(&String::from_utf8_lossy(&said))));
        }
        fs::rename(&begun, &self.data).map_err(io("rename", &begun))?;
        self.sweep();
        // The new name must outlive a power cut, as what will be written under it does.
        fs::File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(io("flush", &self.folder))
    }

    /// Removes clusters that were not made to their end. One in which an initdb still writes may stay: it is in
    /// nobody's way, and what removes it is that initdb itself, or the next sweep.
    fn sweep(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for begun in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(BEGUN)) {
            let folder = begun.path();
            tracing::warn!(folder = %folder.display(), "removing a cluster that was not made to its end");
            if let Err(error) = fs::remove_dir_all(&folder) {
                tracing::warn!(%error, folder = %folder.display(), "it is not all gone yet");
            }
        }
    }

    /// One of the binaries, to be run as the server's user and without any of our own variables for PostgreSQL.
    pub fn program(&self, binaries: &Binaries, name: &str) -> Command {
        let mut command = Command::new(binaries.folder.join(name));
        self.account.runs(&mut command);
        for (variable, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(variable);
        }
        // The log is read by fonds, in English.
        command.env("LC_ALL", "C");
        command
    }

    /// The folder of the socket.
    pub fn socket(&self) -> Result<PathBuf, PostgresError> {
        socket::folder(&self.folder, &self.account)
    }

    /// Stops the server if it runs. The caller holds the users' lock alone.
    pub async fn stop(&self) -> Result<(), PostgresError> {
        let Some(file) = self.running() else { return Ok(()) };
        let begun = Instant::now();
        file.interrupt().map_err(|error| io("stop the server of", &self.data)(error.into()))?;
        while file.lives() {
            if begun.elapsed() > LONGEST_STOP {
                return Err(PostgresError::DidNotStop { pid: file.pid, seconds: LONGEST_STOP.as_secs() });
            }
            pause(LOOK_AGAIN).await;
        }
        tracing::info!(pid = file.pid, "stopped the private PostgreSQL");
        Ok(())
    }
}

/// Makes the data directory where it is missing: nobody else may look into it, but as root the server's user must be
/// able to pass through.
fn make_data_directory(data: &Path) -> Result<(), PostgresError> {
    if data.is_dir() {
        return Ok(());
    }
    if let Some(parent) = data.parent() {
        fs::create_dir_all(parent).map_err(io("make", parent))?;
    }
    let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
    match fs::DirBuilder::new().mode(mode).create(data) {
        // Another process was quicker.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(io("make", data)),
    }
}
