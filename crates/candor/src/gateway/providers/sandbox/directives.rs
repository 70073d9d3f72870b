//! Directives that a prompt may hold, so that a client can see how its own code takes errors, delays and cut streams.
//!
//! `[[error:500]]` any status · `[[delay:5s]]` before the first byte · `[[pace:50ms]]` between events ·
//! `[[length:400]]` tokens · `[[cut]]` the answer breaks in the middle · `[[tool]]` calls the first given tool.

use base::span::parse_duration;
use std::time::Duration;

/// Longest answer in tokens that `[[length:…]]` can ask for.
const MAX_LENGTH: u64 = 100_000;

/// What the prompt asks of the sandbox. The last directive of a kind wins; unreadable ones are ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// Call the first given tool.
    pub tool: bool,
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
            "tool" => self.tool = true,
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
}
