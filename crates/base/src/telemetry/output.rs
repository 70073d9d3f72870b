//! Where lines go: the process's one writer, or, while somebody rehearses on this thread, a text of his.
//!
//! Promises: one `write_all` a line, so that lines of several threads don't mix; what is rehearsed reaches no log and no counter.
//! Leaves out: a queue before the writer: a log line is rare enough to wait for stderr.

use std::cell::RefCell;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::clock::Clock;
use crate::time::Timestamp;

thread_local! {
    /// What is rehearsed on this thread at the moment.
    static REHEARSED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The writer, with the clock that dates its lines.
pub(super) struct Output {
    writer: Mutex<Box<dyn Write + Send>>,
    clock: Box<dyn Clock>,
}

impl Output {
    pub(super) fn new(writer: impl Write + Send + 'static, clock: impl Clock + 'static) -> Self {
        Self {
            writer: Mutex::new(Box::new(writer)),
            clock: Box::new(clock),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn write(&self, line: &str) {
        let rehearsed = REHEARSED.with_borrow_mut(|rehearsed| rehearsed.as_mut().map(|text| text.push_str(line)));
        if rehearsed.is_none() {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            // A log that can't be written must not stop the program, and there is nowhere left to tell.
            drop(writer.write_all(line.as_bytes()));
        }
    }
}

/// Adds one, unless it is a rehearsal.
pub(super) fn count(counter: &AtomicU64) {
    if REHEARSED.with_borrow(Option::is_none) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// The lines that `events` would have written from this thread.
pub(super) fn rehearsed(events: impl FnOnce()) -> String {
    /// Ends the rehearsal also where `events` panics.
    struct Ending;
    impl Drop for Ending {
        fn drop(&mut self) {
            REHEARSED.set(None);
        }
    }
    REHEARSED.set(Some(String::new()));
    let _ending = Ending;
    events();
    REHEARSED.take().unwrap_or_default()
}
