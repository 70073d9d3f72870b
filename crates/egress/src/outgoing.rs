//! A request body made of a few slices, sent one after the other without being joined.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The slices still to be sent. Its length is known, so the request goes out with `content-length`.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    slices: VecDeque<Bytes>,
}

impl From<Vec<Bytes>> for Outgoing {
    fn from(slices: Vec<Bytes>) -> Self {
        Self { slices: slices.into() }
    }
}

impl From<Bytes> for Outgoing {
    fn from(whole: Bytes) -> Self {
        Self {
            slices: VecDeque::from([whole]),
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.slices.pop_front().map(|slice| Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.slices.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.slices.iter().map(|slice| slice.len() as u64).sum())
    }
}
