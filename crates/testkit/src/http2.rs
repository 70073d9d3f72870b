//! One request over HTTP/2 without TLS, by prior knowledge (RFC 9113), written out frame by frame.
//!
//! Promises: no library that the program uses speaks here, so that what is heard in its log is its own.
//! Leaves out: more than one request a connection, flow control (small bodies only), compressed headers of answers.

use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(20);
const MOST_FRAMES: usize = 1_000;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// Posts `body` and gives the body of the answer.
///
/// # Errors
/// If the connection fails, is refused or ends before the answer does.
pub fn post(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let authority = to.to_string();
    let pseudo = [
        (":method", "POST"),
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
    let mut sent = PREFACE.to_vec();
    frame(&mut sent, SETTINGS, 0, 0, &[]);
    frame(&mut sent, HEADERS, END_HEADERS, 1, &block);
    frame(&mut sent, DATA, END_STREAM, 1, body);
    stream.write_all(&sent)?;
    let mut answer = Vec::new();
    for _ in 0..MOST_FRAMES {
        let (kind, flags, payload) = next_frame(&mut stream)?;
        match kind {
            SETTINGS if flags & ACK == 0 => {
                let mut acknowledged = Vec::new();
                frame(&mut acknowledged, SETTINGS, ACK, 0, &[]);
                stream.write_all(&acknowledged)?;
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

/// A text of HPACK: its length in seven bits and more, then the bytes as they are.
fn literal(block: &mut Vec<u8>, text: &str) {
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

fn frame(sent: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).expect("a test's payload is short");
    sent.extend(&length.to_be_bytes()[1..]);
    sent.extend([kind, flags]);
    sent.extend(stream.to_be_bytes());
    sent.extend(payload);
}

fn next_frame(stream: &mut TcpStream) -> Result<(u8, u8, Vec<u8>), Error> {
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).map_err(Error::other)?];
    stream.read_exact(&mut payload)?;
    Ok((head[3], head[4], payload))
}
