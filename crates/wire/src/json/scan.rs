//! Stepping through JSON that was checked before.
//!
//! A body is checked once; each level that is opened afterwards only has to be cut into values. Long texts are crossed
//! at memory speed, so opening a level costs little more than its brackets. On what is no JSON nothing is promised but
//! that it ends and does not panic.

use memchr::memchr;

/// A position in a value.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    /// Crosses `mark`, which must come next; `None` if something else does.
    pub(super) fn enter(&mut self, mark: u8) -> Option<()> {
        (self.peek()? == mark).then(|| self.at += 1)
    }

    /// Crosses a comma. Does a further value come? False behind `end`.
    pub(super) fn next(&mut self, end: u8) -> Option<bool> {
        let found = self.peek()?;
        if found == b',' {
            self.at += 1;
            return Some(true);
        }
        Some(found != end)
    }

    /// Crosses the next value.
    pub(super) fn value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.at;
        let bytes = self.json.as_bytes();
        let end = match first {
            b'"' => end_of_text(bytes, start)?,
            b'{' | b'[' => end_of_nest(bytes, start)?,
            _ => {
                let rest = &bytes[start..];
                let length = rest
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']' | b':') || byte.is_ascii_whitespace());
                start + length.unwrap_or(rest.len())
            }
        };
        self.at = end;
        self.json.get(start..end).filter(|value| !value.is_empty())
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.json.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }
}

/// So many bytes of a text are looked at one by one: most are keys and short words.
const SHORT: usize = 24;

/// Behind the quote that ends the text which begins at `start`.
fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while at <= start + SHORT {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    end_of_long_text(bytes, at)
}

/// The end is the first quote with an even number of backslashes before it. Looking for quotes alone crosses `\\n` and
/// the like without a stop. `from` stands behind any escape.
fn end_of_long_text(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let found = at + memchr(b'"', bytes.get(at..)?)?;
        let before = bytes[from..found].iter().rev();
        if before.take_while(|byte| **byte == b'\\').count() % 2 == 0 {
            return Some(found + 1);
        }
        at = found + 1;
    }
}

/// Behind the bracket that ends the object or array which begins at `start`.
fn end_of_nest(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_text(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Object, array};
    use proptest::prelude::*;

    #[test]
    fn values_are_cut_where_they_end() {
        let list = " [ 1 , -2.5e3,\"a]\\\"\" ,{\"b\":[\"}\"] } ,[ ],null ] ";
        assert_eq!(
            array(list).expect("an array"),
            ["1", "-2.5e3", "\"a]\\\"\"", "{\"b\":[\"}\"] }", "[ ]", "null"]
        );
        assert_eq!(array("[]").map(|list| list.len()), Some(0));
        assert!(array("{}").is_none() && array("7").is_none() && array("").is_none());
    }

    proptest! {
        #[test]
        fn what_is_no_json_ends_without_a_panic(text in "[\\[\\]{}:,\"\\\\a1 \u{e4}]{0,20}") {
            let _ = array(&text);
            let _ = Object::open(&text);
        }
    }
}
