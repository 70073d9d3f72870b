//! A client that hides nothing: what was sent and what came back, byte by byte, and whether the answer was whole.
//!
//! Promises: a cut answer is never taken for a whole one. Leaves out: TLS, HTTP/2 (`http2`), keep-alive across requests unless asked for.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A GET.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A HEAD; [`Request::open`] it, since no body follows.
    #[must_use]
    pub fn head(path: impl Into<String>) -> Self {
        Self {
            method: "HEAD",
            ..Self::get(path)
        }
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post(path: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let request = Self {
            method: "POST",
            path: path.into(),
            headers: Vec::new(),
            body: body.into(),
        };
        request.header("content-type", "application/json")
    }

    /// A request of Anthropic's messages with one user's message.
    #[must_use]
    pub fn messages(model: &str, prompt: &str, stream: Streamed) -> Self {
        let body = serde_json::json!({
            "model": model,
            "max_tokens": 100,
            "messages": [{ "role": "user", "content": prompt }],
            "stream": stream == Streamed::Yes,
        });
        Self::post("/v1/messages", body.to_string()).header("anthropic-version", "2023-06-01")
    }

    /// A request of OpenAI's responses with one text.
    #[must_use]
    pub fn responses(model: &str, prompt: &str, stream: Streamed) -> Self {
        let body = serde_json::json!({ "model": model, "input": prompt, "stream": stream == Streamed::Yes });
        Self::post("/v1/responses", body.to_string())
    }

    /// A chat request with one user's message.
    #[must_use]
    pub fn chat(model: &str, prompt: &str, stream: Streamed) -> Self {
        let body = serde_json::json!({
            "model": model,
            "messages": [{ "role": "user", "content": prompt }],
            "stream": stream == Streamed::Yes,
        });
        Self::post("/v1/chat/completions", body.to_string())
    }

    /// With another media type of its body.
    #[must_use]
    pub fn media_type(mut self, media_type: &str) -> Self {
        self.headers.retain(|(name, _)| name != "content-type");
        self.header("content-type", media_type)
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With an API key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Sends it over a connection of its own and reads the whole answer.
    ///
    /// # Errors
    /// If the connection is refused or breaks before the answer's head; an answer that breaks later has `whole == false`.
    pub fn send(&self, to: SocketAddr) -> Result<Answer, Error> {
        self.open(to)?.read_to_end()
    }

    /// Sends it and reads the answer's head; the body is read by the caller, piece by piece.
    ///
    /// # Errors
    /// If the connection is refused or breaks before the answer's head.
    pub fn open(&self, to: SocketAddr) -> Result<Exchange, Error> {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut exchange = Exchange {
            reader: BufReader::new(stream),
            status: 0,
            headers: Vec::new(),
            body: Framing::Closed,
            ended: None,
        };
        exchange.reader.get_mut().write_all(&self.to_bytes(to))?;
        exchange.read_head()?;
        Ok(exchange)
    }

    /// The request as it goes over the wire.
    #[must_use]
    pub fn to_bytes(&self, to: SocketAddr) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.method != "GET" {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// Whether an answer is asked for as a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streamed {
    /// Event by event.
    Yes,
    /// In one piece.
    No,
}

/// An answer that has been read.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without framing.
    pub body: Vec<u8>,
    /// Whether the body ended as its framing said it would.
    pub whole: bool,
}

impl Answer {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or(serde_json::Value::Null)
    }

    /// The data of each event of a stream.
    #[must_use]
    pub fn events(&self) -> Vec<String> {
        let text = self.text();
        text.split("\n\n")
            .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")))
            .map(|data| data.trim_end().to_owned())
            .collect()
    }

    /// Whether a streamed answer ended with its end mark, a plain one with its last byte.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        let is_stream = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        self.status == 200 && self.whole && (!is_stream || self.events().last().is_some_and(|data| data == "[DONE]"))
    }

    /// The text of a chat answer, plain or streamed.
    #[must_use]
    pub fn chat_text(&self) -> String {
        let is_stream = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        if !is_stream {
            return self.json()["choices"][0]["message"]["content"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
        }
        let piece = |data: &String| {
            let event: serde_json::Value = serde_json::from_str(data).ok()?;
            event["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
        };
        self.events().iter().filter_map(piece).collect()
    }
}

#[derive(Debug, Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
    Closed,
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Exchange {
    reader: BufReader<TcpStream>,
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    body: Framing,
    /// Whether the end was reached, and whether it was the one that the framing announced.
    ended: Option<bool>,
}

impl Exchange {
    /// The next piece of the body; none at the end.
    ///
    /// # Errors
    /// If nothing came for a minute.
    pub fn piece(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.ended.is_some() {
            return Ok(None);
        }
        match self.next_piece() {
            Ok(Some(piece)) => Ok(Some(piece)),
            Ok(None) => {
                self.ended = Some(true);
                Ok(None)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(error),
            Err(_) => {
                self.ended = Some(false);
                Ok(None)
            }
        }
    }

    /// Reads the rest.
    ///
    /// # Errors
    /// If nothing came for a minute.
    pub fn read_to_end(mut self) -> Result<Answer, Error> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece()? {
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            status: self.status,
            headers: self.headers,
            body,
            whole: self.ended == Some(true),
        })
    }

    fn read_head(&mut self) -> Result<(), Error> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        self.status = status.ok_or_else(|| Error::new(ErrorKind::InvalidData, format!("no status line: {line:?}")))?;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            self.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let header = |name: &str| {
            self.headers
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        self.body = match (header("transfer-encoding"), header("content-length")) {
            (Some(_), _) => Framing::Chunked,
            (None, Some(length)) => Framing::Length(length.parse().map_err(|_| Error::from(ErrorKind::InvalidData))?),
            (None, None) => Framing::Closed,
        };
        Ok(())
    }

    /// A line without its end.
    fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.body {
            Framing::Length(0) => Ok(None),
            Framing::Length(left) => {
                let piece = self.available(left)?.ok_or(ErrorKind::UnexpectedEof)?;
                self.body = Framing::Length(left - piece.len());
                Ok(Some(piece))
            }
            Framing::Closed => self.available(usize::MAX),
            Framing::Chunked => {
                let size = self.line()?;
                let size = usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16)
                    .map_err(|_| ErrorKind::InvalidData)?;
                let mut chunk = vec![0; size];
                self.reader.read_exact(&mut chunk)?;
                self.line()?;
                Ok((size > 0).then_some(chunk))
            }
        }
    }

    fn available(&mut self, at_most: usize) -> Result<Option<Vec<u8>>, Error> {
        let buffer = self.reader.fill_buf()?;
        let length = buffer.len().min(at_most);
        let piece = buffer[..length].to_vec();
        self.reader.consume(length);
        Ok((length > 0).then_some(piece))
    }
}
