//! Rust source with comments and the contents of literals blanked, so that a search finds code and nothing else.
//!
//! Promises: `code` has the same length and the same lines as the text, so that an offset in one is an offset in the other.
//! Leaves out: macros are not expanded.

/// A Rust source file, taken apart.
#[derive(Debug)]
pub(crate) struct Source {
    /// The text as it stands in the file.
    pub(crate) text: String,
    /// The text with comments and the insides of literals replaced by spaces.
    pub(crate) code: String,
    /// As `code`, with items under `#[cfg(test)]` blanked, too.
    pub(crate) program: String,
    /// The insides of string literals, with their offset.
    pub(crate) strings: Vec<(usize, String)>,
}

impl Source {
    /// Takes `text` apart.
    pub(crate) fn new(text: String) -> Self {
        let mut scan = Scan {
            text: text.as_bytes(),
            at: 0,
            code: text.clone().into_bytes(),
            strings: Vec::new(),
        };
        scan.all();
        let strings = scan
            .strings
            .iter()
            .map(|&(from, to)| (from, text.get(from..to).unwrap_or_default().to_owned()))
            .collect();
        let code =
            String::from_utf8(scan.code).expect("whole characters are blanked: every literal ends at an ASCII byte");
        let program = blank_tests(&code);
        Self {
            text,
            code,
            program,
            strings,
        }
    }

    /// The line of an offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    }

    /// How many lines the file has.
    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// String literals outside `#[cfg(test)]`.
    pub(crate) fn program_strings(&self) -> impl Iterator<Item = (usize, &str)> {
        // Test items are blanked with their quotes, so a literal's closing or opening quote survives only in the program.
        self.strings
            .iter()
            .filter(|(offset, _)| {
                offset
                    .checked_sub(1)
                    .is_some_and(|quote| self.program.as_bytes()[quote] == b'"')
            })
            .map(|(offset, text)| (*offset, text.as_str()))
    }
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    code: Vec<u8>,
    strings: Vec<(usize, usize)>,
}

impl Scan<'_> {
    fn all(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'/' if self.peek(1) == Some(b'/') => self.line_comment(),
                b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
                b'"' => self.string(),
                b'\'' => self.quote(),
                _ if is_word(byte) => self.word(),
                _ => self.at += 1,
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn blank(&mut self, from: usize, to: usize) {
        for byte in &mut self.code[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    fn line_comment(&mut self) {
        let from = self.at;
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
        self.blank(from, self.at);
    }

    fn block_comment(&mut self) {
        let from = self.at;
        let mut depth = 0;
        while self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => (depth, self.at) = (depth + 1, self.at + 2),
                (Some(b'*'), Some(b'/')) => (depth, self.at) = (depth - 1, self.at + 2),
                _ => self.at += 1,
            }
            if depth == 0 {
                break;
            }
        }
        self.blank(from, self.at);
    }

    /// At an opening quote of a literal with escapes.
    fn string(&mut self) {
        let from = self.at + 1;
        self.at = from;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.close(from, 1);
    }

    /// At an opening quote of a raw literal that ends at a quote and `hashes` hashes.
    fn raw_string(&mut self, hashes: usize) {
        let from = self.at + 1;
        self.at = from;
        while self.at < self.text.len() {
            let closed = self.peek(0) == Some(b'"') && (1..=hashes).all(|ahead| self.peek(ahead) == Some(b'#'));
            if closed {
                break;
            }
            self.at += 1;
        }
        self.close(from, 1 + hashes);
    }

    fn close(&mut self, from: usize, delimiter: usize) {
        let to = self.at.min(self.text.len());
        self.strings.push((from, to));
        self.blank(from, to);
        self.at = (to + delimiter).min(self.text.len());
    }

    /// At an apostrophe: a character literal, or else a lifetime.
    fn quote(&mut self) {
        let from = self.at + 1;
        let to = match self.peek(1) {
            Some(b'\\') => self.text[from + 2..]
                .iter()
                .position(|byte| *byte == b'\'')
                .map(|length| from + 2 + length),
            Some(_) => {
                let length = std::str::from_utf8(&self.text[from..])
                    .ok()
                    .and_then(|rest| rest.chars().next())
                    .map_or(1, char::len_utf8);
                (self.text.get(from + length) == Some(&b'\'')).then_some(from + length)
            }
            None => None,
        };
        match to {
            Some(to) => {
                self.blank(from, to);
                self.at = to + 1;
            }
            None => self.at = from,
        }
    }

    /// At a word: a keyword, a name, or the prefix of a literal.
    fn word(&mut self) {
        let from = self.at;
        while self.peek(0).is_some_and(is_word) {
            self.at += 1;
        }
        let hashes = self.text[self.at..].iter().take_while(|byte| **byte == b'#').count();
        match &self.text[from..self.at] {
            b"r" | b"br" | b"cr" if self.peek(hashes) == Some(b'"') => {
                self.at += hashes;
                self.raw_string(hashes);
            }
            b"b" if self.peek(0) == Some(b'\'') => self.quote(),
            _ => {}
        }
    }
}

