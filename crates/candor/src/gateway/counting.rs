//! Counting with the tokenizer: what a prompt has where nobody told, and where such work is done.
//!
//! Promises: never on a thread that serves requests, a few at a time, and all of it is done before the program ends; where the
//! provider told what was used nothing is counted. Leaves out: when it is needed (`meter.rs`), and the tokens of
//! texts (`tokens`).
//!
//! A prompt is counted as OpenAI's cookbook does ("How to count tokens with tiktoken"), whatever model it goes to. Media are
//! estimated: their tokens depend on what only the provider sees.

use super::api::Api;
use super::request::Request;
use super::stages::screen::Screened;
use bytes::Bytes;
use policy::{Grant, Personal};
use std::sync::Arc;
use tokens::Encoding;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use wire::neutral::Format;
use wire::pieces::{self, Look, Piece};

/// Marks around a turn, and its role.
const TURN_TOKENS: u64 = 4;
/// What a speaker's name costs besides its own tokens.
const NAME_TOKENS: u64 = 1;
/// The beginning of the answer that each prompt ends with.
const ANSWER_TOKENS: u64 = 3;
/// What is written around the description of a tool.
const TOOL_TOKENS: u64 = 7;
/// A picture at low detail, as OpenAI charges it.
const LOW_PICTURE_TOKENS: u64 = 85;
/// One of 1024 by 1024 pixels at high detail, as OpenAI charges it; Anthropic would count 1400.
const PICTURE_TOKENS: u64 = 765;
/// A page of a document: its text, and its picture.
const DOCUMENT_TOKENS: u64 = 1500;
/// Bytes of a document that make a token beyond its first page: a page has 50 kB or so.
const DOCUMENT_BYTES: u64 = 32;
/// Bytes of speech that make a token: ten a second, 16 kB a second.
const SPEECH_BYTES: u64 = 1600;

/// A prompt that may have to be counted.
#[derive(Clone)]
pub struct Prompt {
    /// What the client speaks.
    pub api: Api,
    /// The request as it was sent.
    pub body: Personal<Bytes>,
    /// That it may be read.
    pub grant: Grant,
}

impl Prompt {
    /// That of a request; its bytes are shared.
    pub fn of(screened: &Screened) -> Self {
        Self {
            api: screened.call.api,
            body: screened.body.clone(),
            grant: screened.journal.subject().grant,
        }
    }

    /// Its tokens. Takes milliseconds where it is long.
    pub fn tokens(&self, encoding: Encoding) -> u64 {
        let body = self.body.open(&self.grant);
        let mut tokens = 0;
        let mut see = |piece: Piece<'_>| tokens += of_piece(encoding, piece);
        let read = match self.api {
            Api::Chat => pieces::of_conversation(Format::Chat, body, &mut see),
            Api::Responses | Api::InputTokens => pieces::of_conversation(Format::Responses, body, &mut see),
            Api::Messages | Api::CountTokens => pieces::of_conversation(Format::Messages, body, &mut see),
            Api::Completions => return of_inputs("prompt", encoding, body),
            Api::Embeddings => return of_inputs("input", encoding, body),
        };
        match read {
            Ok(()) => tokens + ANSWER_TOKENS,
            // It passes to a provider as it is, and only that can make something of it: its texts are what is known.
            Err(_) => self.texts(encoding),
        }
    }

    fn texts(&self, encoding: Encoding) -> u64 {
        let texts = Request::read(self.api, self.body.open(&self.grant));
        texts.map_or(0, |(_, texts)| texts.iter().map(|text| encoding.count(text)).sum())
    }
}

fn of_inputs(key: &str, encoding: Encoding, body: &[u8]) -> u64 {
    let mut tokens = 0;
    pieces::of_inputs(key, body, &mut |piece| tokens += of_piece(encoding, piece));
    tokens
}

fn of_piece(encoding: Encoding, piece: Piece<'_>) -> u64 {
    match piece {
        Piece::Turn => TURN_TOKENS,
        Piece::Name(name) => NAME_TOKENS + encoding.count(name),
        Piece::Text(text) => encoding.count(text),
        Piece::Tool => TOOL_TOKENS,
        Piece::Picture(Look::Low) => LOW_PICTURE_TOKENS,
        Piece::Picture(Look::Usual) => PICTURE_TOKENS,
        Piece::Document(bytes) => DOCUMENT_TOKENS + bytes as u64 / DOCUMENT_BYTES,
        Piece::Speech(bytes) => (bytes as u64).div_ceil(SPEECH_BYTES),
        Piece::Tokens(tokens) => tokens,
    }
}

/// Where counting is done.
pub struct Counting {
    /// As many at once as there are two processors.
    places: Semaphore,
    under_way: watch::Sender<usize>,
}

/// One of those under way.
struct UnderWay(Arc<Counting>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}

impl Counting {
    /// Nothing under way.
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            places: Semaphore::new((processors / 2).max(1)),
            under_way: watch::Sender::new(0),
        }
    }

    /// Does `work` beside what serves requests; `None` if it panicked or the program ends.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _place = self.places.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }

    /// Does `work` when there is a place, whoever waits for it: here and now if there is no runtime that could. What waits is
    /// bounded by the slots of the spool, one of which each work owns.
    pub fn run_later(self: &Arc<Self>, work: impl FnOnce() + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            return work();
        };
        self.under_way.send_modify(|count| *count += 1);
        let under_way = UnderWay(Arc::clone(self));
        runtime.spawn(async move {
            under_way.0.run(work).await;
        });
    }

    /// Waits until all that was to be done later is done.
    pub async fn ended(&self) {
        // The sender lives as long as `self`.
        let mut under_way = self.under_way.subscribe();
        let _alive = under_way.wait_for(|count| *count == 0).await;
    }
}

impl Default for Counting {
    fn default() -> Self {
        Self::new()
    }
}
