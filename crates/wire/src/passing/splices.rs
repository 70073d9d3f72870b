//! The few bytes that change.

use super::Request;
use crate::json::Fragment;
use crate::splice::Splice;
use crate::translate::Changes;
use bytes::Bytes;
use std::fmt::Write as _;
use std::ops::Range;

impl Request {
    /// The splices that make the body fit for the provider. Where `changes` has no pseudonym, no end user is named.
    pub fn changes(&self, changes: &Changes<'_>) -> Vec<Splice> {
        let mut splices = Vec::new();
        let mut appended = String::new();
        if changes.model != self.model {
            let name = Fragment::from_text(changes.model);
            splices.push(replace(self.spans.model.clone(), name.get()));
        }
        self.cap(changes.output_cap, &mut splices, &mut appended);
        self.usage(&mut splices, &mut appended);
        if self.facts.keeps {
            match &self.spans.store {
                Some(span) => splices.push(replace(span.clone(), "false")),
                None => appended.push_str(",\"store\":false"),
            }
        }
        let user = changes.user.map(Fragment::from_text);
        for span in &self.spans.users {
            splices.push(replace(span.clone(), user.as_ref().map_or("null", |user| user.get())));
        }
        if !appended.is_empty() {
            splices.push(replace(self.spans.end..self.spans.end, &appended));
        }
        splices
    }

    fn cap(&self, most: u64, splices: &mut Vec<Splice>, appended: &mut String) {
        let Some(cap) = &self.facts.cap else { return };
        let wanted = self.output_cap.unwrap_or(most).min(most);
        match &self.spans.cap {
            Some((said, _)) if *said == Some(wanted) => {}
            Some((_, span)) => splices.push(replace(span.clone(), &wanted.to_string())),
            None => write!(appended, ",\"{}\":{wanted}", cap.key).expect("a text takes every text"),
        }
    }

    fn usage(&self, splices: &mut Vec<Splice>, appended: &mut String) {
        if !(self.facts.asks_for_usage && self.stream) || self.include_usage {
            return;
        }
        match (&self.spans.include_usage, &self.spans.stream_options) {
            (Some(span), _) => splices.push(replace(span.clone(), "true")),
            (None, Some(span)) => splices.push(replace(span.clone(), "{\"include_usage\":true}")),
            (None, None) => appended.push_str(",\"stream_options\":{\"include_usage\":true}"),
        }
    }
}

fn replace(range: Range<usize>, with: &str) -> Splice {
    Splice {
        range,
        with: Bytes::copy_from_slice(with.as_bytes()),
    }
}
