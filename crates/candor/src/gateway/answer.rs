//! What leaves the program as a response body: a few known bytes, a relayed stream, or a page.

use super::stages::relay::Relaying;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A response body.
pub enum Answer {
    /// Bytes that are here; sent with `content-length`.
    Whole(Option<Bytes>),
    /// A stream that settles and records itself (see [`Relaying`]).
    Relayed(Box<Relaying>),
    /// What the router of pages and platform API answered.
    Routed(axum::body::Body),
}

/// Why a body broke off; it closes the connection and is never shown.
pub type AnswerError = Box<dyn std::error::Error + Send + Sync>;

impl From<Bytes> for Answer {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes))
    }
}

impl Answer {
    /// The bytes of an answer that is here whole; none of another.
    pub fn into_whole(self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.unwrap_or_default(),
            Self::Relayed(_) | Self::Routed(_) => Bytes::new(),
        }
    }
}

/// A JSON answer.
pub fn json(body: Bytes) -> Response<Answer> {
    let mut response = Response::new(Answer::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

impl Body for Answer {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Relayed(relaying) => relaying.poll_frame(cx).map(|frame| frame.map(Ok)),
            Self::Routed(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Relayed(relaying) => relaying.is_over(),
            Self::Routed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Relayed(_) => SizeHint::default(),
            Self::Routed(body) => body.size_hint(),
        }
    }
}
