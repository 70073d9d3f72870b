//! One request over HTTP/2 without TLS, by prior knowledge (RFC 9113), written out frame by frame.
//!
//! Promises: no library that the program uses speaks here, so that what is heard in its log is its own; frames can be put
//! together as no good client would.
//! Leaves out: more than one request a connection, flow control (small bodies only), compressed headers of answers.

use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a client says first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(20);
const MOST_FRAMES: usize = 1_000;

/// A piece of a body.
pub const DATA: u8 = 0;
/// A head, or its beginning.
pub const HEADERS: u8 = 1;
/// The end of a stream that goes wrong.
pub const RST_STREAM: u8 = 3;
/// Settings.
pub const SETTINGS: u8 = 4;
/// A question whether the other side lives.
pub const PING: u8 = 6;
/// The end of a connection.
pub const GOAWAY: u8 = 7;
/// The rest of a head.
pub const CONTINUATION: u8 = 9;
/// Nothing of the stream follows.
pub const END_STREAM: u8 = 1;
/// An answer to settings, or to a ping.
pub const ACK: u8 = 1;
/// The head is whole.
pub const END_HEADERS: u8 = 4;

/// Posts `body` and gives the body of the answer.
///
/// # Errors
/// If the connection fails, is refused or ends before the answer does.
pub fn post(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let block = head("POST", path, to, headers);
    let mut sent = PREFACE.to_vec();
    sent.extend(frame(SETTINGS, 0, 0, &[]));
    sent.extend(frames_of_head(1, &block));
    sent.extend(frame(DATA, END_STREAM, 1, body));
    stream.write_all(&sent)?;
    let mut answer = Vec::new();
    for _ in 0..MOST_FRAMES {
        let (kind, flags, payload) = next_frame(&mut stream)?;
        match kind {
            SETTINGS if flags & ACK == 0 => {
                stream.write_all(&frame(SETTINGS, ACK, 0, &[]))?;
            }
            DATA => answer.extend(payload),
            RST_STREAM | GOAWAY => return Err(ErrorKind::ConnectionReset.into()),
            _ => {}
        }
        if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
            return Ok(answer);
        }
    }
    Err(ErrorKind::TimedOut.into())
}

/// The head of a request, without compression.
#[must_use]
pub fn head(method: &str, path: &str, to: SocketAddr, headers: &[(&str, &str)]) -> Vec<u8> {
    let authority = to.to_string();
    let pseudo = [
        (":method", method),
        (":scheme", "http"),
        (":path", path),
        (":authority", &authority),
    ];
    let mut block = Vec::new();
    for (name, value) in pseudo.iter().chain(headers) {
        block.push(0); // literal, not indexed, new name
        literal(&mut block, name);
        literal(&mut block, value);
    }
    block
}

/// A head in as many frames as it needs; the body follows.
fn frames_of_head(stream: u32, block: &[u8]) -> Vec<u8> {
    const A_FRAME: usize = 16 * 1024;
    let pieces: Vec<&[u8]> = block.chunks(A_FRAME).collect();
    let last = pieces.len().saturating_sub(1);
    let frames = pieces.iter().enumerate().map(|(number, piece)| {
        let kind = if number == 0 { HEADERS } else { CONTINUATION };
        frame(kind, if number == last { END_HEADERS } else { 0 }, stream, piece)
    });
    frames.collect::<Vec<_>>().concat()
}

/// A text of HPACK: its length in seven bits and more, then the bytes as they are.
pub fn literal(block: &mut Vec<u8>, text: &str) {
    const IN_PREFIX: usize = 127;
    let mut rest = text.len();
    if rest < IN_PREFIX {
        block.extend(u8::try_from(rest));
    } else {
        block.push(127);
        rest -= IN_PREFIX;
        while rest >= 128 {
            block.extend(u8::try_from(rest % 128 + 128));
            rest /= 128;
        }
        block.extend(u8::try_from(rest));
    }
    block.extend(text.bytes());
}

/// A frame.
///
/// # Panics
/// If the payload is longer than a frame can say.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a test's payload is short");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Reads a frame: kind, flags, payload.
///
/// # Errors
/// If the connection fails or ends before the frame does.
pub fn next_frame(stream: &mut TcpStream) -> Result<(u8, u8, Vec<u8>), Error> {
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).map_err(Error::other)?];
    stream.read_exact(&mut payload)?;
    Ok((head[3], head[4], payload))
}
