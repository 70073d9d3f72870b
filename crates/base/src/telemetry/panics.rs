//! Panics as log lines.
//!
//! Promises: the place is always told; the text only if it is a literal, since a formatted one (and every
//! `expect` of a Result is one) may quote a prompt or a key.
//! Leaves out: backtraces, which hold no values but come with the default hook's text.

use std::panic::PanicHookInfo;

/// Replaces the hook that prints panics to stderr as they are.
pub(super) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("unknown", std::panic::Location::file);
        let line = panic.location().map_or(0, std::panic::Location::line);
        let text = literal(panic).unwrap_or("(formatted text withheld)");
        // The place is a path of the build machine: its end is enough to find it.
        let place = place.rsplit_once("/src/").map_or(place, |(_, end)| end);
        let told = format!("panicked at {place}:{line}: {text}");
        tracing::error!(target: "base::panic", message = told);
    }));
}

fn literal(panic: &PanicHookInfo<'_>) -> Option<&'static str> {
    panic.payload().downcast_ref::<&'static str>().copied()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::borrow::Cow;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::super::{Lines, Rules};
    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_tells_its_place_and_only_a_literal_text() {
        let rules = Rules {
            own_targets: &["base"],
            fields: &[],
            texts: &[],
            scrub: |_, text| Cow::Borrowed(text),
        };
        let buffer = Buffer::default();
        let subscriber = tracing_subscriber::registry().with(Lines::new(rules, buffer.clone()));
        let before = std::panic::take_hook();
        log_panics();
        tracing::subscriber::with_default(subscriber, || {
            let prompt = "tell me of Rosinante";
            assert!(std::panic::catch_unwind(|| panic!("the ledger does not balance")).is_err());
            assert!(std::panic::catch_unwind(|| panic!("can't read {prompt}")).is_err());
        });
        std::panic::set_hook(before);
        let lines = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        assert!(
            lines.contains("panics.rs") && lines.contains("the ledger does not balance"),
            "{lines}"
        );
        assert!(lines.contains("withheld") && !lines.contains("Rosinante"), "{lines}");
    }
}
