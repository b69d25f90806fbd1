//! Starts the server and waits until it answers, or until it is clear why it does not.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use tokio::sync::oneshot;

use super::binaries::Binaries;
use super::cluster::{Cluster, LONGEST_SILENCE, Server};
use super::error::{PostgresError, io};
use super::locks::pause;
use super::prepare::OWNER;

/// The port, which only names the socket: nothing listens on TCP.
const PORT: u16 = 5432;

/// How often a server that starts is asked.
pub const ASK_AGAIN: Duration = Duration::from_millis(20);

/// How long one attempt to connect may hang.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);

/// What the server is told beside its configuration file, which stays the user's to edit.
const SETTINGS: &[&str] = &[
    // The socket is the only door, and only the server's user (and root) may use it: that is what makes `trust` safe.
    "listen_addresses=",
    "unix_socket_permissions=0700",
    // The working set of an archive of a few hundred thousand records; a small machine can spare it.
    "shared_buffers=128MB",
    // Two processes with their pools, and a few tools. Each connection that idles costs some 2 MB.
    "max_connections=40",
    // Indexes of a rebuild go to the log page by page: compressing those took an eighth of the time, and checkpoints are
    // so rare that there are few others.
    "wal_compression=off",
    // A checkpoint every 5 minutes or 1 GB writes each page of a long import again and again; a recovery after a crash
    // may take some seconds longer in return.
    "checkpoint_timeout=15min",
    "max_wal_size=2GB",
    // A rebuild drops the tables that it has replaced: an autovacuum that is still at one of them gives way after this.
    "deadlock_timeout=100ms",
    // Our queries are short: compiling them takes longer than running them.
    "jit=off",
];

/// What it is told where there are two cores or fewer: a rebuild keeps them busy with the indexes of several projections,
/// and the large one costs a quarter more with helpers, or with more memory than a processor's cache.
const SETTINGS_OF_FEW_CORES: &[&str] = &["max_parallel_maintenance_workers=0", "maintenance_work_mem=16MB"];

/// What a server says to somebody who wants to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It lets one in.
    Ready,
    /// It is there, and asks for patience: it starts, recovers, stops, or is full.
    NotYet,
    /// Nothing that can be understood.
    Silent,
}

/// Asks a server whether it is ready.
pub async fn answer(server: &Server) -> Answer {
    let options = server.connect_to(OWNER, "postgres");
    match tokio::time::timeout(LONGEST_ATTEMPT, PgConnection::connect_with(&options)).await {
        Ok(Ok(connection)) => {
            // What was asked has been answered; how the connection ends changes nothing.
            let _ = connection.close().await;
            Answer::Ready
        }
        // 57P03: starting up, recovering or shutting down. 53300: too many clients.
        Ok(Err(sqlx::Error::Database(said))) if matches!(said.code().as_deref(), Some("57P03" | "53300")) => {
            Answer::NotYet
        }
        Ok(Err(_)) | Err(_) => Answer::Silent,
    }
}

/// Starts the server of a cluster that is not running.
pub async fn start(cluster: &Cluster, binaries: &Binaries) -> Result<Server, PostgresError> {
    let (begun, socket) = (Instant::now(), cluster.socket()?);
    loop {
        match attempt(cluster, binaries, socket.clone()).await {
            // A server that was killed leaves its number and its last clients behind for a moment; both pass.
            Err(PostgresError::Exited { tail, .. }) if is_passing(&tail) && begun.elapsed() < LONGEST_SILENCE => {
                pause(ASK_AGAIN).await;
            }
            other => return other,
        }
    }
}

/// Whether a server did not start because of one that is about to be gone.
fn is_passing(tail: &str) -> bool {
    tail.contains("lock file \"postmaster.pid\" already exists")
        || tail.contains("pre-existing shared memory block")
        || (tail.contains("lock file \"") && tail.contains(".s.PGSQL."))
}

async fn attempt(cluster: &Cluster, binaries: &Binaries, socket: PathBuf) -> Result<Server, PostgresError> {
    let begun = Instant::now();
    let (pid, mut ended, log_from) = spawn(cluster, binaries, &socket)?;
    let server = Server::new(socket.clone(), PORT);
    let mut heard = Instant::now();
    loop {
        match answer(&server).await {
            Answer::Ready => {
                let duration_ms = begun.elapsed().as_millis();
                tracing::info!(pid, version = binaries.version, duration_ms, "started the private PostgreSQL");
                return Ok(server);
            }
            // A recovery reads up to max_wal_size and says so all the while: it is let finish.
            Answer::NotYet => heard = Instant::now(),
            Answer::Silent => {}
        }
        match ended.try_recv() {
            Ok(status) => {
                let (log, tail) = (cluster.log.path().to_owned(), cluster.log.tail(log_from));
                return Err(PostgresError::Exited { status, log, tail });
            }
            Err(_) if heard.elapsed() > LONGEST_SILENCE => return Err(cluster.silent(pid, socket)),
            Err(_) => pause(ASK_AGAIN).await,
        }
    }
}

/// Starts the process: in a group of its own, so that Ctrl-C on a terminal and the end of fonds do not reach it. A task
/// waits for its end, because a dead child that nobody waits for keeps its number, and the next start would find it.
fn spawn(
    cluster: &Cluster,
    binaries: &Binaries,
    socket: &PathBuf,
) -> Result<(u32, oneshot::Receiver<String>, u64), PostgresError> {
    let (log, log_from) = cluster.log.open()?;
    let second = log.try_clone().map_err(io("open", cluster.log.path()))?;
    let mut command = cluster.program(binaries, "postgres");
    command.arg("-D").arg(&cluster.data).arg("-k").arg(socket).args(["-p", &PORT.to_string()]);
    let has_few_cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() <= 2);
    let of_few_cores = if has_few_cores { SETTINGS_OF_FEW_CORES } else { &[] };
    for setting in SETTINGS.iter().chain(of_few_cores) {
        command.args(["-c", setting]);
    }
    command.stdin(Stdio::null()).stdout(log).stderr(second);
    let mut command = tokio::process::Command::from(command);
    let mut child = command.process_group(0).spawn().map_err(io("run", binaries.folder.join("postgres")))?;
    let pid = child.id().unwrap_or(0);
    let (tell, ended) = oneshot::channel();
    tokio::spawn(async move {
        let status = child.wait().await.map_or_else(|error| error.to_string(), |status: ExitStatus| status.to_string());
        // Nobody listens any more once it has answered.
        let _ = tell.send(status);
    });
    Ok((pid, ended, log_from))
}
