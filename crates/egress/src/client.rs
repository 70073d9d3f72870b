//! Sending a request to an endpoint over a pooled or new connection.

use crate::connect;
use crate::connection::{Broken, Connection};
use crate::outgoing::Outgoing;
use crate::register::Endpoint;
use crate::reply::Reply;
use base::clock::Clock;
use http::{Request, Response};
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Time limits and sizes of a client.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Name look-up, TCP and TLS together.
    pub connect: Duration,
    /// From the request's start until the head of the answer is complete.
    pub first_byte: Duration,
    /// A connection that was idle for longer is not used again.
    pub keep_idle: Duration,
    /// Most idle connections that are kept.
    pub idle_connections: usize,
}

/// A pool of connections to one endpoint.
pub struct Client {
    endpoint: Endpoint,
    options: Options,
    clock: Arc<dyn Clock>,
    tls: TlsConnector,
    /// Most recently used last, so that the pool shrinks from its old end.
    idle: Mutex<Vec<Connection>>,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection: unknown name, refused, TLS failed.
    #[error("no connection: {0}")]
    Connect(#[source] io::Error),
    /// No connection within [`Options::connect`].
    #[error("no connection in time")]
    ConnectTimeout,
    /// A name that may only be reached in plain text on this machine resolved to another one.
    #[error("the name resolves to another machine, and plain text may not leave this one")]
    PlainBeyondLoopback,
    /// The head of the answer did not come within [`Options::first_byte`].
    #[error("no answer in time")]
    FirstByteTimeout,
    /// The connection broke, or what came was no HTTP.
    #[error("the exchange failed: {0}")]
    Exchange(#[source] hyper::Error),
}

impl Client {
    /// A client for `endpoint` without any connection yet.
    pub fn new(endpoint: Endpoint, options: Options, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            endpoint,
            options,
            clock,
            tls: connect::tls(),
            idle: Mutex::default(),
        })
    }

    /// Where this client connects to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a request, head and body, and waits for the head of the answer.
    ///
    /// A pooled connection can die as it is written to; then, and only if not a byte was sent, the request goes out
    /// again over another one. The pool shrinks by one each time, so this ends.
    pub async fn send(self: &Arc<Self>, request: Request<Outgoing>) -> Result<Response<Reply>, SendError> {
        self.send_within(Duration::MAX, request).await
    }

    /// The same for somebody who has only so much time, where that is less than [`Options::first_byte`].
    pub async fn send_within(
        self: &Arc<Self>,
        limit: Duration,
        request: Request<Outgoing>,
    ) -> Result<Response<Reply>, SendError> {
        timeout(limit.min(self.options.first_byte), self.exchange(request))
            .await
            .map_err(|_| SendError::FirstByteTimeout)?
    }

    async fn exchange(self: &Arc<Self>, mut request: Request<Outgoing>) -> Result<Response<Reply>, SendError> {
        loop {
            let (mut connection, pooled) = match self.take_idle().await {
                Some(connection) => (connection, true),
                // Boxed: opening is rare, and its state is larger than everything else of a request.
                None => (Box::pin(self.connect()).await?, false),
            };
            match connection.exchange(request).await {
                Ok(answer) => return Ok(answer.map(|body| Reply::new(body, connection, Arc::clone(self)))),
                Err(Broken {
                    unsent: Some(again), ..
                }) if pooled => request = again,
                Err(Broken { error, .. }) => return Err(SendError::Exchange(error)),
            }
        }
    }

    async fn connect(&self) -> Result<Connection, SendError> {
        let opening = async {
            let wire = connect::open(&self.endpoint, &self.tls).await?;
            Connection::handshake(wire).await
        };
        timeout(self.options.connect, opening)
            .await
            .map_err(|_| SendError::ConnectTimeout)?
    }

    /// A connection that is still open; what has died or grown old is closed on the way.
    async fn take_idle(&self) -> Option<Connection> {
        loop {
            let mut connection = self.lock().pop()?;
            if self.clock.monotonic().saturating_sub(connection.idle_since) > self.options.keep_idle {
                self.lock().clear();
                return None;
            }
            if poll_fn(|cx| Poll::Ready(connection.is_idle(cx))).await {
                return Some(connection);
            }
        }
    }

    pub(crate) fn give_back(&self, mut connection: Connection) {
        connection.idle_since = self.clock.monotonic();
        let mut idle = self.lock();
        if idle.len() < self.options.idle_connections {
            idle.push(connection);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
