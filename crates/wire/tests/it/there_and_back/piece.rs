//! A part of what the user says, and how each format writes it.

use serde_json::{Value, json};
use wire::neutral::Format;

/// Text with or without a cache mark; an image by address or in bytes; a document, plain text or a PDF, with its name.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Text(String, bool),
    Image(bool),
    Document(bool, Option<String>),
}

impl Piece {
    /// The part in the words of `format`.
    pub(super) fn write(&self, format: Format) -> Value {
        match (self, format) {
            (Self::Text(text, mark), format) => {
                let kind = if format == Format::Responses {
                    "input_text"
                } else {
                    "text"
                };
                let mut part = json!({"type": kind, "text": text});
                match (mark, format) {
                    (false, _) => {}
                    (true, Format::Messages) => part["cache_control"] = json!({"type": "ephemeral"}),
                    (true, _) => part["prompt_cache_breakpoint"] = json!({"mode": "explicit", "ttl": "30m"}),
                }
                part
            }
            (Self::Image(by_address), Format::Messages) if *by_address => {
                json!({"type": "image", "source": {"type": "url", "url": "https://example.org/a"}})
            }
            (Self::Image(_), Format::Messages) => {
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}})
            }
            (Self::Image(by_address), format) => {
                let url = if *by_address {
                    "https://example.org/a"
                } else {
                    "data:image/png;base64,AAAA"
                };
                if format == Format::Chat {
                    json!({"type": "image_url", "image_url": {"url": url, "detail": "low"}})
                } else {
                    json!({"type": "input_image", "image_url": url, "detail": "low"})
                }
            }
            (Self::Document(plain, name), Format::Messages) => {
                let source = if *plain {
                    json!({"type": "text", "media_type": "text/plain", "data": "hi"})
                } else {
                    json!({"type": "base64", "media_type": "application/pdf", "data": "AAAA"})
                };
                let mut part = json!({"type": "document", "source": source});
                if let Some(name) = name {
                    part["title"] = json!(name);
                }
                part
            }
            (Self::Document(plain, name), format) => {
                let url = if *plain {
                    "data:text/plain;base64,aGk="
                } else {
                    "data:application/pdf;base64,AAAA"
                };
                let mut file = json!({"file_data": url});
                if let Some(name) = name {
                    file["filename"] = json!(name);
                }
                if format == Format::Chat {
                    return json!({"type": "file", "file": file});
                }
                file["type"] = json!("input_file");
                file
            }
        }
    }
}
