//! Writing JSON from left to right into one buffer. Commas come by themselves.

use super::Fragment;
use bytes::Bytes;

/// Most events are shorter.
const EVENT_BYTES: usize = 256;

/// Bytes that are being written.
#[derive(Debug, Default)]
pub struct Out(Vec<u8>);

impl Out {
    /// A buffer that takes so many bytes before it has to grow.
    pub fn sized(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// How much is written.
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Takes back what was written since `mark`.
    pub(crate) fn take_back(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// Begins an object, as an element or behind [`Out::key`].
    pub fn open(&mut self) -> &mut Self {
        self.separate();
        self.0.push(b'{');
        self
    }

    /// Ends an object.
    pub fn close(&mut self) -> &mut Self {
        self.0.push(b'}');
        self
    }

    /// Begins an array.
    pub fn open_array(&mut self) -> &mut Self {
        self.separate();
        self.0.push(b'[');
        self
    }

    /// Ends an array.
    pub fn close_array(&mut self) -> &mut Self {
        self.0.push(b']');
        self
    }

    /// The key of the next value.
    pub fn key(&mut self, key: &str) -> &mut Self {
        self.text(key);
        self.0.push(b':');
        self
    }

    /// A text as a value.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        self.0.push(b'"');
        escape(text.as_bytes(), &mut self.0);
        self.0.push(b'"');
        self
    }

    /// A whole number as a value.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.separate();
        self.0.extend_from_slice(number.to_string().as_bytes());
        self
    }

    /// JSON as a value, copied.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.separate();
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// A member whose value is a text.
    pub fn member(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key).text(text)
    }

    /// A member whose value is a whole number.
    pub fn member_number(&mut self, key: &str, number: u64) -> &mut Self {
        self.key(key).number(number)
    }

    /// A member whose value is JSON.
    pub fn member_raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key).raw(json)
    }

    /// A member whose value is a text, or null.
    pub fn member_or_null(&mut self, key: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.member(key, text),
            None => self.member_raw(key, "null"),
        }
    }

    /// Members as they came.
    pub fn members(&mut self, rest: &[(super::Text<'_>, Fragment<'_>)]) -> &mut Self {
        for (key, value) in rest {
            self.member_raw(key, value.get());
        }
        self
    }

    /// Begins a server-sent event; the JSON that follows has to stay on one line.
    pub fn begin_event(&mut self, name: Option<&str>) -> usize {
        self.0.reserve(EVENT_BYTES);
        if let Some(name) = name {
            self.0.extend_from_slice(b"event: ");
            self.0.extend_from_slice(name.as_bytes());
            self.0.push(b'\n');
        }
        self.0.extend_from_slice(b"data: ");
        self.0.len()
    }

    /// Ends an event that began at `start`: line ends between JSON tokens, which only copied values can hold, become
    /// spaces (inside a JSON text a line end is always escaped).
    pub fn end_event(&mut self, start: usize) {
        for byte in &mut self.0[start..] {
            if matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        self.0.extend_from_slice(b"\n\n");
    }

    /// Bytes as they are, outside of JSON.
    pub fn verbatim(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// What was written, the buffer empty again.
    pub fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.0))
    }

    /// What was written.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from(self.0)
    }

    /// What was written, as text.
    pub fn into_text(self) -> String {
        String::from_utf8(self.0).expect("only texts and JSON were written")
    }

    fn separate(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':' | b' ')) {
            self.0.push(b',');
        }
    }
}

/// Writes a text with the escapes that JSON demands, and no others. What needs none is found eight bytes at a time.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    let mut rest = text;
    while let Some(at) = first_to_escape(rest) {
        out.extend_from_slice(&rest[..at]);
        let byte = rest[at];
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Where the first quote, backslash or control character stands.
fn first_to_escape(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // The high bit of each byte that is zero; above one that is, others may be marked, too, so the byte is looked up.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let (words, tail) = text.as_chunks::<8>();
    let needs = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    for (at, chunk) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let controls = word.wrapping_sub(ONES * 0x20) & !word;
        let found = controls | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found & HIGHS != 0
            && let Some(inner) = chunk.iter().position(needs)
        {
            return Some(at * 8 + inner);
        }
    }
    tail.iter().position(needs).map(|inner| words.len() * 8 + inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_written_as_serde_json_writes_them(text in "([ -~]|[\\x00-\\x7f]|\\PC){0,40}") {
            let mut out = Out::default();
            out.text(&text);
            prop_assert_eq!(out.into_text(), serde_json::to_string(&text).expect("a text"));
        }
    }

    #[test]
    fn commas_come_by_themselves() {
        let mut out = Out::default();
        out.open().member("a", "x{").member_number("b", 2).key("c").open_array();
        out.open().close().open().member_raw("d", "[1, 2]").close();
        out.text("[").text(":").close_array().member_or_null("e", None).close();
        assert_eq!(
            out.into_text(),
            r#"{"a":"x{","b":2,"c":[{},{"d":[1, 2]},"[",":"],"e":null}"#
        );
    }

    #[test]
    fn a_copied_value_does_not_break_an_event() {
        let mut out = Out::default();
        let start = out.begin_event(Some("x"));
        out.open().member_raw("schema", "{\n \"a\":\r\n 1}").close();
        out.end_event(start);
        let event = out.into_bytes();
        let data = crate::event_stream::data(&event).expect("one data line");
        assert!(serde_json::from_slice::<serde_json::Value>(data).is_ok());
    }
}
