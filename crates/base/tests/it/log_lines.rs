//! What gets into a log line, and what never does.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex};

use base::clock::TravellingClock;
use base::telemetry::{self, Lines, Rules};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber as _, debug, error, info, info_span, trace};
use tracing_subscriber::layer::SubscriberExt as _;

const PROMPT: &str = "Dear model, my sister Rosinante has a secret";
const KEY: &str = "cdr_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
/// Where a line ends in the middle of the key.
const KEY_BREAK: usize = 12;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const fn rules() -> Rules {
    Rules {
        own_targets: &["it", "candor"],
        fields: &["status", "route", "outcome", "reason", "at"],
        texts: &["reason"],
        scrub: |before, text| {
            if before.ends_with(&KEY[..KEY_BREAK]) && text.starts_with(&KEY[KEY_BREAK..]) {
                Cow::Owned(text.replace(&KEY[KEY_BREAK..], "[key]"))
            } else if text.contains(KEY) {
                Cow::Owned(text.replace(KEY, "[key]"))
            } else {
                Cow::Borrowed(text)
            }
        },
    }
}

/// Runs `events` at `level` and gives the lines as JSON.
fn lines_at(level: &str, events: impl FnOnce()) -> Vec<serde_json::Value> {
    let buffer = Buffer::default();
    let clock = TravellingClock::new("2026-11-25T08:30:00Z".parse().unwrap());
    let lines = Lines::with_clock(rules(), buffer.clone(), clock);
    let subscriber = tracing_subscriber::registry()
        .with(telemetry::filter(level).unwrap())
        .with(lines);
    tracing::subscriber::with_default(subscriber, events);
    let written = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

struct MustNotBePrinted;

impl fmt::Debug for MustNotBePrinted {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a value that must not be printed was formatted");
    }
}

#[test]
fn a_line_holds_head_and_declared_fields() {
    let lines = lines_at("info", || {
        info!(status = 200, route = "openai/gpt-4o", fast = true, "answered");
    });
    let expected = serde_json::json!([{
        "at": "2026-11-25T08:30:00Z", "level": "info", "target": "it::log_lines", "message": "answered",
        "status": 200, "route": "openai/gpt-4o",
    }]);
    assert_eq!(serde_json::Value::from(lines), expected);
}

#[test]
fn an_undeclared_field_does_not_exist_and_is_counted() {
    let before = telemetry::undeclared_fields();
    let lines = lines_at(
        "trace",
        || error!(prompt = ?MustNotBePrinted, body = PROMPT, status = 500, "failed"),
    );
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].to_string().contains("Rosinante"));
    assert_eq!(lines[0]["status"], 500);
    assert!(telemetry::undeclared_fields() >= before + 2);
}

#[test]
fn third_party_text_is_withheld_at_every_level_and_its_place_is_told() {
    let before = telemetry::withheld_texts();
    let lines = lines_at("trace", || {
        trace!(target: "hyper::proto::h1::io", "flushed {} bytes: {PROMPT}", 40);
        debug!(target: "tokio_postgres::query", status = PROMPT, route = KEY, outcome = 1, "with parameters: {PROMPT}");
        error!(target: "candor_but_not_ours", "{PROMPT} {KEY}");
        info_span!(target: "h2", "frame", status = KEY).in_scope(|| info!("ours, inside theirs"));
        tracing::event!(target: "candor::gateway", Level::INFO, "positive control {PROMPT}");
    });
    assert_eq!(lines.len(), 5);
    for third_party in &lines[..3] {
        let members: Vec<_> = third_party.as_object().unwrap().keys().collect();
        assert_eq!(members, ["at", "level", "message", "target"]);
        assert!(
            third_party["message"].as_str().unwrap().starts_with("(withheld) line "),
            "{third_party}"
        );
    }
    let all_but_control = serde_json::Value::from(lines[..4].to_vec()).to_string();
    assert!(
        !all_but_control.contains("Rosinante") && !all_but_control.contains(KEY),
        "{all_but_control}"
    );
    assert!(
        lines[4].to_string().contains("Rosinante"),
        "the control shows that the search can find something"
    );
    assert!(telemetry::withheld_texts() >= before + 3);
}

#[test]
fn a_declared_field_takes_a_word_and_no_sentence() {
    let lines = lines_at("info", || {
        info!(
            outcome = PROMPT,
            route = "a".repeat(81),
            reason = "the disk is full",
            "kept"
        );
        info!(outcome = %"time_out", route = KEY, "kept");
    });
    assert_eq!(lines[0]["outcome"], "[withheld]");
    assert_eq!(lines[0]["route"], "[withheld]");
    assert_eq!(lines[0]["reason"], "the disk is full");
    assert_eq!(
        (&lines[1]["outcome"], &lines[1]["route"]),
        (&"time_out".into(), &"[key]".into())
    );
}

