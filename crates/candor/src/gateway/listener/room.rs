//! How many connections there may be, and which one goes when one more comes.
//!
//! Promises: whoever opens connections and asks nothing on them keeps nobody out: the oldest of those make room. What it costs
//! to look is bounded.

use super::standing::Standing;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::task::AbortHandle;

/// Connections that are looked at for one that can go.
const LOOKED_AT: usize = 64;

/// The connections in the order in which they came, as far as the last ones that had to make room.
pub(super) struct Room {
    most: usize,
    seats: VecDeque<Seat>,
}

struct Seat {
    standing: Arc<Standing>,
    task: AbortHandle,
}

/// Is there room for one more?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Some,
    /// Another one was ended for it.
    Made,
    None,
}

impl Room {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            seats: VecDeque::new(),
        }
    }

    /// Looks for room when `open` connections are open; ends an idle one where there is none else.
    pub(super) fn find(&mut self, open: usize) -> Found {
        while self.seats.front().is_some_and(|seat| seat.task.is_finished()) {
            self.seats.pop_front();
        }
        if open < self.most {
            return Found::Some;
        }
        for _ in 0..self.seats.len().min(LOOKED_AT) {
            let Some(seat) = self.seats.pop_front() else { break };
            if seat.task.is_finished() {
                continue;
            }
            if seat.standing.is_idle_stranger() {
                seat.task.abort();
                return Found::Made;
            }
            self.seats.push_back(seat);
        }
        Found::None
    }

    /// Takes one in.
    pub(super) fn seat(&mut self, standing: Arc<Standing>, task: AbortHandle) {
        if self.seats.len() > 2 * self.most {
            self.seats.retain(|seat| !seat.task.is_finished());
        }
        self.seats.push_back(Seat { standing, task });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn the_oldest_connection_without_a_request_makes_room_and_a_busy_one_stays() {
        let mut room = Room::new(2);
        let standings: Vec<Arc<Standing>> = (0..2).map(|_| Arc::default()).collect();
        let tasks: Vec<_> = standings
            .iter()
            .map(|standing| {
                let task = tokio::spawn(pending::<()>());
                room.seat(Arc::clone(standing), task.abort_handle());
                task
            })
            .collect();
        assert_eq!(room.find(1), Found::Some);
        let busy = standings[0].ask();
        assert_eq!(room.find(2), Found::Made, "the second one is idle");
        let [first, second] = tasks.try_into().expect("there are two");
        assert!(second.await.is_err_and(|error| error.is_cancelled()));
        assert_eq!(room.find(2), Found::None, "the first one is busy");
        assert!(!first.is_finished());
        drop(busy);
        assert_eq!(room.find(2), Found::Made);
        assert!(first.await.is_err_and(|error| error.is_cancelled()));
    }
}
