//! Whole answers that browsers may keep and ask about again.
//!
//! Promises: an answer has the hash of its bytes as its tag (RFC 9110), so that who has it already gets 304 and nothing else;
//! what isn't said to last is asked for again each time.

use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

/// Bytes of the hash in a tag: enough to tell versions of one page apart.
const TAG_BYTES: usize = 12;

/// How long a browser may use what it has without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// For ever: its address names its content.
    Always,
    /// It asks each time whether it is still the same.
    Checked,
    /// It isn't kept at all.
    Never,
}

impl Lasts {
    const fn header(self) -> &'static str {
        match self {
            Self::Always => "public, max-age=31536000, immutable",
            Self::Checked => "no-cache",
            Self::Never => "no-store",
        }
    }
}

/// Media types of whole answers.
pub mod media {
    /// A page.
    pub const HTML: &str = "text/html; charset=utf-8";
    /// JSON.
    pub const JSON: &str = "application/json";
    /// Markdown.
    pub const MARKDOWN: &str = "text/markdown; charset=utf-8";
    /// Plain text.
    pub const TEXT: &str = "text/plain; charset=utf-8";
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Content {
    body: Bytes,
    tag: HeaderValue,
    media_type: &'static str,
    lasts: Lasts,
}

impl Content {
    /// An answer of this type.
    pub fn new(media_type: &'static str, lasts: Lasts, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let mut tag = String::from("\"");
        for byte in &Sha256::digest(&body)[..TAG_BYTES] {
            write!(tag, "{byte:02x}").expect("writing into a string does not fail");
        }
        tag.push('"');
        Self {
            body,
            tag: HeaderValue::try_from(tag).expect("hexadecimal digits are a header"),
            media_type,
            lasts,
        }
    }

    /// The response to a request with these headers.
    pub fn answer(&self, asked: &HeaderMap) -> Response {
        let is_known = asked
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|tags| tags.to_str().ok())
            .any(|tags| tags == "*" || tags.split(',').any(|tag| same(tag, &self.tag)));
        if is_known && self.lasts != Lasts::Never {
            self.respond(StatusCode::NOT_MODIFIED, Bytes::new())
        } else {
            self.respond(StatusCode::OK, self.body.clone())
        }
    }

    /// The response with this status, whatever was asked.
    pub fn with_status(&self, status: StatusCode) -> Response {
        self.respond(status, self.body.clone())
    }

    fn respond(&self, status: StatusCode, body: Bytes) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.lasts.header()));
        if self.lasts != Lasts::Never {
            headers.insert(ETAG, self.tag.clone());
        }
        response
    }
}

/// A proxy that compresses may have made the tag a weak one; that is good enough for a page.
fn same(tag: &str, known: &HeaderValue) -> bool {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == known.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_already_gets_nothing_but_that() {
        let content = Content::new(media::TEXT, Lasts::Checked, "words");
        let tag = content.tag.to_str().map(ToOwned::to_owned).unwrap_or_default();
        let ask = |tags: &str| {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::try_from(tags).expect("a header"))]);
            content.answer(&headers).status()
        };
        assert_eq!(content.answer(&HeaderMap::new()).status(), StatusCode::OK);
        assert_eq!(ask("\"other\""), StatusCode::OK);
        for tags in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            assert_eq!(ask(&tags), StatusCode::NOT_MODIFIED, "{tags}");
        }
    }
}
