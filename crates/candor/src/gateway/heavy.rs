//! Work on large bodies, of which a single one can take the better part of a second.
//!
//! Promises: however many large requests come, half of the processor is left to all others, and no other request waits
//! behind such work on the same thread. Small bodies, which are most, are worked on at once.

use std::num::NonZero;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

/// Bodies from this size on are large.
const LARGE_BYTES: usize = 256 * 1024;

/// The turns of large bodies.
#[derive(Debug)]
pub struct Heavy {
    turns: Semaphore,
}

impl Heavy {
    /// As many turns at once as there are two processors.
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            turns: Semaphore::new((processors / 2).max(1)),
        }
    }

    /// Does `work` on a body of so many bytes, when it is its turn.
    pub async fn work<T>(&self, body_bytes: usize, work: impl FnOnce() -> T) -> T {
        if body_bytes < LARGE_BYTES {
            return work();
        }
        let _turn = self.turns.acquire().await.expect("the turns never end");
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => work(),
            // What else waits on this thread goes to another one meanwhile.
            _ => tokio::task::block_in_place(work),
        }
    }
}

impl Default for Heavy {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{Future, poll_fn};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn large_bodies_wait_for_their_turn_and_small_ones_do_not() {
        let heavy = Heavy {
            turns: Semaphore::new(1),
        };
        let turn = heavy.turns.acquire().await;
        assert_eq!(heavy.work(LARGE_BYTES - 1, || "done").await, "done");
        let waiting = heavy.work(LARGE_BYTES, || "done");
        let mut waiting = std::pin::pin!(waiting);
        let waits = poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await;
        assert!(waits, "it is another's turn");
        drop(turn);
        assert_eq!(waiting.await, "done");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_more_large_bodies_are_worked_on_than_there_are_turns() {
        let heavy = std::sync::Arc::new(Heavy {
            turns: Semaphore::new(2),
        });
        let (now, most) = (
            std::sync::Arc::new(AtomicUsize::new(0)),
            std::sync::Arc::new(AtomicUsize::new(0)),
        );
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (heavy, now, most) = (heavy.clone(), now.clone(), most.clone());
                tokio::spawn(async move {
                    heavy
                        .work(LARGE_BYTES, || {
                            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            std::thread::yield_now();
                            now.fetch_sub(1, Ordering::SeqCst);
                        })
                        .await;
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("it ends");
        }
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
    }
}
