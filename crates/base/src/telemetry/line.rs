//! The text of one log line, and which values get into it.
//!
//! Promises: a value is formatted only if its field is declared; nothing in a value can end the line or its JSON.
//! Leaves out: who calls it for which event (see [`super::layer`]).

use std::cell::RefCell;
use std::fmt::{self, Write as _};

use tracing::Level;
use tracing::field::{Field, Visit};

use super::output::count;
use super::{Rules, UNDECLARED_FIELDS, WITHHELD_TEXTS};
use crate::planted;
use crate::time::Timestamp;

/// A declared field's word ends here: ids (30), model names and error codes are shorter.
const LONGEST_WORD: usize = 80;
/// A message or declared sentence is cut here.
const LONGEST_TEXT: usize = 400;
/// What stands in every line, and is no field.
const HEAD: [&str; 4] = ["at", "level", "target", "message"];

thread_local! {
    /// Of each field the text before on this thread, as it was: one that goes on here may have begun there. In memory only, and
    /// replaced by the next.
    static BEFORE: RefCell<Vec<(&'static str, String)>> = const { RefCell::new(Vec::new()) };
}

/// The values of one event or span that may be written, as JSON.
pub(super) struct Fields {
    rules: Rules,
    message: Option<String>,
    values: Vec<(&'static str, String)>,
}

impl Fields {
    pub(super) const fn new(rules: &Rules) -> Self {
        Self {
            rules: *rules,
            message: None,
            values: Vec::new(),
        }
    }

    /// Takes what an outer span says and this one doesn't.
    pub(super) fn add_missing(&mut self, outer: &Self) {
        for (name, value) in &outer.values {
            if !self.values.iter().any(|(known, _)| known == name) {
                self.values.push((name, value.clone()));
            }
        }
    }

    // keeps P-2.5: a field that nobody declared is not even formatted.
    fn declared(&self, field: &Field) -> bool {
        let name = field.name();
        let declared = self.rules.fields.contains(&name) && !HEAD.contains(&name);
        if !declared {
            count(&UNDECLARED_FIELDS);
        }
        declared
    }

    fn set(&mut self, field: &Field, json: String) {
        let name = field.name();
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, value)) => *value = json,
            None => self.values.push((name, json)),
        }
    }

    fn number(&mut self, field: &Field, number: impl fmt::Display) {
        if self.declared(field) {
            self.set(field, number.to_string());
        }
    }

    fn text(&mut self, field: &Field, text: &dyn fmt::Display) {
        if field.name() == "message" {
            self.message = Some(json_text(&self.sentence(field, text)));
        } else if self.declared(field) {
            let text = if self.rules.texts.contains(&field.name()) {
                self.sentence(field, text)
            } else {
                self.word(text)
            };
            self.set(field, json_text(&text));
        }
    }

    fn sentence(&self, field: &Field, text: &dyn fmt::Display) -> String {
        let mut cut = Cut::at(LONGEST_TEXT);
        if write!(cut, "{text}").is_ok() {
            return self.scrubbed(field, cut.text);
        }
        // The scrubber would not know half an address or key: a word that was cut goes altogether.
        let whole_words = cut.text.rfind(char::is_whitespace).unwrap_or(0);
        cut.text.truncate(whole_words);
        self.scrubbed(field, cut.text) + " …"
    }

    fn scrubbed(&self, field: &Field, text: String) -> String {
        if planted::is("logs_unscrubbed") {
            return text;
        }
        BEFORE.with_borrow_mut(|fields| {
            let known = fields.iter().position(|(name, _)| *name == field.name());
            let place = known.unwrap_or_else(|| {
                fields.push((field.name(), String::new()));
                fields.len() - 1
            });
            let clean = (self.rules.scrub)(&fields[place].1, &text).into_owned();
            fields[place].1 = text;
            clean
        })
    }

    fn word(&self, text: &dyn fmt::Display) -> String {
        let mut cut = Cut::at(LONGEST_WORD);
        let complete = write!(cut, "{text}").is_ok();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/+".contains(&byte);
        if planted::is("logs_prompt") {
            cut.text
        } else if complete && cut.text.bytes().all(is_word) {
            (self.rules.scrub)("", &cut.text).into_owned()
        } else {
            count(&WITHHELD_TEXTS);
            "[withheld]".to_owned()
        }
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Everything else comes here: `%value`, `?value`, format strings, errors, floats, wide integers.
        self.text(field, &format_args!("{value:?}"));
    }
}

/// A line being written.
pub(super) struct Line(String);

impl Line {
    pub(super) fn begin(at: Timestamp, level: Level, target: &str) -> Self {
        let level = match level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let target = json_text(target);
        Self(format!("{{\"at\":\"{at}\",\"level\":\"{level}\",\"target\":{target}"))
    }

    pub(super) fn append(&mut self, fields: &Fields) {
        if let Some(message) = &fields.message {
            self.member("message", message);
        }
        for (name, value) in &fields.values {
            self.member(name, value);
        }
    }

    /// Names the place in the crate's source instead of repeating what it says.
    pub(super) fn withhold(&mut self, line: Option<u32>) {
        let line = line.unwrap_or_default();
        self.member("message", &format!("\"(withheld) line {line}\""));
    }

    pub(super) fn end(mut self) -> String {
        self.0.push_str("}\n");
        self.0
    }

    fn member(&mut self, name: &str, json: &str) {
        write!(self.0, ",{}:{json}", json_text(name)).expect("writing into a String can't fail");
    }
}

/// Stops formatting where a text becomes too long, whatever is being formatted.
struct Cut {
    text: String,
    longest: usize,
}

impl Cut {
    const fn at(longest: usize) -> Self {
        Self {
            text: String::new(),
            longest,
        }
    }
}

impl fmt::Write for Cut {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.longest - self.text.len();
        if more.len() <= room {
            self.text.push_str(more);
            return Ok(());
        }
        self.text.push_str(&more[..more.floor_char_boundary(room)]);
        Err(fmt::Error)
    }
}

fn json_text(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                write!(json, "\\u{:04x}", u32::from(character)).expect("writing into a String can't fail");
            }
            _ => json.push(character),
        }
    }
    json.push('"');
    json
}
