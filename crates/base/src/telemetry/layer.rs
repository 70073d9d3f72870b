//! The layer that turns events into lines.
//!
//! Promises: one `write_all` a line, so that lines of several threads don't mix; an event inside spans carries their
//! declared fields, the nearest value winning.
//! Leaves out: a queue before the writer: a log line is rare enough to wait for stderr.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::{Fields, Line};
use super::{Rules, WITHHELD_TEXTS};
use crate::clock::{Clock, SystemClock};

/// Writes one JSON line an event: `{"at","level","target","message",…declared fields}`.
pub struct Lines {
    rules: Rules,
    clock: Arc<dyn Clock>,
    writer: Mutex<Box<dyn Write + Send>>,
}

impl Lines {
    /// Writes to `writer` by the system's clock.
    #[must_use]
    pub fn new(rules: Rules, writer: impl Write + Send + 'static) -> Self {
        Self {
            rules,
            clock: Arc::new(SystemClock::new()),
            writer: Mutex::new(Box::new(writer)),
        }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    fn is_own(&self, metadata: &Metadata<'_>) -> bool {
        let krate = metadata.target().split("::").next().unwrap_or_default();
        self.rules.own_targets.contains(&krate)
    }

    fn write(&self, line: &str) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that can't be written must not stop the program, and there is nowhere left to tell.
        drop(writer.write_all(line.as_bytes()));
    }
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !self.is_own(attributes.metadata()) {
            return;
        }
        let mut fields = Fields::new(&self.rules);
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Line::begin(self.clock.now(), metadata);
        if self.is_own(metadata) {
            let mut fields = Fields::new(&self.rules);
            event.record(&mut fields);
            for span in context.event_scope(event).into_iter().flatten() {
                if let Some(outer) = span.extensions().get::<Fields>() {
                    fields.add_missing(outer);
                }
            }
            line.append(&fields);
        } else {
            WITHHELD_TEXTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            line.withhold(metadata);
        }
        self.write(&line.end());
    }
}
