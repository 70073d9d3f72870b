//! Waiting for a condition with a deadline: the only way in which a test waits.

use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(5);

/// Asks `condition` again and again until it answers.
///
/// # Panics
/// When `within` has passed: "not within 5s: WHAT".
pub fn until<T>(within: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = condition() {
            return answer;
        }
        assert!(began.elapsed() < within, "not within {within:?}: {what}");
        std::thread::sleep(STEP);
    }
}

/// As [`until`], for a condition that is true or not.
pub fn until_true(within: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    until(within, what, || condition().then_some(()));
}

/// Lets `span` pass, for a test whose act is to come after a while (a kill at a random moment).
pub fn pass(span: Duration) {
    std::thread::sleep(span);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_asked_until_it_answers() {
        let mut asked = 0;
        let answer = until(Duration::from_secs(5), "the third question", || {
            asked += 1;
            (asked == 3).then_some("yes")
        });
        assert_eq!((answer, asked), ("yes", 3));
    }

    #[test]
    #[should_panic(expected = "not within 1ms: never")]
    fn a_deadline_that_passes_says_what_was_waited_for() {
        until_true(Duration::from_millis(1), "never", || false);
    }
}
