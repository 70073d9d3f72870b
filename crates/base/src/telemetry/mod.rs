//! Logging: one JSON line an event, to one writer, with nothing in it that was not declared.
//!
//! Promises, also at TRACE:
//! - A field that [`Rules::fields`] doesn't declare does not exist: its value is not even formatted, only counted.
//! - A declared field holds a number, a truth value or one short word. Sentences are written only for
//!   [`Rules::texts`], and they, like messages, pass the scrubber and have an upper length.
//! - **No text of a third-party crate is ever written.** hyper, h2, rustls or a database driver print heads, bodies and
//!   parameters at their finer levels, and no scrubber can recognise a prompt. So an event whose target is not in
//!   [`Rules::own_targets`] yields its time, level, target and line number, which lead to the place in the crate's
//!   source, and nothing else. The same goes for records of `log`.
//! - A panic's text is written only if it is a literal: a formatted one may quote what it choked on.
//! - A disabled event costs one comparison: the filter is static, so the answer is cached where the event is.
//!
//! Leaves out: metrics, traces to collectors, rotating files (the supervisor's), checking that our own messages are
//! literals (a test of this crate reads the sources for that: a format string can't be told apart at run time).

mod foreign;
mod layer;
mod line;
mod output;
mod panics;
mod rehearsal;

use std::borrow::Cow;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload;

pub use layer::Lines;
pub use rehearsal::{Rehearsal, rehearse};

static UNDECLARED_FIELDS: AtomicU64 = AtomicU64::new(0);
static WITHHELD_TEXTS: AtomicU64 = AtomicU64::new(0);

/// What may stand in a log line.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Our own crates. What others say is withheld.
    pub own_targets: &'static [&'static str],
    /// The declared fields: numbers, truth values, single words.
    pub fields: &'static [&'static str],
    /// Those of them that may be sentences, each looked at by a person.
    pub texts: &'static [&'static str],
    /// Takes keys, addresses and numbers of cards out of a text; the first one is the text that came before it.
    pub scrub: for<'t> fn(&str, &'t str) -> Cow<'t, str>,
}

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A level or a list of `target=level` that can't be read.
    #[error("`{0}` is no log level; write error, warn, info, debug or trace, or a list as `info,store=debug`")]
    Level(String),
    /// Another logger was there before.
    #[error("logging was set up twice in this process")]
    Twice,
}

/// Sets up logging and the panic hook for the whole process. `level` is `info` or a list as `info,store=debug`.
pub fn init(level: &str, rules: Rules, writer: impl Write + Send + 'static) -> Result<(), TelemetryError> {
    let filter = filter(level)?;
    let lines = Lines::new(rules, writer);
    let foreign = foreign::Foreign::new(lines.output(), filter.clone());
    let (filter, handle) = reload::Layer::new(filter);
    let subscriber = tracing_subscriber::registry().with(filter).with(lines);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Twice)?;
    let levels = Levels {
        ours: Box::new(move |level| handle.reload(level).is_ok()),
        foreign: foreign.level(),
    };
    // Whoever sets up logging twice was refused above.
    let _first = LEVELS.set(levels);
    foreign.install();
    rehearsal::remember(rules);
    panics::log_panics();
    Ok(())
}

/// Where the level is held that can change later. The filter stays static in between: what is disabled costs as little.
struct Levels {
    ours: Box<dyn Fn(Targets) -> bool + Send + Sync>,
    foreign: Arc<foreign::Level>,
}

static LEVELS: OnceLock<Levels> = OnceLock::new();

/// Another level for the whole process from now on; nothing happens where logging was never set up.
///
/// # Errors
/// It is none.
pub fn set_level(level: &str) -> Result<(), TelemetryError> {
    let filter = filter(level)?;
    if let Some(levels) = LEVELS.get() {
        levels.foreign.set(filter.clone());
        // It fails only once the subscriber is gone, and the process's own stays.
        let _there = (levels.ours)(filter);
    }
    Ok(())
}

/// The filter for a level or a list as `info,store=debug`.
pub fn filter(level: &str) -> Result<Targets, TelemetryError> {
    let wrong = || TelemetryError::Level(level.to_owned());
    // A mistyped level would otherwise pass as the name of a target, and silence everything else.
    for directive in level.split(',') {
        let (target, named) = directive.split_once('=').unwrap_or(("all", directive));
        let is_target = target
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':');
        if !is_target || named.is_empty() || named.parse::<LevelFilter>().is_err() {
            return Err(wrong());
        }
    }
    level.parse().map_err(|_| wrong())
}

/// How many fields were dropped since the start because nobody declared them.
#[must_use]
pub fn undeclared_fields() -> u64 {
    UNDECLARED_FIELDS.load(Ordering::Relaxed)
}

/// How many texts were withheld since the start: of third-party events, or longer than a word where a word was declared.
#[must_use]
pub fn withheld_texts() -> u64 {
    WITHHELD_TEXTS.load(Ordering::Relaxed)
}