/// Whether a byte can be part of an identifier. All of UTF-8's upper half counts, so that a character is never split.
pub(crate) fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Blanks each item that follows `#[cfg(test)]` or `#[cfg(any(test, …))]`.
fn blank_tests(code: &str) -> String {
    let mut program = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(found) = ["#[cfg(test)]", "#[cfg(any(test,", "#[cfg(all(test,"]
        .iter()
        .filter_map(|mark| code[from..].find(mark).map(|offset| from + offset))
        .min()
    {
        let end = end_of_item(code, found);
        for byte in &mut program[found..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        from = end;
    }
    String::from_utf8(program).expect("an item begins and ends at ASCII bytes")
}

/// Words that begin an item; anything else under a `cfg` is a field, an arm or an argument, which a comma ends.
const ITEM_WORDS: &[&str] = &[
    "pub",
    "fn",
    "async",
    "const",
    "static",
    "mod",
    "use",
    "impl",
    "struct",
    "enum",
    "trait",
    "type",
    "macro_rules!",
    "pub(crate)",
];

/// The end of the item whose attributes begin at `from`: past its `;`, or past the brace that closes its body.
fn end_of_item(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    let is_item = code[from..].split(']').nth(1).is_some_and(|rest| {
        ITEM_WORDS.contains(&rest.split_whitespace().next().unwrap_or_default()) || rest.trim_start().starts_with('#')
    });
    for (offset, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return offset + 1;
                }
            }
            b';' if depth == 0 => return offset + 1,
            b',' if depth == 0 && !is_item => return offset + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_code_stays_in_place() {
        let text = "let a = \"x::y\"; // b::c\n/* d /* e */ f */ let c = 'q'; let s: &'static str = r#\"z::\"w\"#; b'\\''; end";
        let source = Source::new(text.to_owned());
        assert_eq!(source.code.len(), text.len());
        for hidden in ["x::y", "b::c", "d ", "z::", "'q'"] {
            assert!(!source.code.contains(hidden), "{hidden} is still in {}", source.code);
        }
        assert!(source.code.contains("&'static str"));
        assert_eq!(source.code.find("end"), text.find("end"));
        assert_eq!(
            source.strings.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
            ["x::y", "z::\"w"]
        );
    }

    #[test]
    fn test_items_are_no_part_of_the_program() {
        let text = "fn a() { \"p\"; }\n#[cfg(test)]\nmod tests {\n    fn b() { \"t\"; }\n}\n#[cfg(test)]\nuse x::y;\nfn c() {}\n";
        let source = Source::new(text.to_owned());
        assert!(source.program.contains("fn a") && source.program.contains("fn c"));
        assert!(!source.program.contains("fn b") && !source.program.contains("x::y"));
        assert!(source.code.contains("fn b"));
        assert_eq!(
            source.program_strings().map(|(_, text)| text).collect::<Vec<_>>(),
            ["p"]
        );
        assert_eq!(source.line(source.text.find("fn c").expect("it is there")), 8);
    }

    #[test]
    fn letters_beyond_ascii_are_never_split() {
        let source = Source::new("let é = 'ü'; // ← ö\nlet ß = \"日本\";".to_owned());
        assert!(source.code.contains("let é") && source.code.contains("let ß"));
    }
}
