//! Inputs out of the corpus, by changes that know where values, members and events begin and end.

use std::ops::Range;

/// Numbers that follow from a seed (SplitMix64).
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % end as u64).expect("less than a usize")
    }

    fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}

/// Values that readers stumble over.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "1.0",
    "1e3",
    "1e400",
    "18446744073709551615",
    "18446744073709551616",
    "\"\"",
    "\"x\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"\\n\\r\\t\\\"\\\\\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "{\"type\":\"x\"}",
    "{\"a\":1,\"a\":2}",
    "{ }",
    "[ ]",
    "\"data:image/png;base64,AAAA\"",
    "\"data:text/plain;base64,aGk=\"",
    "\"data:text/plain;base64,!\"",
    "\"auto\"",
    "\"candor-openai:rs:E\"",
    "\"user\"",
    "\"assistant\"",
    "\"tool\"",
    "\"system\"",
    "\"text\"",
    "\"tool_use\"",
    "\"tool_result\"",
    "\"thinking\"",
    "\"\u{2028}\u{e4}\u{1f600}\"",
];

/// Bytes that change what a place is taken for.
const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b" ",
    b"\n",
    b"\\",
    b"\n\n",
    b"data: ",
    b"data",
    b"event: x\n",
    b":",
    b"\r",
    b"\r\n",
    b"\xff",
    b"\0",
    b"\xef\xbb\xbf",
    b"id: \0\n",
    b"retry: x\n",
];

/// Makes inputs.
pub(crate) struct Mutator {
    bodies: Vec<Vec<u8>>,
    streams: Vec<Vec<u8>>,
    /// Every key of every seed.
    keys: Vec<Vec<u8>>,
}

/// Is it read as events rather than as one document?
pub(crate) fn is_stream(input: &[u8]) -> bool {
    !matches!(input.trim_ascii_start().first(), Some(b'{' | b'[' | b'<' | b'"'))
}

impl Mutator {
    pub(crate) fn new(seeds: Vec<Vec<u8>>) -> Self {
        let (streams, bodies): (Vec<_>, Vec<_>) = seeds.into_iter().partition(|seed| is_stream(seed));
        let mut keys = Vec::new();
        for body in &bodies {
            keys.extend(
                values(body)
                    .into_iter()
                    .filter(|value| is_key(body, value))
                    .map(|value| body[value].to_vec()),
            );
        }
        keys.sort();
        keys.dedup();
        Self { bodies, streams, keys }
    }

    /// One input.
    pub(crate) fn input(&self, random: &mut Random) -> Vec<u8> {
        let changes = 1 + random.below(4);
        if random.below(3) == 0 {
            let mut stream = random.pick(&self.streams).clone();
            for _ in 0..changes {
                stream = self.changed_stream(stream, random);
            }
            return stream;
        }
        let mut body = random.pick(&self.bodies).clone();
        for _ in 0..changes {
            body = self.changed(body, random);
        }
        body
    }

    fn changed_stream(&self, stream: Vec<u8>, random: &mut Random) -> Vec<u8> {
        let mut events = events(&stream);
        if events.is_empty() {
            return stream;
        }
        let at = random.below(events.len());
        match random.below(12) {
            0 => drop(events.remove(at)),
            1 => events.insert(at, events[at].clone()),
            2 => {
                // Two that take turns open and close parts without an end.
                let pair = [events[at].clone(), random.pick(&events).clone()].concat();
                events.insert(at, pair.repeat(1 + random.below(400)));
            }
            3 => {
                let other = random.below(events.len());
                events.swap(at, other);
            }
            4 => {
                let other: &Vec<u8> = random.pick(&self.streams);
                let others = self::events(other);
                events.insert(at, random.pick(&others).clone());
            }
            5 => events[at] = replaced(&events[at], b"\n", random.pick::<&[u8]>(&[b"\r\n", b"\r", b"\n\n"])),
            6 => events[at] = replaced(&events[at], b",\"", b",\ndata: \""),
            7 => return bytes_changed(stream, random),
            8 => events.truncate(at),
            _ => events[at] = self.changed(events[at].clone(), random),
        }
        events.concat()
    }

