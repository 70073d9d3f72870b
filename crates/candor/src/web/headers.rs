//! Headers that an answer carries whatever it says.
//!
//! Promises: every answer of the public listener names the policy that it stands under (RFC 6903) and is not taken for another
//! type than it says; where TLS is in place, browsers are told to stay with it; a page gets nothing from anywhere but this
//! origin, runs no script, can't be framed, and tells other sites nothing.
//! Leaves out: caching, which each answer decides for itself.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// How clients reach the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TLS, ended here or by the declared proxy in front.
    Tls,
    /// Plain text, on loopback alone.
    Plain,
}

/// Of every answer.
const EVERYWHERE: [(HeaderName, HeaderValue); 2] = [
    (
        header::LINK,
        HeaderValue::from_static("</privacy>; rel=\"privacy-policy\""),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Two years, as browsers' preload lists want it; subdomains are the operator's to decide.
const STAY_WITH_TLS: (HeaderName, HeaderValue) = (
    header::STRICT_TRANSPORT_SECURITY,
    HeaderValue::from_static("max-age=63072000"),
);

/// Of pages and of the platform API.
const OF_PAGES: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    ),
];

/// Adds what every answer of the public listener carries.
pub fn everywhere(transport: Transport, headers: &mut HeaderMap) {
    headers.extend(EVERYWHERE);
    if transport == Transport::Tls {
        headers.extend([STAY_WITH_TLS]);
    }
}

/// Adds what every answer of the router carries.
pub fn of_pages(headers: &mut HeaderMap) {
    headers.extend(OF_PAGES);
}
