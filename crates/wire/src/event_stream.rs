//! Server-sent events, cut at event boundaries and otherwise untouched (WHATWG HTML, section 9.2.6).
//!
//! Promises: each event leaves with exactly the bytes it came with, its blank line included; a chunk that holds whole
//! events is sliced, not copied; memory is bounded by the longest event allowed. Leaves out: joining `data` lines to
//! messages (see [`data`]), reconnection.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr2;
use std::borrow::Cow;

/// Cuts a stream of chunks into events.
#[derive(Debug)]
pub struct Splitter {
    /// Bytes of an event whose end has not come yet.
    partial: BytesMut,
    /// Chunk that is being cut.
    chunk: Bytes,
    /// Longest event in bytes.
    limit: usize,
}

/// An event is longer than the limit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an event of the stream is longer than {limit} bytes")]
pub struct TooLong {
    /// The limit in bytes.
    pub limit: usize,
}

impl Splitter {
    /// A splitter for events of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            partial: BytesMut::new(),
            chunk: Bytes::new(),
            limit,
        }
    }

    /// Hands in the next chunk. The one before must have been used up by [`Splitter::next_event`].
    pub fn push(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty(), "the chunk before was not used up");
        self.chunk = chunk;
    }

    /// The next whole event with its blank line, or `None` when more bytes are needed.
    pub fn next_event(&mut self) -> Result<Option<Bytes>, TooLong> {
        if self.chunk.is_empty() {
            return Ok(None);
        }
        if self.partial.is_empty() {
            if let Some(end) = end_of_event(&self.chunk, 0) {
                return self.within_limit(end).map(|()| Some(self.chunk.split_to(end)));
            }
            self.within_limit(self.chunk.len())?;
            self.partial.extend_from_slice(&self.chunk);
            self.chunk.clear();
            return Ok(None);
        }
        self.next_across_chunks()
    }

    fn next_across_chunks(&mut self) -> Result<Option<Bytes>, TooLong> {
        // A boundary is at most four bytes, so it may begin in the last three that came before.
        let before = self.partial.len();
        let look_from = before.saturating_sub(3);
        // Only as much of the chunk is joined as the event needs: look for the boundary in a window that doubles.
        let mut window = 512.min(self.chunk.len());
        loop {
            let joined = self.partial.len() - before;
            self.partial.extend_from_slice(&self.chunk[joined..window]);
            if let Some(end) = end_of_event(&self.partial, look_from) {
                self.within_limit(end)?;
                self.chunk.advance(end.saturating_sub(before));
                self.partial.truncate(end);
                return Ok(Some(self.partial.split().freeze()));
            }
            self.within_limit(self.partial.len())?;
            if window == self.chunk.len() {
                self.chunk.clear();
                return Ok(None);
            }
            window = (window * 2).min(self.chunk.len());
        }
    }

    fn within_limit(&self, length: usize) -> Result<(), TooLong> {
        if length > self.limit {
            Err(TooLong { limit: self.limit })
        } else {
            Ok(())
        }
    }
}

/// Position behind the first blank line at or after `from`. Lines end in LF, CR LF or CR.
fn end_of_event(bytes: &[u8], from: usize) -> Option<usize> {
    let look = &bytes[from..];
    // Line by line: to look ahead for a kind of line end that does not come would cost the rest of the chunk each time.
    let mut at = 0;
    while let Some(found) = memchr2(b'\n', b'\r', &look[at..]) {
        let first = line_end(look, at + found)?;
        if first < look.len() && matches!(look[first], b'\n' | b'\r') {
            return line_end(look, first).map(|end| from + end);
        }
        at = first;
    }
    None
}

/// Position behind the line end that begins at `at`; `None` while a CR could still be followed by its LF.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match (bytes[at], bytes.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) => None,
        _ => Some(at + 1),
    }
}

/// The value of the only `data` line of an event, without the space behind the colon; `None` for comments, events
/// without data, and those with several data lines (no model API sends them; see [`unfolded`]).
pub fn data(event: &[u8]) -> Option<&[u8]> {
    let mut lines = data_lines(event);
    let first = lines.next()?;
    lines.next().is_none().then_some(first)
}

/// An event of several `data` lines with one line in their place, the lines joined by spaces instead of line ends:
/// what they hold is JSON, where both mean the same. Any other event is handed back as it is.
pub fn unfolded(event: &[u8]) -> Cow<'_, [u8]> {
    if data_lines(event).nth(1).is_none() {
        return Cow::Borrowed(event);
    }
    let mut joined = b"data:".to_vec();
    for line in data_lines(event) {
        joined.push(b' ');
        joined.extend_from_slice(line);
    }
    joined.extend_from_slice(b"\n\n");
    Cow::Owned(joined)
}

/// The values of all `data` lines of an event. A field without a colon has an empty value.
fn data_lines(event: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = without_mark(event);
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            rest = &rest[(end + 1).min(rest.len())..];
            if let Some(value) = line.strip_prefix(b"data:") {
                return Some(value.strip_prefix(b" ").unwrap_or(value));
            }
            if line == b"data" {
                return Some(&[]);
            }
        }
        None
    })
}

/// Without the byte order mark that may stand at the beginning of a stream.
fn without_mark(event: &[u8]) -> &[u8] {
    event.strip_prefix(b"\xef\xbb\xbf").unwrap_or(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(chunks: &[&[u8]], limit: usize) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut splitter = Splitter::new(limit);
        let mut events = Vec::new();
        for chunk in chunks {
            splitter.push(Bytes::copy_from_slice(chunk));
            while let Some(event) = splitter.next_event()? {
                events.push(event.to_vec());
            }
        }
        Ok(events)
    }

    #[test]
    fn events_end_at_each_kind_of_blank_line() {
        let events = split(&[b"data: a\n\ndata: b\r\n\r\n: c\r\rdata: d"], 100).expect("within the limit");
        assert_eq!(events, [&b"data: a\n\n"[..], b"data: b\r\n\r\n", b": c\r\r"]);
    }

    #[test]
    fn an_endless_event_is_refused_at_the_limit() {
        assert_eq!(split(&[&[b'x'; 60], &[b'x'; 60]], 100), Err(TooLong { limit: 100 }));
        assert_eq!(split(&[&[b'x'; 101]], 100), Err(TooLong { limit: 100 }));
    }

    #[test]
    fn data_is_what_stands_behind_the_colon() {
        assert_eq!(data(b"event: x\ndata: {\"a\":1}\n\n"), Some(&b"{\"a\":1}"[..]));
        assert_eq!(data(b"data:[DONE]\r\n\r\n"), Some(&b"[DONE]"[..]));
        assert_eq!(data(b": ping\n\n"), None);
        assert_eq!(data(b"data: a\ndata: b\n\n"), None);
    }

    proptest! {
        #[test]
        fn cutting_a_stream_anywhere_gives_the_same_events(
            lines in proptest::collection::vec("[a-z:]{0,8}(\n|\r\n|\n\n|\r\n\r\n)", 0..20),
            cuts in proptest::collection::vec(0usize..200, 0..6),
        ) {
            let whole: Vec<u8> = lines.concat().into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut at = 0;
            for cut in cuts {
                chunks.push(&whole[at..cut]);
                at = cut;
            }
            chunks.push(&whole[at..]);
            let joined = split(&chunks, 10_000).expect("within the limit").concat();
            prop_assert!(whole.starts_with(&joined));
            prop_assert_eq!(split(&[&whole], 10_000).expect("within the limit").concat(), joined);
        }
    }
}
