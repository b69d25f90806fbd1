//! What processes of one data directory ask of its keeper, over a unix socket that only the same user can open.
//!
//! This is not the API: it has no objects in it, only the keeping of projections.

use std::path::{Path, PathBuf};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use fonds_schemas::Sha256;
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

use crate::keeper::KeeperError;
use crate::projector::Status;
use crate::rebuild::{Rebuild, Rebuilt};

/// Bytes of a socket's path that every Unix takes.
const SOCKET_PATH_MAX: usize = 100;

/// Where the socket of a data directory is: inside it, or, where that path is too long for a socket, in a folder of
/// the system's for temporary files, named by a digest of the path.
fn socket(data: &Path) -> PathBuf {
    let data = std::path::absolute(data).unwrap_or_else(|_no_current_folder| data.to_owned());
    let inside = data.join("fonds.sock");
    if inside.as_os_str().len() <= SOCKET_PATH_MAX {
        return inside;
    }
    let digest = Sha256::of(data.as_os_str().as_encoded_bytes()).to_string();
    std::env::temp_dir().join(format!("fonds-{}.sock", &digest[..32]))
}

/// Answers other processes until the projector stops.
pub fn serve(data: &Path, rebuild: Rebuild) -> Result<JoinHandle<()>, KeeperError> {
    let path = socket(data);
    let socket_error = |source| KeeperError::Socket { path: path.clone(), source };
    // Only the holder of the lock comes here, so a socket that is there is one that a killed process left.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(socket_error(error)),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path).map_err(socket_error)?;
    let only_owner = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
    std::fs::set_permissions(&path, only_owner).map_err(socket_error)?;
    let until = rebuild.projector.stopping().clone().cancelled_owned();
    let router = Router::new()
        .route("/status", get(status))
        .route("/settle", post(settle))
        .route("/rebuild", post(self::rebuild))
        .with_state(rebuild);
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
            tracing::error!("the control socket broke: {error}");
        }
        // Removed before the lock is let go of, so it cannot be the next keeper's.
        std::fs::remove_file(path).ok();
    }))
}

/// What is asked of a rebuild.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct RebuildRequest {
    /// Compares only; otherwise what was rebuilt takes the place of what answered.
    pub check: bool,
}

async fn status(State(rebuild): State<Rebuild>) -> Json<Status> {
    Json(rebuild.projector.status().borrow().clone())
}

async fn settle(State(rebuild): State<Rebuild>) -> Result<(), (StatusCode, String)> {
    rebuild.projector.settle().await.map_err(failed)?;
    match crate::keeper::stopped(&rebuild.projector) {
        Some(error) => Err(failed(error)),
        None => Ok(()),
    }
}

async fn rebuild(
    State(rebuild): State<Rebuild>,
    Query(request): Query<RebuildRequest>,
) -> Result<Json<Vec<Rebuilt>>, (StatusCode, String)> {
    rebuild.run(request.check, |_, _| {}).await.map(Json).map_err(failed)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", anyhow::Error::new(error)))
}

fn client(data: &Path) -> Result<reqwest::Client, KeeperError> {
    let client = reqwest::Client::builder().unix_socket(socket(data)).build();
    client.map_err(|error| KeeperError::Other(error.to_string()))
}

/// Asks the keeper to bring everything up to date and waits for it; says whether there was one that answered.
pub async fn ask_to_settle(data: &Path) -> Result<bool, KeeperError> {
    answer(client(data)?.post("http://keeper/settle").send().await).await.map(|answer| answer.is_some())
}

/// Asks the keeper to rebuild; `None` where none answers.
pub async fn ask_to_rebuild(data: &Path, check: bool) -> Result<Option<Vec<Rebuilt>>, KeeperError> {
    let request = client(data)?.post(format!("http://keeper/rebuild?check={check}"));
    let Some(answer) = answer(request.send().await).await? else { return Ok(None) };
    answer.json().await.map(Some).map_err(|error| KeeperError::Other(error.to_string()))
}

async fn answer(sent: reqwest::Result<reqwest::Response>) -> Result<Option<reqwest::Response>, KeeperError> {
    match sent {
        Ok(response) if response.status().is_success() => Ok(Some(response)),
        Ok(response) => Err(KeeperError::Other(response.text().await.unwrap_or_else(|error| error.to_string()))),
        Err(error) if error.is_connect() => Ok(None),
        // It stopped while it worked on the answer: the caller asks again or does it itself.
        Err(error) if error.is_request() => Ok(None),
        Err(error) => Err(KeeperError::Other(error.to_string())),
    }
}
