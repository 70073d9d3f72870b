//! One connection: which protocol it speaks, and what it may cost.

use super::Current;
use super::line::Line;
use super::standing::{NeedsKey, Standing};
use crate::config::limits::Limits;
use crate::gateway::answer::Answer;
use crate::gateway::apis::Apis;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// The least buffer that hyper works with.
const LEAST_BUFFER_BYTES: usize = 8 * 1024;
/// Streams of HTTP/2 that were reset before they were looked at (CVE-2023-44487): more end the connection.
const RESET_BEFORE_ACCEPTED: usize = 20;
/// Streams of HTTP/2 that the client made us reset: more end the connection.
const RESET_FOR_ERRORS: usize = 128;
/// How HTTP/2 without TLS begins (RFC 9113, section 3.4); no HTTP/1 request can. Its first three bytes tell.
pub(super) const HTTP2: &[u8; 3] = b"PRI";

/// The two protocols with the limits that clients meet.
pub(super) struct Server {
    /// By whose configuration; weak, so that a connection that stays open keeps no old one.
    made_for: Weak<Apis>,
    http1: http1::Builder,
    http2: http2::Builder<Within>,
    /// Until the first bytes, and TLS before them, must be here.
    head: Duration,
    /// After which a connection of HTTP/2 without requests ends; HTTP/1 waits for the next head and no longer.
    idle: Duration,
    /// How long a client may take nothing of what is written.
    answer_idle: Duration,
    /// The longest that a request and its answer may take together.
    exchange: Duration,
}

impl Server {
    pub(super) fn new(apis: &Arc<Apis>) -> Self {
        let (limits, upstream) = (&apis.gateway.limits, &apis.gateway.upstream);
        let headers = usize::try_from(limits.headers.get()).unwrap_or(usize::MAX);
        let header_bytes = limits.header_bytes.as_usize().max(LEAST_BUFFER_BYTES);
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_headers(headers)
            .max_buf_size(header_bytes);
        let exchange = limits.body_total + upstream.total + limits.answer_idle;
        let mut http2 = http2::Builder::new(Within(exchange));
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.streams.get())
            .max_header_list_size(list_bytes(limits, header_bytes))
            .max_pending_accept_reset_streams(RESET_BEFORE_ACCEPTED)
            .max_local_error_reset_streams(RESET_FOR_ERRORS)
            .max_send_buf_size(limits.stream_buffer.as_usize());
        Self {
            http1,
            http2,
            head: limits.head,
            idle: limits.idle,
            answer_idle: limits.answer_idle,
            exchange,
            made_for: Arc::downgrade(apis),
        }
    }

    /// Is it by this configuration? Connections that are open keep theirs.
    pub(super) fn is_of(&self, apis: &Arc<Apis>) -> bool {
        self.made_for.as_ptr() == Arc::as_ptr(apis)
    }
}

/// HTTP/2 counts 32 bytes more a header line (RFC 9113, section 6.5.2), and what passes it is looked at once more, so that
/// the client reads why (`Apis`).
fn list_bytes(limits: &Limits, header_bytes: usize) -> u32 {
    const A_LINE: u32 = 32;
    u32::try_from(header_bytes)
        .unwrap_or(u32::MAX)
        .saturating_mul(2)
        .saturating_add(limits.headers.get().saturating_mul(A_LINE))
}

