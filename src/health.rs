//! `/livez`, `/readyz` and `/metrics`: what an operator's machines ask. No login, nothing about any object.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::archive::{App, Archive};
use crate::derivatives::Waiting;

/// How long a component may take to answer before it counts as not ready.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Events that a projection may be behind and still be ready: a large ingest is no outage.
const LAG_MAX: u64 = 1_000_000;

/// The addresses.
pub fn router() -> Router<App> {
    Router::new().route("/livez", get("ok\n")).route("/readyz", get(readyz)).route("/metrics", get(metrics))
}

/// How one part is.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// Whether it does its work.
    pub ok: bool,
    /// What there is to say.
    pub detail: String,
}

impl Part {
    fn from(result: Result<String, String>) -> Self {
        match result {
            Ok(detail) => Self { ok: true, detail },
            Err(detail) => Self { ok: false, detail },
        }
    }
}

/// How every part is, by name.
pub async fn parts(archive: &Archive) -> BTreeMap<String, Part> {
    let mut parts = BTreeMap::new();
    let head = within(async { archive.ledger.head().await.map_err(|error| format!("{error:#}")) }).await;
    let size = head.as_ref().map_or(0, |head| head.size);
    parts.insert("ledger".to_owned(), Part::from(head.map(|head| format!("{} events", head.size))));
    let bytes = within(async { archive.storage.ping().await.map_err(|error| format!("{error:#}")) }).await;
    parts.insert("storage".to_owned(), Part::from(bytes.map(|()| "answers".to_owned())));
    if let Some(projector) = archive.keeper.projector() {
        for standing in &projector.status().borrow().standings {
            let lag = size.saturating_sub(standing.applied);
            let part = match &standing.stopped {
                Some(why) => Err(format!("stopped at event {}: {why}", standing.applied)),
                None if lag > LAG_MAX => Err(format!("{lag} events behind")),
                None => Ok(format!("{lag} events behind")),
            };
            parts.insert(format!("projection.{}", standing.name), Part::from(part));
        }
    }
    parts
}

async fn within<T>(asked: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match tokio::time::timeout(ANSWER_WITHIN, asked).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err(format!("no answer within {} s", ANSWER_WITHIN.as_secs())),
    }
}

async fn readyz(State(app): State<App>) -> (StatusCode, Json<BTreeMap<String, Part>>) {
    let parts = parts(&app).await;
    let ready = parts.values().all(|part| part.ok);
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(parts))
}

/// The metrics of this process. One recorder a process; a second archive in one process (in tests) shares it.
fn recorder() -> &'static PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is installed; /metrics will be empty");
        }
        handle
    })
}

/// Installs the recorder before anything is counted.
pub fn install_metrics() {
    recorder();
    metrics::describe_counter!("http_requests_total", "Requests answered, by part and status class");
    metrics::describe_histogram!("http_request_seconds", metrics::Unit::Seconds, "Time to the answer's head, by part");
    metrics::describe_gauge!("ledger_events", "Events in the ledger");
    metrics::describe_gauge!("projection_lag_events", "Events that a projection has still to apply");
    metrics::describe_gauge!("tiles_waiting_files", "Files that were not looked at yet, to make their tiles");
    metrics::describe_gauge!("projection_stopped", "1 where a projection has stopped");
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; 2^53 events are far away")]
async fn metrics(State(app): State<App>) -> String {
    let size = *app.ledger.watch().borrow();
    metrics::gauge!("ledger_events").set(size as f64);
    if let Some(projector) = app.keeper.projector() {
        for standing in &projector.status().borrow().standings {
            let name = standing.name.clone();
            let lag = size.saturating_sub(standing.applied) as f64;
            metrics::gauge!("projection_lag_events", "projection" => name.clone()).set(lag);
            metrics::gauge!("projection_stopped", "projection" => name)
                .set(f64::from(u8::from(standing.stopped.is_some())));
        }
    }
    // Where it cannot be said, the last one that could stays.
    if let Ok(Waiting(files)) = app.worker(CancellationToken::new()).waiting().await {
        metrics::gauge!("tiles_waiting_files").set(files as f64);
    }
    recorder().render()
}
