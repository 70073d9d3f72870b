//! One connection of the provider: reads requests, sends what the script says.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::altered;
use super::answer::{self, Written};
use super::reply::{Altered, Chat, Reply};
use super::{Captured, KEY, Shared, locked};

const ENDLESS: usize = 256 * 1024 * 1024;
const GLANCE: Duration = Duration::from_millis(5);

/// What becomes of the connection after an answer.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Keep,
    Close,
}

/// Serves requests until the connection is over.
pub(super) fn serve(stream: TcpStream, shared: &Shared) {
    let mut connection = Connection {
        reader: BufReader::new(stream),
        shared,
    };
    drop(connection.reader.get_ref().set_nodelay(true));
    loop {
        let Ok(reply) = connection.read_request() else { return };
        match connection.answer(&reply.0, &reply.1) {
            Ok(then) => {
                shared.finished.fetch_add(1, Ordering::SeqCst);
                if then == Then::Close {
                    return;
                }
            }
            Err(_) => {
                shared.hung_up.fetch_add(1, Ordering::SeqCst);
                return;
            }
        }
    }
}

struct Connection<'a> {
    reader: BufReader<TcpStream>,
    shared: &'a Shared,
}

impl Connection<'_> {
    fn read_request(&mut self) -> Result<(Captured, Reply), Error> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.reader.read_line(&mut head)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        let mut captured = Captured { head, body: Vec::new() };
        if captured.header("transfer-encoding").is_some() {
            captured.body = self.read_chunks()?;
        } else {
            let length: usize = captured
                .header("content-length")
                .and_then(|value| value.parse().ok())
                .unwrap_or(0);
            captured.body.resize(length, 0);
            self.reader.read_exact(&mut captured.body)?;
        }
        let reply = locked(&self.shared.script)
            .pop_front()
            .unwrap_or_else(|| locked(&self.shared.otherwise).clone());
        locked(&self.shared.captured).push(captured.clone());
        Ok((captured, reply))
    }

    fn read_chunks(&mut self) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16).map_err(|_| ErrorKind::InvalidData)?;
            let start = body.len();
            body.resize(start + size, 0);
            self.reader.read_exact(&mut body[start..])?;
            line.clear();
            self.reader.read_line(&mut line)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn answer(&mut self, request: &Captured, reply: &Reply) -> Result<Then, Error> {
        let good = || answer::write(request, &Chat::default());
        match reply {
            Reply::Good(chat) => self.send(&answer::write(request, chat), chat.pace),
            Reply::SlowHead(span) => {
                self.pause(*span)?;
                self.send(&good(), Duration::ZERO)
            }
            Reply::SlowFirstByte(span) => {
                let written = good();
                self.write(&written.head)?;
                self.pause(*span)?;
                self.send(
                    &Written {
                        head: Vec::new(),
                        ..written
                    },
                    Duration::ZERO,
                )
            }
            Reply::Stall => {
                self.send_half(&good())?;
                self.pause(Duration::MAX)?;
                Ok(Then::Close)
            }
            Reply::Reset => {
                self.send_half(&good())?;
                self.reset()
            }
            Reply::ResetAtOnce => self.reset(),
            Reply::TruncatedJson => self.truncated(request),
            Reply::LyingLength => self.lying_length(),
            Reply::CutStream => {
                let mut written = good();
                written.pieces.truncate(3);
                written.pieces.push(answer::chunk(b""));
                self.send(&written, Duration::ZERO)
            }
            Reply::Status(status, body, headers) => self.status(*status, body, headers),
            Reply::Redirect(target) => self.status(307, "", &[("location", target.clone())]),
            Reply::Echo(status) => self.echo(*status, request),
            Reply::Endless => self.endless(&request.json()),
            Reply::Altered(altered) => {
                self.send(&altered::write(request, altered), Duration::ZERO)?;
                // A body that is shorter than it says ends with its connection.
                Ok(match altered {
                    Altered::TooLong => Then::Close,
                    _ => Then::Keep,
                })
            }
            Reply::Garbage => {
                self.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")?;
                Ok(Then::Close)
            }
            Reply::ManyHeaders => {
                let headers: String = (0..100_000)
                    .map(|number| format!("x-header-{number}: value\r\n"))
                    .collect();
                self.write(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n").as_bytes())?;
                Ok(Then::Close)
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.reader.get_mut().write_all(bytes)
    }

    fn send(&mut self, written: &Written, pace: Duration) -> Result<Then, Error> {
        self.write(&written.head)?;
        for piece in &written.pieces {
            self.pause(pace)?;
            self.write(piece)?;
        }
        Ok(Then::Keep)
    }

    /// Half of the pieces, or half of the only one.
    fn send_half(&mut self, written: &Written) -> Result<(), Error> {
        self.write(&written.head)?;
        match written.pieces.as_slice() {
            [only] => self.write(&only[..only.len() / 2]),
            pieces => pieces[..pieces.len() / 2]
                .iter()
                .try_for_each(|piece| self.write(piece)),
        }
    }

    fn status(&mut self, status: u16, body: &str, headers: &[(&'static str, String)]) -> Result<Then, Error> {
        self.write(&answer::head(status, headers, Some(body.len())))?;
        self.write(body.as_bytes())?;
        Ok(Then::Keep)
    }

    fn echo(&mut self, status: u16, request: &Captured) -> Result<Then, Error> {
        let host = request.header("host").unwrap_or_default();
        let message = format!("{host} said {} to {KEY}", String::from_utf8_lossy(&request.body));
        let body =
            serde_json::json!({ "error": { "message": message, "type": "server_error", "param": KEY, "code": null } });
        self.status(
            status,
            &body.to_string(),
            &[("content-type", "application/json".to_owned())],
        )
    }

    fn lying_length(&mut self) -> Result<Then, Error> {
        let body = b"{\"id\":\"chatcmpl-fake\",\"choices\":[";
        let headers = [("content-type", "application/json".to_owned())];
        self.write(&answer::head(200, &headers, Some(body.len() + 100)))?;
        self.write(body)?;
        Ok(Then::Close)
    }

    fn truncated(&mut self, request: &Captured) -> Result<Then, Error> {
        let mut written = answer::write(request, &Chat::default());
        if let [only] = written.pieces.as_slice() {
            let half = only[..only.len() / 2].to_vec();
            written.head = answer::head(
                200,
                &[("content-type", "application/json".to_owned())],
                Some(half.len()),
            );
            written.pieces = vec![half];
        } else {
            written.pieces.truncate(3);
            written
                .pieces
                .push(answer::chunk(b"data: {\"id\":\"chatcmpl-fake\",\"choices\":[{\"del"));
            written.pieces.push(answer::chunk(b""));
        }
        self.send(&written, Duration::ZERO)
    }

    fn endless(&mut self, request: &serde_json::Value) -> Result<Then, Error> {
        let kind = if request["stream"] == true {
            "text/event-stream"
        } else {
            "application/json"
        };
        self.write(&answer::head(200, &[("content-type", kind.to_owned())], None))?;
        self.write(if request["stream"] == true {
            b"data: {\"id\":\""
        } else {
            b"{\"id\":\""
        })?;
        let piece = vec![b'a'; 64 * 1024];
        for _ in 0..ENDLESS / piece.len() {
            self.write(&piece)?;
        }
        Ok(Then::Close)
    }

    /// Ends the connection with a reset: that is what closing a socket with no time to linger does.
    fn reset(&mut self) -> Result<Then, Error> {
        rustix::net::sockopt::set_socket_linger(self.reader.get_ref(), Some(Duration::ZERO))?;
        Ok(Then::Close)
    }

    /// Lets `span` pass, unless the other side hangs up before (an error) or the provider ends.
    fn pause(&mut self, span: Duration) -> Result<(), Error> {
        if span.is_zero() {
            return Ok(());
        }
        let began = std::time::Instant::now();
        let stream = self.reader.get_ref();
        while began.elapsed() < span && !self.shared.ending.load(Ordering::SeqCst) {
            let left = span
                .saturating_sub(began.elapsed())
                .min(GLANCE)
                .max(Duration::from_micros(1));
            stream.set_read_timeout(Some(left))?;
            match stream.peek(&mut [0]) {
                Ok(0) => return Err(ErrorKind::ConnectionAborted.into()),
                Ok(_) => std::thread::sleep(left),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
        }
        stream.set_read_timeout(None)
    }
}
