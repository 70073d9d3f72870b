//! `[log]`: what is written to stderr.

use super::key::section;
use super::sources::Sources;
use super::value::{Raw, Value};

section! {
    /// What is written to stderr: one JSON object a line, never with a prompt, key, e-mail or address in it.
    Log in "log" {
        /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,candor=debug`.
        level or "RUST_LOG": Level = "info",
    }
}

/// A filter of log lines, in the notation of `RUST_LOG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level(String);

impl Level {
    /// The filter's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Level {
    const EXPECTS: &'static str = "error, warn, info, debug, trace or off, alone or by target: \"info,candor=debug\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        let known =
            |level: &str| ["error", "warn", "info", "debug", "trace", "off"].contains(&level.to_lowercase().as_str());
        let directive = |part: &str| {
            part.split_once('=')
                .map_or(known(part), |(target, level)| !target.is_empty() && known(level))
        };
        if text.split(',').all(|part| directive(part.trim())) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("{text:?} is no filter"))
        }
    }

    fn write(&self) -> String {
        format!("{:?}", self.0)
    }
}
