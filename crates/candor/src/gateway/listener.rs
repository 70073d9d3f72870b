//! The public listener: HTTP/1.1 and HTTP/2 (also in the clear, by prior knowledge), within the limits that clients meet.
//!
//! Promises: a connection's memory is bounded; when the end begins, idle connections close and requests under way go on;
//! an address of a client is never logged.

use super::answer::Answer;
use super::apis::Apis;
use crate::config::limits::Limits;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Pause when the system has no more descriptors.
const PAUSE_AFTER_REFUSED_ACCEPT: Duration = Duration::from_millis(50);
/// The least buffer that hyper works with.
const LEAST_BUFFER_BYTES: usize = 8 * 1024;

/// A listener with what it answers from.
pub struct Listener {
    /// Bound already.
    pub socket: TcpListener,
    /// `None`: plain text, on loopback or behind a declared proxy.
    pub tls: Option<TlsAcceptor>,
    /// What answers.
    pub apis: Arc<Apis>,
}

impl Listener {
    /// Accepts until `end` resolves, then lets requests under way end. Dropping the future cuts them; they settle as
    /// interrupted.
    pub async fn serve(self, end: impl Future<Output = ()>) {
        let server = Arc::new(server(&self.apis.gateway.limits));
        let head = self.apis.gateway.limits.head;
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut end = std::pin::pin!(end);
        loop {
            let stream = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = &mut end => break,
            };
            let Ok((stream, _)) = stream else {
                tokio::time::sleep(PAUSE_AFTER_REFUSED_ACCEPT).await;
                continue;
            };
            let connection = Connection {
                server: Arc::clone(&server),
                apis: Arc::clone(&self.apis),
                watcher: graceful.watcher(),
            };
            connections.spawn(connection.converse(stream, self.tls.clone(), head));
            while connections.try_join_next().is_some() {}
        }
        drop(self.socket);
        self.apis.gateway.drain();
        graceful.shutdown().await;
    }
}

fn server(limits: &Limits) -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    let headers = usize::try_from(limits.headers.get()).unwrap_or(usize::MAX);
    let header_bytes = limits.header_bytes.as_usize().max(LEAST_BUFFER_BYTES);
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(headers)
        .max_buf_size(header_bytes);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams.get())
        .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
        .max_send_buf_size(limits.stream_buffer.as_usize());
    server
}

struct Connection {
    server: Arc<Builder<TokioExecutor>>,
    apis: Arc<Apis>,
    watcher: Watcher,
}

impl Connection {
    async fn converse(self, stream: TcpStream, tls: Option<TlsAcceptor>, head: Duration) {
        // Small writes must not wait for each other: events are small.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        match tls {
            None => self.speak(stream).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = tokio::time::timeout(head, tls.accept(stream)).await {
                    self.speak(stream).await;
                }
            }
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let apis = self.apis;
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = Arc::clone(&apis).answer(request);
            async move { Ok::<Response<Answer>, Infallible>(answer.await) }
        });
        let connection = self
            .server
            .serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(error = %error, "a connection broke");
        }
    }
}
