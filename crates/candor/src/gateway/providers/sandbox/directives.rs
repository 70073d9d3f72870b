//! Directives that a prompt may hold, so that a client can see how its own code takes errors, delays and cut streams.
//!
//! `[[error:500]]` any status · `[[delay:5s]]` before the first byte · `[[pace:50ms]]` between events ·
//! `[[length:400]]` tokens · `[[cut]]` the answer breaks in the middle · `[[tool]]` calls the first given tool,
//! `[[tool:NAME]]` the one of that name, several of them several tools at once.

use base::span::parse_duration;
use std::time::Duration;

/// Longest answer in tokens that `[[length:…]]` can ask for.
const MAX_LENGTH: u64 = 100_000;
/// Most tools that one prompt can call at once.
const MAX_TOOLS: usize = 16;

/// What the prompt asks of the sandbox. The last directive of a kind wins; unreadable ones are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// Status to answer with instead of an answer.
    pub error: Option<u16>,
    /// Wait before the first byte.
    pub delay: Duration,
    /// Wait between events.
    pub pace: Duration,
    /// Tokens of the answer.
    pub length: Option<u64>,
    /// Break off in the middle.
    pub cut: bool,
    /// Tools to be called, in order.
    pub tools: Vec<WantedTool>,
}

/// A tool that a prompt wants called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedTool {
    /// The first of those given.
    First,
    /// The one of this name, if it is given.
    Named(String),
}

impl Directives {
    /// Reads all directives of all texts.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut directives = Self::default();
        for text in texts {
            for part in text.split("[[").skip(1) {
                if let Some((directive, _)) = part.split_once("]]") {
                    directives.obey(directive);
                }
            }
        }
        directives
    }

    fn obey(&mut self, directive: &str) {
        let (name, value) = directive.split_once(':').unwrap_or((directive, ""));
        match name {
            "error" => {
                self.error = value
                    .parse()
                    .ok()
                    .filter(|status| (400..=599).contains(status))
                    .or(self.error);
            }
            "delay" => self.delay = parse_duration(value).unwrap_or(self.delay),
            "pace" => self.pace = parse_duration(value).unwrap_or(self.pace),
            "length" => {
                self.length = value
                    .parse()
                    .ok()
                    .map(|length: u64| length.min(MAX_LENGTH))
                    .or(self.length);
            }
            "cut" => self.cut = true,
            "tool" if self.tools.len() < MAX_TOOLS => self.tools.push(match value {
                "" => WantedTool::First,
                name => WantedTool::Named(name.to_owned()),
            }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_found_among_other_words() {
        let directives = Directives::of([
            "please [[delay:2s]] and [[length:7]]",
            "[[cut]] [[error:503]] [[nonsense]] [[",
        ]);
        assert_eq!(directives.delay, Duration::from_secs(2));
        assert_eq!(
            (directives.length, directives.cut, directives.error),
            (Some(7), true, Some(503))
        );
        assert_eq!(Directives::of(["[[error:200]] [[length:x]]"]), Directives::default());
    }

    #[test]
    fn several_tools_may_be_wanted_and_not_too_many() {
        let directives = Directives::of(["[[tool:read]] then [[tool]]"]);
        assert_eq!(
            directives.tools,
            [WantedTool::Named("read".to_owned()), WantedTool::First]
        );
        assert_eq!(Directives::of(["[[tool]]".repeat(99).as_str()]).tools.len(), MAX_TOOLS);
    }
}
