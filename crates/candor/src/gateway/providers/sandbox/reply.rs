//! The sandbox's answer as a body: prepared frames, handed out at a pace.

use bytes::Bytes;
use http_body::Frame;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// An answer that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub content_type: &'static str,
    /// Wait before the head.
    pub delay: Duration,
    /// Wait between frames.
    pub pace: Duration,
    /// Body, an event a frame.
    pub frames: Vec<Bytes>,
    /// Break off after half of the frames.
    pub cut: bool,
}

/// The body of a [`Staged`] answer.
#[derive(Debug)]
pub struct SandboxReply {
    frames: VecDeque<Bytes>,
    pace: Duration,
    cut: bool,
    waiting: Option<Pin<Box<Sleep>>>,
    begun: bool,
}

/// The answer broke off because its prompt asked for it.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox broke off the answer as the prompt asked")]
pub struct Cut;

impl From<Staged> for SandboxReply {
    fn from(staged: Staged) -> Self {
        let mut frames = VecDeque::from(staged.frames);
        if staged.cut {
            cut_in_the_middle(&mut frames);
        }
        Self {
            frames,
            pace: staged.pace,
            cut: staged.cut,
            waiting: None,
            begun: false,
        }
    }
}

fn cut_in_the_middle(frames: &mut VecDeque<Bytes>) {
    match frames.make_contiguous() {
        [only] => *only = only.slice(..only.len() / 2),
        several => {
            let half = several.len() / 2;
            frames.truncate(half);
        }
    }
}

impl SandboxReply {
    /// The next frame of the body.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.begun && !self.pace.is_zero() && !self.frames.is_empty() {
            let pace = self.pace;
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(pace)));
            if waiting.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        self.begun = true;
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(Frame::data(frame)))),
            None if std::mem::take(&mut self.cut) => Poll::Ready(Some(Err(Cut))),
            None => Poll::Ready(None),
        }
    }
}
