//! A model's end: when it comes, how answers warn of it, who answers afterwards.
//!
//! The headers are those of RFC 9745 (`deprecation`), RFC 8594 (`sunset`) and RFC 5829 (the successor's link).

use crate::config::{self, OnRetirement};
use base::time::Day;
use http::header::LINK;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// When a model ends.
#[derive(Debug)]
pub struct Ending {
    /// From when on one should not begin with it.
    pub deprecated: Option<Day>,
    /// The first day on which it is not there any more.
    pub retires: Option<Day>,
    /// What to use in its place.
    pub successor: Option<String>,
    /// What becomes of requests afterwards.
    on_retirement: OnRetirement,
    /// What answers tell of it.
    pub(super) notice: Arc<Notice>,
}

/// The headers that tell of an end, made once.
#[derive(Debug)]
pub struct Notice(Vec<(HeaderName, HeaderValue)>);

impl Ending {
    /// Of a model whose end is planned.
    pub fn of(model: &config::Model) -> Option<Box<Self>> {
        if model.deprecated.is_none() && model.retires.is_none() {
            return None;
        }
        Some(Box::new(Self {
            deprecated: model.deprecated,
            retires: model.retires,
            successor: model.successor.clone(),
            on_retirement: model.on_retirement,
            notice: Arc::new(Notice::of(model)),
        }))
    }

    /// Has it come?
    pub fn is_over(&self, today: Day) -> bool {
        self.retires.is_some_and(|retires| retires <= today)
    }

    /// Should nobody begin with it any more?
    pub fn is_deprecated(&self, today: Day) -> bool {
        self.deprecated.or(self.retires).is_some_and(|day| day <= today)
    }

    /// Who answers in its place from then on.
    pub(super) fn heir(&self) -> Option<&str> {
        match self.on_retirement {
            OnRetirement::Refuse => None,
            OnRetirement::Successor => self.successor.as_deref(),
        }
    }
}

impl Notice {
    fn of(model: &config::Model) -> Self {
        let deprecation = model.deprecated.map(|day| format!("@{}", day.start().as_seconds()));
        let sunset = model.retires.map(|day| day.start().to_http_date());
        let link = model.successor.as_ref().map(|name| {
            let address = percent_encoded(name);
            format!("</v1/models/{address}>; rel=\"successor-version\"")
        });
        let headers = [(DEPRECATION, deprecation), (SUNSET, sunset), (LINK, link)];
        let value = |text: String| HeaderValue::try_from(text).expect("dates and encoded names are visible ASCII");
        Self(
            headers
                .into_iter()
                .filter_map(|(name, text)| Some((name, value(text?))))
                .collect(),
        )
    }

    /// Adds them to an answer.
    pub fn tell(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}

/// A name as one segment of a path (RFC 3986).
fn percent_encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}
