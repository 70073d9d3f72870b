//! What the provider answers, well or badly.

use std::time::Duration;

/// A good chat answer.
#[derive(Debug, Clone)]
pub struct Chat {
    /// The pieces of the text; a plain answer has them joined.
    pub pieces: Vec<String>,
    /// Input and output tokens, as the provider says.
    pub usage: Option<(u64, u64)>,
    /// Before each event of a stream.
    pub pace: Duration,
    /// Why it ended.
    pub finish_reason: &'static str,
}

impl Default for Chat {
    fn default() -> Self {
        Self {
            pieces: ["Once ", "upon ", "a ", "time."].map(str::to_owned).to_vec(),
            usage: Some((9, 4)),
            pace: Duration::ZERO,
            finish_reason: "stop",
        }
    }
}

impl Chat {
    /// An answer of `count` pieces, one token each.
    #[must_use]
    pub fn of_pieces(count: u64) -> Self {
        Self {
            pieces: (0..count).map(|number| format!("word{number} ")).collect(),
            usage: Some((9, count)),
            ..Self::default()
        }
    }

    /// With a pause before each event.
    #[must_use]
    pub fn paced(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.pieces.concat()
    }
}

/// One answer. Where a text is streamed or plain as the request asks, a fault is made in either form.
#[derive(Debug, Clone)]
pub enum Reply {
    /// As it should be.
    Good(Chat),
    /// Good, but nothing is sent for a while.
    SlowHead(Duration),
    /// The head at once, the first byte of the body after a while.
    SlowFirstByte(Duration),
    /// Stops in the middle and keeps the connection open, until the other side hangs up.
    Stall,
    /// Resets the connection in the middle of the body.
    Reset,
    /// Resets the connection before the head.
    ResetAtOnce,
    /// A well-framed body that is half of a JSON document (streamed: the last event is half a document, then the end without an end mark).
    TruncatedJson,
    /// Says more bytes than it sends, then closes.
    LyingLength,
    /// Closes a stream cleanly after some events, with no end mark.
    CutStream,
    /// A status with a body and headers.
    Status(u16, String, Vec<(&'static str, String)>),
    /// 307 to another address.
    Redirect(String),
    /// A status whose body repeats the prompt, the operator's key and the provider's address.
    Echo(u16),
    /// A line, or body, that never ends (until the other side hangs up, or 256 MiB).
    Endless,
    /// Good but for one thing.
    Altered(Altered),
    /// Bytes that are no HTTP.
    Garbage,
    /// 100 000 headers.
    ManyHeaders,
}

/// What is wrong about an answer that would be good without it.
#[derive(Debug, Clone)]
pub enum Altered {
    /// It has another media type.
    ContentType(&'static str),
    /// It is a page of HTML.
    Page,
    /// The status is 200, what comes is an error that repeats the operator's key and the provider's address.
    ErrorInside,
    /// The same behind the first words of a stream.
    ErrorAfterWords,
    /// It is compressed, which nobody asked for, and a thousand times as long as it looks.
    Bomb,
    /// Its text holds bytes that are no UTF-8.
    BadUtf8,
    /// Another answer lies behind it, that nobody asked for.
    Forged,
    /// It says that it is longer than it is.
    TooLong,
    /// It says that it is shorter than it is.
    TooShort,
}

impl Default for Reply {
    fn default() -> Self {
        Self::Good(Chat::default())
    }
}

impl Reply {
    /// A status with an error in OpenAI's format.
    #[must_use]
    pub fn error(status: u16, message: &str) -> Self {
        let body =
            serde_json::json!({ "error": { "message": message, "type": "server_error", "param": null, "code": null } });
        Self::Status(
            status,
            body.to_string(),
            vec![("content-type", "application/json".to_owned())],
        )
    }

    /// 429 with `retry-after` in seconds.
    #[must_use]
    pub fn too_many(retry_after: u32) -> Self {
        match Self::error(429, "Rate limit reached") {
            Self::Status(status, body, mut headers) => {
                headers.push(("retry-after", retry_after.to_string()));
                Self::Status(status, body, headers)
            }
            other => other,
        }
    }
}
