//! Counts a text that comes in pieces, as a stream does, without holding all of it.

use crate::Encoding;

/// Most bytes that wait: until then nothing is counted at all, so that a stream whose provider tells its usage costs a copy of
/// its text and nothing else.
pub const HELD_BYTES: usize = 16 * 1024;

/// How much is counted at once when too much waits: a quarter of a millisecond of work.
const STEP_BYTES: usize = 4 * 1024;

/// A count under way.
///
/// Exact: what is counted ahead is cut off before a space behind a word, where no token goes across. Only a text that has no
/// space for `STEP_BYTES` is cut elsewhere, which can make a token or two more for each cut.
#[derive(Debug, Clone)]
pub struct Tally {
    encoding: Encoding,
    waiting: String,
    counted: u64,
}

impl Tally {
    /// Nothing yet.
    #[must_use]
    pub const fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            waiting: String::new(),
            counted: 0,
        }
    }

    /// In which tokens are counted.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The text goes on.
    pub fn push(&mut self, mut text: &str) {
        while self.waiting.len() + text.len() > HELD_BYTES {
            let room = HELD_BYTES.saturating_sub(self.waiting.len());
            let (now, later) = text.split_at(text.floor_char_boundary(room));
            self.waiting.push_str(now);
            text = later;
            self.count_ahead();
        }
        self.waiting.push_str(text);
    }

    /// The text ends; what comes next is another one, which shares no token with it.
    pub fn end_text(&mut self) {
        self.counted = self.total();
        self.waiting.clear();
    }

    /// The tokens of all that came.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counted + self.encoding.count(&self.waiting)
    }

    /// Did nothing come?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.counted == 0 && self.waiting.is_empty()
    }

    fn count_ahead(&mut self) {
        let end = border(&self.waiting).unwrap_or_else(|| self.waiting.floor_char_boundary(STEP_BYTES));
        self.counted += self.encoding.count(&self.waiting[..end]);
        self.waiting.drain(..end);
    }
}

/// The last place in the first `STEP_BYTES` over which no token goes: before a space that stands behind a letter, digit or
/// sign. (Behind a space or a line's end it would not do: spaces go together.)
fn border(text: &str) -> Option<usize> {
    let step = &text.as_bytes()[..STEP_BYTES.min(text.len())];
    let is_border = |pair: &[u8]| pair[1] == b' ' && pair[0].is_ascii_graphic();
    step.windows(2).rposition(is_border).map(|at| at + 1)
}
