//! `[log]`: what is written to stderr.

use super::key::section;
use super::sources::Sources;
use super::value::{Raw, Value};

section! {
    /// What is written to stderr: one JSON object a line, never with a prompt, key, e-mail or address in it.
    Log in "log" {
        /// `error`, `warn`, `info`, `debug`, `trace`, or a list such as `info,store=debug`.
        level or "RUST_LOG": Level = "info",
    }
}

/// A filter of log lines by target and level, in the notation of `RUST_LOG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level(String);

impl Level {
    /// The filter's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Level {
    const EXPECTS: &'static str = "error, warn, info, debug or trace, or a list such as \"info,store=debug\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        match base::telemetry::filter(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(format!("{text:?} is no filter")),
        }
    }

    fn write(&self) -> String {
        format!("{:?}", self.0)
    }
}
