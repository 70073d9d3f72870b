//! The operator's listener: `/healthz`, `/readyz`, `/metrics`.
//!
//! Promises: answers from the first moment of the start to the last of the end; bounded in connections and time; nothing personal.
//! Leaves out: anything that changes something.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::health::Health;
use crate::telemetry::Metrics;

/// Connections at once; more wait.
const CONNECTIONS: usize = 64;
/// A request's head must be there after this time, a connection without one is closed.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more descriptors.
const PAUSE_AFTER_REFUSED_ACCEPT: Duration = Duration::from_millis(100);

/// What the listener answers from.
#[derive(Debug)]
pub struct Operations {
    /// For `/readyz`.
    pub health: Arc<Health>,
    /// For `/metrics`.
    pub metrics: Metrics,
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
    match path {
        "/healthz" => text(StatusCode::OK, "alive\n"),
        "/readyz" => match operations.health.unready() {
            None => text(StatusCode::OK, "ready\n"),
            Some(why) => text(StatusCode::SERVICE_UNAVAILABLE, why + "\n"),
        },
        "/metrics" => text(StatusCode::OK, operations.metrics.page()),
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