#[test]
fn texts_are_scrubbed_and_cut_between_words() {
    let long = format!("{} {KEY}", "word ".repeat(75));
    let lines = lines_at("info", || {
        info!("refused {KEY}");
        info!(reason = long.as_str(), "long");
        info!(reason = "x".repeat(5000), "endless");
    });
    assert_eq!(lines[0]["message"], "refused [key]");
    let reason = lines[1]["reason"].as_str().unwrap();
    assert!(reason.ends_with(" …") && !reason.contains("cdr_"), "{reason}");
    assert_eq!(lines[2]["reason"], " …");
}

#[test]
fn what_began_in_the_line_before_is_scrubbed_from_this_one() {
    let (begin, end) = KEY.split_at(KEY_BREAK);
    let lines = lines_at("info", || {
        info!(reason = begin, "refused");
        info!("a message in between");
        info!(reason = end, "refused");
        info!(reason = end, "another");
    });
    assert_eq!(
        (&lines[2]["reason"], &lines[3]["reason"]),
        (&"[key]".into(), &end.into())
    );
}

#[test]
fn a_rehearsal_takes_the_way_of_the_log_and_leaves_no_line_and_no_count() {
    let buffer = Buffer::default();
    telemetry::init("warn", rules(), buffer.clone()).unwrap();
    let withheld = telemetry::withheld_texts();
    let rehearsal = telemetry::rehearse(|| {
        error!(reason = KEY, body = PROMPT, "refused");
        debug!(target: "h2::codec", "received {PROMPT}");
    });
    let rehearsal = rehearsal.unwrap();
    assert_eq!(rehearsal.as_installed.lines().count(), 1);
    assert_eq!(rehearsal.at_trace.lines().count(), 2);
    for lines in [&rehearsal.as_installed, &rehearsal.at_trace] {
        assert!(
            lines.contains("[key]") && !lines.contains("Rosinante") && !lines.contains(KEY),
            "{lines}"
        );
    }
    assert!(buffer.0.lock().unwrap().is_empty(), "a rehearsal reached the log");
    error!("a real one");
    assert!(!buffer.0.lock().unwrap().is_empty(), "the log works");
    // Other tests of this process withhold texts, too; but none of them twice for this one.
    assert!(telemetry::withheld_texts() >= withheld);
}

#[test]
fn nothing_in_a_text_ends_the_line_or_its_json() {
    let lines = lines_at("info", || {
        info!(
            reason = "a\"}\n{\"level\":\"error\",\u{1b}[31m\u{2028}\\",
            at = "never",
            "x"
        );
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["reason"], "a\"}\n{\"level\":\"error\",\u{1b}[31m\u{2028}\\");
    assert_eq!(lines[0]["at"], "2026-11-25T08:30:00Z");
}

#[test]
fn an_event_carries_the_declared_fields_of_its_spans_and_the_nearest_wins() {
    let lines = lines_at("info", || {
        let outer = info_span!(
            "request",
            route = "chat",
            status = 1,
            account = "acc",
            outcome = tracing::field::Empty
        );
        outer.in_scope(|| {
            outer.record("outcome", "late");
            info_span!("inner", status = 2).in_scope(|| info!(status = 3, "done"));
        });
    });
    assert_eq!(
        (&lines[0]["route"], &lines[0]["status"], &lines[0]["outcome"]),
        (&"chat".into(), &3.into(), &"late".into())
    );
    assert!(lines[0].get("account").is_none());
}

#[test]
fn a_disabled_event_evaluates_nothing_and_the_filter_is_told_to_its_place() {
    let lines = lines_at("info,it::other=trace", || {
        let mut evaluated = 0;
        let mut next = || {
            evaluated += 1;
            evaluated
        };
        debug!(status = next(), "off");
        trace!(target: "it::other", status = next(), "on");
        assert_eq!(evaluated, 1);
    });
    assert_eq!(lines.len(), 1);
}

#[test]
fn below_the_highest_level_asked_for_an_event_costs_one_comparison() {
    let highest = |level: &str| {
        let lines = Lines::new(rules(), Buffer::default());
        tracing_subscriber::registry()
            .with(telemetry::filter(level).unwrap())
            .with(lines)
            .max_level_hint()
    };
    assert_eq!(highest("info"), Some(LevelFilter::INFO));
    assert_eq!(highest("warn,store=debug"), Some(LevelFilter::DEBUG));
}

#[test]
fn a_mistyped_level_is_refused_instead_of_silencing_everything() {
    for wrong in ["inof", "info,store=loud", "", "store=", "candor[span]=info"] {
        assert!(telemetry::filter(wrong).is_err(), "`{wrong}` was taken");
    }
    for right in ["info", "WARN", "off", "info,store=debug,hyper=trace"] {
        assert!(telemetry::filter(right).is_ok(), "`{right}` was refused");
    }
}
