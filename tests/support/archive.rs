//! A whole archive of a test's own: real PostgreSQL, a storage root in a folder, and the router that serves it.

use std::ops::Deref;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fonds::archive::{App, Archive};
use fonds::clock::Clock;
use fonds::config::{Secret, Settings};
use fonds::{oai, server};
use fonds_schemas::Timestamp;
use sqlx::ConnectOptions as _;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// An archive that goes with the test.
pub struct TestArchive {
    /// The archive.
    pub app: App,
    router: axum::Router,
    folder: TempDir,
}

/// What the archive answered.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: axum::http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// An empty archive, whose clock goes.
pub async fn archive() -> TestArchive {
    archive_at(Clock::System).await
}

/// An empty archive with that clock.
pub async fn archive_at(clock: Clock) -> TestArchive {
    archive_with(clock, |_| {}).await
}

/// An empty archive with that clock, whose settings are changed so.
pub async fn archive_with(clock: Clock, change: impl FnOnce(&mut Settings)) -> TestArchive {
    let pool = super::database().await;
    let folder = super::data_directory();
    let mut settings = super::settings(&folder.path().join("data"));
    let url = pool.connect_options().to_url_lossy().to_string();
    settings.database.url = Some(Secret::new(url));
    settings.public_url = Some("https://archive.example.org".to_owned());
    change(&mut settings);
    pool.close().await;
    opened(settings, clock, folder).await
}

async fn opened(settings: Settings, clock: Clock, folder: TempDir) -> TestArchive {
    let archive = Archive::open(settings, clock, "test").await.unwrap();
    let key = oai::Key::open(&archive.settings.data).unwrap();
    let app = Arc::new(archive);
    TestArchive { router: server::router(Arc::clone(&app), key), app, folder }
}

impl Deref for TestArchive {
    type Target = Archive;
    fn deref(&self) -> &Archive {
        &self.app
    }
}

impl TestArchive {
    /// Folds until nothing is left to fold.
    pub async fn settle(&self) {
        self.app.settle().await.unwrap();
    }

    /// Closes it; its folder stays for as long as what is returned.
    pub async fn close(self) -> TempDir {
        let Self { router, app, folder } = self;
        drop(router);
        Arc::into_inner(app).unwrap().close().await.unwrap();
        folder
    }

    /// The same archive, closed and opened again with its settings changed so.
    pub async fn reopened(self, change: impl FnOnce(&mut Settings)) -> Self {
        let (mut settings, clock) = (self.settings.clone(), self.clock.clone());
        change(&mut settings);
        opened(settings, clock, self.close().await).await
    }

    /// What answers.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// The data directory.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Moves a standing clock past the window that OAI-PMH keeps shut.
    pub fn wait_for_harvesters(&self) {
        self.app.clock.advance_seconds(5);
    }

    /// Asks as anybody.
    pub async fn ask(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Asks with a token.
    pub async fn ask_with(&self, token: &str, path: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends any request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// A moment for clocks that stand.
pub fn noon() -> Timestamp {
    Timestamp::parse("2026-06-01T12:00:00Z").unwrap()
}
