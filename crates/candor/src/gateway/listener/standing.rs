//! What a connection is worth: one that nobody has asked anything on makes room for one that somebody will.

use http::{Response, StatusCode};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What is known of a connection; shared by its task and the listener.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Requests whose answer's head has not left.
    asking: AtomicU32,
    /// All requests so far, wrapping.
    asked: AtomicU32,
    /// Was anything answered that needs a key?
    known: AtomicBool,
}

impl Standing {
    /// A request has begun; it is under way until the value is dropped.
    pub(super) fn ask(&self) -> Asking<'_> {
        self.asking.fetch_add(1, Ordering::Relaxed);
        self.asked.fetch_add(1, Ordering::Relaxed);
        Asking(self)
    }

    /// May the connection be ended to make room? Not while something is asked, and not once a key was good.
    pub(super) fn is_idle_stranger(&self) -> bool {
        self.asking.load(Ordering::Relaxed) == 0 && !self.known.load(Ordering::Relaxed)
    }

    /// How often it was asked on, to see whether that goes on.
    pub(super) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// A request under way.
pub(super) struct Asking<'s>(&'s Standing);

impl Asking<'_> {
    /// Its answer's head is here. Below `/v1/` nothing succeeds without a key.
    pub(super) fn answered<T>(self, path: NeedsKey, response: &Response<T>) {
        if path == NeedsKey::Yes && response.status() < StatusCode::MULTIPLE_CHOICES {
            self.0.known.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Does a request's address ask for a key?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NeedsKey {
    Yes,
    No,
}

impl NeedsKey {
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with("/v1/") { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(standing: &Standing, path: &str, status: StatusCode) {
        let mut response = Response::new(());
        *response.status_mut() = status;
        standing.ask().answered(NeedsKey::of(path), &response);
    }

    #[test]
    fn only_an_answer_that_needs_a_key_makes_a_stranger_known() {
        let standing = Standing::default();
        assert!(standing.is_idle_stranger());
        answered(&standing, "/v1/models", StatusCode::UNAUTHORIZED);
        answered(&standing, "/privacy", StatusCode::OK);
        assert!(standing.is_idle_stranger());
        let asking = standing.ask();
        assert!(!standing.is_idle_stranger(), "a request is under way");
        drop(asking);
        answered(&standing, "/v1/models", StatusCode::OK);
        assert!(!standing.is_idle_stranger());
        assert_eq!(standing.asked(), 4);
    }
}
