//! The operator's listener: `/healthz`, `/readyz`, `/metrics`.
//!
//! Promises: answers from the first moment of the start to the last of the end; bounded in connections and time; nothing personal.
//! Leaves out: anything that changes something.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base::size::ByteSize;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use store::db::{Db, Figures};
use store::spool::Spool;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::health::Health;
use crate::privacy::evidence::{Evidence, State};
use crate::privacy::retention::Sweep;
use crate::telemetry::{self, HEALTH, METRICS_PAGE, Metrics, OPERATOR_ROUTES, READINESS};

/// Connections at once; more wait.
const CONNECTIONS: usize = 64;
/// A request's head must be there after this time, a connection without one is closed.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more descriptors.
const PAUSE_AFTER_REFUSED_ACCEPT: Duration = Duration::from_millis(100);

/// What the listener answers from.
pub struct Operations {
    health: Arc<Health>,
    metrics: Metrics,
    /// Once there is something to measure.
    levels: OnceLock<Levels>,
}

/// What levels are read from when somebody asks for them.
pub struct Levels {
    /// The main database, and the key store where that is another one.
    pub databases: Vec<Db>,
    /// The spool.
    pub spool: Arc<Spool>,
    /// And its limit.
    pub spool_limit: ByteSize,
    /// What ends days.
    pub sweep: Arc<Sweep>,
    /// What probes saw.
    pub evidence: Arc<Evidence>,
}

impl Operations {
    /// Of a process that starts.
    pub const fn new(health: Arc<Health>, metrics: Metrics) -> Self {
        Self {
            health,
            metrics,
            levels: OnceLock::new(),
        }
    }

    /// Shows these levels from now on.
    pub fn measure(&self, levels: Levels) {
        // Second ones would be a defect of `serve`; the first stay.
        let _first = self.levels.set(levels);
    }

    /// The page of metrics, with levels that are measured when they are asked for.
    fn page(&self) -> String {
        if let Some(levels) = self.levels.get() {
            levels.measure();
        }
        metrics::counter!(telemetry::DROPPED.name, "what" => "log_field")
            .absolute(base::telemetry::undeclared_fields());
        self.metrics.page()
    }
}

impl Levels {
    fn measure(&self) {
        set(&telemetry::SPOOL_BYTES, self.spool.used_bytes());
        set(&telemetry::SPOOL_LIMIT_BYTES, self.spool_limit.bytes());
        set(
            &telemetry::SPOOL_OLDEST_SECONDS,
            self.spool.oldest_segment_age().as_secs(),
        );
        self.count_statements();
        let parted = self.sweep.clock_alarm().map_or(0, |parted| parted.by.as_secs());
        if let Some(seconds) = self.sweep.seconds_past_cutoff() {
            set(&telemetry::SECONDS_PAST_CUTOFF, seconds);
        }
        set(&telemetry::CLOCK_PARTED_SECONDS, parted);
        let statuses = self.evidence.statuses();
        for state in State::ALL {
            let promises = statuses.iter().filter(|status| status.state == state).count();
            let promises = u32::try_from(promises).unwrap_or(u32::MAX);
            metrics::gauge!(telemetry::PROMISES.name, "state" => state.word()).set(f64::from(promises));
        }
    }
}

impl Levels {
    fn count_statements(&self) {
        let mut figures: BTreeMap<&'static str, Figures> = BTreeMap::new();
        for (name, more) in self.databases.iter().flat_map(Db::figures) {
            let sum = figures.entry(name).or_default();
            sum.calls += more.calls;
            sum.failures += more.failures;
            sum.conflicts += more.conflicts;
        }
        for (name, figures) in figures {
            metrics::counter!(telemetry::DATABASE_CALLS.name, "statement" => name).absolute(figures.calls);
            metrics::counter!(telemetry::DATABASE_FAILURES.name, "statement" => name).absolute(figures.failures);
            metrics::counter!(telemetry::DATABASE_CONFLICTS.name, "statement" => name).absolute(figures.conflicts);
        }
    }
}

/// Levels are far below 2^53, where a double stops being exact.
#[expect(
    clippy::cast_precision_loss,
    reason = "a level of bytes or seconds is read by people and graphs"
)]
fn set(metric: &telemetry::Metric, level: u64) {
    metrics::gauge!(metric.name).set(level as f64);
}

/// Accepts until it is dropped.
pub async fn listen(listener: TcpListener, operations: Arc<Operations>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE_AFTER_REFUSED_ACCEPT).await;
            continue;
        };
        let operations = operations.clone();
        tokio::spawn(async move {
            converse(stream, operations).await;
            drop(place);
        });
    }
}

async fn converse(stream: TcpStream, operations: Arc<Operations>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = answer(&operations, request.method(), request.uri().path());
        async move { Ok::<_, Infallible>(response) }
    });
    let mut server = hyper::server::conn::http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(error = %error, "a connection to the operations listener broke");
    }
}

fn answer(operations: &Operations, method: &Method, path: &str) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET");
    }
    match OPERATOR_ROUTES.iter().find(|route| route.path == path) {
        Some(&&HEALTH) => text(StatusCode::OK, "alive\n"),
        Some(&&READINESS) => match operations.health.unready() {
            None => text(StatusCode::OK, "ready\n"),
            Some(why) => text(StatusCode::SERVICE_UNAVAILABLE, why + "\n"),
        },
        Some(&&METRICS_PAGE) => text(StatusCode::OK, operations.page()),
        _ => text(StatusCode::NOT_FOUND, "/healthz, /readyz or /metrics\n"),
    }
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let plain = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
