//! The public listener: HTTP/1.1 and HTTP/2 (also in the clear, by prior knowledge), within the limits that clients meet.
//!
//! Promises: a connection's memory is bounded; when the end begins, idle connections close and requests under way go on;
//! an address of a client is never logged.

use super::answer::Answer;
use super::apis::Apis;
use crate::config::limits::Limits;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Pause when the system has no more descriptors.
const PAUSE_AFTER_REFUSED_ACCEPT: Duration = Duration::from_millis(50);
/// Pause while a client has sent one or two bytes.
const PAUSE_BETWEEN_PEEKS: Duration = Duration::from_millis(5);
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
        let server = Arc::new(Server::new(&self.apis.gateway.limits));
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
            connections.spawn(connection.converse(stream, self.tls.clone()));
            while connections.try_join_next().is_some() {}
        }
        drop(self.socket);
        self.apis.gateway.drain();
        graceful.shutdown().await;
    }
}

/// The two protocols with the limits that clients meet.
struct Server {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    /// Until the first bytes, and TLS before them, must be here.
    head: Duration,
}

impl Server {
    fn new(limits: &Limits) -> Self {
        let headers = usize::try_from(limits.headers.get()).unwrap_or(usize::MAX);
        let header_bytes = limits.header_bytes.as_usize().max(LEAST_BUFFER_BYTES);
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_headers(headers)
            .max_buf_size(header_bytes);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.streams.get())
            .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
            .max_send_buf_size(limits.stream_buffer.as_usize());
        Self {
            http1,
            http2,
            head: limits.head,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

struct Connection {
    server: Arc<Server>,
    apis: Arc<Apis>,
    watcher: Watcher,
}

impl Connection {
    async fn converse(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Small writes must not wait for each other: events are small.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let head = self.server.head;
        let Some(tls) = tls else {
            if let Ok(Ok(protocol)) = timeout(head, first_words(&stream)).await {
                self.speak(stream, protocol).await;
            }
            return;
        };
        // Boxed, as below: what most connections don't need would make the state of all of them larger.
        Box::pin(async move {
            if let Ok(Ok(stream)) = timeout(head, tls.accept(stream)).await {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.speak(stream, if is_http2 { Protocol::Http2 } else { Protocol::Http1 })
                    .await;
            }
        })
        .await;
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, protocol: Protocol) {
        let apis = self.apis;
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = Arc::clone(&apis).answer(request);
            async move { Ok::<Response<Answer>, Infallible>(answer.await) }
        });
        let stream = TokioIo::new(stream);
        let ended = match protocol {
            Protocol::Http1 => {
                self.watcher
                    .watch(self.server.http1.serve_connection(stream, service))
                    .await
            }
            Protocol::Http2 => Box::pin(self.watcher.watch(self.server.http2.serve_connection(stream, service))).await,
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection broke");
        }
    }
}

/// Which protocol a client begins to speak in the clear. HTTP/2 begins with a line that no HTTP/1 request can have
/// (RFC 9113, section 3.4); its first three bytes tell.
async fn first_words(stream: &TcpStream) -> io::Result<Protocol> {
    const BEGINNING: &[u8] = b"PRI";
    let mut first = [0; BEGINNING.len()];
    loop {
        let count = stream.peek(&mut first).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first[..count] != BEGINNING[..count] {
            return Ok(Protocol::Http1);
        }
        if count == BEGINNING.len() {
            return Ok(Protocol::Http2);
        }
        // One or two bytes that could become either: the rest is on its way, and peeking tells nothing of its coming.
        tokio::time::sleep(PAUSE_BETWEEN_PEEKS).await;
    }
}
