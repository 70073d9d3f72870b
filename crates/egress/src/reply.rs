//! The body of an answer, which drives its own connection and gives it back at the end.

use crate::client::Client;
use crate::connection::Connection;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// An answer's body. Dropping it before its end closes the connection, which tells the upstream to stop.
pub struct Reply {
    incoming: Incoming,
    connection: Option<Connection>,
    client: Arc<Client>,
}

/// The answer broke off.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off: {0}")]
pub struct ReplyError(#[source] hyper::Error);

impl Reply {
    pub(crate) fn new(incoming: Incoming, connection: Connection, client: Arc<Client>) -> Self {
        Self {
            incoming,
            connection: Some(connection),
            client,
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(mut connection) = self.connection.take()
            && connection.is_idle(cx)
        {
            self.client.give_back(connection);
        }
    }

    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ReplyError>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) {
            self.end(cx);
        }
        polled.map(|frame| frame.map(|result| result.map_err(ReplyError)))
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = ReplyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ReplyError>>> {
        // Asking for a frame tells the driver that one is wanted; the driver reads it; then it is there.
        if let Poll::Ready(frame) = self.poll_incoming(cx) {
            return Poll::Ready(frame);
        }
        let ended = self
            .connection
            .as_mut()
            .is_some_and(|connection| connection.poll_drive(cx).is_ready());
        if ended {
            self.connection = None;
        }
        self.poll_incoming(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