/// Runs what HTTP/2 has to do for a stream, and no longer than this: a client that takes nothing of an answer leaves nobody
/// to notice it.
#[derive(Debug, Clone, Copy)]
struct Within(Duration);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Within {
    fn execute(&self, stream: F) {
        tokio::spawn(timeout(self.0, stream));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// A connection that was taken in.
pub(super) struct Connection {
    pub(super) server: Arc<Server>,
    pub(super) apis: Arc<Current>,
    pub(super) standing: Arc<Standing>,
    /// Becomes true when the end begins.
    pub(super) ending: watch::Receiver<bool>,
}

impl Connection {
    /// Answers until either side ends it.
    pub(super) async fn converse(mut self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Small writes must not wait for each other: events are small.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let Some(tls) = tls else {
            let mut first = First::default();
            if self.begin(first.read(&stream)).await.is_some() {
                let protocol = first.protocol();
                self.speak(stream, first, protocol).await;
            }
            return;
        };
        // Boxed, as below: what most connections don't need would make the state of all of them larger.
        Box::pin(async move {
            if let Some(stream) = self.begin(tls.accept(stream)).await {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let protocol = if is_http2 { Protocol::Http2 } else { Protocol::Http1 };
                self.speak(stream, First::default(), protocol).await;
            }
        })
        .await;
    }

    /// What comes before the first request, if it comes in time and before the end.
    async fn begin<T>(&mut self, beginning: impl Future<Output = io::Result<T>>) -> Option<T> {
        tokio::select! {
            begun = timeout(self.server.head, beginning) => begun.ok()?.ok(),
            _ = self.ending.wait_for(|ends| *ends) => None,
        }
    }

    async fn speak(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        first: First,
        protocol: Protocol,
    ) {
        let line = Line::new(stream, first, Arc::clone(&self.apis), self.server.answer_idle);
        let ended = match protocol {
            Protocol::Http1 => self.speak_http1(TokioIo::new(line)).await,
            Protocol::Http2 => Box::pin(self.speak_http2(TokioIo::new(line))).await,
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection broke");
        }
    }

    async fn speak_http1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        line: TokioIo<Line<S>>,
    ) -> hyper::Result<()> {
        let Self {
            server,
            apis,
            standing,
            mut ending,
        } = self;
        let service = service_fn(|request| answer(&apis, &standing, request));
        let mut connection = pin!(server.http1.serve_connection(line, service));
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            _ = ending.wait_for(|ends| *ends) => connection.as_mut().graceful_shutdown(),
        }
        connection.await
    }

    async fn speak_http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        line: TokioIo<Line<S>>,
    ) -> hyper::Result<()> {
        let Self {
            server,
            apis,
            standing,
            mut ending,
        } = self;
        let asking = Arc::clone(&standing);
        let service = service_fn(move |request| {
            let (apis, standing) = (Arc::clone(&apis), Arc::clone(&standing));
            async move { answer(&apis, &standing, request).await }
        });
        let mut connection = pin!(server.http2.serve_connection(line, service));
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            _ = ending.wait_for(|ends| *ends) => {}
            () = unasked(&asking, server.idle) => {}
        }
        // Streams under way go on, new ones are not taken. A client that doesn't answer the question behind which no more
        // can come is not waited for longer than for them.
        connection.as_mut().graceful_shutdown();
        timeout(server.exchange, connection).await.unwrap_or(Ok(()))
    }
}

async fn answer(
    apis: &Current,
    standing: &Standing,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let asking = standing.ask();
    let needs_key = NeedsKey::of(request.uri().path());
    let response = apis.load_full().answer(request).await;
    asking.answered(needs_key, &response);
    Ok(response)
}

/// Waits until nothing was asked for so long.
async fn unasked(standing: &Standing, idle: Duration) {
    let mut before = standing.asked();
    loop {
        tokio::time::sleep(idle).await;
        let now = standing.asked();
        if now == before {
            return;
        }
        before = now;
    }
}

/// The first bytes of a connection, which tell the protocol and then are read like all others.
#[derive(Debug, Default)]
pub(super) struct First {
    bytes: [u8; HTTP2.len()],
    count: usize,
    taken: usize,
}

impl First {
    /// Reads until it is clear which protocol begins.
    async fn read(&mut self, stream: &TcpStream) -> io::Result<()> {
        while self.count < self.bytes.len() && self.bytes[..self.count] == HTTP2[..self.count] {
            stream.readable().await?;
            match stream.try_read(&mut self.bytes[self.count..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.count += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn protocol(&self) -> Protocol {
        if self.bytes[..self.count] == HTTP2[..] {
            Protocol::Http2
        } else {
            Protocol::Http1
        }
    }

    /// Bytes that are still to be handed on, `most` of them; each once.
    pub(super) fn take(&mut self, most: usize) -> &[u8] {
        let begin = self.taken;
        self.taken += most.min(self.count - begin);
        &self.bytes[begin..self.taken]
    }
}
