//! What a translation leaves out, told to the client in `x-candor-dropped`.

use crate::dialect::Dialect;
use crate::feature::{Feature, Verdict};
use crate::json::Out;
use crate::neutral::{Format, Place, Rest};
use crate::problem::Problem;
use std::fmt::Display;

/// Most places that are listed one by one.
const LISTED: usize = 64;

/// Longest header value in bytes.
const HEADER_BYTES: usize = 2048;

/// The places of what was left out, in the client's own words, in the order in which it was met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    places: Vec<String>,
    further: usize,
}

impl Dropped {
    /// Notes a place, once.
    pub(crate) fn push(&mut self, place: String) {
        if self.places.contains(&place) {
            return;
        }
        if self.places.len() < LISTED {
            self.places.push(place);
        } else {
            self.further += 1;
        }
    }

    /// The places; at most 64.
    pub fn places(&self) -> &[String] {
        &self.places
    }

    /// Was nothing left out?
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The value of `x-candor-dropped`: places, separated by commas; ASCII, at most 2 KiB, `+n` at the end for what
    /// did not fit. `None` if nothing was left out.
    pub fn header(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut value = String::new();
        let mut further = self.further;
        for place in &self.places {
            if further > self.further || value.len() + place.len() + 16 > HEADER_BYTES {
                further += 1;
                continue;
            }
            if !value.is_empty() {
                value.push_str(", ");
            }
            value.extend(
                place
                    .chars()
                    .map(|c| if c.is_ascii_graphic() && c != ',' { c } else { '?' }),
            );
        }
        if further > 0 {
            value.push_str(&format!("{}+{further}", if value.is_empty() { "" } else { ", " }));
        }
        Some(value)
    }
}

/// What a writer asks before it leaves something out.
pub(crate) struct Losses<'d> {
    source: Format,
    target: Format,
    dialect: &'d Dialect,
    body_bytes: usize,
    pub(crate) dropped: Dropped,
}

impl<'d> Losses<'d> {
    /// For a body of `body_bytes`, which what is written will not differ from by much.
    pub(crate) fn new(source: Format, target: Format, dialect: &'d Dialect, body_bytes: usize) -> Self {
        Self {
            body_bytes,
            source,
            target,
            dialect,
            dropped: Dropped::default(),
        }
    }

    /// The buffer for what is written.
    pub(crate) fn out(&self) -> Out {
        Out::sized(self.body_bytes + self.body_bytes / 8 + 256)
    }

    /// Source and target are one format, so that whatever only that one knows can be copied.
    pub(crate) fn is_same_format(&self) -> bool {
        self.source == self.target
    }

    pub(crate) fn source(&self) -> Format {
        self.source
    }

    pub(crate) fn dialect(&self) -> &'d Dialect {
        self.dialect
    }

    /// Can the target say it? If not it is noted as left out, or the request refused.
    pub(crate) fn says(&mut self, feature: Feature, at: impl Display) -> Result<bool, Problem> {
        if self.dialect.drops.contains(&feature) {
            self.dropped.push(at.to_string());
            return Ok(false);
        }
        if self.is_same_format() {
            return Ok(true);
        }
        match feature.verdict(self.target) {
            Verdict::Said | Verdict::Near(_) => Ok(true),
            Verdict::Dropped => {
                self.dropped.push(at.to_string());
                Ok(false)
            }
            Verdict::Refused => Err(Problem::Unsayable {
                feature,
                at: at.to_string(),
                target: self.target,
            }),
        }
    }

    /// The same for what stands in the request under one name.
    pub(crate) fn says_member(&mut self, feature: Feature) -> Result<bool, Problem> {
        self.says(feature, feature.member(self.source))
    }

    /// The same for a cache's lifetime, which OpenAI's two formats count alike and Anthropic's otherwise.
    pub(crate) fn says_lifetime(&mut self, place: Place) -> Result<bool, Problem> {
        let both_openai = self.source != Format::Messages && self.target != Format::Messages;
        if both_openai || self.is_same_format() {
            return Ok(true);
        }
        let name = Feature::CacheLifetime.member(self.source);
        self.dropped.push(format!("{place}.{name}"));
        Ok(false)
    }

    /// Members that no reader knows: copied to the format that they came from, else noted. `at` is empty at the top.
    pub(crate) fn rest(&mut self, out: &mut Out, at: impl Display, rest: &Rest<'_>) {
        if self.is_same_format() {
            out.members(rest);
            return;
        }
        self.drop_members(at, rest);
    }

    /// Notes members that no reader knows, unless they are copied elsewhere because the format is the same.
    pub(crate) fn drop_foreign_members(&mut self, at: impl Display, rest: &Rest<'_>) {
        if !self.is_same_format() {
            self.drop_members(at, rest);
        }
    }

    /// Notes members that no reader knows.
    pub(crate) fn drop_members(&mut self, at: impl Display, rest: &Rest<'_>) {
        if rest.is_empty() {
            return;
        }
        let at = at.to_string();
        for (key, _) in rest {
            let dot = if at.is_empty() { "" } else { "." };
            self.dropped.push(format!("{at}{dot}{key}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_short_and_ascii_whatever_was_left_out() {
        let mut dropped = Dropped::default();
        assert_eq!(dropped.header(), None);
        dropped.push("seed".to_owned());
        dropped.push("seed".to_owned());
        dropped.push("größe\r\n,x".to_owned());
        assert_eq!(dropped.header().as_deref(), Some("seed, gr??e???x"));
        for n in 0..1000 {
            dropped.push(format!("messages[{n}].{}", "x".repeat(100)));
        }
        let header = dropped.header().expect("something was left out");
        assert!(header.len() <= HEADER_BYTES && header.is_ascii(), "{}", header.len());
        let told: usize = header.rsplit_once('+').expect("a rest").1.parse().expect("a number");
        assert_eq!(told + header.matches(',').count(), 1002);
    }
}
