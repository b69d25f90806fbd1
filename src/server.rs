//! The server: every protocol under one address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tracing::info;

use crate::archive::App;
use crate::{api, health, iiif, linked, oai, web};

/// How long a client may be silent while it sends a body.
const BODY_SILENCE: Duration = Duration::from_mins(1);
/// How long answers that are on their way may take once the server was told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Why the server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not of this machine.
    #[error("could not listen on {address}{}", hint(.source))]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key that signs resumption tokens cannot be read or made.
    #[error("could not open the key of OAI-PMH")]
    Key(#[from] oai::KeyError),
    /// The listener broke.
    #[error("the server broke")]
    Broke(#[source] std::io::Error),
}

fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => ": another program listens there already; choose another with --listen",
        std::io::ErrorKind::AddrNotAvailable => ": this machine does not have that address",
        std::io::ErrorKind::PermissionDenied => {
            ": ports below 1024 need a privilege; choose a higher one with --listen"
        }
        _ => "",
    }
}

/// Every address of the archive.
pub fn router(app: App, key: oai::Key) -> Router {
    let headers = [("x-content-type-options", "nosniff"), ("referrer-policy", "strict-origin-when-cross-origin")];
    let mut router = Router::new()
        .merge(web::router())
        .merge(api::router())
        .merge(oai::router(key))
        .merge(iiif::router())
        .merge(linked::router())
        .merge(health::router())
        .with_state(app)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(RequestBodyTimeoutLayer::new(BODY_SILENCE))
        .layer(middleware::from_fn(measure));
    for (name, value) in headers {
        let layer = tower_http::set_header::SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        router = router.layer(layer);
    }
    router
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong here; the log says what\n").into_response()
}

/// Counts and times requests by the part of the archive that answers, never by address: addresses name objects.
async fn measure(request: Request, next: Next) -> Response {
    let part = request.extensions().get::<MatchedPath>().map_or("none", |path| part_of(path.as_str()));
    let begun = Instant::now();
    let response = next.run(request).await;
    let class = match response.status().as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("http_requests_total", "part" => part, "status" => class).increment(1);
    metrics::histogram!("http_request_seconds", "part" => part).record(begun.elapsed().as_secs_f64());
    response
}

fn part_of(path: &str) -> &'static str {
    let parts = [
        "/iiif/image",
        "/iiif/presentation",
        "/iiif/search",
        "/iiif/annotation",
        "/iiif/discovery",
        "/oai",
        "/sparql",
        "/api",
        "/o/",
        "/id/",
        "/search",
    ];
    parts.into_iter().find(|part| path.starts_with(part)).unwrap_or("other")
}

/// Takes the address. Separate from serving, so that a taken port is found out before anything else is opened.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

/// Serves until `stop` resolves; then no new connection is taken and answers under way are finished.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let stopping = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&stopping);
    let graceful = async move {
        stop.await;
        info!("stopping: answers under way are finished first");
        told.notify_one();
    };
    let key = oai::Key::open(&app.settings.data)?;
    let serving = axum::serve(listener, router(app, key)).with_graceful_shutdown(graceful);
    let late = async {
        stopping.notified().await;
        tokio::time::timeout(LAST_ANSWERS, std::future::pending::<()>()).await.ok();
    };
    tokio::select! {
        served = serving.into_future() => served.map_err(ServeError::Broke),
        // A client that keeps its connection open and silent does not keep the archive from stopping.
        () = late => Ok(()),
    }
}

/// Resolves when the process is asked to stop: Ctrl-C or SIGTERM.
pub async fn asked_to_stop() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await.unwrap_or(()),
            Err(_no_signals) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
