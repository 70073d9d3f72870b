//! What a search costs: linear in the text, whatever it is made of.

use std::time::Duration;

use base::clock::{Clock as _, SystemClock};
use detect::{Width, find};

const SMALL: usize = 8_000;
const TIMES: usize = 8;

/// Texts that a rule starts on at every place and finishes nowhere.
#[rustfmt::skip]
const ENDLESS: [&str; 22] = [
    "1", "4 ", "42", "a@", "@", "a.", ":", "ab:12:", "1.1.", "+1", "(", "DE89", "-----BEGIN ", "sk-", "password=", "secret=secret ", "://a:", "eyJ.",
    "\u{200b}", "%20", "&#x20;", "four ",
];

fn time(text: &str, width: Width) -> Duration {
    let clock = SystemClock::new();
    let best = (0..3).map(|_| {
        let before = clock.monotonic();
        std::hint::black_box(find(text, width));
        clock.monotonic() - before
    });
    best.min().unwrap()
}

#[test]
fn eight_times_the_text_takes_no_more_than_about_eight_times_as_long() {
    for piece in ENDLESS {
        for width in [Width::Strict, Width::Wide] {
            let small = piece.repeat(SMALL / piece.len());
            let (short, long) = (time(&small, width), time(&small.repeat(TIMES), width));
            // A quadratic rule would take 64 times as long; the machine may be busy.
            let most = short.max(Duration::from_millis(1)) * 3 * u32::try_from(TIMES).unwrap();
            assert!(long < most, "{piece:?} {width:?}: {short:?}, then {long:?}");
        }
    }
}
