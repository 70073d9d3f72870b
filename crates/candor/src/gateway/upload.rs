//! The body of a request while it comes in.
//!
//! Promises: a request that is refused before its body was read still gets its refusal. On HTTP/1 a connection that is closed
//! with unread bytes is reset, and the reset overtakes the answer: a client with a long prompt and a wrong key would see a
//! broken connection and try again. So the rest is taken in and forgotten, within limits, while the refusal goes out.
//! Leaves out: HTTP/2, which ends a single stream; bodies that wait for `100 Continue`, which never come.

use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http::{HeaderMap, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Longest time in which a rest is taken in.
const REST_WITHIN: Duration = Duration::from_secs(10);
/// A rest of this many times `limits.body` is taken in, no more.
const REST_LIMITS: u64 = 2;

/// The body of a request, whether it will be read or not.
pub struct Upload {
    body: Option<Incoming>,
    /// Most bytes of an unread rest that are taken in; none where that is not needed.
    rest_bytes: u64,
}

impl Upload {
    /// The body behind `head`; `limit` is `limits.body`, in bytes.
    pub fn new(head: &Parts, body: Incoming, limit: u64) -> Self {
        Self {
            body: Some(body),
            rest_bytes: rest_bytes(head.version, &head.headers, limit),
        }
    }

    /// At least this many bytes are still to come.
    pub fn least_bytes(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| body.size_hint().lower())
    }

    /// The next piece of it.
    pub async fn frame(&mut self) -> Option<Result<Frame<Bytes>, hyper::Error>> {
        self.body.as_mut()?.frame().await
    }

    /// The client is too slow: the rest is not waited for.
    pub fn give_up(&mut self) {
        self.body = None;
    }
}

fn rest_bytes(version: Version, headers: &HeaderMap, limit: u64) -> u64 {
    if version >= Version::HTTP_2 || headers.contains_key(EXPECT) {
        0
    } else {
        limit.saturating_mul(REST_LIMITS)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(body) = self.body.take()
            && !body.is_end_stream()
            && self.rest_bytes > 0
            && let Ok(runtime) = Handle::try_current()
        {
            // Ends by itself: in time, in bytes, and with its connection.
            runtime.spawn(timeout(REST_WITHIN, forget(body, self.rest_bytes)));
        }
    }
}

async fn forget(mut body: Incoming, most_bytes: u64) {
    let mut taken = 0;
    while let Some(Ok(frame)) = body.frame().await {
        taken += frame.data_ref().map_or(0, |piece| piece.len() as u64);
        if taken > most_bytes {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_rest_is_taken_in_only_where_an_unread_one_would_reset_the_connection() {
        let mut headers = HeaderMap::new();
        assert_eq!(rest_bytes(Version::HTTP_11, &headers, 10), 20);
        assert_eq!(rest_bytes(Version::HTTP_2, &headers, 10), 0);
        headers.insert(EXPECT, HeaderValue::from_static("100-continue"));
        assert_eq!(rest_bytes(Version::HTTP_11, &headers, 10), 0);
    }
}
