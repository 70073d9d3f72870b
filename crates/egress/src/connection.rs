//! One HTTP/1.1 connection whose driver is polled by whoever uses it.
//!
//! hyper's usual way spawns a task a connection; each event of a stream then crosses two tasks and, on several cores,
//! two threads. Polled in the request's own task, reading from the upstream and writing to the client are one step.

use crate::client::SendError;
use crate::connect::Wire;
use crate::outgoing::Outgoing;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

/// Bytes that are read ahead from an upstream at most: the bound of a stream's memory on this side.
const READ_AHEAD_BYTES: usize = 64 * 1024;
/// Most headers of an answer.
const ANSWER_HEADERS: usize = 100;

/// An open connection.
pub(crate) struct Connection {
    sender: SendRequest<Outgoing>,
    /// `None` once it has ended: only dropping it fails a request that it did not take, which then can be sent elsewhere.
    driver: Option<Driver>,
    /// Monotonic time at which it went idle.
    pub(crate) idle_since: Duration,
}

/// A request that got no answer, and whether it may be tried on another connection.
pub(crate) struct Broken {
    pub(crate) error: hyper::Error,
    /// The request, if not a byte of it was written.
    pub(crate) unsent: Option<Request<Outgoing>>,
}

impl Connection {
    #[expect(clippy::disallowed_methods, reason = "this is the place that the ban points to")]
    pub(crate) async fn handshake(wire: Wire) -> Result<Self, SendError> {
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(READ_AHEAD_BYTES)
            .max_headers(ANSWER_HEADERS)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(SendError::Exchange)?;
        Ok(Self {
            sender,
            driver: Some(Box::pin(driver)),
            idle_since: Duration::ZERO,
        })
    }

    /// Sends a request and drives the connection until the head of the answer is here.
    pub(crate) async fn exchange(&mut self, request: Request<Outgoing>) -> Result<Response<Incoming>, Broken> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let driver = &mut self.driver;
        let result = poll_fn(|cx| {
            if let Poll::Ready(result) = answer.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            let _ended_or_pending = poll_driver(driver, cx);
            answer.as_mut().poll(cx)
        });
        result.await.map_err(|mut failed| Broken {
            unsent: failed.take_message(),
            error: failed.into_error(),
        })
    }

    /// Lets the connection read and write. `Ready` when it has ended.
    pub(crate) fn poll_drive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        poll_driver(&mut self.driver, cx)
    }

    /// Is it open and waiting for a request?
    pub(crate) fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        self.poll_drive(cx).is_pending() && matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())))
    }
}

type Driver = Pin<Box<http1::Connection<TokioIo<Wire>, Outgoing>>>;

fn poll_driver(driver: &mut Option<Driver>, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
    let Some(open) = driver else { return Poll::Ready(Ok(())) };
    let polled = open.as_mut().poll(cx);
    if polled.is_ready() {
        *driver = None;
    }
    polled
}
