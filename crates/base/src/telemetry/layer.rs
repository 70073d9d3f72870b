//! The layer that turns events into lines.
//!
//! Promises: an event inside spans carries their declared fields, the nearest value winning.
//! Leaves out: what a field may hold (`line`), where lines go (`output`).

use std::io::Write;
use std::sync::Arc;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::{Fields, Line};
use super::output::{Output, count};
use super::{Rules, WITHHELD_TEXTS};
use crate::clock::{Clock, SystemClock};

/// Writes one JSON line an event: `{"at","level","target","message",…declared fields}`.
pub struct Lines {
    rules: Rules,
    output: Arc<Output>,
}

impl Lines {
    /// Writes to `writer` by the system's clock.
    #[must_use]
    pub fn new(rules: Rules, writer: impl Write + Send + 'static) -> Self {
        Self::with_clock(rules, writer, SystemClock::new())
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(rules: Rules, writer: impl Write + Send + 'static, clock: impl Clock + 'static) -> Self {
        Self {
            rules,
            output: Arc::new(Output::new(writer, clock)),
        }
    }

    /// Where they go, for those who write to the same place.
    pub(super) fn output(&self) -> Arc<Output> {
        Arc::clone(&self.output)
    }

    fn is_own(&self, metadata: &Metadata<'_>) -> bool {
        let krate = metadata.target().split("::").next().unwrap_or_default();
        self.rules.own_targets.contains(&krate)
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
        let mut line = Line::begin(self.output.now(), *metadata.level(), metadata.target());
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
            count(&WITHHELD_TEXTS);
            line.withhold(metadata.line());
        }
        self.output.write(&line.end());
    }
}
