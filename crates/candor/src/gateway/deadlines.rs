//! The time limits of an answer that is being received: a pause between two pieces, and the whole; and how long a client may
//! hear nothing.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Which limit passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
    /// Nothing came for `upstream.idle`.
    Idle,
    /// The whole took longer than `upstream.total`.
    Total,
    /// Nothing went to the client for `limits.keep_alive`: no limit, but time to show life.
    Quiet,
}

/// All limits behind one timer, which is set anew only when it fires: noting a piece costs a look at the clock.
pub struct Deadlines {
    idle: Duration,
    total: Instant,
    /// When a piece came.
    last: Instant,
    /// When something went to the client.
    said: Instant,
    /// After which silence the client hears that the stream is alive; `None` where it hears nothing before the whole is here.
    keep_alive: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadlines {
    /// Limits that begin now; `total` is when the whole must be over.
    pub fn new(idle: Duration, total: Instant) -> Self {
        let now = Instant::now();
        Self {
            idle,
            total,
            last: now,
            said: now,
            keep_alive: None,
            timer: None,
        }
    }

    /// The same for a stream that shows life after so much silence.
    #[must_use]
    pub fn kept_alive(self, after: Duration) -> Self {
        Self {
            keep_alive: Some(after),
            ..self
        }
    }

    /// A piece came and went on to the client. Returns the time.
    pub fn touch(&mut self) -> Instant {
        self.last = Instant::now();
        self.said = self.last;
        self.last
    }

    /// A piece came of which the client hears nothing.
    pub fn heard(&mut self) {
        self.last = Instant::now();
    }

    /// The client heard that the stream is alive; no piece came.
    pub fn showed_life(&mut self) {
        self.said = Instant::now();
    }

    /// How long no piece has come.
    pub fn quiet_for(&self) -> Duration {
        self.last.elapsed()
    }

    /// To be polled when nothing is there: ready when a limit has passed.
    pub fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Expired> {
        loop {
            let limit = self.total.min(self.last + self.idle);
            let due = self.keep_alive.map_or(limit, |after| limit.min(self.said + after));
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            ready!(timer.as_mut().poll(cx));
            // It fired for an older deadline when a piece came since.
            if due <= Instant::now() {
                return Poll::Ready(if due < limit {
                    Expired::Quiet
                } else if due == self.total {
                    Expired::Total
                } else {
                    Expired::Idle
                });
            }
            timer.as_mut().reset(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    const SHORT: Duration = Duration::from_millis(30);
    const LONG: Duration = Duration::from_secs(3600);

    async fn expiry(deadlines: &mut Deadlines) -> Expired {
        poll_fn(|cx| deadlines.poll_expired(cx)).await
    }

    #[tokio::test]
    async fn the_limit_that_comes_first_is_told() {
        assert_eq!(
            expiry(&mut Deadlines::new(SHORT, Instant::now() + LONG)).await,
            Expired::Idle
        );
        assert_eq!(
            expiry(&mut Deadlines::new(LONG, Instant::now() + SHORT)).await,
            Expired::Total
        );
    }

    #[tokio::test]
    async fn silence_is_told_again_and_again_and_puts_off_no_limit() {
        let begun = Instant::now();
        let mut deadlines = Deadlines::new(3 * SHORT, begun + LONG).kept_alive(SHORT);
        for _ in 0..2 {
            assert_eq!(expiry(&mut deadlines).await, Expired::Quiet);
            deadlines.showed_life();
        }
        assert_eq!(expiry(&mut deadlines).await, Expired::Idle);
        assert!(begun.elapsed() >= 3 * SHORT);
    }

    #[tokio::test]
    async fn a_piece_puts_off_the_idle_limit() {
        let begun = Instant::now();
        let mut deadlines = Deadlines::new(SHORT, begun + LONG);
        let pending = poll_fn(|cx| Poll::Ready(deadlines.poll_expired(cx).is_pending())).await;
        assert!(pending, "nothing has expired at the start");
        let mut touched = begun;
        while touched < begun + SHORT {
            tokio::task::yield_now().await;
            touched = deadlines.touch();
        }
        assert_eq!(expiry(&mut deadlines).await, Expired::Idle);
        assert!(Instant::now() >= touched + SHORT);
    }
}