    /// A document, or an event that holds one, with one change.
    fn changed(&self, body: Vec<u8>, random: &mut Random) -> Vec<u8> {
        let values = values(&body);
        if values.is_empty() || random.below(10) == 0 {
            return bytes_changed(body, random);
        }
        let value = random.pick(&values).clone();
        let text = body[value.clone()].to_vec();
        if is_key(&body, &value) {
            let key = match random.below(4) {
                0 => escaped(&text),
                _ => random.pick(&self.keys).clone(),
            };
            return spliced(&body, value, &key);
        }
        let (element, separator) = element(&body, &value, &values);
        match random.below(9) {
            0..3 => spliced(&body, value, random.pick(VALUES).as_bytes()),
            3 => {
                let other = random.pick(&self.bodies);
                let others = self::values(other);
                if others.is_empty() {
                    return body;
                }
                let other = &other[random.pick(&others).clone()];
                spliced(&body, value, other)
            }
            4 => spliced(&body, separator, b""),
            5 => {
                let times = 1 + random.below(3) * random.below(60);
                let again = [&body[element.clone()], b","].concat().repeat(times);
                spliced(&body, element.start..element.start, &again)
            }
            6 => {
                let depth = 1 + random.below(200);
                let nested = [b"[".repeat(depth), text, b"]".repeat(depth)].concat();
                spliced(&body, value, &nested)
            }
            7 => {
                let member = [random.pick(&self.keys), &b":"[..], random.pick(VALUES).as_bytes(), b","].concat();
                spliced(&body, element.start..element.start, &member)
            }
            _ => {
                let long = format!(
                    "\"{}\"",
                    random
                        .pick(&["a", "\\\\", "\\\"", "\\u00e4", "\u{e4}"])
                        .repeat(random.below(3000))
                );
                spliced(&body, value, long.as_bytes())
            }
        }
    }
}

/// Where each value and each key stands; of what is no JSON, whatever looks like one.
fn values(json: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut at = json
        .iter()
        .position(|byte| matches!(byte, b'{' | b'['))
        .unwrap_or(json.len());
    while at < json.len() {
        match json[at] {
            b'{' | b'[' => open.push(at),
            b'}' | b']' => found.extend(open.pop().map(|start| start..at + 1)),
            b'"' => {
                let start = at;
                at += 1;
                while at < json.len() && json[at] != b'"' {
                    at += 1 + usize::from(json[at] == b'\\');
                }
                found.push(start..(at + 1).min(json.len()));
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'-' => {
                let start = at;
                while at + 1 < json.len() && (json[at + 1].is_ascii_alphanumeric() || b".+-".contains(&json[at + 1])) {
                    at += 1;
                }
                found.push(start..at + 1);
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_key(body: &[u8], value: &Range<usize>) -> bool {
    body[value.start] == b'"' && body[value.end..].trim_ascii_start().first() == Some(&b':')
}

/// The element or the whole member that `value` is, and the same with the comma that goes with it.
fn element(body: &[u8], value: &Range<usize>, values: &[Range<usize>]) -> (Range<usize>, Range<usize>) {
    let before = body[..value.start].trim_ascii_end();
    let start = match before.last() {
        Some(b':') => {
            let end = before[..before.len() - 1].trim_ascii_end().len();
            values
                .iter()
                .find(|key| key.end == end)
                .map_or(value.start, |key| key.start)
        }
        _ => value.start,
    };
    let after = body.len() - body[value.end..].trim_ascii_start().len();
    let before = body[..start].trim_ascii_end().len();
    let with_comma = match (body.get(after), before.checked_sub(1).map(|at| body[at])) {
        (Some(b','), _) => start..after + 1,
        (_, Some(b',')) => before - 1..value.end,
        _ => start..value.end,
    };
    (start..value.end, with_comma)
}

fn events(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = stream;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\n\n") {
        found.push(rest[..at + 2].to_vec());
        rest = &rest[at + 2..];
    }
    if !rest.is_empty() {
        found.push(rest.to_vec());
    }
    found
}

/// A text whose first letter is written as an escape.
fn escaped(text: &[u8]) -> Vec<u8> {
    match text {
        [quote, first, rest @ ..] if first.is_ascii_alphanumeric() => {
            [&[*quote][..], format!("\\u{first:04x}").as_bytes(), rest].concat()
        }
        _ => text.to_vec(),
    }
}

fn bytes_changed(mut body: Vec<u8>, random: &mut Random) -> Vec<u8> {
    if body.is_empty() {
        return body;
    }
    let at = random.below(body.len());
    let end = (at + 1 + random.below(40)).min(body.len());
    match random.below(5) {
        0 => drop(body.drain(at..end)),
        1 => body.truncate(at),
        2 => body[at] ^= 1 << random.below(8),
        _ => drop(body.splice(at..at, random.pick(TOKENS).iter().copied())),
    }
    body
}

fn spliced(body: &[u8], range: Range<usize>, with: &[u8]) -> Vec<u8> {
    [&body[..range.start], with, &body[range.end..]].concat()
}

fn replaced(body: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < body.len() {
        if body[at..].starts_with(what) {
            out.extend_from_slice(with);
            at += what.len();
        } else {
            out.push(body[at]);
            at += 1;
        }
    }
    out
}
