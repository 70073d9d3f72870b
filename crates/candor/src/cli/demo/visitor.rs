//! Somebody who talks to the instance as everybody does: over HTTP, through its public listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use base::secret::Secret;
use bytes::{Buf as _, Bytes, BytesMut};
use egress::{Client, Options, Outgoing, Register, Reply};
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::screen::Pace;
use crate::cli::failure::Failure;
use crate::gateway::providers::sandbox::CHAT_MODEL;

/// Generous: it is this machine.
const OPTIONS: Options = Options {
    connect: Duration::from_secs(10),
    first_byte: Duration::from_secs(30),
    keep_idle: Duration::from_secs(30),
    idle_connections: 1,
};

/// The test model obeys: a person who watches sees it speak.
const SPOKEN: &str = "[[pace:35ms]]";

/// An HTTP client of one instance.
pub(super) struct Visitor {
    client: Arc<Client>,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The id that each answer has.
    pub(super) receipt: String,
    /// The body; null if it is no JSON.
    pub(super) body: Value,
}

/// What was streamed.
pub(super) struct Streamed {
    pub(super) status: u16,
    pub(super) receipt: String,
    /// Pieces of text, each an event of its own.
    pub(super) pieces: usize,
    /// Whether the stream said that it is whole.
    pub(super) is_whole: bool,
}

impl Visitor {
    pub(super) fn of(address: SocketAddr, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let mut register = Register::default();
        register.allow(&address.ip().to_string(), "this process", None);
        let endpoint = register
            .endpoint(&format!("http://{address}"))
            .map_err(Failure::failed)?;
        Ok(Self {
            client: Client::new(endpoint, OPTIONS, clock),
        })
    }

    /// Asks for an answer in one piece.
    pub(super) async fn ask(&self, token: &Secret, prompt: &str) -> Result<Answer, Failure> {
        let body = json!({"model": CHAT_MODEL, "messages": [{"role": "user", "content": prompt}]});
        let path = "/v1/chat/completions";
        whole(self.send(Method::POST, path, token, Some(&body)).await?).await
    }

    /// Asks for a stream and hands each piece of text to `see` as it comes.
    pub(super) async fn stream(
        &self,
        token: &Secret,
        prompt: &str,
        pace: Pace,
        mut see: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Result<Streamed, Failure> {
        let mut messages = vec![json!({"role": "user", "content": prompt})];
        if pace == Pace::Watched {
            messages.insert(0, json!({"role": "system", "content": SPOKEN}));
        }
        let body = json!({"model": CHAT_MODEL, "stream": true, "messages": messages});
        let path = "/v1/chat/completions";
        let response = self.send(Method::POST, path, token, Some(&body)).await?;
        let mut streamed = Streamed {
            status: response.status().as_u16(),
            receipt: receipt(&response),
            pieces: 0,
            is_whole: false,
        };
        let (mut body, mut arrived) = (response.into_body(), BytesMut::new());
        while let Some(frame) = body.frame().await {
            if let Ok(bytes) = frame.map_err(Failure::failed)?.into_data() {
                arrived.extend_from_slice(&bytes);
            }
            while let Some(event) = next_event(&mut arrived) {
                match event.as_ref() {
                    b"[DONE]" => streamed.is_whole = true,
                    event => {
                        if let Some(piece) = text_of(event) {
                            streamed.pieces += 1;
                            see(&piece)?;
                        }
                    }
                }
            }
        }
        Ok(streamed)
    }

    /// Asks what is known of a generation.
    pub(super) async fn receipt(&self, token: &Secret, id: &str) -> Result<Answer, Failure> {
        let path = format!("/v1/candor/receipts/{id}");
        whole(self.send(Method::GET, &path, token, None).await?).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        token: &Secret,
        body: Option<&Value>,
    ) -> Result<Response<Reply>, Failure> {
        let endpoint = self.client.endpoint();
        let request = Request::builder()
            .method(method)
            .uri(endpoint.target(path))
            .header(header::HOST, endpoint.authority().as_str())
            .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Outgoing::from(
                body.map_or_else(Bytes::new, |body| body.to_string().into()),
            ))
            .map_err(Failure::failed)?;
        self.client.send(request).await.map_err(Failure::failed)
    }
}

async fn whole(response: Response<Reply>) -> Result<Answer, Failure> {
    let (status, receipt) = (response.status().as_u16(), receipt(&response));
    let body = response.into_body().collect().await.map_err(Failure::failed)?;
    let body = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    Ok(Answer { status, receipt, body })
}

fn receipt(response: &Response<Reply>) -> String {
    let id = response.headers().get("x-candor-receipt");
    id.and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned()
}

/// The words of the next whole event.
fn next_event(arrived: &mut BytesMut) -> Option<Bytes> {
    let end = arrived.windows(2).position(|pair| pair == b"\n\n")?;
    let mut event = arrived.split_to(end + 2).freeze();
    event.truncate(end);
    if event.starts_with(b"data: ") {
        event.advance(b"data: ".len());
    }
    Some(event)
}

fn text_of(event: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(event).ok()?;
    let text = event["choices"][0]["delta"]["content"].as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_arrive() {
        let stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n";
        let (mut arrived, mut events) = (BytesMut::new(), Vec::new());
        for byte in stream {
            arrived.extend_from_slice(&[*byte]);
            events.extend(next_event(&mut arrived));
        }
        assert_eq!((events.len(), text_of(&events[0]).as_deref()), (2, Some("Hi")));
        assert_eq!((events[1].as_ref(), text_of(&events[1])), (b"[DONE]".as_slice(), None));
    }
}
