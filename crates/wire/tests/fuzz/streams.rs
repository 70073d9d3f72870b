//! What must hold of every stream, however it is cut.

use crate::mutate::Random;
use crate::{MEMORY, Verdict};
use bytes::Bytes;
use wire::event_stream::{Splitter, data};
use wire::neutral::{Event, Format};
use wire::openai::{chat, completions};
use wire::translate::{Asked, Limits, Reader, State, Stream, read_request};

/// Small, so that streams of a few kilobytes reach them.
const LIMITS: Limits = Limits {
    event: 4096,
    held: 4096,
};

/// What a stream may hold at most, its limits counted several times over: buffers grow by doubling.
const HELD: usize = 96 << 10;

/// Looks at a stream as that of every format, on its way to every other.
pub(crate) fn judge(stream: &[u8], random: &mut Random) -> Verdict {
    let cuts = cuts(stream, random);
    split(stream, &cuts)?;
    for from in Format::ALL {
        for to in Format::ALL {
            let whole = run(from, to, &[stream])?;
            let pieces = run(from, to, &cuts)?;
            if whole != pieces {
                return Err(format!(
                    "{from:?} to {to:?}: cutting changes the stream\n{}\n{}",
                    whole.1, pieces.1
                ));
            }
            if whole.0 == State::Ended {
                reads(to, whole.1.as_bytes()).map_err(|wrong| format!("{from:?} to {to:?}: {wrong}\n{}", whole.1))?;
            }
        }
    }
    Ok(())
}

fn cuts<'s>(stream: &'s [u8], random: &mut Random) -> Vec<&'s [u8]> {
    let mut pieces = Vec::new();
    let mut rest = stream;
    let most = 1 + random.below(200);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at((1 + random.below(most)).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// The splitter loses nothing, and events are the same however they were cut.
fn split(stream: &[u8], cuts: &[&[u8]]) -> Verdict {
    let whole = events(&[stream]);
    if events(cuts) != whole {
        return Err("cutting changes the events".to_owned());
    }
    if !stream.starts_with(&whole.concat()) {
        return Err("the splitter changes bytes".to_owned());
    }
    for event in whole {
        let _ = chat::event::read(&event);
        let _ = completions::event(&event);
    }
    Ok(())
}

fn events(cuts: &[&[u8]]) -> Vec<Bytes> {
    let mut splitter = Splitter::new(1 << 20);
    let mut found = Vec::new();
    for piece in cuts {
        splitter.push(Bytes::copy_from_slice(piece));
        while let Ok(Some(event)) = splitter.next_event() {
            found.push(event);
        }
    }
    found
}

/// How a stream ends, and what was written, while it never holds more than it may.
fn run(from: Format, to: Format, cuts: &[&[u8]]) -> Result<(State, String), String> {
    let before = MEMORY.current_usage();
    let mut stream = Stream::new(from, to, asked(), LIMITS);
    let mut out = Vec::with_capacity(8 * cuts.iter().map(|cut| cut.len()).sum::<usize>());
    let room = out.capacity();
    for piece in cuts {
        let said = stream.feed(Bytes::copy_from_slice(piece));
        out.extend_from_slice(&said);
        drop(said);
        let held = MEMORY.current_usage().saturating_sub(before + out.capacity().max(room));
        if held > HELD + piece.len() {
            return Err(format!("{from:?} to {to:?} holds {held} bytes"));
        }
    }
    out.extend_from_slice(&stream.finish());
    if stream.state() == &State::Running || !stream.feed(Bytes::from_static(b"data: [DONE]\n\n")).is_empty() {
        return Err(format!("{from:?} to {to:?} goes on behind its end"));
    }
    let text = String::from_utf8(out).map_err(|_| format!("{from:?} to {to:?} is no UTF-8"))?;
    Ok((stream.state().clone(), text))
}

/// With calls of free text to restore and a usage chunk to write.
fn asked() -> Asked {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"custom","custom":{"name":"patch"}}]}"#;
    let request = read_request(Format::Chat, body).expect("a request");
    Asked::new("1", 0, "m").by(&request, body)
}

/// What was written is a whole stream for the reader of its format.
fn reads(format: Format, stream: &[u8]) -> Verdict {
    let mut reader = Reader::new(format);
    let mut ended = false;
    let mut number = 0;
    for event in events(&[stream]) {
        if format == Format::Messages && !named_by_type(&event) {
            return Err("an event has another name than its type".to_owned());
        }
        if format == Format::Responses && data(&event).is_some() {
            let expected = format!("\"sequence_number\":{number},");
            number += 1;
            if !String::from_utf8_lossy(&event).contains(&expected) {
                return Err(format!("a number is not {}", number - 1));
            }
        }
        for event in reader.read(&event) {
            match event {
                Event::Failed(failure) => return Err(format!("its own reader says: {}", failure.message)),
                Event::End => ended = true,
                _ => {}
            }
        }
    }
    if ended {
        Ok(())
    } else {
        Err("its own reader finds no end".to_owned())
    }
}

fn named_by_type(event: &[u8]) -> bool {
    let text = String::from_utf8_lossy(event);
    let name = text.strip_prefix("event: ").and_then(|rest| rest.split_once('\n'));
    name.is_some_and(|(name, rest)| rest.replace(": ", ":").contains(&format!("\"type\":\"{name}\"")))
}
