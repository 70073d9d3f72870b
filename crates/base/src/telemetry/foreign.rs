//! What crates that know `log` and not `tracing` say: rustls, the driver of PostgreSQL.
//!
//! Promises: the same as for every text that isn't ours: time, level, target and line are told, the text is not even formatted.
//! (At their finer levels they print handshakes, statements and parameters.) Until a logger is set their records cost nothing.
//! Leaves out: key-value pairs of records.

use std::sync::{Arc, PoisonError, RwLock};

use log::{LevelFilter, Log, Metadata, Record};
use tracing_subscriber::filter::Targets;

use super::WITHHELD_TEXTS;
use super::line::Line;
use super::output::{Output, count};

/// Takes records and writes that there was one.
pub(super) struct Foreign {
    output: Arc<Output>,
    level: Arc<Level>,
}

/// What is let pass; it may change.
pub(super) struct Level(RwLock<Targets>);

impl Level {
    /// From now on.
    pub(super) fn set(&self, filter: Targets) {
        let highest = highest(&filter);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = filter;
        log::set_max_level(highest);
    }
}

impl Foreign {
    pub(super) fn new(output: Arc<Output>, filter: Targets) -> Self {
        Self {
            output,
            level: Arc::new(Level(RwLock::new(filter))),
        }
    }

    /// Where its level is held.
    pub(super) fn level(&self) -> Arc<Level> {
        Arc::clone(&self.level)
    }

    /// Makes it the process's logger. Another one that was there before stays: nothing of ours depends on records.
    pub(super) fn install(self) {
        let highest = self.highest();
        if log::set_boxed_logger(Box::new(self)).is_ok() {
            log::set_max_level(highest);
        }
    }

    fn highest(&self) -> LevelFilter {
        highest(&self.level.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn highest(filter: &Targets) -> LevelFilter {
    let levels = filter.iter().map(|(_, level)| level).chain(filter.default_level());
    match levels.max() {
        None | Some(tracing::level_filters::LevelFilter::OFF) => LevelFilter::Off,
        Some(level) => level.into_level().map_or(LevelFilter::Off, filter_of),
    }
}

impl Log for Foreign {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let filter = self.level.0.read().unwrap_or_else(PoisonError::into_inner);
        filter.would_enable(metadata.target(), &level_of(metadata.level()))
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            count(&WITHHELD_TEXTS);
            let mut line = Line::begin(self.output.now(), level_of(record.level()), record.target());
            line.withhold(record.line());
            self.output.write(&line.end());
        }
    }

    fn flush(&self) {}
}

const fn level_of(level: log::Level) -> tracing::Level {
    match level {
        log::Level::Error => tracing::Level::ERROR,
        log::Level::Warn => tracing::Level::WARN,
        log::Level::Info => tracing::Level::INFO,
        log::Level::Debug => tracing::Level::DEBUG,
        log::Level::Trace => tracing::Level::TRACE,
    }
}

const fn filter_of(level: tracing::Level) -> LevelFilter {
    match level {
        tracing::Level::ERROR => LevelFilter::Error,
        tracing::Level::WARN => LevelFilter::Warn,
        tracing::Level::INFO => LevelFilter::Info,
        tracing::Level::DEBUG => LevelFilter::Debug,
        tracing::Level::TRACE => LevelFilter::Trace,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use log::Level;

    use super::super::filter;
    use super::super::output::rehearsed;
    use super::*;
    use crate::clock::SystemClock;

    fn foreign(level: &str) -> Foreign {
        let output = Output::new(std::io::sink(), SystemClock::new());
        Foreign::new(Arc::new(output), filter(level).unwrap())
    }

    fn line(foreign: &Foreign, level: Level) -> String {
        let statement = "executing statement with parameters: Rosinante";
        rehearsed(|| {
            let arguments = format_args!("{statement}");
            let mut record = Record::builder();
            record.target("tokio_postgres::query").level(level).line(Some(7));
            foreign.log(&record.args(arguments).build());
        })
    }

    #[test]
    fn a_record_is_told_and_its_text_withheld() {
        let line = line(&foreign("info,tokio_postgres=trace"), Level::Debug);
        let members: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&members["level"], &members["target"], &members["message"]),
            (
                &"debug".into(),
                &"tokio_postgres::query".into(),
                &"(withheld) line 7".into()
            )
        );
        assert!(!line.contains("Rosinante"), "{line}");
    }

    #[test]
    fn a_record_below_the_level_of_its_target_is_left_out() {
        let quiet = foreign("info,tokio_postgres=warn");
        assert_eq!(
            (line(&quiet, Level::Info), line(&quiet, Level::Error).is_empty()),
            (String::new(), false)
        );
        let highest = |level: &str| foreign(level).highest();
        assert_eq!(
            (highest("off"), highest("info"), highest("warn,rustls=trace")),
            (LevelFilter::Off, LevelFilter::Info, LevelFilter::Trace)
        );
    }
}
