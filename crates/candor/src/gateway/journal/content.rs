//! Prompt and answer on their way to the spool: sealed piece by piece under one key of the record.

use crate::records::closing::{PartKind, Side, append_content_head, append_part};
use bytes::Bytes;
use policy::{Grant, Personal};
use store::keys::{Last, RecordKey};

const EVENT_STREAM: &str = "text/event-stream";

/// What was said in one generation, as far as it is not written yet.
pub(super) struct Content {
    key: RecordKey,
    number: u32,
    /// Until the first write.
    request: Option<Personal<Bytes>>,
    /// The answer's media type, until it was written once.
    media_type: String,
    /// How the answer is packed.
    packing: Packing,
    pending: Vec<u8>,
}

/// How a piece is made smaller before it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Compressed,
}

impl Content {
    /// A request, and an answer of `media_type` to come.
    pub(super) fn new(key: RecordKey, request: Personal<Bytes>, media_type: &str) -> Self {
        let is_stream = media_type.starts_with(EVENT_STREAM);
        Self {
            key,
            number: 0,
            request: Some(request),
            media_type: media_type.to_owned(),
            packing: if is_stream { Packing::Compressed } else { Packing::Plain },
            pending: Vec::new(),
        }
    }

    /// A piece of the answer.
    pub(super) fn keep(&mut self, piece: &[u8]) {
        self.pending.extend_from_slice(piece);
    }

    /// Bytes of the answer that wait.
    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Most bytes that writing what waits will take, but for the overhead of a few hundred.
    pub(super) fn waiting(&self, grant: &Grant) -> usize {
        self.pending.len() + self.request.as_ref().map_or(0, |request| request.open(grant).len())
    }

    /// Does nothing wait?
    pub(super) fn is_written(&self) -> bool {
        self.request.is_none() && self.pending.is_empty()
    }

    /// Seals the request if it was not written yet, and what is pending of the answer, straight into `out`.
    pub(super) fn write(&mut self, grant: &Grant, out: &mut Vec<u8>) {
        if let Some(request) = self.request.take() {
            self.seal(
                out,
                Side::Request,
                "application/json",
                request.open(grant),
                Packing::Plain,
            );
        }
        if !self.pending.is_empty() {
            let media_type = std::mem::take(&mut self.media_type);
            let pending = std::mem::take(&mut self.pending);
            self.seal(out, Side::Answer, &media_type, &pending, self.packing);
        }
    }

    fn seal(&mut self, out: &mut Vec<u8>, side: Side, media_type: &str, bytes: &[u8], packing: Packing) {
        let mut head = Vec::with_capacity(media_type.len() + 2);
        append_content_head(&mut head, side, media_type);
        let (key, number) = (&self.key, self.number);
        append_part(out, PartKind::Content, |out| {
            // The frames around a stream's words shrink to a tenth, for less than sealing them would cost. A prompt or a
            // plain answer shrinks to half at best, and compressing it costs four times what sealing and writing it does.
            match packing {
                Packing::Compressed => {
                    head.extend_from_slice(bytes);
                    key.seal_compressed_append(number, Last::No, &head, out);
                }
                Packing::Plain => key.seal_joined_append(number, Last::No, [&head, bytes], out),
            }
        });
        self.number += 1;
    }
}
