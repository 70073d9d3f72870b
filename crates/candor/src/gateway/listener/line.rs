//! The bytes of a connection, between socket and hyper.
//!
//! Promises: what hyper refuses by itself, since it is no request that can be read, is told as all else is: with a code, a
//! request id and a body; whoever takes nothing of an answer is given up; where there is nothing of either, bytes pass as
//! they are. Leaves out: HTTP/2, which answers such requests inside of its frames.

use super::Current;
use super::connection::First;
use crate::gateway::answer::Answer;
use crate::gateway::refusal::Refusal;
use bytes::{Buf, Bytes};
use http::{Response, StatusCode};
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

/// What a client still sends is taken in for so long behind a refusal: unread bytes would reset the connection, and the
/// reset would overtake the refusal.
const REST_WITHIN: Duration = Duration::from_secs(1);
/// And so many bytes of it.
const REST_BYTES: u64 = 256 * 1024;
/// Hyper's own answers are shorter; ours are longer.
const BARE_BYTES: usize = 256;
/// How hyper's own answers begin, but for the rest of the status.
const BARE: &[u8] = b"HTTP/1.1 4";

/// A connection's bytes.
pub(super) struct Line<S> {
    stream: S,
    first: First,
    apis: Arc<Current>,
    state: State,
    /// How long nothing may be taken of what is to be written.
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

enum State {
    /// What is written next begins something.
    Begins,
    /// What is written next is the rest of something.
    GoesOn,
    /// This is written in place of what hyper says.
    Refuses(Bytes),
    /// It was written; what still comes is forgotten.
    Forgets { until: Pin<Box<Sleep>>, bytes: u64 },
}

impl<S> Line<S> {
    pub(super) fn new(stream: S, first: First, apis: Arc<Current>, patience: Duration) -> Self {
        Self {
            stream,
            first,
            apis,
            state: State::Begins,
            patience,
            stalled: None,
        }
    }

    /// Is this hyper's own answer? Then ours goes in its place. All of ours carry an id.
    fn takes_over(&mut self, bytes: &[u8]) -> bool {
        match self.state {
            State::Refuses(_) | State::Forgets { .. } => true,
            State::Begins if is_bare(bytes) => {
                let apis = self.apis.load();
                let refusal = Refusal::unreadable(status(bytes), apis.header_bytes());
                let response = apis.refuse_unread(refusal);
                self.state = State::Refuses(written(response, date(bytes)));
                true
            }
            State::Begins | State::GoesOn => false,
        }
    }

    /// Notes how a write went; one that waits for too long fails.
    fn watched<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let patience = self.patience;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn note_written(&mut self, polled: &Poll<io::Result<usize>>, of: usize) {
        if let Poll::Ready(Ok(count)) = polled {
            self.state = if *count < of { State::GoesOn } else { State::Begins };
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    fn poll_refused(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let State::Refuses(rest) = &mut self.state
            && !rest.is_empty()
        {
            let polled = Pin::new(&mut self.stream).poll_write(cx, rest);
            if let Poll::Ready(Ok(count)) = polled {
                rest.advance(count);
            }
            ready!(self.watched(cx, polled))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads on behind a refusal, within limits.
    fn poll_forgotten(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let State::Forgets { until, bytes } = &mut self.state else {
            return Poll::Ready(Ok(()));
        };
        let mut piece = [0; 4096];
        while *bytes < REST_BYTES && until.as_mut().poll(cx).is_pending() {
            let mut read = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                break;
            }
            *bytes += read.filled().len() as u64;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Line<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let first = line.first.take(buf.remaining());
        if first.is_empty() {
            return Pin::new(&mut line.stream).poll_read(cx, buf);
        }
        buf.put_slice(first);
        // What follows is most often here already.
        match Pin::new(&mut line.stream).poll_read(cx, buf) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        if line.takes_over(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let polled = Pin::new(&mut line.stream).poll_write(cx, bytes);
        line.note_written(&polled, bytes.len());
        line.watched(cx, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let length = pieces.iter().map(|piece| piece.len()).sum();
        if line.takes_over(pieces.first().map_or(&[], |piece| piece)) {
            return Poll::Ready(Ok(length));
        }
        let polled = Pin::new(&mut line.stream).poll_write_vectored(cx, pieces);
        line.note_written(&polled, length);
        line.watched(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        ready!(line.poll_refused(cx))?;
        let polled = Pin::new(&mut line.stream).poll_flush(cx);
        line.watched(cx, polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        ready!(line.poll_refused(cx))?;
        let polled = Pin::new(&mut line.stream).poll_shutdown(cx);
        ready!(line.watched(cx, polled))?;
        if let State::Refuses(_) = line.state {
            let until = Box::pin(sleep(REST_WITHIN));
            line.state = State::Forgets { until, bytes: 0 };
        }
        line.poll_forgotten(cx)
    }
}

fn is_bare(bytes: &[u8]) -> bool {
    bytes.starts_with(BARE)
        && bytes.len() <= BARE_BYTES
        && bytes.ends_with(b"\r\n\r\n")
        && find(bytes, b"x-request-id").is_none()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The status of an answer that begins as [`BARE`].
fn status(bytes: &[u8]) -> StatusCode {
    let digits = bytes.get(BARE.len() - 1..).and_then(|rest| rest.get(..3));
    digits
        .and_then(|digits| StatusCode::from_bytes(digits).ok())
        .unwrap_or(StatusCode::BAD_REQUEST)
}

/// The line with the date, whole.
fn date(bytes: &[u8]) -> &[u8] {
    let Some(begin) = find(bytes, b"date: ") else {
        return &[];
    };
    let line = &bytes[begin..];
    let end = find(line, b"\r\n").map_or(line.len(), |end| end + 2);
    &line[..end]
}

/// An answer as bytes, behind which the connection ends.
fn written(response: Response<Answer>, date: &[u8]) -> Bytes {
    let (head, body) = response.into_parts();
    let body = body.into_whole();
    let status = head.status;
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-length: {}\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(date);
    for (name, value) in &head.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    bytes.into()
}

/// Tells a client that was not taken in why, and ends its connection.
pub(super) async fn turn_away(mut stream: TcpStream, told: Response<Answer>) {
    let told = written(told, &[]);
    let end = async {
        stream.write_all(&told).await?;
        stream.shutdown().await?;
        let mut rest = stream.take(REST_BYTES);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // A client that is gone, or slow, needs to hear nothing more.
    let _ended = timeout(REST_WITHIN, end).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYPERS: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: Tue, 01 Dec 2026 00:00:00 GMT\r\n\r\n";

    #[test]
    fn an_answer_of_hyper_is_known_by_its_lack_of_an_id() {
        assert!(is_bare(HYPERS));
        assert_eq!(status(HYPERS), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        assert_eq!(date(HYPERS), b"date: Tue, 01 Dec 2026 00:00:00 GMT\r\n");
        for other in [
            &b"HTTP/1.1 200 OK\r\n\r\n"[..],
            b"HTTP/1.1 404 Not Found\r\nx-request-id: gen_1\r\n\r\n",
            b"data: HTTP/1.1 400\r\n\r\n",
            b"HTTP/1.1 4",
        ] {
            assert!(!is_bare(other), "{}", String::from_utf8_lossy(other));
        }
    }
}
